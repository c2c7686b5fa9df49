"""N-2: every pair that takes down more than the union of its two singles (section 5).

Of each single its fallen are kept, and a *record* for each group that loses suppliers to it while its owner stays
up: which ones. The union of two singles is closed, and the pair no worse, unless

- a group whose owner neither takes down loses, to both together, more suppliers than it can spare; with a slack of one:
  two different ones. This is exact for every slack, standby or not;
- a part (PART_OF) has all its paths and loops taken, some by one and some by the other;
- both touch the same loop of one type, where counting is not enough.

Records are joined by group, part and loop. A pair that breaks no more than owners that supply nothing is counted; any
other pair found is settled, so that its figures are exact and those that the loops proposed in vain drop out. That is
exact for every need and slack and for any number of suppliers: of up to 64 the lost are one word; of more, as many as
it takes, and the records of a key stand most lost first, so that those too few to break it together are never met.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from twin.frames import Columns, Tabular, piece_by_piece
from twin.impact._alike import Alike, alike
from twin.impact._crew import crew, share_out, spans
from twin.impact._jit import compiled, plain
from twin.impact._join import join_all, measure
from twin.impact._joining import LOOPED, MOVES, STAYS, Joining, joining
from twin.impact._keep import keep
from twin.impact._records import Keys, Records, Singles, Touching, by_key, joined, keys_of, trace
from twin.impact.classes import Classes, classes_of, idle
from twin.impact.gaps import gaps
from twin.impact.load_plan import COOLS
from twin.impact.net import Net
from twin.impact.question import Question
from twin.impact.settle import Base
from twin.impact.spread import Work
from twin.impact.sweep import in_scope, is_compiled, levels, so_far
from twin.topology.model import Bools, Floats, Ints, Topology

MOST_BITS = 63
"""Of a number without sign."""
TRACED, JOINED = 4, 4
"""Parts to each thread: few, as those of a join do not know each other's sets of what breaks."""
COLUMNS = {"pair": list, "lost": int, "beyond_singles": int}


class Listed(Tabular):
    """Pairs, most lost first, whose rows are made from arrays."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _rows(self, some: slice) -> list[dict[str, Any]]:
        """The rows of some of the pairs."""

    @abstractmethod
    def _document(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """The document with these rows."""

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row a pair."""
        return self._rows(slice(None))

    def to_dict(self, *, top: int | None = None) -> dict[str, Any]:
        """The document of `twin pairs --json`; `top`: only the first so many rows."""
        return self._document(self.table(top))

    def in_parts(self, *, top: int | None = None) -> dict[str, Any]:
        """The same document with an iterator for its rows: 350,000 of them take 150 MB."""
        return self._document(piece_by_piece(self._rows, len(self), top))

    def table(self, most: int | None = None) -> list[dict[str, Any]]:
        """One row a pair, most lost first."""
        return self.rows if most is None else self._rows(slice(most))


@dataclass(frozen=True, eq=False, repr=False)
class Pairs(Listed):
    """The pairs, most lost first, ties by ids; arrays in the order of the answer."""

    base: Base
    assets: Ints
    """k × 2: each pair, ids ascending."""
    lost: Ints
    """As impact of both counts it."""
    beyond_singles: Ints
    """What neither single takes down."""

    def __len__(self) -> int:
        return len(self.assets)

    def _rows(self, some: slice) -> list[dict[str, Any]]:
        ids = self.base.topology.ids
        first, second = ids.many(self.assets[some, 0]), ids.many(self.assets[some, 1])
        figures = zip(self.lost[some].tolist(), self.beyond_singles[some].tolist(), strict=True)
        return [
            {"pair": [one, other], "lost": lost, "beyond_singles": beyond}
            for one, other, (lost, beyond) in zip(first, second, figures, strict=True)
        ]

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.base.topology, self.base.down)

    def _document(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        question = Question(out=tuple(self.base.out.tolist()))
        return {"question": question.document(self.base.topology), "rows": rows, "model": self.model}

    COLUMNS: ClassVar[Columns] = COLUMNS

    @property
    def headline(self) -> str:
        """How many there are."""
        return f"{len(self):,} pairs lose more than their two singles"


def pairs(base: Base, labels: Iterable[str] | None = None, *, compile_kernels: bool | None = None) -> Pairs:
    """The pairs in scope: assets with one of these labels, else all but servers that supply something."""
    topology = base.topology
    alone = in_scope(topology, labels)
    scope = alone & (np.diff(topology.supplied_start) > 0) if labels is None else alone
    return _ranked(base, rows_among(base, scope, alone=alone, compile_kernels=compile_kernels))


def rows_among(
    base: Base, scope: Bools, *, alone: Bools | None = None, quiet: bool = False, compile_kernels: bool | None = None
) -> Ints:
    """The pairs of two assets of `scope` (n) in any order, k × 5: two assets, lost, beyond the singles, quiet.

    `alone`: all that stand alone in the class graph, that of a sweep of these; by default those of the scope. The last
    is 1 if what falls beyond moves no load; that is only asked with `quiet`, and 0 means that it is not known.
    """
    some = ~idle(base.topology)
    alone, scope = (scope if alone is None else alone) & some, scope & some
    use = is_compiled(join_all, base.topology, int(scope.sum()), compile_kernels)
    rows = [np.empty((0, 5), np.int32)]
    rows += [_joined(part, quiet=quiet, compile_kernels=use) for part in _traced(base, scope, alone, use)]
    return np.concatenate(rows)


def _strain(topology: Topology, classes: Classes) -> Ints:
    """`Joining.strain`: load moves in FEEDS and COOLS, and wherever standby sources are listed."""
    net = classes.net
    sources = np.zeros(len(classes.assets), np.bool_)
    sources[classes.number[topology.standby]] = True  # any of a class: loads do not count where it was made
    lists = np.zeros(len(classes.groups), np.bool_)
    lists[np.repeat(np.arange(len(lists)), np.diff(net.member_start))[sources[net.member]]] = True
    in_loop = net.loop_of_group >= 0
    lists |= in_loop & np.isin(net.loop_of_group, net.loop_of_group[in_loop & lists])
    carries = topology.group_type[classes.groups] <= COOLS
    return np.select([lists, carries & in_loop, carries], [MOVES, LOOPED, STAYS], 0).astype(np.int32)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A scope traced, ready to be joined."""

    base: Base
    classes: Classes
    assets: Ints
    """By place in the scope, as `named`, `known` and `weights`."""
    named: Ints
    """Their classes."""
    known: Bools
    weights: Ints
    singles: Singles
    records: Records
    keys: Keys
    same: Alike
    touching: Touching
    strain: Ints
    parts: tuple[slice, ...]
    """Places that are joined in one go; first those whose pairs may take down most: such must not be left over."""
    threads: int

    def join(self, *, quiet: bool) -> Joining:
        """A join at rest."""
        classes = self.classes
        return joining(
            classes.net,
            classes.at_rest(self.base),
            self.singles,
            self.records,
            self.same,
            touching=self.touching,
            spare=classes.at_rest(self.base),
            keys=self.keys,
            counted=classes.counted,
            strain=self.strain if quiet else np.empty(0, np.int32),
            assets=self.named,
            known=self.known,
            alone=self.weights,
        )


def _joined(prepared: _Prepared, *, quiet: bool, compile_kernels: bool) -> Ints:
    """The rows of two of a scope that are not both known."""
    join, joins = (
        compiled(join_all) if compile_kernels else join_all,
        [prepared.join(quiet=quiet) for _ in range(prepared.threads)],
    )

    def work(thread: int, first: int, end: int) -> Ints:
        return np.concatenate([join(joins[thread], part.start, part.stop) for part in prepared.parts[first:end]])

    rows = np.concatenate(share_out(len(prepared.parts), len(joins), work, shares=len(prepared.parts)))
    rows[:, :2] = prepared.assets[rows[:, :2]]
    return rows


@keep
def _traced(base: Base, scope: Bools, alone: Bools, use: bool) -> list[_Prepared]:
    """A scope (n) in parts: the pairs of each are those of two of its assets that no earlier part knows."""
    topology = base.topology
    done = np.zeros(len(topology), np.bool_)
    traced: list[_Prepared] = []
    for part in so_far(levels(topology, alone)):
        if (scope & part & ~done).any():
            traced.append(_prepared(base, part, scope & part, done, use=use))
        done = part
    return traced


def _prepared(base: Base, alone: Bools, scope: Bools, done: Bools, *, use: bool) -> _Prepared:
    """For pairs of two of `scope` that are not both `done`, where `alone` stand alone in the class graph (n each)."""
    assets = np.flatnonzero(scope).astype(np.int32)
    classes = classes_of(base, alone, compile_kernels=use)
    own = [classes.at_rest(base) for _ in range(crew(compiled=use))]
    named, known = classes.number[assets], done[assets]
    keys = keys_of(classes.net, own[0])
    run = compiled if use else plain
    singles, records = _singles(run(trace), classes.net, own, named, keys)
    order = np.argsort(np.diff(singles.start), kind="stable").astype(np.int32)
    same = Alike(*run(alike)(singles, records, keys, order, known, len(classes.assets)))
    hang = _hanging(classes.net, keys, singles, records, named)
    return _Prepared(
        base,
        classes,
        assets,
        named,
        known,
        run(measure)(singles, classes.counted.assets),
        singles,
        records,
        keys,
        same,
        Touching(*run(by_key)(records, same.stands, len(keys.slack))),
        _strain(base.topology, classes),
        tuple(sorted(spans(len(named), JOINED * len(own)), key=lambda part: -hang[part].sum())),
        len(own),
    )


def _hanging(net: Net, keys: Keys, singles: Singles, records: Records, named: Ints) -> Floats:
    """About how much a pair with each single may take down, by place: what falls with each owner that it touches."""
    falls = np.zeros(len(net.owner_start) - 1)
    falls[named] = np.diff(singles.start)
    of_key = np.zeros(len(keys.slack))
    of_key[: keys.groups] = falls[net.group_owner]
    loop = np.repeat(np.arange(len(net.loop_start) - 1), np.diff(net.loop_start))
    of_key[keys.parts :] = np.bincount(loop, falls[net.loop_asset], len(keys.slack) - keys.parts)
    return np.bincount(records.place, of_key[records.key], len(named)).astype(np.float64)


def _singles(
    run: Callable[..., tuple[Any, ...]], net: Net, own: list[Work], named: Ints, keys: Keys
) -> tuple[Singles, Records]:
    """The singles and their records; `run`: the kernel `trace`."""

    def part(thread: int, first: int, end: int) -> tuple[Any, ...]:
        taken = np.empty(len(own[thread].fell), np.int32)
        return run(net, own[thread], named[first:end], keys, taken)

    return joined(share_out(len(named), len(own), part, shares=TRACED), keys)


def _ranked(base: Base, rows: Ints) -> Pairs:
    rank = base.topology.ids.rank
    one, other = rank[rows[:, 0]], rank[rows[:, 1]]
    order = _in_order(len(rank) - rows[:, 2], np.minimum(one, other), np.maximum(one, other), len(rank))
    rows, swap = rows.take(order, axis=0), (one > other)[order]
    assets = np.empty((len(rows), 2), np.int32)
    assets[:, 0] = np.where(swap, rows[:, 1], rows[:, 0])
    assets[:, 1] = np.where(swap, rows[:, 0], rows[:, 1])
    return Pairs(base, assets, rows[:, 2].copy(), rows[:, 3].copy())


def _in_order(major: Ints, middle: Ints, minor: Ints, most: int) -> Ints:
    """The places by three numbers from 0 to `most`, no two the same in all; one sort where they fit one number."""
    bits = most.bit_length()
    if 3 * bits > MOST_BITS:
        return np.lexsort((minor, middle, major)).astype(np.int32)
    one = (major.astype(np.int64) << 2 * bits) + (middle.astype(np.int64) << bits) + minor
    return np.argsort(one).astype(np.int32)
