"""The page around the scene: title, legend with counts, and the plan that says where on the campus we look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from viz.boxes import Floats, Indices
from viz.colour import BANDS, TITLES
from viz.kinds import Kind
from viz.lines import CONNECTS, COOLS, DEAD, FEEDS, FOLLOWED, SUPPLIES, TYPE_COLOUR, Fate
from viz.look import Look
from viz.model import Model, States
from viz.states import BAND, STYLES, SURVIVING, Rgb, State
from viz.text import INK, MUTED, PANEL, RULE, face, fit, mark, sample_of, swatch, width_of, wrap, write
from viz.words import Tally, breakdown

Rect = tuple[int, int, int, int]
At = Callable[[Floats], list[tuple[float, float]]]
NAMED_BUILDINGS: Final = 24
LEAST_PLAN_PX: Final = 3.0  # equipment of two metres is left out of the plan below this
LINE_WORDS: Final = ((FEEDS, "power"), (COOLS, "cooling"), (SUPPLIES, "water, fuel"), (CONNECTS, "network"))
FOLLOWED_WORDS: Final = "supply of what is selected"
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


SAID_IN_BANDS: Final = (State.FAILED, State.LOST, State.MAINTENANCE, State.DOWN_BEFORE)


def title(draw: ImageDraw.ImageDraw, area: Rect, headline: str, detail: str) -> None:
    """Question and answer across the top, at most two lines, and one of detail."""
    left, top, right, bottom = area
    draw.rectangle(area, fill=PANEL)
    draw.line((left, bottom - 1, right, bottom - 1), fill=RULE)
    room = right - left - 32
    lines = wrap(headline, 17, room, 2, bold=True)
    rows = 22 * len(lines) + (18 if detail else 0)
    y = top + (bottom - top - rows) / 2 + 16
    for line in lines:
        write(draw, (left + 16, y), line, 17, bold=True)
        y += 22
    if detail:
        write(draw, (left + 16, y - 2), fit(detail, 12, room), 12, colour=MUTED)


def legend(image: Image.Image, area: Rect, count: Tally, look: Look) -> int:
    """What colours, hatches, marks and lines mean, with counts; returns where it ends."""
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = area
    draw.rectangle(area, fill=PANEL)
    draw.line((left, top, left, bottom), fill=RULE)
    x, y = left + 16, top + 14
    if look.banded in BANDS:
        y = _band_legend(image, (x, y, right - 16, bottom), look)
    for state in ORDER if look.banded not in BANDS else SAID_IN_BANDS:
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
        write(draw, (x, y + 36), _narrow(counts, right - x - 16), 11, colour=MUTED)
        y += 46
    draw.line((x, y - 2, right - 16, y - 2), fill=RULE)
    return _line_legend(draw, x, y + 8, look)


def _band_legend(image: Image.Image, area: Rect, look: Look) -> int:
    """The bands of a quantity, with the number of assets in each; returns where it ends."""
    draw = ImageDraw.Draw(image)
    x, y, right, _ = area
    if look.banded is None or look.own is None:
        return y
    write(draw, (x, y + 11), TITLES[look.banded], 13, bold=True)
    y += 22
    counts = np.bincount(look.own, minlength=256)
    bands = [(band.fill, band.pattern, band.text, int(counts[BAND + i])) for i, band in enumerate(BANDS[look.banded])]
    style = STYLES[State.UNKNOWN]
    bands.append((style.fill, style.pattern, "no value", int(counts[State.UNKNOWN])))
    for fill, pattern, text, count in bands:
        image.paste(sample_of(fill, pattern, 34, 18), (x, y))
        draw.rectangle((x, y, x + 34, y + 18), outline=INK)
        many = f"{count:,}"
        write(draw, (right, y + 13), many, 12, bold=True, anchor="rs")
        write(draw, (x + 44, y + 13), fit(text, 12, right - x - 50 - width_of(many, 12, bold=True)), 12)
        y += 25
    return y + 8


def _narrow(counts: Counter[str], room: int) -> str:
    """The most frequent labels, as many as there is room for."""
    for most in (3, 2, 1):
        text = breakdown(counts, most)
        if width_of(text, 11) <= room:
            return text
    return fit(breakdown(counts, 1), 11, room)


def _line_legend(draw: ImageDraw.ImageDraw, x: int, y: int, look: Look) -> int:
    rows: list[tuple[Rgb, int, str]] = []
    fates = set(look.lines.fate.tolist())
    if Fate.DEAD in fates:
        rows.append((DEAD, 6, "line that no longer supplies"))
    if Fate.SURVIVING in fates:
        rows.append((SURVIVING, 4, "line that still carries them"))
    if len(look.traced) or Fate.FOLLOWED in fates:
        rows.append((FOLLOWED, 4, FOLLOWED_WORDS))
    idle = set(look.lines.type[look.lines.fate == Fate.IDLE].tolist())
    rows += [(TYPE_COLOUR[code], 2, text) for code, text in LINE_WORDS if code in idle]
    for colour, thick, text in rows:
        draw.line((x, y + 7, x + 34, y + 7), fill=colour, width=thick)
        if thick == 6:
            for dash in range(x + 2, x + 34, 12):
                draw.line((dash, y + 7, dash + 4, y + 7), fill=PANEL, width=6)
        write(draw, (x + 44, y + 11), text, 12)
        y += 19
    return y + 4


def note(draw: ImageDraw.ImageDraw, area: Rect, model: Model, look: Look) -> None:
    """Say in the picture what of it is schematic: bodies in focus that no source places."""
    bodies = look.focus & model.boxes.known & ~np.isin(model.kind, (Kind.IN_RACK, Kind.LOGICAL))
    made_up = int((bodies & model.boxes.schematic).sum())
    racked = look.focus & (model.kind == Kind.IN_RACK) & model.boxes.schematic if look.servers else bodies & False
    if not made_up and not racked.any():
        return
    if made_up:
        whole = made_up == int(bodies.sum())
        what = "SCHEMATIC LAYOUT" if whole else f"PARTLY SCHEMATIC: {made_up:,} of {int(bodies.sum()):,} bodies"
        text = f"{what} – places derived from containment and supply, not measured"
    else:
        text = "Servers are drawn in rack order, not by rack unit"
    few = made_up < 0.1 * int(bodies.sum())
    if few * made_up > 0:
        text = f"{made_up:,} of {int(bodies.sum()):,} bodies have no measured place and are drawn schematically"
    made_up = 0 if few else made_up
    left, _, _, bottom = area
    size = 12 if made_up else 11
    wide = width_of(text, size, bold=bool(made_up)) + 20
    box = (left + 10, bottom - 32, left + 10 + wide, bottom - 10)
    draw.rounded_rectangle(
        box, 4, fill=(255, 243, 205) if made_up else PANEL, outline=(160, 120, 0) if made_up else RULE
    )
    write(draw, (left + 20, bottom - 16), text, size, bold=bool(made_up), colour=INK if made_up else MUTED)


@dataclass(frozen=True)
class Plan:
    """What the plan from above shows."""

    model: Model
    look: Look
    state: States
    framed: Indices


def plan(image: Image.Image, area: Rect, what: Plan) -> None:
    """The campus from above: each module in the state of its loads, failures marked, a frame around the focus."""
    left, top, right, bottom = area
    box = (left + 14, top + 26, right - 14, bottom - 14)
    model = what.model
    if box[3] - box[1] < 60 or not len(model.placed):
        return
    low, high = (corner[:2] for corner in model.extent)
    scale = float(min((box[2] - box[0]) / (high[0] - low[0]), (box[3] - box[1]) / (high[1] - low[1])))
    middle = (low + high) / 2
    centre = np.array([(box[0] + box[2]) / 2, box[1] + min(box[3] - box[1], (high[1] - low[1]) * scale) / 2])

    def at(points: Floats) -> list[tuple[float, float]]:
        moved = (points[:, :2] - middle) * np.array([scale, -scale]) + centre
        return [(float(x), float(y)) for x, y in moved]

    draw = ImageDraw.Draw(image)
    write(draw, (left + 16, top + 16), "Campus from above", 11, colour=MUTED)
    _bodies(draw, what, at, scale)
    _frame(draw, what, at)
    buildings = model.of_kind(Kind.BUILDING)
    for place in buildings[:NAMED_BUILDINGS].tolist():
        ((x, y),) = at(model.boxes.base[[place]])
        draw.text(
            (x, y), model.topology.ids[place], font=face("B", 10, bold=True), fill=INK, anchor="mm",
            stroke_width=2, stroke_fill=PANEL,
        )  # fmt: skip
    failed = np.flatnonzero((what.state == State.FAILED) & model.boxes.known)
    for x, y in at(model.boxes.base[failed[:20]]):
        mark(draw, "cross", x, y, 6, STYLES[State.FAILED].fill)
    out = np.flatnonzero((what.state == State.MAINTENANCE) & model.boxes.known)
    for x, y in at(model.boxes.base[out[:20]]):
        mark(draw, STYLES[State.MAINTENANCE].mark, x, y, 5, STYLES[State.MAINTENANCE].fill)


def _bodies(draw: ImageDraw.ImageDraw, what: Plan, at: At, scale: float) -> None:
    model, shown = what.model, what.look.shown
    for kind in (Kind.BUILDING, Kind.ROOM, Kind.MODULE, Kind.EQUIPMENT):
        chosen = model.of_kind(kind)
        if kind == Kind.EQUIPMENT:
            chosen = chosen[what.state[chosen] >= State.DEGRADED]
            if scale * 2.0 < LEAST_PLAN_PX:
                continue
        chosen = chosen[np.argsort(shown[chosen], kind="stable")]
        corners = at(model.boxes.corners(chosen)[:, :4].reshape(-1, 3))
        for number, asset in enumerate(chosen.tolist()):
            code = int(shown[asset])
            touched = code >= State.DEGRADED and kind != Kind.BUILDING
            red, green, blue, _ = what.look.palette[code].tolist()
            fill = (red, green, blue) if touched else (244, 246, 248) if kind == Kind.BUILDING else (224, 229, 234)
            draw.polygon(corners[4 * number : 4 * number + 4], fill=fill, outline=INK if touched else (172, 180, 188))


def _frame(draw: ImageDraw.ImageDraw, what: Plan, at: At) -> None:
    """A frame around what the scene is framed on."""
    if not len(what.framed) or what.look.focus.all():
        return
    low, high = what.model.boxes.bounds(what.framed)
    low, high = low.min(axis=0), high.max(axis=0)
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float32)
    points = at(corners)
    draw.line([*points, points[0]], fill=INK, width=2)
