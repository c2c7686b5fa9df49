"""Which asset is under the cursor: boxes in numpy, space by space; no picker of VTK is asked.

The ray is tried on the spaces first, then only on what stands in those that it enters, so a pick takes a fraction
of a millisecond on the full campus. Without an OpenGL library it works just the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Doubles, Indices
from viz.kinds import SPACES, Kind
from viz.model import Model

MARGIN_M: Final = 1e-3


@dataclass(frozen=True)
class Hit:
    """An asset that a ray meets, and how far away, in lengths of the ray's direction."""

    asset: int
    distance: float


class Picker:
    """Finds the nearest drawn asset along a ray.

    Bodies are bundled by the space or cabinet that holds them; a bundle's bound is around its bodies themselves, so
    a body that reaches out of its space is found as well.
    """

    def __init__(self, model: Model, shown: NDArray[np.bool_]) -> None:
        """`shown`, bool[n]: bodies that are drawn and can be picked."""
        self.boxes = model.boxes
        bodies = np.flatnonzero(shown & model.boxes.known & ~np.isin(model.kind, SPACES))
        holder = model.parent[bodies].astype(np.int64)
        # What stands in a rack is bundled by cabinet, cabinets and equipment by their space.
        order = np.argsort(holder, kind="stable")
        self.bodies: Indices = bodies[order]
        held = holder[order]
        starts = np.flatnonzero(np.diff(held, prepend=-2))
        self.start = np.append(starts, len(self.bodies)).astype(np.int64)
        low, high = self.boxes.bounds(self.bodies)
        if len(starts):
            self.low = np.minimum.reduceat(low, starts).astype(np.float64)
            self.high = np.maximum.reduceat(high, starts).astype(np.float64)
            above = np.where(held[starts] >= 0, model.parent[np.maximum(held[starts], 0)], -1)
            racks = (held[starts] >= 0) & (model.kind[np.maximum(held[starts], 0)] == Kind.CABINET)
            self._bundle_racks(np.where(racks, above, -2 - np.arange(len(starts))))

    def _bundle_racks(self, space: Indices) -> None:
        """A second level: bundles of racks of one space have a bound of their own."""
        order = np.argsort(space, kind="stable")
        starts = np.flatnonzero(np.diff(space[order], prepend=-(1 << 40)))
        self.bundle, self.outer_start = order, np.append(starts, len(order)).astype(np.int64)
        self.outer_low = np.minimum.reduceat(self.low[order], starts)
        self.outer_high = np.maximum.reduceat(self.high[order], starts)

    def pick(self, origin: Doubles, direction: Doubles) -> Hit | None:
        """The nearest body that the ray enters, or None."""
        if not len(self.bodies):
            return None
        outer = np.flatnonzero(_meets(self.outer_low, self.outer_high, origin, direction))
        if not len(outer):
            return None
        inner = self.bundle[_ranges(self.outer_start, outer)]
        inner = inner[_meets(self.low[inner], self.high[inner], origin, direction)]
        if not len(inner):
            return None
        candidates = self.bodies[_ranges(self.start, inner)]
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


def _meets(low: Doubles, high: Doubles, origin: Doubles, direction: Doubles) -> NDArray[np.bool_]:
    """Whether a ray meets axis-parallel bounds, float64[k, 3] each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (low - MARGIN_M - origin) / direction, (high + MARGIN_M - origin) / direction
    near = np.nanmax(np.fmin(one, two), axis=1)
    far = np.nanmin(np.fmax(one, two), axis=1)
    return (near <= far) & (far >= 0)


def _ranges(start: Indices, chosen: Indices) -> Indices:
    """All positions start[i]:start[i + 1] of the chosen i, one after the other."""
    counts = start[chosen + 1] - start[chosen]
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1])) - np.repeat(ends - counts, counts) + np.repeat(start[chosen], counts)
