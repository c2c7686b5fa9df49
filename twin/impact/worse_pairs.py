"""Every pair that takes down what neither of the two does alone, with overloads that trip (section 3).

Capacity is not monotone, so that no rule derives a pair from its singles; but most pairs have nothing to do with each
other. Of each single is kept what falls, which groups lose suppliers, which loads change, and how much each load can
gain at the most, whatever fails beside it (`twin.impact._gain`). Let two singles trip nothing, share no group
that lists a standby source and no loop that carries load (unless all that one takes of it is taken by the other too),
and let nothing that supplies load fall with both that falls with neither. Then no load of the pair is above that of the
base state plus both gains:

- a group outside loops that lost suppliers to one of them only is split as it is with that one alone; if to both, one
  of them takes all that the other takes (else its owner falls), or the group can spare two, and gains are the worst;
- what an owner gains is passed on by at most one part in k of a group of need k, in any state;
- loops that one of them touches take the ways of that one alone, which the gains follow.

If that fits everywhere, nothing trips, and the pair is that of the settled state (`twin.impact.pairs`). Only the few
loads are compared on which two gains may not fit.

A *special* single trips something itself, or has gains that do not fit alone. With another one that touches no group of
it, no load that it changes and nothing that falls with it, loads are exactly the sum of both changes, in every round.
If that fits, the pair is the union of both, and not worse.

Of the pairs that are left, one more look drops most of those that are not worse while nothing trips
(`twin.impact._beside`): let one of the two trip nothing alone, and let what it moves alone and the gains of the other
fit together. That bounds the pair where groups are split as with the first one alone: the other takes no supplier of
a group whose owner draws more with the first, and of a loop that both touch one of them takes all that the other takes.
Any other pair is worked out, from the state and the loads of the larger single, and where something trips from those of
each of its rounds (`twin.impact._rounds`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.impact._beside import worse_of
from twin.impact._crew import share_out
from twin.impact._larger import beside
from twin.impact._suspects import TRIPS, Found, Ranked, Settled, Suspects, suspects_of
from twin.impact._traced import Notes, Traced, joined, trace_loads
from twin.impact.capacity import prepared_for
from twin.impact.classes import by_source
from twin.impact.pairs import rows_among
from twin.impact.sweep import chosen

if TYPE_CHECKING:
    from twin.impact._bundle import Rows
    from twin.impact._case import Case
    from twin.impact.settle import Base
    from twin.topology.model import Bools, Floats, Ints

Progress = Callable[[str, int, int], None]
AT_ONCE = 1_000_000
"""Pairs that are looked at together, each larger single once for all of its partners."""
LOOKED = 256
"""Parts of them to each thread: the few pairs that take a whole site down cost a hundred times what others do."""
SCATTER = 7_919
"""Places that stand side by side, like those of a site, go to different parts."""


@dataclass(frozen=True, eq=False)
class WorsePairs:
    """Pairs that take down what neither of the two takes down alone, k in all; columns as in `CapacityScan`."""

    sets: Ints
    lost: Ints
    beyond: Ints
    """k: how many neither single takes down."""
    tripped: Ints
    rounds: Ints
    looked_at: int
    """How many pairs were looked at one by one, those that are not worse included."""


def worse_pairs(base: Base, scope: Ints, *, limit: float = 1.0, progress: Progress | None = None) -> WorsePairs:
    """Every pair of two assets of `scope`, each once, that is worse than its singles."""
    scope = scope.astype(np.int32)
    alone = np.zeros(len(base.topology), np.bool_)
    alone[scope] = True
    settled = rows_among(base, alone, quiet=True)
    prepared = prepared_for(base, limit, alone)
    named = prepared.number[scope]
    with prepared.lock:
        traced = _trace(prepared.cases, named)
        place = np.full(len(base.topology), -1, np.int32)
        place[scope] = np.arange(len(scope))
        settled[:, :2] = place[settled[:, :2]]
        suspects = _suspects(prepared.cases[0], traced, named, settled)
        rows, looked_at = _looked_at(prepared.cases, suspects, progress)
    return WorsePairs(scope[np.sort(rows[:, :2], axis=1)], *rows[:, 2:].T, looked_at=looked_at)


def _looked_at(cases: tuple[Case, ...], suspects: Suspects, progress: Progress | None) -> tuple[Rows, int]:
    """The rows of the pairs that are worse, as of `worse_of`, and how many were settled."""
    count = len(suspects.scope)
    find, look = chosen(suspects_of, count**2 // 2, None), chosen(worse_of, count**2 // 2, None)
    there = [beside(case, len(suspects.delicate)) for case in cases]
    found: list[tuple[Rows, int]] = [(np.empty((0, 6), np.int32), 0)]
    begin = 0
    while begin < count:
        met, end = find(suspects, begin, AT_ONCE)
        apart = met[:, 0].astype(np.int64) * SCATTER % count
        met = met[np.lexsort((met[:, 0], apart, met[:, 2] & TRIPS))]

        def part(thread: int, first: int, last: int, met: Rows = met) -> tuple[Rows, int]:
            return look(cases[thread], suspects, there[thread], met[first:last])

        def tell(done: int, of: int, begin: int = begin, end: int = end) -> None:
            if progress:
                progress("capacity of pairs", begin + (end - begin) * done // max(1, of), count)

        found += share_out(len(met), len(cases), part, shares=LOOKED, progress=tell)
        begin = end
    return np.concatenate([rows for rows, _ in found]), sum(settled for _, settled in found)


def _trace(cases: tuple[Case, ...], named: Ints) -> Traced:
    run = chosen(trace_loads, len(named), None)
    notes = [_notes(case) for case in cases]

    def part(thread: int, first: int, end: int) -> Traced:
        case = cases[thread]
        return Traced(*run(case, case.gains, notes[thread], named[first:end]))

    return joined(share_out(len(named), len(cases), part))


def _notes(case: Case) -> Notes:
    """Working arrays of a trace."""
    size, groups = len(case.work.fell), len(case.work.slack)
    loops = len(case.net.loop_start) - 1
    return Notes(
        most=np.zeros(2 * size),
        keys=np.zeros(groups + loops, np.bool_),
        masks=np.zeros(groups + loops, np.int32),
        listed=np.zeros(groups + loops, np.int32),
        owners=np.zeros(size, np.bool_),
        taken=np.zeros(size, np.int32),
        counts=np.zeros(2, np.int32),
    )


def _suspects(case: Case, traced: Traced, named: Ints, settled: Ints) -> Suspects:
    """`settled`: the pairs that are worse while nothing trips, as `rows_among` has them, but by place."""
    net, size, count = case.net, len(case.work.fell), len(named)
    left = np.maximum(np.column_stack([case.room.power_left, case.room.cooling_left]).ravel(), 0.0)
    special = (traced.tripped > 0) | ~traced.bounded
    gainer = _places(traced.gained_start)
    special[gainer[traced.gains > left[traced.gained]]] = True
    delicate, loaded = _keys(case)
    place_of = np.full(size, -1, np.int32)
    place_of[named] = np.arange(count)
    faller = _places(traced.fallen_start)
    within = place_of[traced.fallen]
    early = np.arange(len(faller)) - traced.fallen_start[faller] < traced.settled[faller]
    early &= within >= 0
    key_start, key_order = chosen(by_source, len(traced.keys), None)(traced.keys, len(delicate))
    ordinary = ~special[gainer]
    return Suspects(
        traced,
        named,
        place_of,
        special,
        (np.diff(net.along_start) == 0)[named] & (np.diff(net.part_start) == 0)[named],
        delicate,
        loaded,
        left,
        by_key=Found(key_start, _places(traced.key_start)[key_order]),
        mask_by_key=traced.masks[key_order],
        by_owner=_found(traced.owners, _places(traced.owner_start), size),
        by_fallen=_found(traced.fallen, faller, size),
        within=_found(within[early], faller[early], count),
        by_moved=_ranked(traced.moved, _places(traced.moved_start), traced.most, left),
        by_gain=_ranked(traced.gained[ordinary], gainer[ordinary], traced.gains[ordinary], left),
        worse=_settled(settled, count),
        size=np.diff(traced.fallen_start) + np.diff(traced.moved_start),
        skipped=np.full(count, -1, np.int32),
        met=np.full(count, -1, np.int32),
        why=np.zeros(count, np.int32),
        row=np.zeros(count, np.int32),
        partners=np.zeros(count, np.int32),
    )


def _keys(case: Case) -> tuple[Bools, Bools]:
    """Which groups, then loops, list standby sources or are loops that carry load; and which carry load (g + L)."""
    net, room = case.net, case.room
    carries = room.group_type <= 1
    loops = np.zeros(len(net.loop_start) - 1, np.bool_)
    inside = (net.loop_of_group >= 0) & (carries | room.lists_standby)
    loops[net.loop_of_group[inside]] = True
    return np.concatenate([room.lists_standby, loops]), np.concatenate([carries, loops])


def _settled(rows: Ints, count: int) -> Settled:
    """By single; `rows`: as `rows_among` has them, but by place."""
    both = np.arange(2 * len(rows), dtype=np.int32) % max(1, len(rows))
    one, other = np.concatenate([rows[:, 0], rows[:, 1]]), np.concatenate([rows[:, 1], rows[:, 0]])
    start, order = chosen(by_source, len(one), None)(one, count)
    lost, beyond, quiet = (column.copy() for column in rows[:, 2:].T)
    return Settled(start, other[order], both[order], lost, beyond, quiet)


def _places(start: Ints) -> Ints:
    """The place of each entry in lists that stand one after the other."""
    return np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))


def _found(number: Ints, place: Ints, count: int) -> Found:
    start, order = chosen(by_source, len(number), None)(np.ascontiguousarray(number), count)
    return Found(start, place[order])


def _ranked(number: Ints, place: Ints, value: Floats, left: Floats) -> Ranked:
    """By number, the largest value first."""
    order = np.argsort(-value, kind="stable")
    start, by_number = chosen(by_source, len(number), None)(number[order], len(left))
    order = order[by_number]
    return Ranked(start, place[order], value[order])
