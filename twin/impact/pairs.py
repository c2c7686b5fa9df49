"""N-2: every pair that takes down more than the union of its two singles (section 5).

Of each single its fallen are kept, and a *record* for each group that loses suppliers to it while its owner stays
up: which ones. The union of two singles is closed, and the pair no worse, unless

- a group whose owner neither takes down loses, to both together, more suppliers than it can spare; with a slack of one:
  two different ones. This is exact for every slack, standby or not;
- a part (PART_OF) has all its paths and loops taken, some by one and some by the other;
- both touch the same loop of one type, where counting is not enough.

Records are joined by group, part and loop, and each pair found is settled, so that its figures are exact and those that
the loops proposed in vain drop out. Groups of more than 64 suppliers propose every two that touch them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact._jit import kernel, lean_kernel
from twin.impact.classes import Weights, classes_of, weights
from twin.impact.question import Question
from twin.impact.settle import Base
from twin.impact.spread import (
    FALLEN,
    HEAD,
    LEVELS,
    LOOPS,
    TOUCHED,
    Net,
    Work,
    seed,
    spread,
    take_along,
    unspread,
    work_of,
)
from twin.impact.sweep import chosen, in_scope, start_one
from twin.topology.model import Ints

if TYPE_CHECKING:
    import polars

Masks = NDArray[np.uint64]
COLUMNS = ("pair", "lost", "beyond_singles")


@dataclass(frozen=True, eq=False)
class Pairs:
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

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row a pair."""
        return self._rows(len(self))

    def _rows(self, top: int) -> list[dict[str, Any]]:
        ids = self.base.topology.ids
        first, second = ids.many(self.assets[:top, 0]), ids.many(self.assets[:top, 1])
        figures = zip(self.lost[:top].tolist(), self.beyond_singles[:top].tolist(), strict=True)
        return [
            {"pair": [one, other], "lost": lost, "beyond_singles": beyond}
            for one, other, (lost, beyond) in zip(first, second, figures, strict=True)
        ]

    def to_dict(self, *, top: int | None = None) -> dict[str, Any]:
        """The document of `twin pairs --json`; `top`: only the first so many rows."""
        question = Question(out=tuple(self.base.out.tolist()))
        rows = self.rows if top is None else self._rows(top)
        return {"question": question.document(self.base.topology), "rows": rows}

    def to_frame(self) -> polars.DataFrame:
        """One row a pair."""
        from twin.frames import frame  # noqa: PLC0415 - polars is optional

        return frame(self.rows, COLUMNS)


class Records(NamedTuple):
    """What singles touch without taking it down: key (group, then part, then loop), place in scope, which suppliers."""

    key: Ints
    place: Ints
    mask: Masks


class Singles(NamedTuple):
    """The fallen of each single: `fallen[start[place]:start[place + 1]]`, and its records likewise."""

    start: Ints
    fallen: Ints
    record_start: Ints


class Touching(NamedTuple):
    """The records by key: `place[start[key]:start[key + 1]]`, and `mask` alike."""

    start: Ints
    place: Ints
    mask: Masks


class Keys(NamedTuple):
    """What can be spared of each key; -1: every two that touch it are settled."""

    slack: Ints
    groups: int
    parts: int
    """Key of the first part and of the first loop."""


def pairs(base: Base, labels: Iterable[str] | None = None, *, compile_kernels: bool | None = None) -> Pairs:
    """The pairs in scope: assets with one of these labels, else all but servers that supply something."""
    topology = base.topology
    scope = in_scope(topology, labels)
    if labels is None:
        scope &= np.diff(topology.supplied_start) > 0
    classes = classes_of(base)
    assets = np.flatnonzero(scope & ~classes.sink).astype(np.int32)
    counted = weights(base, classes)
    work = work_of(topology, base.fell.copy(), base.slack.copy(), base.gone)
    taken = np.empty(len(topology), np.int32)
    keys = _keys(base, work)
    singles, records = chosen(trace, len(assets), compile_kernels)(classes.net, work, assets, keys, taken)
    touching = _by_key(records, len(keys.slack))
    join = chosen(join_all, len(assets), compile_kernels)
    found = join(classes.net, work, assets, counted, keys, singles, records, touching, taken)
    return _ranked(base, assets, *found)


def _keys(base: Base, work: Work) -> Keys:
    """Groups first, then parts, then loops."""
    topology = base.topology
    group = base.slack.copy()
    group[np.diff(topology.member_start) > 64] = -1
    part = work.remaining - 1
    part[np.diff(topology.whole_start) > 64] = -1
    slack = np.concatenate([group, part, np.full(len(topology.loop_type), -1)]).astype(np.int32)
    return Keys(slack, len(group), len(group) + len(part))


def _by_key(records: Records, count: int) -> Touching:
    start = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(records.key, minlength=count), out=start[1:])
    order = np.argsort(records.key, kind="stable")
    return Touching(start, records.place[order], records.mask[order])


def _ranked(base: Base, assets: Ints, one: Ints, other: Ints, lost: Ints, beyond: Ints) -> Pairs:  # noqa: PLR0913, PLR0917 - arrays
    rank = base.topology.ids.rank
    first, second = assets[one], assets[other]
    swap = rank[first] > rank[second]
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    order = np.lexsort((rank[second], rank[first], -lost))
    return Pairs(base, np.stack([first, second], axis=1)[order], lost[order], beyond[order])


@kernel
def grown_ints(values: Ints, size: int) -> Ints:
    """The values in an array of at least this size."""
    if size <= len(values):
        return values
    larger = np.empty(2 * size, np.int32)
    larger[: len(values)] = values
    return larger


@kernel
def grown_masks(values: Masks, size: int) -> Masks:
    """The masks in an array of at least this size."""
    if size <= len(values):
        return values
    larger = np.empty(2 * size, np.uint64)
    larger[: len(values)] = values
    return larger


@kernel
def trace(net: Net, work: Work, assets: Ints, keys: Keys, taken: Ints) -> tuple[Singles, Records]:
    """Fail one asset after the other and keep its fallen and its records."""
    start = np.zeros(len(assets) + 1, np.int32)
    record_start = np.zeros(len(assets) + 1, np.int32)
    fallen = np.empty(1024, np.int32)
    key, where, mask = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.uint64)
    hurt = np.zeros(keys.parts, np.uint64)
    count = 0
    for place in range(len(assets)):
        begin = start[place]
        start_one(net, work, assets[place], taken)
        spread(net, work)
        end = begin + work.counts[FALLEN]
        fallen = grown_ints(fallen, end)
        fallen[begin:end] = work.queue[: work.counts[FALLEN]]
        start[place + 1] = end
        first = count
        most = count + work.counts[LOOPS]
        for at in range(begin, end):
            asset = fallen[at]
            most += net.supplied_start[asset + 1] - net.supplied_start[asset]
            most += net.part_start[asset + 1] - net.part_start[asset]
        key, where, mask = grown_ints(key, most), grown_ints(where, most), grown_masks(mask, most)
        count = _note_groups(net, work, hurt, key, count)
        count = _note_parts(net, work, keys, hurt, key, count, assets[place], taken)
        for at in range(first, count):
            where[at] = place
            mask[at] = hurt[key[at]]
            hurt[key[at]] = np.uint64(0)
        for at in range(work.counts[LOOPS]):
            key[count] = keys.parts + work.dirty_list[at]
            where[count] = place
            mask[count] = np.uint64(0)
            count += 1
        record_start[place + 1] = count
        unspread(net, work)
    return Singles(start, fallen[: start[-1]], record_start), Records(key[:count], where[:count], mask[:count])


@lean_kernel
def _note_groups(net: Net, work: Work, hurt: Masks, key: Ints, count: int) -> int:
    """Note the groups outside loops of up owners that lost suppliers: their key once, which ones in `hurt`."""
    for at in range(work.counts[FALLEN]):
        asset = work.queue[at]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            if work.fell[net.group_owner[group]] != 0 or net.loop_of_group[group] >= 0:
                continue
            if hurt[group] == 0:
                key[count] = group
                count += 1
            position = net.supplied_position[edge] - net.member_start[group]
            hurt[group] |= np.uint64(1) << np.uint64(position % 64)
    return count


@lean_kernel
def _note_parts(net: Net, work: Work, keys: Keys, hurt: Masks, key: Ints, count: int, asset: int, taken: Ints) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Note the parts of which some paths and loops are taken and others are not."""
    if net.part_start[asset] == net.part_start[asset + 1] and net.along_start[asset] == net.along_start[asset + 1]:
        return count
    taken[len(taken) - 1] = asset
    for at in range(take_along(net, work, taken[len(taken) - 1 :], taken)):
        whole = taken[at]
        for edge in range(net.part_start[whole], net.part_start[whole + 1]):
            part = net.part[edge]
            if work.fell[part] != 0:
                continue
            if hurt[keys.groups + part] == 0:
                key[count] = keys.groups + part
                count += 1
            for other in range(net.whole_start[part], net.whole_start[part + 1]):
                if net.whole[other] == whole:
                    hurt[keys.groups + part] |= np.uint64(1) << np.uint64((other - net.whole_start[part]) % 64)
    return count


@lean_kernel
def _bits(mask: int) -> int:
    """How many bits are set."""
    count = 0
    left = np.uint64(mask)
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@kernel
def join_all(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    work: Work,
    assets: Ints,
    counted: Weights,
    keys: Keys,
    singles: Singles,
    records: Records,
    touching: Touching,
    taken: Ints,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Find the pairs: places of the larger and the smaller, lost, and beyond the singles."""
    one, other = np.empty(1024, np.int32), np.empty(1024, np.int32)
    lost, beyond = np.empty(1024, np.int32), np.empty(1024, np.int32)
    partners = np.empty(len(assets), np.int32)
    known = np.full(len(assets), -1, np.int32)
    count = 0
    for place in range(len(assets)):
        size = singles.start[place + 1] - singles.start[place]
        found = 0
        for at in range(singles.record_start[place], singles.record_start[place + 1]):
            key, mask = records.key[at], records.mask[at]
            slack = keys.slack[key]
            for touch in range(touching.start[key], touching.start[key + 1]):
                partner = touching.place[touch]
                their = singles.start[partner + 1] - singles.start[partner]
                if known[partner] == place or their > size or (their == size and partner >= place):
                    continue
                if slack < 0 or _bits(mask | touching.mask[touch]) > slack:
                    known[partner] = place
                    partners[found] = partner
                    found += 1
        if found == 0:
            continue
        count += found
        one, other = grown_ints(one, count), grown_ints(other, count)
        lost, beyond = grown_ints(lost, count), grown_ints(beyond, count)
        count -= found
        start_one(net, work, assets[place], taken)
        spread(net, work)
        alone = 0
        for at in range(work.counts[FALLEN]):
            alone += counted.assets[work.queue[at]]
        for at in range(found):
            more, beside = _beside(net, work, assets, counted, singles, place, partners[at], taken)
            if more > beside:
                one[count], other[count] = place, partners[at]
                lost[count], beyond[count] = alone + more, more - beside
                for named in (assets[place], assets[partners[at]]):
                    if work.fell[named] != -1:
                        lost[count] -= 1
                count += 1
        unspread(net, work)
    return one[:count], other[:count], lost[:count], beyond[:count]


@lean_kernel
def _beside(  # noqa: PLR0913, PLR0917 - arrays
    net: Net, work: Work, assets: Ints, counted: Weights, singles: Singles, place: int, partner: int, taken: Ints
) -> tuple[int, int]:
    """On top of one single fail its partner: how much more falls, and how much of that the partner takes down alone."""
    beside, more = 0, 0
    for at in range(singles.start[partner], singles.start[partner + 1]):
        if work.fell[singles.fallen[at]] == 0:
            beside += int(counted.assets[singles.fallen[at]])
    fallen, touched, loops, level = work.counts[FALLEN], work.counts[TOUCHED], work.counts[LOOPS], work.counts[LEVELS]
    taken[len(taken) - 2] = assets[place]
    taken[len(taken) - 1] = assets[partner]
    for at in range(take_along(net, work, taken[len(taken) - 2 :], taken)):
        seed(work, taken[at])
    spread(net, work)
    for at in range(fallen, work.counts[FALLEN]):
        more += int(counted.assets[work.queue[at]])
    _step_back(net, work, fallen, touched, loops)
    work.counts[LEVELS] = level
    return more, beside


@lean_kernel
def _step_back(net: Net, work: Work, fallen: int, touched: int, loops: int) -> None:
    """Undo what fell since the counts were these."""
    fell, slack, start, supplied = work.fell, work.slack, net.supplied_start, net.supplied_group
    for at in range(fallen, work.counts[FALLEN]):
        asset = work.queue[at]
        fell[asset] = 0
        for edge in range(start[asset], start[asset + 1]):
            slack[supplied[edge]] += 1
    for at in range(touched, work.counts[TOUCHED]):
        work.mark[work.touched[at]] = False
    for at in range(loops, work.counts[LOOPS]):
        work.was_dirty[work.dirty_list[at]] = False
    work.counts[FALLEN], work.counts[HEAD] = fallen, fallen
    work.counts[TOUCHED], work.counts[LOOPS] = touched, loops
