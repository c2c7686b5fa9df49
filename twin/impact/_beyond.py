"""What pairs take down beyond their singles, and their rows (see `twin.impact._join`)."""

from __future__ import annotations

import numpy as np

from twin.impact._bundle import Rows
from twin.impact._jit import lean_kernel
from twin.impact._joining import LOOPED, MOVES, STAYS, Joining
from twin.impact._records import is_alive
from twin.impact._sets import larger_set, wait
from twin.impact._ties import broken_by
from twin.impact._touching import mark_touched, may_break, may_lose, touching_of
from twin.impact.spread import (
    FALLEN,
    HEAD,
    LEVELS,
    LOOPS,
    TOUCHED,
    seed,
    spread_fallen,
    step_back,
    take_along,
    unspread,
)


@lean_kernel
def mark_mine(it: Joining, place: int) -> None:
    """Mark what a single takes down as that of the one."""
    marks, singles = it.marks, it.singles
    marks.tick[0] += 1
    tick = marks.tick[0]
    marks.tick[1] = tick
    for at in range(singles.start[place], singles.start[place + 1]):
        marks.mine[singles.fallen[at]] = tick


@lean_kernel
def mark_theirs(it: Joining, partner: int) -> int:
    """Mark what a single takes down as that of the other; how much of it the one does not take down."""
    marks, singles, beside = it.marks, it.singles, 0
    marks.tick[0] += 1
    mine, tick = marks.tick[1], marks.tick[0]
    marks.tick[2] = tick
    for at in range(singles.start[partner], singles.start[partner + 1]):
        asset = singles.fallen[at]
        marks.theirs[asset] = tick
        if marks.mine[asset] != mine:
            beside += it.counted.assets[asset]
    return int(beside)


@lean_kernel
def row_count(it: Joining, place: int, partner: int) -> int:
    """How many pairs two singles stand for."""
    start = it.alike.start
    return int((start[place + 1] - start[place]) * (start[partner + 1] - start[partner]))


@lean_kernel
def write_rows(  # noqa: PLR0913, PLR0917 - scalars
    it: Joining, place: int, partner: int, union: int, beyond: int, quiet: bool, rows: Rows, count: int
) -> int:
    """Write the rows of all pairs that two marked singles stand for; how many there are then.

    union: how much falls with one or the other; beyond: with both and neither alone, which is what is down in `work`
    and not marked. quiet: whether that surely moves no load.
    """
    alike, marks, work, weight = it.alike, it.marks, it.work, it.counted.assets
    for one in range(alike.start[place], alike.start[place + 1]):
        first = alike.member[one]
        marks.tick[0] += 1
        tick, theirs = marks.tick[0], marks.tick[2]
        beside, within = 0, 0
        for at in range(alike.extra_start[first], alike.extra_start[first + 1]):
            asset = alike.extra[at]
            marks.also[asset] = tick
            if marks.theirs[asset] != theirs:
                beside += weight[asset]
                within += weight[asset] if work.fell[asset] > 0 else 0
        for other in range(alike.start[partner], alike.start[partner + 1]):
            second = alike.member[other]
            more, less = beside, within
            for at in range(alike.extra_start[second], alike.extra_start[second + 1]):
                asset = alike.extra[at]
                if marks.mine[asset] != marks.tick[1] and marks.also[asset] != tick:
                    more += weight[asset]
                    less += weight[asset] if work.fell[asset] > 0 else 0
            count = _write(it, int(first), int(second), int(union + more), int(beyond - less), quiet, rows, count)
    return count


@lean_kernel
def _write(  # noqa: PLR0913, PLR0917 - scalars
    it: Joining, first: int, second: int, union: int, beyond: int, quiet: bool, rows: Rows, count: int
) -> int:
    """Write the row of a pair if it is worse than its singles; how many there are then."""
    if beyond <= 0 or (it.known[first] and it.known[second]):
        return count
    fell, assets = it.work.fell, it.assets
    named = int(fell[assets[first]] != -1) + int(fell[assets[second]] != -1)
    rows[count, 0], rows[count, 1] = first, second
    rows[count, 2], rows[count, 3], rows[count, 4] = union + beyond - named, beyond, quiet
    return count + 1


@lean_kernel
def take_up(it: Joining, rows: Rows, count: int) -> int:
    """Write the rows of all pairs that wait, set by set of what breaks; how many there are then. None wait any more."""
    sets, number, waiting = it.sets, 0, True
    while waiting:
        number, waiting = 0, False
        while number < sets.used[0]:
            if sets.head[number] >= 0:
                waiting = True
                count = _take_up_set(it, number, rows, count)
            number += 1
    sets.table[:] = -1
    sets.used[:] = 0
    return count


@lean_kernel
def _take_up_set(it: Joining, number: int, rows: Rows, count: int) -> int:
    """Write the rows of the pairs that wait for a set; how many there are then.

    Those with which more breaks wait for the larger set then.
    """
    sets, last, rest, more = it.sets, -1, 0, False
    pair = int(sets.head[number])
    sets.head[number] = -1
    weight = _break(it, number)
    quiet = _is_quiet(it)
    while pair >= 0:
        following, place, partner = int(sets.after[pair]), int(sets.larger[pair]), int(sets.smaller[pair])
        if place != last:
            mark_mine(it, place)
            mark_touched(it, place)
            last, rest, more = place, weight - _within(it, place, False), may_break(it, place, -1)
        union = int(it.alone[place]) + mark_theirs(it, partner)
        beyond = rest - _within(it, partner, True)
        if not (more or may_break(it, partner, place)):
            count = write_rows(it, place, partner, union, beyond, quiet, rows, count)
        elif not _waits_again(it, number, pair):
            count = _extend(it, place, partner, union, weight, rows, count)
        pair = following
    unspread(it.net, it.work)
    return count


@lean_kernel
def _waits_again(it: Joining, number: int, pair: int) -> bool:
    """Let a pair, marked, wait for what breaks in addition as well, if something does and there is room for it."""
    work, larger = it.work, -1
    fallen = int(work.counts[FALLEN])
    place, partner = int(it.sets.larger[pair]), int(it.sets.smaller[pair])
    if _break_more(it, place, -1) + _break_more(it, partner, place) > 0:
        larger = larger_set(it, number, fallen)
        for at in range(fallen, work.counts[FALLEN]):
            work.fell[work.queue[at]] = 0
        work.counts[FALLEN] = fallen
    if larger >= 0:
        wait(it, pair, larger)
    return larger >= 0


@lean_kernel
def take_up_now(it: Joining, number: int, place: int, partner: int, rows: Rows, count: int) -> int:  # noqa: PLR0913, PLR0917 - scalars
    """Write the rows of a pair that does not wait, of which the larger is marked; how many there are then."""
    work, net = it.work, it.net
    _break(it, number)
    cost = 0
    for at in range(work.counts[FALLEN]):
        cost += 1 + net.supplied_start[work.queue[at] + 1] - net.supplied_start[work.queue[at]]
    it.sets.cost[number] = cost
    count = _extend(it, place, partner, int(it.alone[place]) + mark_theirs(it, partner), -1, rows, count)
    unspread(net, work)
    return count


@lean_kernel
def _break(it: Joining, number: int) -> int:
    """Fail just a set of what breaks; how much falls."""
    work, sets = it.work, it.sets
    for at in range(sets.start[number], sets.start[number + 1]):
        seed(work, sets.item[at])
    spread_fallen(it.net, work)
    return _fallen(it, 0)


@lean_kernel
def _extend(it: Joining, place: int, partner: int, union: int, weight: int, rows: Rows, count: int) -> int:  # noqa: PLR0913, PLR0917 - scalars
    """Fail what breaks in addition to a set, until nothing does, and write the rows; how many there are then.

    weight: how much falls with the set, so that the larger single is gone through; -1: it is marked with what it
    touches, so that this is looked up for all that falls.
    """
    net, work = it.net, it.work
    fallen, touched, loops, level = work.counts[FALLEN], work.counts[TOUCHED], work.counts[LOOPS], work.counts[LEVELS]
    while True:
        more = _break_more(it, partner, place)
        more += _break_more(it, place, -1) if weight >= 0 else _break_touched(it, place)
        if more == 0:
            break
        spread_fallen(net, work)
    beyond = _unmarked(it) if weight < 0 else weight + _fallen(it, int(fallen))
    if weight >= 0:
        beyond -= _within(it, place, False) + _within(it, partner, True)
    count = write_rows(it, place, partner, union, beyond, _is_quiet(it), rows, count)
    if work.counts[FALLEN] > fallen:
        step_back(net, work, int(fallen), int(touched), int(loops), int(level))
    return count


@lean_kernel
def _break_more(it: Joining, place: int, beside: int) -> int:
    """Seed what breaks of what a marked single touches, as of what is down in `work` and marked; how many.

    Only what loses a supplier to `work` as well: what the two singles break by themselves is down there already.
    beside: as in `may_break`, where both are gone through.
    """
    work, keys, records, more = it.work, it.keys, it.records, 0
    for at in range(it.singles.record_start[place], it.singles.record_start[place + 1]):
        key = records.key[at]
        if key >= keys.parts:
            if work.was_dirty[key - keys.parts]:
                more += _break_loop(it, int(key - keys.parts))
        elif may_lose(it, at, beside):
            more += _break_owner(it, int(key))
    return more


@lean_kernel
def _break_touched(it: Joining, place: int) -> int:
    """The same for what the one single is marked to touch, found from what is down in `work`."""
    net, work, keys, more = it.net, it.work, it.keys, 0
    for at in range(work.counts[LOOPS]):
        if touching_of(it, place, int(keys.parts + work.dirty_list[at])) >= 0:
            more += _break_loop(it, int(work.dirty_list[at]))
    for at in range(work.counts[HEAD]):
        asset = work.queue[at]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            touching = touching_of(it, place, int(group))
            if touching >= 0 and may_lose(it, touching, -1):
                more += _break_owner(it, int(group))
    return more


@lean_kernel
def _break_owner(it: Joining, group: int) -> int:
    """Seed the owner of a group that loses more than it can spare to `work` and both singles; how many."""
    owner = it.net.group_owner[group]
    if it.work.fell[owner] != 0 or _is_marked(it, int(owner)) or _lost(it, group) <= it.keys.slack[group]:
        return 0
    seed(it.work, int(owner))
    return 1


@lean_kernel
def _is_marked(it: Joining, asset: int) -> bool:
    """Whether one of the two singles takes an asset down."""
    marks = it.marks
    return marks.mine[asset] == marks.tick[1] or marks.theirs[asset] == marks.tick[2]


@lean_kernel
def _lost(it: Joining, group: int) -> int:
    """How many suppliers of a group are down in `work` or marked, but for those down in the base."""
    net, fell, count = it.net, it.work.fell, 0
    for place in range(net.member_start[group], net.member_start[group + 1]):
        asset = net.member[place]
        if fell[asset] > 0 or (fell[asset] == 0 and _is_marked(it, int(asset))):
            count += 1
    return count


@lean_kernel
def _break_loop(it: Joining, loop: int) -> int:
    """Seed the members of a loop that fall with what is down in `work` or marked; how many."""
    net, fell, ties = it.net, it.work.fell, it.ties
    ties.words[:] = np.uint64(0)
    bit = 0
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        asset = net.loop_asset[slot]
        if fell[asset] != 0 or _is_marked(it, int(asset)):
            ties.words[bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
        bit += 1
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            for place in range(net.member_start[group], net.member_start[group + 1]):
                if net.member_slot[place] < 0:
                    asset = net.member[place]
                    if fell[asset] != 0 or _is_marked(it, int(asset)):
                        ties.words[bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
                    bit += 1
    count = broken_by(net, ties, loop, int(it.keys.width[it.keys.parts + loop]))
    for place in range(count):
        seed(it.work, int(ties.broken[place]))
    return count


@lean_kernel
def _is_quiet(it: Joining) -> bool:
    """Whether what is down in `work` surely moves no load: all that takes load from it is down there as well.

    Then that holds for a part of it, too, beside what else fails. False if nothing is said of loads.
    """
    net, work, strain = it.net, it.work, it.strain
    if len(strain) == 0:
        return False
    for at in range(work.counts[FALLEN]):
        asset = work.queue[at]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            if strain[group] == MOVES or (strain[group] == STAYS and work.fell[net.group_owner[group]] == 0):
                return False
            if strain[group] == LOOPED and is_alive(net, work, int(net.loop_of_group[group])):
                return False
    return True


@lean_kernel
def _fallen(it: Joining, first: int) -> int:
    """How much fell in `work` from this place of its queue on."""
    weight = 0
    for at in range(first, it.work.counts[FALLEN]):
        weight += it.counted.assets[it.work.queue[at]]
    return int(weight)


@lean_kernel
def _unmarked(it: Joining) -> int:
    """How much fell in `work` that neither single takes down."""
    weight = 0
    for at in range(it.work.counts[FALLEN]):
        asset = it.work.queue[at]
        if not _is_marked(it, int(asset)):
            weight += it.counted.assets[asset]
    return int(weight)


@lean_kernel
def _within(it: Joining, place: int, apart: bool) -> int:
    """How much fell in `work` that a single takes down; `apart`: but for what is marked as of the one."""
    singles, fell, marks, weight = it.singles, it.work.fell, it.marks, 0
    for at in range(singles.start[place], singles.start[place + 1]):
        asset = singles.fallen[at]
        if fell[asset] > 0 and not (apart and marks.mine[asset] == marks.tick[1]):
            weight += it.counted.assets[asset]
    return int(weight)


@lean_kernel
def settle_all(it: Joining, place: int, partner: int, rows: Rows, count: int) -> int:
    """Fail both of each pair that two singles stand for, and write the rows; how many there are then."""
    net, work, alike, taken = it.net, it.work, it.alike, it.taken
    for one in range(alike.start[place], alike.start[place + 1]):
        first = int(alike.member[one])
        mark_mine(it, first)
        for other in range(alike.start[partner], alike.start[partner + 1]):
            second = int(alike.member[other])
            union = int(it.alone[first]) + mark_theirs(it, second)
            taken[len(taken) - 2], taken[len(taken) - 1] = it.assets[first], it.assets[second]
            for at in range(take_along(net, work, taken[len(taken) - 2 :], taken)):
                seed(work, taken[at])
            spread_fallen(net, work)
            total = 0
            for at in range(work.counts[FALLEN]):
                total += it.counted.assets[work.queue[at]]
            unspread(net, work)
            count = _write(it, first, second, union, int(total - union), False, rows, count)
    return count
