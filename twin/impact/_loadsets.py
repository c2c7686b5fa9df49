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
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology

Starts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LoadSets:
    """The minimal cut sets of loads that are up, none of which hangs on another."""

    templates: Templates
    model_place: Ints
    """W: for each walk its template's place in the arrays below."""
    complete: Bools
    """Templates: whether there are no larger sets."""
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
        return bool(self.complete[self.model_place[walk]])


def solve_loads(topology: Topology, down: Bools, loads: Ints, order: int, salt: Starts) -> LoadSets:
    """The cut sets of loads that are up; `salt` (n): what local assets of one template must agree in besides.

    For sets of three, templates that are alike from building to building are solved once; smaller ones take less time.
    """
    counted = countable(topology)
    found = templates(topology, down, loads, salt, counted)
    walks, model_place = np.unique(found.walk_template, return_inverse=True)
    roots = found.walk_root[walks]
    plans = templates(topology, down, roots, salt, counted, same_plan=True) if order > 2 else _by_themselves(roots)
    plan_of = plans.walk_template[plans.walk]
    solved = plans.walk_root[distinct(plan_of)]
    solution = settle_families(pose(topology, down, solved), solved, order)
    nodes = solution.problem.asset_node[plans.walk_root[plan_of]]
    start, members, numbers = runner(len(roots))(listed)(
        solution.pool, solution.starts, nodes, solution.problem.element, solution.problem.node_asset,
        plan_of, plans.walk, plans.local_start, plans.local, np.arange(len(topology)).astype(np.int32),
        walks.astype(np.int32), found.local_start, found.local, np.full(len(topology), -1, np.int32),
    )  # fmt: skip
    return LoadSets(found, model_place.astype(np.int32), ~solution.left_out[nodes], start, members, numbers)


def _by_themselves(loads: Ints) -> Templates:
    """Each load a template."""
    number = np.arange(len(loads) + 1)
    return Templates(loads, number[:-1].astype(np.int32), loads, number[:-1].astype(np.int32), number, loads)


@kernel
def listed(  # noqa: PLR0913, PLR0917 - arrays of one problem
    pool: Family,
    starts: Starts,
    nodes: Ints,
    element: Ints,
    node_asset: Ints,
    plan_of: Ints,
    plan_walks: Ints,
    plan_start: Starts,
    plan_local: Ints,
    name: Ints,
    walks: Ints,
    local_start: Starts,
    local: Ints,
    number: Ints,
) -> tuple[Starts, Rows, Rows]:
    """The sets of each template, its own failure aside: `start`, `members` and `local_number` of `LoadSets`.

    nodes: what was solved for each; its local assets (`plan_local` of the walk in `plan_of`) are renamed to those of
    the template's own walk in `plan_walks`. `name`: n, each asset itself; `number`: n, -1; both working arrays.
    """
    start = np.zeros(len(nodes) + 1, np.int64)
    size = 0
    for node in nodes:
        size += starts[node + 1] - starts[node]
    members, numbers = np.empty((size, 3), np.int32), np.empty((size, 3), np.int32)
    count = 0
    for place in range(len(nodes)):
        node, walk = nodes[place], walks[place]
        renamed = plan_start[plan_of[place]], plan_start[plan_of[place] + 1]
        offset = plan_start[plan_walks[place]] - renamed[0]
        for at in range(renamed[0], renamed[1]):
            name[plan_local[at]] = plan_local[at + offset]
        for at in range(local_start[walk], local_start[walk + 1]):
            number[local[at]] = at - local_start[walk]
        for at in range(starts[node], starts[node + 1]):
            rest = pool[at]
            if rest == element[node] and rest:
                continue
            for column in range(3):
                member = name[node_asset[(rest & MASK) - 1]] if rest else -1
                members[count, column] = member
                numbers[count, column] = number[member] if rest else -1
                rest >>= BITS
            count += 1
        for at in range(renamed[0], renamed[1]):
            name[plan_local[at]] = plan_local[at]
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
