"""One import at a time: a lock in the database, so that two of them, from two machines even, do not mix.

A lock whose process is gone is taken over: at once on the same machine, elsewhere when it has not been renewed for
`EXPIRES_S`. Reads and questions never wait for it.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from ingest.records import Progress
from schema.errors import TwinError
from twin.graph.store import Store

EXPIRES_S = 120
_RENEW_S = 30
_LONGEST_WAIT_S = 900.0

_TAKE = (
    "MERGE (l:_Lock {name: 'ingest'}) SET l.asked_at = timestamp() "  # the write takes Neo4j's own lock on the node
    "WITH l, l.owner IS NULL OR l.owner IN $gone OR l.until < timestamp() AS free "
    "SET l.owner = CASE WHEN free THEN $me ELSE l.owner END, "
    "l.until = CASE WHEN free THEN timestamp() + $expires ELSE l.until END "
    "RETURN l.owner AS owner"
)
_RENEW = "MATCH (l:_Lock {name: 'ingest', owner: $me}) SET l.until = timestamp() + $expires"
_FREE = "MATCH (l:_Lock {name: 'ingest', owner: $me}) REMOVE l.owner, l.until"


@contextmanager
def only_import(store: Store, progress: Progress | None = None) -> Generator[None]:
    """Hold the lock of imports.

    Raises TwinError where another import holds it for longer than a quarter of an hour.
    """
    me = f"{platform.node()}/{os.getpid()}/{uuid4().hex}"
    expires = EXPIRES_S * 1000
    _acquire(store, me, expires, progress)
    done = Event()
    renewal = Thread(target=_renew, args=(store, me, expires, done), daemon=True, name="import lock")
    renewal.start()
    try:
        yield
    finally:
        done.set()
        renewal.join()
        store.write(_FREE, me=me)


def _acquire(store: Store, me: str, expires: int, progress: Progress | None) -> None:
    began = time.monotonic()
    gone: list[str] = []
    while True:
        rows, _ = store.write_rows(_TAKE, me=me, expires=expires, gone=gone)
        owner: str = rows[0]["owner"]
        if owner == me:
            return
        gone = [owner] if _is_gone(owner) else []
        waited = time.monotonic() - began
        if waited > _LONGEST_WAIT_S:
            raise TwinError(
                f"another import ({owner.rpartition('/')[0]}) has held the graph for {waited:.0f} s; try later"
            )
        if progress:
            progress("wait for another import", int(waited), 0)
        if not gone:
            time.sleep(0.5)


def _is_gone(owner: str) -> bool:
    """Whether a lock's process was one of this machine that no longer runs."""
    node, pid, _ = owner.split("/", 2)
    if node != platform.node() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _renew(store: Store, me: str, expires: int, done: Any) -> None:
    while not done.wait(_RENEW_S):
        store.write(_RENEW, me=me, expires=expires)
