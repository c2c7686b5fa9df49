"""Single points of failure: the order-1 cut sets of every load, in a base state or in what a scenario leaves.

single_points(question, base)              # all loads: which asset alone takes which loads down
next_losses(question, base)                # those that the question's scenario adds: what would be lost next
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from twin.frames import Columns, Row, Tabular
from twin.impact._keep import make_room
from twin.impact._loadsets import solve_loads
from twin.impact._problem import countable, runner
from twin.impact._replicas import count_points, replicated
from twin.impact.gaps import gaps
from twin.impact.question import Question, indices
from twin.impact.settle import Base, Scenario
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology

Pairs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class SinglePoints(Tabular):
    """Which asset alone takes which loads down: P pairs of a point and a load, sorted by point."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the state that is asked about."""
    point: Ints
    load: Ints

    @property
    def points(self) -> Ints:
        """The single points, by index."""
        return distinct(self.point)

    def loads_of(self, point: int) -> Ints:
        """The loads that hang on one asset."""
        begin, end = np.searchsorted(self.point, np.array([point, point + 1], np.int32))
        return self.load[begin:end]

    @property
    def single_points(self) -> dict[str, list[str]]:
        """Each single point with its loads, both sorted by id."""
        ids = self.topology.ids
        return {ids[int(point)]: ids.texts(self.loads_of(int(point))) for point in ids.sorted(self.points)}

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, self.load)

    COLUMNS: ClassVar[Columns] = {"id": str, "label": str, "count": int, "loads": list}

    @property
    def headline(self) -> str:
        """How many there are, and of how many loads."""
        return f"{len(self.points):,} single points of failure of {len(distinct(self.load)):,} loads"

    def table(self, most: int | None = None) -> list[Row]:
        """One row a single point, most loads first."""
        points = sorted(self.points.tolist(), key=lambda one: (-len(self.loads_of(one)), self.topology.ids[one]))
        loads = [(point, self.topology.ids.texts(self.loads_of(point))) for point in points[:most]]
        return [
            {
                "id": self.topology.ids[point],
                "label": self.topology.label_of(point),
                "count": len(names),
                "loads": names,
            }
            for point, names in loads
        ]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin spof --json`: the rows of the table."""
        rows = [{name: row[name] for name in ("id", "label", "loads")} for row in self.table()]
        return {"question": self.question.document(self.topology), "rows": rows, "model": self.model}


def single_points(question: Question, base: Base, *, loads: Ints | None = None) -> SinglePoints:
    """The single points of the loads that are up (by default all that the schema marks)."""
    make_room(base.topology)
    wanted = np.flatnonzero(base.topology.loads) if loads is None else distinct(loads)
    return _unpacked(question, base.topology, base.down, _pairs(base.topology, base.down, wanted))


def next_losses(question: Question, base: Base, *, scenario: Scenario | None = None) -> SinglePoints:
    """The single failures that would take more loads down once `question.failed` are down, and would not before.

    `scenario`: working arrays on that base, at rest, and at rest again afterwards.
    """
    work = scenario or Scenario(base)
    work.fail(indices(question.failed))
    try:
        return new_points(question, base.topology, base.down, work.down)
    finally:
        work.undo()


def new_points(question: Question, topology: Topology, before: Bools, after: Bools) -> SinglePoints:
    """Single points of the state with `after` (n) down that are none with `before` down, for loads up in both.

    Only loads that depend, at any depth, on something that went down between the two can have any.
    """
    changed = np.flatnonzero(before != after).astype(np.int32)
    loads = np.flatnonzero(downstream(topology, changed) & topology.loads & ~after)
    added = np.setdiff1d(_pairs(topology, after, loads), _pairs(topology, before, loads), assume_unique=True)
    return _unpacked(question, topology, after, added)


def downstream(topology: Topology, assets: Ints) -> Bools:
    """The assets (n) that depend on one of these over supply relationships, at any depth; these themselves included."""
    reached = np.zeros(len(topology), np.bool_)
    reached[assets] = True
    frontier = assets
    while len(frontier):
        begin, end = topology.supplied_start[frontier], topology.supplied_start[frontier + 1]
        sizes = end - begin
        at = np.repeat(begin - np.cumsum(sizes) + sizes, sizes)
        at += np.arange(len(at))
        consumers = topology.group_owner[topology.supplied_group[at]]
        frontier = distinct(consumers[~reached[consumers]])
        reached[frontier] = True
    return reached


def _pairs(topology: Topology, down: Bools, loads: NDArray[np.integer]) -> Pairs:
    """Point · n + load of each single point of these loads, sorted."""
    count = len(topology)
    up = loads[~down[loads]].astype(np.int32)
    hosted = replicated(topology, down)[up]
    hosts = distinct(_suppliers(topology, up[hosted]))
    hosts = hosts[~down[hosts]]
    plain = distinct(np.concatenate([up[~hosted], hosts]))
    sets = solve_loads(topology, down, plain, 1, np.zeros(count, np.int64))
    begin, members = sets.of_walks(np.arange(len(sets.templates.walk_root), dtype=np.int32))
    walk = sets.templates.walk
    asked = np.isin(plain, up[~hosted], assume_unique=True)
    load = np.repeat(plain[asked], np.diff(begin)[walk[asked]])
    sizes = np.diff(begin)[walk[asked]]
    at = np.arange(len(load)) + np.repeat(begin[:-1][walk[asked]] - np.cumsum(sizes) + sizes, sizes)
    found = members[at, 0].astype(np.int64) * count + load
    if hosted.any():
        walk_of = np.full(count, -1, np.int32)
        walk_of[plain] = walk
        more = runner(count)(count_points)(
            topology.owner_start, topology.member_start, topology.member, topology.group_need,
            countable(topology), down, up[hosted], walk_of, begin, np.ascontiguousarray(members[:, 0]),
        )  # fmt: skip
        found = np.concatenate([found, more])
    return np.sort(found)


def _suppliers(topology: Topology, owners: Ints) -> Ints:
    begin, end = (
        topology.member_start[topology.owner_start[owners]],
        topology.member_start[topology.owner_start[owners + 1]],
    )
    return np.concatenate([np.empty(0, np.int32), *(topology.member[a:b] for a, b in zip(begin, end, strict=True))])


def _unpacked(question: Question, topology: Topology, down: Bools, pairs: Pairs) -> SinglePoints:
    point, load = np.divmod(pairs, max(1, len(topology)))
    return SinglePoints(question, topology, down, point.astype(np.int32), load.astype(np.int32))
