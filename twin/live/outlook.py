"""What a failure that live state reports means: what is lost, what is without reserve, and what would be lost next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from twin.impact.along import taken_by
from twin.impact.impact import relies_on, without_reserve
from twin.impact.settle import Base, Scenario, settle_base
from twin.impact.timeline import first_loss
from twin.topology.model import Ints, Topology

CANDIDATES: Final = 12
"""Assets of the same kind that are tried as the next failure."""
LOOKED_AT: Final = 4
"""Loads without reserve whose suppliers are looked through for them."""
HORIZON_S: Final = 86_400.0


@dataclass(frozen=True)
class Next:
    """The failure, of the same kind or of what takes over, that would lose the most after this one."""

    id: str
    lost: dict[str, int]
    """Loads by label."""
    after_s: float | None
    """When the first of them goes down; None: not within a day."""


@dataclass(frozen=True)
class Consequence:
    """What one asset that is down means, given what else is down."""

    lost: dict[str, int] = field(default_factory=dict[str, int])
    """Loads that it takes down, by label."""
    cabinets: int = 0
    """Cabinets with loads that have no reserve any more."""
    at_risk: int = 0
    """Loads that have no reserve any more."""
    then: Next | None = None
    relies_on: tuple[str, ...] = ()
    """Standby sources that take over."""

    def text(self) -> str:
        """As an alarm says it."""
        parts: list[str] = []
        if self.lost:
            parts.append(f"{_counted(self.lost)} lost")
        if self.cabinets:
            parts.append(f"{_plural(self.cabinets, 'Cabinet')} without reserve")
        elif self.at_risk:
            parts.append(f"{_plural(self.at_risk, 'load')} without reserve")
        if self.relies_on:
            takes = "takes" if len(self.relies_on) == 1 else "take"
            parts.append(f"{_listed(self.relies_on)} {takes} over")
        if self.then and self.then.lost:
            when = "" if self.then.after_s is None else f" {_after(self.then.after_s)}"
            are = "is" if sum(self.then.lost.values()) == 1 else "are"
            parts.append(f"if {self.then.id} fails, {_counted(self.then.lost)} {are} lost{when}")
        return "; ".join(parts) or "no load is touched"

    def to_dict(self) -> dict[str, Any]:
        """As `twin live alarms --json` shows it."""
        then = self.then and {"id": self.then.id, "lost": self.then.lost, "after_s": self.then.after_s}
        return {
            "lost": self.lost,
            "cabinets_at_risk": self.cabinets,
            "loads_at_risk": self.at_risk,
            "next": then,
            "relies_on": list(self.relies_on),
        }


class Outlook:
    """Consequences on one topology. Not for several threads at once.

    `hold_s` (n): how long each asset is held without power now, by the charge of its battery.
    """

    def __init__(self, base: Base, scenario: Scenario) -> None:
        """`base`: with nothing down; `scenario`: on it, at rest."""
        self.base, self.scenario = base, scenario
        self.topology = base.topology

    def of(self, asset: int, others: Sequence[int], now: Topology) -> Consequence:
        """What `asset` means while `others` are down as well; `now`: the topology with what is measured."""
        before_down, before_risk, before_standby = self._loads_after(others)
        down, risk, standby = self._loads_after([*others, asset])
        fresh_risk = np.setdiff1d(risk, before_risk)
        topology = self.topology
        lost = np.setdiff1d(down, [*before_down.tolist(), asset])
        relies = np.setdiff1d(standby, before_standby).astype(np.int32)
        weak = len(fresh_risk) or len(relies)
        then = self._next(asset, [*others, asset], fresh_risk, relies, now) if weak else None
        cabinets = len(_cabinets(topology, fresh_risk))
        return Consequence(
            _by_label(topology, lost), cabinets, len(fresh_risk), then, tuple(topology.ids.texts(relies))
        )

    def _loads_after(self, failed: Sequence[int]) -> tuple[Ints, Ints, Ints]:
        """Loads that are down, loads without reserve, and standby sources relied on, when these have failed."""
        loads = self.topology.loads
        try:
            self.scenario.fail(failed)
            fallen, degraded = self.scenario.fallen(), self.scenario.degraded()
            risky = degraded[without_reserve(self.scenario, degraded)]
            standby = relies_on(self.base, self.scenario)
        finally:
            self.scenario.undo()
        return fallen[loads[fallen]], risky[loads[risky]], standby

    def _next(self, asset: int, failed: Sequence[int], at_risk: Ints, relies: Ints, now: Topology) -> Next | None:
        base = settle_base(self.topology, down=failed, start=self.base)
        scenario = Scenario(base)
        best: tuple[int, str, Ints] | None = None
        for candidate in dict.fromkeys([*relies[:CANDIDATES].tolist(), *self._candidates(asset, base, at_risk)]):
            scenario.fail([candidate])
            fallen = scenario.fallen()
            scenario.undo()
            lost = fallen[self.topology.loads[fallen] & (fallen != candidate)]
            key = -len(lost), self.topology.ids[candidate], lost
            if len(lost) and (best is None or key[:2] < best[:2]):
                best = key
        if best is None:
            return None
        index = self.topology.ids.index(best[1])
        assert index is not None  # noqa: S101 - it was taken from these ids
        return Next(best[1], _by_label(self.topology, best[2]), self._when(index, base, best[2], now))

    def _candidates(self, asset: int, base: Base, at_risk: Ints) -> list[int]:
        """Assets of the same label that loads without reserve hang on; else what supplies them directly."""
        topology = self.topology
        step = max(1, len(at_risk) // LOOKED_AT)  # none at risk: none looked at
        same: dict[int, None] = {}
        direct: dict[int, None] = {}
        for load in at_risk[::step][:LOOKED_AT].tolist():
            seen, wave = {load}, [load]
            while wave:
                groups = [group for consumer in wave for group in topology.groups(consumer)]
                above = {s for group in groups for s in topology.suppliers(group).tolist() if base.fell[s] == 0}
                direct.update(dict.fromkeys(sorted(above)) if len(seen) == 1 else ())
                wave = sorted(above - seen)
                seen |= above
                same.update((s, None) for s in wave if topology.label[s] == topology.label[asset])
        return list(same or direct)[:CANDIDATES]

    def _when(self, failed: int, base: Base, lost: Ints, now: Topology) -> float | None:
        """When the first of these goes down after the failure, by the clock."""
        along = taken_by(now, [failed], base.gone)
        return first_loss(now, base.fell == 0, [failed], along, set(lost.tolist()), HORIZON_S)


def _by_label(topology: Topology, assets: Ints) -> dict[str, int]:
    labels, counts = np.unique(topology.label[assets], return_counts=True)
    return {topology.labels[label]: int(count) for label, count in zip(labels.tolist(), counts.tolist(), strict=True)}


def _cabinets(topology: Topology, loads: Ints) -> Ints:
    """The cabinets that hold these loads."""
    if "Cabinet" not in topology.labels:
        return loads[:0]
    parents = topology.parent[loads]
    parents = np.unique(parents[parents >= 0])
    return parents[topology.label[parents] == topology.labels.index("Cabinet")]


def _counted(counts: dict[str, int]) -> str:
    return " and ".join(_plural(count, label) for label, count in sorted(counts.items()))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"


def _plural(count: int, label: str) -> str:
    return f"{count:,} {label.lower()}{'' if count == 1 else 's'}"


def _after(seconds: float) -> str:
    if seconds < 1:
        return "at once"
    if seconds < 120:
        return f"after {seconds:.0f} s"
    return f"after {seconds / 60:.0f} min" if seconds < 7200 else f"after {seconds / 3600:.1f} h"
