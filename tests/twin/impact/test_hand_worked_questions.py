"""Sweep, pairs, cut sets, checks, audits, availability and black start worked by hand, a sketch each."""

import pytest
from sketch import campus

TWO_SIDES = """
    u1 UtilityFeed
    u2 UtilityFeed
    ups_a UPS | FEEDS u1
    ups_b UPS | FEEDS u2
    s Server draw_kw=2 | FEEDS ups_a ups_b
"""
"""u1 ─ ups_a ─┐
             ├ s
u2 ─ ups_b ─┘"""


def pairs(c):
    return [(row["pair"], row["lost"], row["beyond_singles"]) for row in c.engine.pairs().to_dict()["rows"]]


def test_sweep_of_two_sides():
    """A utility takes its UPS along the supply; a UPS takes nothing; both degrade the server."""
    rows = campus(TWO_SIDES).engine.sweep().to_dict()["rows"]
    assert [(r["id"], r["lost"], r["degraded"]) for r in rows] == [
        ("u1", 1, 1),
        ("u2", 1, 1),
        ("ups_a", 0, 1),
        ("ups_b", 0, 1),
    ]
    assert all((r["lost_servers"], r["lost_kw"]) == (0, 0) for r in rows)


def test_pairs_and_cut_sets_of_two_sides():
    """One of side a with one of side b takes the server; nothing else is worse than its singles."""
    c = campus(TWO_SIDES)
    assert pairs(c) == [
        (["u1", "u2"], 3, 1),
        (["u1", "ups_b"], 2, 1),
        (["u2", "ups_a"], 2, 1),
        (["ups_a", "ups_b"], 1, 1),
    ]
    assert c.cut_sets("s", 3)["cut_sets"] == [["u1", "u2"], ["u1", "ups_b"], ["u2", "ups_a"], ["ups_a", "ups_b"]]
    assert c.single_points()["rows"] == []
    assert c.cut_sets("s", 3, ["u1"])["cut_sets"] == [["u2"], ["ups_b"]]


def test_cut_sets_of_two_out_of_four():
    """A slack of two: any three of four chillers.

    c1 c2 c3 c4 ─(2 of 4)─ s
    """
    c = campus("""
        c1 Chiller
        c2 Chiller
        c3 Chiller
        c4 Chiller
        s Server | COOLS 2 of c1 c2 c3 c4
    """)
    triples = [["c1", "c2", "c3"], ["c1", "c2", "c4"], ["c1", "c3", "c4"], ["c2", "c3", "c4"]]
    assert c.cut_sets("s", 3)["cut_sets"] == triples
    assert c.cut_sets("s", 2)["cut_sets"] == []
    assert pairs(c) == []


def test_cut_sets_of_a_ring():
    """The ring of four, fed at a and c: b is lost by its two neighbours, or by what cuts both feeds.

    u1 ─ a ─ b
         │   │
         d ─ c ─ u2
    """
    c = campus("""
        u1 UtilityFeed
        u2 UtilityFeed
        a Substation | FEEDS u1 b d
        b Substation | FEEDS a c
        c Substation | FEEDS u2 b d
        d Substation | FEEDS a c
        s Server | FEEDS b
    """)
    assert c.cut_sets("s", 3)["cut_sets"] == [["a", "c"], ["a", "u2"], ["b"], ["c", "u1"], ["u1", "u2"]]


def test_cut_sets_leave_spaces_and_common_causes_out():
    """What contains or affects is no component; a cabinet is left out though it cools its server."""
    c = campus("""
        flood CommonCause | AFFECTS pump
        room Room | CONTAINS pump
        pump Pump
        rack Cabinet | CONTAINS s | COOLS pump
        s Server | COOLS rack
    """)
    assert c.cut_sets("s", 3)["cut_sets"] == [["pump"]]
    assert c.single_points()["rows"] == [{"id": "pump", "label": "Pump", "loads": ["s"]}]


def test_maintenance_check():
    """Side a may go out, but then side b is a single point; with side b out it may not."""
    c = campus(TWO_SIDES)
    answer = c.check(["ups_a"])
    assert (answer["verdict"], answer["lost"]) == ("yes_with_single_points", [])
    assert answer["single_points"] == {"u2": ["s"], "ups_b": ["s"]}
    refused = c.check(["ups_a"], ["u2"])
    assert (refused["verdict"], refused["lost"]) == ("no", ["s"])
    assert c.check(["s"])["verdict"] == "yes"
    assert c.check(["u1"], ["ups_a"])["verdict"] == "yes"  # side a is out anyway


def test_independence():
    """Two sides from one utility over two transformers; a third source that only one side has breaks nothing.

    u ─ t1 ─ a ─┐
    └── t2 ─ b ─┴ s       g ─ b
    """
    c = campus("""
        u UtilityFeed
        g Generator
        t1 Transformer | FEEDS u
        t2 Transformer | FEEDS u
        a UPS | FEEDS t1
        b UPS | FEEDS t2 g
        s Server | FEEDS a b
    """)
    answer = c.independence()
    assert {"id": "s", "type": "FEEDS", "group": "", "suppliers": ["a", "b"], "shared": ["u"], "breaks": []} in answer[
        "findings"
    ]
    assert answer["ok"] is True


def test_independence_broken_by_shared_controls():
    """The two pumps have their own power, and one controller.

    p1 ─┐            plc ─CONTROLS─ p1, p2
    p2 ─┴ s
    """
    c = campus("""
        plc Controller
        p1 Pump | CONTROLS plc
        p2 Pump | CONTROLS plc
        s Server | COOLS p1 p2
    """)
    answer = c.independence()
    assert answer["ok"] is False
    assert [(f["suppliers"], f["shared"], f["breaks"]) for f in answer["findings"]] == [
        (["p1", "p2"], ["plc"], ["plc"])
    ]


def test_tier():
    """Two sides are fault tolerant; one chiller for both is not maintainable."""
    two = campus(TWO_SIDES).tier()
    assert (two["concurrently_maintainable"], two["fault_tolerant"], two["findings"]) == (True, True, [])
    one = campus(TWO_SIDES.replace("FEEDS ups_a ups_b", "FEEDS ups_a ups_b | COOLS ch") + "ch Chiller\n").tier()
    assert (one["concurrently_maintainable"], one["fault_tolerant"]) == (False, False)
    assert one["findings"] == [{"kind": "component", "removed": ["ch"], "lost": ["s"]}]
    flooded = campus(TWO_SIDES + "flood CommonCause | AFFECTS ups_a ups_b\n").tier()
    assert (flooded["concurrently_maintainable"], flooded["fault_tolerant"]) == (True, False)


def test_availability_of_two_in_parallel_behind_one_in_series():
    """Each is down one tenth of the time: 0.1 + 0.9 × 0.1² = 0.109."""
    c = campus("""
        a UPS mtbf_h=9 mttr_h=1
        b UPS mtbf_h=9 mttr_h=1
        n Busway mtbf_h=9 mttr_h=1
        s Server | FEEDS a b | FEEDS:neutral n
    """)
    (row,) = c.availability()["rows"]
    assert row["unavailability"] == pytest.approx(0.109)
    assert row["lower"] <= 0.109 + 1e-12
    assert row["upper"] >= 0.109 - 1e-12


def test_black_start_in_rounds_and_a_deadlock():
    """The chiller's controls hang on the UPS whose room the chiller cools: it runs, but it never starts.

    grid ─ board ─ chiller ─COOLS─ ups ─ plc ─CONTROLS─ chiller
    """
    text = """
        grid UtilityFeed
        board Switchboard | FEEDS grid
        chiller Chiller | FEEDS board | CONTROLS plc
        ups UPS | FEEDS board | COOLS chiller
        plc Controller | FEEDS ups
        s Server | FEEDS ups
    """
    stuck = campus(text).black_start()
    assert stuck["rounds"] == [["grid"], ["board"]]
    assert stuck["never"] == ["chiller", "plc", "s", "ups"]
    assert stuck["deadlocks"] == [["chiller", "plc", "ups"]]
    free = campus(text.replace("FEEDS ups\n        s", "FEEDS ups board\n        s")).black_start()
    assert free["rounds"] == [["grid"], ["board"], ["plc"], ["chiller"], ["ups"], ["s"]]
    assert (free["never"], free["deadlocks"]) == ([], [])
