"""What the picture sets out for itself: bodies that no source places, outside of all modules and rooms, framed."""

from __future__ import annotations

from typing import Final

import numpy as np

from viz.boxes import Floats, Indices, union
from viz.kinds import Kind
from viz.model import Model

PAD_M: Final = 1.5
DASH_M: Final = 2.0


def clusters(model: Model) -> list[Indices]:
    """The bodies without a place that stand outside, those of one building together.

    Empty where most of all is schematic: then the whole picture is said to be.
    """
    bodies = model.of_kind(Kind.EQUIPMENT, Kind.CABINET)
    made_up = model.boxes.schematic[bodies]
    if not made_up.any() or made_up.mean() > 0.5:
        return []
    outside = bodies[made_up & (model.floor_of[bodies] < 0)]
    building = model.building_of[outside]
    return [outside[building == one] for one in np.unique(building)]


def frames(model: Model) -> Floats:
    """Dashed rectangles around the clusters on the ground, as segments float32[m, 2, 3] metres."""
    dashes = [_dashed(*union(*model.boxes.bounds(one))) for one in clusters(model)]
    return np.concatenate(dashes) if dashes else np.zeros((0, 2, 3), np.float32)


def _dashed(low: Floats, high: Floats) -> Floats:
    z = float(low[2])
    west, south, east, north = *(float(one) - PAD_M for one in low[:2]), *(float(one) + PAD_M for one in high[:2])
    corners = np.array([[west, south, z], [east, south, z], [east, north, z], [west, north, z]])
    sides: list[Floats] = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        length = float(np.linalg.norm(end - start))
        count = max(int(length / (2 * DASH_M)), 1)
        at = np.arange(count)[:, None] / count
        pair = np.stack([start + (end - start) * at, start + (end - start) * (at + 0.5 / count)], axis=1)
        sides.append(pair.astype(np.float32))
    return np.concatenate(sides)
