"""The page around the scene: title, legend with counts, and the plan that says where on the campus we look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from viz.boxes import Floats
from viz.camera import View
from viz.kinds import Kind
from viz.lines import COOLS, FEEDS, TYPE_COLOUR, Fate
from viz.scene import Look
from viz.states import STYLES, SURVIVING, Rgb, State
from viz.text import INK, MUTED, PANEL, RULE, fit, mark, swatch, wrap, write
from viz.words import Tally, breakdown, names_of

if TYPE_CHECKING:
    from viz.model import Model

Rect = tuple[int, int, int, int]
ORDER: Final = (
    State.FAILED,
    State.LOST,
    State.AT_RISK,
    State.DEGRADED,
    State.MAINTENANCE,
    State.DOWN_BEFORE,
    State.STALE,
    State.UNKNOWN,
    State.WORKING,
)
DEAD_LINE: Final[Rgb] = (200, 40, 0)


def title(draw: ImageDraw.ImageDraw, area: Rect, headline: str, detail: str) -> None:
    """Question and answer across the top, at most two lines, and one of detail."""
    left, top, right, bottom = area
    draw.rectangle(area, fill=PANEL)
    draw.line((left, bottom - 1, right, bottom - 1), fill=RULE)
    room = right - left - 32
    lines = wrap(headline, 17, room, 2, bold=True)
    y = top + 26
    for line in lines:
        write(draw, (left + 16, y), line, 17, bold=True)
        y += 22
    if detail:
        write(draw, (left + 16, y + (2 if len(lines) == 1 else -2)), fit(detail, 12, room), 12, colour=MUTED)


def legend(image: Image.Image, area: Rect, count: Tally, look: Look) -> int:
    """What colours, hatches, marks and lines mean, with counts; returns where it ends."""
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = area
    draw.rectangle(area, fill=PANEL)
    draw.line((left, top, left, bottom), fill=RULE)
    x, y = left + 16, top + 14
    for state in ORDER:
        counts = count.by_state.get(state)
        if not counts:
            continue
        style = STYLES[state]
        sample = swatch(state, 34, 20)
        image.paste(sample, (x, y))
        draw.rectangle((x, y, x + 34, y + 20), outline=INK)
        if style.mark:
            mark(draw, style.mark, x + 48, y + 10, 7, style.fill)
        write(draw, (x + 62, y + 15), style.word, 13, bold=True)
        write(draw, (right - 16, y + 15), f"{sum(counts.values()):,}", 13, bold=True, anchor="rs")
        write(draw, (x, y + 36), fit(breakdown(counts, 2), 11, right - x - 16), 11, colour=MUTED)
        y += 46
    draw.line((x, y - 2, right - 16, y - 2), fill=RULE)
    return _line_legend(draw, x, y + 8, look)


def _line_legend(draw: ImageDraw.ImageDraw, x: int, y: int, look: Look) -> int:
    rows: list[tuple[Rgb, int, str]] = []
    fates = set(look.lines.fate.tolist())
    if Fate.DEAD in fates:
        rows.append((DEAD_LINE, 6, "line that no longer supplies"))
    if Fate.SURVIVING in fates:
        rows.append((SURVIVING, 4, "line that still carries them"))
    idle = set(look.lines.type[look.lines.fate == Fate.IDLE].tolist())
    rows += [(TYPE_COLOUR[code], 2, text) for code, text in ((FEEDS, "power"), (COOLS, "cooling")) if code in idle]
    for colour, thick, text in rows:
        draw.line((x, y + 7, x + 34, y + 7), fill=colour, width=thick)
        if thick == 6:
            for dash in range(x + 2, x + 34, 7):
                draw.line((dash + 2, y + 4, dash - 1, y + 10), fill=(255, 255, 255), width=2)
        write(draw, (x + 44, y + 11), text, 12)
        y += 19
    return y + 4


def plan(
    image: Image.Image,
    area: Rect,
    model: Model,
    names: Sequence[str] | None,
    look: Look,
    view: View,
    aspect: float,
) -> None:
    """The campus from above: each module in its worst state, and a frame around what the scene shows."""
    left, top, right, bottom = area
    box = (left + 14, top + 26, right - 14, bottom - 14)
    if box[3] - box[1] < 60:
        return
    known = np.flatnonzero(model.boxes.known)
    low, high = model.boxes.bounds(known)
    low, high = low.min(axis=0)[:2], high.max(axis=0)[:2]
    scale = float(min((box[2] - box[0]) / (high[0] - low[0]), (box[3] - box[1]) / (high[1] - low[1])))
    middle = (low + high) / 2

    def at(points: Floats) -> list[tuple[float, float]]:
        moved = (points[:, :2] - middle) * scale
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        return [(centre[0] + float(x), centre[1] - float(y)) for x, y in moved]

    draw = ImageDraw.Draw(image)
    write(draw, (left + 16, top + 18), "Campus from above", 11, colour=MUTED)
    for kind in (Kind.BUILDING, Kind.MODULE, Kind.EQUIPMENT):
        chosen = model.of_kind(kind)
        chosen = chosen[np.argsort(look.worst[chosen], kind="stable")]
        corners = model.boxes.corners(chosen)[:, :4]
        for asset, polygon in zip(chosen.tolist(), corners, strict=True):
            worst = State(int(look.worst[asset]))
            if kind == Kind.BUILDING:
                draw.polygon(at(polygon), fill=(244, 246, 248), outline=(176, 184, 192))
                continue
            if kind == Kind.EQUIPMENT and worst < State.DEGRADED:
                continue
            fill = STYLES[worst].fill if worst >= State.DEGRADED else (222, 227, 232)
            draw.polygon(at(polygon), fill=fill, outline=(150, 158, 166) if worst < State.DEGRADED else INK)
    _frame(draw, model, look, at)
    for place in model.of_kind(Kind.BUILDING).tolist():
        ((x, y),) = at(model.boxes.base[[place]])
        write(draw, (x, y), names_of(model.topology, names, [place])[0], 11, bold=True, anchor="mm")
    failed = np.flatnonzero((look.state == State.FAILED) & model.boxes.known)
    for x, y in at(model.boxes.base[failed[:20]]):
        mark(draw, "cross", x, y, 6, STYLES[State.FAILED].fill)


def _frame(draw: ImageDraw.ImageDraw, model: Model, look: Look, at: object) -> None:
    """A frame around the assets in focus."""
    shown = np.flatnonzero(look.focus & model.boxes.known)
    if not len(shown) or look.focus.all():
        return
    low, high = model.boxes.bounds(shown)
    low, high = low.min(axis=0), high.max(axis=0)
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float32)
    points = at(corners)  # pyright: ignore
    draw.line([*points, points[0]], fill=INK, width=2)
