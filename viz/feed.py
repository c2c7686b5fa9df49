"""The live state of the live process as readings for pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from schema.errors import Unreachable
from twin.live.metrics import NUMBER, POWER_KW
from twin.live.reader import LiveState, Moved, Seen, open_state
from viz.reading import Reading
from viz.states import State

if TYPE_CHECKING:
    from twin.topology.model import Topology

INLET_C: Final = NUMBER["inlet_c"]
VALUES_S: Final = 1.0
"""So often values are read where no state changed."""
STALE, SILENT = 1, 2
STATE_OF: Final = np.full(len(Seen), State.WORKING, np.uint8)
STATE_OF[Seen.DOWN] = State.FAILED
STATE_OF[Seen.OUT] = State.MAINTENANCE
STATE_OF[Seen.LOST] = State.LOST
STATE_OF[Seen.AT_RISK] = State.AT_RISK
STATE_OF[Seen.DEGRADED] = State.DEGRADED


class LiveFeed:
    """Readings of the live state under a TWIN_HOME, by the index of a topology."""

    def __init__(self, home: Path | None, topology: Topology) -> None:
        """Raises Unreachable where no live process keeps one."""
        self._home, self._topology = home, topology
        self._last: Reading | None = None
        self._state: LiveState | None = None
        self._generation, self._read_s = 0, 0.0
        self._open()

    def _open(self) -> None:
        self._state = open_state(self._home)
        self._places = self._state.places(self._topology)
        self._generation, self._read_s = 0, 0.0

    def poll(self) -> Reading | None:
        """The state as it is now, if it or a value may have changed since the last call.

        Where the live process has ended, its last state once, all of it stale; it is taken up again when it is back.
        """
        try:
            if self._state is None:
                self._open()
            return self._poll()
        except Moved:
            self._state = None
            return None
        except Unreachable:
            self._state = None
            return self._ended()

    def _poll(self) -> Reading | None:
        live = self._state
        if live is None:
            return None
        now = time.monotonic()
        changes = live.changed_since(self._generation)
        if not len(changes.assets) and now - self._read_s < VALUES_S:
            return None
        self._generation, self._read_s = changes.generation, now
        asset, at_s = live.assets("seen", "stale", "condition_s"), time.time()
        state = STATE_OF[asset["seen"]]
        up = state == State.WORKING
        state[up & (asset["stale"] == STALE)] = State.STALE
        state[up & (asset["stale"] == SILENT)] = State.UNKNOWN
        self._last = Reading(
            at_s,
            self._aligned(state, State.UNKNOWN),
            self._aligned(asset["condition_s"], 0.0),
            self._aligned(live.values(POWER_KW, at_s), np.nan),
            self._aligned(live.values(INLET_C, at_s), np.nan),
        )
        return self._last

    def _ended(self) -> Reading | None:
        last = self._last
        if last is None or last.ended:
            return None
        state = np.where(last.state == State.WORKING, np.uint8(State.STALE), last.state)
        self._last = Reading(last.at_s, state, last.since_s, last.power_kw, last.inlet_c, ended=True)
        return self._last

    def _aligned(self, values: NDArray[Any], missing: float) -> NDArray[Any]:
        """Values by the index of the topology that is drawn; `missing` for what the live state does not have."""
        places = self._places
        if places is None:
            return values
        return np.where(places >= 0, values[np.maximum(places, 0)], np.asarray(missing, values.dtype))
