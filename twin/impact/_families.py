"""Families of failure sets, truncated at a given order: the algebra under the cut sets.

A family is a sorted int64 array of the minimal sets that bring something down; every set that holds one of them does so
too. Elements are numbered from 1. A set of up to three elements a < b < c is one number, (a · 2²¹ + b) · 2²¹ + c without
the elements that it lacks, so that ascending numbers are ascending orders. The empty array is "nothing of this order
does", the array [0], the empty set, is "down already".

Union and conjunction of upward closed families are monotone, and the sets of order up to k of both follow from the sets
of order up to k of their operands: truncation is exact. `conjunction` says whether it left out larger sets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.impact._jit import kernel

Family = NDArray[np.int64]

BITS = 21
MASK = (1 << BITS) - 1
LARGEST_ELEMENT = MASK
PAIR = 1 << BITS
TRIPLE = 1 << (2 * BITS)
ABSENT = -1


@kernel
def table_of(family: Family) -> Family:
    """Open-addressed hash table of the sets of a family, at most half full."""
    size = 16
    while size < 2 * len(family):
        size *= 2
    table = np.full(size, -1, np.int64)
    for place in range(len(family)):
        insert(table, family[place])
    return table


@kernel
def spot(key: int, size: int) -> int:
    """Where a set is first looked for in a table of that size."""
    return int(key ^ (key >> 17) ^ (key >> 29) * 5 ^ (key >> 41) * 3) & (size - 1)


@kernel
def insert(table: Family, key: int) -> None:
    """Add a set to a table that has room."""
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
def covered_below(table: Family, key: int) -> bool:
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
def covered(table: Family, key: int) -> bool:
    """Whether the set or a subset of it is in the table (the empty set aside)."""
    return holds(table, key) or covered_below(table, key)


@kernel
def minimal(candidates: Family) -> Family:
    """The minimal ones of these sets, sorted; sorts its argument in place."""
    candidates.sort()
    if len(candidates) and candidates[0] == 0:
        return candidates[:1].copy()
    table = np.full(16, -1, np.int64)
    kept = 0
    tabled = 0
    previous = np.int64(-1)
    for place in range(len(candidates)):
        key = candidates[place]
        if key == previous:
            continue
        previous = key
        if covered_below(table, key):
            continue
        candidates[kept] = key
        kept += 1
        if key < TRIPLE:
            tabled += 1
            if 2 * tabled > len(table):
                table = np.full(4 * len(table), -1, np.int64)
                for again in range(kept):
                    insert(table, candidates[again])
            else:
                insert(table, key)
    return candidates[:kept].copy()


@kernel
def union(one: Family, other: Family) -> Family:
    """What brings down at least one of two."""
    if len(one) == 0:
        return other
    if len(other) == 0:
        return one
    both = np.empty(len(one) + len(other), np.int64)
    both[: len(one)] = one
    both[len(one) :] = other
    return minimal(both)


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
def uncovered(family: Family, table: Family) -> Family:
    """The sets of a family that are not covered by a table."""
    kept = np.empty(len(family), np.int64)
    count = 0
    for place in range(len(family)):
        if not covered(table, family[place]):
            kept[count] = family[place]
            count += 1
    return kept[:count]


@kernel
def conjunction(one: Family, other: Family, order: int) -> tuple[Family, bool]:  # noqa: C901, PLR0912, PLR0915 - one pass
    """What brings down both, up to that order; and whether larger sets were left out.

    A set of one that holds a set of the other stays as it is. The others join each other: a set of one with an element
    or with an overlapping set of the other.
    """
    if len(one) == 0 or len(other) == 0:
        return np.empty(0, np.int64), False
    if one[0] == 0:
        return other, False
    if other[0] == 0:
        return one, False
    table_one = table_of(one)
    table_other = table_of(other)
    rest_one = uncovered(one, table_other)
    rest_other = uncovered(other, table_one)
    buffer = np.empty(64 + len(one) + len(other), np.int64)
    count = 0
    for place in range(len(one)):
        if covered(table_other, one[place]):
            buffer[count] = one[place]
            count += 1
    for place in range(len(other)):
        if covered(table_one, other[place]):
            buffer[count] = other[place]
            count += 1
    if len(rest_one) == 0 or len(rest_other) == 0:
        return minimal(buffer[:count]), False
    if order == 1:
        return minimal(buffer[:count]), True
    singles_one = np.searchsorted(rest_one, PAIR)
    singles_other = np.searchsorted(rest_other, PAIR)
    pairs_one = np.searchsorted(rest_one, TRIPLE)
    pairs_other = np.searchsorted(rest_other, TRIPLE)
    left_out = (
        pairs_one < len(rest_one)
        or pairs_other < len(rest_other)
        or (pairs_one > singles_one and pairs_other > singles_other)
        or (order == 2 and (pairs_one > singles_one or pairs_other > singles_other))
    )
    for a in range(singles_one):
        stop = singles_other if order == 2 else pairs_other
        for b in range(stop):
            buffer = emit(buffer, count, joined(rest_one[a], rest_other[b]))
            count += 1
    if order == 2:
        return minimal(buffer[:count]), left_out
    for b in range(singles_other):
        for a in range(singles_one, pairs_one):
            buffer = emit(buffer, count, joined(rest_other[b], rest_one[a]))
            count += 1
    # Two pairs with one element in common make a set of three. Each pair of `other` stands twice in the list by element.
    many = pairs_other - singles_other
    by_element = np.empty(2 * many, np.int64)
    for b in range(many):
        key = rest_other[singles_other + b]
        by_element[2 * b] = key
        by_element[2 * b + 1] = ((key & MASK) << BITS) | (key >> BITS)
    by_element.sort()
    for a in range(singles_one, pairs_one):
        key = rest_one[a]
        for side in range(2):
            shared = key >> BITS if side == 0 else key & MASK
            at = np.searchsorted(by_element, shared << BITS)
            while at < len(by_element) and by_element[at] >> BITS == shared:
                third = by_element[at] & MASK
                if third != key >> BITS and third != key & MASK:
                    buffer = emit(buffer, count, joined(third, key))
                    count += 1
                at += 1
    return minimal(buffer[:count]), left_out
