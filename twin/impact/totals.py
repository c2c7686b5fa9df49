"""Totals of an answer: by label, building, module and kW."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from twin.impact._jit import compiled, lean_kernel
from twin.impact.settle import is_worth_it
from twin.topology.distinct import distinct
from twin.topology.model import Ints, Topology


class _Kinds(NamedTuple):
    """What totals tell apart: assets of one *kind* have the same building, module and label (k kinds)."""

    of_asset: Ints
    """n: the kind of each asset."""
    label: Ints
    building: Ints
    """k: its number in `buildings`, or -1."""
    module: Ints
    buildings: list[str]
    """By id."""
    modules: list[str]


@lru_cache(maxsize=2)
def _kinds(topology: Topology) -> _Kinds:
    many, labels = len(topology) + 1, len(topology.labels)
    key = ((topology.building + np.int64(1)) * many + topology.module + 1) * labels + topology.label
    kinds = distinct(key)
    place, label = np.divmod(kinds, labels)
    building, buildings = _numbered(topology, place // many - 1)
    module, modules = _numbered(topology, place % many - 1)
    of_asset = np.searchsorted(kinds, key).astype(np.int32)
    return _Kinds(of_asset, label.astype(np.int32), building, module, buildings, modules)


def _numbered(topology: Topology, assets: Ints) -> tuple[Ints, list[str]]:
    """The number of each of these assets in the order of their ids, -1 for none, and the ids."""
    by_id = topology.ids.sorted(distinct(assets[assets >= 0]))
    number = np.full(len(topology) + 1, -1, np.int32)  # the last one is for asset -1
    number[by_id] = np.arange(len(by_id), dtype=np.int32)
    return number[assets], topology.ids.many(by_id)


class _Counts:
    """How many of some assets there are of each kind."""

    def __init__(self, topology: Topology, assets: Ints) -> None:
        self._labels, self._kinds = topology.labels, _kinds(topology)
        counts = np.zeros(len(self._kinds.label), np.int32)
        if is_worth_it(tally, topology):
            compiled(tally)(self._kinds.of_asset, assets, counts)
        else:
            counts += np.bincount(self._kinds.of_asset[assets], minlength=len(counts)).astype(np.int32)
        self._found = np.flatnonzero(counts)
        self._count = counts[self._found]

    def by_label(self) -> dict[str, int]:
        """How many of each label."""
        counts = np.bincount(self._kinds.label[self._found], self._count)
        return {self._labels[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}

    def by_building(self) -> dict[str, dict[str, int]]:
        """How many in each building, by its id and label."""
        return self._by_place(self._kinds.building, self._kinds.buildings)

    def by_module(self) -> dict[str, dict[str, int]]:
        """How many in each module, by its id and label."""
        return self._by_place(self._kinds.module, self._kinds.modules)

    def _by_place(self, number_of: Ints, names: list[str]) -> dict[str, dict[str, int]]:
        number, label = number_of[self._found], self._kinds.label[self._found]
        order = np.lexsort((label, number))
        order = order[number[order] >= 0]
        places: list[int] = number[order].tolist()
        codes: list[int] = label[order].tolist()
        totals: dict[str, dict[str, int]] = {}
        for place, code, count in zip(places, codes, self._count[order].tolist(), strict=True):
            there = totals.setdefault(names[place], {})
            there[self._labels[code]] = there.get(self._labels[code], 0) + count
        return totals


@lean_kernel
def tally(kind: Ints, assets: Ints, counts: Ints) -> None:
    """Add to `counts` how many of the assets are of each kind.

    Neighbours in the list are mostly alike: what is counted in a register need not wait for the store before.
    """
    if not len(assets):
        return
    last, run = kind[assets[0]], 0
    for asset in assets:
        if kind[asset] != last:
            counts[last] += run
            last, run = kind[asset], 0
        run += 1
    counts[last] += run


@dataclass(frozen=True, eq=False)
class Totals:
    """Totals of the lost and the degraded."""

    topology: Topology
    lost_assets: Ints
    degraded_assets: Ints

    @cached_property
    def _lost(self) -> _Counts:
        return _Counts(self.topology, self.lost_assets)

    @cached_property
    def lost(self) -> dict[str, int]:
        """Lost assets by label."""
        return self._lost.by_label()

    @cached_property
    def degraded(self) -> dict[str, int]:
        """Degraded assets by label."""
        return _Counts(self.topology, self.degraded_assets).by_label()

    @cached_property
    def lost_kw(self) -> float:
        """What the lost drew in the base state, kW."""
        return round(float(self.topology.draw_kw[self.lost_assets].sum()), 9)

    @cached_property
    def by_building(self) -> dict[str, dict[str, int]]:
        """Lost assets by building and label."""
        return self._lost.by_building()

    @cached_property
    def by_module(self) -> dict[str, dict[str, int]]:
        """Lost assets by module and label."""
        return self._lost.by_module()

    @cached_property
    def services(self) -> list[str]:
        """The lost services."""
        if "Service" not in self.lost:
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
