"""Solves the families of failure sets of every asset of a problem, suppliers first.

down(x) = x fails, or a group of x has too few suppliers left: the least solution of these equations, so that cycles
across types keep running until something breaks them. Inside a loop of one type it is the other way round: a member is
down unless it is *reached*, so its families come from above ("all is down"), with what is known of the rest held fixed.
Both are iterated per strongly connected component; without cycles one pass does.

Arrays (N nodes, G groups, M members): `start` N + 1 groups of each node; `failures` G suppliers whose loss breaks it;
`loop` G number of the loop of one type that its owner stands in, or -1; `member_start` G + 1; `member` M nodes;
`inside` M the supplier stands in that loop; `element` N number of the node as a member of sets, 0 for none.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Items of a list by a number from an array: known to numba, unknown to numpy's stubs.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.impact._families import Family, conjunction, merged, union
from twin.impact._jit import kernel

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@kernel
def components(start: Ints, member_start: Ints, member: Ints) -> tuple[Ints, Ints]:  # noqa: PLR0915 - one walk
    """Strongly connected components (Tarjan, iterative), suppliers first.

    Returns the nodes in the order in which components close, and the component of each node.
    """
    count = len(start) - 1
    number = np.full(count, -1, np.int32)
    low = np.zeros(count, np.int32)
    component = np.full(count, -1, np.int32)
    path = np.empty(count, np.int32)
    walk = np.empty(count, np.int32)
    edge = np.empty(count, np.int64)
    closed = np.empty(count, np.int32)
    seen = np.int32(0)
    on_path = 0
    found = np.int32(0)
    done = 0
    for root in range(count):
        if number[root] >= 0:
            continue
        depth = 0
        walk[0] = root
        edge[0] = member_start[start[root]]
        number[root] = low[root] = seen
        seen += 1
        path[on_path] = root
        on_path += 1
        while depth >= 0:
            node = walk[depth]
            if edge[depth] < member_start[start[node + 1]]:
                supplier = member[edge[depth]]
                edge[depth] += 1
                if number[supplier] < 0:
                    number[supplier] = low[supplier] = seen
                    seen += 1
                    path[on_path] = supplier
                    on_path += 1
                    depth += 1
                    walk[depth] = supplier
                    edge[depth] = member_start[start[supplier]]
                elif component[supplier] < 0:
                    low[node] = min(low[node], number[supplier])
                continue
            depth -= 1
            if depth >= 0:
                low[walk[depth]] = min(low[walk[depth]], low[node])
            if low[node] == number[node]:
                begin = done
                while True:
                    on_path -= 1
                    closed[done] = path[on_path]
                    component[path[on_path]] = found
                    done += 1
                    if path[on_path] == node:
                        break
                closed[begin:done] = closed[begin:done][::-1].copy()
                found += 1
    return closed, component


@kernel
def counted(parts: list[Family], failures: int) -> Family:
    """The single elements that stand in at least `failures` of the parts."""
    size = 0
    for part in parts:
        size += len(part)
    elements = np.empty(size, np.int64)
    size = 0
    for part in parts:
        elements[size : size + len(part)] = part
        size += len(part)
    elements.sort()
    kept, run = 0, 0
    for place in range(size):
        run = run + 1 if place > 0 and elements[place] == elements[place - 1] else 1
        if run == failures:
            elements[kept] = elements[place]
            kept += 1
    return elements[:kept].copy()


@kernel
def threshold(parts: list[Family], failures: int, order: int) -> tuple[Family, bool]:
    """What brings down at least `failures` of the parts, and whether larger sets were left out."""
    live = [part for part in parts if len(part) > 0 and part[0] != 0]
    for part in parts:
        if len(part) > 0 and part[0] == 0:
            failures -= 1
    if failures <= 0:
        return np.zeros(1, np.int64), False
    if len(live) < failures:
        return np.empty(0, np.int64), False
    if order == 1:
        return counted(live, failures), True
    if failures == 1:
        family = live[0]
        for place in range(1, len(live)):
            family = union(family, live[place])
        return family, False
    # reached[k]: at least k of the parts so far are down; k from below can no longer matter when too few parts remain.
    reached = [np.empty(0, np.int64) for _ in range(failures + 1)]
    left_out = False
    for place in range(len(live)):
        lowest = max(1, failures - (len(live) - place) + 1)
        for k in range(min(failures, place + 1), lowest - 1, -1):
            if k == 1:
                reached[1] = union(reached[1], live[place])
            else:
                both, larger = conjunction(reached[k - 1], live[place], order)
                reached[k] = union(reached[k], both)
                left_out = left_out or larger
    return reached[failures], left_out


@kernel
def alike(failures: Ints, member_start: Ints, member: Ints) -> Ints:
    """For each group the first one with the very same members and failures, so that the same breaks both."""
    first = np.arange(len(failures)).astype(np.int32)
    size = 16
    while size < 2 * len(failures):
        size *= 2
    table = np.full(size, -1, np.int32)
    for group in range(len(failures)):
        begin, many = member_start[group], member_start[group + 1] - member_start[group]
        mixed = np.int64(failures[group])
        for step in range(many):
            mixed = ((mixed ^ (mixed >> 15)) * 65599 + member[begin + step]) & 0xFFFFFFFFFFF
        at = (mixed ^ (mixed >> 20)) & (size - 1)
        while table[at] >= 0:
            other = member_start[table[at]]
            equal = failures[table[at]] == failures[group] and member_start[table[at] + 1] - other == many
            for step in range(many):
                equal = equal and member[begin + step] == member[other + step]
            if equal:
                break
            at = (at + 1) & (size - 1)
        if table[at] >= 0:
            first[group] = table[at]
        else:
            table[at] = group
    return first


@kernel
def broken(  # noqa: PLR0913, PLR0917 - arrays of one problem
    node: int,
    every: bool,
    only_loop: int,
    component: Ints,
    inner: list[Family],
    families: list[Family],
    start: Ints,
    failures: Ints,
    loop: Ints,
    member_start: Ints,
    member: Ints,
    inside: Bools,
    order: int,
    first: Ints,
    known: list[Family],
    state: Ints,
) -> tuple[Family, bool]:
    """What breaks a group of the node.

    `every`: all groups, by suppliers that are settled. Else `only_loop` -1: the groups outside loops; otherwise the
    groups of that loop, whose members count by `inner`. What breaks groups that are `alike` is kept in `known`;
    state: G, 1 where it is, 2 where larger sets were left out.
    """
    result = np.empty(0, np.int64)
    left_out = False
    for group in range(start[node], start[node + 1]):
        if loop[group] != only_loop and not every:
            continue
        if every and state[first[group]] > 0:
            family: Family = known[first[group]]
            larger = state[first[group]] == 2
        else:
            parts: list[Family] = [
                inner[member[at]]
                if only_loop >= 0 and inside[at] and component[member[at]] == component[node]
                else families[member[at]]
                for at in range(member_start[group], member_start[group + 1])
            ]
            family, larger = threshold(parts, failures[group], order)
        if every:
            known[first[group]] = family
            state[first[group]] = 2 if larger else 1
        left_out = left_out or larger
        result = union(result, family)
    return result, left_out


@kernel
def same(one: Family, other: Family) -> bool:
    """Whether two families are equal."""
    if len(one) != len(other):
        return False
    for place in range(len(one)):  # noqa: SIM110 - a kernel knows no generator expressions
        if one[place] != other[place]:
            return False
    return True


@kernel
def rings(closed: Ints, begin: int, end: int, start: Ints, loop: Ints) -> Ints:
    """The loops that stand, in part at least, in one component."""
    found = np.empty(0, np.int32)
    if end - begin > 1:
        for place in range(begin, end):
            for group in range(start[closed[place]], start[closed[place] + 1]):
                if loop[group] >= 0 and not np.any(found == loop[group]):
                    found = np.append(found, loop[group])
    return found


@kernel
def ring_nodes(  # noqa: PLR0913, PLR0917 - arrays of one problem
    ring: int, closed: Ints, begin: int, end: int, start: Ints, loop: Ints
) -> Ints:
    """The nodes of a component that stand in that loop."""
    nodes = np.empty(end - begin, np.int32)
    count = 0
    for place in range(begin, end):
        for group in range(start[closed[place]], start[closed[place] + 1]):
            if loop[group] == ring:
                nodes[count] = closed[place]
                count += 1
                break
    return nodes[:count]


@kernel
def stale(  # noqa: PLR0913, PLR0917 - arrays of one problem
    node: int, since: int, changed: NDArray[np.int64], start: Ints, member_start: Ints, member: Ints
) -> bool:
    """Whether a supplier of the node has changed since that tick."""
    for at in range(member_start[start[node]], member_start[start[node + 1]]):  # noqa: SIM110 - a kernel
        if changed[member[at]] > since:
            return True
    return False


@kernel
def solve(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one fixpoint over the arrays of one problem
    start: Ints,
    failures: Ints,
    loop: Ints,
    member_start: Ints,
    member: Ints,
    inside: Bools,
    element: Ints,
    wanted: Bools,
    closed: Ints,
    component: Ints,
    order: int,
) -> tuple[Family, NDArray[np.int64], Bools]:
    """The families of the wanted nodes.

    Returns them in one array, N + 1 starts into it, and for each node whether larger sets were left out on the way.
    """
    count = len(element)
    nothing: Family = np.empty(0, np.int64)
    families = [nothing for _ in range(count)]
    inner = [nothing for _ in range(count)]
    first = alike(failures, member_start, member)
    known = [nothing for _ in range(len(failures))]
    state = np.zeros(len(failures), np.int32)
    left_out = np.zeros(count, np.bool_)
    changed = np.zeros(count, np.int64)
    tick = 1
    begin = 0
    while begin < count:
        end = begin
        while end < count and component[closed[end]] == component[closed[begin]]:
            end += 1
        ring_of = rings(closed, begin, end, start, loop)
        ring_tick = np.full(len(ring_of), -1, np.int64)
        node_tick = np.full(end - begin, -1, np.int64)
        larger_sets = False
        for place in range(begin, end):
            if element[closed[place]]:
                families[closed[place]] = np.full(1, element[closed[place]], np.int64)
        moved = True
        while moved:
            moved = False
            for place in range(begin, end):
                node = closed[place]
                if node_tick[place - begin] >= 0 and not stale(
                    node, node_tick[place - begin], changed, start, member_start, member
                ):
                    continue
                tick += 1
                node_tick[place - begin] = tick
                family, larger = broken(
                    int(node), end - begin == 1, -1, component, inner, families,
                    start, failures, loop, member_start, member, inside, order, first, known, state,
                )  # fmt: skip
                larger_sets = larger_sets or larger
                # Without a cycle nothing that breaks the node holds the node itself.
                family = merged(families[node], family) if end - begin == 1 else union(families[node], family)
                if not same(family, families[node]):
                    tick += 1
                    families[node] = family
                    changed[node] = tick
                    moved = end - begin > 1
            for number in range(len(ring_of)):
                ring = ring_of[number]
                nodes = ring_nodes(ring, closed, begin, end, start, loop)
                due = ring_tick[number] < 0
                for node in nodes:
                    due = (
                        due
                        or changed[node] > ring_tick[number]
                        or stale(node, ring_tick[number], changed, start, member_start, member)
                    )
                if not due:
                    continue
                # The loop from above: all its members here are down, until those met from outside lift the next.
                for node in nodes:
                    inner[node] = np.zeros(1, np.int64)
                sinking = True
                while sinking:
                    sinking = False
                    for node in nodes:
                        family, larger = broken(
                            int(node), False, int(ring), component, inner, families,
                            start, failures, loop, member_start, member, inside, order, first, known, state,
                        )  # fmt: skip
                        larger_sets = larger_sets or larger
                        family = union(families[node], family)
                        if not same(family, inner[node]):
                            inner[node] = family
                            sinking = True
                tick += 1
                for node in nodes:
                    if not same(inner[node], families[node]):
                        families[node] = inner[node]
                        changed[node] = tick
                        moved = True
                ring_tick[number] = tick
        for place in range(begin, end):
            node = closed[place]
            for at in range(member_start[start[node]], member_start[start[node + 1]]):
                larger_sets = larger_sets or left_out[member[at]]
        for place in range(begin, end):
            left_out[closed[place]] = larger_sets
        begin = end
    total = 0
    starts = np.zeros(count + 1, np.int64)
    for node in range(count):
        if wanted[node]:
            total += len(families[node])
        starts[node + 1] = total
    pool = np.empty(total, np.int64)
    for node in range(count):
        if wanted[node]:
            pool[starts[node] : starts[node + 1]] = families[node]
    return pool, starts, left_out
