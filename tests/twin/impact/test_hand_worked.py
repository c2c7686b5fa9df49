"""Settled cases worked by hand, a sketch each. Answers were computed with paper and pencil, not by a program."""

from sketch import ask, campus


def test_2n():
    """Two sides, each can carry the server.

    u1 ─ ups_a ─ pdu_a ─┐
                        ├ s
    u2 ─ ups_b ─ pdu_b ─┘
    """
    c = campus("""
        u1 UtilityFeed
        u2 UtilityFeed
        ups_a UPS | FEEDS u1
        ups_b UPS | FEEDS u2
        pdu_a PDU | FEEDS ups_a
        pdu_b PDU | FEEDS ups_b
        s Server draw_kw=2 | FEEDS 1 of pdu_a pdu_b
    """)
    one = ask(c, "ups_a")
    assert (one["lost"], one["degraded"], one["at_risk"]) == (["pdu_a"], ["s"], ["s"])
    assert one["because"] == {
        "pdu_a": {"type": "FEEDS", "group": "", "need": 1, "available": 0, "lost_suppliers": ["ups_a"]}
    }
    both = ask(c, "u1 pdu_b")
    assert both["lost"] == ["pdu_a", "s", "ups_a"]
    assert both["because"]["s"]["lost_suppliers"] == ["pdu_a", "pdu_b"]
    assert both["totals"]["lost"] == {"PDU": 1, "Server": 1, "UPS": 1}
    assert both["totals"]["lost_kw"] == 2
    maintained = ask(c, "ups_b", out="u1")
    assert maintained["down_before"] == ["pdu_a", "u1", "ups_a"]
    assert maintained["lost"] == ["pdu_b", "s"]
    assert maintained["because"]["s"]["lost_suppliers"] == ["pdu_b"]


def test_n_plus_1_chillers():
    """Five chillers, four needed.

    ch1 ch2 ch3 ch4 ch5 ─(4 of 5)─ loop ─ s
    """
    c = campus("""
        ch1 Chiller
        ch2 Chiller
        ch3 Chiller
        ch4 Chiller
        ch5 Chiller
        loop CoolingLoop | COOLS 4 of ch1 ch2 ch3 ch4 ch5
        s Server | COOLS loop
    """)
    one = ask(c, "ch2")
    assert (one["lost"], one["degraded"], one["at_risk"]) == ([], ["loop"], ["loop"])
    two = ask(c, "ch2 ch5")
    assert two["lost"] == ["loop", "s"]
    assert two["because"]["loop"] == {
        "type": "COOLS",
        "group": "",
        "need": 4,
        "available": 3,
        "lost_suppliers": ["ch2", "ch5"],
    }


def test_shared_neutral():
    """Both sides return through one neutral bar: a group of its own, with one member.

    ups_a ─ pdu_a ─┐
    n ───┬──┘      ├ s
    n ───┴──┐      │
    ups_b ─ pdu_b ─┘
    """
    c = campus("""
        ups_a UPS
        ups_b UPS
        n Busway
        pdu_a PDU | FEEDS ups_a | FEEDS:neutral n
        pdu_b PDU | FEEDS ups_b | FEEDS:neutral n
        s Server | FEEDS pdu_a pdu_b
    """)
    assert ask(c, "ups_a")["lost"] == ["pdu_a"]
    answer = ask(c, "n")
    assert answer["lost"] == ["pdu_a", "pdu_b", "s"]
    assert answer["because"]["pdu_a"]["group"] == "neutral"


def test_bus_tie():
    """Two boards that can feed each other. Together they keep nothing up without a utility.

    u1 ─ a ═tie═ b ─ u2
         │       │
         x       y
    """
    c = campus("""
        u1 UtilityFeed
        u2 UtilityFeed
        a Switchboard | FEEDS u1 b
        b Switchboard | FEEDS u2 a
        x UPS | FEEDS a
        y UPS | FEEDS b
    """)
    one = ask(c, "u1")
    # b was available to a and still is, from u2; a is no longer reached without b
    assert (one["lost"], one["degraded"], one["at_risk"]) == ([], ["a", "b"], ["a", "b"])
    two = ask(c, "u1 u2")
    assert two["lost"] == ["a", "b", "x", "y"]
    assert two["because"]["a"]["lost_suppliers"] == ["b", "u1"]
    assert ask(c, "u1", out="u2")["lost"] == ["a", "b", "x", "y"]


def test_medium_voltage_ring():
    """Four substations in a ring, fed at two of them.

        u1 ─ a ─ b
             │   │
             d ─ c ─ u2

    Without c the ring is open: u2 reaches nothing, a feeds b and d. Without a and c both u are cut off.
    """
    c = campus("""
        u1 UtilityFeed
        u2 UtilityFeed
        a Substation | FEEDS u1 b d
        b Substation | FEEDS a c
        c Substation | FEEDS u2 b d
        d Substation | FEEDS a c
    """)
    assert (ask(c, "c")["lost"], ask(c, "c")["degraded"]) == ([], ["a", "b", "d"])
    assert ask(c, "a c")["lost"] == ["b", "d"]
    assert ask(c, "u1 c")["lost"] == ["a", "b", "d"]
    # b falls with a and c; d keeps u2 by c, and a keeps u2 by d
    assert ask(c, "u1 b") == ask(c, "u1 b") | {"lost": [], "degraded": ["a", "c", "d"], "at_risk": ["a", "c", "d"]}


def test_generator_board_12_plus_1():
    """Thirteen sets, twelve needed, on one standby board.

    utility ──┐
              ├ main
    g01…g13 ─ gb (standby)
    """
    sets = [f"g{n:02}" for n in range(1, 14)]
    lines = "\n".join(f"{g} Generator" for g in sets)
    c = campus(f"""
        utility UtilityFeed
        {lines}
        gb Switchboard standby=yes start_s=15 | FEEDS 12 of {" ".join(sets)}
        main Switchboard | FEEDS transfer of utility gb
    """)
    grid = ask(c, "utility")
    assert (grid["lost"], grid["degraded"], grid["relies_on"]) == ([], ["main"], ["gb"])
    assert (ask(c, "g04")["degraded"], ask(c, "g04")["at_risk"]) == (["gb"], ["gb"])
    assert ask(c, "utility g04")["lost"] == []
    dark = ask(c, "utility", out="g04 g07")
    assert (dark["down_before"], dark["lost"], dark["relies_on"]) == (["g04", "g07", "gb"], ["main"], [])


def test_two_cords_to_one_pdu_are_one_supplier():
    """Twice the same PDU.

    pdu ══ s
    """
    c = campus("""
        pdu PDU
        s Server | FEEDS pdu pdu
    """)
    answer = ask(c, "pdu")
    assert answer["because"]["s"] == {
        "type": "FEEDS",
        "group": "",
        "need": 1,
        "available": 0,
        "lost_suppliers": ["pdu"],
    }


def test_service_with_replicas():
    """A service that needs three of its five servers, two cabinets.

    r1: s1 s2 s3    r2: s4 s5    ─(3 of 5)─ web
    """
    c = campus("""
        r1 RackPDU
        r2 RackPDU
        s1 Server | FEEDS r1
        s2 Server | FEEDS r1
        s3 Server | FEEDS r1
        s4 Server | FEEDS r2
        s5 Server | FEEDS r2
        web Service | HOSTS 3 of s1 s2 s3 s4 s5
    """)
    assert (ask(c, "s1")["degraded"], ask(c, "s1")["at_risk"]) == (["web"], [])
    assert (ask(c, "r2")["lost"], ask(c, "r2")["at_risk"]) == (["s4", "s5"], ["web"])
    assert ask(c, "r1")["lost"] == ["s1", "s2", "s3", "web"]
    assert ask(c, "r1")["totals"]["services"] == ["web"]
    assert ask(c, "r2 s2")["lost"] == ["s4", "s5", "web"]


def test_network_ring_to_edge_nodes():
    """Two core nodes feed a ring of four edge nodes.

    core1 ─ e1 ─ e2
            │     │
            e4 ─ e3 ─ core2
    """
    c = campus("""
        core1 CoreNode
        core2 CoreNode
        e1 EdgeNode | CONNECTS core1 e2 e4
        e2 EdgeNode | CONNECTS e1 e3
        e3 EdgeNode | CONNECTS core2 e2 e4
        e4 EdgeNode | CONNECTS e1 e3
        s Server | CONNECTS e2
    """)
    assert ask(c, "core1")["lost"] == []
    assert ask(c, "core1 core2")["lost"] == ["e1", "e2", "e3", "e4", "s"]
    assert ask(c, "e1 e3")["lost"] == ["e2", "e4", "s"]
    assert ask(c, "core1 e3")["lost"] == ["e1", "e2", "e4", "s"]
    assert ask(c, "e3 e4")["lost"] == []


def test_space():
    """A room takes along what it contains, at any depth; a failed supply does not spread along CONTAINS.

    building ⊃ room ⊃ cabinet ⊃ s1       crah ─ cabinet      pdu ─ s1, s2
                    ⊃ s2
    """
    c = campus("""
        building Building | CONTAINS room
        room Room | CONTAINS cabinet s2
        cabinet Cabinet | CONTAINS s1 | COOLS crah
        crah AirHandler
        pdu PDU
        s1 Server | FEEDS pdu
        s2 Server | FEEDS pdu
        web Service | HOSTS 1 of s1 s2
    """)
    answer = ask(c, "room")
    assert answer["lost"] == ["cabinet", "s1", "s2", "web"]
    assert answer["because"]["s1"] == {"type": "CONTAINS", "by": ["cabinet"]}
    assert answer["because"]["s2"] == {"type": "CONTAINS", "by": ["room"]}
    assert answer["totals"]["by_building"] == {"building": {"Cabinet": 1, "Server": 2}}
    assert ask(c, "crah")["lost"] == ["cabinet"]
    assert ask(c, "pdu", out="room")["lost"] == []


def test_common_cause():
    """A flood reaches the pumps of both sides.

    flood ⇢ p1, p2      p1, p2 ─ loop
    """
    c = campus("""
        flood CommonCause | AFFECTS p1 p2
        p1 Pump
        p2 Pump
        loop CoolingLoop | COOLS p1 p2
    """)
    answer = ask(c, "flood")
    assert answer["lost"] == ["loop", "p1", "p2"]
    assert answer["because"]["p1"] == {"type": "AFFECTS", "by": ["flood"]}


def test_power_paths_that_share_a_part():
    """A part goes down with the last of its paths.

    A: ups_a, bus      B: ups_b, bus       s: 1 of ups_a, ups_b, bus
    """
    c = campus("""
        ups_a UPS
        ups_b UPS
        bus Busway
        A PowerPath | PARTS ups_a bus
        B PowerPath | PARTS ups_b bus
        s Server | FEEDS ups_a ups_b bus
    """)
    assert ask(c, "A")["lost"] == ["ups_a"]
    both = ask(c, "A B")
    assert both["lost"] == ["bus", "s", "ups_a", "ups_b"]
    assert both["because"]["bus"] == {"type": "PART_OF", "by": ["A", "B"]}


def test_cycle_across_types_keeps_running():
    """The UPS room needs cooling, the cooling needs the UPS: both run, and fall together.

    grid ─ ups ─FEEDS─ plc ─CONTROLS─ chiller ─COOLS─ ups
    """
    c = campus("""
        grid UtilityFeed
        ups UPS | FEEDS grid | COOLS chiller
        plc Controller | FEEDS ups
        chiller Chiller | CONTROLS plc
        pdu PDU | FEEDS ups
    """)
    assert ask(c, "grid")["down_before"] == []
    answer = ask(c, "plc")
    assert answer["lost"] == ["chiller", "pdu", "ups"]
    assert {a: b["type"] for a, b in answer["because"].items()} == {
        "chiller": "CONTROLS",
        "ups": "COOLS",
        "pdu": "FEEDS",
    }
