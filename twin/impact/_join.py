"""The join of pairs: which two singles break together what neither breaks alone, and what then falls.

The outcome is the union of both singles, and what breaks, and what falls with that. In order of their cost:

- only terminal owners break (of one group, supplying nothing): these are counted;
- others break, or members of a loop that both touch: from these on the losses are followed, group by group, against
  what the larger single takes of each group and the most that the smaller takes of any group of that type;
- where many fall with an owner that breaks, and all else that the two touch, the union with that single is counted;
- where that leaves a doubt, or a part, or another loop, the smaller is failed on top of the larger.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact._jit import inlined_kernel, kernel, lean_kernel
from twin.impact._records import Keys, Masks, Records, Singles, Touching
from twin.impact.classes import Weights
from twin.impact.loops import reach_loop
from twin.impact.spread import (
    FALLEN,
    FINAL,
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
)
from twin.impact.sweep import start_one
from twin.topology.model import Bools, Codes, Ints


@inlined_kernel
def _bits(mask: int | np.uint64) -> int:
    """How many bits are set."""
    count = 0
    left = np.uint64(mask)
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@inlined_kernel
def _breaks(records: Records, width: int, slack: int, mask: int, theirs: int) -> bool:
    """Whether two records of a key take more suppliers together than it can spare."""
    if width == 1:
        return _bits(np.uint64(mask) | np.uint64(theirs)) > slack
    lost = 0
    for word in range(width):
        lost += _bits(records.words[np.int64(mask) + word] | records.words[np.int64(theirs) + word])
    return lost > slack


class Met(NamedTuple):
    """The partners of one single, by place in the scope.

    by: the single that met it last; why: what for (SOFT, LOOP, SURE together; 0: terminal owners alone); broken: what
    stands for the terminal owners that break; head: the first of all owners that break in the lists `owners` and
    `after`, -1 ends a list; partners: those met, in order.
    """

    by: Ints
    why: Ints
    broken: Ints
    head: Ints
    owners: Ints
    after: Ints
    partners: Ints


SOFT, LOOP, SURE = 1, 2, 4
LISTED = 1 << 20
"""Owners that break with the partners of one single and are looked at one by one; with more, pairs are settled."""


BESIDE = FINAL - 1
"""The level at which the losses of a partner are noted for a moment."""


MANY = 64
"""Losses of an owner that breaks, from which on it is worth asking whether all else falls with it."""


class Sizes(NamedTuple):
    """Of each single: what it takes down (alone), where (areas, 64 parts of the index), how much of one group (most).

    most: place × type, the most suppliers that it takes of any group of that type.
    """

    alone: Ints
    areas: Masks
    most: Ints


class Marks(NamedTuple):
    """Working arrays.

    Of the single at work: left, n, weights but for what it takes down; hurting, g, how many suppliers it takes of each
    group; touched, L, the last single that touched a loop. Of one pair: taking, g, how many suppliers what breaks
    takes, on top of tick[0] << COUNT; stamp, n, tick[0] for what is known to fall beside the larger; queue, n, what
    breaks, and from its end on whose groups are in doubt. inside: n, what the single at held[0] takes down.
    """

    left: Ints
    hurting: Ints
    touched: Ints
    taking: NDArray[np.int64]
    stamp: Ints
    tick: NDArray[np.int64]
    queue: Ints
    through: Ints
    inside: Bools
    held: Ints


COUNT = 24
"""Bits that count the suppliers of one group."""


@kernel
def join_all(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    work: Work,
    assets: Ints,
    known: Bools,
    counted: Weights,
    group_type: Codes,
    keys: Keys,
    singles: Singles,
    records: Records,
    touching: Touching,
    taken: Ints,
) -> Ints:
    """Find the pairs, a row each: places of the larger and the smaller, lost, and beyond the singles.

    `known` (as long as assets): pairs of two of these are left out.
    """
    rows = np.empty((1024, 4), np.int32)
    size = len(assets)
    none, some = np.full(size, -1, np.int32), np.empty(size, np.int32)
    lists = np.empty(LISTED, np.int32)
    met = Met(none, some, some.copy(), some.copy(), lists, lists.copy(), some.copy())
    count_of = np.zeros(len(work.slack), np.int32)
    stamp = np.full(len(work.fell), -1, np.int32)
    touched = np.full(len(net.loop_start), -1, np.int32)
    left, tick = counted.assets.copy(), np.zeros(1, np.int64)
    taking, inside, held = np.zeros(len(work.slack), np.int64), np.zeros(len(work.fell), np.bool_), touched[:1].copy()
    marks = Marks(left, count_of, touched, taking, stamp, tick, stamp.copy(), stamp.copy(), inside, held)
    place_of = np.full(len(work.fell), -1, np.int32)
    place_of[assets] = np.arange(size)
    sizes = _sizes(counted, group_type, singles, records, keys)
    count = 0
    for place in range(size):
        found = _meet(net, counted, keys, singles, records, touching, met, known, place)
        if found == 0:
            continue
        if count + found > len(rows):
            larger = np.empty((2 * (count + found), 4), np.int32)
            larger[:count] = rows[:count]
            rows = larger
        count = _write(
            net,
            work,
            assets,
            counted,
            group_type,
            keys,
            singles,
            records,
            met,
            sizes,
            marks,
            place_of,
            place,
            found,
            taken,
            rows,
            count,
        )
    return rows[:count]


@inlined_kernel
def _write(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    work: Work,
    assets: Ints,
    counted: Weights,
    group_type: Codes,
    keys: Keys,
    singles: Singles,
    records: Records,
    met: Met,
    sizes: Sizes,
    marks: Marks,
    place_of: Ints,
    place: int,
    found: int,
    taken: Ints,
    rows: Ints,
    count: int,
) -> int:
    """Write the rows of one single with the partners met that are worse; how many rows there are then."""
    _note(counted, keys, singles, records, marks, place, True)
    for at in range(found):
        partner = int(met.partners[at])
        beside = _beside_alone(singles, sizes, marks.left, place, partner)
        why = int(met.why[partner])
        more = int(met.broken[partner])
        if why & LOOP and work.counts[FALLEN] == 0:
            start_one(net, work, assets[place], taken)
            spread(net, work)
        if why != 0 and beside > 0:
            through = _through(net, keys, singles, records, met, marks, place_of, place, partner)
            if through >= 0:
                common = _common(counted, singles, marks.inside, marks.left, place, partner)
                more, why = int(sizes.alone[through]) - common, 0
        if SOFT <= why < SURE and beside > 0:
            on_top = _follow(net, work, counted, group_type, keys, singles, records, met, sizes, marks, place, partner)
            more, why = max(on_top, 0), 0 if on_top >= 0 else SURE
        if why >= SURE:
            more = _settled(net, work, assets, counted, place, partner, taken) - beside
        if more > 0:
            named = int(work.fell[assets[place]] != -1) + int(work.fell[assets[partner]] != -1)
            rows[count, 0], rows[count, 1] = place, partner
            rows[count, 2], rows[count, 3] = sizes.alone[place] + beside + more - named, more
            count += 1
    _note(counted, keys, singles, records, marks, place, False)
    unspread(net, work)
    return count


@inlined_kernel
def _note(  # noqa: PLR0913, PLR0917 - arrays
    counted: Weights, keys: Keys, singles: Singles, records: Records, marks: Marks, place: int, on: bool
) -> None:
    """Write to `marks` what the single at `place` takes down and touches, or take it off again."""
    for at in range(singles.start[place], singles.start[place + 1]):
        asset = singles.fallen[at]
        marks.left[asset] = 0 if on else counted.assets[asset]
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = records.key[at]
        if key >= keys.parts:
            marks.touched[key - keys.parts] = place
        elif key < keys.groups:
            marks.hurting[key] = records.many[at] if on else 0


@inlined_kernel
def _meet(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    counted: Weights,
    keys: Keys,
    singles: Singles,
    records: Records,
    touching: Touching,
    met: Met,
    known: Bools,
    place: int,
) -> int:
    """Meet the smaller singles that touch the same; returns how many may make it worse."""
    found, listed = 0, 0
    size = singles.start[place + 1] - singles.start[place]
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = records.key[at]
        slack, width, weight, owner = int(keys.slack[key]), int(keys.width[key]), 0, -1
        why = LOOP if key >= keys.parts else SURE
        if key < keys.groups:
            owner, why = net.group_owner[key], SOFT
            if _is_terminal(net, int(owner)):
                why, weight = 0, int(counted.assets[owner])
        for touch in range(touching.start[key], touching.start[key + 1]):
            if touching.many[touch] + records.many[at] <= slack:
                break
            partner = touching.place[touch]
            their = singles.start[partner + 1] - singles.start[partner]
            if their > size or (their == size and partner >= place) or (known[place] and known[partner]):
                continue
            new = met.by[partner] != place
            if not new and met.why[partner] >= SURE:
                continue
            if slack >= 0 and not _breaks(records, width, slack, records.mask[at], touching.mask[touch]):
                continue
            if new:
                met.by[partner] = place
                met.why[partner], met.broken[partner], met.head[partner] = 0, 0, -1
                met.partners[found] = partner
                found += 1
            met.why[partner] |= why
            met.broken[partner] += weight
            if owner >= 0 and listed == len(met.owners):
                met.why[partner] |= SURE
            elif owner >= 0:
                met.owners[listed], met.after[listed] = owner, met.head[partner]
                met.head[partner] = listed
                listed += 1
    return found


@inlined_kernel
def _beside_alone(singles: Singles, sizes: Sizes, left: Ints, place: int, partner: int) -> int:
    """How much a partner takes down alone that the single at `place` does not."""
    if not sizes.areas[place] & sizes.areas[partner]:
        return int(sizes.alone[partner])
    beside = 0
    for at in range(singles.start[partner], singles.start[partner + 1]):
        beside += left[singles.fallen[at]]
    return int(beside)


@inlined_kernel
def _follow(  # noqa: C901, PLR0913, PLR0917 - arrays, and one worklist
    net: Net,
    work: Work,
    counted: Weights,
    group_type: Codes,
    keys: Keys,
    singles: Singles,
    records: Records,
    met: Met,
    sizes: Sizes,
    marks: Marks,
    place: int,
    partner: int,
) -> int:
    """What falls beside both singles from the listed owners and the loops on; -1 where there is a doubt.

    What breaks is up in both singles, so that what it takes of a group comes on top of what each of them takes.
    """
    marks.tick[0] += 1
    queue, stamp, tick = marks.queue, marks.stamp, int(marks.tick[0])
    for at in range(singles.start[partner], singles.start[partner + 1]):
        stamp[singles.fallen[at]] = tick
    from_loops = 0
    if met.why[partner] & LOOP:
        from_loops = _break_loops(net, work, keys, singles, records, marks, place, partner)
    tail, at = from_loops, met.head[partner]
    while at >= 0:
        owner = met.owners[at]
        if stamp[owner] != tick:
            stamp[owner] = tick
            queue[tail] = owner
            tail += 1
        at = met.after[at]
    total, head, certain, doubts = 0, 0, True, len(queue)
    while head < tail:
        owner = queue[head]
        total += counted.assets[owner]
        for edge in range(net.supplied_start[owner], net.supplied_start[owner + 1]):
            group = net.supplied_group[edge]
            marks.taking[group] = max(marks.taking[group], tick << COUNT) + 1
            consumer = net.group_owner[group]
            if stamp[consumer] == tick or marks.left[consumer] == 0:
                continue
            spare = keys.slack[group] - marks.hurting[group] - (marks.taking[group] - (tick << COUNT))
            if net.loop_of_group[group] >= 0:
                certain = certain and head < from_loops and marks.through[owner] == net.loop_of_group[group]
            elif spare < 0:
                stamp[consumer] = tick
                queue[tail] = consumer
                tail += 1
            elif spare < sizes.most[partner, group_type[group]]:
                if doubts == tail + 1:
                    return -1
                doubts -= 1
                queue[doubts] = consumer
        head += 1
    for at in range(doubts, len(queue)):
        certain = certain and stamp[queue[at]] == tick
    return int(total) if certain else -1


@inlined_kernel
def _break_loops(  # noqa: PLR0913, PLR0917 - arrays
    net: Net, work: Work, keys: Keys, singles: Singles, records: Records, marks: Marks, place: int, partner: int
) -> int:
    """Queue the members of the loops that both touch which neither takes down and both together do; how many.

    The larger single is failed. A loop is settled as of the losses of both; what is not reached then supplies nothing
    in that loop that is, so that its members need not be looked at again for it. Another loop in which it stands knows
    nothing of it yet.
    """
    first, last = singles.start[partner], singles.start[partner + 1]
    for at in range(first, last):
        if work.fell[singles.fallen[at]] == 0:
            work.fell[singles.fallen[at]] = BESIDE
    tail = 0
    for at in range(singles.record_start[partner], singles.record_start[partner + 1]):
        loop = records.key[at] - keys.parts
        if loop < 0 or marks.touched[loop] != place:
            continue
        reach_loop(net, work.reach, work.fell, loop, FINAL, False)
        for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
            asset = net.loop_asset[slot]
            if work.fell[asset] == 0 and work.reach.rank[slot] < 0 and marks.stamp[asset] != marks.tick[0]:
                marks.stamp[asset] = marks.tick[0]
                marks.queue[tail], marks.through[asset] = asset, loop
                tail += 1
    for at in range(first, last):
        if work.fell[singles.fallen[at]] == BESIDE:
            work.fell[singles.fallen[at]] = 0
    return tail


@inlined_kernel
def _is_terminal(net: Net, owner: int) -> bool:
    """Whether an asset takes nothing down with it and breaks by one group alone, so that it may simply be counted."""
    groups = net.owner_start[owner + 1] - net.owner_start[owner]
    return groups == 1 and net.supplied_start[owner] == net.supplied_start[owner + 1]


@lean_kernel
def _through(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    keys: Keys,
    singles: Singles,
    records: Records,
    met: Met,
    marks: Marks,
    place_of: Ints,
    place: int,
    partner: int,
) -> int:
    """The place of an owner that breaks and takes down so much that all else that the two touch falls with it, or -1.

    The union with that single is the outcome then. It is marked in `marks.inside`.
    """
    at = met.head[partner]
    while at >= 0 and place_of[met.owners[at]] < 0:
        at = met.after[at]
    if at < 0:
        return -1
    owner = int(met.owners[at])
    through = int(place_of[owner])
    if _takes_along(net, owner) or singles.start[through + 1] - singles.start[through] < MANY:
        return -1
    _hold(singles, marks.inside, marks.held, through)
    for number in range(2):
        single = place if number == 0 else partner
        for at in range(singles.record_start[single], singles.record_start[single + 1]):
            key = records.key[at]
            if key >= keys.groups or not marks.inside[net.group_owner[key]]:
                return -1
    return through


@lean_kernel
def _takes_along(net: Net, asset: int) -> bool:
    """Whether the failure of an asset takes others along, so that its breaking is less than its failure."""
    along = net.along_start[asset + 1] - net.along_start[asset]
    return along + net.part_start[asset + 1] - net.part_start[asset] > 0


@lean_kernel
def _hold(singles: Singles, inside: Bools, held: Ints, place: int | Ints) -> None:
    """Mark the fallen of this single alone, -1: nothing; `held`: the one marked before."""
    if held[0] == place:
        return
    for old in range(2):
        if held[0] >= 0:
            for at in range(singles.start[held[0]], singles.start[held[0] + 1]):
                inside[singles.fallen[at]] = old == 1
        held[0] = place


@lean_kernel
def _common(counted: Weights, singles: Singles, inside: Bools, left: Ints, place: int, partner: int) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """How much two singles take down of what is marked."""
    common = 0
    for at in range(singles.start[place], singles.start[place + 1]):
        if inside[singles.fallen[at]]:
            common += counted.assets[singles.fallen[at]]
    for at in range(singles.start[partner], singles.start[partner + 1]):
        if inside[singles.fallen[at]]:
            common += left[singles.fallen[at]]
    return int(common)


@kernel
def _sizes(counted: Weights, group_type: Codes, singles: Singles, records: Records, keys: Keys) -> Sizes:
    """How much each single takes down, where, and the most that it takes of any group of each type."""
    count = len(singles.start) - 1
    alone, areas = np.zeros(count, np.int32), np.zeros(count, np.uint64)
    most = np.zeros((count, 6), np.int32)
    width = len(counted.assets) // 64 + 1
    for place in range(count):
        for at in range(singles.start[place], singles.start[place + 1]):
            asset = singles.fallen[at]
            alone[place] += counted.assets[asset]
            areas[place] |= np.uint64(1) << np.uint64(asset // width)
        for at in range(singles.record_start[place], singles.record_start[place + 1]):
            if records.key[at] < keys.groups:
                kind = group_type[records.key[at]]
                most[place, kind] = max(most[place, kind], records.many[at])
    return Sizes(alone, areas, most)


@lean_kernel
def _settled(  # noqa: PLR0913, PLR0917 - arrays
    net: Net, work: Work, assets: Ints, counted: Weights, place: int, partner: int, taken: Ints
) -> int:
    """On top of one single, failed first if it is not yet, fail its partner: how much more falls."""
    more = 0
    if work.counts[FALLEN] == 0:
        start_one(net, work, assets[place], taken)
        spread(net, work)
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
    return more


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
