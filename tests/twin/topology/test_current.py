"""The topology follows the graph: what changes it is noticed, what does not costs no rebuild."""

import numpy as np
import pytest

from twin.topology import current as module
from twin.topology import from_records
from twin.topology.current import current, details, note_own_write, snapshot_folder
from twin.topology.read import read_graph
from twin.topology.store import FILE

pytestmark = pytest.mark.neo4j

ASSETS = [
    {"id": "B1", "label": "Building", "name": "North"},
    {"id": "UPS-A", "label": "UPS", "name": "A", "rated_kw": 100.0, "efficiency": 0.95},
    {"id": "UPS-B", "label": "UPS", "name": "B", "standby": True, "start_s": 10.0},
    {"id": "S1", "label": "Server", "name": "Server", "draw_kw": 0.5, "x_m": 2.0},
]
RELATIONSHIPS = [
    {"source_id": "UPS-A", "type": "FEEDS", "target_id": "S1", "group": "", "need": 1, "priority": 1},
    {"source_id": "UPS-B", "type": "FEEDS", "target_id": "S1", "group": "", "need": 1, "need_inferred": True},
    {"source_id": "B1", "type": "CONTAINS", "target_id": "S1"},
]


@pytest.fixture
def graph(store):
    for row in ASSETS:
        store.write(
            f"CREATE (a:Asset:{row['label']}) SET a = $facts", facts={k: v for k, v in row.items() if k != "label"}
        )
    for row in RELATIONSHIPS:
        facts = {k: v for k, v in row.items() if k not in ("source_id", "type", "target_id")}
        store.write(
            f"MATCH (a:Asset {{id: $a}}), (b:Asset {{id: $b}}) CREATE (a)-[r:{row['type']}]->(b) SET r = $facts",
            a=row["source_id"],
            b=row["target_id"],
            facts=facts,
        )
    return store


@pytest.fixture
def builds(monkeypatch):
    """How often the graph is read anew."""
    counted = []
    real = module._rebuild
    monkeypatch.setattr(module, "_rebuild", lambda *a: counted.append(1) or real(*a))
    return counted


def test_the_graph_reads_as_its_records(graph):
    topology, found = read_graph(graph)
    assert topology.version == from_records(ASSETS, RELATIONSHIPS).version
    assert list(found.name) == ["North", "Server", "A", "B"]
    assert found.placement.x_m[1] == np.float32(2.0)


def test_an_unchanged_graph_is_read_once(graph, tmp_path, builds):
    one = current(graph, tmp_path)
    assert current(graph, tmp_path).version == one.version
    assert details(graph, tmp_path, one).name[0] == "North"
    assert len(builds) == 1


@pytest.mark.parametrize(
    "write",
    [
        "MATCH (a:Asset {id: 'UPS-A'}) SET a.condition = 'down', a.condition_since = datetime()",
        "CREATE (:Scenario {name: 'x'})",
        "MATCH (a:Asset {id: 'UPS-A'}) CREATE (:Scenario {name: 'x'})-[:LOSES]->(a)",
    ],
)
def test_conditions_and_scenarios_cause_no_rebuild(graph, tmp_path, builds, write):
    current(graph, tmp_path)
    graph.write(write)
    current(graph, tmp_path)
    assert len(builds) == 1


@pytest.mark.parametrize(
    "write",
    [
        "MATCH (a:Asset {id: 'UPS-A'}) SET a.rated_kw = 101.0",
        "MATCH (a:Asset {id: 'UPS-A'}) SET a.id = 'UPS-Z'",
        "MATCH (a:Asset {id: 'UPS-A'}) SET a.name = 'Z'",
        "MATCH (a:Asset {id: 'UPS-B'}) REMOVE a.standby",
        "MATCH (:Asset {id: 'UPS-A'})-[r:FEEDS]->() SET r.group = 'x'",
        "MATCH (:Asset {id: 'UPS-A'})-[r:FEEDS]->() DELETE r",
        "MATCH (:Asset {id: 'B1'})-[r:CONTAINS]->() DELETE r",
        "CREATE (:Asset:Pump {id: 'P'})",
        "MATCH (a:Asset {id: 'UPS-A'}), (b:Asset {id: 'S1'}) CREATE (a)-[:COOLS]->(b)",
        "MATCH (a:Asset {id: 'UPS-A'}) SET a:Generator REMOVE a:UPS",
    ],
)
def test_changes_by_hand_are_noticed(graph, tmp_path, builds, write):
    current(graph, tmp_path)
    graph.write(write)
    current(graph, tmp_path)
    assert len(builds) == 2


def test_a_harmed_snapshot_is_made_anew(graph, tmp_path, builds):
    before = current(graph, tmp_path)
    file = snapshot_folder(graph, tmp_path) / FILE
    file.write_bytes(file.read_bytes()[:-64])
    assert current(graph, tmp_path).version == before.version
    assert len(builds) == 2


def test_own_writes_can_be_noted_without_a_digest(graph, tmp_path, builds, monkeypatch):
    current(graph, tmp_path)
    before = graph.bookmark()
    graph.write("CREATE (:Scenario {name: 'x'})")
    note_own_write(graph, tmp_path, before)
    monkeypatch.setattr("twin.topology.read.read_columns", None)
    current(graph, tmp_path)
    assert len(builds) == 1
