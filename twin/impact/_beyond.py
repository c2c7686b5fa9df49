"""What a pair takes down beyond its singles: followed from what breaks, or settled (see `twin.impact._join`)."""

from __future__ import annotations

from twin.impact._closed import beyond_closed
from twin.impact._jit import lean_kernel
from twin.impact._joining import COUNT, Joining
from twin.impact._meet import LOOP
from twin.impact.loops import reach_loop
from twin.impact.net import Net
from twin.impact.spread import FALLEN, FINAL, HEAD, LEVELS, LOOPS, TOUCHED, Work, seed, spread, take_along
from twin.impact.sweep import start_one

BESIDE = FINAL - 1
"""The level at which the losses of a partner are noted for a moment."""

MANY = 256
"""What falls beside the singles is kept for other pairs where it is more than this."""
MORE = -2
"""More falls than was to be followed."""


@lean_kernel
def beside_alone(it: Joining, place: int, partner: int) -> int:
    """How much a partner takes down alone that the single at `place` does not."""
    singles, sizes, left = it.singles, it.sizes, it.marks.left
    if not sizes.areas[place] & sizes.areas[partner]:
        return int(sizes.alone[partner])
    beside = 0
    for at in range(singles.start[partner], singles.start[partner + 1]):
        beside += left[singles.fallen[at]]
    return int(beside)


@lean_kernel
def follow_on(it: Joining, place: int, partner: int) -> int:
    """What falls beside both singles from the listed owners and the loops on; -1 where there is a doubt."""
    singles, met, marks = it.singles, it.met, it.marks
    marks.tick[0] += 1
    tick = int(marks.tick[0])
    for at in range(singles.start[partner], singles.start[partner + 1]):
        marks.stamp[singles.fallen[at]] = tick
    from_loops = 0
    if met.why[partner] & LOOP:
        from_loops = _break_loops(it, place, partner)
    size, at = from_loops, met.head[partner]
    while at >= 0:
        owner = met.owners[at]
        if marks.stamp[owner] != tick:
            marks.stamp[owner] = tick
            marks.queue[size] = owner
            size += 1
        at = met.after[at]
    total = _followed(it, place, partner, size, from_loops, MANY)
    if total == MORE:
        total = beyond_closed(it, place, partner, size, from_loops)
        if total < 0:
            total = _followed(it, place, partner, size, from_loops, len(marks.queue))
    return total


@lean_kernel
def _followed(it: Joining, place: int, partner: int, size: int, from_loops: int, most: int) -> int:  # noqa: PLR0913, PLR0917 - one worklist
    """What falls beside both singles if the first `size` of the queue break; -1: a doubt, MORE: more than `most` fall.

    What breaks is up in both singles, so that what it takes of a group comes on top of what each of them takes.
    """
    net, keys, singles, marks = it.net, it.keys, it.singles, it.marks
    marks.tick[0] += 1
    queue, stamp, tick = marks.queue, marks.stamp, int(marks.tick[0])
    for at in range(singles.start[partner], singles.start[partner + 1]):
        stamp[singles.fallen[at]] = tick
    for at in range(size):
        stamp[queue[at]] = tick
    total, head, tail, certain, doubts = 0, 0, size, True, len(queue)
    while head < tail:
        if tail > most:
            return MORE
        owner = queue[head]
        total += it.counted.assets[owner]
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
            elif spare < it.sizes.most[6 * partner + int(it.group_type[group])]:
                if doubts == tail + 1:
                    return -1
                doubts -= 1
                queue[doubts] = consumer
        head += 1
    for at in range(doubts, len(queue)):
        certain = certain and stamp[queue[at]] == tick
    return int(total) if certain else -1


@lean_kernel
def _break_loops(it: Joining, place: int, partner: int) -> int:
    """Queue the members of the loops that both touch which neither takes down and both together do; how many.

    The larger single is failed. A loop is settled as of the losses of both; what is not reached then supplies nothing
    in that loop that is, so that its members need not be looked at again for it. Another loop in which it stands knows
    nothing of it yet.
    """
    net, work, singles, marks = it.net, it.work, it.singles, it.marks
    first, last = singles.start[partner], singles.start[partner + 1]
    for at in range(first, last):
        if work.fell[singles.fallen[at]] == 0:
            work.fell[singles.fallen[at]] = BESIDE
    tail = 0
    for at in range(singles.record_start[partner], singles.record_start[partner + 1]):
        loop = it.records.key[at] - it.keys.parts
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


@lean_kernel
def settled(it: Joining, place: int, partner: int) -> int:
    """On top of one single, failed first if it is not yet, fail its partner: how much more falls."""
    net, work, assets, counted, taken = it.net, it.work, it.assets, it.counted, it.taken
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
