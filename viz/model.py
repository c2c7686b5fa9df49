"""What the pictures need of a campus: boxes, kinds, containment and the supply lines, by asset index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from viz.boxes import Boxes, Floats, Indices, from_placement, nowhere, union
from viz.kinds import BODIES, SPACES, Kind, kinds
from viz.layout import arrange
from viz.lines import Wiring, wiring
from viz.rollup import Rollup
from viz.runs import covered
from viz.states import State

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
        """Assets of these kinds that have a box; read only, as it is worked out once."""
        found = self._of_kind.get(kinds)
        if found is None:
            found = np.flatnonzero(np.isin(self.kind, kinds) & self.boxes.known)
            found.flags.writeable = False
            self._of_kind[kinds] = found
        return found

    @cached_property
    def _of_kind(self) -> dict[tuple[Kind, ...], Indices]:
        return {}

    def worst(self, state: States) -> States:
        """Worst state of each asset and of all that it contains."""
        return self.rollup.worst(state)

    def rolled(self, state: States) -> States:
        """State to show for each space and cabinet: the worst of itself and of the loads inside.

        What holds no loads (a power room) shows the worst of all that it holds. Others show their own state.
        """
        # What nothing is heard of says nothing about the rest: a container is unknown only if all of it is.
        told = np.where(state == State.UNKNOWN, np.uint8(0), state)
        inside = self.worst(told * self.topology.loads)
        held = self.containers
        shown = state.copy()
        shown[held] = np.maximum(inside[held], told[held])
        bare = held[inside[held] == 0]
        if len(bare):
            shown[bare] = self.worst(told)[bare]
            shown[bare[(shown[bare] == 0) & (state[bare] == State.UNKNOWN)]] = State.UNKNOWN
        return shown

    @cached_property
    def rollup(self) -> Rollup:
        """Containment prepared for maxima."""
        return Rollup.of(self.parent, self.levels)

    @cached_property
    def containers(self) -> Indices:
        """Spaces and cabinets."""
        return np.flatnonzero(np.isin(self.kind, (*SPACES, Kind.CABINET)))

    @cached_property
    def placed(self) -> Indices:
        """Assets that have a box."""
        return np.flatnonzero(self.boxes.known)

    @cached_property
    def extent(self) -> tuple[Floats, Floats]:
        """Lowest and highest corner of all that has a box, float32[3] each."""
        return union(*self.boxes.bounds(self.placed))

    @cached_property
    def bodies(self) -> NDArray[np.bool_]:
        """Whether each asset is equipment, a cabinet, in one, a module or a room, and has a box, bool[n]."""
        return np.isin(self.kind, BODIES) & self.boxes.known

    @cached_property
    def floors(self) -> Indices:
        """Modules and rooms with a floor of their own: a room that a module fills is not another."""
        spaces = self.of_kind(Kind.MODULE, Kind.ROOM)
        return spaces[~np.isin(spaces, self.parent[self.of_kind(Kind.MODULE)])]

    @cached_property
    def wiring(self) -> Wiring:
        """Supply lines before any question."""
        return wiring(self)

    @cached_property
    def racked(self) -> Indices:
        """What stands in cabinets."""
        return self.of_kind(Kind.IN_RACK)

    @cached_property
    def held(self) -> NDArray[np.int64]:
        """How many things stand in each cabinet, int64[n]."""
        return np.bincount(self.parent[self.racked], minlength=len(self))

    @cached_property
    def module_of(self) -> Indices:
        """The module that each asset stands in, int64[n]; −1 for none."""
        return self.enclosing(np.arange(len(self)), Kind.MODULE)

    @cached_property
    def floor_of(self) -> Indices:
        """The module or room that each asset stands in directly, int64[n]; −1 for none."""
        above = np.maximum(self.parent, 0).astype(np.int64)
        within = (self.parent >= 0) & np.isin(self.kind[above], (Kind.MODULE, Kind.ROOM))
        return np.where(within, above, -1)

    @cached_property
    def building_of(self) -> Indices:
        """The building that each asset stands in, int64[n]; −1 for none."""
        return self.enclosing(np.arange(len(self)), Kind.BUILDING)

    def cabinets_in(self, places: Indices, among: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many cabinets of those `among`, bool[n], stand on each of these storeys."""
        cabinets = self.of_kind(Kind.CABINET)
        return np.bincount(self.chunk[cabinets[among[cabinets]]] + 1, minlength=len(self) + 1)[places + 1]

    @cached_property
    def halls(self) -> tuple[Indices, Floats, Floats]:
        """Storeys (buildings, without those) that hold cabinets, with the bounds of what is on them, float32[k, 3]."""
        cabinets = self.of_kind(Kind.CABINET)
        places = np.unique(self.chunk[cabinets]).astype(np.int64)
        inside = np.concatenate([cabinets, self.floors])
        low, high = self.boxes.bounds(inside)
        at = self.chunk[inside]
        bounds = [(low[at == one].min(axis=0), high[at == one].max(axis=0)) for one in places.tolist()]
        pair = np.array(bounds, np.float32).reshape(-1, 2, 3)
        return places, pair[:, 0], pair[:, 1]

    @cached_property
    def chunk(self) -> NDArray[np.int32]:
        """The storey that each asset stands on, else its building, int32[n]; −1 for what stands in neither."""
        everything = np.arange(len(self))
        storey = self.enclosing(everything, Kind.STOREY)
        return np.where(storey >= 0, storey, self.building_of).astype(np.int32)

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
        start, children = self._children
        held = np.asarray(index, np.int64)
        while len(held):
            inside[held] = True
            held = children[covered(start, held)[0]]
        return inside

    @cached_property
    def _children(self) -> tuple[Indices, Indices]:
        """What each asset contains directly: where its run begins, int64[n + 1], in an array of assets."""
        deeper = np.concatenate([np.zeros(0, np.int64), *self.levels[1:]])
        above = self.parent[deeper]
        order = np.argsort(above, kind="stable")
        counts = np.bincount(above, minlength=len(self))
        return np.concatenate([[0], np.cumsum(counts)]), deeper[order]

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
    """A model to draw: placed assets stand where they are placed, others by a schematic layout.

    Raises BadInput where nothing has a body.
    """
    kind = kinds(topology)
    parent = topology.parent
    levels = levels_of(parent)
    if len(levels[0]) and (parent[levels[0]] >= 0).any():
        parent = parent.copy()
        parent[levels[0]] = -1
    if not (kind != Kind.LOGICAL).any():
        raise BadInput("there is nothing to draw: no asset of the graph has a body (twin ingest PATH… loads exports)")
    placed = nowhere(len(kind)) if placement is None else from_placement(placement)
    return Model(topology, arrange(topology, kind, parent, levels, placed), kind, parent, levels)
