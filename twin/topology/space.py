"""Where things are and what goes down together: CONTAINS, PART_OF and AFFECTS as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.topology.columns import AFFECTS, CONTAINS, PART_OF, RelationshipColumns
from twin.topology.model import Codes, Ints
from twin.topology.strings import Ids


def start_of(keys: Ints, count: int) -> Ints:
    """Where the entries of each key begin in a list sorted by key: count + 1."""
    start = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(keys, minlength=count), out=start[1:])
    return start


def compile_space(relationships: RelationshipColumns, ids: Ids) -> dict[str, Any]:
    """The fields of Topology about space and common cause; repeated relationships count once."""
    count = len(ids)
    source, target, affects = _distinct_along(relationships)
    whole, part = _distinct(relationships, PART_OF)[::-1]
    by_whole = np.lexsort((part, whole))
    by_part = np.lexsort((whole, part))
    contains = relationships.type == CONTAINS
    parent = parents(ids.rank[relationships.source[contains]], ids.rank[relationships.target[contains]], count)
    by_index = np.full(count, -1, np.int32)
    by_index[ids.order] = np.where(parent < 0, -1, ids.order[parent])
    return {
        "parent": by_index,
        "along_start": start_of(source, count),
        "along": target,
        "along_affects": affects,
        "part_start": start_of(whole, count),
        "part": part[by_whole],
        "whole_start": start_of(part, count),
        "whole": whole[by_part],
    }


def _distinct(relationships: RelationshipColumns, code: int) -> tuple[Ints, Ints]:
    chosen = relationships.type == code
    ends = np.unique(np.stack([relationships.source[chosen], relationships.target[chosen]], axis=1), axis=0)
    return ends[:, 0].astype(np.int32), ends[:, 1].astype(np.int32)


def _distinct_along(relationships: RelationshipColumns) -> tuple[Ints, Ints, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Source, target and whether by AFFECTS, sorted by source and target."""
    contains, affects = _distinct(relationships, CONTAINS), _distinct(relationships, AFFECTS)
    source = np.concatenate([contains[0], affects[0]])
    target = np.concatenate([contains[1], affects[1]])
    by_affects = np.arange(len(source)) >= len(contains[0])
    order = np.lexsort((by_affects, target, source))
    return source[order], target[order], by_affects[order]


def parents(source: Ints, target: Ints, count: int) -> Ints:
    """The lowest-numbered container of each, or -1; a thing that contains itself has no container in that."""
    parent = np.full(count, count, np.int32)
    proper = source != target
    np.minimum.at(parent, target[proper], source[proper])
    parent[parent == count] = -1
    return parent


def depth_first(parent: Ints) -> Ints:
    """All numbers depth first, roots and children ascending; a ring of containers begins at its lowest number."""
    held = np.flatnonzero(parent >= 0).astype(np.int32)
    children = held[np.argsort(parent[held], kind="stable")]
    start = start_of(parent[held], len(parent))
    levels = [np.flatnonzero(parent < 0).astype(np.int32)]
    while len(levels[-1]):
        levels.append(children[_places(start, levels[-1])])
    if sum(map(len, levels)) < len(parent):
        return _depth_first_with_rings(parent, children, start)
    size = np.ones(len(parent), np.int32)
    for level in levels[:0:-1]:
        size += np.bincount(parent[level], size[level], len(parent)).astype(np.int32)
    place = np.zeros(len(parent), np.int32)
    for level in levels:
        before = np.cumsum(size[level], dtype=np.int32) - size[level]
        if level is not levels[0]:
            eldest = np.diff(parent[level], prepend=-1) != 0
            before += place[parent[level]] + 1 - before[eldest][np.cumsum(eldest) - 1]
        place[level] = before
    order = np.empty(len(parent), np.int32)
    order[place] = np.arange(len(parent), dtype=np.int32)
    return order


def _places(start: Ints, keys: Ints) -> Ints:
    """All places `start[key]:start[key + 1]`, one after the other."""
    sizes = start[keys + 1] - start[keys]
    first = np.cumsum(sizes, dtype=np.int32) - sizes
    return np.repeat(start[keys] - first, sizes) + np.arange(sizes.sum(), dtype=np.int32)


def _depth_first_with_rings(parent: Ints, children: Ints, starts: Ints) -> Ints:
    count = len(parent)
    start, below = starts.tolist(), children.tolist()
    order: list[int] = []
    seen = bytearray(count)
    roots = np.concatenate([np.flatnonzero(parent < 0), np.arange(count)]).tolist()
    for root in roots:
        stack = [root]
        while stack:
            number = stack.pop()
            if seen[number]:
                continue
            seen[number] = 1
            order.append(number)
            stack.extend(reversed(below[start[number] : start[number + 1]]))
    return np.array(order, np.int32)


def enclosing(parent: Ints, label: Codes, labels: tuple[str, ...], wanted: str) -> Ints:
    """The nearest asset with that label that holds each, itself included, or -1. Rings of containers end unresolved."""
    found = np.full(len(parent), -1, np.int32)
    if wanted not in labels:
        return found
    own = label == labels.index(wanted)
    found[own] = np.flatnonzero(own)
    reach = parent.copy()
    for _ in range(len(parent).bit_length() + 1):
        open_ = np.flatnonzero((found < 0) & (reach >= 0))
        if not len(open_):
            break
        via = reach[open_]
        found[open_] = found[via]
        reach[open_] = np.where(found[via] >= 0, via, reach[via])
    return found
