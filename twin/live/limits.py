"""Which points are beyond a limit that their label declares: a level for each, and what changed."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.live.metrics import METRICS, Limit
from twin.live.points import Batch, Quality
from twin.live.state import State
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Codes, Ints, Topology

SEVERITIES: Final = ("", "warning", "critical")
"""By level."""
LIMITED: Final = tuple(number for number, metric in enumerate(METRICS) if metric.limits)


class Limits:
    """Levels of the points of one topology: 0 within, 1 warning, 2 critical."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.level: dict[int, Codes] = {}
        self._applies: dict[int, list[tuple[Limit, Bools]]] = {}
        for metric in LIMITED:
            self.level[metric] = np.zeros(len(topology), np.uint8)
            self._applies[metric] = [(limit, _labelled(topology, limit)) for limit in METRICS[metric].limits]

    def note(self, state: State, batch: Batch, places: Ints) -> Ints:
        """Bring the levels of the assets of a batch up to date, after it was taken; returns those that changed."""
        if batch.metric not in self.level or not len(places):
            return np.empty(0, np.int32)
        assets = distinct(batch.assets[places])
        row, level = state.file.rows[batch.metric], self.level[batch.metric]
        values, before = row["value"][assets], level[assets]
        now = np.zeros(len(assets), np.uint8)
        for limit, applies in self._applies[batch.metric]:
            code = SEVERITIES.index(limit.severity)
            beyond = _beyond(limit, values, 0.0)
            # Inside the dead band it stays what it was.
            beyond |= (before >= code) & _beyond(limit, values, limit.dead_band)
            now = np.maximum(now, np.where(beyond & applies[assets], code, 0)).astype(np.uint8)
        told = (row["quality"][assets] >= Quality.UNCERTAIN) & ~np.isnan(values)
        now = np.where(told, now, before)
        changed = assets[now != before].astype(np.int32)
        level[assets] = now
        return changed


def _labelled(topology: Topology, limit: Limit) -> Bools:
    return np.isin(topology.label, [code for code, label in enumerate(topology.labels) if label in limit.labels])


def _beyond(limit: Limit, values: np.ndarray, within: float) -> Bools:
    if limit.above is not None:
        return values > limit.above - within
    assert limit.below is not None  # noqa: S101 - a limit looks one way
    return values < limit.below + within
