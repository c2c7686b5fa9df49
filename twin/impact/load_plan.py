"""The order in which load is added up: from the consumers to the sources, level by level.

It depends on the topology alone and is computed once for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.impact.reach import members_of, places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.topology.model import Ints, Topology
    from twin.topology.snapshot import Array

FEEDS, COOLS = 0, 1


@dataclass(frozen=True, eq=False)
class Step:
    """One level of the walk: groups outside loops whose owners' load is complete, and loops whose load is complete."""

    groups: Ints
    """Groups of the type, k."""
    entries: Ints
    """Their places in `Topology.member`; in a transfer group in the order of preference."""
    at: Ints
    """Entry → position of its group in `groups`."""
    starts: Ints
    """k: first entry of each group."""
    loops: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """The order of one type."""

    steps: tuple[Step, ...]
    level: Ints
    """n + L: the step of each asset, then of each loop; -1 for what neither supplies nor takes that type."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The order in which load of each type is added up; depends on the topology alone."""

    power: Walk
    cooling: Walk


_plans: dict[str, Plan] = {}
_PLANS_KEPT = 4
_LISTS = ("groups", "entries", "at", "starts", "loops")


def plan(topology: Topology) -> Plan:
    """The walk of both types; the last few are kept by the version of their topology."""
    known = _plans.get(topology.version)
    if known is None:
        known = Plan(_walk(topology, FEEDS), _walk(topology, COOLS))
        _keep(topology, known)
    return known


def packed(ways: Plan) -> dict[str, Array]:
    """A plan as flat arrays, for a file."""
    arrays: dict[str, Array] = {}
    for name in ("power", "cooling"):
        walk: Walk = getattr(ways, name)
        arrays[f"{name}.level"] = walk.level
        for field in _LISTS:
            lists = [np.asarray(getattr(step, field), np.int32) for step in walk.steps]
            ends = np.cumsum([0, *(len(each) for each in lists)])
            arrays[f"{name}.{field}"] = np.concatenate([np.empty(0, np.int32), *lists])
            arrays[f"{name}.{field}_start"] = ends.astype(np.int32)
    return arrays


def adopt(topology: Topology, arrays: Mapping[str, Array]) -> None:
    """Take over the plan of a topology that was packed earlier."""
    _keep(topology, Plan(_unpacked("power", arrays), _unpacked("cooling", arrays)))


def _unpacked(name: str, arrays: Mapping[str, Array]) -> Walk:
    starts = {field: arrays[f"{name}.{field}_start"].tolist() for field in _LISTS}
    steps: list[Step] = []
    for number in range(len(starts["groups"]) - 1):
        groups, entries, at, first, loops = (
            arrays[f"{name}.{field}"][starts[field][number] : starts[field][number + 1]] for field in _LISTS
        )
        steps.append(Step(groups, entries, at, first, tuple(loops.tolist())))
    return Walk(tuple(steps), arrays[f"{name}.level"].copy())


def _keep(topology: Topology, ways: Plan) -> None:
    while len(_plans) >= _PLANS_KEPT:
        _plans.pop(next(iter(_plans)))
    _plans[topology.version] = ways


def _walk(topology: Topology, kind: int) -> Walk:
    """Waves from the consumers to the sources; the members of one loop wait for each other."""
    count, size = len(topology), len(topology) + len(topology.loop_type)
    of_kind = topology.group_type == kind
    entry_of_kind = np.repeat(of_kind, np.diff(topology.member_start))
    unit = np.arange(count, dtype=np.int32)
    loop_of_slot = np.repeat(np.arange(len(topology.loop_type)), np.diff(topology.loop_start))
    mine = topology.loop_type[loop_of_slot] == kind
    unit[topology.loop_asset[mine]] = count + loop_of_slot[mine]
    supplier = unit[topology.member]
    awaited = entry_of_kind & ~topology.member_in_loop
    waiting = np.bincount(supplier[awaited], minlength=size)
    concerned = np.zeros(size, np.bool_)
    concerned[unit[topology.group_owner[of_kind]]] = True
    concerned[supplier[entry_of_kind]] = True
    level = np.full(size, -1, np.int32)
    wave = np.flatnonzero(concerned & (waiting == 0))
    steps: list[Step] = []
    while len(wave):
        level[wave] = len(steps)
        owners, loops = wave[wave < count], wave[wave >= count] - count
        inside = topology.loop_asset[places(topology.loop_start, loops)]
        groups = places(topology.owner_start, np.concatenate([owners, inside]))
        groups = groups[of_kind[groups]]
        steps.append(_step(topology, groups[topology.loop_of_group[groups] < 0].astype(np.int32), loops.tolist()))
        entries = places(topology.member_start, groups)
        reached = supplier[entries[awaited[entries]]]
        np.subtract.at(waiting, reached, 1)
        candidate = np.zeros(size, np.bool_)
        candidate[reached] = True
        wave = np.flatnonzero(candidate & (waiting == 0))
    return Walk(tuple(steps), level)


def _step(topology: Topology, groups: Ints, loops: list[int]) -> Step:
    entries, at = members_of(topology, groups)
    transfer = topology.group_transfer[groups]
    if transfer.any():
        preference = np.where(transfer[at], topology.member_priority[entries], 0)
        rank = np.where(transfer[at], topology.ids.rank[topology.member[entries]], 0)
        entries = entries[np.lexsort((rank, preference, at))]
    starts = np.searchsorted(at, np.arange(len(groups), dtype=np.int32)).astype(np.int32)
    return Step(groups, entries, at, starts, tuple(loops))
