"""The impact question: what fails if these fail, given what is out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.impact.along import taken_by
from twin.impact.answer import Impact
from twin.impact.question import Question, indices
from twin.impact.settle import Base, Scenario
from twin.impact.spread import mark_at_risk
from twin.topology.model import Bools, Ints, Topology

if TYPE_CHECKING:
    from twin.impact.load import Overload
    from twin.impact.trip import Cascade


MANY = 5_000
"""So many degraded cost as much to look at for their reserve as a small impact in all."""


def impact(question: Question, base: Base, *, scenario: Scenario | None = None) -> Impact:
    """The answer; `scenario`: working arrays on that base, at rest, and at rest again afterwards."""
    work = scenario or Scenario(base)
    try:
        return _answer(question, base, work)
    finally:
        work.undo()


def _answer(question: Question, base: Base, scenario: Scenario) -> Impact:
    named = indices(question.failed)
    scenario.fail(named)
    trips = _cascade(question, base) if question.overload == "trip" else None
    for round_ in trips.rounds if trips else ():
        scenario.fail({entry.asset for entry in round_}, along=False)
    degraded, fallen = scenario.degraded(), scenario.fallen()
    return Impact(
        question=question,
        base=base,
        fallen=fallen,
        levels=scenario.work.fell[fallen],
        named_count=int((base.fell[named] == 0).sum()),
        degraded_assets=degraded,
        find_at_risk=_at_risk(base, scenario, degraded, fallen),
        relies_on_assets=relies_on(base, scenario),
        overloads=_Overloads(question, base, fallen, trips),
        tripped=_tripped(trips),
        rounds=None if trips is None else _rounds(base.topology, trips),
        timeline=_timeline(question, base) if question.timeline else None,
    )


def _at_risk(base: Base, scenario: Scenario, degraded: Ints, fallen: Ints) -> Callable[[], Ints]:
    """What finds the degraded without reserve: many of them in a scenario made again, if it is ever asked for."""
    if len(degraded) <= MANY:
        found = degraded[without_reserve(scenario, degraded)]
        return lambda: found

    def again() -> Ints:
        later = Scenario(base, compile_kernels=scenario.compile_kernels)
        later.fail(fallen, along=False)
        listed = later.degraded()
        return listed[without_reserve(later, listed)]

    return again


def without_reserve(scenario: Scenario, degraded: Ints) -> Bools:
    """Which of the degraded of a scenario have a group with no more available suppliers than it needs."""
    risky = np.empty(len(degraded), np.bool_)
    scenario.kernel(mark_at_risk)(scenario.net, scenario.work, scenario.base.available, degraded, risky)
    return risky


def called_sources(topology: Topology, fell: Ints, calling: Bools) -> set[int]:
    """The up standby sources listed by groups that call (`calling`: for each of `topology.standby_group`)."""
    listed = [topology.suppliers(group) for group in topology.standby_group[calling].tolist()]
    return {int(source) for group in listed for source in group[topology.standby[group] & (fell[group] == 0)]}


def relies_on(base: Base, scenario: Scenario) -> Ints:
    """Standby sources that the scenario calls and the base does not."""
    calling = scenario.calling()
    fresh = calling & ~base.calling
    if not fresh.any():
        return indices(())
    now = called_sources(base.topology, scenario.work.fell, fresh)
    return indices(sorted(now - called_sources(base.topology, base.fell, base.calling)))


class _Overloads:
    """The list `overloaded` of the final state, worked out when it is called."""

    def __init__(self, question: Question, base: Base, fallen: Ints, trips: Cascade | None) -> None:
        self.limit, self.failed, self.base, self.fallen = question.limit, question.failed, base, fallen
        self.known = None if trips is None else trips.overloaded

    def __call__(self) -> list[dict[str, Any]]:
        from twin.impact.follow import following  # noqa: PLC0415 - only where loads are asked for

        entries = self.known
        if entries is None:
            with following(self.base) as loads:
                loads.scenario.fail(self.fallen, along=False)
                loads.advance()
                entries = loads.overloaded(self.limit)
        return [self._document(entry, alone) for entry, alone in zip(entries, self._added(entries), strict=True)]

    def _added(self, entries: Sequence[Overload]) -> list[list[float]]:
        """What each failure adds alone, for each entry."""
        if self.known is None and len(self.failed) == 1:
            return [[entry.load_kw - entry.base_load_kw] for entry in entries]
        from twin.impact.added import added_alone  # noqa: PLC0415 - only where loads are asked for

        return added_alone(self.base, self.failed, entries).T.tolist()

    def _document(self, entry: Overload, alone: list[float]) -> dict[str, Any]:
        ids = self.base.topology.ids
        added = {ids[asset]: round(kw, 9) for asset, kw in zip(self.failed, alone, strict=True)}
        together = entry.load_kw - entry.base_load_kw - sum(alone)
        return _overload(self.base.topology, entry) | {
            "added_kw": {name: kw for name, kw in sorted(added.items()) if kw},
            "added_together_kw": round(together, 9) + 0.0,
        }


def _overload(topology: Topology, entry: Overload) -> dict[str, Any]:
    return {
        "id": topology.ids[entry.asset],
        "kind": entry.kind,
        "load_kw": round(entry.load_kw, 9),
        "base_load_kw": round(entry.base_load_kw, 9),
        "rated_kw": entry.rated_kw,
    }


def _cascade(question: Question, base: Base) -> Cascade:
    from twin.impact.follow import following  # noqa: PLC0415 - only where loads are asked for
    from twin.impact.trip import cascade  # noqa: PLC0415 - only where overloads trip

    with following(base) as loads:
        loads.scenario.fail(question.failed)
        return cascade(loads, question.limit)


def _tripped(trips: Cascade | None) -> dict[int, dict[str, Any]]:
    if trips is None:
        return {}
    return {
        asset: {"type": "OVERLOAD", "load_kw": round(entry.load_kw, 9), "rated_kw": entry.rated_kw}
        for asset, entry in trips.tripped().items()
    }


def _rounds(topology: Topology, trips: Cascade) -> list[list[str]]:
    return [topology.ids.texts(np.unique([entry.asset for entry in round_])) for round_ in trips.rounds]


def _timeline(question: Question, base: Base) -> list[dict[str, Any]]:
    from twin.impact.timeline import simulate  # noqa: PLC0415 - only where the clock is asked for

    along = taken_by(base.topology, question.failed, base.gone)
    events = simulate(base.topology, base.fell == 0, question.failed, along, question.until_s)
    return [event.to_dict() for event in events]
