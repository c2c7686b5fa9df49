"""Storeys drawn apart, so that the upper does not hide the lower."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Indices
from viz.kinds import Kind
from viz.model import Model, States
from viz.states import State

ROOF_STEP_M: Final = 6.0


def stacked(model: Model, state: States) -> bool:
    """Whether affected assets stand on more than one storey of a building."""
    bodies = model.of_kind(Kind.EQUIPMENT, Kind.CABINET, Kind.IN_RACK)
    storeys = np.unique(model.enclosing(bodies[state[bodies] >= State.DEGRADED], Kind.STOREY))
    storeys = storeys[storeys >= 0]
    return len(np.unique(model.enclosing(storeys, Kind.BUILDING))) < len(storeys)


def above(model: Model, asset: int) -> frozenset[int]:
    """Storeys of the same building above the one that an asset stands on."""
    own, building = int(model.chunk[asset]), int(model.building_of[asset])
    if own < 0 or building < 0 or model.kind[own] != Kind.STOREY:
        return frozenset()
    storeys = model.of_kind(Kind.STOREY)
    higher = (model.building_of[storeys] == building) & (model.boxes.base[storeys, 2] > model.boxes.base[own, 2] + 0.1)
    return frozenset(storeys[higher].tolist())


def _holds_spaces(model: Model, floors: Indices) -> NDArray[np.bool_]:
    rooms = model.of_kind(Kind.MODULE, Kind.ROOM, Kind.CABINET)
    return np.isin(floors, model.enclosing(rooms, Kind.STOREY))


def apart(model: Model, elevation_deg: float) -> Model:
    """The campus with each storey lifted clear of the one below, seen from this elevation."""
    boxes = model.boxes
    storeys = model.of_kind(Kind.STOREY)
    building = model.enclosing(storeys, Kind.BUILDING)
    lift = np.zeros(len(model), np.float32)
    for house in np.unique(building):
        floors = storeys[building == house]
        floors = floors[np.argsort(boxes.base[floors, 2], kind="stable")]
        depth = float(boxes.size[floors, :2].max())
        step = depth * float(np.tan(np.deg2rad(elevation_deg))) * 0.72
        # A roof that carries equipment alone needs no room to be seen.
        steps = np.where(_holds_spaces(model, floors), step, ROOF_STEP_M)
        lift[floors] = np.concatenate([[0.0], np.cumsum(steps[1:])])
    for members in model.levels[1:]:
        above = model.parent[members]
        inside = model.kind[members] != Kind.STOREY
        lift[members[inside]] = lift[above[inside]]
    base = boxes.base.copy()
    base[:, 2] += lift
    return model.moved(Boxes(base, boxes.size, boxes.turn, boxes.known, boxes.schematic))
