"""A reading of live state as the pictures take it: the state of each asset, since when, power and temperature."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viz.model import States
from viz.states import State


@dataclass(frozen=True, eq=False)
class Reading:
    """Live state at a moment; arrays by asset index.

    at_s: seconds since 1970. state: uint8, `State`. since_s: float64, since when a reported condition holds, 0 unknown.
    power_kw, inlet_c: float64, NaN where there is no value. ended: the live process has ended, this is its last state.
    """

    at_s: float
    state: States
    since_s: NDArray[np.float64]
    power_kw: NDArray[np.float64]
    inlet_c: NDArray[np.float64]
    ended: bool = False

    def told(self) -> str:
        """The moment in words."""
        return f"{'the last state, ' if self.ended else ''}{clock(self.at_s)}"


class Feed(Protocol):
    """Where readings come from."""

    def poll(self) -> Reading | None:
        """The state as it is now, if it changed since the last call."""
        ...


def states_of(reading: Reading | None, n: int) -> States:
    """State of each of n assets as live state has it; without a reading all work."""
    return np.full(n, State.WORKING, np.uint8) if reading is None else reading.state.copy()


def clock(at_s: float) -> str:
    """A moment as date and time of this machine."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_s))
