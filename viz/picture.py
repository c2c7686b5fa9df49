"""The picture of an answer: what failed, what goes down with it, what still works, on one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from viz.annotate import Frame, written_labels
from viz.boxes import Indices
from viz.camera import View, direction, frame
from viz.kinds import Kind
from viz.labels import Placed, paint, place
from viz.look import Look, dress, look_at
from viz.model import Model, States
from viz.offscreen import draw
from viz.panel import Plan, legend, note, plan, title
from viz.scene import Scene
from viz.states import State
from viz.storeys import apart, stacked
from viz.words import Tally, Texts, tally

TITLE_PX: Final = 78
PANEL_PX: Final = 280
ELEVATION_DEG: Final = 37.0
AZIMUTHS_DEG: Final = (-120.0, -60.0, -105.0, -75.0)
ANGLE_DEG: Final = 22.0
LABELS_AT_MOST: Final = 20
MANY_BODIES: Final = 2_000


@dataclass(frozen=True)
class Page:
    """A finished picture and what it was made of, for tests and for the window."""

    image: Image.Image
    view: View
    area: tuple[int, int, int, int]
    look: Look
    model: Model
    labels: tuple[Placed, ...]
    tally: Tally


def view_of(model: Model, look: Look, aspect: float) -> View:
    """The nearest of a few cameras from the south that sees the core of the answer."""
    chosen = core(model, look)
    corners = model.boxes.corners(chosen).reshape(-1, 3)
    views = [frame(corners, direction(one, ELEVATION_DEG), aspect, angle_deg=ANGLE_DEG) for one in AZIMUTHS_DEG]
    # The first, three-quarter views show depth better: the others must be clearly nearer to be chosen.
    weights = (1.0, 1.03, 1.2, 1.2)
    reach = [weight * view.metres_per_pixel(1000) for view, weight in zip(views, weights, strict=True)]
    return views[int(np.argmin(reach))]


def core(model: Model, look: Look) -> Indices:
    """What the picture is framed on: the failed, the lost, and loads that lost reserve, each with its module.

    Equipment elsewhere that only lost reserve stays in focus but does not widen the frame; where nothing is lost it
    does. Without a question: all that is placed.
    """
    chosen = np.flatnonzero(look.focus & model.bodies)
    if look.focus.all():
        # What stands in a cabinet or a module lies within it: thirty times fewer corners.
        within = (model.kind[chosen] == Kind.IN_RACK) | (
            (model.kind[chosen] == Kind.CABINET) & (model.module_of[chosen] >= 0)
        )
        chosen = chosen[~within]
        chosen = np.concatenate([chosen, model.of_kind(Kind.BUILDING)])
        placed = chosen[~model.boxes.schematic[chosen]]
        return placed if len(placed) > len(chosen) / 2 else chosen
    state, loads = look.state, model.topology.loads
    weight = state[chosen] >= (State.LOST if (state[chosen] == State.LOST).any() else State.DEGRADED)
    weight |= loads[chosen] & (state[chosen] >= State.DEGRADED)
    story = chosen[weight]
    module = np.unique(model.module_of[story])
    if len(story) > MANY_BODIES:
        # What stands in a module lies within it: far fewer corners.
        story = story[(model.module_of[story] < 0) | (model.kind[story] == Kind.MODULE)]
    framed = np.concatenate([story, module[module >= 0]])
    return framed if len(framed) else chosen


def compose(  # noqa: PLR0913, PLR0917 - a page has these parts
    model: Model,
    names: Texts | None,
    state: States,
    words: tuple[str, str],
    size: tuple[int, int],
    pixels: int,
    notes: Mapping[int, str],
    paint: Callable[[Model, Look], None],
    *,
    ghosted: bool = True,
) -> Page:
    """Scene, title, legend, plan and labels on one page; `words`: headline and detail; `paint` colours the look.

    `ghosted`: all that an answer does not touch lies flat and pale.
    """
    area = scene_area(size)
    wide, tall = area[2] - area[0], area[3] - area[1]
    flat = model
    if ghosted and stacked(model, state):
        model = apart(model, ELEVATION_DEG)
    look = look_at(model, state, ghosted=ghosted)
    paint(model, look)
    view = view_of(model, look, wide / tall)
    dress(model, look, view, tall)
    scene = Scene(model, float(pixels), sky=True)
    scene.show(look)
    image = Image.new("RGB", size, (255, 255, 255))
    image.paste(Image.fromarray(draw(scene.renderer, view, wide, tall, pixels)), area[:2])
    placed = annotate(image, area, Frame(model, names, state, view, wide, tall), notes)
    count = tally(model.topology, state)
    around(image, area, words, count, look, Plan(flat, look, state, core(flat, look)))
    note(ImageDraw.Draw(image), area, model, look)
    return Page(image, view, area, look, model, tuple(placed), count)


def scene_area(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where on a page of this size the scene is: left, top, right, bottom."""
    width, height = size
    return (0, TITLE_PX, width - min(PANEL_PX, width // 3), height)


def annotate(
    image: Image.Image,
    area: tuple[int, int, int, int],
    frame: Frame,
    notes: Mapping[int, str],
    *,
    places: bool = True,
) -> list[Placed]:
    """Draw the labels of an answer over its scene; without `places` those of equipment and loads alone."""
    wanted = written_labels(frame, notes, places=places)
    placed = place(
        [one.moved(area[0], area[1]) for one in wanted],
        area[2],
        area[3],
        most=LABELS_AT_MOST,
        keep_free=[(0, 0, image.width, area[1] + 2)],
    )
    paint(ImageDraw.Draw(image), placed)
    return placed


def around(  # noqa: PLR0913, PLR0917
    image: Image.Image,
    area: tuple[int, int, int, int],
    words: tuple[str, str],
    count: Tally,
    look: Look,
    above: Plan | None,
) -> int:
    """Draw title, legend and plan around the scene; returns where the panel on the right is free."""
    title(ImageDraw.Draw(image), (0, 0, image.width, area[1]), *words)
    bottom = legend(image, (area[2], area[1], image.width, image.height), count, look)
    if above is not None and not look.focus.all():
        plan(image, (area[2], bottom, image.width, image.height), above)
    return bottom
