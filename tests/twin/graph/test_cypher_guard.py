"""What somebody else's Cypher is let through for: reading the graph, some rows, for some time."""

from __future__ import annotations

import time

import pytest

from schema.errors import BadInput
from twin.graph.guarded import ask_guarded

pytestmark = pytest.mark.neo4j


def ask(store, query, *, timeout_s=30.0, most_rows=100, **parameters):
    return ask_guarded(store, query, parameters, timeout_s=timeout_s, most_rows=most_rows)


@pytest.mark.parametrize(
    "query",
    [
        "RETURN 1 AS x",
        "EXPLAIN MATCH (a) RETURN a",
        "CYPHER runtime=slotted MATCH (a:Asset) RETURN count(a)",
        "CALL db.labels()",
        "SHOW INDEXES",
        "SHOW CONSTRAINTS YIELD name",
        "// CREATE\nMATCH (a) RETURN a",
        "MATCH (a) WHERE a.name = 'CREATE (b)' RETURN a",
        "MATCH (a) CALL (a) { RETURN 1 AS x } IN TRANSACTIONS RETURN x",
    ],
)
def test_what_reads_the_graph(store, query):
    _, complete = ask(store, query)
    assert complete


@pytest.mark.parametrize(
    "query",
    [
        "CREATE (:X)",
        "MATCH (a) SET a.x = 1",
        "MATCH (a) DETACH DELETE a",
        "MATCH (a) CALL (a) { CREATE (:X) } IN TRANSACTIONS",
        "CREATE INDEX x FOR (a:X) ON (a.x)",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "LOAD CSV FROM 'http://127.0.0.1:1/' AS line RETURN line",
        "MATCH (a) CALL (a) { LOAD CSV FROM 'file:///x' AS line RETURN line } RETURN line",
        "SHOW USERS",
        "SHOW SETTINGS",
        "SHOW TRANSACTIONS",
        "SHOW DATABASES",
        "TERMINATE TRANSACTIONS 'neo4j-transaction-1'",
        "CALL dbms.listConfig()",
        "MATCH (a) CALL (a) { CALL dbms.listConfig() YIELD name RETURN name } RETURN name",
        "RETURN COLLECT { CALL dbms.listConfig() YIELD name RETURN name } AS x",
        "CALL dbms.killConnection('x')",
        "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'",
        "RETURN 1; CREATE (:X)",
        "",
        "PROFILE CREATE (:X)",
        "EXPLAIN CREATE (:X)",
    ],
)
def test_what_does_more_is_refused_before_it_does_anything(store, query):
    before = store.read("MATCH (a) RETURN count(a) AS n")
    with pytest.raises(BadInput) as refused:
        ask(store, query)
    assert "\n" not in str(refused.value)
    assert store.read("MATCH (a) RETURN count(a) AS n") == before


def test_so_many_rows_and_no_more(store):
    query = "UNWIND range(1, $n) AS x RETURN x"
    assert ask(store, query, most_rows=10, n=10) == ([{"x": x} for x in range(1, 11)], True)
    assert ask(store, query, most_rows=10, n=1_000_000) == ([{"x": x} for x in range(1, 11)], False)


def test_what_takes_too_long_is_ended(store):
    began = time.monotonic()
    with pytest.raises(BadInput, match="took longer"):
        ask(store, "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN sum(x + y)", timeout_s=1.0)
    assert time.monotonic() - began < 20
