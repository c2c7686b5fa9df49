"""Cases about load and overload worked by hand, a sketch each."""

import pytest
from sketch import ask, campus, loads

from twin.impact.load import flows


def test_distributed_redundant_4n_3():
    """Four UPS of 40 kW, six loads of 20 kW, one for each two UPS: 30 kW on each UPS.

        a   b   c   d          ab: a, b   ac: a, c   ad: a, d
        └─┬─┘   └─┬─┘          bc: b, c   bd: b, d   cd: c, d
          ab …    cd

    One lost: three of its loads lean on one other UPS each, 30 + 10 = 40 kW, just the rating. Two lost: their
    common load is lost; c carries ac, bc whole and half of cd: 50 kW, d alike. Both trip together, and all is lost.
    """
    c = campus("""
        a UPS rated_kw=40
        b UPS rated_kw=40
        c UPS rated_kw=40
        d UPS rated_kw=40
        ab Server draw_kw=20 | FEEDS a b
        ac Server draw_kw=20 | FEEDS a c
        ad Server draw_kw=20 | FEEDS a d
        bc Server draw_kw=20 | FEEDS b c
        bd Server draw_kw=20 | FEEDS b d
        cd Server draw_kw=20 | FEEDS c d
    """)
    one = ask(c, "a")
    assert (one["lost"], one["overloaded"]) == ([], [])
    assert one["degraded"] == ["ab", "ac", "ad"]
    assert loads(ask(c, "a", limit=0.99)) == {"b": 40, "c": 40, "d": 40}
    two = ask(c, "a b")
    assert two["lost"] == ["ab"]
    each = {"a": 10, "b": 10}
    overload = {"kind": "power", "load_kw": 50, "base_load_kw": 30, "rated_kw": 40}
    assert two["overloaded"] == [
        {"id": name, **overload, "added_kw": each, "added_together_kw": 0} for name in ("c", "d")
    ]
    tripped = ask(c, "a b", overload="trip")
    assert tripped["rounds"] == [["c", "d"]]
    assert tripped["lost"] == ["ab", "ac", "ad", "bc", "bd", "c", "cd", "d"]
    assert tripped["because"]["c"] == {"type": "OVERLOAD", "load_kw": 50, "rated_kw": 40}
    assert tripped["because"]["cd"]["lost_suppliers"] == ["c", "d"]
    assert tripped["overloaded"] == []


def test_catcher():
    """Three UPS of their own behind transfer switches, and one catcher of 50 kW for all; 40 kW each.

    p1 ─ sts1 ─ s1     p2 ─ sts2 ─ s2     p3 ─ sts3 ─ s3
    r ───┘             r ───┘             r ───┘
    """
    c = campus("""
        p1 UPS rated_kw=50
        p2 UPS rated_kw=50
        p3 UPS rated_kw=50
        r UPS rated_kw=50
        sts1 TransferSwitch | FEEDS transfer of p1 r
        sts2 TransferSwitch | FEEDS transfer of p2 r
        sts3 TransferSwitch | FEEDS transfer of p3 r
        s1 Server draw_kw=40 | FEEDS sts1
        s2 Server draw_kw=40 | FEEDS sts2
        s3 Server draw_kw=40 | FEEDS sts3
    """)
    one = ask(c, "p1")
    assert (one["lost"], one["degraded"], one["overloaded"]) == ([], ["sts1"], [])
    assert loads(ask(c, "p1", limit=0.5)) == {"p2": 40, "p3": 40, "r": 40}
    two = ask(c, "p1 p2")
    assert (two["lost"], loads(two)) == ([], {"r": 80})
    assert two["overloaded"][0]["added_kw"] == {"p1": 40, "p2": 40}
    tripped = ask(c, "p1 p2", overload="trip")
    assert tripped["rounds"] == [["r"]]
    assert tripped["lost"] == ["r", "s1", "s2", "sts1", "sts2"]
    assert tripped["degraded"] == ["sts3"]


def test_hvdc_and_direct_utility():
    """One cord from a rectifier (80 % efficient), one from the utility directly; 10 kW.

        board ─ hvdc ─┐
          └───────────┴ s

    5 kW through the rectifier are 6.25 kW on the board, 11.25 kW in all; the rectifier's loss of 1.25 kW is heat.
    """
    c = campus("""
        board Switchboard
        hvdc Rectifier efficiency=0.8 | FEEDS board
        s Server draw_kw=10 | FEEDS board hvdc
    """)
    now = flows(c.topology, c.mask(["board", "hvdc", "s"]))
    board, hvdc = c.index(["board"])[0], c.index(["hvdc"])[0]
    assert (now.load_kw[board], now.load_kw[hvdc], now.heat_kw[hvdc]) == pytest.approx((11.25, 5, 1.25))
    assert ask(c, "hvdc")["degraded"] == ["s"]
    after = flows(c.topology, c.mask(["board", "s"]))
    assert after.load_kw[board] == pytest.approx(10)
    assert ask(c, "board")["lost"] == ["hvdc", "s"]


def test_trips_in_rounds():
    """An overload that moves on: 10 kW on each of three boards with ratings 10, 16 and 25.

        a (10)  b (16)  c (25)      x: a, b    y: b, c     z: a, c      each 10 kW

    Base: 10 kW each. c lost: y on b, z on a: a has 5 + 10, b 15. a (15 > 10) trips; then x is on b: 20 > 16 trips.
    """
    c = campus("""
        a Busway rated_kw=10
        b Busway rated_kw=16
        c Busway rated_kw=25
        x Server draw_kw=10 | FEEDS a b
        y Server draw_kw=10 | FEEDS b c
        z Server draw_kw=10 | FEEDS a c
    """)
    report = ask(c, "c")
    assert (report["lost"], loads(report)) == ([], {"a": 15})
    tripped = ask(c, "c", overload="trip")
    assert tripped["rounds"] == [["a"], ["b"]]
    assert tripped["lost"] == ["a", "b", "x", "y", "z"]
    assert tripped["because"]["b"] == {"type": "OVERLOAD", "load_kw": 20, "rated_kw": 16}


def test_overloaded_before_trips_only_if_it_gets_worse():
    """Two boards of 8 kW that carry 10 kW each; x has both cords, p only a, q only b.

    a ─ p (6)   b ─ q (6)    a, b ─ x (8)
    """
    c = campus("""
        a Busway rated_kw=8
        b Busway rated_kw=8
        p Server draw_kw=6 | FEEDS a
        q Server draw_kw=6 | FEEDS b
        x Server draw_kw=8 | FEEDS a b
    """)
    same = ask(c, "p", overload="trip")
    assert (same["rounds"], loads(same)) == ([], {"b": 10})
    worse = ask(c, "a", overload="trip")
    assert (worse["rounds"], worse["lost"]) == ([["b"]], ["b", "p", "q", "x"])


def test_load_flows_away_from_the_sources_in_a_ring():
    """Load of a ring goes the way by which each member is reached.

        u (source) ─ a ─ b ─ c      ring closed by c ─ a; b draws 4, c draws 6

    a is reached in round 1, b and c in round 2: neither feeds the other, a carries 10.
    """
    c = campus("""
        u UtilityFeed
        a Substation | FEEDS u b c
        b Substation draw_kw=4 | FEEDS a c
        c Substation draw_kw=6 | FEEDS b a
    """)
    now = flows(c.topology, c.mask(["u", "a", "b", "c"]))
    assert [now.load_kw[i] for i in c.index(["a", "b", "c", "u"])] == pytest.approx([10, 0, 0, 10])


def test_two_failures_add_more_together_than_each_alone():
    """Three UPS share 60 kW, 20 kW each. With a out b and c take 30, with a and b out c takes 60.

    a   b   c        c: 20, + 10 by a, + 10 by b, + 20 by both together
    └───┼───┘
        s
    """
    c = campus("""
        a UPS
        b UPS
        c UPS rated_kw=40
        s Server draw_kw=60 | FEEDS a b c
    """)
    (row,) = ask(c, "a b")["overloaded"]
    assert (row["id"], row["load_kw"], row["base_load_kw"]) == ("c", 60, 20)
    assert (row["added_kw"], row["added_together_kw"]) == ({"a": 10, "b": 10}, 20)


def test_what_a_trip_moves_is_told_apart_from_what_the_failure_adds():
    """c is overloaded before: 20 kW of x, 2 of z's 4. a fails; b takes 20 + 2 and trips; z goes, c carries x alone.

    a   b       c
    └─s─┘─── z ─┤          s from a or b; z from b and c
                x
    """
    c = campus("""
        a PDU
        b PDU rated_kw=15
        c PDU rated_kw=15
        s Server draw_kw=20 | FEEDS a b
        x Server draw_kw=20 | FEEDS c
        z Server draw_kw=4 | FEEDS:1 b | FEEDS:2 c
    """)
    answer = ask(c, "a", overload="trip")
    assert answer["rounds"] == [["b"]]
    (row,) = answer["overloaded"]
    assert (row["id"], row["base_load_kw"], row["load_kw"]) == ("c", 22, 20)
    assert (row["added_kw"], row["added_together_kw"]) == ({}, -2)
