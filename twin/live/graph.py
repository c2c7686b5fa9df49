"""Conditions on their way into the graph: batched, only where they differ from what stands there, and never awaited.

What Cypher sees is `condition` and `condition_since` of the asset. The bookmark that the write moves is noted, so that
no topology is rebuilt for it.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from schema.errors import TwinError

if TYPE_CHECKING:
    from twin.graph.store import Store

_STORED = "MATCH (a:Asset) WHERE a.condition IN ['down', 'out'] RETURN a.id AS id, a.condition AS condition"
_WRITE = """
UNWIND $rows AS row
MATCH (a:Asset {id: row.id})
SET a.condition = row.condition,
    a.condition_since = datetime({epochSeconds: row.since_us / 1000000, nanosecond: row.since_us % 1000000 * 1000})
"""


class GraphConditions:
    """What stands in the graph, and what shall. `write` raises nothing: what fails is tried again the next time.

    `want` and `write` may be called by different threads.
    """

    def __init__(self, store: Store, home: Path) -> None:
        self._store, self._home = store, home
        self._stored: dict[str, str] = {row["id"]: row["condition"] for row in store.read(_STORED)}
        self._wanted: dict[str, tuple[str, float]] = {}
        self._lock = Lock()
        self.trouble = ""
        """Why the last write failed; empty where it did not."""

    def begin(self, down: dict[str, str], now_s: float) -> None:
        """Make the graph agree with what is down or out now: what an earlier live process left there is up."""
        for asset_id in self._stored.keys() - down.keys():
            self.want(asset_id, "up", now_s)
        for asset_id, condition in down.items():
            self.want(asset_id, condition, now_s)

    def want(self, asset_id: str, condition: str, since_s: float) -> None:
        """This is the asset's condition now."""
        with self._lock:
            self._wanted[asset_id] = condition, since_s

    def write(self) -> None:
        """Write what differs from what stands there, if anything does."""
        with self._lock:
            wanted, self._wanted = self._wanted, {}
        fresh = {key: value for key, value in wanted.items() if self._stored.get(key, "up") != value[0]}
        if not fresh:
            return
        from twin.topology.current import note_own_write  # noqa: PLC0415 - only where something is written

        # The driver takes 0.1 ms to pack a time: seconds for all assets of a lost supply.
        rows = [
            {"id": asset_id, "condition": condition, "since_us": round(since_s * 1e6)}
            for asset_id, (condition, since_s) in fresh.items()
        ]
        try:
            before = self._store.bookmark()
            self._store.write_batches(_WRITE, rows)
            note_own_write(self._store, self._home, before)
        except TwinError as error:
            self.trouble = str(error)
            with self._lock:
                self._wanted = fresh | self._wanted  # what came meanwhile is newer
            return
        self.trouble = ""
        self._stored.update({asset_id: condition for asset_id, (condition, _) in fresh.items()})
