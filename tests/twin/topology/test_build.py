"""Records become groups, members and loops; contradictions are told with their ids."""

import numpy as np
import pytest

from twin.topology import from_records


def assets(*ids, label="UPS", **properties):
    return [{"id": id_, "label": label, **properties} for id_ in ids]


def feeds(source, target, **properties):
    return {"source_id": source, "type": "FEEDS", "target_id": target, **properties}


def test_index_order_is_depth_first_by_id():
    places = [
        *assets("B", "A", label="Building"),
        *assets("B1", "A2", "A1", label="Room"),
        *assets("x", label="Campus"),
    ]
    held = [("x", "B"), ("x", "A"), ("A", "A2"), ("A", "A1"), ("B", "B1")]
    topology = from_records(places, [{"source_id": a, "type": "CONTAINS", "target_id": b} for a, b in held])
    assert list(topology.ids) == ["x", "A", "A1", "A2", "B", "B1"]
    assert topology.parent.tolist() == [-1, 0, 1, 1, 0, 4]
    assert topology.building.tolist() == [-1, 1, 1, 1, 4, 4]


def test_a_ring_of_containers_ends():
    held = [("a", "b"), ("b", "a"), ("b", "c")]
    topology = from_records(
        assets("a", "b", "c"), [{"source_id": a, "type": "CONTAINS", "target_id": b} for a, b in held]
    )
    assert sorted(topology.ids) == ["a", "b", "c"]
    assert topology.building.tolist() == [-1, -1, -1]


def test_a_supplier_listed_twice_counts_once_with_its_lowest_priority():
    rows = [feeds("a", "c", priority=3), feeds("a", "c", priority=1), feeds("b", "c", priority=2)]
    topology = from_records(assets("a", "b", "c"), rows)
    assert topology.group_count == 1
    assert topology.ids.many(topology.suppliers(0)) == ["a", "b"]
    assert topology.member_priority.tolist() == [1, 2]
    assert not topology.problems


def test_a_loop_is_a_component_of_one_type():
    rows = [feeds("a", "b"), feeds("b", "a"), feeds("s", "a"), feeds("b", "c")]
    rows.append({"source_id": "c", "type": "COOLS", "target_id": "b"})
    topology = from_records(assets("a", "b", "c", "s"), rows)
    assert topology.ids.many(topology.loop_asset) == ["a", "b"]
    assert topology.loop_type.tolist() == [0]
    inside = [topology.ids[int(i)] for i in topology.member[topology.member_in_loop]]
    assert sorted(inside) == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([feeds("a", "c", need=0)], "c: FEEDS from a: need 0 is below 1"),
        ([feeds("a", "c", need=2)], "c: FEEDS from a: need 2 is above its 1 supplier"),
        ([feeds("a", "a")], "a: FEEDS from itself"),
        (
            [feeds("a", "c", group="x", policy="transfer"), feeds("b", "c", group="x")],
            "c: FEEDS group 'x' from a, b: its relationships disagree about policy",
        ),
        (
            [feeds("a", "c", policy="transfer", need=2), feeds("b", "c", policy="transfer", need=2)],
            "c: FEEDS from a, b: transfer with need 2",
        ),
        (
            [feeds("a", "c", portion=0.5), feeds("b", "c", portion=0.4)],
            "c: FEEDS from a, b: its relationships disagree about portion (0.4, 0.5)",
        ),
        (
            [feeds("a", "c", group="x", portion=0.5), feeds("b", "c", group="y", portion=0.4)],
            "c: the portions of its FEEDS groups add up to 0.9, not 1",
        ),
    ],
)
def test_contradictions_are_told_with_their_ids(rows, text):
    assert text in from_records(assets("a", "b", "c"), rows).problems


def test_needs_that_disagree_are_told_apart_and_count_as_all():
    topology = from_records(assets("a", "b", "c"), [feeds("a", "c", need=1), feeds("b", "c", need=2)])
    assert not topology.problems
    assert topology.need_problems == ("c: FEEDS from a, b: its relationships disagree about need (1, 2)",)
    assert topology.group_need.tolist() == [2]


def test_a_wrong_efficiency_is_told():
    assert from_records(assets("a", efficiency=1.2), []).problems == ("a: efficiency 1.2 is not above 0 and at most 1",)


def test_equal_records_have_equal_versions_in_any_order():
    things, rows = assets("a", "b", "c"), [feeds("a", "c"), feeds("b", "c")]
    one, other = from_records(things, rows), from_records(things[::-1], rows[::-1])
    assert one.version == other.version
    assert one.version != from_records(things, rows[:1]).version
    assert not any(array.flags.writeable for array in vars(one).values() if isinstance(array, np.ndarray))
