"""Pairs in the shapes for which the join has ways of its own, on the compiled kernels and on plain Python."""

from itertools import combinations

import pytest
from engine_in_words import Asked
from oracles import scan
from sketch import campus as sketch
from strategies import Records

from twin.impact import _join
from twin.impact.impact import impact
from twin.impact.pairs import pairs
from twin.impact.question import Question
from twin.impact.settle import settle_base

BOTH = pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])


def campus(labels: dict[str, str], *supplies: tuple[str, str, str, int]) -> Asked:
    """Assets by label, each a list of ids, and their supplies."""
    assets = [{"id": name, "label": label} for label, names in labels.items() for name in names.split()]
    rows = [
        {"source_id": source, "type": kind, "target_id": target, "need": need}
        for sources, kind, targets, need in supplies
        for source in sources.split()
        for target in targets.split()
    ]
    return Asked(Records(assets, rows))


def rows_of(asked: Asked, *, compiled: bool) -> list[dict[str, object]]:
    base = settle_base(asked.topology, compile_kernels=compiled)
    return pairs(base, compile_kernels=compiled).to_dict()["rows"]


@BOTH
def test_what_falls_with_the_same_few_is_kept_for_other_pairs(compiled):
    """A or C, and B ─▶ board D (1 of 2) ─▶ 300 PDUs ─▶ X and server Y, which hangs on A as well."""
    pdus = " ".join(f"P{i}" for i in range(300))
    asked = campus(
        {"Switchboard": "A B C D", "PDU": pdus, "Pump": "X", "Server": "Y"},
        ("A", "FEEDS", "C", 1),
        ("B C", "FEEDS", "D", 1),
        ("D", "FEEDS", pdus, 1),
        (pdus, "FEEDS", "X", 1),
        ("A D", "FEEDS", "Y", 1),
    )
    rows = [row for row in rows_of(asked, compiled=compiled) if row["beyond_singles"] > 1]
    assert [(row["pair"], row["lost"], row["beyond_singles"]) for row in rows] == [
        (["A", "B"], 304, 303),
        (["B", "C"], 302, 302),
    ]


@BOTH
def test_what_is_kept_serves_hundreds_of_pairs(compiled):
    """Each of 100 feeds ─▶ C (100 of 100); B or C ─▶ board D ─▶ 300 PDUs ─▶ X; a server on B, Z or D (2 of 3)."""
    feeds, pdus = (" ".join(f"{name}{i}" for i in range(many)) for name, many in (("A", 100), ("P", 300)))
    asked = campus(
        {"Switchboard": f"{feeds} B C D Z", "PDU": pdus, "Pump": "X", "Server": "Y"},
        (feeds, "FEEDS", "C", 100),
        ("B C", "FEEDS", "D", 1),
        ("D", "FEEDS", pdus, 1),
        (pdus, "FEEDS", "X", 1),
        ("B D Z", "FEEDS", "Y", 2),
    )
    rows = [row for row in rows_of(asked, compiled=compiled) if "B" in row["pair"]]
    found = {tuple(row["pair"]): (row["lost"], row["beyond_singles"]) for row in rows}
    assert found == {
        **{(f"A{i}", "B"): (304, 303) for i in range(100)},
        ("B", "C"): (303, 303),
        ("B", "D"): (302, 1),
        ("B", "Z"): (1, 1),
    }


@BOTH
def test_what_breaks_twice_over_is_counted_once(compiled):
    """Servers of one class lose both PDUs and both switches; a service loses replicas to each single and to both."""
    asked = campus(
        {"PDU": "A B", "NetworkDevice": "M N", "Server": "S T U V", "Service": "W X"},
        ("A B", "FEEDS", "M N S T", 1),
        ("A", "FEEDS", "U", 1),
        ("B", "FEEDS", "V", 1),
        ("M N", "CONNECTS", "S T", 1),
        ("S T U V", "HOSTS", "W", 2),
        ("U V", "HOSTS", "X", 1),
    )
    rows = rows_of(asked, compiled=compiled)
    assert rows == scan.pairs(asked.campus)
    assert {"pair": ["A", "B"], "lost": 8, "beyond_singles": 6} in rows


@BOTH
def test_a_loop_that_both_touch_is_settled_as_of_both(compiled):
    """Sources U, V at two of four boards in a ring; each board feeds a PDU, and two of the PDUs a server."""
    ring = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")]
    ties = [(one, "FEEDS", other, 1) for pair in ring for one, other in (pair, pair[::-1])]
    feeds = [(board, "FEEDS", f"P{board}", 1) for board in "ABCD"]
    asked = campus(
        {"UtilityFeed": "U V", "Switchboard": "A B C D", "PDU": "PA PB PC PD", "Server": "S"},
        ("U", "FEEDS", "A", 1),
        ("V", "FEEDS", "C", 1),
        ("PA PC", "FEEDS", "S", 1),
        *ties,
        *feeds,
    )
    rows = rows_of(asked, compiled=compiled)
    assert rows == scan.pairs(asked.campus)
    assert any(row["pair"] == ["U", "V"] and row["lost"] == 9 for row in rows)


@BOTH
def test_what_one_loop_loses_is_lost_to_the_other_loop_it_stands_in(compiled):
    """F and T are tied over FEEDS, F and C cool each other; A and E fail together.

        A ─▶ F ◀═▶ T ◀─ E      power: both sources of the tie are gone, F and T go down
             F ◀═▶ C           cooling: C needs 3 of A, E, U, V, F; U and V alone are left
             U ─▶ F    C ─▶ S

    The cooling loop has enough as long as only A and E are counted.
    """
    asked = campus(
        {"Switchboard": "A E T", "Pump": "U V F C", "Server": "S"},
        ("A T", "FEEDS", "F", 1),
        ("E F", "FEEDS", "T", 1),
        ("A E U V F", "COOLS", "C", 3),
        ("C U", "COOLS", "F", 1),
        ("C", "COOLS", "S", 1),
    )
    rows = rows_of(asked, compiled=compiled)
    assert rows == scan.pairs(asked.campus)
    assert {"pair": ["A", "E"], "lost": 4, "beyond_singles": 4} in rows


@pytest.mark.parametrize("at_once", [False, True], ids=["set by set", "at once"])
@pytest.mark.parametrize("other", ["X", "Y"])
@pytest.mark.parametrize("members", [1, 3, 66])
def test_what_falls_with_a_set_breaks_what_the_singles_touch(members, other, at_once, monkeypatch):
    """X and Y ─▶ b (1 of 2). X ─▶ P, X or Y ─▶ Q, b ─▶ R: one of these three will do for a board, or a ring of them."""
    boards = [f"O{number:02}" for number in range(members)]
    around = zip(boards, boards[1:] + boards[:1], strict=True) if members > 1 else []
    asked = campus(
        {"Switchboard": " ".join(["b", *boards]), "UtilityFeed": "X Y", "PDU": "P Q R", "Server": "S"},
        ("X Y", "FEEDS", "b", 1),
        ("X", "FEEDS", "P", 1),
        (other, "FEEDS", "Q", 1),
        ("b", "FEEDS", "R", 1),
        *((source, "FEEDS", boards[number % members], 1) for number, source in enumerate("PQR")),
        (boards[0], "FEEDS", "S", 1),
        *((one, "FEEDS", another, 1) for pair in around for one, another in (pair, pair[::-1])),
    )
    if at_once:
        monkeypatch.setattr(_join, "FEW", 0)
        monkeypatch.setattr(_join, "DEAR", 0)
    rows = rows_of(asked, compiled=False)
    assert {"pair": ["X", "Y"], "lost": 5 + members, "beyond_singles": 3 + members} in rows


def test_a_ring_with_more_members_than_a_word_has_bits():
    """66 boards in a ring, sources at three of them; two boards cut off what lies between them and has no source."""
    boards = [f"R{number:02}" for number in range(66)]
    ties = [(one, "FEEDS", other, 1) for one, other in zip(boards, boards[1:] + boards[:1], strict=True)]
    ties += [(other, "FEEDS", one, 1) for one, _, other, _ in ties]
    asked = campus(
        {"Switchboard": " ".join(boards), "UtilityFeed": "U V W", "PDU": "P Q", "Server": "S"},
        ("U", "FEEDS", "R00", 1),
        ("V", "FEEDS", "R33", 1),
        ("W", "FEEDS", "R34", 1),
        ("R10", "FEEDS", "P", 1),
        ("R60", "FEEDS", "Q", 1),
        ("P Q", "FEEDS", "S", 1),
        *ties,
    )
    cut = {}
    for first, second in combinations(range(66), 2):
        between, around = set(range(first + 1, second)), {*range(second + 1, 66), *range(first)}
        lost = [arc for arc in (between, around) if not arc & {0, 33, 34}]
        cut[boards[first], boards[second]] = sum(len(arc) + len(arc & {10, 60}) for arc in lost)
    cut["R10", "R60"] = 1  # both PDUs, so the server
    rows = rows_of(asked, compiled=True)
    found = {tuple(row["pair"]): row["beyond_singles"] for row in rows if {*row["pair"]} <= {*boards}}
    assert found == {pair: beyond for pair, beyond in cut.items() if beyond}


@BOTH
def test_one_stands_for_others_that_touch_the_same(compiled):
    """Transformer T ─▶ board A, room K holds A; the same with U, B, L. A or B ─▶ two servers; both boards ─▶ X ─▶ T.

    All of one side touch the same. With one of the other side X goes down, and T with it, which T itself takes down.
    """
    asked = campus(
        {"Transformer": "T U", "Switchboard": "A B", "Pump": "X", "Room": "K L", "Server": "S R"},
        ("T", "FEEDS", "A", 1),
        ("U", "FEEDS", "B", 1),
        ("A B", "FEEDS", "X S R", 1),
        ("X", "COOLS", "T", 1),
    )
    asked.records.relationships.extend(
        {"source_id": room, "type": "CONTAINS", "target_id": board} for room, board in (("K", "A"), ("L", "B"))
    )
    rows = rows_of(Asked(asked.records), compiled=compiled)
    assert rows == scan.pairs(Asked(asked.records).campus)
    assert {row["beyond_singles"] for row in rows if "T" in row["pair"]} == {3}
    assert {row["beyond_singles"] for row in rows if row["pair"][0] in "AK"} >= {4}


@BOTH
def test_a_part_that_falls_without_its_path_still_takes_along_what_it_holds_when_all_its_paths_fail(compiled):
    """P takes feeder f by name, and with it cabinet r, but not the server in r; Q and P together name r."""
    asked = sketch("""
        P PowerPath | PARTS f r
        Q PowerPath | PARTS r
        f PDU
        r Cabinet | FEEDS f | CONTAINS s
        s Server
    """)
    base = settle_base(asked.topology, compile_kernels=compiled)
    rows = pairs(base, ["PowerPath"], compile_kernels=compiled).to_dict()["rows"]
    assert rows == [{"pair": ["P", "Q"], "lost": 3, "beyond_singles": 1}]
    assert rows == scan.pairs(asked.campus, ["PowerPath"], ())
    assert impact(Question((asked.topology.ids.index("P"),)), base).to_dict()["lost"] == ["f", "r"]
