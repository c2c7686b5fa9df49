"""Who is up, and which standby source runs, at each second of a simulation: the impact engine's timeline, played."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schema.errors import BadInput
from twin.impact.settle import Base, Scenario
from twin.impact.timeline import Event, simulate
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

    def __init__(self, base: Base, faults: Sequence[Fault]) -> None:
        """`base`: the settled state before the faults."""
        self.topology: Topology = base.topology
        self.up: Bools = base.fell == 0
        self.running: Bools = np.zeros(len(self.topology), np.bool_)
        """Standby sources that give power because they were called."""
        self.failed: Bools = np.zeros(len(self.topology), np.bool_)
        self._events = self._told(base, faults)
        self._next = 0

    def _told(self, base: Base, faults: Sequence[Fault]) -> list[tuple[float, str, Ints]]:
        """When, what, and who; failures first where they fall together."""
        index = self.topology.ids.index
        scenario = Scenario(base)
        failures = [(f.at_s, scenario.expand([f.asset])) for f in sorted(faults, key=lambda f: f.at_s)]
        later = [(at_s, assets.tolist()) for at_s, assets in failures]
        told: list[Event] = simulate(self.topology, self.up, (), {}, HORIZON_S, later=later) if failures else []
        events = [(at_s, "failed", assets) for at_s, assets in failures]
        for event in told:
            asset = index(event.id)
            assert asset is not None  # noqa: S101 - the events are of this topology
            events.append((event.at_s, event.state, np.array([asset], np.int32)))
        return sorted(events, key=lambda event: event[0])

    def moments(self, after_s: float, to_s: float) -> list[float]:
        """When something is still to happen, from a second on and before another; the earliest `MOST_MOMENTS`."""
        times = {at_s for at_s, _, _ in self._events[self._next :] if after_s <= at_s < to_s}
        return sorted(times)[:MOST_MOMENTS]

    def advance(self, to_s: float) -> bool:
        """Play the events up to a second of the simulation; whether anything happened."""
        begun = self._next
        while self._next < len(self._events) and self._events[self._next][0] <= to_s:
            _, state, assets = self._events[self._next]
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
