"""A still picture of a stage: the page with everything on it, drawn large and scaled down for smooth edges."""

from __future__ import annotations

from viz.colour import coloured
from viz.look import Look
from viz.model import Model
from viz.picture import Page, compose
from viz.stage import Stage


def still(stage: Stage, size: tuple[int, int] = (1280, 800), pixels: int = 2) -> Page:
    """The answer of a stage, or without a question its campus, as a page of `size` pixels."""

    def paint(model: Model, look: Look) -> None:
        coloured(model, look, stage.colour, stage.quantities)

    notes = stage.verdict.notes if stage.verdict is not None else dict[int, str]()
    asked = stage.verdict is not None
    return compose(stage.flat, stage.names, stage.state, stage.told(), size, pixels, notes, paint, ghosted=asked)
