"""The part of a settled campus that some assets depend on, as the arrays that `_cutsolve` reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from twin.impact._cutsolve import components, solve
from twin.impact._families import LARGEST_ELEMENT, Family
from twin.impact._jit import compiled, is_at_hand, kernel
from twin.impact.reach import lists_of
from twin.topology.model import Bools, Ints, Topology

P = ParamSpec("P")
R = TypeVar("R")

WORTH_COMPILING = 2_000
"""Nodes from which compiled kernels pay for the compiler."""


@dataclass(frozen=True, eq=False)
class Problem:
    """N nodes (assets that are up), G groups, M members; see `_cutsolve` for the arrays."""

    node_asset: Ints
    """N."""
    asset_node: Ints
    """n: the node of an asset, or -1."""
    start: Ints
    failures: Ints
    loop: Ints
    member_start: Ints
    member: Ints
    inside: Bools
    element: Ints


@dataclass(frozen=True, eq=False)
class Solution:
    """The families of the wanted nodes, own failure included."""

    problem: Problem
    pool: Family
    starts: NDArray[np.int64]
    left_out: Bools
    """N: sets above the order may exist."""

    def family(self, asset: int) -> Family:
        """What takes an asset down, its own failure aside, in numbers of elements."""
        node = int(self.problem.asset_node[asset])
        if node < 0:
            return np.empty(0, np.int64)
        family = self.pool[self.starts[node] : self.starts[node + 1]]
        own = int(self.problem.element[node])
        return family[family != own] if own else family

    def is_complete(self, asset: int) -> bool:
        """Whether there are no larger cut sets than those listed."""
        node = int(self.problem.asset_node[asset])
        return node < 0 or not bool(self.left_out[node])


def countable(topology: Topology) -> Bools:
    """The assets (n) that may be members of cut sets: not spaces, common causes and power paths."""
    aside = np.array([label in ("CommonCause", "PowerPath") for label in topology.labels], np.bool_)
    return ~aside[topology.label] & (np.diff(topology.along_start) == 0)


@kernel
def ancestors(owner_start: Ints, member_start: Ints, member: Ints, down: Bools, targets: Ints) -> Ints:
    """The targets that are up and all that they depend on, in the order in which they are met."""
    seen = down.copy()
    found = np.empty(len(down), np.int32)
    head, tail = 0, 0
    for asset in targets:
        if not seen[asset]:
            seen[asset] = True
            found[tail] = asset
            tail += 1
    while head < tail:
        asset = found[head]
        head += 1
        for at in range(member_start[owner_start[asset]], member_start[owner_start[asset + 1]]):
            if not seen[member[at]]:
                seen[member[at]] = True
                found[tail] = member[at]
                tail += 1
    return found[:tail].copy()


def pose(topology: Topology, down: Bools, targets: Ints, counted: Bools | None = None) -> Problem:
    """The problem of these targets in a settled state; `down` (n) are the assets that are down in it.

    `counted` (n): who may be a member of a set; by default those that are `countable`.
    """
    counted = countable(topology) if counted is None else counted
    run = runner(len(targets))
    nodes = run(ancestors)(topology.owner_start, topology.member_start, topology.member, down, targets)
    if len(nodes) > LARGEST_ELEMENT:
        raise BadInput(f"cut sets reach over {LARGEST_ELEMENT} assets at most, not {len(nodes)}")
    asset_node = np.full(len(topology), -1, np.int32)
    asset_node[nodes] = np.arange(len(nodes), dtype=np.int32)
    groups, start = lists_of(topology.owner_start, nodes)
    entries, member_start = lists_of(topology.member_start, groups)
    suppliers = asset_node[topology.member[entries]]
    up = suppliers >= 0
    counts = np.concatenate([[0], np.cumsum(up)]).astype(np.int32)
    member_start = counts[member_start]
    return Problem(
        node_asset=nodes,
        asset_node=asset_node,
        start=start,
        failures=(np.diff(member_start) - topology.group_need[groups] + 1).astype(np.int32),
        loop=topology.loop_of_group[groups].astype(np.int32),
        member_start=member_start,
        member=suppliers[up],
        inside=topology.member_in_loop[entries][up],
        element=np.where(counted[nodes], np.arange(1, len(nodes) + 1), 0).astype(np.int32),
    )


def settle_families(problem: Problem, targets: Ints, order: int) -> Solution:
    """Solve a problem for these assets, with sets of up to `order` members."""
    wanted = np.zeros(len(problem.element), np.bool_)
    nodes = problem.asset_node[targets]
    wanted[nodes[nodes >= 0]] = True
    run = runner(len(problem.element))
    closed, component = run(components)(problem.start, problem.member_start, problem.member)
    pool, starts, left_out = run(solve)(
        problem.start,
        problem.failures,
        problem.loop,
        problem.member_start,
        problem.member,
        problem.inside,
        problem.element,
        wanted,
        closed,
        component,
        order,
    )
    return Solution(problem, pool, starts, left_out)


def runner(size: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """How to run a kernel on that many nodes: compiled where it is at hand or the work is worth the compiler."""

    def run(function: Callable[P, R]) -> Callable[P, R]:
        return compiled(function) if size >= WORTH_COMPILING or is_at_hand(function) else function

    return run
