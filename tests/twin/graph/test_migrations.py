"""Numbered migrations: an older graph is noticed and brought up, a newer one refused, an interrupted one run again."""

import json
import logging
from hashlib import blake2b

import pytest

from schema.cypher import constraints, indexes
from schema.errors import BadInput, TwinError
from twin.cli.main import run
from twin.graph import migrations
from twin.graph.migrations import MIGRATIONS, Migration, migrate, notice, stamp, state
from twin.graph.prepare import TOMBSTONES
from twin.topology.current import current

pytestmark = pytest.mark.neo4j

DECLARED_AT = {1: "b01e"}
"""Digest of constraints and indexes at each migration that brings them."""


@pytest.fixture
def old(store):
    """A graph from before versions were kept: assets, and no constraint or index."""
    for row in store.read("SHOW CONSTRAINTS YIELD name"):
        store.run(f"DROP CONSTRAINT {row['name']}")
    for row in store.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
        store.run(f"DROP INDEX {row['name']}")
    store.write("UNWIND range(1, 50) AS i CREATE (:Asset:Server {id: 'S' + i, name: 'server'})")
    return store


def names(store):
    return {row["name"] for row in store.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name")}


def declared():
    return {s.split()[s.split().index("IF") - 1] for s in [*constraints(), *indexes(), TOMBSTONES]}


def test_the_numbers_follow_one_another():
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_change_of_constraints_or_indexes_comes_with_a_migration():
    """Whoever changes them adds a step with `prepare`, so that databases follow, and its digest here."""
    digest = blake2b("\n".join([*constraints(), *indexes(), TOMBSTONES]).encode(), digest_size=2).hexdigest()
    assert DECLARED_AT[max(DECLARED_AT)] == digest


def test_an_empty_graph_is_of_the_latest_version_and_one_with_assets_of_none(store):
    assert state(store).version == state(store).latest
    assert not state(store).older
    store.write("CREATE (:Asset {id: 'A'})")
    assert state(store).version == 0


def test_an_old_graph_gets_what_it_lacks_and_keeps_what_it_has(old):
    told = []
    assert migrate(old, lambda *said: told.append(said)) == list(MIGRATIONS)
    assert names(old) == declared()
    assert state(old).version == MIGRATIONS[-1].number
    assert old.read("MATCH (n:Server) RETURN count(n) AS n") == [{"n": 50}]
    assert told[0][0].startswith("migration 1: ")
    assert migrate(old) == []


def test_data_in_the_way_is_one_line_and_the_version_stays(old):
    old.write("CREATE (:Asset:Server {id: 'S1'})")
    with pytest.raises(BadInput, match="S1") as caught:
        migrate(old)
    assert "\n" not in str(caught.value)
    assert state(old).version == 0
    old.write("MATCH (n:Server {id: 'S1'}) WHERE n.name IS NULL DELETE n")
    assert migrate(old) == list(MIGRATIONS)


def test_an_interrupted_migration_is_run_again_from_where_it_stopped(store):
    store.write("CREATE (:Asset {id: 'A', n: 0})")
    runs = []
    broken = [True]

    def second(store):
        runs.append(2)
        store.write("MATCH (a:Asset) SET a.n = 2")
        if broken[0]:
            raise TwinError("ended in the middle")

    steps = [
        Migration(1, "first", lambda _: runs.append(1)),
        Migration(2, "second", second),
        Migration(3, "third", lambda _: runs.append(3)),
    ]
    with pytest.raises(TwinError, match="in the middle"):
        migrate(store, migrations=steps)
    assert state(store, steps).version == 1
    broken[0] = False
    assert [step.number for step in migrate(store, migrations=steps)] == [2, 3]
    assert runs == [1, 2, 2, 3]
    assert state(store, steps).version == 3


def test_a_version_never_goes_back(store):
    stamp(store, 7)
    stamp(store, 3)
    assert state(store).version == 7


def test_an_older_graph_is_noticed_and_still_read(old, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="twin.graph"):
        assert len(current(old, tmp_path)) == 50
    assert "twin migrate" in caplog.text
    caplog.clear()
    migrate(old)
    notice(old)
    assert not caplog.text


def test_a_newer_graph_is_refused(old, tmp_path):
    stamp(old, state(old).latest + 1)
    with pytest.raises(BadInput, match="later one"):
        current(old, tmp_path)
    with pytest.raises(BadInput, match="later one"):
        migrate(old)


@pytest.fixture
def here(store, monkeypatch, tmp_path):
    """The commands work on the session's Neo4j."""
    where = store.endpoint
    for name, value in (("URI", where.uri), ("USER", where.user), ("PASSWORD", where.password)):
        monkeypatch.setenv(f"TWIN_{name}", value)
    monkeypatch.setenv("TWIN_DATABASE", where.database)
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "home"))
    return tmp_path


def campus(folder):
    (folder / "assets.csv").write_text("id,label,name,parent_id\nU,UPS,U,\nS,Server,S,\n")
    (folder / "relationships.csv").write_text("source_id,type,target_id\nU,FEEDS,S\n")
    return str(folder)


def test_the_command_tells_does_and_has_nothing_left_to_do(old, here, capsys):
    assert run(["migrate", "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("would run: 1 ")
    assert state(old).version == 0
    assert run(["migrate", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["from"], document["to"]) == (0, MIGRATIONS[-1].number)
    assert run(["migrate"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_ingest_migrates_first_and_refuses_a_newer_graph(old, here, capsys):
    assert run(["ingest", campus(here)]) == 0
    assert state(old).version == MIGRATIONS[-1].number
    assert names(old) == declared()
    stamp(old, 99)
    capsys.readouterr()
    assert run(["ingest", campus(here)]) == 2
    assert "schema version 99" in capsys.readouterr().err


def test_questions_tell_of_an_older_graph_in_one_line(old, here, capsys):
    assert run(["impact", "S1", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["question"]["failed"] == ["S1"]
    assert [line for line in said.err.splitlines() if "twin migrate" in line]


def test_a_first_ingest_stamps_the_graph(store, here):
    assert run(["ingest", campus(here)]) == 0
    assert store.read("MATCH (t:_Twin) RETURN t.version AS v") == [{"v": migrations.MIGRATIONS[-1].number}]
