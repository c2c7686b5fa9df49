"""The frames of a guided walk: the camera along a way of supply, what is followed in full, a caption below."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from viz.camera import View
from viz.film import captioned
from viz.lines import Fate, Lines
from viz.look import WATCHED, levels
from viz.offscreen import Canvas
from viz.scene import Scene
from viz.stage import Stage
from viz.states import STYLES, State
from viz.storeys import above
from viz.walk import guided
from viz.walk_paths import TRADES, supply_path, trade_of

LINE_M = 0.06


def walk_frames(
    stage: Stage, target: int, trade: str | None, size: tuple[int, int], count: int
) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a walk to an asset, uint8[height, width, 3] each. Raises BadInput where there is no way."""
    if trade is not None and trade not in TRADES:
        raise BadInput(f"a walk follows {' or '.join(TRADES)}, not {trade!r}")
    model = stage.model
    code = trade_of(model, target) if trade is None else TRADES[trade]
    path = supply_path(model, target, code)
    views = guided(model, path, size[0] / size[1], count)
    return _drawn(stage, path, code, views, size)


def _drawn(
    stage: Stage, path: list[int], code: int, views: list[tuple[View, int]], size: tuple[int, int]
) -> Iterator[NDArray[np.uint8]]:
    model, look = stage.model, stage.look
    look.focus = np.ones(len(model), np.bool_)
    look.lines, look.line_m = _followed(stage, path, code), LINE_M
    # Storeys above the way would hide it from a camera that looks down on it.
    look.lifted = frozenset[int]().union(*(above(model, one) for one in path)) - set(model.chunk[path].tolist())
    kind = next(name for name, number in TRADES.items() if number == code)
    told = [f"{model.topology.ids[one]}{_said(stage, one)}" for one in path]
    scene = Scene(model)
    canvas = Canvas(scene.renderer)
    try:
        for view, at in views:
            levels(model, look, view, size[1], WATCHED)
            look.indoors = None
            scene.show(look)
            yield captioned(canvas.draw(view, *size), f"{kind.capitalize()}: {' › '.join(told)}", told[at])
    finally:
        canvas.close()


def _followed(stage: Stage, path: list[int], code: int) -> Lines:
    """The lines that are drawn: what is dead or carries the load instead, and the way itself."""
    ends = np.array(path, np.int64)
    told = stage.look.lines.where(stage.look.lines.fate != Fate.IDLE)
    way = len(ends) - 1
    return Lines(
        np.concatenate([told.supplier, ends[:-1]]),
        np.concatenate([told.consumer, ends[1:]]),
        np.concatenate([told.type, np.full(way, code, np.uint8)]),
        np.concatenate([told.fate, np.full(way, Fate.FOLLOWED, np.uint8)]),
    )


def _said(stage: Stage, asset: int) -> str:
    state = State(int(stage.state[asset]))
    return "" if state == State.WORKING else f" ({STYLES[state].word})"
