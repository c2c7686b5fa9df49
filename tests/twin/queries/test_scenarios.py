"""Saved questions: written as nodes that Neo4j Browser shows, listed, compared, deleted; the topology stays fresh."""

import pytest

from schema.cypher import upsert_assets, upsert_relationships
from schema.errors import BadInput
from twin import scenarios
from twin.campus import Campus
from twin.topology import current as topologies

pytestmark = pytest.mark.neo4j


@pytest.fixture
def campus(store, tmp_path):
    """Two UPS, a dual-corded and a single-corded server."""
    for label, ids in (("UPS", ("UA", "UB")), ("Server", ("S1", "S2"))):
        store.write_batches(upsert_assets(label), [{"id": i, "properties": {"draw_kw": 1.5}} for i in ids])
    rows = [
        {"source_id": a, "target_id": b, "group": "", "properties": {"need": 1}}
        for a, b in (("UA", "S1"), ("UB", "S1"), ("UA", "S2"))
    ]
    store.write_batches(upsert_relationships("FEEDS"), rows)
    return Campus(store, home=tmp_path)


def test_a_saved_scenario_is_a_node_with_relationships_to_its_assets(campus, store):
    campus.save_scenario("A fails", campus.impact("UA"))
    found = store.read(
        "MATCH (s:Scenario)-[r]->(a:Asset) RETURN s.name AS name, type(r) AS type, a.id AS id ORDER BY type, id"
    )
    assert [tuple(row.values()) for row in found] == [
        ("A fails", "DEGRADED", "S1"),
        ("A fails", "FAILED", "UA"),
        ("A fails", "LOST", "S2"),
    ]


def test_show_gives_question_and_answer(campus, store):
    campus.save_scenario("night", campus.impact("UA", out=["UB"]))
    document = scenarios.show(store, "night")
    assert document["question"]["failed"] == ["UA"]
    assert document["question"]["out"] == ["UB"]
    assert document["lost"] == ["S1", "S2"]
    assert document["totals"]["lost"] == {"Server": 2}
    assert document["totals"]["lost_kw"] == pytest.approx(3.0)
    assert document["saved_at"]


def test_saving_again_replaces(campus, store):
    campus.save_scenario("x", campus.impact("UA"))
    campus.save_scenario("x", campus.impact("UB"))
    assert scenarios.show(store, "x")["question"]["failed"] == ["UB"]
    assert scenarios.show(store, "x")["lost"] == []
    assert [row["name"] for row in scenarios.listed(store)] == ["x"]


def test_two_are_compared(campus, store):
    campus.save_scenario("one", campus.impact("UA"))
    campus.save_scenario("two", campus.impact("UA", out=["UB"]))
    found = scenarios.compare(store, "one", "two")
    assert found["lost"] == {"only_first": [], "only_second": ["S1"], "both": ["S2"]}
    assert found["degraded"] == {"only_first": ["S1"], "only_second": [], "both": []}
    assert (found["first"]["lost"], found["second"]["lost"]) == (1, 2)


def test_deleting_leaves_the_campus(campus, store):
    campus.save_scenario("x", campus.impact("UA"))
    scenarios.delete(store, campus.home, "x")
    assert scenarios.listed(store) == []
    assert store.read("MATCH (n) RETURN count(n) AS n") == [{"n": 4}]


def test_saving_does_not_make_the_topology_stale(campus, monkeypatch):
    answer = campus.impact("UA")
    before = campus.topology.version

    def rebuilt(*_args, **_options):
        raise AssertionError("the topology was rebuilt")

    monkeypatch.setattr(topologies, "_rebuild", rebuilt)
    campus.save_scenario("x", answer)
    assert campus.refresh() is False
    scenarios.delete(campus.store, campus.home, "x")
    assert campus.refresh() is False
    assert campus.topology.version == before


@pytest.mark.parametrize("act", [scenarios.show, lambda s, n: scenarios.compare(s, n, n)])
def test_an_unknown_name_is_told(campus, act):
    with pytest.raises(BadInput, match="no scenario 'gone'; there are: none"):
        act(campus.store, "gone")


def test_a_name_is_needed(campus):
    with pytest.raises(BadInput, match="needs a name"):
        campus.save_scenario("  ", campus.impact("UA"))


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "x" * 201, "\udcff"])
def test_a_name_that_no_line_can_hold_is_refused_and_nothing_is_kept(campus, store, name):
    with pytest.raises(BadInput, match="up to 200 characters") as caught:
        campus.save_scenario(name, campus.impact("UA"))
    assert len(str(caught.value)) < 400
    assert scenarios.listed(store) == []
