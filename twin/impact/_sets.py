"""The sets of assets that break together, and the pairs that wait for them (see `twin.impact._join`)."""

from __future__ import annotations

from twin.impact._jit import lean_kernel
from twin.impact._joining import Joining
from twin.impact.fold import MASK, mixed
from twin.impact.spread import FALLEN


@lean_kernel
def wait(it: Joining, pair: int, number: int) -> None:
    """Let a pair wait for a set."""
    sets = it.sets
    sets.after[pair], sets.head[number] = sets.head[number], pair


@lean_kernel
def set_met(it: Joining, partner: int) -> int:
    """The number of the set of owners that break with a partner met."""
    met, marks = it.met, it.marks
    marks.tick[0] += 1
    size, at = 0, met.head[partner]
    while at >= 0:
        owner = met.owners[at]
        if marks.also[owner] != marks.tick[0]:
            marks.also[owner] = marks.tick[0]
            marks.queue[size] = owner
            size += 1
        at = met.after[at]
    return _number_of(it, size)


@lean_kernel
def larger_set(it: Joining, number: int, first: int) -> int:
    """The number of a set and what was seeded in `work` since its queue was so long; -1 if there is no room for it."""
    sets, work, queue = it.sets, it.work, it.marks.queue
    size = 0
    for at in range(sets.start[number], sets.start[number + 1]):
        queue[size] = sets.item[at]
        size += 1
    for at in range(first, work.counts[FALLEN]):
        queue[size] = work.queue[at]
        size += 1
    if sets.used[0] == len(sets.head) or sets.start[sets.used[0]] + size > len(sets.item):
        return -1
    return _number_of(it, size)


@lean_kernel
def _number_of(it: Joining, size: int) -> int:
    """The number of the set of the first `size` of `marks.queue`, a new one if there is none."""
    sets, queue, digest = it.sets, it.marks.queue, 0
    for place in range(size):
        sets.spot[queue[place]] = place
        digest += mixed(int(queue[place]))
    digest &= MASK
    at = digest & (len(sets.table) - 1)
    while sets.table[at] >= 0:
        if sets.digest[sets.table[at]] == digest and _is_set(it, int(sets.table[at]), size):
            return int(sets.table[at])
        at = (at + 1) & (len(sets.table) - 1)
    number = sets.used[0]
    sets.table[at], sets.digest[number], sets.head[number], sets.cost[number] = number, digest, -1, 0
    begin = sets.start[number]
    for place in range(size):
        sets.item[begin + place] = queue[place]
    sets.start[number + 1] = begin + size
    sets.used[0] += 1
    return int(number)


@lean_kernel
def _is_set(it: Joining, number: int, size: int) -> bool:
    """Whether a set is the first `size` of the queue, whose places are in `spot`."""
    sets = it.sets
    if sets.start[number + 1] - sets.start[number] != size:
        return False
    for at in range(sets.start[number], sets.start[number + 1]):
        asset = sets.item[at]
        if sets.spot[asset] >= size or it.marks.queue[sets.spot[asset]] != asset:
            return False
    return True
