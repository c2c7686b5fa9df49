"""The join of pairs: which two singles break together what neither breaks alone, and what then falls.

The outcome of a pair is the union of both singles, what breaks, and what falls with that. Singles with the same records
are joined once (`twin.impact._alike`). The pairs in which the same few break are taken up together: what falls with
these alone is found once, and the outcome is the union of the three where this union is closed; else what breaks in
addition is failed on top of it, until it is. Which groups lose suppliers to two of the three is told by the records.
Where only terminal owners break (of one group, supplying nothing), they are counted. Two that take all paths and loops
of a part together are settled.
"""

from __future__ import annotations

import numpy as np

from twin.impact._beyond import (
    mark_mine,
    mark_theirs,
    row_count,
    settle_all,
    take_up,
    take_up_now,
    write_rows,
)
from twin.impact._bundle import Rows
from twin.impact._jit import kernel, lean_kernel
from twin.impact._joining import DEAR, FEW, Joining
from twin.impact._meet import SURE, meet
from twin.impact._records import Singles, grown_rows
from twin.impact._sets import set_met, wait
from twin.impact._touching import mark_touched
from twin.impact.spread import FALLEN, seed
from twin.topology.model import Ints


@kernel
def join_all(it: Joining, first: int, end: int) -> Rows:
    """Find the pairs of which the larger is one of these singles.

    A row each: places of the two singles, lost, beyond the singles, and whether what falls beyond them surely moves no
    load.
    """
    rows = np.empty((4096, 5), np.int32)
    count = 0
    for place in range(first, end):
        if it.alike.stands[place] != place:
            continue
        found = meet(it, place)
        if found == 0:
            continue
        if not _has_room(it, found):
            rows = grown_rows(rows, count + waiting_rows(it))
            count = take_up(it, rows, count)
        rows = grown_rows(rows, count + met_rows(it, place, found))
        count = _begin(it, place, found, rows, count)
    rows = grown_rows(rows, count + waiting_rows(it))
    count = take_up(it, rows, count)
    return rows[:count]


@kernel
def measure(singles: Singles, weight: Ints) -> Ints:
    """How much each single takes down; `weight`: n, what each asset counts for."""
    alone = np.zeros(len(singles.start) - 1, np.int32)
    for place in range(len(alone)):
        for at in range(singles.start[place], singles.start[place + 1]):
            alone[place] += weight[singles.fallen[at]]
    return alone


@lean_kernel
def waiting_rows(it: Joining) -> int:
    """How many rows the pairs that wait may have."""
    sets, total = it.sets, 0
    for at in range(sets.used[1]):
        total += row_count(it, int(sets.larger[at]), int(sets.smaller[at]))
    return total


@lean_kernel
def met_rows(it: Joining, place: int, found: int) -> int:
    """How many rows those met may have."""
    total = 0
    for at in range(found):
        total += row_count(it, place, int(it.met.partners[at]))
    return total


@lean_kernel
def _has_room(it: Joining, found: int) -> bool:
    """Whether so many pairs can wait, or be taken up at once, and what breaks with them be kept."""
    sets = it.sets
    items = sets.start[sets.used[0]] + it.met.used[0]
    return max(sets.used[0], sets.used[1]) + found <= len(sets.larger) and items <= len(sets.item)


@lean_kernel
def _begin(it: Joining, place: int, found: int, rows: Rows, count: int) -> int:
    """Write the rows of the pairs met that need not wait; how many rows there are then.

    A pair is taken up with others of its set, or at once where its larger single, which is marked once for all that it
    meets, is more than what falls with the set.
    """
    met, sets, singles, marked = it.met, it.sets, it.singles, False
    large = singles.start[place + 1] - singles.start[place]
    large += singles.record_start[place + 1] - singles.record_start[place]
    for at in range(found):
        partner = int(met.partners[at])
        if met.why[partner] >= SURE:
            count = settle_all(it, place, partner, rows, count)
            marked = False
            continue
        number = set_met(it, partner) if met.why[partner] != 0 else 0
        if met.why[partner] != 0 and (large <= FEW or 0 < large <= DEAR * sets.cost[number]):
            pair = int(sets.used[1])
            sets.larger[pair], sets.smaller[pair] = place, partner
            wait(it, pair, number)
            sets.used[1] += 1
            continue
        if not marked:
            mark_mine(it, place)
            mark_touched(it, place)
            marked = True
        if met.why[partner] == 0:
            count = _count(it, place, partner, rows, count)
        else:
            count = take_up_now(it, number, place, partner, rows, count)
    return count


@lean_kernel
def _count(it: Joining, place: int, partner: int, rows: Rows, count: int) -> int:
    """Write the rows of a pair with which only terminal owners break; how many there are then."""
    work, at = it.work, it.met.head[partner]
    union = int(it.alone[place]) + mark_theirs(it, partner)
    while at >= 0:
        seed(work, int(it.met.owners[at]))
        at = it.met.after[at]
    count = write_rows(it, place, partner, union, int(it.met.broken[partner]), True, rows, count)
    for fallen in range(work.counts[FALLEN]):
        work.fell[work.queue[fallen]] = 0
    work.counts[FALLEN] = 0
    return count
