"""Cut sets of one load on replicas, by the weight of the hosts that a set hits.

Hosts with the same groups are one class; `keys` are the minimal sets that take a class down. A set A hits the hosts of
every class of which it holds a set; with W(A) of them, and `failures` = f hosts lost being too many:

- A alone is a cut set if W(A) ≥ f and no proper subset reaches f;
- A and r = f − W(A) further hosts are one if every member of A adds to W(A): C(hosts − W(A), r) sets, alike.

Candidates are the unions of known sets. What W can be at most decides which are weighed: a union of single elements
weighs no more than their sum, and so on; none that could count is passed over.
"""

# pyright: reportArgumentType=false, reportReturnType=false
# What kernels read from arrays are integers to numba; numpy's stubs take them for arrays.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.impact._families import BITS, MASK, PAIR, TRIPLE, Family, joined
from twin.impact._jit import kernel

Ints = NDArray[np.int32]


@kernel
def place_of(table: Ints, keys: Family, key: int) -> int:
    """Where a set stands in `keys`, or -1; `table` is an open-addressed hash table of places."""
    mixed = (key & MASK) * 31 + (key >> BITS) * 10007
    at = int(mixed ^ (mixed >> 11)) & (len(table) - 1)
    while table[at] >= 0:
        if keys[table[at]] == key:
            return int(table[at])
        at = (at + 1) & (len(table) - 1)
    return -1 - at


@kernel
def weight_of(  # noqa: PLR0913, PLR0917 - arrays of one load
    key: int, table: Ints, keys: Family, start: Ints, classes: Ints, weight: Ints, stamp: Ints, tick: int
) -> int:
    """W of a set: the hosts of all classes of which it holds a set. Stamps these classes with `tick`."""
    first, middle, last = key >> (2 * BITS), (key >> BITS) & MASK, key & MASK
    total = 0
    for number in range(7):
        if number == 0:
            part = last
        elif number == 1:
            part = middle
        elif number == 2:
            part = first
        elif number == 3:
            part = (middle << BITS) | last if middle else 0
        elif number == 4:
            part = (first << BITS) | last if first else 0
        elif number == 5:
            part = (first << BITS) | middle if first else 0
        else:
            part = key if first else 0
        if part == 0:
            continue
        place = place_of(table, keys, part)
        if place < 0:
            continue
        for at in range(start[place], start[place + 1]):
            if stamp[classes[at]] != tick:
                stamp[classes[at]] = tick
                total += weight[classes[at]]
    return total


@kernel
def pattern(  # noqa: PLR0913, PLR0917 - arrays of one load
    key: int,
    order: int,
    failures: int,
    hosts: int,
    table: Ints,
    keys: Family,
    start: Ints,
    classes: Ints,
    weight: Ints,
    stamp: Ints,
    tick: NDArray[np.int64],
) -> int:
    """How many further hosts a set needs to be a minimal cut set, 0 for none; -1 if it is part of none."""
    size = 1 if key < PAIR else 2 if key < TRIPLE else 3
    tick[0] += 1
    whole = weight_of(key, table, keys, start, classes, weight, stamp, tick[0])
    more = max(0, failures - whole)
    if more > order - size or more > hosts - whole:
        return -1
    for side in range(size if size > 1 else 0):
        first, middle, last = key >> (2 * BITS), (key >> BITS) & MASK, key & MASK
        if size == 2:
            rest = last if side == 0 else middle
        elif side == 0:
            rest = (middle << BITS) | last
        elif side == 1:
            rest = (first << BITS) | last
        else:
            rest = (first << BITS) | middle
        tick[0] += 1
        without = weight_of(rest, table, keys, start, classes, weight, stamp, tick[0])
        if (more == 0 and without >= failures) or (more > 0 and without >= whole):
            return -1
    return more if size > 1 or whole > 0 else -1


@kernel
def index_sets(keys: Family, classes: Ints) -> tuple[Family, Ints, Ints, Ints]:
    """The distinct sets sorted, the places of their classes, these classes, and a hash table of the sets."""
    order = np.argsort(keys)
    distinct = np.empty(len(keys), np.int64)
    start = np.zeros(len(keys) + 1, np.int32)
    listed = np.empty(len(keys), np.int32)
    count = 0
    for place in range(len(keys)):
        key = keys[order[place]]
        if place == 0 or key != distinct[count - 1]:
            distinct[count] = key
            start[count] = place
            count += 1
        listed[place] = classes[order[place]]
    start[count] = len(keys)
    size = 16
    while size < 2 * count:
        size *= 2
    table = np.full(size, -1, np.int32)
    for place in range(count):
        table[-1 - place_of(table, distinct, distinct[place])] = place
    return distinct[:count].copy(), start[: count + 1].copy(), listed, table


@kernel
def candidates(  # noqa: C901, PLR0912, PLR0913, PLR0917 - one enumeration
    order: int, failures: int, table: Ints, keys: Family, start: Ints, classes: Ints, weight: Ints, stamp: Ints
) -> Family:
    """Every union of known sets that could be part of a cut set, each once, sorted."""
    singles, pairs = np.searchsorted(keys, PAIR), np.searchsorted(keys, TRIPLE)
    whole = np.empty(pairs, np.int32)
    tick = -1
    for place in range(pairs):
        tick -= 1
        whole[place] = weight_of(keys[place], table, keys, start, classes, weight, stamp, tick)
    by_weight = np.argsort(-whole[:singles])
    found = [keys[place] for place in range(len(keys)) if keys[place] < PAIR or order > 1]
    if order > 1:
        least = failures - (order - 2)
        for a in range(singles):
            for b in range(a + 1, singles):
                if whole[by_weight[a]] + whole[by_weight[b]] < least:
                    break
                found.append(joined(keys[by_weight[a]], keys[by_weight[b]]))
    if order > 2:
        for a in range(singles):
            one = whole[by_weight[a]]
            for b in range(a + 1, singles):
                two = one + whole[by_weight[b]]
                if two + whole[by_weight[b]] < failures:
                    break
                for c in range(b + 1, singles):
                    if two + whole[by_weight[c]] < failures:
                        break
                    pair = joined(keys[by_weight[a]], keys[by_weight[b]])
                    found.append(joined(keys[by_weight[c]], pair))
            for p in range(singles, pairs):
                element = keys[by_weight[a]]
                apart = element != keys[p] >> BITS and element != keys[p] & MASK
                if one + whole[p] >= failures and apart:
                    found.append(joined(element, keys[p]))
        by_element = np.empty((2 * (pairs - singles), 2), np.int64)
        for p in range(singles, pairs):
            by_element[2 * (p - singles), 0], by_element[2 * (p - singles), 1] = keys[p] >> BITS, p
            by_element[2 * (p - singles) + 1, 0], by_element[2 * (p - singles) + 1, 1] = keys[p] & MASK, p
        by_element = by_element[np.argsort(by_element[:, 0])]
        for a in range(len(by_element)):
            p = by_element[a, 1]
            b = a + 1
            while b < len(by_element) and by_element[b, 0] == by_element[a, 0]:
                q = by_element[b, 1]
                other = (keys[q] >> BITS) + (keys[q] & MASK) - by_element[a, 0]
                if whole[p] + whole[q] >= failures:
                    tick -= 1
                    key = joined(other, keys[p])
                    if weight_of(key, table, keys, start, classes, weight, stamp, tick) >= failures:
                        found.append(key)
                else:
                    opposite = (keys[p] >> BITS) + (keys[p] & MASK) - by_element[a, 0]
                    third = place_of(table, keys, joined(other, opposite))
                    if third >= 0 and whole[p] + whole[q] + whole[third] >= failures:
                        found.append(joined(other, keys[p]))
                b += 1
    every = np.empty(len(found), np.int64)
    for place in range(len(found)):
        every[place] = found[place]
    return np.unique(every)


@kernel
def weigh(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one pass over the candidates of one load
    all_keys: Family,
    all_classes: Ints,
    weight: Ints,
    host: Ints,
    host_class: Ints,
    failures: int,
    order: int,
    limit: int,
) -> tuple[Family, NDArray[np.int64]]:
    """The cut sets of a load on replicas: at most `limit` of them, and how many there are of each order (0 to 3).

    `host`: element of each host that may be a member, 0 where it may not; `host_class`: its class.
    """
    counts = np.zeros(4, np.int64)
    listed = np.empty(64, np.int64)
    written = 0
    keys, start, classes, table = index_sets(all_keys, all_classes)
    stamp = np.zeros(len(weight), np.int32)
    tick = np.zeros(1, np.int64)
    chosen = candidates(order, failures, table, keys, start, classes, weight, stamp)
    stamp[:] = 0
    free = np.empty(len(host), np.int64)
    for place in range(-1, len(chosen)):
        key = np.int64(0) if place < 0 else chosen[place]
        more = failures
        if place >= 0:
            more = pattern(key, order, failures, len(host), table, keys, start, classes, weight, stamp, tick)
        if more < 0 or more > order:
            continue
        size = 0 if place < 0 else 1 if key < PAIR else 2 if key < TRIPLE else 3
        tick[0] += 1
        if place >= 0:
            weight_of(key, table, keys, start, classes, weight, stamp, tick[0])
        many = 0
        for at in range(len(host)):
            if host[at] and (place < 0 or stamp[host_class[at]] != tick[0]):
                free[many] = host[at]
                many += 1
        combinations = 1 if more == 0 else many if more == 1 else many * (many - 1) // 2
        if more == 3:
            combinations = many * (many - 1) * (many - 2) // 6
        counts[size + more] += combinations
        a, b, c = 0, 1, 2
        for _ in range(min(combinations, limit - written)):
            if written == len(listed):
                listed = np.append(listed, np.empty(written, np.int64))
            if more == 0:
                whole = key
            elif more == 1:
                whole = free[a] if size == 0 else joined(free[a], key)
                a += 1
            elif more == 2:
                pair = joined(free[a], free[b])
                whole = pair if size == 0 else joined(key, pair)
                b += 1
                if b == many:
                    a += 1
                    b = a + 1
            else:
                whole = joined(free[c], joined(free[a], free[b]))
                c += 1
                if c == many:
                    b += 1
                    if b == many - 1:
                        a += 1
                        b = a + 1
                    c = b + 1
            listed[written] = whole
            written += 1
    return listed[:written].copy(), counts
