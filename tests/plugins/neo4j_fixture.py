"""A Neo4j for the tests of every room.

`store` is a connection to an empty database. With TWIN_TEST_URI (and TWIN_TEST_USER, TWIN_TEST_PASSWORD,
TWIN_TEST_DATABASE) that server is used, which must be there for tests alone: each test begins by deleting all that it
holds. Else the session starts a local Neo4j of its own; with pytest-xdist each worker does.
"""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from schema.cypher import constraints, indexes
from twin.graph import Store, local
from twin.graph.endpoint import Endpoint, named
from twin.graph.prepare import TOMBSTONES, prepare


@pytest.fixture(scope="session")
def neo4j_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TWIN_HOME of this session's own."""
    return tmp_path_factory.mktemp("twin-home")


@pytest.fixture(scope="session")
def endpoint(neo4j_home: Path) -> Iterator[Endpoint]:
    """The Neo4j of this session."""
    uri = os.environ.get("TWIN_TEST_URI")
    if uri:
        auth = (os.environ.get("TWIN_TEST_USER", "neo4j"), os.environ.get("TWIN_TEST_PASSWORD", ""))
        found = named(uri, auth, os.environ.get("TWIN_TEST_DATABASE") or "neo4j")
        assert found
        yield found
        return
    with pytest.MonkeyPatch.context() as patch:
        # Several workers would all reach for 7687.
        patch.setenv("TWIN_ANY_PORT", "1")
        started = local.start(neo4j_home)
    if threading.current_thread() is threading.main_thread():
        # A suite that is told to end (a time limit, say) ends as by Ctrl-C, and so stops its Neo4j.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield started
    local.stop(neo4j_home)


@pytest.fixture(scope="session")
def _session_store(endpoint: Endpoint) -> Iterator[Store]:
    with Store(endpoint) as opened:
        yield opened


@pytest.fixture
def store(_session_store: Store) -> Store:
    """An empty database with the twin's constraints and indexes, and none but those."""
    empty(_session_store)
    return _session_store


def empty(store: Store) -> None:
    """Delete all nodes and relationships, and constraints and indexes that a test added."""
    store.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")
    ours = {_declared_name(statement) for statement in [*constraints(), *indexes(), TOMBSTONES]}
    there = {row["name"]: row["kind"] for row in store.read(_SCHEMA)}
    for name in there.keys() - ours:
        store.run(f"DROP {there[name]} `{name}`")
    if ours - there.keys():
        prepare(store)


_SCHEMA = """
SHOW INDEXES YIELD name, type, owningConstraint WHERE type <> 'LOOKUP'
RETURN name, CASE WHEN owningConstraint IS NULL THEN 'INDEX' ELSE 'CONSTRAINT' END AS kind
"""


def _declared_name(statement: str) -> str:
    words = statement.split()
    return words[words.index("IF") - 1]
