"""A section plane: what lies on one side of it is cut away, from the picture and from picking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Doubles, Floats

AXES: Final = ("x", "y", "z")
CUTS: Final = ("west of", "south of", "above")
_NUDGE: Final = 1e-6


@dataclass(frozen=True)
class Section:
    """A plane across an axis at a place (metres): along x and y what is less is cut away, along z what is higher."""

    axis: str
    at_m: float

    @property
    def normal(self) -> Doubles:
        """Towards what is kept."""
        sign = -1.0 if self.axis == "z" else 1.0
        return sign * np.eye(3)[AXES.index(self.axis)]

    @property
    def origin(self) -> Doubles:
        """A point of the plane."""
        return self.at_m * np.eye(3)[AXES.index(self.axis)]

    @property
    def words(self) -> str:
        """What is cut away."""
        return f"section: {CUTS[AXES.index(self.axis)]} {self.axis} = {self.at_m:.1f} m is cut away"

    def cuts(self, points: Floats | Doubles) -> NDArray[np.bool_]:
        """Which of these points, [k, 3], are cut away, bool[k]."""
        return (points - self.origin) @ self.normal < 0

    def moved(self, by_m: float) -> Section:
        """The plane further along its axis."""
        return replace(self, at_m=self.at_m + by_m)

    def enter(self, origin: Doubles, towards: Doubles) -> Doubles:
        """Where a ray begins that must not meet what is cut away: at the plane, if it starts beyond it."""
        above = float((origin - self.origin) @ self.normal)
        slope = float(towards @ self.normal)
        if above >= 0 or slope <= 0:
            return origin
        return origin + towards * (-above / slope + _NUDGE)
