"""Singles that stand for others in a join of pairs: those with the same records (see `twin.impact._join`).

A record says what a single touches that it leaves standing. Let a and c have the same records, and c take down all that
a takes down. Then with any b, what falls with {c, b} is what falls with {a, b} and what c takes down:

- all of that falls with {c, b};
- nothing else does: of what stays up, a and c take the same suppliers, so that it has as many left as with {a, b}.

A transformer and the board that hangs on it alone, a module and its only room: pairs are found for one of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import kernel, lean_kernel
from twin.impact._records import Keys, Records, Singles, grown_ints
from twin.impact.fold import MASK, mixed
from twin.topology.model import Bools, Ints

TRIED = 8
"""Singles with the same digest that one is compared with at most; beyond, it stands for itself."""


@bundle
class Alike(NamedTuple):
    """Which singles stand for which, by place in the scope.

    stands: the one that stands for each. start, member: whom each stands for, itself included, none if another stands
    for it. extra_start, extra: by place, what each takes
    down that the one that stands for it does not. known: by place, whether all that it stands for are known.
    """

    stands: Ints
    start: Ints
    member: Ints
    extra_start: Ints
    extra: Ints
    known: Bools


@kernel
def alike(  # noqa: PLR0913, PLR0917 - what is known of the singles
    singles: Singles, records: Records, keys: Keys, order: Ints, known: Bools, count: int
) -> tuple[Ints, Ints, Ints, Ints, Ints, Bools]:
    """The fields of `Alike`; `order`: the places, least fallen first; `count`: n."""
    size = len(order)
    stands = np.arange(size).astype(np.int32)
    find_alike(singles, records, keys, order, stands, np.full(count, -1, np.int32))
    start, all_known = np.zeros(size + 1, np.int32), np.ones(size, np.bool_)
    for place in range(size):
        start[stands[place] + 1] += 1
        all_known[stands[place]] &= known[place]
    for place in range(size):
        start[place + 1] += start[place]
    following, member = start.copy(), np.empty(size, np.int32)
    for place in range(size):
        member[following[stands[place]]] = place
        following[stands[place]] += 1
    extra_start, extra = np.zeros(size + 1, np.int32), np.empty(1024, np.int32)
    stamp = np.full(count, -1, np.int32)
    for place in range(size):
        end = int(extra_start[place])
        one = stands[place]
        if one != place:
            extra = grown_ints(extra, int(end + singles.start[place + 1] - singles.start[place]))
            for at in range(singles.start[one], singles.start[one + 1]):
                stamp[singles.fallen[at]] = place
            for at in range(singles.start[place], singles.start[place + 1]):
                if stamp[singles.fallen[at]] != place:
                    extra[end] = singles.fallen[at]
                    end += 1
        extra_start[place + 1] = end
    return stands, start, member, extra_start, extra, all_known


@kernel
def find_alike(singles: Singles, records: Records, keys: Keys, order: Ints, stands: Ints, stamp: Ints) -> None:  # noqa: PLR0913, PLR0917 - arrays
    """Write to `stands`, each place itself before, the single that stands for each; `stamp`: n, -1 before."""
    size = 16
    while size < 2 * len(order):
        size *= 2
    table, digest = np.full(size, -1, np.int32), np.zeros(len(order), np.int64)
    where = np.zeros(len(keys.slack), np.int32)
    for place in order:
        if singles.record_start[place] == singles.record_start[place + 1]:
            continue  # meets nobody
        digest[place] = _digest(singles, records, keys, place)
        at, tried = digest[place] & (size - 1), 0
        while table[at] >= 0 and tried < TRIED and stands[place] == place:
            other = table[at]
            if digest[other] == digest[place]:
                tried += 1
                if _is_alike(singles, records, keys, where, stamp, int(other), place):
                    stands[place] = other
            at = (at + 1) & (size - 1)
        if table[at] < 0 and stands[place] == place:
            table[at] = place


@lean_kernel
def _digest(singles: Singles, records: Records, keys: Keys, place: int) -> int:
    """A number that is the same for singles with the same records, in any order."""
    total = 0
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = int(records.key[at])
        lost = int(records.many[at])
        if keys.width[key] == 1:
            low, high = records.mask[at] & np.uint64(MASK), (records.mask[at] >> np.uint64(31)) & np.uint64(MASK)
            lost = int(np.int64(low) + np.int64(high))
        total += mixed((mixed(key) + lost) & MASK)
    return mixed(total & MASK)


@lean_kernel
def _is_alike(singles: Singles, records: Records, keys: Keys, where: Ints, stamp: Ints, one: int, other: int) -> bool:  # noqa: PLR0913, PLR0917 - arrays
    """Whether two singles have the same records, and the other takes down all that the one does."""
    begin, end = singles.record_start[other], singles.record_start[other + 1]
    if singles.record_start[one + 1] - singles.record_start[one] != end - begin:
        return False
    for at in range(begin, end):
        where[records.key[at]] = at
    for at in range(singles.record_start[one], singles.record_start[one + 1]):
        key = records.key[at]
        same = where[key]
        if same < begin or same >= end or records.key[same] != key or records.many[same] != records.many[at]:
            return False
        if keys.width[key] == 1:
            if records.mask[same] != records.mask[at]:
                return False
        else:
            for word in range(keys.width[key]):
                theirs, mine = np.int64(records.mask[same]), np.int64(records.mask[at])
                if records.words[theirs + word] != records.words[mine + word]:
                    return False
    for at in range(singles.start[other], singles.start[other + 1]):
        stamp[singles.fallen[at]] = other
    for at in range(singles.start[one], singles.start[one + 1]):  # noqa: SIM110 - a kernel knows no generators
        if stamp[singles.fallen[at]] != other:
            return False
    return True
