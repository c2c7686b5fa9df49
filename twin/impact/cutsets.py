"""Minimal cut sets: the smallest sets of failures that take an asset down (section 5 of the semantics).

Members are all assets but the asset itself, spaces, common causes and power paths; each fails alone, without what
section 6 would take along. Standby sources count as available. An asset that is down already has no cut sets.

    one = cut_sets(question, base, asset, order=3)    # exact; cycles across types, loops of one type, k-of-n included
    every = all_cut_sets(question, base, order=3)     # of all loads; those that hang on it alike are solved once
    every.of(load).members, every.count(load)

Range: exact for up to three members on everything that one question can reach, up to 2²¹ − 1 assets; beyond that it
raises BadInput rather than guess. Of loads on replicas all sets are counted, and as many listed as asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from twin.frames import Columns, Row, Tabular, piece_by_piece
from twin.impact._keep import make_room
from twin.impact._loadsets import LoadSets, members_of_family, solve_loads
from twin.impact._problem import countable, pose, settle_families
from twin.impact._replicas import replicated
from twin.impact.gaps import gaps
from twin.impact.question import Question, indices
from twin.impact.replicas import hosts_of, replica_sets
from twin.impact.settle import Base
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology

ORDERS = (1, 2, 3)
ABSENT = np.iinfo(np.int32).max
"""Stands after every rank."""


@dataclass(frozen=True, eq=False, repr=False)
class CutSets(Tabular):
    """The minimal cut sets of one asset."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the base state."""
    asset: int
    order: int
    members: Ints
    """k × 3: the members of each listed set by asset index, -1 where a set has fewer; the smallest sets first."""
    count: int
    """How many there are; more than k where the listing was cut off."""
    is_complete: bool
    """Known that no larger cut sets exist."""

    @property
    def cut_sets(self) -> list[list[str]]:
        """The listed sets by id, members and sets sorted."""
        return named_sets(self.topology, self.members)

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, about=indices([self.asset]))

    COLUMNS: ClassVar[Columns] = {"size": int, "cut_set": list}

    @property
    def headline(self) -> str:
        """How many there are."""
        if self.down[self.asset]:
            return f"{self.topology.ids[self.asset]} is down in the base state already"
        return f"{self.count:,} minimal cut sets of {self.topology.ids[self.asset]}, up to order {self.order}"

    def table(self, most: int | None = None) -> list[Row]:
        """One row a cut set, the smallest first."""
        sets = sorted(named_sets(self.topology, self.members), key=len)
        return [{"size": len(one), "cut_set": one} for one in sets[:most]]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin cutsets --json`.

        `count` stands there only where the listing was cut off, `down_before` where the asset is down already.
        """
        name = self.topology.ids[self.asset]
        document: dict[str, Any] = {
            "question": self.question.document(self.topology),
            "id": name,
            "order": self.order,
            "cut_sets": self.cut_sets,
        }
        if self.down[self.asset]:
            document["down_before"] = [name]
        if self.count > len(self.members):
            document["count"] = self.count
        return document | {"model": self.model}


@dataclass(frozen=True, eq=False, repr=False)
class AllCutSets(Tabular):
    """The minimal cut sets of loads, kept once for each template; loads down in the base state are left out."""

    question: Question
    topology: Topology
    down: Bools
    order: int
    loads: Ints
    """By index."""
    sets: LoadSets
    """Of the loads without replicas, and of the hosts of the others."""
    on_replicas: Bools
    """For each of `loads`."""
    limit: int | None

    def of(self, load: int) -> CutSets:
        """The cut sets of one load."""
        place = self.place(load)
        if place < 0:
            return self._answer(load, np.empty((0, 3), np.int32), 0, is_complete=True)
        if self.on_replicas[place]:
            found = replica_sets(self.topology, self.down, self.sets, load, order=self.order, limit=self.limit)
            members, count = _smallest_first(found.members), int(found.counts.sum())
            return self._answer(load, members, count, is_complete=False)
        walk = self.sets.walk_of(load)
        members, complete = self.sets.of_walk(walk), self.sets.is_complete(walk)
        return self._answer(load, members, len(members), is_complete=complete)

    def _answer(self, load: int, members: Ints, count: int, *, is_complete: bool) -> CutSets:
        return CutSets(self.question, self.topology, self.down, load, self.order, members, count, is_complete)

    def place(self, load: int) -> int:
        """Where a load stands among `loads`, or -1."""
        place = int(np.searchsorted(self.loads, np.int32(load)))
        return place if place < len(self.loads) and self.loads[place] == load else -1

    @cached_property
    def counted(self) -> Bools:
        """The assets (n) that may be members."""
        return countable(self.topology)

    def __iter__(self) -> Iterator[CutSets]:
        return (self.of(int(load)) for load in self.loads)

    def plain_total(self) -> int:
        """How many cut sets the loads without replicas have together."""
        plain = np.isin(self.sets.templates.loads, self.loads[~self.on_replicas], assume_unique=True)
        return int(self.sets.sizes()[self.sets.templates.walk[plain]].sum())

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, about=self.loads)

    COLUMNS: ClassVar[Columns] = {"id": str, "size": int, "cut_set": list}

    @property
    def headline(self) -> str:
        """How many loads there are."""
        return f"minimal cut sets of {len(self.loads):,} loads, up to order {self.order}"

    def table(self, most: int | None = None) -> Iterator[Row]:
        """One row a cut set of a load, load by load, the smallest first."""
        rows = ({"id": self.topology.ids[one.asset], **row} for one in self for row in one.table())
        return islice(rows, most)

    def to_dict(self, most: int = 2_000_000) -> dict[str, Any]:
        """The document of `twin cutsets --all --json`.

        Where the loads have more than `most` sets together, each lists its share of them, the smallest first, and
        `count` tells how many it has.
        """
        return self.in_parts(most) | {"rows": list(self.rows(most))}

    def in_parts(self, most: int = 2_000_000) -> dict[str, Any]:
        """The same document with an iterator for its rows: of 200,000 loads all together take half a gigabyte."""
        question = self.question.document(self.topology)
        return {"question": question, "order": self.order, "rows": self.rows(most), "model": self.model}

    def rows(self, most: int = 2_000_000) -> Iterator[dict[str, Any]]:
        """The rows of the document, by id."""
        share = None if self.plain_total() <= most else max(1, most // max(1, len(self.loads)))
        places = np.argsort(self.topology.ids.rank[self.loads])
        return piece_by_piece(lambda some: self._rows(places[some], share), len(places))

    def _rows(self, places: NDArray[np.intp], share: int | None) -> Iterator[dict[str, Any]]:
        """The rows of the loads at these places, in this order, of each at most `share` sets."""
        replicas = {
            int(self.loads[place]): self.of(int(self.loads[place])) for place in places[self.on_replicas[places]]
        }
        plain = self.loads[places[~self.on_replicas[places]]]
        walks = self.sets.templates.walk[np.searchsorted(self.sets.templates.loads, plain)]
        begin, members = self.sets.of_walks(walks, share)
        pieces = [members, *(answer.members[:share] for answer in replicas.values())]
        sizes = [*np.diff(begin).tolist(), *(len(piece) for piece in pieces[1:])]
        counts = [*self.sets.sizes()[walks].tolist(), *(answer.count for answer in replicas.values())]
        named = iter(named_sets(self.topology, np.concatenate(pieces), np.repeat(np.arange(len(sizes)), sizes)))
        found: dict[int, dict[str, Any]] = {}
        for load, size, count in zip([*plain.tolist(), *replicas], sizes, counts, strict=True):
            row = {"id": self.topology.ids[load], "cut_sets": list(islice(named, size))}
            found[load] = row | ({"count": count} if count > size else {})
        return (found[load] for load in self.loads[places].tolist())


def cut_sets(question: Question, base: Base, asset: int, *, order: int = 3, limit: int | None = None) -> CutSets:
    """The minimal cut sets of one asset with up to `order` members, in a base state.

    `limit`: of an asset on replicas list at most so many; all are counted.
    """
    _check_order(order)
    topology = base.topology
    if replicated(topology, base.down)[asset]:
        every = all_cut_sets(question, base, order=order, loads=np.array([asset], np.int32), limit=limit)
        return every.of(asset)
    target = np.array([asset], np.int32)
    solution = settle_families(pose(topology, base.down, target), target, order)
    members = members_of_family(solution, asset)
    return CutSets(question, topology, base.down, asset, order, members, len(members), solution.is_complete(asset))


def all_cut_sets(  # noqa: PLR0913 - the question, and how to answer it
    question: Question,
    base: Base,
    *,
    order: int = 3,
    loads: Ints | None = None,
    salt: NDArray[np.int64] | None = None,
    limit: int | None = 10_000,
) -> AllCutSets:
    """The minimal cut sets of loads (by default all that the schema marks) with up to `order` members.

    `salt` (n): what loads of one template must agree in besides. `limit`: of each load on replicas
    list at most so many.
    """
    _check_order(order)
    topology = base.topology
    make_room(topology)
    asked = topology.loads.copy() if loads is None else np.zeros(len(topology), np.bool_)
    if loads is not None:
        asked[loads] = True
    wanted = np.flatnonzero(asked & ~base.down).astype(np.int32)
    hosted = replicated(topology, base.down)[wanted]
    solved = np.zeros(len(topology), np.bool_)
    solved[wanted[~hosted]] = True
    for load in wanted[hosted].tolist():
        solved[hosts_of(topology, base.down, load)] = True
    plain = np.flatnonzero(solved).astype(np.int32)
    salt = np.zeros(len(topology), np.int64) if salt is None else salt
    sets = solve_loads(topology, base.down, plain, order, salt)
    return AllCutSets(question, topology, base.down, order, wanted, sets, hosted, limit)


def named_sets(topology: Topology, members: Ints, of: NDArray[np.signedinteger[Any]] | None = None) -> list[list[str]]:
    """Sets of assets by id, members and sets sorted; `members` k × 3, -1 where a set has fewer.

    `of` (k), ascending: whose each set is; the sets of one come before those of the next.
    """
    if not len(members):
        return []
    rank = topology.ids.rank
    keys = np.sort(np.where(members >= 0, rank[members], ABSENT), axis=1)
    columns = np.where(keys == ABSENT, -1, keys).T[::-1]
    keys = keys[np.lexsort(columns if of is None else (*columns, of))]
    used = distinct(keys[keys < ABSENT])
    if not len(used):
        return [[] for _ in range(len(members))]
    asset_of = np.empty(len(rank), np.int32)
    asset_of[rank] = np.arange(len(rank), dtype=np.int32)
    names = np.array(topology.ids.many(asset_of[used]), object)
    sizes = np.count_nonzero(keys < ABSENT, axis=1).tolist()
    rows = names[np.minimum(np.searchsorted(used, keys), len(used) - 1)].tolist()
    return [row[:size] for row, size in zip(rows, sizes, strict=True)]


def _smallest_first(members: Ints) -> Ints:
    return members[np.argsort(np.count_nonzero(members >= 0, axis=1), kind="stable")]


def _check_order(order: int) -> None:
    if order not in ORDERS:
        raise BadInput(f"cut sets have order 1, 2 or 3, not {order}")
