"""A cluster, simulated in front of one Neo4j: reads at readers, writes at the leader, bookmarks, a new leader, cuts."""

import dataclasses

import pytest
from bolt_cluster import FORBIDDEN, Cluster

from schema.errors import Unreachable
from twin.graph import Store
from twin.graph.failures import MayOnlyRead
from twin.graph.prepare import prepare
from twin.scenarios import delete
from twin.topology.current import current

pytestmark = pytest.mark.neo4j


@pytest.fixture
def cluster(store):
    host, _, port = store.endpoint.uri.partition("://")[2].partition(":")
    built = Cluster((host, int(port or 7687)))
    yield built
    built.close()


@pytest.fixture
def clustered(cluster, store):
    """A store that knows one reader of the cluster, and finds the others by itself."""
    uri = f"neo4j://{cluster.readers[0].address}"
    with Store(dataclasses.replace(store.endpoint, uri=uri, http_uri=None, home=None)) as opened:
        yield opened


def asked(members):
    return [mode for member in members for mode in member.asked]


def test_what_reads_goes_to_readers_and_what_writes_to_the_leader(cluster, clustered, tmp_path):
    clustered.write("CREATE (:Asset:Server {id: 'S', name: 'S'})")
    assert (
        clustered.write_batches(
            "UNWIND $rows AS row MERGE (:Asset:Server {id: row.id, name: row.id})", [{"id": "T"}]
        ).nodes_created
        == 1
    )
    prepare(clustered)
    assert asked(cluster.readers).count("w") == 0
    before = list(cluster.leader.asked)
    assert clustered.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 2}]
    assert sum(1 for _ in clustered.stream("MATCH (a:Asset) RETURN a.id")) == 2
    assert clustered.bookmark()
    assert len(current(clustered, tmp_path)) == 2
    assert cluster.leader.asked == before
    assert set(asked(cluster.readers)) == {"r"}
    assert all(member.asked for member in cluster.readers)


def test_a_session_after_a_write_brings_its_bookmark_so_that_it_sees_it_at_any_member(cluster, clustered):
    clustered.read("RETURN 1")
    assert not any(mark for member in cluster.members for mark in member.bookmarks)
    clustered.write("CREATE (:Asset {id: 'S'})")
    for member in cluster.members:
        member.bookmarks.clear()
    assert clustered.read("MATCH (a:Asset) RETURN a.id AS id") == [{"id": "S"}]
    list(clustered.stream("RETURN 1"))
    clustered.write("CREATE (:Asset {id: 'T'})")
    seen = [mark for member in cluster.members for mark in member.bookmarks]
    assert len(seen) == 3
    assert all(seen)


def test_a_database_older_than_the_bookmarks_is_used_without_them(cluster, clustered, store, monkeypatch):
    """As one is that was put back from a backup: it would be waited for, in vain, by every session from then on."""
    monkeypatch.setattr("twin.graph.driver.RETRY_S", 0.2)

    def put_back():
        clustered.write("CREATE (:Thing)")
        (mark,) = clustered._bookmarks.get_bookmarks()
        for member in cluster.members:
            member.unknown = mark
        store.write("CREATE (:Thing)")  # who reads without bookmarks has newer ones from then on

    put_back()
    assert clustered.read("MATCH (t:Thing) RETURN count(t) AS n") == [{"n": 2}]
    put_back()
    rows = [{"id": f"B{i}"} for i in range(30)]
    clustered.write_batches("UNWIND $rows AS row MERGE (:Asset {id: row.id})", rows, size=10)
    put_back()
    with pytest.raises(Unreachable, match="not the one that it was"):
        list(clustered.stream("RETURN 1"))  # its rows may be in use, so that it is not begun again by itself
    assert sum(1 for _ in clustered.stream("MATCH (n) RETURN n")) == 36


def test_another_leader_is_found_and_nothing_is_written_twice(cluster, clustered):
    clustered.write("CREATE (:Asset {id: 'A'})")
    cluster.elect(cluster.readers[1])
    clustered.write("CREATE (:Asset {id: 'B'})")
    assert clustered.read("MATCH (a:Asset) RETURN a.id AS id ORDER BY id") == [{"id": "A"}, {"id": "B"}]
    assert cluster.leader.asked == ["w"]


def test_a_leader_that_dies_is_replaced(cluster, clustered):
    clustered.write("CREATE (:Asset {id: 'A'})")
    dead = cluster.leader
    cluster.elect(cluster.readers[0])
    cluster.gone.add(dead.address)
    dead.stop()
    clustered.write("CREATE (:Asset {id: 'B'})")
    assert clustered.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 2}]


def test_a_connection_that_is_cut_is_opened_again(cluster, clustered):
    clustered.write("CREATE (:Asset {id: 'A'})")
    cluster.leader.drop = 1
    rows = [{"id": f"B{i}"} for i in range(30)]
    clustered.write_batches("UNWIND $rows AS row MERGE (:Asset {id: row.id})", rows, size=10)
    for reader in cluster.readers:
        reader.drop = 1
    assert clustered.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 31}]


def test_a_cluster_without_a_leader_is_one_line(cluster, clustered, monkeypatch):
    monkeypatch.setattr("twin.graph.driver.RETRY_S", 1.0)
    cluster.leader.leads = False
    cluster.members[0].leads = False
    monkeypatch.setattr(cluster, "table", lambda: {"ttl": 300, "db": "neo4j", "servers": [
        {"addresses": [], "role": "WRITE"},
        {"addresses": [member.address for member in cluster.members], "role": "READ"},
        {"addresses": [member.address for member in cluster.members], "role": "ROUTE"},
    ]})  # fmt: skip
    assert clustered.read("RETURN 1 AS one") == [{"one": 1}]
    with pytest.raises(Unreachable) as caught:
        clustered.write("CREATE (:Asset {id: 'A'})")
    assert "\n" not in str(caught.value)


def test_a_user_who_may_only_read_reads_and_is_told_why_nothing_is_written(cluster, clustered, tmp_path):
    """As Neo4j Enterprise and Aura refuse it; Community has no roles."""
    clustered.write("CREATE (:Asset:Server {id: 'S', name: 'S'}), (:Scenario {name: 'kept'})")
    cluster.leader.forbids = FORBIDDEN
    assert len(current(clustered, tmp_path)) == 1
    for work in (
        lambda: clustered.write("CREATE (:Asset {id: 'T'})"),
        lambda: clustered.write_batches("UNWIND $rows AS row CREATE (:Asset {id: row.id})", [{"id": "T"}]),
        lambda: clustered.run("CREATE (:Asset {id: 'T'})"),
        clustered.try_writing,
        lambda: delete(clustered, tmp_path, "kept"),
    ):
        with pytest.raises(MayOnlyRead, match="may only read") as caught:
            work()
        assert "\n" not in str(caught.value)
        assert caught.value.exit_status == 3
