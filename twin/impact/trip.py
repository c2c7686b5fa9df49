"""Overload that trips: all overloaded go down together, the state settles again, until none trips (section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.impact.load import Flows, Overload, exceeds, flows, overloaded

if TYPE_CHECKING:
    from twin.impact.settle import Scenario


@dataclass(frozen=True, eq=False)
class Cascade:
    """How an overload spread."""

    rounds: tuple[tuple[Overload, ...], ...]
    """What tripped together in each round, by id; in both quantities listed twice."""
    flows: Flows
    """Loads of the state in which nothing trips any more."""

    def tripped(self) -> dict[int, Overload]:
        """Asset → the overload that took it down; of two quantities, power."""
        return {entry.asset: entry for round_ in self.rounds for entry in round_}


def cascade(scenario: Scenario, base: Flows, limit: float = 1.0) -> Cascade:
    """Trip what is overloaded in the settled scenario, round by round; leaves the scenario in the last state.

    What was overloaded in the base state already, in the same quantity, trips only if that load is higher than there.
    A trip takes nothing along in the sense of section 6.
    """
    topology = scenario.topology
    rounds: list[tuple[Overload, ...]] = []
    while True:
        now = flows(topology, ~scenario.down)
        trips = tuple(entry for entry in overloaded(topology, base, now, limit) if not entry.in_base or _higher(entry))
        if not trips:
            return Cascade(tuple(rounds), now)
        rounds.append(trips)
        scenario.fail({entry.asset for entry in trips}, along=False)


def _higher(entry: Overload) -> bool:
    return bool(exceeds(entry.load_kw, entry.base_load_kw))
