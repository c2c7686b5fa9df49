"""Where equipment stands: simple floors on which boxes are set one after the other."""

from __future__ import annotations

from ingest.campus.parameters import Parameters
from ingest.campus.plan import Box, Plan

_GAP_M = 0.6


class Floor:
    """A rectangle of floor (lower-left corner x, y; metres) that is filled row by row."""

    def __init__(self, parameters: Parameters, box: Box) -> None:
        self.parameters = parameters
        self.z = box.z
        self._left = box.x - box.length / 2 + 0.4
        self._right = box.x + box.length / 2
        self._x = self._left
        self._y = box.y - box.width / 2 + 0.4
        self._depth = 0.0

    def place(self, label: str) -> Box:
        """The next free place for equipment of this label."""
        length, width, height = self.parameters.size_m(label)
        if self._x > self._left and self._x + length > self._right:
            self._x = self._left
            self._y += self._depth + _GAP_M
            self._depth = 0.0
        box = Box(round(self._x + length / 2, 3), round(self._y + width / 2, 3), self.z, length, width, height)
        self._x += length + _GAP_M
        self._depth = max(self._depth, width)
        return box


def yard_floor(plan: Plan, building: str, south_m: float, depth_m: float) -> Floor:
    """A strip of a plant building's ground, `south_m` from its southern edge."""
    box = plan.assets[building].box
    if box is None:
        raise ValueError(f"{building} has no box")
    y = box.y - box.width / 2 + south_m + depth_m / 2
    return Floor(plan.parameters, Box(box.x, y, 0.0, box.length, depth_m, box.height))
