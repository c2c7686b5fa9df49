"""Who is up, and which standby source runs, at each second of a simulation: the impact engine's timeline, played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from schema.errors import BadInput
from twin.impact.settle import Base, Scenario
from twin.impact.timeline import Play
from twin.topology.model import Bools, Ints, Topology

HORIZON_S = 7 * 86_400.0
MOST_MOMENTS = 32
"""In one step; a step with more than that is so long that it does not matter."""


class Fault(NamedTuple):
    """An asset that fails, so many seconds after the start."""

    asset: int
    at_s: float


def fault(text: str) -> tuple[str, float]:
    """`ID` or `ID@SECONDS`, apart. Raises BadInput."""
    name, at, seconds = text.rpartition("@")
    if not at:
        return text, 0.0
    try:
        found = float(seconds)
    except ValueError:
        return text, 0.0  # an id may hold an @
    if not 0 <= found <= HORIZON_S:
        raise BadInput(f"--fault {text}: it happens 0 to {HORIZON_S:.0f} seconds after the start")
    return name, found


class Course:
    """Plays the events of the faults; `up` and `running` are of the last second that was asked for."""

    def __init__(self, base: Base, faults: Sequence[Fault], stopped: Callable[[], bool] = lambda: False) -> None:
        """`base`: the settled state before the faults; `stopped`: as `twin.impact.timeline.Play` asks it."""
        self.topology: Topology = base.topology
        self.up: Bools = base.fell == 0
        self.running: Bools = np.zeros(len(self.topology), np.bool_)
        """Standby sources that give power because they were called."""
        self.failed: Bools = np.zeros(len(self.topology), np.bool_)
        scenario = Scenario(base)
        self._failures = [(f.at_s, scenario.expand([f.asset])) for f in sorted(faults, key=lambda f: f.at_s)]
        failures = [(at_s, assets.tolist()) for at_s, assets in self._failures]
        self._play = Play(self.topology, self.up.copy(), failures, HORIZON_S, stopped) if failures else None
        self._events: list[tuple[float, int | Ints, str]] = []
        """What was worked out, of which the first `_next` have been played."""
        self._next = 0

    def _work_out(self, to_s: float) -> None:
        """Work the timeline out up to a second, and forget what has been played; failures first where they coincide."""
        if self._play is None:
            return
        told: list[tuple[float, int | Ints, str]] = []
        while self._failures and self._failures[0][0] <= to_s:
            at_s, assets = self._failures.pop(0)
            told.append((at_s, assets, "failed"))
        told += self._play.up_to(to_s)
        self._events = [*self._events[self._next :], *sorted(told, key=lambda event: event[0])]
        self._next = 0

    def moments(self, after_s: float, to_s: float) -> list[float]:
        """When something is still to happen, from a second on and before another; the earliest `MOST_MOMENTS`."""
        self._work_out(to_s)
        times = {at_s for at_s, _, _ in self._events if after_s <= at_s < to_s}
        return sorted(times)[:MOST_MOMENTS]

    def advance(self, to_s: float) -> bool:
        """Play the events up to a second of the simulation; whether anything happened."""
        self._work_out(to_s)
        begun = self._next
        while self._next < len(self._events) and self._events[self._next][0] <= to_s:
            _, assets, state = self._events[self._next]
            self._next += 1
            if state == "failed":
                self.failed[assets] = True
            if state in ("failed", "lost"):
                self.up[assets] = self.running[assets] = False
            elif state == "up":
                self.up[assets] = True
            else:
                self.running[assets] = state == "running"
        return self._next > begun

    @property
    def usable(self) -> Bools:
        """Who gives power or cooling: up, and, of standby sources, running."""
        return self.up & (~self.topology.standby | self.running)
