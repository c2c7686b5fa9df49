"""A reading of live state as the pictures take it: conditions, what is stale, power and temperature by asset."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viz.model import States
from viz.states import State

UP, DOWN, OUT = range(3)


@dataclass(frozen=True, eq=False)
class Reading:
    """Live state at a moment; arrays by asset index.

    at_s: seconds since 1970. condition: uint8, as in Topology.condition. stale: bool, reported once but not lately.
    lost: bool, down because of what is down or out. power_kw, inlet_c: float32, NaN where there is no value.
    """

    at_s: float
    condition: NDArray[np.uint8]
    stale: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    power_kw: NDArray[np.float32]
    inlet_c: NDArray[np.float32]


class Feed(Protocol):
    """Where readings come from."""

    def poll(self) -> Reading | None:
        """The state as it is now, if it changed since the last call."""
        ...


def states_of(reading: Reading | None, n: int) -> States:
    """State of each of n assets as live state has it; without a reading all work."""
    state = np.full(n, State.WORKING, np.uint8)
    if reading is None:
        return state
    state[reading.stale] = State.STALE
    state[reading.lost] = State.LOST
    state[reading.condition == OUT] = State.MAINTENANCE
    state[reading.condition == DOWN] = State.FAILED
    return state


def clock(at_s: float) -> str:
    """A moment as date and time of this machine."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_s))
