"""Reading the live state from another process, or from another thread.

    state = open_state(home)                 # raises Unreachable where no live process is
    changes = state.changed_since(0)         # everything, and from then on what changed since changes.generation
    changes.assets, changes.seen, changes.stale, changes.alarm
    row = state.read(POWER_KW)               # value, source_s, receive_s, quality … of every asset

For a picture: ask `changed_since` as often as a frame is drawn; it costs microseconds while nothing changes. Indices
are those of the topology `state.version`; `state.places(topology)` translates where the graph has moved on. When the
writer moves to a new file (a new topology) or ends, `changed_since` raises `Moved` or Unreachable: open again, or tell
it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.errors import Unreachable
from twin.live.layout import ASSETS_LOCK, Mapped, attach
from twin.live.metrics import METRICS
from twin.live.place import NOT_RUNNING, Place, read_json
from twin.topology.model import Codes, Ints, Topology
from twin.topology.strings import Ids

Array = NDArray[Any]

CHUNK = 8_192
"""Points that are copied at once: microseconds, so that a busy writer leaves room."""
PATIENCE_S = 5.0


class Seen(IntEnum):
    """What the live process says of an asset; uint8 in `seen`."""

    UP = 0
    DOWN = 1
    """Reported down, or a breaker open that should be closed, or a generator in fault."""
    OUT = 2
    """Out for maintenance."""
    LOST = 3
    """Down by what it hangs on, says the impact engine."""
    AT_RISK = 4
    """Up, without reserve, and with less than when nothing is down."""
    DEGRADED = 5
    """Up, with less reserve than when nothing is down."""


class Moved(Unreachable):
    """The live process has moved to another file, for a new topology; open the state again."""


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed since a generation; k assets, ascending."""

    generation: int
    """Ask from here next time."""
    assets: Ints
    seen: Codes
    """k: `Seen`."""
    stale: Codes
    """k: 0 fresh, 1 stale (everything that came is past its time to live), 2 nothing that can be stale ever came."""
    alarm: Codes
    """k: worst open alarm: 0 none, 1 warning, 2 critical."""


def open_state(home: Path | None = None) -> LiveState:
    """The live state under a TWIN_HOME (by default that of the environment).

    Raises Unreachable where no live process keeps one.
    """
    from twin.graph.endpoint import twin_home  # noqa: PLC0415 - only where it is opened by the environment

    place = Place(twin_home(home))
    until = time.monotonic() + PATIENCE_S
    while place.occupied():
        # A writer that has just started, or moves, has its file in a moment.
        found = attach(place.folder / str(read_json(place.current).get("file", "")))
        if found is not None and not int(found.header["moved"][0]):
            return LiveState(place, found)
        if time.monotonic() > until:
            raise Unreachable(f"the live process has no state in {place.folder} yet; try again")
        time.sleep(0.02)
    raise Unreachable(NOT_RUNNING)


class LiveState:
    """A mapped live state. Cheap to keep; the memory is the writer's."""

    def __init__(self, place: Place, file: Mapped) -> None:
        self._place, self._file = place, file

    def __len__(self) -> int:
        return len(self._file)

    @property
    def version(self) -> str:
        """The version of the topology whose indices these are."""
        return self._file.version

    @property
    def feed(self) -> str:
        """The name of the feed."""
        return self._file.feed

    @property
    def alive(self) -> bool:
        """Whether the live process runs."""
        return self._place.occupied()

    def require_alive(self) -> None:
        """Raise Unreachable where the live process has ended, Moved where it has gone to another file."""
        if not self.alive:
            raise Unreachable(NOT_RUNNING)
        if int(self._file.header["moved"][0]):
            raise Moved("the live state has moved on with the graph; ask again")

    @property
    def generation(self) -> int:
        """A number that grows with every change of `seen`, `stale`, `alarm` or a condition."""
        return int(self._file.header["generation"][0])

    @property
    def ids(self) -> Ids:
        """The ids of the assets, by index."""
        texts = self._file.id_bytes.tobytes()
        bounds = self._file.id_offsets.tolist()
        return Ids.of([texts[begin:end].decode() for begin, end in pairwise(bounds)])

    def places(self, topology: Topology) -> Ints | None:
        """For each asset of a topology its index here, -1 where it is not; None: they are the same."""
        return None if topology.version == self.version else places_of(topology.ids, self._file)

    def changed_since(self, generation: int) -> Changes:
        """What changed since a generation; 0: everything. Raises Unreachable, Moved."""
        self.require_alive()
        now = self.generation
        if now == generation:
            none = np.empty(0, np.uint8)
            return Changes(now, np.empty(0, np.int32), none, none, none)
        copied = self.assets("changed", "seen", "stale", "alarm")
        assets = np.flatnonzero(copied["changed"] > generation).astype(np.int32)
        newest = max(int(copied["changed"].max(initial=0)), generation)
        return Changes(newest, assets, copied["seen"][assets], copied["stale"][assets], copied["alarm"][assets])

    def assets(self, *names: str) -> dict[str, Array]:
        """Asset arrays of `twin.live.layout.ASSET`, copied, all of one moment."""
        arrays = {name: self._file.asset[name] for name in names}
        return self._whole(ASSETS_LOCK, lambda: {name: array.copy() for name, array in arrays.items()})

    def touched(self) -> list[int]:
        """The metrics that any point came for."""
        return np.flatnonzero(self._file.header["touched"][0]).tolist()

    def read(self, metric: int) -> dict[str, Array]:
        """The arrays of a metric, copied (value, source_s, receive_s, quality, sequence, source); no point is torn."""
        row = self._file.rows[metric]
        copied = {name: np.empty_like(array) for name, array in row.items()}
        for begin in range(0, len(self), CHUNK):
            part = slice(begin, begin + CHUNK)

            def copy(part: slice = part) -> None:
                for name, array in row.items():
                    copied[name][part] = array[part]

            self._whole(metric, copy)
        return copied

    def points(self, asset: int) -> dict[int, dict[str, Any]]:
        """The point of each metric that anything came for, of one asset: metric → the values of `read`."""
        found: dict[int, dict[str, Any]] = {}
        for metric in self.touched():
            row = self._file.rows[metric]

            def copy(row: dict[str, Array] = row) -> dict[str, Any]:
                return {name: array[asset].item() for name, array in row.items()}

            point: dict[str, Any] = self._whole(metric, copy)
            if point["quality"]:
                found[metric] = point
        return found

    def values(self, metric: int, now_s: float) -> Array:
        """The values of a metric that are believed now (n, float64): NaN where stale, bad, withdrawn or never sent."""
        from twin.live.points import Quality  # noqa: PLC0415 - not for a picture

        row = self.read(metric)
        good = (row["quality"] >= Quality.UNCERTAIN) & (now_s - row["receive_s"] <= METRICS[metric].ttl_s)
        return np.where(good, row["value"].astype(np.float64), np.nan)

    def _whole(self, section: int, copy: Callable[[], Any]) -> Any:
        """Copy until nobody wrote meanwhile. Raises Unreachable where the writer died in the middle of writing."""
        locks = self._file.header["locks"][0]
        until = time.monotonic() + PATIENCE_S
        while True:
            before = int(locks[section])
            if not before & 1:
                copied = copy()
                if int(locks[section]) == before:
                    return copied
            else:
                if time.monotonic() > until or not self.alive:
                    raise Unreachable(NOT_RUNNING)
                time.sleep(2e-5)


def places_of(ids: Ids, file: Mapped) -> Ints:
    """For each of `ids` its index in a file, -1 where it is not there."""
    texts = file.id_bytes.tobytes()
    bounds = file.id_offsets.tolist()
    known = {texts[begin:end]: number for number, (begin, end) in enumerate(pairwise(bounds))}
    mine = ids.buffer.tobytes()
    bounds = ids.offsets.tolist()
    places = (known.get(mine[begin:end], -1) for begin, end in pairwise(bounds))
    return np.fromiter(places, np.int32, len(ids))
