"""The store on a real Neo4j: reading, writing in batches, streams, bookmarks, and what failures say."""

import dataclasses
import time

import pytest

from schema.cypher import constraints, indexes, upsert_assets, upsert_relationships
from schema.errors import BadInput, TwinError, Unreachable
from twin.graph import Store
from twin.graph.ask import ask
from twin.graph.prepare import constrain, index, prepare

pytestmark = pytest.mark.neo4j


def ups(count):
    return [{"id": f"U{i}", "properties": {"name": f"UPS {i}", "draw_kw": 1.5}} for i in range(count)]


def ring(count):
    return [
        {"source_id": f"U{i}", "target_id": f"U{(i + 1) % count}", "group": "", "properties": {"need": 1}}
        for i in range(count)
    ]


def test_batches_write_all_rows_and_tell_progress(store):
    told = []
    changed = store.write_batches(
        upsert_assets("UPS"), iter(ups(25)), size=10, progress=lambda *a: told.append(a), what="assets", total=25
    )
    assert changed.nodes_created == 25
    assert told == [("assets", 10, 25), ("assets", 20, 25), ("assets", 25, 25)]
    assert store.read("MATCH (n:Asset:UPS) RETURN count(n) AS n, sum(n.draw_kw) AS kw") == [{"n": 25, "kw": 37.5}]


def test_upserts_are_idempotent(store):
    for _ in range(2):
        store.write_batches(upsert_assets("UPS"), ups(12))
        store.write_batches(upsert_relationships("FEEDS"), ring(12))
    assert store.read("MATCH (n) RETURN count(n) AS n") == [{"n": 12}]
    assert store.read("MATCH ()-[r:FEEDS]->() RETURN count(r) AS n") == [{"n": 12}]
    again = store.write_batches(upsert_relationships("FEEDS"), ring(12))
    assert (again.nodes_created, again.relationships_created) == (0, 0)


def test_the_same_ends_in_two_groups_are_two_relationships(store):
    store.write_batches(upsert_assets("UPS"), ups(2))
    rows = [{"source_id": "U0", "target_id": "U1", "group": g, "properties": {"need": 1}} for g in ("", "A", "A")]
    store.write_batches(upsert_relationships("FEEDS"), rows)
    assert store.read("MATCH ()-[r:FEEDS]->() RETURN r.group AS g ORDER BY g") == [{"g": ""}, {"g": "A"}]


def test_streams_yield_every_row_without_holding_all(store):
    rows = store.stream("UNWIND range(1, $n) AS x RETURN x", n=50_000)
    assert next(rows)["x"] == 1
    assert sum(1 for _ in rows) == 49_999


def test_a_stream_left_early_frees_its_connection(store, monkeypatch):
    monkeypatch.setattr("twin.graph.driver.FETCH_ROWS", 10)
    for _ in range(110):  # more than the driver's pool has connections
        rows = store.stream("UNWIND range(1, 200) AS x RETURN x")
        next(rows)
        rows.close()
    assert store.read("RETURN 1 AS one") == [{"one": 1}]


def test_the_bookmark_moves_with_writes_alone(store):
    before = store.bookmark()
    store.read("MATCH (n) RETURN count(n)")
    assert store.bookmark() == before
    store.write("CREATE (:Thing)")
    after = store.bookmark()
    assert after != before
    assert store.bookmark() == after


def test_http_and_driver_give_the_same_bookmark(store):
    if not store.endpoint.local:
        pytest.skip("a named Neo4j is asked through the driver alone")
    store.write("CREATE (:Thing)")
    with Store(store.endpoint) as fresh:
        over_http = fresh.bookmark()
        assert fresh._driver is None
    assert over_http == store.bookmark()


def test_a_bookmark_over_http_needs_no_driver_and_little_time(store):
    if not store.endpoint.local:
        pytest.skip("a named Neo4j is asked through the driver alone")
    fresh = Store(store.endpoint)
    fresh.bookmark()
    start = time.perf_counter()
    fresh.bookmark()
    assert time.perf_counter() - start < 0.5


def test_prepare_makes_all_that_is_declared_and_then_nothing(store):
    names = {row["name"] for row in store.read("SHOW INDEXES YIELD name")}
    for statement in constraints() + indexes():
        words = statement.split()
        assert words[words.index("IF") - 1] in names
    assert not prepare(store)
    assert not constrain(store)
    assert not index(store)


def test_the_index_for_search_comes_without_being_waited_for(store):
    store.write("CREATE (:Asset:Chiller {id: 'CH-1', name: 'Northern chiller'})")
    store.run("DROP INDEX asset_search")
    assert index(store).indexes_added == 1
    store.read("CALL db.awaitIndexes(60)")
    found = store.read("CALL db.index.fulltext.queryNodes('asset_search', 'northern') YIELD node RETURN node.id AS id")
    assert found == [{"id": "CH-1"}]


def test_a_second_asset_with_one_id_is_refused(store):
    store.write("CREATE (:Asset {id: 'A'})")
    with pytest.raises(BadInput, match="already exists"):
        store.write("CREATE (:Asset {id: 'A'})")


WRITES = [
    "CREATE (n:Thing)",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n:Asset) SET n.draw_kw = 0",
    "CREATE INDEX thing IF NOT EXISTS FOR (n:Thing) ON (n.x)",
    "CALL { CREATE (:Thing) } IN TRANSACTIONS",
    "CREATE USER eve SET PASSWORD 'password1'",
    "CALL db.createLabel('Thing2')",
]


@pytest.mark.parametrize("query", WRITES)
def test_the_server_refuses_a_write_when_asked_to_read(store, query):
    store.write("CREATE (:Asset {id: 'A', draw_kw: 1})")
    with pytest.raises(BadInput) as caught:
        ask(store, query, {})
    assert "\n" not in str(caught.value)
    assert store.read("MATCH (n) RETURN count(n) AS n, sum(n.draw_kw) AS kw") == [{"n": 1, "kw": 1}]


def test_ask_writes_when_told_to(store):
    rows, changed = ask(
        store, "UNWIND $ids AS id CREATE (a:Asset {id: id}) RETURN a.id AS id", {"ids": ["x"]}, write=True
    )
    assert rows == [{"id": "x"}]
    assert changed.nodes_created == 1


def test_ask_runs_queries_with_transactions_of_their_own(store):
    query = "UNWIND range(1, 10) AS i CALL (i) { CREATE (:Thing {i: i}) } IN TRANSACTIONS OF 3 ROWS"
    _, changed = ask(store, query, {}, write=True)
    assert changed.nodes_created == 10


def test_ask_gives_plain_data(store):
    store.write(
        "CREATE (:Asset:UPS {id: 'A'})-[:FEEDS {need: 1}]->(:Asset:PDU {id: 'B', since: datetime('2026-01-02')})"
    )
    rows, _ = ask(
        store,
        "MATCH p = (a)-[r:FEEDS]->(b) RETURN a, r, p, date('2026-01-02') AS d, duration('PT1S') AS t,"
        " point({x: 1, y: 2}) AS here, 0.0/0.0 AS nan, [1, {k: null}] AS list",
        {},
    )
    node_a = {"labels": ["Asset", "UPS"], "properties": {"id": "A"}}
    relationship = {"type": "FEEDS", "start": "A", "end": "B", "properties": {"need": 1}}
    row = rows[0]
    assert row["a"] == node_a
    assert row["r"] == relationship
    assert row["p"][:2] == [node_a, relationship]
    assert row["p"][2]["properties"]["since"].startswith("2026-01-02T00:00:00")
    assert (row["d"], row["t"], row["nan"], row["list"]) == ("2026-01-02", "PT1S", None, [1, {"k": None}])
    assert row["here"] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("MATCH (n RETURN 1", "Invalid input"),
        ("RETURN $x", "Expected parameter"),
        ("  ", "empty"),
        ("RETURN 1/0", "zero"),
    ],
)
def test_wrong_queries_are_bad_input_in_one_line(store, query, says):
    with pytest.raises(BadInput, match=says) as caught:
        ask(store, query, {})
    assert "\n" not in str(caught.value)


def other(store, **changes):
    return Store(dataclasses.replace(store.endpoint, http_uri=None, **changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"uri": "bolt://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"uri": "neo4j://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"uri": "bolt://no-such-host.invalid:7687"}, "no-such-host.invalid"),
        ({"password": "not-the-password"}, "TWIN_PASSWORD"),
        ({"password": None}, "TWIN_PASSWORD"),
        ({"database": "nothere"}, "nothere"),
    ],
)
def test_what_cannot_be_reached_is_told_at_once_in_one_line(store, changes, says):
    start = time.perf_counter()
    with pytest.raises(Unreachable, match=says) as caught, other(store, **changes) as wrong:
        wrong.read("RETURN 1")
    assert time.perf_counter() - start < 12
    line = str(caught.value)
    assert "\n" not in line
    assert store.endpoint.password not in line
    assert caught.value.exit_status == 3


def test_a_port_that_speaks_another_language_is_told(store):
    if not store.endpoint.local:
        pytest.skip("only the local Neo4j's HTTP port is known")
    port = store.endpoint.http_uri.rpartition(":")[2]
    with pytest.raises(Unreachable, match=port), other(store, uri=f"bolt://127.0.0.1:{port}") as wrong:
        wrong.read("RETURN 1")


def test_bookmarks_of_an_unreachable_database_are_told(store):
    gone = dataclasses.replace(store.endpoint, http_uri="http://127.0.0.1:9", uri="bolt://127.0.0.1:9")
    with pytest.raises(Unreachable):
        Store(gone).bookmark()


def test_the_password_shows_in_no_representation(store):
    assert store.endpoint.password not in repr(store.endpoint)


@pytest.mark.slow
def test_a_query_that_needs_too_much_memory_is_one_line(store):
    # 10^9 numbers in one list are beyond any heap that the tests run with.
    with pytest.raises(TwinError, match="memory") as caught:
        store.run_alone("UNWIND range(1, 1000000000) AS x RETURN collect(x)", {}, access="READ")
    assert "\n" not in str(caught.value)
    assert store.read("RETURN 1 AS one") == [{"one": 1}]
