"""The kernels of a settled state: losses spread level by level, and are undone.

A group's `slack` (up suppliers − need) falls by one for each supplier that goes down, and its owner goes down when
it falls below 0. That is exact outside loops of one type. Where a group of a loop is touched, the loop is settled
anew from outside at the end of the level (`twin.impact.loops`), seen as of the losses of earlier levels. So the
level at which an asset fell is that of the semantics' rounds, and every loss is explained by earlier levels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import inlined_kernel, lean_kernel
from twin.impact.loops import Reach, count_loop, outside, reach_arrays, reach_loop
from twin.impact.net import Net
from twin.topology.model import Bools, Ints


@bundle
class Work(NamedTuple):
    """Working arrays of one scenario at a time.

    fell: n, 0 = up, -1 = down in the base, k = fell at level k (level 1: named or taken along). slack: g, up
    suppliers − need, loops or not. available: g, exact for the groups of dirty loops once `count_loops` ran. queue:
    n, the fallen in order. touched: owners outside loops of groups that lost a supplier, each once; mark: n,
    whether listed. dirty: L, loops touched in this level. was_dirty: L, loops touched so far; dirty_list: those, in
    order. counts: how many fell, were spread from, were touched, loops so far, levels, loops dirty at the start of
    a spread. seen: n, out already; remaining: n, paths and loops of each part that are not; for `take_along`.
    """

    fell: Ints
    slack: Ints
    queue: Ints
    touched: Ints
    mark: Bools
    dirty: Bools
    was_dirty: Bools
    dirty_list: Ints
    counts: Ints
    available: Ints
    reach: Reach
    seen: Bools
    remaining: Ints


FALLEN, HEAD, TOUCHED, LOOPS, LEVELS, DIRTY = range(6)

FINAL = 1 << 30
"""A level after every loss."""


@inlined_kernel
def seed(work: Work, asset: int) -> None:
    """Take an up asset down before the next spread."""
    if work.fell[asset] == 0:
        work.fell[asset] = work.counts[LEVELS] + 1
        work.queue[work.counts[FALLEN]] = asset
        work.counts[FALLEN] += 1


@inlined_kernel
def seed_all(work: Work, assets: Ints) -> None:
    """Take all these down that are up."""
    fell, queue, tail, level = work.fell, work.queue, work.counts[FALLEN], work.counts[LEVELS] + 1
    for asset in assets:
        if fell[asset] == 0:
            fell[asset] = level
            queue[tail] = asset
            tail += 1
    work.counts[FALLEN] = tail


@lean_kernel
def spread(net: Net, work: Work) -> None:
    """Let the losses seeded in the queue spread until nothing changes; may be seeded and called again."""
    _spread(net, work, True)


@lean_kernel
def spread_fallen(net: Net, work: Work) -> None:
    """The same where only who falls is asked: owners that lost a supplier and stay up are not noted."""
    _spread(net, work, False)


@inlined_kernel
def _spread(net: Net, work: Work, notes: bool) -> None:
    # Arrays out of the tuples once: inside the loop each look-up would cost a reference count.
    fell, slack, queue, mark, noted = work.fell, work.slack, work.queue, work.mark, work.touched
    start, supplied, owner_of, loop_of = net.supplied_start, net.supplied_group, net.group_owner, net.loop_of_group
    head, tail, level = work.counts[HEAD], work.counts[FALLEN], work.counts[LEVELS] + 1
    touched, dirty = work.counts[TOUCHED], work.counts[DIRTY]
    while head < tail or dirty > 0:
        end = tail
        level += 1
        while head < end:
            asset = queue[head]
            head += 1
            for edge in range(start[asset], start[asset + 1]):
                group = supplied[edge]
                left = slack[group] - 1
                slack[group] = left
                loop = loop_of[group]
                if loop >= 0:
                    dirty += touch_loop(work, int(loop))
                elif notes and not mark[owner_of[group]]:
                    mark[owner_of[group]] = True
                    noted[touched] = owner_of[group]
                    touched += 1
                if left < 0 and fell[owner_of[group]] == 0:
                    owner = owner_of[group]
                    fell[owner] = level
                    queue[tail] = owner
                    tail += 1
        if dirty > 0:
            tail = drop_unreached(net, work, level, tail)
            dirty = 0
    work.counts[HEAD] = head
    work.counts[FALLEN] = tail
    work.counts[TOUCHED] = touched
    work.counts[LEVELS] = level
    work.counts[DIRTY] = 0


@lean_kernel
def touch_loop(work: Work, loop: int) -> int:
    """Note that a loop must be settled anew; returns 1 if that is news in this level."""
    if not work.was_dirty[loop]:
        work.was_dirty[loop] = True
        work.dirty_list[work.counts[LOOPS]] = loop
        work.counts[LOOPS] += 1
    if work.dirty[loop]:
        return 0
    work.dirty[loop] = True
    return 1


@lean_kernel
def drop_unreached(net: Net, work: Work, level: int, tail: int) -> int:
    """Take down what dirty loops no longer reach from outside, seen as of the losses before this level."""
    fell = work.fell
    for place in range(work.counts[LOOPS]):
        loop = work.dirty_list[place]
        if not work.dirty[loop]:
            continue
        work.dirty[loop] = False
        reach_loop(net, work.reach, fell, loop, level, False)
        for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
            asset = net.loop_asset[slot]
            if fell[asset] == 0 and work.reach.rank[slot] < 0:
                fell[asset] = level
                work.queue[tail] = asset
                tail += 1
    return tail


@inlined_kernel
def unspread(net: Net, work: Work) -> None:
    """Undo everything since the queue was empty."""
    fell, slack, queue, mark, noted = work.fell, work.slack, work.queue, work.mark, work.touched
    start, supplied = net.supplied_start, net.supplied_group
    for place in range(work.counts[LOOPS]):
        work.was_dirty[work.dirty_list[place]] = False
    for place in range(work.counts[FALLEN]):
        asset = queue[place]
        fell[asset] = 0
        for edge in range(start[asset], start[asset + 1]):
            slack[supplied[edge]] += 1
    for place in range(work.counts[TOUCHED]):
        mark[noted[place]] = False
    work.counts[:] = 0


@lean_kernel
def step_back(net: Net, work: Work, fallen: int, touched: int, loops: int, level: int) -> None:  # noqa: PLR0913, PLR0917 - scalars
    """Undo what was seeded and spread since `counts` had these; nothing waits to be spread."""
    fell, slack, start, supplied = work.fell, work.slack, net.supplied_start, net.supplied_group
    for place in range(loops, work.counts[LOOPS]):
        work.was_dirty[work.dirty_list[place]] = False
    for place in range(fallen, work.counts[FALLEN]):
        asset = work.queue[place]
        fell[asset] = 0
        for edge in range(start[asset], start[asset + 1]):
            slack[supplied[edge]] += 1
    for place in range(touched, work.counts[TOUCHED]):
        work.mark[work.touched[place]] = False
    work.counts[FALLEN], work.counts[HEAD], work.counts[TOUCHED] = fallen, fallen, touched
    work.counts[LOOPS], work.counts[LEVELS] = loops, level


@inlined_kernel
def takes_along(net: Net, asset: int) -> bool:
    """Whether others fall by name with an asset (section 6), or may together with other paths."""
    return net.along_start[asset] < net.along_start[asset + 1] or net.part_start[asset] < net.part_start[asset + 1]


@lean_kernel
def take_along(net: Net, work: Work, assets: Ints, out: Ints) -> int:
    """Write to `out` the given assets and all that they take along (section 6), in the order found; returns how many.

    What is out already is left out, its paths and loops count as taken.
    """
    mark = work.seen
    tail = 0
    for asset in assets:
        if not mark[asset]:
            mark[asset] = True
            out[tail] = asset
            tail += 1
    head = 0
    while head < tail:
        asset = out[head]
        head += 1
        for edge in range(net.along_start[asset], net.along_start[asset + 1]):
            other = net.along[edge]
            if not mark[other]:
                mark[other] = True
                out[tail] = other
                tail += 1
        for edge in range(net.part_start[asset], net.part_start[asset + 1]):
            other = net.part[edge]
            work.remaining[other] -= 1
            if work.remaining[other] == 0 and not mark[other]:
                mark[other] = True
                out[tail] = other
                tail += 1
    for place in range(tail):
        asset = out[place]
        mark[asset] = False
        for edge in range(net.part_start[asset], net.part_start[asset + 1]):
            work.remaining[net.part[edge]] += 1
    return tail


@lean_kernel
def count_loops(net: Net, work: Work) -> None:
    """Count exactly the available suppliers of the groups of dirty loops, in `work.available`."""
    for place in range(work.counts[LOOPS]):
        count_loop(net, work.reach, work.fell, work.dirty_list[place], FINAL, False, work.available)


@lean_kernel
def note_degraded(net: Net, work: Work, before: Ints) -> None:
    """Add the owners in dirty loops of groups with fewer available suppliers than `before` to `work.touched`.

    After `spread`: the degraded are then those of `work.touched` that are up.
    """
    count_loops(net, work)
    for place in range(work.counts[LOOPS]):
        loop = work.dirty_list[place]
        for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
            owner = net.loop_asset[slot]
            for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
                if work.available[group] < before[group] and not work.mark[owner]:
                    work.mark[owner] = True
                    work.touched[work.counts[TOUCHED]] = owner
                    work.counts[TOUCHED] += 1


@lean_kernel
def list_degraded(work: Work, listed: Ints) -> int:
    """Write the degraded to `listed`, in no order; returns how many. After `note_degraded`."""
    fell, touched = work.fell, work.touched
    count = 0
    for place in range(work.counts[TOUCHED]):
        asset = touched[place]
        listed[count] = asset
        count += fell[asset] == 0
    return count


@lean_kernel
def mark_at_risk(net: Net, work: Work, before: Ints, degraded: Ints, risky: Bools) -> None:
    """Write to `risky` which of the degraded have a group without reserve. After `note_degraded`."""
    for place in range(len(degraded)):
        owner = degraded[place]
        risky[place] = False
        for group in range(net.owner_start[owner], net.owner_start[owner + 1]):
            loop = net.loop_of_group[group]
            if loop < 0:
                reserve = work.slack[group]
            elif work.was_dirty[loop]:
                reserve = work.available[group] - net.group_need[group]
            else:
                reserve = before[group] - net.group_need[group]
            if reserve <= 0:
                risky[place] = True
                break


@lean_kernel
def calling_groups(net: Net, work: Work, before: Bools, calling: Bools) -> None:
    """Write to `calling`, for each group that lists a standby source, whether it calls; `before`: in the base state.

    A loop that was not touched calls as before. Uses `work.available` of the loops that it counts.
    """
    for place in range(len(net.standby_group)):
        group = net.standby_group[place]
        loop = net.loop_of_group[group]
        if loop < 0:
            others = outside(net, work.fell, group, FINAL, True)
            calling[place] = others < net.group_need[group]
        elif work.was_dirty[loop]:
            new = place == 0 or net.loop_of_group[net.standby_group[place - 1]] != loop
            if new:
                count_loop(net, work.reach, work.fell, int(loop), FINAL, True, work.available)
            calling[place] = work.available[group] < net.group_need[group]
        else:
            calling[place] = before[place]


def work_of(net: Net, fell: Ints, slack: Ints, gone: Ints) -> Work:
    """Working arrays that begin in a state; `fell` and `slack` are used as they are.

    `gone`: what is out, with what it takes along.
    """
    count, loop_count = len(fell), len(net.loop_start) - 1
    seen = np.zeros(count, np.bool_)
    seen[gone] = True
    remaining = np.diff(net.whole_start)
    part_of = np.repeat(np.arange(count), remaining)
    remaining = remaining - np.bincount(part_of[seen[net.whole]], minlength=count).astype(np.int32)
    return Work(
        fell=fell,
        slack=slack,
        queue=np.zeros(count, np.int32),
        touched=np.zeros(count, np.int32),
        mark=np.zeros(count, np.bool_),
        dirty=np.zeros(loop_count, np.bool_),
        was_dirty=np.zeros(loop_count, np.bool_),
        dirty_list=np.zeros(loop_count, np.int32),
        counts=np.zeros(6, np.int32),
        available=np.zeros(len(slack), np.int32),
        reach=reach_arrays(net),
        seen=seen,
        remaining=remaining.astype(np.int32),
    )
