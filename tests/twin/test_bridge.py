"""The bridge to py2neo on the suite's Neo4j: reading, the object classes, and writing."""

from __future__ import annotations

import pytest
from plugins.neo4j_fixture import empty

import twin
from schema import LABELS, RELATIONSHIPS, properties_of
from schema.errors import Unreachable
from twin.bridge import graph_of, object_classes
from twin.graph.endpoint import Endpoint

pytestmark = pytest.mark.neo4j

SMALL = """
CREATE (u:Asset:UPS {id: 'U', name: 'UPS one', rated_kw: 500.0}), (p:Asset:PDU {id: 'P', name: 'PDU one'})
CREATE (u)-[:FEEDS {group: 'A', need: 1}]->(p)
"""


@pytest.fixture
def campus(endpoint, _session_store, tmp_path):
    empty(_session_store)
    _session_store.write(SMALL)
    auth = (endpoint.user, endpoint.password or "")
    with twin.open(endpoint.uri, auth=auth, database=endpoint.database, home=tmp_path) as opened:
        yield opened


def test_a_connected_graph(campus):
    graph = campus.py2neo()
    rows = graph.run("MATCH (a:Asset) WHERE a.id = $id RETURN a.name AS name", id="U").data()
    assert rows == [{"name": "UPS one"}]
    node = graph.nodes.match("UPS", id="U").first()
    assert node["rated_kw"] == 500.0
    assert set(node.labels) == {"Asset", "UPS"}
    assert [one.end_node["id"] for one in graph.match((node,), "FEEDS")] == ["P"]


def test_object_classes_follow_the_schema(campus):
    classes = object_classes()
    assert set(classes) == {"Asset", *LABELS}
    for label in LABELS:
        declared = {name for one in classes[label].__mro__ for name in vars(one)}
        assert declared >= set(properties_of(label))
        assert declared >= {name.lower() for name in RELATIONSHIPS}
    ups = classes["UPS"].match(campus.py2neo(), "U").first()
    assert (ups.id, ups.name, ups.rated_kw) == ("U", "UPS one", 500.0)
    fed = list(ups.feeds)
    assert [(type(one).__name__, one.id) for one in fed] == [("Asset", "P")]
    assert ups.feeds.get(fed[0], "group") == "A"
    assert [one.id for one in classes["PDU"].match(campus.py2neo(), "P").first().feeds_from] == ["U"]


def test_what_is_written_is_seen_by_the_twin(campus):
    graph = campus.py2neo()
    classes = object_classes()
    assert campus.impact("U").lost == ["P"]

    server = classes["Server"]()
    server.id, server.name = "S", "Server one"
    ups, pdu = classes["UPS"].match(graph, "U").first(), classes["Asset"].match(graph, "P").first()
    ups.rated_kw = 600.0
    pdu.feeds.add(server, group="A", need=1)
    graph.push(ups)
    graph.push(pdu)
    written = campus.cypher("MATCH (p)-[f:FEEDS]->(s:Server) RETURN p.id AS p, f.need AS need, s.name AS s")
    assert written == [{"p": "P", "need": 1, "s": "Server one"}]
    assert campus.cypher("MATCH (u:UPS) RETURN u.rated_kw AS kw") == [{"kw": 600.0}]
    assert campus.refresh()
    assert sorted(campus.impact("U").lost) == ["P", "S"]

    transaction = graph.begin()
    transaction.run("MATCH (s:Server {id: $id}) DETACH DELETE s", id="S")
    graph.rollback(transaction)
    campus.refresh()
    assert sorted(campus.impact("U").lost) == ["P", "S"]
    graph.delete(graph.nodes.match("Server", id="S").first())
    assert campus.refresh()
    assert campus.impact("U").lost == ["P"]


def test_where_nothing_answers_is_one_line(endpoint):
    with pytest.raises(Unreachable, match="py2neo does not reach") as error:
        graph_of(Endpoint("bolt://127.0.0.1:9", password="wrong"))
    assert "\n" not in str(error.value)
