"""The power network as energy needs it: who feeds whom now, what hangs below, what is IT, what is cooling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np

from twin.impact.load import flows
from twin.live.metrics import MOVERS, NETWORK, POWER
from twin.topology.model import FEEDS, Bools, Floats, Ints, Topology

IT: Final = ("Server", *NETWORK)
"""Information technology equipment: compute, storage and network (ISO/IEC 30134-2, 3.1)."""
COOLING: Final = MOVERS
_NO_SOURCES: Final = ("Battery",)
_LEAST_KW: Final = 1e-6
"""Stands for a draw that nobody knows, so that its way to the sources is known all the same."""


class Network:
    """One settled state of the network of power; `up` (n) as the impact engine settles it."""

    def __init__(self, topology: Topology, up: Bools) -> None:
        self.topology, self.up = topology, up
        self.is_it = self.labelled(IT)
        self.is_cooling = self.labelled(COOLING)
        feeds = topology.group_type == FEEDS
        sizes = np.diff(topology.member_start)
        self._entry_group = np.repeat(np.arange(len(sizes)), sizes)
        self._entry_feeds = feeds[self._entry_group]
        self.fed = np.zeros(len(topology), np.bool_)
        self.fed[topology.group_owner[feeds]] = True
        self.feeding = np.zeros(len(topology), np.bool_)
        self.feeding[topology.member[self._entry_feeds]] = True
        # What ends the power train: it draws for itself.
        self.draws = (topology.draw_kw > 0.0) | self.is_it | self.is_cooling | self.labelled(("Controller",))
        self.draws &= ~(self.labelled(POWER) & self.feeding)
        self.draws &= self.fed | ~self.is_cooling

    def labelled(self, labels: Iterable[str]) -> Bools:
        """Which assets have one of these labels (n)."""
        wanted = set(labels)
        codes = [code for code, label in enumerate(self.topology.labels) if label in wanted]
        return np.isin(self.topology.label, codes)

    @property
    def sources(self) -> Ints:
        """Where power comes in: what feeds others and is fed by nothing."""
        return np.flatnonzero(self.feeding & ~self.fed & ~self.labelled(_NO_SOURCES)).astype(np.int32)

    def suppliers(self, asset: int) -> list[int]:
        """Who may feed an asset."""
        topology = self.topology
        groups = [group for group in topology.groups(asset) if topology.group_type[group] == FEEDS]
        return sorted({int(supplier) for group in groups for supplier in topology.suppliers(group)})

    def consumers(self, asset: int) -> list[int]:
        """Whom an asset may feed."""
        topology = self.topology
        begin, end = int(topology.supplied_start[asset]), int(topology.supplied_start[asset + 1])
        groups = topology.supplied_group[begin:end]
        return np.unique(topology.group_owner[groups[topology.group_type[groups] == FEEDS]]).tolist()

    @cached_property
    def active(self) -> tuple[Ints, Ints]:
        """The pairs (supplier, consumer) over which power flows now; ties that are open carry none."""
        topology = replace(self.topology, draw_kw=np.where(self.draws, np.maximum(self.topology.draw_kw, _LEAST_KW), 0))
        used = (flows(topology, self.up).given_kw > 0.0) & self._entry_feeds
        places = np.flatnonzero(used)
        return self.topology.member[places], self.topology.group_owner[self._entry_group[places]]

    @cached_property
    def taken(self) -> dict[int, list[int]]:
        """Active consumers by supplier."""
        return _by_first(*self.active)

    @cached_property
    def given(self) -> dict[int, list[int]]:
        """Active suppliers by consumer."""
        return _by_first(*self.active[::-1])

    def load_of(self, draw_kw: Floats) -> Floats:
        """What these draws (n, kW), and nothing else, take from each asset, by way of all losses (n, kW)."""
        return flows(replace(self.topology, draw_kw=draw_kw), self.up).load_kw


def _by_first(first: Ints, second: Ints) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        found.setdefault(one, []).append(other)
    return found
