"""Overload that trips: all overloaded go down together, the state settles again, until none trips (section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.impact.load import Overload, exceeds

if TYPE_CHECKING:
    from twin.impact.follow import Following, Refigured


@dataclass(frozen=True, eq=False)
class Cascade:
    """How an overload spread."""

    rounds: tuple[tuple[Overload, ...], ...]
    """What tripped together in each round, by id; in both quantities listed twice."""
    overloaded: tuple[Overload, ...]
    """What is overloaded in the state in which nothing trips any more, by id."""

    def tripped(self) -> dict[int, Overload]:
        """Asset → the overload that took it down; of two quantities, power."""
        return {entry.asset: entry for round_ in self.rounds for entry in round_}


def cascade(following: Following | Refigured, limit: float = 1.0) -> Cascade:
    """Trip what is overloaded in the settled scenario, round by round; leaves scenario and loads in the last state.

    What was overloaded in the base state already, in the same quantity, trips only if that load is higher than there.
    A trip takes nothing along in the sense of section 6.
    """
    rounds: list[tuple[Overload, ...]] = []
    while True:
        following.advance()
        found = following.overloaded(limit)
        trips = tuple(entry for entry in found if not entry.in_base or is_higher(entry))
        if not trips:
            return Cascade(tuple(rounds), tuple(found))
        rounds.append(trips)
        following.scenario.fail({entry.asset for entry in trips}, along=False)


def is_higher(entry: Overload) -> bool:
    """It carries more than in the base state."""
    return bool(exceeds(entry.load_kw, entry.base_load_kw))
