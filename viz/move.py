"""How mouse and wheel move the camera: round what is looked at, aside, nearer, or on the spot."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from viz.boxes import Doubles
from viz.camera import View

HALF_TURN_DEG: Final = 180.0
LOWEST_DEG, HIGHEST_DEG = -5.0, 89.0
NEAREST_M: Final = 0.5
FARTHEST_M: Final = 6_000.0
STEP: Final = 0.87


def orbited(view: View, across: float, down: float) -> View:
    """Turn round the focus: `across` and `down` in heights of the picture; one height is half a turn."""
    away = np.array(view.position) - np.array(view.focus)
    distance = float(np.linalg.norm(away))
    azimuth = np.arctan2(away[1], away[0]) - np.deg2rad(across * HALF_TURN_DEG)
    height = np.rad2deg(np.arcsin(np.clip(away[2] / distance, -1, 1))) + down * HALF_TURN_DEG
    elevation = np.deg2rad(np.clip(height, LOWEST_DEG, HIGHEST_DEG))
    flat = np.cos(elevation)
    away = distance * np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)])
    return replace(view, position=_triple(np.array(view.focus) + away))


def moved_aside(view: View, across_px: float, down_px: float, height_px: int) -> View:
    """Move with the mouse, so that what is under it at the focus stays under it."""
    right, up, _ = view.axes()
    shift = (-right * across_px + up * down_px) * view.metres_per_pixel(height_px)
    return replace(view, position=_triple(view.position + shift), focus=_triple(view.focus + shift))


def zoomed(view: View, steps: float, towards: Doubles | None = None) -> View:
    """Nearer by steps (13 % of the way each) to a point, or to the focus; the direction stays."""
    position, focus = np.array(view.position), np.array(view.focus)
    about = focus if towards is None else towards
    factor = STEP**steps
    distance = float(np.linalg.norm(position - about))
    factor = float(np.clip(distance * factor, NEAREST_M, FARTHEST_M)) / max(distance, 1e-9)
    ahead = (focus - position) / max(float(np.linalg.norm(focus - position)), 1e-9)
    moved = about + (position - about) * factor
    # The focus goes along to the depth of the point, so that the next turn is round what is looked at.
    depth = max(float((about - moved) @ ahead), NEAREST_M)
    return replace(view, position=_triple(moved), focus=_triple(moved + ahead * depth))


def look_around(view: View, across: float, down: float) -> View:
    """Turn the head: `across` and `down` in heights of the picture."""
    ahead = np.array(view.focus) - np.array(view.position)
    distance = float(np.linalg.norm(ahead))
    angle = np.deg2rad(view.angle_deg)
    heading = np.arctan2(ahead[1], ahead[0]) + across * angle
    pitch = np.clip(np.arcsin(np.clip(ahead[2] / distance, -1, 1)) + down * angle, -1.2, 1.2)
    flat = np.cos(pitch)
    ahead = distance * np.array([flat * np.cos(heading), flat * np.sin(heading), np.sin(pitch)])
    return replace(view, focus=_triple(np.array(view.position) + ahead))


def _triple(vector: Doubles) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
