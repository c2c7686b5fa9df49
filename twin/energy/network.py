"""The power network as energy needs it: who feeds whom now, what hangs below, what is IT, what is cooling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from twin.impact.load import flows
from twin.live.metrics import MOVERS, NETWORK, POWER
from twin.topology.distinct import distinct
from twin.topology.model import FEEDS, Bools, Floats, Ints, Topology

IT: Final = ("Server", *NETWORK)
"""Information technology equipment: compute, storage and network (ISO/IEC 30134-2, 3.1)."""
COOLING: Final = MOVERS
_NO_SOURCES: Final = ("Battery",)
_LEAST_KW: Final = 1e-6
"""Stands for a draw that nobody knows, so that its way to the sources is known all the same."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For each of n assets the ascending list of those on its other side."""

    start: Ints
    """n + 1."""
    other: Ints

    @staticmethod
    def of(count: int, first: Ints, second: Ints) -> Neighbours:
        """From pairs (first, second), each counted once."""
        keys = distinct(first.astype(np.int64) * count + second)
        start = np.searchsorted(keys, np.arange(count + 1, dtype=np.int64) * count)
        return Neighbours(start.astype(np.int32), (keys % max(count, 1)).astype(np.int32))

    def __getitem__(self, asset: int) -> Ints:
        return self.other[self.start[asset] : self.start[asset + 1]]

    @property
    def counts(self) -> Ints:
        """How many there are of each (n)."""
        return np.diff(self.start)

    def of_many(self, assets: Ints) -> tuple[Ints, Ints]:
        """Those of several assets one after the other, and for each its place among `assets`."""
        counts = self.start[assets + 1] - self.start[assets]
        place = np.repeat(np.arange(len(assets), dtype=np.int32), counts)
        before = np.cumsum(counts) - counts
        return self.other[self.start[assets][place] + np.arange(len(place)) - before[place]], place


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
        supplier = topology.member[self._entry_feeds]
        consumer = topology.group_owner[self._entry_group[self._entry_feeds]]
        self.suppliers = Neighbours.of(len(topology), consumer, supplier)
        """Who may feed each asset."""
        self.consumers = Neighbours.of(len(topology), supplier, consumer)
        """Whom each asset may feed."""
        self.fed, self.feeding = self.suppliers.counts > 0, self.consumers.counts > 0
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

    @cached_property
    def active(self) -> tuple[Ints, Ints]:
        """The pairs (supplier, consumer) over which power flows now; ties that are open carry none."""
        topology = replace(self.topology, draw_kw=np.where(self.draws, np.maximum(self.topology.draw_kw, _LEAST_KW), 0))
        used = (flows(topology, self.up).given_kw > 0.0) & self._entry_feeds
        places = np.flatnonzero(used)
        return self.topology.member[places], self.topology.group_owner[self._entry_group[places]]

    @cached_property
    def taken(self) -> Neighbours:
        """Active consumers by supplier."""
        return Neighbours.of(len(self.topology), *self.active)

    @cached_property
    def given(self) -> Neighbours:
        """Active suppliers by consumer."""
        return Neighbours.of(len(self.topology), *self.active[::-1])

    def load_of(self, draw_kw: Floats) -> Floats:
        """What these draws (n, kW), and nothing else, take from each asset, by way of all losses (n, kW)."""
        return flows(replace(self.topology, draw_kw=draw_kw), self.up).load_kw
