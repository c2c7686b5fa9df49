"""The view on a stage as pictures: what the window, the browser and the tests draw, click and drag.

It knows no toolkit: pictures go out as pixels, mouse and keys come in as numbers and names. While the camera moves, the
scene is drawn at half resolution without labels; when it rests, in full.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from viz.camera import View
from viz.drawer import Drawer
from viz.hud import Hud
from viz.offscreen import FINE_BELOW_S
from viz.panel import note
from viz.picture import scene_area
from viz.stage import Stage
from viz.text import INK, PANEL, width_of, write
from viz.walk import walked

FINE_AT_ONCE_S: Final = 0.01
MOVING_S: Final = 0.03
"""A frame that takes longer is drawn at half resolution while the camera moves."""


class Viewer(Drawer):
    """A stage as pictures of a size. `area` is the scene's part of them: left, top, right, bottom."""

    def __init__(self, stage: Stage, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__(stage)
        self.message = ""
        self.typed: str | None = None
        self.prompt = ""
        """What the text that is typed is for."""
        self.help = False
        self.hovered: int | None = None
        self._hud = Hud(stage)
        self._slow = False
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        """Draw pictures of another size from now on."""
        self.size, self.area = size, scene_area(size)
        left, top, right, bottom = self.area
        self.stage.height, self.stage.aspect = bottom - top, (right - left) / (bottom - top)
        self.stage.look_from(self.stage.view.shaped(self.stage.aspect))

    # Pictures

    @property
    def quick(self) -> bool:
        """Whether this machine draws fast enough to smooth edges while somebody watches."""
        return self.canvas.took_s < FINE_BELOW_S

    @property
    def at_once(self) -> bool:
        """Whether edges are smoothed so fast that a change need not be shown without them first."""
        return self.canvas.took_s < FINE_AT_ONCE_S

    def picture(self, *, moving: bool = False, fine: bool = False) -> NDArray[np.uint8]:
        """The view as it is now, uint8[height, width, 3].

        `moving`: as fast as can be, without labels. `fine`: with smooth edges, for four times the time.
        """
        if not moving:
            self.stage.rest()
        self.stage.mark()
        left, top, right, bottom = self.area
        page = self._hud.page(self.size, self.area, live=not moving)
        page[top:bottom, left:right] = self._scene_pixels(right - left, bottom - top, moving=moving, fine=fine)
        if moving and not (self.message or self.typed is not None):
            return page
        image = Image.fromarray(page)
        if not moving:
            self._label(image)
        self._say(image)
        if self.help:
            self._hud.help(image, self.area)
        return np.array(image)

    def scene_pixels(self, *, moving: bool = False) -> NDArray[np.uint8]:
        """The scene alone, uint8, in the size of `area`."""
        left, top, right, bottom = self.area
        return self._scene_pixels(right - left, bottom - top, moving=moving)

    def _scene_pixels(self, width: int, height: int, *, moving: bool, fine: bool = False) -> NDArray[np.uint8]:
        if fine:
            return self.pixels(width, height, fine=True)
        if moving and self._slow:
            pixels = self.pixels(-(-width // 2), -(-height // 2), resolution=0.5)
            return pixels.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
        pixels = self.pixels(width, height)
        self._slow = self.canvas.took_s > MOVING_S
        return pixels

    def _label(self, image: Image.Image) -> None:
        """Labels of the answer and of what is selected."""
        self.label(image, self.area, self.stage.selected, self.hovered)
        if not self.message and self.typed is None:
            note(ImageDraw.Draw(image), self.area, self.stage.model, self.stage.look)

    @property
    def said(self) -> str:
        """What stands at the lower edge: what is being typed, and for what, else the message."""
        return f"{self.prompt}{self.typed}▏" if self.typed is not None else self.message

    def _say(self, image: Image.Image) -> None:
        said = self.said
        if not said:
            return
        left, _, right, bottom = self.area
        canvas = ImageDraw.Draw(image)
        wide = min(width_of(said, 13) + 24, right - left - 20)
        canvas.rounded_rectangle((left + 10, bottom - 38, left + 10 + wide, bottom - 10), 4, fill=PANEL, outline=INK)
        write(canvas, (left + 22, bottom - 19), said, 13)

    # The mouse, in pixels of the picture from the upper left

    def asset_at(self, x: float, y: float) -> int | None:
        """The asset that is drawn under a pixel."""
        left, top, right, bottom = self.area
        if not (left <= x < right and top <= y < bottom):
            return None
        return self.asset_under(x - left, y - top, right - left, bottom - top)

    def click(self, x: float, y: float) -> int | None:
        """Select what is under a pixel, and show its panel."""
        self.message = ""
        left, top, right, bottom = self.area
        if left <= x < right and top <= y < bottom:
            self.stage.selected = self.asset_at(x, y)
        return self.stage.selected

    def hover(self, x: float, y: float) -> bool:
        """Name what is under a pixel; returns whether that changed."""
        found = self.asset_at(x, y)
        changed = found != self.hovered
        self.hovered = found
        return changed

    def drag(self, across: float, down: float, *, aside: bool = False) -> None:
        """Turn the campus by so many pixels of the mouse (look around, on foot), or move it `aside`."""
        self.hovered = None
        self._aim(self.dragged(across, down, self.area[3] - self.area[1], aside=aside))

    def wheel(self, steps: float, x: float | None = None, y: float | None = None) -> None:
        """Come nearer (steps > 0) to what is under a pixel, or go away from it."""
        left, top, right, bottom = self.area
        x = (left + right) / 2 if x is None else min(max(x, left), right - 1)
        y = (top + bottom) / 2 if y is None else min(max(y, top), bottom - 1)
        self._aim(self.nearer(steps, x - left, y - top, right - left, bottom - top))

    def walk(self, letter: str) -> None:
        """A step on foot, or a turn, by its letter."""
        if self.walking is not None:
            self._aim(walked(self.stage.view, self.walking, letter))

    def _aim(self, view: View) -> None:
        self.stage.look_from(view, moving=True)
