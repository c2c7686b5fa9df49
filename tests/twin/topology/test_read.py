"""What is read is what the graph holds; its digest moves with that, and with nothing else."""

import pytest

from schema.errors import BadModel
from twin.topology import from_records, read

pytestmark = pytest.mark.neo4j

CAMPUS = """
CREATE (u:Asset:UPS {id: 'U', draw_kw: 1.5}), (v:Asset:UPS {id: 'V'}), (p:Asset:PDU {id: 'P'}),
 (m:Asset:Module {id: 'M'}), (w:Asset:PowerPath {id: 'W'}),
 (u)-[:FEEDS {group: '', need: 1}]->(p), (v)-[:FEEDS {group: '', need: 1}]->(p), (m)-[:CONTAINS]->(u),
 (u)-[:PART_OF {position: 1}]->(w), (:Source {name: 'S'})
"""

MOVES = [
    "MATCH (a {id: 'U'}) SET a.draw_kw = 1.5000001",
    "MATCH (a {id: 'U'}) SET a.id = 'UU'",
    "MATCH (a {id: 'U'}) SET a.name = 'first'",
    "MATCH (a {id: 'U'}) SET a.x_m = 3.0",
    "MATCH (a {id: 'U'}) SET a.standby = true",
    "MATCH (a {id: 'U'}) REMOVE a.draw_kw",
    "MATCH (a {id: 'U'}), (b {id: 'V'}) SET a.draw_kw = b.draw_kw, b.draw_kw = 1.5",
    "MATCH (a {id: 'U'}) REMOVE a:UPS SET a:Rectifier",
    "MATCH (a {id: 'V'}) REMOVE a:Asset",
    "CREATE (:Asset:UPS {id: 'X'})",
    "MATCH (a {id: 'V'}) DETACH DELETE a",
    "MATCH ({id: 'U'})-[r:FEEDS]->() SET r.need = 2",
    "MATCH ({id: 'U'})-[r:FEEDS]->() SET r.group = 'B'",
    "MATCH ({id: 'U'})-[r:FEEDS]->() SET r.policy = 'transfer'",
    "MATCH ({id: 'U'})-[r:FEEDS]->() SET r.portion = 0.5",
    "MATCH (a {id: 'U'})-[r:FEEDS]->(b) DELETE r CREATE (b)-[:FEEDS {group: '', need: 1}]->(a)",
    "MATCH (a {id: 'U'})-[r:FEEDS]->(b) DELETE r CREATE (a)-[:COOLS {group: '', need: 1}]->(b)",
    "MATCH (a {id: 'U'})-[r:FEEDS]->(b), (m {id: 'M'}) DELETE r CREATE (a)-[:FEEDS {group: '', need: 1}]->(m)",
    "MATCH ({id: 'M'})-[r:CONTAINS]->() DELETE r",
    "MATCH ()-[r:PART_OF]->() DELETE r",
    "MATCH (a {id: 'U'}) SET a.draw_kw = datetime('2026-01-01')",
]

STAYS = [
    "MATCH (a {id: 'U'}) SET a.condition = 'down', a.condition_since = datetime(), a.derated_kw = 5",
    "MATCH (a {id: 'U'}) CREATE (:Scenario {name: 'night'})-[:LOST]->(a)",
    "MATCH (s:Source) SET s.imported_at = datetime()",
    "MATCH (a {id: 'U'}) SET a._sources = ['x']",
    "MATCH ()-[r:FEEDS]->() SET r._sources = ['x']",
    "CREATE (:Note {text: 'by hand'})",
    "MATCH (a) RETURN count(a)",
]


def digest(store):
    return read.read_columns(store).digest


@pytest.mark.parametrize("query", MOVES)
def test_it_moves_with_what_the_analysis_reads(store, query):
    store.write(CAMPUS)
    before = digest(store)
    store.write(query)
    assert digest(store) != before


def test_it_stays_with_all_else(store):
    store.write(CAMPUS)
    before = digest(store)
    for query in STAYS:
        store.write(query)
        assert digest(store) == before, query


def test_an_empty_graph_has_one_too(store):
    assert digest(store) == digest(store)


PLANT = [
    {"id": "U", "label": "UPS", "draw_kw": 1.5, "rated_kw": 10.0, "name": "Ü 1", "x_m": 1.0, "length_m": 2.0},
    {"id": "V", "label": "UPS", "draw_kw": 2.5, "rated_kw": 10.0, "standby": True, "serial": "7"},
    {"id": "P", "label": "PDU", "efficiency": 0.9, "global_id": "2O2Fr$t4X7Zf8NOew3FNr2"},
    {"id": "M", "label": "Module", "placement": "schematic"},
]
WIRES = [
    {"source_id": "U", "type": "FEEDS", "target_id": "P", "group": "a", "need": 1, "policy": "transfer"},
    {"source_id": "V", "type": "FEEDS", "target_id": "P", "group": "a", "need": 1, "policy": "transfer", "priority": 2},
    {"source_id": "V", "type": "COOLS", "target_id": "P", "need_inferred": True, "portion": 0.5},
    {"source_id": "M", "type": "CONTAINS", "target_id": "U"},
]


@pytest.fixture
def plant(store):
    for row in PLANT:
        facts = {name: value for name, value in row.items() if name != "label"}
        store.write(f"CREATE (a:Asset:{row['label']}) SET a = $facts", facts=facts)
    for row in WIRES:
        facts = {name: value for name, value in row.items() if name not in ("source_id", "type", "target_id")}
        store.write(
            f"MATCH (a {{id: $a}}), (b {{id: $b}}) CREATE (a)-[r:{row['type']}]->(b) SET r = $facts",
            a=row["source_id"],
            b=row["target_id"],
            facts=facts,
        )
    return store


@pytest.mark.parametrize("page", [1, 2, 10_000])
def test_pages_of_any_size_make_one_campus(plant, monkeypatch, page):
    monkeypatch.setattr(read, "_ASSETS_PAGE", page)
    monkeypatch.setattr(read, "_RELATIONSHIPS_PAGE", page)
    plant.write("MATCH (u {id: 'U'}) CREATE (u)-[:FEEDS]->(:Meter {id: 'no asset'}), (:Asset {name: 'no id'})")
    topology, details = read.read_graph(plant)
    assert topology.version == from_records(PLANT, WIRES).version
    assert list(topology.ids) == ["M", "U", "P", "V"]
    assert list(details.name) == ["", "Ü 1", "", ""]
    assert list(details.global_id) == ["", "", "2O2Fr$t4X7Zf8NOew3FNr2", ""]
    assert (details.placement.x_m[1], details.placement.length_m[1]) == (1.0, 2.0)
    assert details.placement.schematic.tolist() == [True, False, False, False]


def test_a_stored_condition_is_read(plant):
    plant.write("MATCH (a {id: 'V'}) SET a.condition = 'down'")
    assert read.read_graph(plant)[0].condition.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("MATCH (a {id: 'U'}) SET a.id = 7", "1 assets have an id that is not text"),
        ("MATCH ({id: 'U'})-[r:FEEDS]->() SET r.need = 'two'", "the need 'two'"),
        ("MATCH ({id: 'U'})-[r:FEEDS]->() SET r.need = 1.5", "the need 1.5"),
        ("MATCH ({id: 'U'})-[r:FEEDS]->() SET r.priority = 3000000000", "the priority 3000000000"),
    ],
)
def test_what_cannot_be_read_is_told(plant, change, told):
    plant.write(change)
    with pytest.raises(BadModel, match=told):
        read.read_graph(plant)


def test_a_value_of_another_kind_counts_as_absent_or_as_its_text(plant):
    plant.write("MATCH (a {id: 'U'}) SET a.draw_kw = 'much', a.name = 12, a.rated_kw = 7")
    plant.write("MATCH ({id: 'U'})-[r:FEEDS]->() SET r.group = 3")
    plant.write("MATCH ({id: 'V'})-[r:FEEDS]->() SET r.group = '3'")
    topology, details = read.read_graph(plant)
    assert (topology.draw_kw[1], topology.rated_kw[1], details.name[1]) == (0.0, 7.0, "12")
    assert list(topology.names) == ["", "3"]
    assert topology.member.tolist() == [3, 1, 3]
