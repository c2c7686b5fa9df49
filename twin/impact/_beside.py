"""The kernels that look at pairs one by one: the second failure beside the first, from the state of the first.

What the larger single takes down and the load that it moves are there once for all of its partners; of each partner
only what comes on top is settled and moved, and taken back. Load follows from who is up and which standby sources run,
so that the order makes no difference while nothing trips. If anything might trip, the pair is simulated as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import Rows, bundle
from twin.impact._cascade import back, cascade, changed_calls, is_above, start
from twin.impact._case import Case
from twin.impact._jit import kernel, lean_kernel
from twin.impact._suspects import LOADED, TRIPS, WORSE, Suspects
from twin.impact.follow import journal
from twin.impact.shift import Given, Side, follow, unfollow
from twin.impact.spread import (
    FALLEN,
    LEVELS,
    LOOPS,
    TOUCHED,
    Work,
    seed,
    seed_all,
    spread,
    step_back,
    take_along,
    takes_along,
)
from twin.topology.model import Bools, Floats, Ints

NAMED, LOST, OWN, PARTS, MOVED = range(5)
MANY = 4_000
"""Pairs that take down so many beside both singles move load nearly always, and are not settled first to see it."""


@bundle
class Beside(NamedTuple):
    """The first single at work, and what its partners change.

    power, cooling, given: the loads of the case, with a journal of their own for what a partner moves. known: n, what
    falls with the first; owners: n, whose groups it changes; most: 2 n, by how much it raises each load; gains: 2 n,
    by how much at the most beside any other; masks: g + L, 1 + the place of each key in `Traced.keys`. All are 0
    between two of them. runs: for each standby source whether it runs beside the first. counts: the first, what is lost
    with it, whether it was up itself, whether it takes a path or loop along, whether its load was moved; before:
    `Work.counts` after it.
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
    )


def _apart(side: Side) -> Side:
    """The same loads with a journal of their own."""
    _, was, listed, changed, counts = journal(side.load)
    return side._replace(was=was, listed=listed, changed=changed, counts=counts)


@kernel
def worse_of(case: Case, it: Suspects, there: Beside, pairs: Rows) -> tuple[Rows, int]:
    """Which of these pairs are worse, and how many were settled; pairs: as of `suspects_of`, the same first together.

    A row each: both places, lost, beyond the singles, tripped, rounds.
    """
    rows = np.zeros((len(pairs), 6), np.int32)
    count, looked, first = 0, 0, -1
    for number in range(len(pairs)):
        place, other, why = int(pairs[number, 0]), int(pairs[number, 1]), int(pairs[number, 2])
        if why == WORSE and it.worse.quiet[pairs[number, 3]] != 0:
            rows[count, 0], rows[count, 1] = place, other
            rows[count, 2], rows[count, 3] = it.worse.lost[pairs[number, 3]], it.worse.beyond[pairs[number, 3]]
            count += 1
            continue
        if place != first:
            if first >= 0:
                _note(it, there, first, False)
                back(case)
            _note(it, there, place, True)
            _fail_first(case, it, there, place)
            first = place
        doubtful = bool(why & LOADED) and not _fits_beside(it, there, place, other)
        if pairs[number, 3] >= 0 and it.worse.beyond[pairs[number, 3]] > MANY:
            doubtful = True
        if not why & TRIPS and not why & WORSE and not doubtful:
            continue
        looked += 1
        if why & TRIPS or not _settle_beside(case, it, there, other, doubtful, rows[count]):
            back(case)
            _simulate(case, it, there, place, other, rows[count])
            _fail_first(case, it, there, place)
        if rows[count, 3] > 0:
            rows[count, 0], rows[count, 1] = place, other
            count += 1
    if first >= 0:
        _note(it, there, first, False)
        back(case)
    return rows[:count], looked


@lean_kernel
def _note(it: Suspects, there: Beside, place: int, on: bool) -> None:
    """Note what is known of the first, or take it off again."""
    known = it.traced
    for at in range(known.fallen_start[place], known.fallen_start[place + 1]):
        there.known[known.fallen[at]] = on
    for at in range(known.owner_start[place], known.owner_start[place + 1]):
        there.owners[known.owners[at]] = on
    for at in range(known.moved_start[place], known.moved_start[place + 1]):
        there.most[known.moved[at]] = known.most[at] if on else 0.0
    for at in range(known.gained_start[place], known.gained_start[place + 1]):
        there.gains[known.gained[at]] = known.gains[at] if on else 0.0
    for at in range(known.key_start[place], known.key_start[place + 1]):
        there.masks[known.keys[at]] = at + 1 if on else 0


@lean_kernel
def _fail_first(case: Case, it: Suspects, there: Beside, place: int) -> None:
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
    lost = 0
    for at in range(work.counts[FALLEN]):
        lost += case.counted.assets[work.queue[at]]
    there.counts[LOST] = lost
    there.counts[MOVED] = 0
    for at in range(len(work.counts)):
        there.before[at] = work.counts[at]


@lean_kernel
def _move_first(case: Case, there: Beside) -> None:
    """Move what the first leaves behind, if that was not done yet."""
    if there.counts[MOVED] != 0:
        return
    there.counts[MOVED] = 1
    usable, end = case.wires.usable, case.work.counts[FALLEN]
    for at in range(end):
        usable[case.work.queue[at]] = False
    fresh = changed_calls(case.net, case.work, case.calls, usable)
    follow(case.wires, case.power, case.cooling, case.given, case.work.queue[:end], case.calls.fresh[:fresh])
    for number in range(len(case.calls.sources)):
        there.runs[number] = usable[case.calls.sources[number]]


@lean_kernel
def _settle_beside(case: Case, it: Suspects, there: Beside, other: int, doubtful: bool, row: Ints) -> bool:  # noqa: PLR0913, PLR0917 - arrays
    """Fail the other one beside the first, and write the row where nothing trips; False where something might.

    doubtful: whether loads may not fit even where nothing falls but what one of the two takes down.
    """
    own = there.counts[OWN] + (case.work.fell[it.scope[other]] >= 0)
    if not doubtful:
        _fail_beside(case, it, there, other)
        _count(case, it, there, other, row)
        doubtful = _adds_load(case, it, there, other)
        _retreat(case, there)
    fits = True
    if doubtful:
        _move_first(case, there)
        _fail_beside(case, it, there, other)
        _count(case, it, there, other, row)
        fits = _loads_fit(case, there)
        _retreat(case, there)
    row[2] -= own
    return fits


@lean_kernel
def _fail_beside(case: Case, it: Suspects, there: Beside, other: int) -> None:
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
def _count(case: Case, it: Suspects, there: Beside, other: int, row: Ints) -> None:
    """Write how many fell, the named ones with them, and how many of them beside both singles; none that tripped."""
    work, traced, counted = case.work, it.traced, case.counted.assets
    row[2], row[3], row[4], row[5] = there.counts[LOST], 0, 0, 0
    for at in range(there.before[FALLEN], work.counts[FALLEN]):
        row[2] += counted[work.queue[at]]
        row[3] += counted[work.queue[at]]
    for at in range(traced.fallen_start[other], traced.fallen_start[other + 1]):
        if work.fell[traced.fallen[at]] > there.before[LEVELS]:
            row[3] -= counted[traced.fallen[at]]


@lean_kernel
def _loads_fit(case: Case, there: Beside) -> bool:
    """Whether nothing trips when the load that the other one leaves behind is moved; it is moved back."""
    net, work, usable, begin = case.net, case.work, case.wires.usable, there.before[FALLEN]
    end = work.counts[FALLEN]
    for at in range(begin, end):
        usable[work.queue[at]] = False
    fresh = changed_calls(net, work, case.calls, usable)
    follow(case.wires, there.power, there.cooling, there.given, work.queue[begin:end], case.calls.fresh[:fresh])
    fits = _is_within(work, there.power, case.room.power) and _is_within(work, there.cooling, case.room.cooling)
    unfollow(there.power, there.cooling, there.given)
    for at in range(begin, end):
        usable[work.queue[at]] = True
    for number in range(len(case.calls.sources)):
        usable[case.calls.sources[number]] = there.runs[number]
    return bool(fits)


@lean_kernel
def _is_within(work: Work, side: Side, bound: Floats) -> bool:
    """Whether no changed load of what is up is above its bound."""
    for at in range(side.counts[0]):
        asset = side.changed[at]
        if work.fell[asset] == 0 and is_above(float(side.load[asset]), float(bound[asset])):
            return False
    return True


@lean_kernel
def _retreat(case: Case, there: Beside) -> None:
    """Undo what was settled beside the first."""
    before = there.before
    step_back(case.net, case.work, int(before[FALLEN]), int(before[TOUCHED]), int(before[LOOPS]), int(before[LEVELS]))


@lean_kernel
def _adds_load(case: Case, it: Suspects, there: Beside, other: int) -> bool:
    """Whether what fell beside both singles may have added load somewhere.

    It adds none where all that it supplies is down as well, so that no group that is left gets it elsewhere.
    """
    net, work, room, traced, adds = case.net, case.work, case.room, it.traced, False
    first, last = int(traced.fallen_start[other]), int(traced.fallen_start[other + 1])
    _flip(work, traced.fallen, first, last)
    for at in range(there.before[FALLEN], work.counts[FALLEN]):
        asset = work.queue[at]
        if work.fell[asset] < 0:
            continue
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            if room.group_type[group] <= 1 or room.lists_standby[group]:
                stays = work.fell[net.group_owner[group]] == 0
                adds = adds or bool(stays or room.lists_standby[group] or net.loop_of_group[group] >= 0)
    _flip(work, traced.fallen, first, last)
    return adds


@lean_kernel
def _fits_beside(it: Suspects, there: Beside, place: int, other: int) -> bool:
    """Whether all loads of a pair surely fit (`twin.impact.worse_pairs` says why), by what is known of the singles."""
    known = it.traced
    for at in range(known.key_start[other], known.key_start[other + 1]):
        key = known.keys[at]
        if there.masks[key] > 0 and it.delicate[key]:
            one, two = known.masks[there.masks[key] - 1], known.masks[at]
            if one < 0 or two < 0 or (one & two != one and one & two != two):
                return False
    moved, gained = bool(known.bounded[other]), not it.special[place]
    for at in range(known.owner_start[other], known.owner_start[other + 1]):
        owner = known.owners[at]
        moved = moved and not (there.most[2 * owner] > 0.0 or there.most[2 * owner + 1] > 0.0)
    for at in range(known.gained_start[other], known.gained_start[other + 1]):
        load = known.gained[at]
        moved = moved and bool(there.most[load] + known.gains[at] <= it.left[load])
    for at in range(known.moved_start[other], known.moved_start[other + 1]):
        load, more = known.moved[at], known.most[at]
        gained = gained and bool(there.gains[load] + more <= it.left[load])
        gained = gained and not (more > 0.0 and there.owners[load // 2])
    return moved or gained


@lean_kernel
def _simulate(case: Case, it: Suspects, there: Beside, place: int, other: int, row: Ints) -> None:  # noqa: PLR0913, PLR0917 - arrays
    """Write the row of a pair that is failed from the base state, until nothing trips."""
    work, counted, named, traced = case.work, case.counted, case.named, it.traced
    named[0], named[1] = it.scope[place], it.scope[other]
    lost, beyond = -int(work.fell[named[0]] == 0) - int(work.fell[named[1]] == 0), 0
    start(case.net, work, named, case.taken)
    spread(case.net, work)
    tripped, rounds = cascade(case)
    first, last = int(traced.fallen_start[other]), int(traced.fallen_start[other + 1])
    _flip(work, traced.fallen, first, last)
    for at in range(work.counts[FALLEN]):
        asset = work.queue[at]
        lost += counted.assets[asset]
        if work.fell[asset] > 0 and not there.known[asset]:
            beyond += counted.assets[asset]
    _flip(work, traced.fallen, first, last)
    row[2], row[3], row[4], row[5] = lost, beyond, tripped, rounds
    back(case)


@lean_kernel
def _flip(work: Work, fallen: Ints, first: int, last: int) -> None:
    """Mark what is down of these by a negative level, or take the mark off again."""
    for at in range(first, last):
        work.fell[fallen[at]] = -work.fell[fallen[at]]
