"""Loads that stand on replicas (services on servers): counted by weight, not multiplied out.

A replicated load supplies nothing, has one group, outside loops, and each of its suppliers (hosts), loads themselves,
supplies only assets that supply nothing. So a host's own failure takes down that host alone, and a set of other
failures takes down all hosts whose own cut sets it holds: what counts is how many hosts it hits.

Every other load that hangs on loads is solved like any asset.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.impact._jit import kernel
from twin.topology.model import Bools, Ints, Topology


def replicated(topology: Topology, down: Bools) -> Bools:
    """The loads (n) to which counting by weight applies."""
    return _replicated(topology) & ~down


@lru_cache(maxsize=2)
def _replicated(topology: Topology) -> Bools:
    """The same where nothing is down."""
    supplies = np.diff(topology.supplied_start) > 0
    consumer = topology.group_owner[topology.supplied_group]
    supplier = topology.member[topology.supplied_position]
    leaf_host = topology.loads & supplies
    leaf_host[supplier[supplies[consumer]]] = False
    good = topology.loads & ~supplies & (np.diff(topology.owner_start) == 1)
    owner = topology.group_owner
    hosted_by_others = np.repeat(owner, np.diff(topology.member_start))[~leaf_host[topology.member]]
    good[hosted_by_others] = False
    good[owner[topology.loop_of_group >= 0]] = False
    return good


@kernel
def count_points(  # noqa: PLR0913, PLR0917 - arrays of the topology
    owner_start: Ints,
    member_start: Ints,
    member: Ints,
    group_need: Ints,
    counted: Bools,
    down: Bools,
    targets: Ints,
    walk_of: Ints,
    walk_start: NDArray[np.int64],
    walk_point: Ints,
) -> NDArray[np.int64]:
    """Point · n + target of each single point of replicated loads; `walk_point` lists those of the hosts' walks."""
    count = np.int64(len(down))
    hit = np.zeros(len(down), np.int32)
    found = np.empty(1024, np.int64)
    written = 0
    for target in targets:
        group = owner_start[target]
        available = 0
        for at in range(member_start[group], member_start[group + 1]):
            available += not down[member[at]]
        failures = available - group_need[group] + 1
        for clear in range(2):
            for at in range(member_start[group], member_start[group + 1]):
                host = member[at]
                if down[host]:
                    continue
                walk = walk_of[host]
                for place in range(walk_start[walk] - 1, walk_start[walk + 1]):
                    if place < walk_start[walk] and not counted[host]:
                        continue
                    point = host if place < walk_start[walk] else walk_point[place]
                    if clear:
                        hit[point] = 0
                        continue
                    hit[point] += 1
                    if hit[point] == failures:
                        if written == len(found):
                            found = np.append(found, np.empty(written, np.int64))
                        found[written] = point * count + target
                        written += 1
    return found[:written].copy()
