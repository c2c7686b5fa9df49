"""Cut sets of many loads at once: solved once for each template, renamed for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.impact._families import BITS, MASK
from twin.impact._problem import Solution, countable, pose, settle_families
from twin.impact._templates import Templates, templates
from twin.topology.model import Bools, Ints, Topology


@dataclass(frozen=True, eq=False)
class LoadSets:
    """The minimal cut sets of loads that are up, none of which hangs on another."""

    templates: Templates
    solution: Solution
    model_place: Ints
    """W: for each walk its template's place in the arrays below."""
    start: NDArray[np.int64]
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

    def of_walks(self, walks: Ints) -> tuple[NDArray[np.int64], Ints]:
        """The sets of these walks one after the other: where each begins (and the end), and k × 3 members."""
        model = self.model_place[walks]
        sizes = self.start[model + 1] - self.start[model]
        begin = np.concatenate([[0], np.cumsum(sizes)])
        rows = np.repeat(self.start[model] - begin[:-1], sizes)
        rows += np.arange(len(rows))
        number = self.local_number[rows]
        at = np.repeat(self.templates.local_start[walks], sizes)[:, None] + np.maximum(number, 0)
        return begin, np.where(number >= 0, self.templates.local[at], self.members[rows]).astype(np.int32)

    def sizes(self) -> NDArray[np.int64]:
        """W: how many sets each walk has."""
        return np.diff(self.start)[self.model_place]

    def is_complete(self, walk: int) -> bool:
        """Whether a walk has no larger cut sets."""
        root = self.templates.walk_root[self.templates.walk_template[walk]]
        return self.solution.is_complete(int(root))


def solve_loads(topology: Topology, down: Bools, loads: Ints, order: int, salt: NDArray[np.int64]) -> LoadSets:
    """The cut sets of loads that are up; `salt` (n): what local assets of one template must agree in besides."""
    found = templates(topology, down, loads, salt, countable(topology))
    walks, model_place = np.unique(found.walk_template, return_inverse=True)
    roots = found.walk_root[walks]
    solution = settle_families(pose(topology, down, roots), roots, order)
    pieces = [members_of_family(solution, int(root)) for root in roots]
    start = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    members = np.concatenate([*pieces, np.empty((0, 3), np.int32)])
    numbers = np.full(members.shape, -1, np.int32)
    place_of = np.full(len(topology) + 1, -1, np.int32)
    for place, walk in enumerate(walks.tolist()):
        local = found.local[found.local_start[walk] : found.local_start[walk + 1]]
        place_of[local] = np.arange(len(local))
        numbers[start[place] : start[place + 1]] = place_of[pieces[place]]
        place_of[local] = -1
    return LoadSets(found, solution, model_place.astype(np.int32), start, members, numbers)


def members_of_family(solution: Solution, asset: int) -> Ints:
    """The cut sets of a solved asset by asset index, k × 3, -1 where a set has fewer members."""
    family = solution.family(asset)
    elements = np.stack([family & MASK, (family >> BITS) & MASK, family >> (2 * BITS)], axis=1)
    nodes = np.concatenate([np.full(1, -1, np.int32), solution.problem.node_asset])
    return nodes[elements]
