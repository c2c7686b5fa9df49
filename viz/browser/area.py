"""What one person sees and drags: the scene of a stage, drawn off-screen whenever a picture is wanted.

It is the "area" that trame-rca asks for pictures and tells of events. While the camera moves the picture is drawn
without labels; when it rests, with them, and with what the distance lets one tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from viz.camera import View
from viz.drawer import Drawer
from viz.move import moved_aside, orbited
from viz.offscreen import FINE_BELOW_S
from viz.panel import note
from viz.stage import Stage
from viz.walk import WALKS, stand, walked

CLICK_PX: Final = 4
BUTTONS_PX: Final = 56
"""The page's buttons lie over so much of the picture's lower edge."""
RESTS_AFTER_S: Final = 0.13
KEY_TURN: Final = 0.06  # heights of the picture
KEY_ASIDE_PX: Final = 60.0
BUTTONS: Final = {"LeftButton": "turn", "MiddleButton": "aside", "RightButton": "aside"}
KEYS: Final = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
ON_FOOT: Final = {
    **{letter: letter for letter in WALKS},
    "ArrowUp": "w",
    "ArrowDown": "s",
    "ArrowLeft": "q",
    "ArrowRight": "e",
    "+": "w",
    "-": "s",
}
NEARER: Final = {"+": 2.0, "=": 2.0, "PageUp": 2.0, "-": -2.0, "PageDown": -2.0}


class Area(Drawer):
    """A stage as an area of pictures.

    `clicked` is told which asset a click met, or None. `redraw` is called when there is something else to see, `rested`
    when the camera was moved by mouse or fingers and stands still again.
    """

    def __init__(self, stage: Stage, clicked: Callable[[int | None], None], size: tuple[int, int] = (936, 696)) -> None:
        super().__init__(stage)
        self.clicked = clicked
        self.redraw: Callable[[], None] = lambda: None
        self.rested: Callable[[], None] = lambda: None
        self.size = size
        self._held: str | None = None
        self._at = self._start = (0.0, 0.0)
        self._pinched = 1.0
        self._moved_at = 0.0
        self._turns = 0
        self._fine = False
        self._dressed_for: View | None = None
        self._drawn: tuple[tuple[object, ...], NDArray[np.uint8]] | None = None
        self.process_resize_event(*size)
        self.rebuild()

    # What is drawn

    def rebuild(self) -> None:
        """Take over what the stage now shows: another question, another camera, other things hidden."""
        self._turns += 1
        self._dressed_for = self.stage.view
        self._moved_at = 0.0

    @property
    def moves(self) -> bool:
        """Whether the camera is being moved right now."""
        return monotonic() - self._moved_at < RESTS_AFTER_S

    @property
    def img_cols_rows(self) -> tuple[NDArray[np.uint8], int, int]:
        """The picture now, uint8[rows, columns, 3], with its columns and rows. Named by trame-rca."""
        width, height = self.size
        if self.moves:
            self._drawn = None
            return self.pixels(width, height), width, height
        if self._dressed_for != self.stage.view:
            self.stage.look_from(self.stage.view)
            self.rebuild()
            self.rested()
        # A picture at rest is asked for twice, the second time to be sent at a better quality: then with smooth edges.
        shown = (self.stage.view, self.size, self.stage.selected, self._turns)
        if self._drawn is None or self._drawn[0] != shown:
            self._drawn, self._fine = (shown, self._labelled(self.pixels(width, height))), False
        elif not self._fine:
            self._fine = True
            if self.canvas.took_s < FINE_BELOW_S:
                self._drawn = shown, self._labelled(self.pixels(width, height, fine=True))
        return self._drawn[1], width, height

    def _labelled(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        stage, (width, height) = self.stage, self.size
        image = Image.fromarray(pixels)
        self.label(image, (0, 0, width, height), stage.look.marked)
        note(ImageDraw.Draw(image), (0, 0, width, height - BUTTONS_PX), stage.model, stage.look)
        return np.asarray(image)

    # What trame-rca tells

    def process_resize_event(self, width: int, height: int) -> None:
        """The area has another size, in pixels. Named by trame-rca."""
        self.size = (max(width, 16), max(height, 16))
        stage, before = self.stage, self.stage.view
        stage.height, stage.aspect = self.size[1], self.size[0] / self.size[1]
        # A narrower picture still shows what the wider one did.
        stage.view = _further(before, max(1.0, before.aspect / stage.aspect)).shaped(stage.aspect)

    def process_interaction_event(self, event: Mapping[str, Any]) -> None:
        """Something was done with mouse or fingers; `x`, `y` from the lower left. Named by trame-rca."""
        kind = str(event.get("type", ""))
        at = (float(event["x"]), self.size[1] - float(event["y"])) if "x" in event and "y" in event else self._at
        before, self._at = self._at, at
        if kind.endswith("Press"):
            self._press(kind, event)
        elif kind.endswith("Release"):
            self._release()
        elif kind == "MouseMove" and self._held:
            self._drag(at[0] - before[0], at[1] - before[1])
        elif kind == "MouseWheel":
            self._zoom(-float(np.clip(float(event.get("spinY", 0.0)), -8.0, 8.0)), *at)
        elif kind == "StartPinch":
            self._pinched = 1.0
        elif kind == "Pinch":
            factor = max(float(event.get("factor", 1.0)), 1e-3)
            self._look(_further(self.stage.view, self._pinched / factor))
            self._pinched = factor
        elif kind == "Tap":
            position = event.get("position", {})
            self.clicked(self.asset_at(float(position.get("x", -1)), self.size[1] - float(position.get("y", -1))))

    def walk(self) -> None:
        """Stand beside the selected asset at eye height, or where the camera looks; on foot already: no longer."""
        if self.walking is not None:
            self.walking = None
            return
        self.walking, view = stand(self.stage.model, self.stage.selected, self.stage.view)
        self.stage.look_from(view)

    def key(self, key: str, *, shift: bool) -> bool:
        """Do what a key asks of the camera: arrows turn, with Shift they push, + and - go nearer and further.

        On foot W A S D walk and Q E turn, and the arrows do the like.
        """
        width, height = self.size
        letter = ON_FOOT.get(key.lower() if len(key) == 1 else key)
        if self.walking is not None and letter is not None:
            self._look(walked(self.stage.view, self.walking, letter))
            return True
        if key in KEYS:
            across, down = KEYS[key]
            if shift:
                self._look(moved_aside(self.stage.view, across * KEY_ASIDE_PX, down * KEY_ASIDE_PX, height))
            else:
                self._look(orbited(self.stage.view, across * KEY_TURN, down * KEY_TURN))
        elif key in NEARER:
            self._zoom(NEARER[key], width / 2, height / 2)
        else:
            return False
        self._moved_at = 0.0
        return True

    def asset_at(self, x: float, y: float) -> int | None:
        """The asset under a pixel from the upper left."""
        return self.asset_under(x, y, *self.size)

    def _press(self, kind: str, event: Mapping[str, Any]) -> None:
        self._held = BUTTONS.get(kind.removesuffix("Press"))
        if self._held == "turn" and (event.get("shiftKey") or event.get("ctrlKey")):
            self._held = "aside"
        self._start = self._at

    def _release(self) -> None:
        held, self._held = self._held, None
        self._moved_at = 0.0
        near = abs(self._at[0] - self._start[0]) + abs(self._at[1] - self._start[1]) <= CLICK_PX
        if not near:
            self.redraw()
        elif held == "turn":
            self.clicked(self.asset_at(*self._at))

    def _drag(self, across: float, down: float) -> None:
        travelled = abs(self._at[0] - self._start[0]) + abs(self._at[1] - self._start[1])
        if travelled <= CLICK_PX or not (across or down):
            return
        self._look(self.dragged(across, down, self.size[1], aside=self._held == "aside"))

    def _zoom(self, steps: float, x: float, y: float) -> None:
        """Nearer by steps to what is under a pixel; on foot, ahead."""
        self._look(self.nearer(steps, x, y, *self.size))

    def _look(self, view: View) -> None:
        self.stage.view = view
        self._moved_at = monotonic()
        self.redraw()


def _further(view: View, factor: float) -> View:
    """The same view from so many times the distance."""
    position, focus = np.array(view.position), np.array(view.focus)
    x, y, z = (float(part) for part in focus + (position - focus) * factor)
    return View((x, y, z), view.focus, view.angle_deg, view.aspect)
