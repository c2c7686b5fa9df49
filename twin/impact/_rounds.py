"""The kernels that follow pairs with which something trips, round by round beside the larger of both.

What trips with the larger single alone, trips in most of its pairs as well. So all of its partners go through its
rounds together: in each, the partner fails on top of what is down with the larger one by then, and load is moved for
what comes on top. While at least all that trips next with the larger one alone is down or trips next, the pair goes on
to its next round; what trips besides is taken along, and seeded on top of it there. What is down is then the same as
where the pair is simulated by itself: what follows from both, and from all that tripped, in whatever order. As load
follows from who is up, so does what trips next.

Where something is spared that trips with the larger one alone, or nothing more trips with it, the pair goes on from
there by itself until nothing trips. So that holds for any pair, whatever its singles trip; loads are those of the
simulation but for the order in which differences are added up, far within `twin.impact._cascade.TOLERANCE`.
"""

from __future__ import annotations

import numpy as np

from twin.impact._bundle import Rows
from twin.impact._cascade import is_above
from twin.impact._case import Case
from twin.impact._jit import kernel, lean_kernel
from twin.impact._larger import (
    OWN,
    Beside,
    count_beside,
    fail_beside,
    move_back,
    move_beside,
    move_first,
    retreat,
    trip_first,
)
from twin.impact._records import grown_rows
from twin.impact._suspects import Suspects
from twin.impact.shift import Side
from twin.impact.spread import FALLEN, Work, seed, spread
from twin.topology.model import Floats, Ints

OTHER, TRIPPED, ROUNDS, EXTRA = range(4)
"""Of a pair that is not done: its smaller single, what tripped so far, in how many rounds, and the last that tripped
besides, by its place in a list where each knows the one before; -1 ends it."""


@kernel
def follow_rounds(  # noqa: PLR0913, PLR0917 - arrays
    case: Case, it: Suspects, there: Beside, pairs: Rows, many: int, first: int, rows: Rows, count: int
) -> int:
    """Add the rows of those of `pairs` (the first `many`, all of one larger single) that are worse; how many are then.

    The larger one has been failed, and is left in its last round.
    """
    extra = np.empty((256, 2), np.int32)
    extras = 0
    if many > 0:
        move_first(case, there)
    while many > 0:
        left, due = 0, _list_due(case, there)
        for number in range(many):
            pair = pairs[number]
            seeded = _go_on(case, it, there, pair, extra, due, rows[count])
            if seeded >= 0:
                for at in range(seeded, case.work.counts[FALLEN]):
                    asset = case.work.queue[at]
                    if not there.due[asset]:
                        extra = grown_rows(extra, extras + 1)
                        extra[extras, 0], extra[extras, 1] = asset, pair[EXTRA]
                        pair[EXTRA] = extras
                        extras += 1
                _take_seeds_off(case.work, seeded)
                pairs[left] = pair
                left += 1
            elif rows[count, 3] > 0:
                rows[count, 0], rows[count, 1] = first, pair[OTHER]
                count += 1
            move_back(case, there)
            retreat(case, there)
        many = left
        for at in range(due):
            there.due[there.ahead[at]] = False
        if many > 0:
            trip_first(case, there, due)
    return count


@lean_kernel
def _list_due(case: Case, there: Beside) -> int:
    """Write to `there.ahead`, and mark in `there.due`, what trips next with the larger one alone; how many."""
    due = 0
    for kind in range(2):
        side = case.power if kind == 0 else case.cooling
        for at in range(side.counts[0]):
            asset = int(side.changed[at])
            if not there.due[asset] and _trips(case, there, asset):
                there.due[asset] = True
                there.ahead[due] = asset
                due += 1
    return due


@lean_kernel
def _go_on(case: Case, it: Suspects, there: Beside, pair: Ints, extra: Rows, due: int, row: Ints) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Fail the rest of a pair in this round of the larger one, and move its load; to be undone.

    -1: nothing trips any more, and the row is written. Else the pair goes on to the next round, and what trips stands
    in the queue from this place on.
    """
    work, other = case.work, int(pair[OTHER])
    own = there.counts[OWN] + (work.fell[it.scope[other]] >= 0)
    at = int(pair[EXTRA])
    while at >= 0:
        seed(work, int(extra[at, 0]))
        at = int(extra[at, 1])
    fail_beside(case, it, there, other)
    move_beside(case, there, int(there.before[FALLEN]))
    apart = due == 0
    while True:
        end = int(work.counts[FALLEN])
        trips = _seed_trips(case, there, due)
        if trips == 0:
            count_beside(case, it, there, other, row)
            row[2] -= own
            row[4], row[5] = pair[TRIPPED], pair[ROUNDS]
            return -1
        pair[TRIPPED] += trips
        pair[ROUNDS] += 1
        apart = apart or not _all_down(work, there, due)
        if not apart:
            return end
        spread(case.net, work)
        move_beside(case, there, end)


@lean_kernel
def _seed_trips(case: Case, there: Beside, due: int) -> int:
    """Take down what trips next beside the larger one; how many.

    What the smaller one moves no load of trips if it does so without it.
    """
    trips = 0
    for kind in range(2):
        side = there.power if kind == 0 else there.cooling
        for at in range(side.counts[0]):
            if _trips(case, there, int(side.changed[at])):
                seed(case.work, int(side.changed[at]))
                trips += 1
    for at in range(due):
        if _trips(case, there, int(there.ahead[at])):
            seed(case.work, int(there.ahead[at]))
            trips += 1
    return trips


@lean_kernel
def _trips(case: Case, there: Beside, asset: int) -> bool:
    """Whether an asset is up and overloaded, and was not so in the base state or carries more than there."""
    return case.work.fell[asset] == 0 and (
        _is_over(case.power, there.power, asset, case.room.power)
        or _is_over(case.cooling, there.cooling, asset, case.room.cooling)
    )


@lean_kernel
def _is_over(side: Side, beside: Side, asset: int, bound: Floats) -> bool:
    """The same of one quantity; `beside`: the journal of what changed beside the larger one."""
    load, most = float(side.load[asset]), float(bound[asset])
    if not is_above(load, most):
        return False
    before = load
    if side.listed[asset]:
        before = float(side.was[asset])
    elif beside.listed[asset]:
        before = float(beside.was[asset])
    return not is_above(before, most) or is_above(load, before)


@lean_kernel
def _all_down(work: Work, there: Beside, due: int) -> bool:
    """Whether all that trips next with the larger one alone is down."""
    for at in range(due):  # noqa: SIM110 - a kernel knows no generators
        if work.fell[there.ahead[at]] == 0:
            return False
    return True


@lean_kernel
def _take_seeds_off(work: Work, begin: int) -> None:
    """What was seeded from this place of the queue on, and has not spread, is up again."""
    for at in range(begin, work.counts[FALLEN]):
        work.fell[work.queue[at]] = 0
    work.counts[FALLEN] = begin
