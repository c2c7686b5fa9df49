"""Walking at eye height: steps that stop at cabinets and equipment, and a guided walk along a supply path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from schema.errors import BadInput
from viz.boxes import Doubles, Floats
from viz.camera import View
from viz.kinds import Kind
from viz.lines import Lines, segments
from viz.model import Model

EYE_M: Final = 1.7
SHOULDER_M: Final = 0.25
STEP_M: Final = 0.35
WALK_ANGLE_DEG: Final = 60.0
ALONG_M: Final = 12.0
TURN_DEG: Final = 12.0
WALKS: Final = {
    "w": (STEP_M, 0.0, 0.0),
    "s": (-STEP_M, 0.0, 0.0),
    "a": (0.0, -STEP_M, 0.0),
    "d": (0.0, STEP_M, 0.0),
    "q": (0.0, 0.0, TURN_DEG),
    "e": (0.0, 0.0, -TURN_DEG),
}
"""Ahead and aside in metres, and the turn in degrees, of the letters; arrows stand for some of them."""


@dataclass(frozen=True)
class Obstacles:
    """Floor plans of what one cannot walk through, on one floor."""

    centre: Floats
    half: Floats
    turn: Floats

    def blocks(self, x: float, y: float) -> bool:
        """Whether somebody who stands here would touch one."""
        away = np.array([x, y], np.float32) - self.centre
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        local = np.stack([away[:, 0] * cos + away[:, 1] * sin, away[:, 1] * cos - away[:, 0] * sin], axis=1)
        return bool((np.abs(local) < self.half + SHOULDER_M).all(axis=1).any())


def obstacles(model: Model, floor_m: float) -> Obstacles:
    """Cabinets and equipment that stand in the way of somebody on a floor at this height."""
    bodies = model.of_kind(Kind.CABINET, Kind.EQUIPMENT)
    low = model.boxes.base[bodies, 2]
    high = low + model.boxes.size[bodies, 2]
    bodies = bodies[(low < floor_m + EYE_M) & (high > floor_m + 0.3)]
    return Obstacles(
        model.boxes.base[bodies, :2], (model.boxes.size[bodies, :2] / 2).astype(np.float32), model.boxes.turn[bodies]
    )


def step(view: View, blocked: Obstacles, ahead_m: float, aside_m: float) -> View:
    """One step; where the way is blocked, along the obstacle, or not at all."""
    right, _, backward = view.axes()
    forward = -np.array([backward[0], backward[1]])
    forward /= max(float(np.linalg.norm(forward)), 1e-9)
    move = forward * ahead_m + right[:2] * aside_m
    for way in (move, np.array([move[0], 0.0]), np.array([0.0, move[1]])):
        x, y = view.position[0] + float(way[0]), view.position[1] + float(way[1])
        if way.any() and not blocked.blocks(x, y):
            shift = np.array([way[0], way[1], 0.0])
            return View(_at(view.position + shift), _at(view.focus + shift), view.angle_deg, view.aspect)
    return view


def walked(view: View, blocked: Obstacles, letter: str) -> View:
    """The view after the step or turn of a letter of WALKS."""
    ahead, aside, degrees = WALKS[letter]
    return turned(view, degrees) if degrees else step(view, blocked, ahead, aside)


def stand(model: Model, asset: int | None, view: View) -> tuple[Obstacles, View]:
    """What is in the way on the floor of an asset (else below what the camera looks at), and a view from beside it."""
    if asset is not None and model.boxes.known[asset]:
        holder = int(model.parent[asset]) if model.kind[asset] == Kind.IN_RACK else asset
        start = model.boxes.base[holder].astype(np.float64)
    else:
        start = np.array(view.focus, np.float64)
        start[2] = floor_below(model, start)
    floor = float(start[2])
    blocked = obstacles(model, floor)
    eye = _free_place(blocked, float(start[0]), float(start[1]))
    ahead = _along(blocked, eye, view)
    focus = (eye[0] + 4 * float(ahead[0]), eye[1] + 4 * float(ahead[1]), floor + EYE_M - 0.1)
    return blocked, View((*eye, floor + EYE_M), focus, WALK_ANGLE_DEG, view.aspect)


def floor_below(model: Model, point: Doubles) -> float:
    """Height of the highest floor of a module or room under a point, else of the lowest of all."""
    floors = model.floors
    low, high = model.boxes.bounds(floors)
    under = ((low[:, :2] <= point[:2]) & (point[:2] <= high[:, :2])).all(axis=1) & (low[:, 2] <= point[2] + 0.1)
    if under.any():
        return float(low[under, 2].max())
    return float(low[:, 2].min()) if len(floors) else 0.0


def _free_place(blocked: Obstacles, x: float, y: float) -> tuple[float, float]:
    """The nearest place around here where somebody can stand."""
    for reach in np.arange(0.0, 12.0, 0.2):
        for turn in np.linspace(-np.pi / 2, 1.5 * np.pi, 16, endpoint=False):
            px, py = x + float(reach * np.cos(turn)), y + float(reach * np.sin(turn))
            if not blocked.blocks(px, py):
                return px, py
    return x, y


def _along(blocked: Obstacles, eye: tuple[float, float], view: View) -> Doubles:
    """The heading in which one can walk farthest from here, along an aisle; of equal ones the nearest to the view's."""
    heading = np.array(view.focus[:2]) - np.array(view.position[:2])
    heading /= max(float(np.linalg.norm(heading)), 1e-9)
    best, farthest = heading, -1.0
    for turn in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        way = np.array([np.cos(turn), np.sin(turn)])
        free = 0.0
        while free < ALONG_M and not blocked.blocks(*(np.array(eye) + way * (free + STEP_M))):
            free += STEP_M
        if free + float(way @ heading) * 0.5 > farthest:
            best, farthest = way, free + float(way @ heading) * 0.5
    return best


def turned(view: View, degrees: float) -> View:
    """Look round by an angle, counter-clockwise."""
    angle = np.deg2rad(degrees)
    away = np.array(view.focus) - np.array(view.position)
    round_ = np.array(
        [
            away[0] * np.cos(angle) - away[1] * np.sin(angle),
            away[0] * np.sin(angle) + away[1] * np.cos(angle),
            away[2],
        ]
    )
    return View(view.position, _at(view.position + round_), view.angle_deg, view.aspect)


def guided(model: Model, path: Sequence[int], aspect: float, frames: int) -> list[tuple[View, int]]:
    """Cameras along the supply lines of a path, `frames` of them, above and behind what is followed.

    With each comes the position in the path of what it looks at.
    """
    if len(path) < 2:
        raise BadInput(
            f"a guided walk needs an asset that something supplies: nothing here supplies {_named(model, path)}"
        )
    ends = np.array(path, np.int64)
    zeros = np.zeros(len(ends) - 1, np.uint8)
    ways = segments(model.boxes, Lines(ends[:-1], ends[1:], zeros, zeros))
    points = np.concatenate([ways[:, :, 0].reshape(-1, 3), ways[-1:, -1, 1]]).astype(np.float64)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    total = float(along[-1])
    reach = min(14.0, max(5.0, total / 12))

    def at(where: Doubles) -> Doubles:
        return np.stack([np.interp(where, along, points[:, axis]) for axis in range(3)], axis=1)

    where = np.linspace(0.0, total, frames)
    # Positions averaged over a few metres turn corners smoothly.
    window = np.linspace(-1.0, 1.0, 9)
    behind = np.mean([at(np.clip(where - reach + reach * part, 0, total)) for part in window], axis=0)
    ahead = np.mean([at(np.clip(where + reach * (0.4 + part), 0, total)) for part in window], axis=0)
    run = ahead[:, :2] - behind[:, :2]
    # A little aside: right above a line it would hide what it leads to.
    aside = np.stack([-run[:, 1], run[:, 0]], axis=1) / np.maximum(np.linalg.norm(run, axis=1), reach)[:, None]
    # Where the way rises, or begins, one would stand on it: as far away as elsewhere, on the side it leads away from.
    away = points[0, :2] - points[-1, :2]
    away = away / np.linalg.norm(away) if away.any() else np.array([1.0, 0.0])
    behind[:, :2] += away * np.maximum(reach - np.linalg.norm(run, axis=1), 0.0)[:, None]
    run = ahead[:, :2] - behind[:, :2]
    behind[:, 2] += reach * 0.6
    behind += (behind - ahead) * 0.35
    behind[:, :2] += aside * reach * 0.3
    passed = np.abs(where[:, None] - np.append(along[:: ways.shape[1]][: len(path) - 1], total)).argmin(axis=1)
    views = [View(_at(p), _at(f), WALK_ANGLE_DEG, aspect) for p, f in zip(behind, ahead, strict=True)]
    return list(zip(views, passed.tolist(), strict=True))


def _named(model: Model, path: Sequence[int]) -> str:
    return model.topology.ids[path[0]] if path else "it"


def _at(vector: Doubles) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
