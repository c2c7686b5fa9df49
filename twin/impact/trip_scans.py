"""Sweep and pairs with overloads that trip: the rows of `twin sweep` and `twin pairs`, with `tripped` and `rounds`.

Pairs that have something to do with each other are simulated (`twin.impact.worse_pairs`), so their number is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from schema.errors import BadInput
from twin.frames import Columns, Tabular
from twin.impact import capacity, pairs, sweep
from twin.impact.gaps import gaps
from twin.impact.question import Question
from twin.impact.settle import Base
from twin.impact.worse_pairs import WorsePairs, worse_pairs
from twin.topology.model import Ints

Progress = Callable[[str, int, int], None]
_TRIPS = {"tripped": int, "rounds": int}
SWEEP_COLUMNS = {**sweep.COLUMNS, **_TRIPS}
PAIR_COLUMNS = {**pairs.COLUMNS, **_TRIPS}
MOST_PAIRS = 100_000_000


@dataclass(frozen=True, eq=False, repr=False)
class _Trips(Tabular):
    """What both answers have in common; `rows` of either is in its order, most lost first, ties by id."""

    base: Base
    limit: float

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.base.topology, self.base.down)

    def _document(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        question = Question(out=tuple(self.base.out.tolist()), overload="trip", limit=self.limit)
        return {"question": question.document(self.base.topology), "rows": rows, "model": self.model}


@dataclass(frozen=True, eq=False, repr=False)
class TripSweep(_Trips):
    """What each asset in scope loses alone, with what trips; arrays in the order of the answer."""

    assets: Ints
    scan: capacity.CapacityScan
    order: Ints

    def __len__(self) -> int:
        return len(self.assets)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row an asset."""
        topology, scan = self.base.topology, self.scan
        assets = self.assets[self.order]
        labels: list[str] = [topology.labels[code] for code in topology.label[assets].tolist()]
        columns: tuple[list[Any], ...] = (
            topology.ids.many(assets),
            labels,
            scan.lost[self.order].tolist(),
            scan.servers[self.order].tolist(),
            np.round(scan.lost_kw[self.order], 9).tolist(),
            scan.degraded[self.order].tolist(),
            scan.tripped[self.order].tolist(),
            scan.rounds[self.order].tolist(),
        )
        return [dict(zip(SWEEP_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin sweep --overload trip --json`."""
        return self._document(self.rows)

    COLUMNS: ClassVar[Columns] = SWEEP_COLUMNS

    @property
    def headline(self) -> str:
        """How many take others down."""
        losing = int((self.scan.lost > 0).sum())
        return f"{len(self):,} single failures, {losing:,} of them take others down, trips included"

    def table(self, most: int | None = None) -> list[dict[str, Any]]:
        """One row an asset, most lost first."""
        return self.rows[:most]


@dataclass(frozen=True, eq=False, repr=False)
class TripPairs(_Trips, pairs.Listed):
    """The pairs that take down what neither single takes down, overloads that trip included."""

    worse: WorsePairs
    """In the order of the answer; the ids of a pair ascend."""

    def __len__(self) -> int:
        return len(self.worse.sets)

    def _rows(self, some: slice) -> list[dict[str, Any]]:
        ids, worse = self.base.topology.ids, self.worse
        named = zip(ids.many(worse.sets[some, 0]), ids.many(worse.sets[some, 1]), strict=True)
        figures = (worse.lost, worse.beyond, worse.tripped, worse.rounds)
        columns: tuple[Any, ...] = (map(list, named), *(figure[some].tolist() for figure in figures))
        return [dict(zip(PAIR_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]

    COLUMNS: ClassVar[Columns] = PAIR_COLUMNS

    @property
    def headline(self) -> str:
        """How many there are."""
        return f"{len(self):,} pairs lose more than their two singles, trips included"


def trip_sweep(
    base: Base, labels: Iterable[str] | None = None, *, limit: float = 1.0, progress: Progress | None = None
) -> TripSweep:
    """The impact of every single asset in the scope of `sweep`, where overloads trip."""
    topology = base.topology
    assets = np.flatnonzero(sweep.in_scope(topology, labels)).astype(np.int32)
    scan = capacity.sweep(base, assets, limit=limit, progress=progress)
    order = np.lexsort((topology.ids.rank[assets], -scan.lost)).astype(np.int32)
    return TripSweep(base, limit, assets, scan, order)


def trip_pairs(
    base: Base, labels: Iterable[str] | None = None, *, limit: float = 1.0, progress: Progress | None = None
) -> TripPairs:
    """Every pair in the scope of `pairs` that takes down more than its two singles, where overloads trip.

    Raises BadInput for more than `MOST_PAIRS` pairs.
    """
    topology = base.topology
    scope = sweep.in_scope(topology, labels)
    if labels is None:
        scope &= np.diff(topology.supplied_start) > 0
    assets = topology.ids.sorted(np.flatnonzero(scope))
    count = len(assets) * (len(assets) - 1) // 2
    if count > MOST_PAIRS:
        raise BadInput(
            f"pairs with overloads that trip: {len(assets):,} assets make {count:,} pairs, "
            f"at most {MOST_PAIRS:,} are taken; name labels with --label"
        )
    found = worse_pairs(base, assets, limit=limit, progress=progress)
    rank = topology.ids.rank
    order = np.lexsort((rank[found.sets[:, 1]], rank[found.sets[:, 0]], -found.lost))
    figures = (found.lost, found.beyond, found.tripped, found.rounds)
    ranked = WorsePairs(found.sets[order], *(figure[order] for figure in figures), looked_at=found.looked_at)
    return TripPairs(base, limit, ranked)
