"""What happens, for those who listen: alarms, conditions, jobs, changes of the graph.

Events are numbered and the last `KEPT` are held, so that who comes back misses none of them; who was away for longer,
or since before the server started, is told so by `reset`, and reads the state anew.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from schema.errors import TwinError, Unreachable
from twin.campus import Campus
from twin.live.alarms import Alarms, Key
from twin.live.limits import SEVERITIES
from twin.live.place import Place
from twin.live.reader import LiveState, Seen, open_state
from twin.topology.strings import Ids

KEPT: Final = 1_000
MOST_ROWS: Final = 500
"""Assets in one event; of a larger change the event tells how many, and that they are not all."""
POLL_S: Final = 0.25
GRAPH_EVERY_S: Final = 2.0
AWAY_EVERY_S: Final = 2.0
MOST_LISTENERS: Final = 500

log = logging.getLogger("twin.service")


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    number: int
    kind: str
    data: dict[str, Any]


class Events:
    """Holds the last events, and wakes who waits for more. For one event loop."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._next = 1
        self._more = asyncio.Event()
        self.listeners = 0

    def name(self, event: Event) -> str:
        """What the next request gives as Last-Event-ID."""
        return f"{self._start}-{event.number}"

    def happened(self, kind: str, data: dict[str, Any]) -> None:
        """Tell of an event, in the event loop."""
        self._kept.append(Event(self._next, kind, data))
        self._next += 1
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def after(self, last: str | None) -> AsyncGenerator[Event | None]:
        """The events after one, then each as it happens; None from time to time, while nothing does."""
        self.listeners += 1
        try:
            seen = self._next - 1
            if last is not None:
                start, _, number = last.partition("-")
                seen = int(number) if start == self._start and number.isdecimal() and len(number) < 16 else -1
            while True:
                more = self._more
                first = self._kept[0].number if self._kept else self._next
                if seen < first - 1 or seen >= self._next:
                    seen = self._next - 1
                    yield Event(seen, "reset", {"why": "events were missed; read the state anew"})
                for event in [one for one in self._kept if one.number > seen]:
                    seen = event.number
                    yield event
                if more.is_set():
                    continue
                try:
                    await asyncio.wait_for(more.wait(), AWAY_EVERY_S)
                except TimeoutError:
                    yield None
        finally:
            self.listeners -= 1


class Watcher:
    """Looks at live state, alarms and graph, and tells what has changed. One thread at a time calls `look`."""

    def __init__(self, home: Path, campus: Callable[[], Campus]) -> None:
        self._home, self._place, self._campus = home, Place(home), campus
        self._state: LiveState | None = None
        self._ids: tuple[str, Ids] | None = None
        self._generation = 0
        self._told = np.empty((2, 0), np.uint8)
        """What was told last of each asset (2, n): `seen` and the alarm's level."""
        self._alarms: dict[Key, dict[str, Any]] | None = None
        self._stamp: tuple[int, ...] | None = None
        self._version = ""
        self._alive: bool | None = None
        self._graph_s = float("-inf")

    def look(self) -> list[tuple[str, dict[str, Any]]]:
        """What has changed since it was called last; the first time nothing."""
        return [*self._live(), *self._alarmed(), *self._graph()]

    def _live(self) -> list[tuple[str, dict[str, Any]]]:
        told: list[tuple[str, dict[str, Any]]] = []
        if not self._place.occupied():
            self._state = None
        try:
            first = self._state is None
            if self._state is None and self._place.occupied():
                self._state = open_state(self._home)
            changed = self._changed(self._state, first=first) if self._state is not None else None
        except Unreachable:  # it has ended, or moved on with the graph
            self._state = changed = None
        alive = self._state is not None
        if self._alive is not None and alive != self._alive:
            told.append(("live", {"running": alive}))
        self._alive = alive
        return [*told, ("conditions", changed)] if changed else told

    def _changed(self, state: LiveState, *, first: bool) -> dict[str, Any] | None:
        if first:
            everything = state.changed_since(0)
            self._generation, self._told = everything.generation, np.zeros((2, len(state)), np.uint8)
            self._told[:, everything.assets] = everything.seen, everything.alarm
            return None
        changes = state.changed_since(self._generation)
        self._generation = changes.generation
        # A point grown stale makes a generation too, and so does a condition from which nothing was concluded yet.
        now = np.stack([changes.seen, changes.alarm])
        other = (self._told[:, changes.assets] != now).any(axis=0)
        self._told[:, changes.assets] = now
        assets, (seen, alarms) = changes.assets[other], now[:, other]
        if not len(assets):
            return None
        if self._ids is None or self._ids[0] != state.version:
            self._ids = state.version, state.ids
        ids = self._ids[1]
        rows: list[dict[str, Any]] = [
            {"id": ids[asset], "seen": Seen(code).name.lower(), "alarm": SEVERITIES[int(alarm)] or None}
            for asset, code, alarm in zip(
                assets[:MOST_ROWS].tolist(),
                seen[:MOST_ROWS].tolist(),
                alarms[:MOST_ROWS].tolist(),
                strict=True,
            )
        ]
        return {"rows": rows, "changed": len(assets), "complete": len(assets) <= MOST_ROWS}

    def _alarmed(self) -> list[tuple[str, dict[str, Any]]]:
        try:
            status = self._place.alarms.stat()
            stamp = status.st_mtime_ns, status.st_ino, status.st_size
        except OSError:
            stamp = ()  # nothing was ever wrong here: the first alarm is news
        if stamp == self._stamp:
            return []
        known = {alarm.key: alarm.to_dict() for alarm in Alarms(self._place.alarms).all}
        before, self._alarms, self._stamp = self._alarms, known, stamp
        if before is None:
            return []
        return [("alarm", alarm) for key, alarm in known.items() if before.get(key) != alarm]

    def _graph(self) -> list[tuple[str, dict[str, Any]]]:
        if time.monotonic() - self._graph_s < GRAPH_EVERY_S:
            return []
        self._graph_s = time.monotonic()
        topology = self._campus().topology
        before, self._version = self._version, topology.version
        if before in {"", topology.version}:
            return []
        return [("graph", {"version": topology.version, "assets": len(topology)})]


async def watch(events: Events, watcher: Watcher) -> None:
    """Tell of changes, from when somebody listens for the first time."""
    trouble = ""
    while True:
        if events.listeners:
            try:
                for kind, data in await asyncio.to_thread(watcher.look):
                    events.happened(kind, data)
                trouble = ""
            except TwinError as error:
                # The database is away, say: told once, and looked for again.
                if str(error) != trouble:
                    log.warning("events: %s", error)
                trouble = str(error)
        await asyncio.sleep(POLL_S)
