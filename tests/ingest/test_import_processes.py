"""Imports through Bolt as processes of their own: killed at any write, and two of them at the same moment."""

import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import neo4j
import pytest

from ingest.run import Options, ingest
from twin.graph import Store
from twin.graph.store import Store as Connection

pytestmark = pytest.mark.neo4j

FORK = get_context("fork")  # a new process in milliseconds; the child opens a connection of its own

BEFORE = {
    "dc-assets.csv": "id,label,name,parent_id,draw_kw\nC,Campus,Campus,,\nU,UPS,Ups,C,\nV,UPS,Ups,C,\n"
    "S,Server,Server,C,0.5\nT,Server,Gone,C,0.5\nQ,PDU,Turns,C,\n",
    "dc-relationships.csv": "source_id,type,target_id,group,need\nU,FEEDS,S,,1\nV,FEEDS,S,,1\nV,FEEDS,T,,1\n",
}
AFTER = {
    "dc-assets.csv": "id,label,name,parent_id,draw_kw\nC,Campus,Campus,,\nU,UPS,Other,C,\nV,UPS,Ups,C,\n"
    "S,Server,Server,C,\nN,Server,New,C,0.5\nQ,Switchboard,Turns,C,\nG,Server,Back,C,\n",
    "dc-relationships.csv": "source_id,type,target_id,group,need\nU,FEEDS,S,,2\nV,FEEDS,S,,2\n"
    "V,FEEDS,N,,1\nU,FEEDS,N,b,1\nU,FEEDS,G,,1\n",
}
OLDER = {"dc-assets.csv": "id,label,name\nG,Server,Back\n"}


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def empty(store: Store) -> None:
    """As a new database is: without the lock, and without what keeps it the only one."""
    store.write("MATCH (n) DETACH DELETE n")
    store.run("DROP CONSTRAINT lock_name IF EXISTS")


def snapshot(store: Store) -> tuple[list[str], list[str]]:
    """Nodes and relationships, without times and the number of runs; ids of tombstones included."""
    nodes = store.read("MATCH (n) WHERE NOT n:_Lock RETURN labels(n) AS labels, properties(n) AS properties")
    for node in nodes:
        node["labels"].sort()
        for name in ("imported_at", "_run", "_gone_at", "files"):
            node["properties"].pop(name, None)
    query = (
        "MATCH (s)-[r]->(t) RETURN coalesce(s.id, s._id) AS s, type(r) AS type, coalesce(t.id, t._id) AS t, "
        "properties(r) AS properties"
    )
    return _sorted(nodes), _sorted(store.read(query))


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr([(k, sorted(v.items()) if isinstance(v, dict) else v) for k, v in row.items()]) for row in rows)


def run(store: Store, folder: Path, before: Callable[[], None] = lambda: None) -> Any:
    """Start an import as a process; `before` runs in it first."""

    def work() -> None:
        before()
        with Connection(store.endpoint) as own:
            ingest([folder], lambda: own, Options())

    process = FORK.Process(target=work)
    process.start()
    return process


def dies_at(number: int, *, committed: bool) -> Callable[[], None]:
    """Kill the process at its `number`-th writing transaction: before that, or after it is committed."""

    def arm() -> None:
        count = 0
        genuine = neo4j.Session.execute_write

        def execute_write(self: Any, work: Any, *args: Any, **more: Any) -> Any:
            nonlocal count
            count += 1
            if count == number and not committed:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = genuine(self, work, *args, **more)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        neo4j.Session.execute_write = execute_write  # pyright: ignore[reportAttributeAccessIssue]

    return arm


@pytest.mark.slow
def test_killed_at_any_write_the_next_run_completes_it(store: Store, tmp_path: Path) -> None:
    older, before, after = (
        write(tmp_path / name, files) for name, files in (("older", OLDER), ("before", BEFORE), ("after", AFTER))
    )

    def start() -> None:
        empty(store)
        for folder in (older, before):
            ingest([folder], lambda: store, Options())

    start()
    assert ingest([after], lambda: store, Options()).assets == {
        "new": 1, "restored": 1, "changed": 3, "gone": 1, "unchanged": 2,
    }  # fmt: skip
    expected = snapshot(store)
    kills = 0
    for number in range(1, 40):
        start()
        process = run(store, after, dies_at(number, committed=number % 2 == 0))
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        kills += 1
        ingest([after], lambda: store, Options())
        assert snapshot(store) == expected, f"killed at write {number}"
        assert store.read("MATCH (s:Source) RETURN collect(s._complete) AS c") == [{"c": [True]}]
        assert not ingest([after], lambda: store, Options()).changed
    assert kills > 8


def test_two_imports_at_once_are_as_one_after_the_other(store: Store, tmp_path: Path) -> None:
    one = write(tmp_path / "one", {name.replace("dc", "one"): text for name, text in BEFORE.items()})
    two = write(tmp_path / "two", {name.replace("dc", "two"): text for name, text in AFTER.items() if "assets" in name})
    sequential: list[Any] = []
    for order in ((one, two), (two, one)):
        empty(store)
        for folder in order:
            ingest([folder], lambda: store, Options())
        sequential.append(snapshot(store))
    for _ in range(2):
        empty(store)
        processes = [run(store, folder) for folder in (one, two)]
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0]
        assert snapshot(store) in sequential
        assert not ingest([one, two], lambda: store, Options()).changed


def test_the_same_import_twice_at_once_writes_once(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "dc", BEFORE)
    ingest([folder], lambda: store, Options())
    expected = snapshot(store)
    for _ in range(2):
        empty(store)
        processes = [run(store, folder) for _ in range(2)]
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0]
        assert snapshot(store) == expected
