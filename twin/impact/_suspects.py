"""The kernels that find the pairs of which the singles do not tell all (`twin.impact._beside` looks at these)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import Rows, bundle
from twin.impact._jit import kernel, lean_kernel
from twin.impact._records import grown_rows
from twin.impact._traced import Traced
from twin.topology.model import Bools, Floats, Ints

WORSE, LOADED, TRIPS = 1, 2, 4
"""Why a pair is looked at: worse while nothing trips; loads that may not fit; a single trips something by itself."""


@bundle
class Found(NamedTuple):
    """Which singles (by place in the scope) stand in a list with each number: `place[start[i]:start[i + 1]]`."""

    start: Ints
    place: Ints


@bundle
class Ranked(NamedTuple):
    """As `Found`, with a value of each, the largest first."""

    start: Ints
    place: Ints
    value: Floats


@bundle
class Settled(NamedTuple):
    """The pairs that are worse while nothing trips, as `Found` of each single, and what is known of them.

    row: of each in `place`, where its figures stand; lost, beyond: those; quiet: 1 if what falls beyond moves no load.
    """

    start: Ints
    place: Ints
    row: Ints
    lost: Ints
    beyond: Ints
    quiet: Ints


@bundle
class Suspects(NamedTuple):
    """What is known of the singles, and who has what in common.

    scope: k, classes; place_of: n, the place of each class in it, or -1. special: k, singles that trip something, or
    whose gains do not fit alone, so that gains say nothing of their pairs. bare: k, singles that take nothing along by
    name. delicate: g + L, keys that no two failures may share, but for loops of which one of them loses all that the
    other does; loaded: g + L, keys of power and cooling. left: 2 n, the room of each load. by_key, by_owner, by_fallen
    (n, of all that fell), within (k, what takes each single down before anything trips), by_moved, by_gain: who has
    each in the list of that name; mask_by_key: of each in `by_key`. size: k, how much a single changes. Working arrays:
    skipped, met, why, row, partners: k.
    """

    traced: Traced
    scope: Ints
    place_of: Ints
    special: Bools
    bare: Bools
    delicate: Bools
    loaded: Bools
    left: Floats
    by_key: Found
    mask_by_key: Ints
    by_owner: Found
    by_fallen: Found
    within: Found
    by_moved: Ranked
    by_gain: Ranked
    worse: Settled
    size: Ints
    skipped: Ints
    met: Ints
    why: Ints
    row: Ints
    partners: Ints


@kernel
def suspects_of(it: Suspects, first: int, most: int) -> tuple[Rows, int]:
    """The pairs of the singles from `first` on that are to be looked at, each once, and the single that is next.

    That is the first one after there are `most` pairs, else the end.

    A row each: the single that changes more, the other one, why, and where the figures of a pair stand that is worse
    while nothing trips (`Suspects.worse`), else -1.
    """
    rows = np.zeros((1024, 4), np.int32)
    count, place = 0, first
    while place < len(it.scope) and count < most:
        many = _partners(it, place)
        rows = grown_rows(rows, count + many)
        for number in range(many):
            other = it.partners[number]
            swap = it.size[other] > it.size[place]
            rows[count, 0], rows[count, 1] = (other, place) if swap else (place, other)
            trips = it.traced.tripped[place] > 0 or it.traced.tripped[other] > 0
            rows[count, 2] = it.why[other] | (TRIPS if trips else 0)
            rows[count, 3] = it.row[other]
            count += 1
        place += 1
    return rows[:count], place


@lean_kernel
def _partners(it: Suspects, place: int) -> int:
    """Write to `it.partners` the singles of which the pair with this one is to be looked at; how many."""
    known = it.traced
    begin = known.fallen_start[place]
    it.skipped[place] = place
    if it.bare[place]:  # what takes this one down, is as if alone
        for at in range(it.within.start[place], it.within.start[place + 1]):
            it.skipped[it.within.place[at]] = place
    for at in range(begin, begin + known.settled[place]):
        other = it.place_of[known.fallen[at]]
        if other >= 0 and it.bare[other]:
            it.skipped[other] = place
    count = 0
    for at in range(it.worse.start[place], it.worse.start[place + 1]):
        other = int(it.worse.place[at])
        count = _note(it, other, place, WORSE, count)
        it.row[other] = it.worse.row[at]
    if it.special[place]:
        return _meet_special(it, place, count)
    for at in range(known.key_start[place], known.key_start[place + 1]):
        if it.delicate[known.keys[at]]:
            count = _meet_delicate(it, int(known.keys[at]), int(known.masks[at]), place, count)
    for at in range(known.gained_start[place], known.gained_start[place + 1]):
        count = _exceed(it, it.by_gain, int(known.gained[at]), known.gains[at], place, count)
    return count


@lean_kernel
def _meet_special(it: Suspects, place: int, count: int) -> int:
    """The same for a special one: all that it has to do with."""
    known = it.traced
    for at in range(known.key_start[place], known.key_start[place + 1]):
        key = known.keys[at]
        if known.tripped[place] > 0 or it.loaded[key] or it.delicate[key]:
            count = _meet(it, it.by_key, int(key), place, count)
        else:
            count = _meet_tripping(it, int(key), place, count)
    for at in range(known.owner_start[place], known.owner_start[place + 1]):
        owner = int(known.owners[at])
        count = _meet(it, it.by_fallen, owner, place, count)
        count = _meet_moved(it, owner, place, count)
    for at in range(known.fallen_start[place], known.fallen_start[place + 1]):
        asset = int(known.fallen[at])
        count = _meet(it, it.by_owner, asset, place, count)
        count = _meet_moved(it, asset, place, count)
    for at in range(known.moved_start[place], known.moved_start[place + 1]):
        asset = int(known.moved[at]) // 2
        count = _meet(it, it.by_owner, asset, place, count)
        count = _meet(it, it.by_fallen, asset, place, count)
        count = _exceed(it, it.by_moved, int(known.moved[at]), known.most[at], place, count)
    return count


@lean_kernel
def _meet_moved(it: Suspects, asset: int, place: int, count: int) -> int:
    """Note all that change a load of an asset."""
    for at in range(it.by_moved.start[2 * asset], it.by_moved.start[2 * asset + 2]):
        count = _note(it, int(it.by_moved.place[at]), place, LOADED, count)
    return count


@lean_kernel
def _meet_delicate(it: Suspects, key: int, mask: int, place: int, count: int) -> int:
    """Note those that touch the same loop, unless one of the two takes all of it that the other takes."""
    for at in range(it.by_key.start[key], it.by_key.start[key + 1]):
        both = mask & it.mask_by_key[at]
        if mask < 0 or it.mask_by_key[at] < 0 or (both != mask and both != it.mask_by_key[at]):
            count = _note(it, int(it.by_key.place[at]), place, LOADED, count)
    return count


@lean_kernel
def _meet_tripping(it: Suspects, key: int, place: int, count: int) -> int:
    """Note those in a list with which something trips."""
    for at in range(it.by_key.start[key], it.by_key.start[key + 1]):
        if it.traced.tripped[it.by_key.place[at]] > 0:
            count = _note(it, int(it.by_key.place[at]), place, LOADED, count)
    return count


@lean_kernel
def _meet(it: Suspects, found: Found, number: int, place: int, count: int) -> int:
    """Note all in a list."""
    for at in range(found.start[number], found.start[number + 1]):
        count = _note(it, int(found.place[at]), place, LOADED, count)
    return count


@lean_kernel
def _exceed(it: Suspects, ranked: Ranked, number: int, value: float, place: int, count: int) -> int:  # noqa: PLR0913, PLR0917 - scalars
    """Note all whose value is too much together with this one."""
    for at in range(ranked.start[number], ranked.start[number + 1]):
        if ranked.value[at] + value <= it.left[number]:
            break
        count = _note(it, int(ranked.place[at]), place, LOADED, count)
    return count


@lean_kernel
def _note(it: Suspects, other: int, place: int, why: int, count: int) -> int:
    """Note a partner once; a pair of two that are special, or not, comes with the first, else with the special one."""
    if it.special[other] and not it.special[place]:
        return count
    if it.special[other] == it.special[place] and other < place:
        return count
    if it.skipped[other] == place:
        return count
    if it.met[other] != place:
        it.met[other] = place
        it.why[other] = 0
        it.row[other] = -1
        it.partners[count] = other
        count += 1
    it.why[other] |= why
    return count
