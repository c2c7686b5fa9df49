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
Any other pair is worked out, from the state and the loads of the larger single.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from twin.impact._beside import beside, worse_of
from twin.impact._crew import share_out
from twin.impact._suspects import TRIPS, Found, Ranked, Suspects, suspects_of
from twin.impact._traced import Notes, Traced, joined, trace_loads
from twin.impact.capacity import prepared_for
from twin.impact.classes import by_source
from twin.impact.pairs import pairs_among
from twin.impact.sweep import chosen

if TYPE_CHECKING:
    from twin.impact._case import Case
    from twin.impact.settle import Base
    from twin.topology.model import Bools, Floats, Ints

Progress = Callable[[str, int, int], None]


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
    settled = pairs_among(base, alone)
    prepared = prepared_for(base, limit, alone)
    named = prepared.number[scope]
    with prepared.lock:
        traced = _trace(prepared.cases, named)
        place = np.full(len(base.topology), -1, np.int32)
        place[scope] = np.arange(len(scope))
        suspects = _suspects(prepared.cases[0], traced, named, place[settled.assets])
        own = [(case, _apart(suspects), beside(case, len(suspects.delicate))) for case in prepared.cases]
        many = len(scope) ** 2 // 2
        find, look = chosen(suspects_of, many, None), chosen(worse_of, many, None)

        def part(thread: int, first: int, end: int) -> tuple[Ints, int]:
            case, mine, there = own[thread]
            met = find(mine, first, end, 1024)
            return look(case, mine, there, met[np.lexsort((met[:, 0], met[:, 2] & TRIPS))])

        tell = progress and partial(progress, "capacity of pairs")
        parts = share_out(len(scope), len(own), part, progress=tell)
    found = np.concatenate([np.empty((0, 6), np.int32), *(rows for rows, _ in parts)])
    looked_at = sum(looked for _, looked in parts)
    return WorsePairs(scope[np.sort(found[:, :2], axis=1)], *found[:, 2:].T, looked_at=looked_at)


def _apart(suspects: Suspects) -> Suspects:
    """The same with working arrays of its own."""
    skipped, met, why, partners = (
        array.copy() for array in (suspects.skipped, suspects.met, suspects.why, suspects.partners)
    )
    return suspects._replace(skipped=skipped, met=met, why=why, partners=partners)


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


def _suspects(case: Case, traced: Traced, named: Ints, worse: Ints) -> Suspects:
    """`worse`: m × 2, places of pairs that are worse while nothing trips."""
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
    both = np.concatenate([worse, worse[:, ::-1]]).astype(np.int32)
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
        worse=_found(both[:, 0], both[:, 1], count),
        size=np.diff(traced.fallen_start) + np.diff(traced.moved_start),
        skipped=np.full(count, -1, np.int32),
        met=np.full(count, -1, np.int32),
        why=np.zeros(count, np.int32),
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
