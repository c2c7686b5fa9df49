"""Cut sets of many loads at once: solved once for each template, renamed for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import Rows
from twin.impact._families import BITS, MASK, Family
from twin.impact._jit import kernel
from twin.impact._problem import Solution, countable, pose, runner, settle_families
from twin.impact._templates import Templates, templates
from twin.topology.model import Bools, Ints, Topology

Starts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LoadSets:
    """The minimal cut sets of loads that are up, none of which hangs on another."""

    templates: Templates
    solution: Solution
    model_place: Ints
    """W: for each walk its template's place in the arrays below."""
    start: Starts
    """Templates + 1: their sets."""
    members: Ints
    """k × 3: members by asset index, -1 where a set has fewer."""
    local_number: Ints
    """k × 3: number of the member among the local assets of its template, or -1."""

    def walk_of(self, load: int) -> int:
        """The walk of a load, or -1."""
        loads = self.templates.loads
        place = int(np.searchsorted(loads, np.int32(load)))
        return int(self.templates.walk[place]) if place < len(loads) and loads[place] == load else -1

    def of_walk(self, walk: int) -> Ints:
        """The sets of one walk, k × 3."""
        model = int(self.model_place[walk])
        rows = slice(int(self.start[model]), int(self.start[model + 1]))
        number = self.local_number[rows]
        local = self.templates.local[int(self.templates.local_start[walk]) :]
        return np.where(number >= 0, local[np.maximum(number, 0)], self.members[rows]).astype(np.int32)

    def of_walks(self, walks: Ints, most: int | None = None) -> tuple[Starts, Ints]:
        """The sets of these walks one after the other: where each begins (and the end), and k × 3 members.

        `most`: so many of each at most, the smallest.
        """
        model = self.model_place[walks]
        sizes = self.start[model + 1] - self.start[model]
        if most is not None:
            sizes = np.minimum(sizes, most)
        begin = np.concatenate([[0], np.cumsum(sizes)])
        rows = np.repeat(self.start[model] - begin[:-1], sizes)
        rows += np.arange(len(rows))
        number = self.local_number[rows]
        at = np.repeat(self.templates.local_start[walks], sizes)[:, None] + np.maximum(number, 0)
        return begin, np.where(number >= 0, self.templates.local[at], self.members[rows]).astype(np.int32)

    def sizes(self) -> Starts:
        """W: how many sets each walk has."""
        return np.diff(self.start)[self.model_place]

    def is_complete(self, walk: int) -> bool:
        """Whether a walk has no larger cut sets."""
        root = self.templates.walk_root[self.templates.walk_template[walk]]
        return self.solution.is_complete(int(root))


def solve_loads(topology: Topology, down: Bools, loads: Ints, order: int, salt: Starts) -> LoadSets:
    """The cut sets of loads that are up; `salt` (n): what local assets of one template must agree in besides."""
    found = templates(topology, down, loads, salt, countable(topology))
    walks, model_place = np.unique(found.walk_template, return_inverse=True)
    roots = found.walk_root[walks]
    solution = settle_families(pose(topology, down, roots), roots, order)
    walks = walks.astype(np.int32)
    nodes = solution.problem.asset_node[roots]
    run = runner(len(roots))
    start, members, numbers = run(listed)(
        solution.pool, solution.starts, nodes, solution.problem.element, solution.problem.node_asset,
        walks, found.local_start, found.local, np.full(len(topology), -1, np.int32),
    )  # fmt: skip
    return LoadSets(found, solution, model_place.astype(np.int32), start, members, numbers)


@kernel
def listed(  # noqa: PLR0913, PLR0917 - arrays of one problem
    pool: Family,
    starts: Starts,
    nodes: Ints,
    element: Ints,
    node_asset: Ints,
    walks: Ints,
    local_start: Starts,
    local: Ints,
    number: Ints,
) -> tuple[Starts, Rows, Rows]:
    """The sets of each of these nodes, its own failure aside: `start`, `members` and `local_number` of `LoadSets`.

    `number`: n, -1, a working array.
    """
    start = np.zeros(len(nodes) + 1, np.int64)
    size = 0
    for node in nodes:
        size += starts[node + 1] - starts[node]
    members, numbers = np.empty((size, 3), np.int32), np.empty((size, 3), np.int32)
    count = 0
    for place in range(len(nodes)):
        node, walk = nodes[place], walks[place]
        for at in range(local_start[walk], local_start[walk + 1]):
            number[local[at]] = at - local_start[walk]
        for at in range(starts[node], starts[node + 1]):
            rest = pool[at]
            if rest == element[node] and rest:
                continue
            for column in range(3):
                member = node_asset[(rest & MASK) - 1] if rest else -1
                members[count, column] = member
                numbers[count, column] = number[member] if rest else -1
                rest >>= BITS
            count += 1
        for at in range(local_start[walk], local_start[walk + 1]):
            number[local[at]] = -1
        start[place + 1] = count
    return start, members[:count].copy(), numbers[:count].copy()


def members_of_family(solution: Solution, asset: int) -> Ints:
    """The cut sets of a solved asset by asset index, k × 3, -1 where a set has fewer members."""
    family = solution.family(asset)
    elements = np.stack([family & MASK, (family >> BITS) & MASK, family >> (2 * BITS)], axis=1)
    nodes = np.concatenate([np.full(1, -1, np.int32), solution.problem.node_asset])
    return nodes[elements]
