"""Loops of one type: strongly connected components of the relationships of each supply type."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.topology.groups import Groups
from twin.topology.model import TYPES, Ints
from twin.topology.space import start_of


def compile_loops(groups: Groups, count: int) -> dict[str, Any]:
    """The fields of Topology about loops: of `count` assets, every component of at least two is a loop."""
    group_of_member = np.repeat(np.arange(len(groups.owner), dtype=np.int32), np.diff(groups.member_start))
    owner_of_member = groups.owner[group_of_member]
    type_of_member = groups.type[group_of_member]
    slot_of = np.full((len(TYPES), count), -1, np.int32)  # type and asset → slot
    starts: list[int] = [0]
    assets: list[Ints] = [np.empty(0, np.int32)]
    types: list[int] = []
    for code in range(len(TYPES)):
        chosen = type_of_member == code
        for component in components(groups.member[chosen], owner_of_member[chosen], count):
            slot_of[code, component] = np.arange(starts[-1], starts[-1] + len(component))
            starts.append(starts[-1] + len(component))
            assets.append(component)
            types.append(code)
    loop_start = np.array(starts, np.int32)
    loop_asset = np.concatenate(assets)
    loop_of_slot = np.repeat(np.arange(len(types), dtype=np.int32), np.diff(loop_start))
    group_slot = slot_of[groups.type, groups.owner]
    loop_of_group = np.full(len(groups.owner), -1, np.int32)
    loop_of_group[group_slot >= 0] = loop_of_slot[group_slot[group_slot >= 0]]
    member_slot = slot_of[type_of_member, groups.member]
    inside = _same_loop(member_slot, group_slot[group_of_member], loop_of_slot)
    member_slot[~inside] = -1
    by_slot = np.flatnonzero(inside)[np.argsort(member_slot[inside], kind="stable")]
    first, last = _group_ranges(group_slot, len(loop_asset))
    return {
        "loop_start": loop_start,
        "loop_asset": loop_asset,
        "loop_type": np.array(types, np.uint8),
        "loop_of_group": loop_of_group,
        "group_slot": group_slot,
        "member_in_loop": inside,
        "member_slot": member_slot,
        "slot_group_start": first,
        "slot_group_end": last,
        "inside_start": start_of(member_slot[by_slot], len(loop_asset)),
        "inside_group": group_of_member[by_slot],
    }


def _same_loop(slot: Ints, other: Ints, loop_of_slot: Ints) -> Any:
    both = (slot >= 0) & (other >= 0)
    same = both.copy()
    same[both] = loop_of_slot[slot[both]] == loop_of_slot[other[both]]
    return same


def _group_ranges(group_slot: Ints, slots: int) -> tuple[Ints, Ints]:
    """First and past-the-last group of each slot; its groups of one type stand side by side."""
    held = np.flatnonzero(group_slot >= 0).astype(np.int32)
    first = np.full(slots, len(group_slot), np.int32)
    last = np.zeros(slots, np.int32)
    np.minimum.at(first, group_slot[held], held)
    np.maximum.at(last, group_slot[held], held + 1)
    return first, last


def components(source: Ints, target: Ints, count: int) -> list[Ints]:
    """The strongly connected components of at least two, by their lowest index; members ascending."""
    if not len(source):
        return []
    from scipy.sparse import csr_array  # noqa: PLC0415 - 0.8 s that a question without a build need not wait for
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    matrix = csr_array((np.ones(len(source), np.uint8), (source, target)), shape=(count, count))
    found: Ints = connected_components(matrix, directed=True, connection="strong")[1]
    sizes = np.bincount(found)
    inside = np.flatnonzero(sizes[found] > 1).astype(np.int32)
    order = inside[np.argsort(found[inside], kind="stable")]
    if not len(order):
        return []
    cuts = np.flatnonzero(np.diff(found[order])) + 1
    return sorted(np.split(order, cuts), key=lambda component: int(component[0]))
