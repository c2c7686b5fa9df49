"""Totals of an answer: by label, building, module and kW."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from twin.impact._jit import compiled, lean_kernel
from twin.impact.settle import is_worth_it
from twin.topology.distinct import distinct
from twin.topology.model import Ints, Topology


def by_label(topology: Topology, assets: Ints) -> dict[str, int]:
    """How many of these assets have each label, by label."""
    counts = _counts(topology, _labels(topology), assets, len(topology.labels))
    return {topology.labels[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}


def by_place(topology: Topology, assets: Ints, kind: str) -> dict[str, dict[str, int]]:
    """How many of these assets stand in each place of a kind, "building" or "module", by its id and label."""
    names, code = _places(topology, kind)
    labels = len(topology.labels)
    counts = _counts(topology, code, assets, (len(names) + 1) * labels)[: len(names) * labels]
    found = np.flatnonzero(counts)
    totals: dict[str, dict[str, int]] = {}
    for key, count in zip(found.tolist(), counts[found].tolist(), strict=True):
        number, label = divmod(key, labels)
        totals.setdefault(names[number], {})[topology.labels[label]] = count
    return dict(sorted(totals.items()))


def _counts(topology: Topology, code: Ints, assets: Ints, many: int) -> Ints:
    """How many of these assets have each of so many codes; `code`: n."""
    counts = np.zeros(many, np.int32)
    if is_worth_it(tally, topology):
        compiled(tally)(code, assets, counts)
    else:
        counts += np.bincount(code[assets], minlength=many).astype(np.int32)
    return counts


@lean_kernel
def tally(code: Ints, assets: Ints, counts: Ints) -> None:
    """Add to `counts` how many of the assets have each code: what numpy needs an array of eight bytes each for."""
    for asset in assets:
        counts[code[asset]] += 1


@lru_cache(maxsize=2)
def _labels(topology: Topology) -> Ints:
    """The number of the label of each asset (n)."""
    return topology.label.astype(np.int32)


@lru_cache(maxsize=2)
def _places(topology: Topology, kind: str) -> tuple[list[str], Ints]:
    """The places of a kind by id; and of each asset (n) its place (else one more) × labels + its label."""
    place = {"building": topology.building, "module": topology.module}[kind]
    places = distinct(place[place >= 0])
    number = np.full(len(topology) + 1, len(places), np.int32)  # the last one is for place -1
    number[places] = np.arange(len(places), dtype=np.int32)
    return topology.ids.many(places), number[place] * np.int32(len(topology.labels)) + topology.label.astype(np.int32)


@dataclass(frozen=True, eq=False)
class Totals:
    """Totals of the lost and the degraded."""

    topology: Topology
    lost_assets: Ints
    degraded_assets: Ints

    @cached_property
    def lost(self) -> dict[str, int]:
        """Lost assets by label."""
        return by_label(self.topology, self.lost_assets)

    @cached_property
    def degraded(self) -> dict[str, int]:
        """Degraded assets by label."""
        return by_label(self.topology, self.degraded_assets)

    @cached_property
    def lost_kw(self) -> float:
        """What the lost drew in the base state, kW."""
        return round(float(self.topology.draw_kw[self.lost_assets].sum()), 9)

    @cached_property
    def by_building(self) -> dict[str, dict[str, int]]:
        """Lost assets by building and label."""
        return by_place(self.topology, self.lost_assets, "building")

    @cached_property
    def by_module(self) -> dict[str, dict[str, int]]:
        """Lost assets by module and label."""
        return by_place(self.topology, self.lost_assets, "module")

    @cached_property
    def services(self) -> list[str]:
        """The lost services."""
        if "Service" not in self.topology.labels:
            return []
        services = self.topology.label[self.lost_assets] == self.topology.labels.index("Service")
        return self.topology.ids.texts(self.lost_assets[services])

    def to_dict(self) -> dict[str, Any]:
        """The document of `--json`."""
        return {
            "lost": self.lost,
            "degraded": self.degraded,
            "lost_kw": self.lost_kw,
            "by_building": self.by_building,
            "by_module": self.by_module,
            "services": self.services,
        }
