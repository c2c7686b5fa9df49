"""The maintenance check: yes, yes with single points, no."""

import pytest

from twin.impact.check import check
from twin.impact.question import Question
from twin.impact.settle import settle_base
from twin.topology import from_records


@pytest.fixture(name="topology")
def two_sides_and_a_spare():
    """A, B ─▶ S (need 1);  X, Y, Z ─▶ R (need 1);  K contains A."""
    labels = {"A": "UPS", "B": "UPS", "X": "UPS", "Y": "UPS", "Z": "UPS", "S": "Server", "R": "Server", "K": "Room"}
    supplies = [("A", "S"), ("B", "S"), ("X", "R"), ("Y", "R"), ("Z", "R")]
    rows = [{"source_id": s, "type": "FEEDS", "target_id": c} for s, c in supplies]
    rows.append({"source_id": "K", "type": "CONTAINS", "target_id": "A"})
    return from_records([{"id": i, "label": label} for i, label in labels.items()], rows)


def asked(topology, *ids, out=()):
    failed = tuple(sorted(topology.ids.index(i) for i in ids))
    base = settle_base(topology, [topology.ids.index(o) for o in out])
    question = Question(failed, tuple(base.out.tolist()))
    return check(question, base).to_dict()


def test_yes_where_enough_is_left(topology):
    assert asked(topology, "X") == {
        "question": {"failed": ["X"], "out": [], "overload": "report", "limit": 1.0},
        "verdict": "yes",
        "lost": [],
        "single_points": {},
        "model": {
            "unknown": 7,
            "inferred_needs": 0,
            "unknown_unaffected_loads": 2,
            "inferred_unaffected_loads": 0,
        },
    }


def test_yes_with_the_single_points_that_it_makes(topology):
    answer = asked(topology, "A")
    assert (answer["verdict"], answer["single_points"]) == ("yes_with_single_points", {"B": ["S"]})


def test_a_space_takes_along_what_it_contains(topology):
    assert asked(topology, "K")["single_points"] == {"B": ["S"]}


def test_no_with_the_loads_lost_given_what_is_out(topology):
    answer = asked(topology, "A", out=["B"])
    assert (answer["verdict"], answer["lost"], answer["question"]["out"]) == ("no", ["S"], ["B"])


def test_a_load_that_is_named_is_no_loss(topology):
    assert asked(topology, "S")["verdict"] == "yes"


def test_single_points_that_were_there_before_do_not_count(topology):
    assert asked(topology, "X", out=["A"])["verdict"] == "yes"
