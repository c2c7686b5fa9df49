"""What the window and the browser have in common: the scene of a stage, drawn, labelled, picked and turned.

Pictures come in any size; pixels are counted from the upper left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viz.annotate import Frame, on_foot, visible
from viz.camera import View
from viz.move import look_around, moved_aside, orbited, zoomed
from viz.offscreen import Canvas
from viz.picture import annotate
from viz.scene import Scene
from viz.stage import Stage
from viz.walk import STEP_M, Obstacles, step


class Drawer:
    """Draws a stage off-screen; the scene is made anew where the stage has another model."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.walking: Obstacles | None = None
        """What stands in the way; None: nobody is on foot."""
        self._begin()

    def _begin(self) -> None:
        self._scene = Scene(self.stage.model)
        self.canvas = Canvas(self._scene.renderer)

    def close(self) -> None:
        """Give the drawing window back, with what OpenGL holds."""
        self.canvas.close()

    def pixels(self, width: int, height: int, *, resolution: float = 1.0, fine: bool = False) -> NDArray[np.uint8]:
        """The scene alone, uint8[height, width, 3]; `resolution`: how much larger than shown it is drawn.

        `fine`: with smooth edges, for four times the time.
        """
        stage = self.stage
        if self._scene.model is not stage.model:
            self.canvas.close()
            self._begin()
        stage.mark()
        self._scene.show(stage.look)
        self._scene.cut(stage.section)
        self._scene.resolution(2.0 if fine else resolution)
        return (self.canvas.fine if fine else self.canvas.draw)(stage.view, width, height)

    def label(
        self, image: Image.Image, area: tuple[int, int, int, int], selected: int | None, hovered: int | None = None
    ) -> None:
        """Put labels of the answer, and of what is selected and hovered over, into the scene's part of a picture."""
        stage, (left, top, right, bottom) = self.stage, area
        state, notes = visible(stage.state, stage.verdict.notes if stage.verdict else {}, stage.hidden)
        if selected is not None:
            notes[selected] = "selected"
        if hovered is not None and hovered != selected:
            notes.setdefault(hovered, stage.model.label_of(hovered))
        if self.walking is not None:
            state, notes = on_foot(state, notes, (stage.selected, hovered))
        frame = Frame(stage.model, stage.names, state, stage.view, right - left, bottom - top, stage.section)
        annotate(image, area, frame, notes, places=self.walking is None)

    def asset_under(self, x: float, y: float, width: int, height: int) -> int | None:
        """The asset that is drawn under a pixel of a picture of this size."""
        point = self.canvas.point(x, y, width)
        hit = self.stage.pick(*self.stage.view.ray(x, y, width, height), point)
        return hit.asset if hit else None

    def dragged(self, across: float, down: float, height: int, *, aside: bool) -> View:
        """The view after so many pixels of the mouse: turned, moved `aside`, or, on foot, looking elsewhere."""
        view = self.stage.view
        if self.walking is not None:
            return look_around(view, across / height, down / height)
        return moved_aside(view, across, down, height) if aside else orbited(view, across / height, down / height)

    def nearer(self, steps: float, x: float, y: float, width: int, height: int) -> View:
        """The view by steps nearer to what is under a pixel (negative: farther); on foot, ahead."""
        view = self.stage.view
        if self.walking is not None:
            return step(view, self.walking, STEP_M * steps, 0.0)
        origin, towards = view.ray(x, y, width, height)
        hit = self.stage.pick(origin, towards)
        return zoomed(view, steps, None if hit is None else origin + towards * hit.distance)
