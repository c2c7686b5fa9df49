"""What live state must know beyond the topology: normal positions, what a battery bridges, what a meter measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.live.metrics import STORES
from twin.topology.model import Bools, Ints, Topology

if TYPE_CHECKING:
    from twin.graph.store import Store

_NORMALLY_OPEN = "MATCH (a:Breaker {normal_position: 'open'}) RETURN a.id AS id"
_MEASURES = "MATCH (a:Meter)-[:MEASURES]->(b:Asset) RETURN a.id AS id, b.id AS other ORDER BY other"
_BRIDGES = "MATCH (a:Battery) WHERE a.bridges IS NOT NULL RETURN a.id AS id, a.bridges AS other"


class Facts(NamedTuple):
    """By asset index (n)."""

    normally_open: Bools
    """Breakers whose open position is normal; an open one of the others is down."""
    bridges: Ints
    """The asset whose power_hold_s the charge of this one scales: itself for a UPS; -1: none."""
    measures: Ints
    """What a meter measures, or -1."""


def facts_of(topology: Topology, store: Store | None) -> Facts:
    """Read them from the graph; without one all breakers are normally closed, and only UPS hold by their charge."""
    normally_open = np.zeros(len(topology), np.bool_)
    bridges = np.full(len(topology), -1, np.int32)
    measures = bridges.copy()
    stores = [code for code, label in enumerate(topology.labels) if label in STORES and label != "Battery"]
    own = np.flatnonzero(np.isin(topology.label, stores))
    bridges[own] = own
    if store is not None:
        for row in store.read(_NORMALLY_OPEN):
            _put(topology, row["id"], normally_open, 1)
        for row in store.read(_BRIDGES):
            _put(topology, row["id"], bridges, topology.ids.index(row["other"]))
        for row in store.read(_MEASURES):
            _put(topology, row["id"], measures, topology.ids.index(row["other"]))
    return Facts(normally_open, bridges, measures)


def _put(topology: Topology, asset_id: str, array: Bools | Ints, value: int | None) -> None:
    asset = topology.ids.index(asset_id)
    if asset is not None and value is not None:
        array[asset] = value
