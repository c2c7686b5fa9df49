"""Which asset is under the cursor: boxes in numpy, bundle by bundle; no picker of VTK is asked.

Where a picture was drawn, its depth under the cursor gives the point, and only what stands around that point is tried.
Without a picture, or where the point lies on a line, the ray is tried on the bundles first, then on what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Doubles, Indices
from viz.kinds import Kind
from viz.model import Model
from viz.runs import covered

MARGIN_M: Final = 1e-3
DEPTH_ERROR: Final = 2e-3
"""Relative to the distance: how far a point read from the depth of a picture may be off."""


@dataclass(frozen=True)
class Hit:
    """An asset that a ray meets, and how far away, in lengths of the ray's direction."""

    asset: int
    distance: float


class Picker:
    """Finds the nearest drawn body along a ray.

    Bodies are bundled by what holds them, bundles of cabinets by the space of the cabinets; a bundle's bound is around
    its bodies themselves, so a body that reaches out of its space is found as well.
    """

    def __init__(self, model: Model, shown: NDArray[np.bool_]) -> None:
        """`shown`, bool[n]: bodies that are drawn and can be picked."""
        self.boxes = model.boxes
        bodies = np.flatnonzero(shown & model.boxes.known)
        holder = model.parent[bodies].astype(np.int64)
        order = np.argsort(holder, kind="stable")
        self.bodies: Indices = bodies[order]
        held = holder[order]
        starts = np.flatnonzero(np.diff(held, prepend=-2))
        self.start = np.append(starts, len(self.bodies)).astype(np.int64)
        low, high = self.boxes.bounds(self.bodies)
        if len(starts):
            self.low = np.minimum.reduceat(low, starts).astype(np.float64).T - MARGIN_M
            self.high = np.maximum.reduceat(high, starts).astype(np.float64).T + MARGIN_M
            above = np.where(held[starts] >= 0, model.parent[np.maximum(held[starts], 0)], -1)
            racks = (held[starts] >= 0) & (model.kind[np.maximum(held[starts], 0)] == Kind.CABINET)
            self._bundle_racks(np.where(racks, above, -2 - np.arange(len(starts))))

    def _bundle_racks(self, space: Indices) -> None:
        """A second level: bundles of racks of one space have a bound of their own."""
        order = np.argsort(space, kind="stable")
        starts = np.flatnonzero(np.diff(space[order], prepend=-(1 << 40)))
        self.bundle, self.outer_start = order, np.append(starts, len(order)).astype(np.int64)
        self.outer_low = np.minimum.reduceat(self.low[:, order], starts, axis=1)
        self.outer_high = np.maximum.reduceat(self.high[:, order], starts, axis=1)

    def pick(self, origin: Doubles, direction: Doubles) -> Hit | None:
        """The nearest body that the ray enters, or None."""
        if not len(self.bodies):
            return None
        slope = 1.0 / np.where(np.abs(direction) < 1e-12, 1e-12, direction)
        outer = np.flatnonzero(_meets(self.outer_low, self.outer_high, origin, slope))
        if not len(outer):
            return None
        inner = self.bundle[covered(self.outer_start, outer)[0]]
        inner = inner[_meets(self.low[:, inner], self.high[:, inner], origin, slope)]
        return self._nearest(inner, origin, direction)

    def pick_at(self, point: Doubles, origin: Doubles, direction: Doubles) -> Hit | None:
        """The body whose surface shows at `point`, which a picture's depth gave for this ray; else by the ray alone."""
        if not len(self.bodies):
            return None
        away = float(np.linalg.norm(point - origin))
        slack = away * DEPTH_ERROR + 0.01
        outer = np.flatnonzero(_holds(self.outer_low, self.outer_high, point, slack))
        if len(outer):
            inner = self.bundle[covered(self.outer_start, outer)[0]]
            inner = inner[_holds(self.low[:, inner], self.high[:, inner], point, slack)]
            hit = self._nearest(inner, origin, direction)
            if hit is not None and abs(hit.distance * float(np.linalg.norm(direction)) - away) <= slack:
                return hit
        return self.pick(origin, direction)

    def _nearest(self, inner: Indices, origin: Doubles, direction: Doubles) -> Hit | None:
        if not len(inner):
            return None
        candidates = self.bodies[covered(self.start, inner)[0]]
        distance = self.boxes.enter(candidates, origin, direction)
        nearest = int(np.argmin(distance))
        if not np.isfinite(distance[nearest]):
            return None
        return Hit(int(candidates[nearest]), float(distance[nearest]))


def pick_all(boxes: Boxes, bodies: Indices, origin: Doubles, direction: Doubles) -> Hit | None:
    """The same by trying every body: slow, and plain enough to trust."""
    distance = boxes.enter(bodies, origin, direction)
    if not len(bodies) or not np.isfinite(distance.min()):
        return None
    nearest = int(np.argmin(distance))
    return Hit(int(bodies[nearest]), float(distance[nearest]))


def _meets(low: Doubles, high: Doubles, origin: Doubles, slope: Doubles) -> NDArray[np.bool_]:
    """Whether a ray meets axis-parallel bounds, float64[3, k] each; `slope`: one over its direction."""
    one, two = (low - origin[:, None]) * slope[:, None], (high - origin[:, None]) * slope[:, None]
    near, far = np.minimum(one, two).max(axis=0), np.maximum(one, two).min(axis=0)
    return (near <= far) & (far >= 0)


def _holds(low: Doubles, high: Doubles, point: Doubles, slack: float) -> NDArray[np.bool_]:
    """Whether axis-parallel bounds, float64[3, k] each, hold a point, or nearly."""
    inside: NDArray[np.bool_] = (low - slack <= point[:, None]) & (point[:, None] <= high + slack)
    return inside[0] & inside[1] & inside[2]
