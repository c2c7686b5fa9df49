"""The kernels that look at pairs one by one: the second failure beside the first, from the state of the first.

Where nothing trips, a pair is done as soon as what comes on top of the larger single is settled and moved; where
something might, or does with one of the two alone, it is followed round by round (`twin.impact._rounds`).
"""

from __future__ import annotations

import numpy as np

from twin.impact._bundle import Rows
from twin.impact._cascade import back, is_above
from twin.impact._case import Case
from twin.impact._jit import kernel, lean_kernel
from twin.impact._larger import (
    OWN,
    Beside,
    count_beside,
    fail_beside,
    fail_first,
    move_back,
    move_beside,
    move_first,
    retreat,
)
from twin.impact._rounds import EXTRA, OTHER, ROUNDS, TRIPPED, follow_rounds
from twin.impact._suspects import LOADED, TRIPS, WORSE, Suspects
from twin.impact.shift import Side
from twin.impact.spread import FALLEN, Work
from twin.topology.model import Floats, Ints

MANY = 4_000
"""Pairs that take down so many beside both singles move load nearly always, and are not settled first to see it."""


@kernel
def worse_of(case: Case, it: Suspects, there: Beside, pairs: Rows) -> tuple[Rows, int]:
    """Which of these pairs are worse, and how many were settled; pairs: as of `suspects_of`, the same first together.

    A row each: both places, lost, beyond the singles, tripped, rounds.
    """
    rows, later = np.zeros((len(pairs), 6), np.int32), np.empty((len(pairs), 4), np.int32)
    count, looked, first, many = 0, 0, -1, 0
    for number in range(len(pairs)):
        place, other, why, known = int(pairs[number, 0]), int(pairs[number, 1]), int(pairs[number, 2]), pairs[number, 3]
        if why == WORSE and it.worse.quiet[known] != 0:
            rows[count, 0], rows[count, 1], rows[count, 4], rows[count, 5] = place, other, 0, 0
            rows[count, 2], rows[count, 3] = it.worse.lost[known], it.worse.beyond[known]
            count += 1
            continue
        if place != first:
            count = _leave(case, it, there, later, many, first, rows, count)
            _note(it, there, place, True)
            fail_first(case, it, there, place)
            first, many = place, 0
        doubtful = not why & TRIPS and bool(why & LOADED) and not _fits_beside(it, there, place, other)
        if known >= 0 and it.worse.beyond[known] > MANY:
            doubtful = True
        if not why & TRIPS and not why & WORSE and not doubtful:
            continue
        looked += 1
        if why & TRIPS or not _settle_beside(case, it, there, other, doubtful, rows[count]):
            later[many, OTHER], later[many, TRIPPED], later[many, ROUNDS], later[many, EXTRA] = other, 0, 0, -1
            many += 1
        elif rows[count, 3] > 0:
            rows[count, 0], rows[count, 1] = place, other
            count += 1
    count = _leave(case, it, there, later, many, first, rows, count)
    return rows[:count], looked


@kernel
def _leave(  # noqa: PLR0913, PLR0917 - arrays
    case: Case, it: Suspects, there: Beside, later: Rows, many: int, first: int, rows: Rows, count: int
) -> int:
    """Follow the pairs of a first that are left, and take it back; how many rows there are then."""
    if first >= 0:
        count = follow_rounds(case, it, there, later, many, first, rows, count)
        _note(it, there, first, False)
        back(case)
    return count


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
def _settle_beside(case: Case, it: Suspects, there: Beside, other: int, doubtful: bool, row: Ints) -> bool:  # noqa: PLR0913, PLR0917 - arrays
    """Fail the other one beside the first, and write the row where nothing trips; False where something might.

    doubtful: whether loads may not fit even where nothing falls but what one of the two takes down.
    """
    own = there.counts[OWN] + (case.work.fell[it.scope[other]] >= 0)
    if not doubtful:
        fail_beside(case, it, there, other)
        count_beside(case, it, there, other, row)
        doubtful = _adds_load(case, it, there, other)
        retreat(case, there)
    fits = True
    if doubtful:
        move_first(case, there)
        fail_beside(case, it, there, other)
        count_beside(case, it, there, other, row)
        move_beside(case, there, int(there.before[FALLEN]))
        fits = _is_within(case.work, there.power, case.room.power)
        fits = fits and _is_within(case.work, there.cooling, case.room.cooling)
        move_back(case, there)
        retreat(case, there)
    row[2] -= own
    return fits


@lean_kernel
def _is_within(work: Work, side: Side, bound: Floats) -> bool:
    """Whether no changed load of what is up is above its bound."""
    for at in range(side.counts[0]):
        asset = side.changed[at]
        if work.fell[asset] == 0 and is_above(float(side.load[asset]), float(bound[asset])):
            return False
    return True


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
def _flip(work: Work, fallen: Ints, first: int, last: int) -> None:
    """Mark what is down of these by a negative level, or take the mark off again."""
    for at in range(first, last):
        work.fell[fallen[at]] = -work.fell[fallen[at]]
