"""Families of failure sets, truncated at a given order: the algebra under the cut sets.

A family is a sorted int64 array of the minimal sets that bring something down; every set that holds one of them does
so too. Elements are numbered from 1. A set of up to three elements a < b < c is one number, (a · 2²¹ + b) · 2²¹ + c
without the elements that it lacks, so that ascending numbers are ascending orders. The empty array is "nothing of
this order does", the array [0], the empty set, is "down already".

Union and conjunction of upward closed families are monotone, and the sets of order up to k of both follow from the sets
of order up to k of their operands: truncation is exact. `conjunction` says whether it left out larger sets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.impact._jit import kernel

Family = NDArray[np.int64]
Traces = NDArray[np.uint8]

BITS = 21
MASK = (1 << BITS) - 1
LARGEST_ELEMENT = MASK
PAIR = 1 << BITS
TRIPLE = 1 << (2 * BITS)
PLACES = 1 << 12
FOLD = PLACES - 1


@kernel
def spot(key: int, size: int) -> int:
    """Where a set is first looked for in a table of that size."""
    mixed = (key & MASK) * 31 + (key >> BITS) * 10007
    return int(mixed ^ (mixed >> 11)) & (size - 1)


@kernel
def insert(table: Family, key: int) -> None:
    """Add a set to an open-addressed hash table that has room; -1 is an empty place."""
    at = spot(key, len(table))
    while table[at] != -1 and table[at] != key:
        at = (at + 1) & (len(table) - 1)
    table[at] = key


@kernel
def holds(table: Family, key: int) -> bool:
    """Whether this very set is in the table."""
    at = spot(key, len(table))
    while table[at] != -1:
        if table[at] == key:
            return True
        at = (at + 1) & (len(table) - 1)
    return False


@kernel
def small_sets(family: Family) -> Family:
    """A table of the sets of one and two elements, at most half full: all that can be a proper subset of another."""
    many = np.searchsorted(family, TRIPLE)
    size = 16
    while size < 2 * many:
        size *= 2
    table = np.full(size, -1, np.int64)
    for place in range(many):
        insert(table, family[place])
    return table


@kernel
def covered(table: Family, key: int) -> bool:
    """Whether a proper, non-empty subset of the set is in the table."""
    if key < PAIR:
        return False
    last = key & MASK
    middle = (key >> BITS) & MASK
    if holds(table, last) or holds(table, middle):
        return True
    if key < TRIPLE:
        return False
    first = key >> (2 * BITS)
    return (
        holds(table, first)
        or holds(table, (first << BITS) | middle)
        or holds(table, (first << BITS) | last)
        or holds(table, (middle << BITS) | last)
    )


@kernel
def traces(family: Family) -> Traces:
    """Of each element, folded into as many places: 1, it is a set by itself; 2, it stands in a set of two."""
    marks = np.zeros(PLACES, np.uint8)
    for key in family:
        if key >= TRIPLE:
            break
        if key < PAIR:
            marks[key & FOLD] |= 1
        else:
            marks[key & FOLD] |= 2
            marks[(key >> BITS) & FOLD] |= 2
    return marks


@kernel
def may_be_covered(marks: Traces, key: int) -> bool:
    """False where no proper subset of a set stands in the family of these traces: spares a search in its table."""
    if key < PAIR:
        return False
    last, middle = marks[key & FOLD], marks[(key >> BITS) & FOLD]
    if key < TRIPLE:
        return (last | middle) & 1 != 0
    first = marks[(key >> (2 * BITS)) & FOLD]
    return ((last | middle | first) & 1) != 0 or (((last & middle) | (last & first) | (middle & first)) & 2) != 0


@kernel
def minimal(candidates: Family, table: Family) -> Family:
    """The minimal ones of these sets that no set of the table covers, sorted.

    Sorts its argument in place; the table is used up.
    """
    candidates.sort()
    kept = 0
    tabled = np.count_nonzero(table != -1)
    previous = np.int64(-1)
    for place in range(len(candidates)):
        key = candidates[place]
        if key == previous or covered(table, key):
            continue
        previous = key
        candidates[kept] = key
        kept += 1
        if key < TRIPLE:
            tabled += 1
            if 2 * tabled > len(table):
                larger = np.full(4 * len(table), -1, np.int64)
                for at in range(len(table)):
                    if table[at] != -1:
                        insert(larger, table[at])
                table = larger
            insert(table, key)
    return candidates[:kept].copy()


@kernel
def split(one: Family, other: Family) -> tuple[Family, Family, Family]:
    """The sets in both families, those in the first alone, those in the second alone."""
    common = np.empty(min(len(one), len(other)), np.int64)
    rest_one = np.empty(len(one), np.int64)
    rest_other = np.empty(len(other), np.int64)
    a, b, shared = 0, 0, 0
    while a < len(one) and b < len(other):
        if one[a] == other[b]:
            common[shared] = one[a]
            shared += 1
            a += 1
            b += 1
        elif one[a] < other[b]:
            rest_one[a - shared] = one[a]
            a += 1
        else:
            rest_other[b - shared] = other[b]
            b += 1
    rest_one[a - shared : len(one) - shared] = one[a:]
    rest_other[b - shared : len(other) - shared] = other[b:]
    return common[:shared], rest_one[: len(one) - shared], rest_other[: len(other) - shared]


@kernel
def merged(one: Family, other: Family) -> Family:
    """Two sorted arrays without common sets as one."""
    if len(one) == 0:
        return other
    if len(other) == 0:
        return one
    both = np.empty(len(one) + len(other), np.int64)
    a, b = 0, 0
    for place in range(len(both)):
        if b == len(other) or (a < len(one) and one[a] < other[b]):
            both[place] = one[a]
            a += 1
        else:
            both[place] = other[b]
            b += 1
    return both


@kernel
def divided(family: Family, other: Family) -> tuple[Family, Family]:
    """The sets of a family of which no proper subset stands in the other, and the rest."""
    if len(other) == 0 or other[0] >= TRIPLE:
        return family, np.empty(0, np.int64)
    table, marks = small_sets(other), traces(other)
    free = np.empty(len(family), np.int64)
    bound = np.empty(len(family), np.int64)
    count = 0
    for place in range(len(family)):
        if may_be_covered(marks, family[place]) and covered(table, family[place]):
            bound[place - count] = family[place]
        else:
            free[count] = family[place]
            count += 1
    return free[:count], bound[: len(family) - count]


@kernel
def union(one: Family, other: Family) -> Family:
    """What brings down at least one of two."""
    if len(one) == 0 or (len(other) > 0 and other[0] == 0):
        return other
    if len(other) == 0 or one[0] == 0:
        return one
    common, rest_one, rest_other = split(one, other)
    if len(rest_one) == 0:
        return other
    if len(rest_other) == 0:
        return one
    # What both hold covers nothing more of either: each is minimal.
    kept_one, _ = divided(rest_one, rest_other)
    kept_other, _ = divided(rest_other, rest_one)
    return merged(common, merged(kept_one, kept_other))


@kernel
def joined(one: int, other: int) -> int:
    """The number of the union of an element and a set of one or two others."""
    if other < PAIR:
        return (one << BITS) | other if one < other else (other << BITS) | one
    low = other >> BITS
    high = other & MASK
    if one < low:
        return (one << (2 * BITS)) | other
    if one < high:
        return (low << (2 * BITS)) | (one << BITS) | high
    return (other << BITS) | one


@kernel
def emit(buffer: Family, count: int, key: int) -> Family:
    """Write a set at `count`, into a larger buffer where this one is full."""
    if count == len(buffer):
        larger = np.empty(4 * len(buffer), np.int64)
        larger[:count] = buffer
        buffer = larger
    buffer[count] = key
    return buffer


@kernel
def conjunction(one: Family, other: Family, order: int) -> tuple[Family, bool]:
    """What brings down both, up to that order; and whether larger sets were left out.

    A set of one family that holds a set of the other is minimal as it is. What is left of the two joins each other.
    """
    nothing = np.empty(0, np.int64)
    if len(one) == 0 or len(other) == 0:
        return nothing, False
    if one[0] == 0:
        return other, False
    if other[0] == 0:
        return one, False
    common, rest_one, rest_other = split(one, other)
    if len(rest_one) == 0 or len(rest_other) == 0:
        return common, False
    free_one, bound_one = divided(rest_one, rest_other)
    free_other, bound_other = divided(rest_other, rest_one)
    kept = merged(common, merged(bound_one, bound_other))
    if len(free_one) == 0 or len(free_other) == 0:
        return kept, False
    if order == 1:
        return kept, True
    candidates, left_out = products(free_one, free_other, order)
    return merged(kept, minimal(candidates, small_sets(kept))), left_out


@kernel
def products(one: Family, other: Family, order: int) -> tuple[Family, bool]:
    """Unions of a set of one and a set of the other of 2 up to `order` (3) elements; and whether there are larger.

    No set of one holds a set of the other.
    """
    singles_one, singles_other = np.searchsorted(one, PAIR), np.searchsorted(other, PAIR)
    pairs_one, pairs_other = np.searchsorted(one, TRIPLE), np.searchsorted(other, TRIPLE)
    has_pairs = pairs_one > singles_one or pairs_other > singles_other
    left_out = pairs_one < len(one) or pairs_other < len(other) or (order == 2 and has_pairs)
    left_out = bool(left_out or (pairs_one > singles_one and pairs_other > singles_other))
    buffer = np.empty(64 + singles_one * pairs_other + singles_other * (pairs_one - singles_one), np.int64)
    count = 0
    for a in range(singles_one):
        for b in range(singles_other if order == 2 else pairs_other):
            buffer[count] = joined(one[a], other[b])
            count += 1
    if order == 2:
        return buffer[:count], left_out
    for b in range(singles_other):
        for a in range(singles_one, pairs_one):
            buffer[count] = joined(other[b], one[a])
            count += 1
    # Two pairs with one element in common make a set of three. Each pair of `other` is listed by both elements.
    many = pairs_other - singles_other
    by_element: Family = np.empty(2 * many, np.int64)
    for b in range(many):
        key = other[singles_other + b]
        by_element[2 * b] = key
        by_element[2 * b + 1] = ((key & MASK) << BITS) | (key >> BITS)
    by_element.sort()
    for a in range(singles_one, pairs_one):
        key = one[a]
        for side in range(2):
            shared = key >> BITS if side == 0 else key & MASK
            at = int(np.searchsorted(by_element, np.int64(shared) << BITS))
            while at < len(by_element) and by_element[at] >> BITS == shared:
                third = by_element[at] & MASK
                if third != key >> BITS and third != key & MASK:
                    buffer = emit(buffer, count, joined(int(third), int(key)))
                    count += 1
                at += 1
    return buffer[:count], left_out
