"""Where the picture is taken from, as plain numbers: framing, projection, rays. VTK is told, never asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Doubles, Floats

UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class View:
    """A perspective camera: position and focus in metres, vertical angle in degrees, width over height."""

    position: tuple[float, float, float]
    focus: tuple[float, float, float]
    angle_deg: float = 30.0
    aspect: float = 1.6

    def shaped(self, aspect: float) -> View:
        """The same camera for a picture of another shape."""
        return replace(self, aspect=aspect)

    def axes(self) -> tuple[Doubles, Doubles, Doubles]:
        """Right, up and backward of the camera, unit vectors."""
        backward = np.array(self.position, np.float64) - np.array(self.focus)
        backward /= np.linalg.norm(backward)
        right = np.cross(UP, backward)
        length = np.linalg.norm(right)
        right = np.array([1.0, 0.0, 0.0]) if length < 1e-9 else right / length
        return right, np.cross(backward, right), backward

    def project(self, points: Floats | Doubles, width: int, height: int) -> Doubles:
        """Pixels of points: float64[k, 3] of x from the left, y from the top, distance ahead in metres.

        What stands behind the camera gets not-a-number for x and y.
        """
        right, up, backward = self.axes()
        away = np.asarray(points, np.float64) - np.array(self.position)
        ahead = -(away @ backward)
        half = math.tan(math.radians(self.angle_deg) / 2)
        scale = np.where(ahead > 1e-9, height / 2 / half / np.where(ahead > 1e-9, ahead, 1.0), np.nan)
        return np.stack([width / 2 + away @ right * scale, height / 2 - away @ up * scale, ahead], axis=1)

    def ray(self, x: float, y: float, width: int, height: int) -> tuple[Doubles, Doubles]:
        """Origin and direction of the ray through a pixel (from the upper left)."""
        right, up, backward = self.axes()
        half = math.tan(math.radians(self.angle_deg) / 2)
        across = (x - width / 2) / (height / 2) * half
        above = (height / 2 - y) / (height / 2) * half
        return np.array(self.position), across * right + above * up - backward

    def metres_per_pixel(self, height: int) -> float:
        """Size of a pixel at the focus."""
        distance = float(np.linalg.norm(np.array(self.position) - np.array(self.focus)))
        return 2 * distance * math.tan(math.radians(self.angle_deg) / 2) / height


def direction(azimuth_deg: float, elevation_deg: float) -> Doubles:
    """Unit vector towards the camera; azimuth from east, counter-clockwise."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    flat = math.cos(elevation)
    return np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])


def frame(
    points: Floats | Doubles,
    towards: NDArray[np.float64],
    aspect: float,
    *,
    angle_deg: float = 30.0,
    margin: float = 0.06,
) -> View:
    """The nearest camera in direction `towards` that sees all points, with a margin (share of the picture)."""
    base = View((0.0, 0.0, 0.0), tuple(float(part) for part in -towards), angle_deg, aspect)  # pyright: ignore[reportArgumentType]
    right, up, backward = base.axes()
    points = np.asarray(points, np.float64)
    a, b, c = points @ right, points @ up, points @ backward
    tall = math.tan(math.radians(angle_deg) / 2) * (1 - 2 * margin)
    wide = tall * aspect
    # A point is inside when |a − A| ≤ wide·(C − c), likewise b: the least C for which both sides hold.
    across = (np.max(a + wide * c), np.max(-a + wide * c))
    above = (np.max(b + tall * c), np.max(-b + tall * c))
    distance = max(sum(across) / (2 * wide), sum(above) / (2 * tall), float(c.max()) + 0.5)
    position = (across[0] - across[1]) / 2 * right + (above[0] - above[1]) / 2 * up + distance * backward
    focus = position - backward * max(distance - float(c.mean()), 0.5)
    return View(_triple(position), _triple(focus), angle_deg, aspect)


def _triple(vector: Doubles) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
