"""Boxes of assets as arrays: corners, bounds, and rays against them.

Campus coordinates in metres, z up. A box stands on its base: `base` is the centre of that base, `size` its
length (local x), width (local y) and height, `turn` its rotation about z in radians, counter-clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.topology.store import Placement

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

# Corner order of a unit box on its base: lower four counter-clockwise, then the upper four.
UNIT: Final = np.array(
    [
        [-0.5, -0.5, 0.0],
        [0.5, -0.5, 0.0],
        [0.5, 0.5, 0.0],
        [-0.5, 0.5, 0.0],
        [-0.5, -0.5, 1.0],
        [0.5, -0.5, 1.0],
        [0.5, 0.5, 1.0],
        [-0.5, 0.5, 1.0],
    ],
    np.float32,
)


@dataclass(frozen=True)
class Boxes:
    """One box for each asset index; `known` says where there is one, `schematic` where we made it up.

    base: float32[n, 3] metres · size: float32[n, 3] metres · turn: float32[n] radians · known, schematic: bool[n]
    """

    base: Floats
    size: Floats
    turn: Floats
    known: NDArray[np.bool_]
    schematic: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.turn)

    def centre(self, index: Indices | slice = slice(None)) -> Floats:
        """Middle of the boxes, float32[k, 3]."""
        middle = self.base[index].copy()
        middle[:, 2] += self.size[index][:, 2] / 2
        return middle

    def top(self, index: Indices | slice = slice(None)) -> Floats:
        """Middle of the boxes' upper faces, float32[k, 3]."""
        middle = self.base[index].copy()
        middle[:, 2] += self.size[index][:, 2]
        return middle

    def corners(self, index: Indices | slice = slice(None), shape: Floats = UNIT) -> Floats:
        """Corners of the boxes, float32[k, 8, 3] in the order of UNIT, or of another local shape."""
        base, size, turn = self.base[index], self.size[index], self.turn[index]
        local = shape[None] * size[:, None]
        cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
        out = np.empty_like(local)
        out[..., 0] = local[..., 0] * cos - local[..., 1] * sin + base[:, None, 0]
        out[..., 1] = local[..., 0] * sin + local[..., 1] * cos + base[:, None, 1]
        out[..., 2] = local[..., 2] + base[:, None, 2]
        return out

    def bounds(self, index: Indices) -> tuple[Floats, Floats]:
        """Lowest and highest corner of axis-parallel boxes around these boxes, float32[k, 3] each."""
        size, turn = self.size[index], self.turn[index]
        cos, sin = np.abs(np.cos(turn)), np.abs(np.sin(turn))
        half = np.zeros_like(size)
        half[:, 0] = (size[:, 0] * cos + size[:, 1] * sin) / 2
        half[:, 1] = (size[:, 0] * sin + size[:, 1] * cos) / 2
        low = self.base[index] - half
        high = self.base[index] + half
        high[:, 2] += size[:, 2]
        return low, high

    def enter(self, index: Indices, origin: Doubles, direction: Doubles) -> Doubles:
        """Distance, in lengths of `direction`, at which a ray enters each box; inf where it misses it.

        A ray that starts inside a box enters it at 0.
        """
        turn = self.turn[index].astype(np.float64)
        cos, sin = np.cos(turn), np.sin(turn)
        away = origin - self.base[index].astype(np.float64)
        start = np.stack([away[:, 0] * cos + away[:, 1] * sin, away[:, 1] * cos - away[:, 0] * sin, away[:, 2]], 1)
        run = np.stack(
            [
                direction[0] * cos + direction[1] * sin,
                direction[1] * cos - direction[0] * sin,
                np.full(len(turn), direction[2]),
            ],
            1,
        )
        size = self.size[index].astype(np.float64)
        low, high = -size / 2, size / 2
        low[:, 2], high[:, 2] = 0.0, size[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            one, two = (low - start) / run, (high - start) / run
        # A ray along a face gives 0/0: it counts as inside that slab.
        near = np.nanmax(np.fmin(one, two), axis=1)
        far = np.nanmin(np.fmax(one, two), axis=1)
        return np.where((near <= far) & (far >= 0), np.maximum(near, 0.0), np.inf)


def union(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """One bound around many."""
    return low.min(axis=0), high.max(axis=0)


def from_placement(placement: Placement) -> Boxes:
    """Boxes of placed assets around the origin; assets without a position or a size are not `known`."""
    base = np.stack([placement.x_m, placement.y_m, placement.z_m], axis=1).astype(np.float32)
    size = np.stack([placement.length_m, placement.width_m, placement.height_m], axis=1).astype(np.float32)
    # A missing height above ground is ground; a box without one of its sides is no box.
    base[:, 2] = np.nan_to_num(base[:, 2])
    placed = np.isfinite(np.concatenate([base, size], axis=1)).all(axis=1)
    known: NDArray[np.bool_] = np.logical_and(placed, (np.nan_to_num(size) > 0).all(axis=1))
    turn = np.deg2rad(np.nan_to_num(placement.rotation_deg)).astype(np.float32)
    if known.any():
        # Near the origin single precision is fine enough for VTK; map coordinates are not.
        inside: Floats = base[known, :2]
        base[:, :2] -= np.round((inside.min(axis=0) + inside.max(axis=0)) / 2)
    return Boxes(np.nan_to_num(base), np.nan_to_num(size), turn, known, placement.schematic.copy())


def nowhere(n: int) -> Boxes:
    """Boxes of n assets of which none is placed."""
    nothing = np.zeros((n, 3), np.float32)
    return Boxes(nothing, nothing.copy(), np.zeros(n, np.float32), np.zeros(n, np.bool_), np.zeros(n, np.bool_))
