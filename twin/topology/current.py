"""The topology that fits the graph now: the snapshot where the graph has not changed, else a fresh copy."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from twin.topology.model import Topology
from twin.topology.store import DETAILS, FILE, Details, load, load_details, save

if TYPE_CHECKING:
    from twin.graph.store import Store
    from twin.topology.read import Columns

Progress = Callable[[str, int, int], None]
STATE = "graph.json"


def snapshot_folder(store: Store, home: Path) -> Path:
    """Where snapshots of this database are kept: one folder for each address and database."""
    where = f"{store.endpoint.uri} {store.database or ''}"
    name = "local" if store.endpoint.local else hashlib.blake2b(where.encode(), digest_size=8).hexdigest()
    return home / "topology" / name


def current(store: Store, home: Path, progress: Progress | None = None) -> Topology:
    """The snapshot if it fits the graph, else a fresh copy, kept as the new snapshot.

    Equal bookmarks, unchanged graph. Where the bookmark moved, the graph is read, and its digest decides, so that
    conditions and scenarios cause no rebuild and changes made by hand do.
    """
    folder = snapshot_folder(store, home)
    kept, state = load(folder), _read_state(folder)
    bookmark = store.bookmark()
    known = kept is not None and state.get("version") == kept.version
    if kept is not None and known and state["bookmark"] == bookmark:
        return kept
    from twin.graph.migrations import notice  # noqa: PLC0415 - only where the database is read
    from twin.topology.read import read_columns  # noqa: PLC0415

    notice(store)
    columns = read_columns(store, progress)
    if kept is not None and known and columns.digest == state["digest"]:
        _write_state(folder, state | {"bookmark": bookmark})
        return kept
    return _rebuild(columns, folder, bookmark)


def is_current(topology: Topology, store: Store, home: Path) -> bool:
    """Whether the graph is known to be that of this topology, without a look at more than its bookmark."""
    state = _read_state(snapshot_folder(store, home))
    return state.get("version") == topology.version and state["bookmark"] == store.bookmark()


def note_own_write(store: Store, home: Path, before: str) -> None:
    """Note that the twin's own write moved the bookmark from `before`, which was taken right before it."""
    folder = snapshot_folder(store, home)
    state = _read_state(folder)
    if state.get("bookmark") == before:
        _write_state(folder, state | {"bookmark": store.bookmark()})


def forget(folder: Path) -> None:
    """Drop a snapshot, as a restored database asks: there a bookmark may come back with another content."""
    for name in (STATE, FILE, DETAILS):
        (folder / name).unlink(missing_ok=True)


def details(store: Store, home: Path, topology: Topology) -> Details:
    """Names and boxes of the assets of this topology."""
    folder = snapshot_folder(store, home)
    kept = load_details(folder, topology.version)
    if kept is not None:
        return kept
    from twin.topology.read import read_graph  # noqa: PLC0415 - only where the database is read

    fresh, found = read_graph(store)
    if fresh.version == topology.version:
        save(fresh, folder, found)
    return found


def _rebuild(columns: Columns, folder: Path, bookmark: str) -> Topology:
    """Compile and keep what was read after `bookmark` was taken: what came later moves it, and is noticed."""
    from twin.topology.read import compiled  # noqa: PLC0415 - only where the database is read

    topology, found = compiled(columns)
    save(topology, folder, found)
    _write_state(folder, {"version": topology.version, "bookmark": bookmark, "digest": columns.digest})
    return topology


def _read_state(folder: Path) -> dict[str, str]:
    """Which graph the snapshot was made of: version, bookmark, digest; empty where that is not known."""
    try:
        state = json.loads((folder / STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(state, dict) and {"version", "bookmark", "digest"} <= state.keys()
    return cast("dict[str, str]", state) if known else {}


def _write_state(folder: Path, state: dict[str, str]) -> None:
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=STATE, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(state, file)
    Path(temporary).replace(folder / STATE)
