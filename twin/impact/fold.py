"""The kernels of the fold: which assets share every fate, so that one of them stands for all.

Two assets share every fate if, group by group, they need as many suppliers of the same type and of the same classes in
the same numbers, and are taken along by as many of the same classes. A group counts its suppliers, so a class of three
is a supplier three times. The proof is by rounds: members of a class that are up fall in the same round, because the
counts of their groups are the same in each; whoever may fail by itself stands alone. The classes begin with one asset
each and only ever grow, which keeps what was equal equal, so that the order in which they grow does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import kernel, lean_kernel
from twin.topology.model import Bools, Codes, Floats, Ints

MOST_PASSES = 12
"""Chains of suppliers that are folded together at most; what is folded no further is only slower."""
MASK = 0x7FFFFFFF


@bundle
class Facts(NamedTuple):
    """What makes assets alike: arrays of `Topology` by the same names, and three more.

    taker_start: n + 1, what takes each asset along; taker: these (by CONTAINS, AFFECTS or PART_OF). carries: g, the
    group asks for suppliers of the same classes one by one, on the same terms, because load goes its ways through them.
    terms: n, what assets of one class must have in common besides.
    """

    owner_start: Ints
    group_need: Ints
    group_type: Codes
    group_portion: Floats
    group_transfer: Bools
    member_start: Ints
    member: Ints
    member_priority: Ints
    taker_start: Ints
    taker: Ints
    carries: Bools
    terms: Ints


@kernel
def fold(facts: Facts, may: Bools) -> Ints:
    """For each asset the one that stands for it (n); `may`: n, may share its fate with others, else it stands alone."""
    count = len(may)
    size = 16
    while size < 2 * count:
        size *= 2
    table, seen = np.empty(size, np.int32), np.zeros(count, np.int32)
    stands_for = np.arange(count).astype(np.int32)
    candidates = np.flatnonzero(may).astype(np.int32)
    for _ in range(MOST_PASSES):
        left = _pass(facts, stands_for, candidates, table, seen)
        for asset in range(count):
            stands_for[asset] = stands_for[stands_for[asset]]
        if left == len(candidates):
            break
        candidates = candidates[:left]
    return stands_for


@lean_kernel
def _pass(facts: Facts, stands_for: Ints, candidates: Ints, table: Ints, seen: Ints) -> int:
    """Let each candidate join the first that it equals; the others stand first in `candidates` after it, so many."""
    table[:] = -1
    left = 0
    for asset in candidates:
        at = _digest(facts, stands_for, asset) & (len(table) - 1)
        while table[at] >= 0 and not _alike(facts, stands_for, seen, table[at], asset):
            at = (at + 1) & (len(table) - 1)
        if table[at] >= 0:
            stands_for[asset] = table[at]
        else:
            table[at] = asset
            candidates[left] = asset
            left += 1
    return left


@lean_kernel
def mixed(value: int) -> int:
    """Scatter 31 bits."""
    value = ((value ^ (value >> 15)) * 1103515245 + 12345) & MASK
    return (value ^ (value >> 13)) & MASK


@lean_kernel
def _digest(facts: Facts, stands_for: Ints, asset: int) -> int:
    """A number that is the same for assets that are alike."""
    total = 1 + int(facts.terms[asset])
    for group in range(facts.owner_start[asset], facts.owner_start[asset + 1]):
        members = 0
        for place in range(facts.member_start[group], facts.member_start[group + 1]):
            supplier = facts.member[place]
            members += mixed(int(stands_for[supplier]))
        total = mixed(total + mixed(members & MASK) + int(facts.group_need[group]))
    takers = 0
    for place in range(facts.taker_start[asset], facts.taker_start[asset + 1]):
        takers += mixed(int(stands_for[facts.taker[place]]))
    return mixed((total + takers) & MASK)


@lean_kernel
def _alike(facts: Facts, stands_for: Ints, seen: Ints, one: int, other: int) -> bool:
    """Whether two assets share every fate, as far as the classes so far tell."""
    first, last = facts.owner_start[one], facts.owner_start[one + 1]
    offset = facts.owner_start[other] - first
    takers = facts.taker_start
    if facts.owner_start[other + 1] - offset != last or facts.terms[one] != facts.terms[other]:
        return False
    for group in range(first, last):
        if facts.group_need[group] != facts.group_need[group + offset]:
            return False
        if facts.group_type[group] != facts.group_type[group + offset]:
            return False
        if facts.carries[group] or facts.carries[group + offset]:
            if not _same_terms(facts, stands_for, group, group + offset):
                return False
        elif not _same_classes(facts.member, facts.member_start, stands_for, seen, group, group + offset):
            return False
    return _same_classes(facts.taker, takers, stands_for, seen, one, other)


@lean_kernel
def _same_terms(facts: Facts, stands_for: Ints, one: int, other: int) -> bool:
    """Whether two groups take the same part of the load from suppliers of the same classes in every state."""
    first, last = facts.member_start[one], facts.member_start[one + 1]
    offset = facts.member_start[other] - first
    if facts.member_start[other + 1] - offset != last:
        return False
    if facts.group_portion[one] != facts.group_portion[other]:
        return False
    if facts.group_transfer[one] != facts.group_transfer[other]:
        return False
    for place in range(first, last):
        if stands_for[facts.member[place]] != stands_for[facts.member[place + offset]]:
            return False
        if facts.member_priority[place] != facts.member_priority[place + offset]:
            return False
    return True


@lean_kernel
def _same_classes(listed: Ints, start: Ints, stands_for: Ints, seen: Ints, one: int, other: int) -> bool:  # noqa: PLR0913, PLR0917 - arrays
    """Whether two lists hold as many of each class; `seen`: n, 0 between calls."""
    if start[one + 1] - start[one] != start[other + 1] - start[other]:
        return False
    same = True
    for place in range(start[one], start[one + 1]):
        seen[stands_for[listed[place]]] += 1
    for place in range(start[other], start[other + 1]):
        seen[stands_for[listed[place]]] -= 1
        if seen[stands_for[listed[place]]] < 0:
            same = False
    for place in range(start[one], start[one + 1]):
        seen[stands_for[listed[place]]] = 0
    for place in range(start[other], start[other + 1]):
        seen[stands_for[listed[place]]] = 0
    return same
