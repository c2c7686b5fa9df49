"""Labels that do not overlap: each beside its asset, the most important first, with a line to what it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import ImageDraw

from viz.states import STYLES, State
from viz.text import INK, MUTED, PANEL, fit, mark, width_of, write

Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """A text for a place in the picture: anchor in pixels, priority (higher first), state for its mark.

    `point`: the place in the campus, metres, for pictures that turn.
    """

    x: float
    y: float
    text: str
    state: State
    priority: float
    detail: str = ""
    bold: bool = False
    point: tuple[float, float, float] = (np.nan, np.nan, np.nan)

    def moved(self, x: float, y: float) -> Label:
        """The same label elsewhere by so many pixels."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True)
class Placed:
    """A label and the rectangle that it got."""

    label: Label
    box: Rect


def overlaps(one: Rect, other: Rect) -> bool:
    """Whether two rectangles (left, top, right, bottom) share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def place(  # noqa: PLR0913
    labels: Sequence[Label],
    width: int,
    height: int,
    *,
    size: int = 12,
    most: int = 40,
    keep_free: Sequence[Rect] = (),
    room: int = 230,
) -> list[Placed]:
    """Rectangles for as many labels as find room, none over another, nor over a mark, nor outside the picture."""
    placed: list[Placed] = []
    marks: list[Rect] = [(label.x - 8, label.y - 8, label.x + 8, label.y + 8) for label in labels[:most]]
    for label in sorted(labels, key=lambda one: -one.priority):
        if len(placed) >= most:
            break
        text = fit(label.text, size, room, bold=label.bold)
        wide = max(width_of(text, size, bold=label.bold), width_of(label.detail, size - 1)) + _indent(label) + 7
        tall = size + 9 + (size + 3 if label.detail else 0)
        own = (label.x - 8, label.y - 8, label.x + 8, label.y + 8)
        for left, top in _candidates(label.x, label.y, wide, tall):
            box = (left, top, left + wide, top + tall)
            if box[0] < 4 or box[1] < 4 or box[2] > width - 4 or box[3] > height - 4:
                continue
            blocked = (
                any(overlaps(box, other.box) for other in placed)
                or any(overlaps(box, other) for other in keep_free)
                or any(overlaps(box, other) for other in marks if other != own)
            )
            if not blocked:
                placed.append(Placed(label, box))
                break
    return placed


def _indent(label: Label) -> int:
    return 20 if STYLES[label.state].mark else 7


def _candidates(x: float, y: float, wide: float, tall: float) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for reach in (14.0, 30.0, 52.0, 80.0, 115.0, 160.0):
        for turn in np.deg2rad([-60, -120, -90, -30, -150, 0, 180, 40, 140, 90]):
            cx, cy = x + reach * float(np.cos(turn)), y + reach * float(np.sin(turn))
            left = cx if np.cos(turn) > 0.25 else cx - wide if np.cos(turn) < -0.25 else cx - wide / 2
            top = cy if np.sin(turn) > 0.25 else cy - tall if np.sin(turn) < -0.25 else cy - tall / 2
            out.append((left, top))
    return out


def paint(draw: ImageDraw.ImageDraw, placed: Sequence[Placed], *, size: int = 12) -> None:
    """Draw leader lines first, then marks, then the labels."""
    for one in placed:
        left, top, right, bottom = one.box
        x, y = one.label.x, one.label.y
        near = (min(max(x, left), right), min(max(y, top), bottom))
        draw.line((x, y, *near), fill=INK, width=1)
    for one in placed:
        style = STYLES[one.label.state]
        if style.mark:
            mark(draw, style.mark, one.label.x, one.label.y, 7, style.fill)
        else:
            draw.ellipse((one.label.x - 2, one.label.y - 2, one.label.x + 2, one.label.y + 2), fill=INK)
    for one in placed:
        left, top, right, bottom = one.box
        style = STYLES[one.label.state]
        draw.rounded_rectangle(one.box, 4, fill=PANEL, outline=INK if one.label.bold else (150, 158, 166))
        if style.mark:
            mark(draw, style.mark, left + 11, top + (size + 9) / 2, 5, style.fill)
        indent = _indent(one.label)
        room = round(right - left) - indent - 7
        write(
            draw,
            (left + indent, top + size + 3),
            fit(one.label.text, size, room, bold=one.label.bold),
            size,
            bold=one.label.bold,
        )
        if one.label.detail:
            write(draw, (left + indent, bottom - 6), one.label.detail, size - 1, colour=MUTED)
