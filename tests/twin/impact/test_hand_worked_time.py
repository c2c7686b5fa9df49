"""Timelines worked by hand, a sketch each; seconds after the failure."""

from sketch import ask, campus, told


def test_battery_holds_until_the_generator_runs():
    """The generator starts in 15 s; the UPS holds 300 s, so that only the board goes dark for 15 s.

    utility ─┐
             ├ main ─ ups (300 s) ─ s
    gen ─────┘
    """
    c = campus("""
        utility UtilityFeed
        gen Generator standby=yes start_s=15
        main Switchboard | FEEDS utility gen
        ups UPS power_hold_s=300 | FEEDS main
        s Server | FEEDS ups
    """)
    answer = ask(c, "utility", timeline=True)
    assert told(answer) == [(0, "main", "lost"), (15, "gen", "running"), (15, "main", "up")]
    assert answer["lost"] == []
    assert answer["relies_on"] == ["gen"]


def test_generator_outside_the_hold():
    """The battery lasts 10 s, the generator needs 15 s; the server needs 60 s to boot.

    utility / gen ─ main ─ ups (10 s) ─ s (restart 60 s)
    """
    c = campus("""
        utility UtilityFeed
        gen Generator standby=yes start_s=15
        main Switchboard | FEEDS utility gen
        ups UPS power_hold_s=10 | FEEDS main
        s Server restart_s=60 | FEEDS ups
    """)
    answer = ask(c, "utility", timeline=True)
    assert told(answer) == [
        (0, "main", "lost"),
        (10, "s", "lost"),
        (10, "ups", "lost"),
        (15, "gen", "running"),
        (15, "main", "up"),
        (15, "ups", "up"),
        (75, "s", "up"),
    ]
    assert answer["lost"] == []  # settled: all standby sources run


def test_supply_that_returns_in_the_instant_the_hold_ends():
    """Hold and start both 15 s: supply returns first, so the UPS never goes down."""
    c = campus("""
        utility UtilityFeed
        gen Generator standby=yes start_s=15
        main Switchboard | FEEDS utility gen
        ups UPS power_hold_s=15 | FEEDS main
    """)
    assert told(ask(c, "utility", timeline=True)) == [(0, "main", "lost"), (15, "gen", "running"), (15, "main", "up")]


def test_fuel_runs_out():
    """1,000 s of fuel from when the generator runs, then 300 s of battery.

    0 utility fails   10 gen runs   1,010 empty, main lost   1,310 ups and server lost
    """
    c = campus("""
        utility UtilityFeed
        gen Generator standby=yes start_s=10 run_s=1000
        main Switchboard | FEEDS utility gen
        ups UPS power_hold_s=300 | FEEDS main
        s Server | FEEDS ups
    """)
    answer = ask(c, "utility", timeline=True)
    assert told(answer) == [
        (0, "main", "lost"),
        (10, "gen", "running"),
        (10, "main", "up"),
        (1010, "gen", "empty"),
        (1010, "main", "lost"),
        (1310, "s", "lost"),
        (1310, "ups", "lost"),
    ]
    assert told(ask(c, "utility", timeline=True, until_s=1010)) == told(answer)[:5]
    assert told(ask(c, "utility", timeline=True, until_s=1009)) == told(answer)[:3]


def test_static_transfer_switch():
    """Half a second of transfer: the server's supply bridges one second, the fan none.

    a ─┐
       ├ sts (0.5 s) ─┬ s (hold 1 s)
    b ─┘              └ fan
    """
    c = campus("""
        a UPS
        b UPS
        sts TransferSwitch transfer_s=0.5 | FEEDS transfer of a b
        s Server power_hold_s=1 | FEEDS sts
        fan AirHandler | FEEDS sts
    """)
    assert told(ask(c, "a", timeline=True)) == [
        (0, "fan", "lost"),
        (0, "sts", "lost"),
        (0.5, "fan", "up"),
        (0.5, "sts", "up"),
    ]
    assert told(ask(c, "b", timeline=True)) == []  # not the active source


def test_break_of_a_transfer_can_be_held():
    """The switch itself holds its output for a second: nobody notices."""
    c = campus("""
        a UPS
        b UPS
        sts TransferSwitch transfer_s=0.5 power_hold_s=1 | FEEDS transfer of a b
        s Server | FEEDS sts
    """)
    assert told(ask(c, "a", timeline=True)) == []


def test_second_transfer_while_the_first_is_under_way():
    """a fails at 0, b at 2 by its own battery: c takes over at 2, and the break lasts until 2 + 5.

    x ─ b (hold 2 s)     x and a fail
    a, b, c ─ ats (5 s)
    """
    c = campus("""
        x UtilityFeed
        a UtilityFeed
        b UPS power_hold_s=2 | FEEDS x
        c UtilityFeed
        ats TransferSwitch transfer_s=5 | FEEDS transfer of a b c
    """)
    assert told(ask(c, "a x", timeline=True)) == [(0, "ats", "lost"), (2, "b", "lost"), (7, "ats", "up")]


def test_chiller_restart_against_thermal_ride_through():
    """Power is back after 10 s, the chiller cools 60 s later. The hall rides through 90 s; the dense row only 30 s.

    utility / gen ─ board ─ chiller (restart 60 s) ─┬ hall (90 s)
                                                    └ dense (30 s)
    """
    c = campus("""
        utility UtilityFeed
        gen Generator standby=yes start_s=10
        board Switchboard | FEEDS utility gen
        chiller Chiller restart_s=60 | FEEDS board
        hall Server cooling_hold_s=90 | COOLS chiller
        dense Server cooling_hold_s=30 | COOLS chiller
    """)
    assert told(ask(c, "utility", timeline=True)) == [
        (0, "board", "lost"),
        (0, "chiller", "lost"),
        (10, "board", "up"),
        (10, "gen", "running"),
        (30, "dense", "lost"),
        (70, "chiller", "up"),
        (70, "dense", "up"),
    ]


def test_one_clock_for_each_type():
    """Two FEEDS groups broken one after the other without a gap: the clock of the type runs on from 0.

        gen (start 4 s) and u ─ x        x ─┐ group p
        u2 ─ y (hold 3 s)                y ─┴ group q     s holds 10 s

    u and u2 fail: x is dark 0…4 s, y from 3 s on. At least one group of s is broken from 0: s falls at 10, not 13.
    """
    c = campus("""
        u UtilityFeed
        u2 UtilityFeed
        gen Generator standby=yes start_s=4
        x Switchboard | FEEDS u gen
        y UPS power_hold_s=3 | FEEDS u2
        s Server power_hold_s=10 | FEEDS:p x | FEEDS:q y
    """)
    assert told(ask(c, "u u2", timeline=True)) == [
        (0, "x", "lost"),
        (3, "y", "lost"),
        (4, "gen", "running"),
        (4, "x", "up"),
        (10, "s", "lost"),
    ]


def test_generators_on_a_common_board():
    """Three sets, two needed; start and fuel stand on the board.

    g1 g2 g3 ─(2 of 3)─ gb (standby, 10 s) ─ main ─ ups (20 s)
    """
    text = """
        utility UtilityFeed
        g1 Generator
        g2 Generator
        g3 Generator
        gb Switchboard standby=yes start_s=10 | FEEDS 2 of g1 g2 g3
        main Switchboard | FEEDS utility gb
        ups UPS power_hold_s=20 | FEEDS main
    """
    returns = [(0, "main", "lost"), (10, "gb", "running"), (10, "main", "up")]
    assert told(ask(campus(text), "utility g1", timeline=True)) == returns
    assert told(ask(campus(text), "utility g1 g2", timeline=True)) == [
        (0, "gb", "lost"),
        (0, "main", "lost"),
        (20, "ups", "lost"),
    ]


def test_standby_that_starts_at_once_saves_its_consumer():
    """start_s = 0: available before losses spread."""
    c = campus("""
        p1 Pump
        p2 Pump standby=yes
        loop CoolingLoop | COOLS p1 p2
    """)
    assert told(ask(c, "p1", timeline=True)) == [(0, "p2", "running")]


def test_tie_closes_only_when_reached():
    """The tied boards do not keep each other up while the generator starts.

    u ─ a ═ b     gen (5 s) ─ b
    """
    c = campus("""
        u UtilityFeed
        gen Generator standby=yes start_s=5
        a Switchboard | FEEDS u b
        b Switchboard | FEEDS gen a
    """)
    answer = ask(c, "u", timeline=True)
    assert told(answer) == [(0, "a", "lost"), (0, "b", "lost"), (5, "a", "up"), (5, "b", "up"), (5, "gen", "running")]
    assert answer["relies_on"] == ["gen"]


def test_what_failed_stays_down_and_takes_along_what_it_contains():
    c = campus("""
        room Room | CONTAINS ups
        gen Generator standby=yes
        ups UPS | FEEDS gen
        s Server power_hold_s=7 | FEEDS ups
    """)
    answer = ask(c, "room", timeline=True)
    assert told(answer) == [(0, "ups", "lost"), (7, "s", "lost")]
    assert answer["timeline"][0]["because"] == {"type": "CONTAINS", "by": ["room"]}


def test_controls_behind_the_battery_of_the_generator_that_they_start():
    """The controller of the generator hangs on the UPS that the generator recharges.

        u ─┐
        g ─┴ board ─ ups (4 s) ─ plc ─CONTROLS─ g (standby)

    With a start of 2 s the UPS never notices; with 6 s the controller is gone at 4 s, the start is broken off, and
    nothing comes back: a deadlock that the settled state does not show.
    """
    text = """
        u UtilityFeed
        g Generator standby=yes start_s={start} | CONTROLS plc
        board Switchboard | FEEDS u g
        ups UPS power_hold_s=4 | FEEDS board
        plc Controller | FEEDS ups
    """
    quick = ask(campus(text.format(start=2)), "u", timeline=True)
    assert told(quick) == [(0, "board", "lost"), (2, "board", "up"), (2, "g", "running")]
    slow = ask(campus(text.format(start=6)), "u", timeline=True)
    assert told(slow) == [(0, "board", "lost"), (4, "g", "lost"), (4, "plc", "lost"), (4, "ups", "lost")]
    assert slow["lost"] == []


def test_fuel_counts_from_the_first_run():
    """20 s of fuel from when the generator first ran; a stop in between does not fill the tank.

    0 u fails   0 g runs (start 0 s)   4 the controls are lost by their battery: g down, board lost
    at 4 + 6 s the controls are back from their own second source (start 10 s): g is up, runs at 10
    20 empty, 10 s after its second start
    """
    c = campus("""
        u UtilityFeed
        v UtilityFeed
        w UtilityFeed standby=yes start_s=10
        plc Controller power_hold_s=4 | FEEDS v w
        g Generator standby=yes run_s=20 | CONTROLS plc
        board Switchboard | FEEDS u g
    """)
    assert told(ask(c, "u v", timeline=True)) == [
        (0, "g", "running"),
        (4, "board", "lost"),
        (4, "g", "lost"),
        (4, "plc", "lost"),
        (10, "board", "up"),
        (10, "g", "running"),
        (10, "g", "up"),
        (10, "plc", "up"),
        (10, "w", "running"),
        (20, "board", "lost"),
        (20, "g", "empty"),
    ]


def test_a_source_that_is_down_is_not_told_empty():
    """Both generators run from the start of the question on; g fails at once, h is lost with its fuel pump.

        u (out) ─▶ board ◀─ g, h (standby, run_s = 20)      w ─▶ pump ─▶ h

    0 g fails, w fails: h and the board are lost. At 20 s neither generator has anything to say.
    """
    c = campus("""
        u UtilityFeed
        w UtilityFeed
        pump Pump | FEEDS w
        g Generator standby=yes run_s=20
        h Generator standby=yes run_s=20 | SUPPLIES pump
        board Switchboard | FEEDS u g h
    """)
    assert told(ask(c, "g w", out="u", timeline=True)) == [(0, "board", "lost"), (0, "h", "lost"), (0, "pump", "lost")]


def test_a_run_of_no_length_ends_before_losses_spread():
    """The generator that runs at 0 s has no fuel at all: it is empty before the loss of its pump reaches it.

    u (out) ─▶ board ◀─ g (standby, run_s = 0) ◀─ pump
    """
    c = campus("""
        u UtilityFeed
        pump Pump
        g Generator standby=yes run_s=0 | SUPPLIES pump
        board Switchboard | FEEDS u g
    """)
    assert told(ask(c, "pump", out="u", timeline=True)) == [(0, "board", "lost"), (0, "g", "empty"), (0, "g", "lost")]
