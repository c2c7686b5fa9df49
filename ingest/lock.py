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
from threading import Event, Lock, Thread
from uuid import uuid4

from ingest.records import Progress, Properties
from schema.cypher import LOCK_CONSTRAINT
from schema.errors import TwinError, Unreachable
from twin.graph.store import Store

EXPIRES_S = 120
_RENEW_S = 30
_BUILD_S = 3600
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


LABEL = "_Lock"


class Hold:
    """The lock, held by one import; once the database has it (`keep`), a thread of its own renews it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.owner = f"{platform.node()}/{os.getpid()}/{uuid4().hex}"
        self.kept = False
        """Whether the database has it; False where the database is yet to be made."""
        self._renewing = Lock()
        self._done = Event()
        self._thread = Thread(target=self._renew, daemon=True, name="import lock")

    def keep(self) -> None:
        """Renew it from now on: the database has it."""
        self.kept = True
        self._thread.start()

    def properties(self) -> Properties:
        """The lock's node, for a database that is about to be made; building that takes longer than renewing this."""
        now = int(time.time() * 1000)
        return {"name": "ingest", "owner": self.owner, "asked_at": now, "until": now + _BUILD_S * 1000}

    def still(self) -> bool:
        """Whether nobody has taken it over, as happens to a process that was stopped for minutes."""
        return bool(self.store.read("MATCH (l:_Lock {name: 'ingest', owner: $me}) RETURN 1", me=self.owner))

    @contextmanager
    def unrenewed(self) -> Generator[None]:
        """Leave the database alone, while it stops and starts."""
        with self._renewing:
            yield

    def release(self) -> None:
        """Let the next import in."""
        if self.kept:
            self._done.set()
            self._thread.join()
            self.store.write(_FREE, me=self.owner)

    def _renew(self) -> None:
        while not self._done.wait(_RENEW_S):
            try:
                with self._renewing:
                    self.store.write(_RENEW, me=self.owner, expires=EXPIRES_S * 1000)
            except Unreachable:
                continue  # the import itself meets the same and tells it; the lock lasts for three more renewals


@contextmanager
def only_import(store: Store, progress: Progress | None = None) -> Generator[Hold]:
    """Hold the lock of imports.

    Raises TwinError where another import holds it for longer than a quarter of an hour.
    """
    hold = Hold(store)
    _acquire(store, hold.owner, EXPIRES_S * 1000, progress)
    hold.keep()
    try:
        yield hold
    finally:
        hold.release()


def _acquire(store: Store, me: str, expires: int, progress: Progress | None) -> None:
    began = time.monotonic()
    gone: list[str] = []
    while True:
        owner = _taken(store, me, expires, gone, progress)
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


def _taken(store: Store, me: str, expires: int, gone: list[str], progress: Progress | None) -> str:
    """Ask for the lock; return who has it now. The local Neo4j may stop meanwhile, for another's bulk import."""
    try:
        return _asked(store, me, expires, gone)
    except Unreachable:
        if not store.endpoint.local:
            raise
        store.restarted(progress)
        return _asked(store, me, expires, gone)


def _asked(store: Store, me: str, expires: int, gone: list[str]) -> str:
    if store.read("MATCH (l:_Lock {name: 'ingest'}) RETURN count(l) AS locks") != [{"locks": 1}]:
        # None in a new database; two where an earlier version of the twin began two imports at once.
        store.write(
            "MATCH (l:_Lock {name: 'ingest'}) WITH collect(l) AS locks UNWIND tail(locks) AS spare DELETE spare"
        )
        store.write(LOCK_CONSTRAINT)  # tried again where two at once stand in each other's way
    rows, _ = store.write_rows(_TAKE, me=me, expires=expires, gone=gone)
    return rows[0]["owner"]


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
