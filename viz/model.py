"""What the pictures need of a campus: boxes, kinds, containment and the supply lines, by asset index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Indices, from_placement, nowhere
from viz.kinds import SPACES, Kind, kinds
from viz.layout import arrange

if TYPE_CHECKING:
    from twin.topology.model import Topology
    from twin.topology.store import Placement

States = NDArray[np.uint8]


@dataclass(frozen=True)
class Model:
    """A campus to draw. All arrays by asset index; `parent` −1 at the top.

    `level` is the depth below the top of containment; `levels` the assets of each level, from the top.
    """

    topology: Topology
    boxes: Boxes
    kind: NDArray[np.uint8]
    parent: NDArray[np.int32]
    levels: tuple[Indices, ...]

    def __len__(self) -> int:
        return len(self.kind)

    def of_kind(self, *kinds: Kind) -> Indices:
        """Assets of these kinds that have a box."""
        return np.flatnonzero(np.isin(self.kind, kinds) & self.boxes.known)

    def worst(self, state: States) -> States:
        """Worst state of each asset and of all that it contains."""
        rolled = state.copy()
        for members in reversed(self.levels[1:]):
            np.maximum.at(rolled, self.parent[members], rolled[members])
        return rolled

    def rolled(self, state: States) -> States:
        """State to show for each space and cabinet: the worst of itself and of the loads inside.

        What holds no loads (a power room) shows the worst of all that it holds. Others show their own state.
        """
        loads = np.where(self.topology.loads, state, np.uint8(0)).astype(np.uint8)
        inside = self.worst(loads)
        container = np.isin(self.kind, (*SPACES, Kind.CABINET))
        shown = np.where(inside > 0, np.maximum(inside, state), self.worst(state))
        return np.where(container, shown, state).astype(np.uint8)

    def moved(self, boxes: Boxes) -> Model:
        """The same campus with other boxes."""
        return Model(self.topology, boxes, self.kind, self.parent, self.levels)

    def enclosing(self, index: Indices, kind: Kind) -> Indices:
        """The nearest asset of a kind around each asset, itself included; −1 where there is none."""
        found = np.full(len(index), -1, np.int64)
        at = index.astype(np.int64)
        for _ in range(len(self.levels)):
            hit = (at >= 0) & (found < 0)
            hit[hit] = self.kind[at[hit]] == kind
            found[hit] = at[hit]
            at = np.where(at >= 0, self.parent[at], -1)
        return found

    def contents(self, index: Indices) -> NDArray[np.bool_]:
        """Whether each asset of the campus stands in one of these, or is one, bool[n]."""
        inside = np.zeros(len(self), np.bool_)
        inside[index] = True
        for members in self.levels[1:]:
            inside[members] |= inside[self.parent[members]]
        return inside

    def label_of(self, index: int) -> str:
        """Label of an asset."""
        return self.topology.labels[int(self.topology.label[index])]


def levels_of(parent: NDArray[np.int32]) -> tuple[Indices, ...]:
    """Assets by depth of containment; what stands in a ring of containment counts as the top."""
    at = [np.flatnonzero(parent < 0)]
    seen = np.zeros(len(parent), np.bool_)
    seen[at[0]] = True
    while len(at[-1]):
        above = np.zeros(len(parent) + 1, np.bool_)
        above[at[-1]] = True
        members = np.flatnonzero(above[parent] & ~seen)
        seen[members] = True
        at.append(members)
    at.pop()
    rest = np.flatnonzero(~seen)
    return (np.concatenate([at[0], rest]), *at[1:]) if at else (rest,)


def model(topology: Topology, placement: Placement | None) -> Model:
    """A model to draw: placed assets stand where they are placed, others by a schematic layout."""
    kind = kinds(topology)
    parent = topology.parent
    levels = levels_of(parent)
    if len(levels[0]) and (parent[levels[0]] >= 0).any():
        parent = parent.copy()
        parent[levels[0]] = -1
    placed = nowhere(len(kind)) if placement is None else from_placement(placement)
    return Model(topology, arrange(topology, kind, parent, levels, placed), kind, parent, levels)
