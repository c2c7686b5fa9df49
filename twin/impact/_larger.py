"""The larger single of a pair at work, and a partner on top of it.

What the larger single takes down and the load that it moves are there once for all of its partners; of each partner
only what comes on top is settled and moved, with a journal of its own, and taken back. Load follows from who is up and
which standby sources run, so that the order makes no difference.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._cascade import changed_calls
from twin.impact._case import Case
from twin.impact._jit import lean_kernel
from twin.impact._suspects import Suspects
from twin.impact.follow import journal
from twin.impact.shift import Given, Side, follow, unfollow
from twin.impact.spread import (
    FALLEN,
    LEVELS,
    LOOPS,
    TOUCHED,
    seed,
    seed_all,
    spread,
    step_back,
    take_along,
    takes_along,
)
from twin.topology.model import Bools, Floats, Ints

NAMED, LOST, OWN, PARTS, MOVED = range(5)


@bundle
class Beside(NamedTuple):
    """The first single at work, and what its partners change.

    power, cooling, given: the loads of the case, with a journal of their own for what a partner moves. known: n, what
    falls with the first; owners: n, whose groups it changes; most: 2 n, by how much it raises each load; gains: 2 n,
    by how much at the most beside any other; masks: g + L, 1 + the place of each key in `Traced.keys`. All are 0
    between two of them. runs: for each standby source whether it runs beside the first. counts: the first, what is lost
    with it, whether it was up itself, whether it takes a path or loop along, whether its load was moved; before:
    `Work.counts` after it. due: n, what trips next with the first alone, and ahead, these as a list.
    """

    power: Side
    cooling: Side
    given: Given
    known: Bools
    owners: Bools
    most: Floats
    gains: Floats
    masks: Ints
    runs: Bools
    counts: Ints
    before: Ints
    due: Bools
    ahead: Ints


def beside(case: Case, keys: int) -> Beside:
    """Working arrays for a case with so many keys (groups and loops)."""
    size = len(case.work.fell)
    return Beside(
        _apart(case.power),
        _apart(case.cooling),
        Given(case.given.kw, *journal(case.given.kw)[1:]),
        known=np.zeros(size, np.bool_),
        owners=np.zeros(size, np.bool_),
        most=np.zeros(2 * size),
        gains=np.zeros(2 * size),
        masks=np.zeros(keys, np.int32),
        runs=np.zeros(len(case.calls.sources), np.bool_),
        counts=np.zeros(5, np.int32),
        before=np.zeros_like(case.work.counts),
        due=np.zeros(size, np.bool_),
        ahead=np.empty(size, np.int32),
    )


def _apart(side: Side) -> Side:
    """The same loads with a journal of their own."""
    _, was, listed, changed, counts = journal(side.load)
    return side._replace(was=was, listed=listed, changed=changed, counts=counts)


@lean_kernel
def fail_first(case: Case, it: Suspects, there: Beside, place: int) -> None:
    """Take the first down, at the loads of the base state."""
    net, work, taken, asset = case.net, case.work, case.taken, int(it.scope[place])
    there.counts[NAMED], there.counts[OWN] = asset, work.fell[asset] == 0
    taken[0] = asset
    count = 1
    if takes_along(net, asset):
        case.named[0] = asset
        count = take_along(net, work, case.named[:1], taken)
    there.counts[PARTS] = 0
    for at in range(count):
        if net.part_start[taken[at]] < net.part_start[taken[at] + 1]:
            there.counts[PARTS] = 1
    seed_all(work, taken[:count])
    spread(net, work)
    there.counts[LOST], there.counts[MOVED] = 0, 0
    for at in range(len(there.before)):
        there.before[at] = 0
    _stay(case, there)


@lean_kernel
def _stay(case: Case, there: Beside) -> None:
    """What fell since is beside the partners from now on."""
    work = case.work
    for at in range(there.before[FALLEN], work.counts[FALLEN]):
        there.counts[LOST] += case.counted.assets[work.queue[at]]
    for at in range(len(work.counts)):
        there.before[at] = work.counts[at]


@lean_kernel
def move_first(case: Case, there: Beside) -> None:
    """Move what the first leaves behind, if that was not done yet."""
    if there.counts[MOVED] != 0:
        return
    there.counts[MOVED] = 1
    _move(case, case.power, case.cooling, case.given, 0)
    for number in range(len(case.calls.sources)):
        there.runs[number] = case.wires.usable[case.calls.sources[number]]


@lean_kernel
def trip_first(case: Case, there: Beside, many: int) -> None:
    """Let the first go on alone: what stands in `there.ahead` trips, and its load moves."""
    begin = case.work.counts[FALLEN]
    for at in range(many):
        seed(case.work, int(there.ahead[at]))
    spread(case.net, case.work)
    _move(case, case.power, case.cooling, case.given, int(begin))
    for number in range(len(case.calls.sources)):
        there.runs[number] = case.wires.usable[case.calls.sources[number]]
    _stay(case, there)


@lean_kernel
def _move(case: Case, power: Side, cooling: Side, given: Given, begin: int) -> None:
    """Move what those leave behind that fell from this place of the queue on."""
    usable, end = case.wires.usable, case.work.counts[FALLEN]
    for at in range(begin, end):
        usable[case.work.queue[at]] = False
    fresh = changed_calls(case.net, case.work, case.calls, usable)
    follow(case.wires, power, cooling, given, case.work.queue[begin:end], case.calls.fresh[:fresh])


@lean_kernel
def fail_beside(case: Case, it: Suspects, there: Beside, other: int) -> None:
    """Take the other one down as well, with what both take along together."""
    net, work, asset = case.net, case.work, int(it.scope[other])
    if not takes_along(net, asset):
        seed(work, asset)
    else:
        case.named[0], case.named[1] = asset, there.counts[NAMED]
        named = case.named[: 1 + there.counts[PARTS]]
        seed_all(work, case.taken[: take_along(net, work, named, case.taken)])
    spread(net, work)


@lean_kernel
def move_beside(case: Case, there: Beside, begin: int) -> None:
    """Move what those leave behind that fell beside the first, from this place of the queue on."""
    _move(case, there.power, there.cooling, there.given, begin)


@lean_kernel
def move_back(case: Case, there: Beside) -> None:
    """Undo what was moved beside the first."""
    usable = case.wires.usable
    unfollow(there.power, there.cooling, there.given)
    for at in range(there.before[FALLEN], case.work.counts[FALLEN]):
        usable[case.work.queue[at]] = True
    for number in range(len(case.calls.sources)):
        usable[case.calls.sources[number]] = there.runs[number]


@lean_kernel
def retreat(case: Case, there: Beside) -> None:
    """Undo what was settled beside the first."""
    before = there.before
    step_back(case.net, case.work, int(before[FALLEN]), int(before[TOUCHED]), int(before[LOOPS]), int(before[LEVELS]))


@lean_kernel
def count_beside(case: Case, it: Suspects, there: Beside, other: int, row: Ints) -> None:
    """Write how many fell, the named ones with them, and how many of them beside both singles; none that tripped."""
    work, traced, counted = case.work, it.traced, case.counted.assets
    row[2], row[3], row[4], row[5] = there.counts[LOST], 0, 0, 0
    for at in range(there.before[FALLEN], work.counts[FALLEN]):
        asset = work.queue[at]
        row[2] += counted[asset]
        row[3] += 0 if there.known[asset] else counted[asset]
    for at in range(traced.fallen_start[other], traced.fallen_start[other + 1]):
        asset = traced.fallen[at]
        if work.fell[asset] > there.before[LEVELS] and not there.known[asset]:
            row[3] -= counted[asset]
