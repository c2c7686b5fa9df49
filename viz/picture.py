"""The picture of an answer: what failed, what goes down with it, what still works, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from viz import labels as label_module
from viz.annotate import annotations
from viz.boxes import Indices
from viz.camera import View, direction, frame
from viz.kinds import Kind
from viz.lines import Fate, Lines, gather
from viz.model import Model, States
from viz.panel import legend, plan, title
from viz.scene import Look, Scene
from viz.states import State, of_verdict
from viz.words import Tally, infrastructure, sentence, tally

TITLE_PX: Final = 78
PANEL_PX: Final = 280
TOWARDS: Final = direction(-122.0, 36.0)


def _none() -> Indices:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Impact:
    """An answer to `what fails if these fail`, as asset indices."""

    failed: Indices
    out: Indices = field(default_factory=_none)
    lost: Indices = field(default_factory=_none)
    degraded: Indices = field(default_factory=_none)
    at_risk: Indices = field(default_factory=_none)
    down_before: Indices = field(default_factory=_none)

    def states(self, n: int) -> States:
        """State of each of n assets."""
        return of_verdict(
            n,
            failed=self.failed,
            out=self.out,
            lost=self.lost,
            degraded=self.degraded,
            at_risk=self.at_risk,
            down_before=self.down_before,
        )


def look_at(model: Model, state: States) -> tuple[Look, View]:
    """What a picture of these states shows in full, and from where; nothing affected: the whole campus."""
    worst = model.worst(state)
    modules = model.of_kind(Kind.MODULE, Kind.ROOM)
    touched = modules[worst[modules] >= State.DEGRADED]
    asked = bool((state >= State.DEGRADED).any())
    focus = model.contents(touched) if asked else np.ones(len(model), np.bool_)
    alone = model.of_kind(Kind.EQUIPMENT, Kind.CABINET, Kind.IN_RACK)
    focus[alone] |= state[alone] >= State.DEGRADED
    bodies = model.of_kind(Kind.EQUIPMENT, Kind.CABINET, Kind.IN_RACK, Kind.MODULE, Kind.ROOM)
    shown = bodies[focus[bodies]]
    if not len(shown):
        shown = np.flatnonzero(model.boxes.known)
    corners = model.boxes.corners(shown).reshape(-1, 3)
    view = frame(corners, TOWARDS, 1.0, angle_deg=22.0)
    lines = gather(model, state)
    return Look(state, worst, focus, False, _chosen(model, lines, focus, asked), 0.05), view


def _chosen(model: Model, lines: Lines, focus: NDArray[np.bool_], asked: bool) -> Lines:
    """Lines worth drawing: dead and surviving ones, and those between equipment in focus."""
    equipment = model.kind == Kind.EQUIPMENT
    between = equipment[lines.supplier] & equipment[lines.consumer]
    near = focus[lines.supplier] & focus[lines.consumer] if asked else np.ones(len(lines), np.bool_)
    return lines.where((lines.fate != Fate.IDLE) | (between & near))


@dataclass(frozen=True)
class Page:
    """A finished picture and what it was made of, for tests and for the window."""

    image: Image.Image
    view: View
    area: tuple[int, int, int, int]
    look: Look
    labels: tuple[label_module.Placed, ...]
    tally: Tally


def impact_page(
    model: Model, names: Sequence[str] | None, impact: Impact, size: tuple[int, int] = (1280, 800), pixels: int = 2
) -> Page:
    """The picture of an impact answer, `size` pixels."""
    state = impact.states(len(model))
    count = tally(model.topology, state)
    failed, out = _names(model, names, impact.failed), _names(model, names, impact.out)
    return compose(model, names, state, sentence(failed, out, count), infrastructure(count), size, pixels)


def campus_page(
    model: Model, names: Sequence[str] | None, size: tuple[int, int] = (1280, 800), pixels: int = 2
) -> Page:
    """The picture of the whole campus, no question asked."""
    state = np.full(len(model), State.WORKING, np.uint8)
    count = tally(model.topology, state)
    loads = [f"{many:,} {label}" for label, many in count.loads_of(State.WORKING)]
    return compose(model, names, state, "The campus: " + ", ".join(loads), "", size, pixels)


def _names(model: Model, names: Sequence[str] | None, index: Indices) -> list[str]:
    from viz.words import names_of  # noqa: PLC0415

    return names_of(model.topology, names, index)


def compose(
    model: Model,
    names: Sequence[str] | None,
    state: States,
    headline: str,
    detail: str,
    size: tuple[int, int],
    pixels: int,
) -> Page:
    """Scene, title, legend, plan and labels on one page."""
    width, height = size
    panel = min(PANEL_PX, width // 3)
    area = (0, TITLE_PX, width - panel, height)
    wide, tall = area[2] - area[0], area[3] - area[1]
    look, _ = look_at(model, state)
    view = _framed(model, look, wide / tall)
    look.line_m = max(0.035, 1.3 * view.metres_per_pixel(tall))
    scene = Scene(model, float(pixels))
    scene.show(look)
    image = Image.new("RGB", size, (255, 255, 255))
    image.paste(Image.fromarray(scene.draw(view, wide, tall)), area[:2])
    draw = ImageDraw.Draw(image)
    wanted = annotations(model, names, state, view, (wide, tall))
    moved = [
        label_module.Label(one.x, one.y + TITLE_PX, one.text, one.state, one.priority, one.detail, one.bold)
        for one in wanted
    ]
    placed = label_module.place(moved, wide, height, keep_free=[(0, 0, width, TITLE_PX + 2)])
    label_module.paint(draw, placed)
    count = tally(model.topology, state)
    title(draw, (0, 0, width, TITLE_PX), headline, detail)
    bottom = legend(image, (width - panel, TITLE_PX, width, height), count, look)
    plan(image, (width - panel, bottom, width, height), model, names, look, view, wide / tall)
    return Page(image, view, area, look, tuple(placed), count)


def _framed(model: Model, look: Look, aspect: float) -> View:
    bodies = model.of_kind(Kind.EQUIPMENT, Kind.CABINET, Kind.IN_RACK, Kind.MODULE, Kind.ROOM)
    shown = bodies[look.focus[bodies]]
    if not len(shown):
        shown = np.flatnonzero(model.boxes.known)
    return frame(model.boxes.corners(shown).reshape(-1, 3), TOWARDS, aspect, angle_deg=22.0)
