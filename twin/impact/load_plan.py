"""The order in which load is added up: from the consumers to the sources, level by level.

It depends on the topology alone and is computed once for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from twin.impact.reach import members_of

if TYPE_CHECKING:
    from twin.topology.model import Ints, Topology

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
class Plan:
    """The order in which load of each type is added up; depends on the topology alone."""

    power: tuple[Step, ...]
    cooling: tuple[Step, ...]


_plans: WeakKeyDictionary[Topology, Plan] = WeakKeyDictionary()


def plan(topology: Topology) -> Plan:
    """The walk of both types, computed once for each topology."""
    known = _plans.get(topology)
    if known is None:
        known = Plan(_steps(topology, FEEDS), _steps(topology, COOLS))
        _plans[topology] = known
    return known


def _steps(topology: Topology, kind: int) -> tuple[Step, ...]:
    """Waves from the consumers to the sources; the members of one loop wait for each other."""
    groups = np.flatnonzero(topology.group_type == kind).astype(np.int32)
    entries, at = members_of(topology, groups)
    # one unit an asset, or a loop of this type: units n … n + L - 1
    unit = np.arange(len(topology), dtype=np.int32)
    for loop in np.flatnonzero(topology.loop_type == kind).tolist():
        unit[topology.loop_asset[topology.loop_start[loop] : topology.loop_start[loop + 1]]] = len(topology) + loop
    outside = ~topology.member_in_loop[entries]
    supplier = unit[topology.member[entries]]
    taker = unit[topology.group_owner[groups]][at]
    size = len(topology) + len(topology.loop_type)
    waiting = np.bincount(supplier[outside], minlength=size)
    order = np.argsort(taker, kind="stable")
    starts = np.searchsorted(taker[order], np.arange(size + 1))
    concerned = np.zeros(size, np.bool_)
    concerned[taker] = True
    concerned[supplier] = True
    level = np.full(size, -1, np.int32)
    wave = np.flatnonzero(concerned & (waiting == 0))
    steps: list[Step] = []
    group_at_unit = unit[topology.group_owner[groups]]
    while len(wave):
        level[wave] = len(steps)
        steps.append(_step(topology, groups[level[group_at_unit] == len(steps)], wave))
        counts = starts[wave + 1] - starts[wave]
        places = np.repeat(starts[wave] - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        touched = order[places]
        touched = touched[outside[touched]]
        np.subtract.at(waiting, supplier[touched], 1)
        wave = np.unique(supplier[touched])
        wave = wave[waiting[wave] == 0]
    return tuple(steps)


def _step(topology: Topology, groups: Ints, wave: NDArray[np.signedinteger[Any]]) -> Step:
    plain = groups[topology.loop_of_group[groups] < 0]
    entries, at = members_of(topology, plain)
    if topology.group_transfer[plain].any():
        preference = np.where(topology.group_transfer[plain][at], topology.member_priority[entries], 0)
        rank = np.where(topology.group_transfer[plain][at], topology.ids.rank[topology.member[entries]], 0)
        entries = entries[np.lexsort((rank, preference, at))]
    starts = np.searchsorted(at, np.arange(len(plain))).astype(np.int32)
    loops = tuple(int(unit) - len(topology) for unit in wave[wave >= len(topology)])
    return Step(plain, entries, at, starts, loops)
