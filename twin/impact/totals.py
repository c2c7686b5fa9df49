"""Totals of an answer: by label, building, module and kW."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from twin.topology.model import Ints, Topology


def by_label(topology: Topology, assets: Ints) -> dict[str, int]:
    """How many of these assets have each label, by label."""
    counts = np.bincount(topology.label[assets], minlength=len(topology.labels))
    return {topology.labels[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}


def by_place(topology: Topology, assets: Ints, place: Ints) -> dict[str, dict[str, int]]:
    """How many of these assets stand in each place (n: index of it, or -1), by its id and label."""
    where = place[assets]
    placed = where >= 0
    keys = where[placed].astype(np.int64) * len(topology.labels) + topology.label[assets[placed]]
    found, counts = np.unique(keys, return_counts=True)
    totals: dict[str, dict[str, int]] = {}
    for key, count in zip(found.tolist(), counts.tolist(), strict=True):
        holder, code = divmod(key, len(topology.labels))
        totals.setdefault(topology.ids[holder], {})[topology.labels[code]] = count
    return dict(sorted(totals.items()))


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
        return by_place(self.topology, self.lost_assets, self.topology.building)

    @cached_property
    def by_module(self) -> dict[str, dict[str, int]]:
        """Lost assets by module and label."""
        return by_place(self.topology, self.lost_assets, self.topology.module)

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
