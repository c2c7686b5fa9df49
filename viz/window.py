"""The view in a window: PyVista's, which shows the viewer's pictures and passes on mouse and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
import pyvista
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

from viz.keys import Keys
from viz.reading import Feed
from viz.stage import Stage
from viz.viewer import Viewer
from viz.vtk_arrays import of_numbers

REST_S: Final = 0.18
"""So long after the last move the picture is drawn in full."""
FINE_S: Final = 0.6
"""So long after that its edges are smoothed."""
POLL_S: Final = 0.25
TICK_MS: Final = 60
CLICK_PX: Final = 4
LEAST_PX: Final = (640, 400)


class Window:
    """A window on a stage. Everything that mouse and keys do can be called, so it is tested without a screen."""

    def __init__(
        self, stage: Stage, size: tuple[int, int] = (1280, 800), feed: Feed | None = None, *, off_screen: bool = False
    ) -> None:
        self.viewer = Viewer(stage, size)
        self.keys = Keys(self.viewer)
        self.feed = feed
        self._moved_s = 0.0
        self._resting = self._fine = False
        self._polled_s = 0.0
        self._down: tuple[int, int] | None = None
        self._at = (0, 0)
        self._aside = self._dragged = False
        self.plotter: Any = cast(
            Any, pyvista.Plotter(off_screen=off_screen, window_size=list(size), lighting=None, title="campus twin")
        )
        self.plotter.render_window.SetMultiSamples(0)
        self._mapper: Any = cast(Any, vtkImageMapper())
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        actor = vtkActor2D()
        actor.SetMapper(self._mapper)
        self.plotter.renderer.AddViewProp(actor)
        self._sized(size)
        self.draw()

    def _sized(self, size: tuple[int, int]) -> None:
        self._pixels = np.zeros((size[1] * size[0], 3), np.uint8)
        self._image: Any = cast(Any, vtkImageData())
        self._image.SetDimensions(*size, 1)
        self._image.GetPointData().SetScalars(of_numbers(self._pixels))
        self._mapper.SetInputData(self._image)

    def draw(self, *, moving: bool = False, fine: bool = False) -> None:
        """Draw the view into the window."""
        picture = self.viewer.picture(moving=moving, fine=fine)
        self._pixels[:] = picture[::-1].reshape(-1, 3)
        self._image.GetPointData().GetScalars().Modified()
        self._image.Modified()
        self._resting, self._fine = not moving, fine
        self._moved_s = time.monotonic()
        self.plotter.render()

    def key(self, key: str) -> None:
        """Do what a key says, and show it; of an answer the colours first, then its words."""
        before = self.viewer.stage.verdict
        moved = self.keys.press(key)
        if moved or self.viewer.stage.verdict is not before:
            self.draw(moving=True)
        if not moved:
            self.draw()

    def tick(self) -> None:
        """What happens without anybody doing anything: the full picture at rest, and live state."""
        now = time.monotonic()
        if not self._resting and self._down is None and now - self._moved_s > REST_S:
            self.draw()
        elif self._resting and not self._fine and self.viewer.quick and now - self._moved_s > FINE_S:
            self.draw(fine=True)
        if self.feed is not None and now - self._polled_s > POLL_S:
            self._polled_s = now
            reading = self.feed.poll()
            if reading is not None:
                self.viewer.stage.take(reading)
                self.draw(moving=self._down is not None, fine=self._fine and self.viewer.at_once)

    # The loop

    def run(self) -> None:
        """Open the window and stay until it is closed."""
        interactor: Any = self.plotter.iren
        # PyVista's style has keys and drags of its own (w is a wireframe, q closes): ours replaces it.
        interactor.clear_key_event_callbacks()
        interactor.interactor.SetInteractorStyle(None)
        events: dict[str, Callable[..., None]] = {
            "KeyPressEvent": self._keyed,
            "LeftButtonPressEvent": self._pressed,
            "RightButtonPressEvent": self._pressed_aside,
            "MiddleButtonPressEvent": self._pressed_aside,
            "LeftButtonReleaseEvent": self._released,
            "RightButtonReleaseEvent": self._released,
            "MiddleButtonReleaseEvent": self._released,
            "MouseMoveEvent": self._mouse,
            "MouseWheelForwardEvent": self._wheeled_on,
            "MouseWheelBackwardEvent": self._wheeled_back,
            "ConfigureEvent": self._configured,
            "TimerEvent": self._ticked,
        }
        for event, does in events.items():
            interactor.interactor.AddObserver(event, does)
        self._interactor: Any = interactor.interactor
        self.plotter.show(auto_close=False, interactive=False, interactive_update=True)
        interactor.interactor.SetInteractorStyle(None)
        self._interactor.CreateRepeatingTimer(TICK_MS)
        self._interactor.Start()
        self.plotter.close()

    def _position(self) -> tuple[int, int]:
        x, y = self._interactor.GetEventPosition()
        return int(x), self.viewer.size[1] - 1 - int(y)

    def _keyed(self, *_: Any) -> None:
        name, letter = str(self._interactor.GetKeySym()), str(self._interactor.GetKeyCode() or "")
        if self.viewer.typed is not None:
            # A letter as it is written: the names of keys do not tell all that stands in a name.
            self.key(letter if letter.isprintable() and letter else name)
        else:
            self.key(name.lower() if len(name) == 1 else name)

    def _pressed(self, *_: Any) -> None:
        self._press(aside=bool(self._interactor.GetShiftKey()))

    def _pressed_aside(self, *_: Any) -> None:
        self._press(aside=True)

    def _press(self, *, aside: bool) -> None:
        self._down = self._at = self._position()
        self._aside, self._dragged = aside, False

    def _mouse(self, *_: Any) -> None:
        x, y = self._position()
        if self._down is None:
            if self._resting and time.monotonic() - self._moved_s > REST_S and self.viewer.hover(x, y):
                self.draw()
            return
        if self._dragged or abs(x - self._down[0]) + abs(y - self._down[1]) >= CLICK_PX:
            self._dragged = True
            self.viewer.drag(x - self._at[0], y - self._at[1], aside=self._aside)
            self._at = (x, y)
            self.draw(moving=True)

    def _released(self, *_: Any) -> None:
        if self._down is None:
            return
        # A press and release in one place is a pick; between two places it turned the campus.
        clicked = not self._dragged and not self._aside
        x, y = self._position()
        self._down = None
        if clicked:
            self.viewer.click(x, y)
        self.draw()

    def _wheeled_on(self, *_: Any) -> None:
        self._wheel(1.0)

    def _wheeled_back(self, *_: Any) -> None:
        self._wheel(-1.0)

    def _wheel(self, steps: float) -> None:
        self.viewer.wheel(steps, *self._position())
        self.draw(moving=True)

    def _ticked(self, *_: Any) -> None:
        self.tick()

    def _configured(self, *_: Any) -> None:
        width, height = (int(part) for part in self.plotter.render_window.GetSize())
        size = max(width, LEAST_PX[0]), max(height, LEAST_PX[1])
        if size != self.viewer.size:
            self.viewer.resize(size)
            self._sized(size)
            self.draw()


def show(stage: Stage, size: tuple[int, int], feed: Feed | None = None) -> None:
    """Open a window on a stage and stay until it is closed."""
    Window(stage, size, feed).run()
