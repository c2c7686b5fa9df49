"""The digest moves with whatever the analysis reads, and with nothing else."""

import pytest

from twin.graph.digest import digest

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
    "MATCH ()-[r:PART_OF]->() SET r.position = 2",
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
