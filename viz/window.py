"""The view in a window: PyVista's, with the page's title, legend and labels over the scene, keys and the mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
import pyvista
from PIL import Image, ImageDraw
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

from schema.errors import TwinError
from viz.annotate import Frame
from viz.camera import View
from viz.offscreen import aim
from viz.picture import annotate, around, scene_area
from viz.scene import Scene
from viz.stage import Stage
from viz.storeys import apart
from viz.text import INK, MUTED, PANEL, fit, write
from viz.vtk_arrays import of_numbers
from viz.walk import EYE_M, STEP_M, WALK_ANGLE_DEG, Obstacles, obstacles, step, turned
from viz.words import tally

HELP: Final = (
    "click: pick",
    "F: what fails if it fails",
    "O: take it out",
    "U, J: up, downstream",
    "I, H, R: isolate, hide, reset",
    "/ text Enter: search, fly there",
    "V, B: keep view, go back",
    "X: section   E: storeys apart",
    "G: walk (W A S D, Q E turn)",
)


class Window:
    """A window on a stage. Everything that keys do can be called, so it is tested without a screen."""

    def __init__(self, stage: Stage, size: tuple[int, int] = (1280, 800), *, off_screen: bool = False) -> None:
        self.stage, self.size = stage, size
        self.area = scene_area(size)
        self.message = ""
        self.typed: str | None = None
        self.walking: Obstacles | None = None
        self.section = False
        self._flat = stage.model
        self.plotter: Any = cast(
            Any, pyvista.Plotter(off_screen=off_screen, window_size=list(size), lighting=None, title="campus twin")
        )
        self.plotter.render_window.SetMultiSamples(0)
        width, height = size
        left, top, right, bottom = self.area
        viewport = (left / width, 1 - bottom / height, right / width, 1 - top / height)
        self.scene = Scene(stage.model)
        self.scene.renderer.SetViewport(*viewport)
        self.plotter.render_window.AddRenderer(self.scene.renderer)
        self.scene.renderer.SetLayer(0)
        self._overlay()
        self.rebuild()

    # Drawing

    def _overlay(self) -> None:
        """A picture of the page over the whole window, in a renderer of its own."""
        width, height = self.size
        self.page = np.zeros((height * width, 4), np.uint8)
        self.image: Any = cast(Any, vtkImageData())
        self.image.SetDimensions(width, height, 1)
        self.image.GetPointData().SetScalars(of_numbers(self.page))
        mapper: Any = cast(Any, vtkImageMapper())
        mapper.SetInputData(self.image)
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        actor = vtkActor2D()
        actor.SetMapper(mapper)
        over: Any = self.plotter.renderer
        self.plotter.render_window.SetNumberOfLayers(2)
        over.SetLayer(1)
        over.SetInteractive(False)
        over.AddViewProp(actor)

    def rebuild(self) -> None:
        """Build the scene of the stage anew, after a question or a change of what is hidden."""
        self.scene.model = self.stage.model
        self.scene.show(self.stage.look)
        self.aim(self.stage.view)

    def aim(self, view: View) -> None:
        """Look from here, and draw the page for it."""
        self.stage.view = view
        aim(self.scene.renderer, view)
        self.refresh()

    def refresh(self) -> None:
        """Draw title, legend, labels and the panel of the selected asset."""
        stage, (width, height) = self.stage, self.size
        image = Image.new("RGBA", self.size, (0, 0, 0, 0))
        left, top, right, bottom = self.area
        notes = stage.verdict.notes if stage.verdict else dict[int, str]()
        frame = Frame(stage.model, stage.names, stage.state, stage.view, right - left, bottom - top)
        if self.walking is None:
            chosen = {stage.selected: "selected"} if stage.selected is not None else {}
            annotate(image, self.area, frame, {**notes, **chosen})
        canvas = ImageDraw.Draw(image)
        count = tally(stage.model.topology, stage.state)
        free = around(image, self.area, stage.words(), count, stage.look, None)
        self._side(canvas, right + 16, free + 12, width, height)
        self.page[:] = np.asarray(image)[::-1].reshape(-1, 4)
        self.image.GetPointData().GetScalars().Modified()
        self.image.Modified()

    def _side(self, canvas: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int) -> None:
        """The panel of the selected asset, or the keys."""
        stage = self.stage
        lines = HELP if stage.selected is None else stage.panel(stage.selected)
        for number, line in enumerate(lines):
            if y > height - 40:
                break
            bold = stage.selected is not None and number == 0
            write(canvas, (x, y), fit(line, 11, width - x - 12), 11, colour=INK if bold else MUTED, bold=bold)
            y += 17
        said = f"/{self.typed}" if self.typed is not None else self.message
        if said:
            canvas.rectangle((10, height - 34, 30 + len(said) * 8, height - 8), fill=PANEL, outline=INK)
            write(canvas, (20, height - 16), said, 13)

    # Mouse and keys

    def click(self, x: float, y: float) -> int | None:
        """Select what is under a pixel (from the upper left of the window), and show its panel."""
        left, top, right, bottom = self.area
        if not (left <= x < right and top <= y < bottom):
            return None
        hit = self.stage.pick(*self.current_view().ray(x - left, y - top, right - left, bottom - top))
        self.stage.selected = hit.asset if hit else None
        self.refresh()
        return self.stage.selected

    def current_view(self) -> View:
        """The camera as the mouse has left it."""
        camera: Any = self.scene.renderer.GetActiveCamera()
        aspect = (self.area[2] - self.area[0]) / (self.area[3] - self.area[1])
        return View(tuple(camera.GetPosition()), tuple(camera.GetFocalPoint()), camera.GetViewAngle(), aspect)

    def key(self, key: str) -> None:
        """Do what a key says; what cannot be done is said in the window."""
        self.message = ""
        try:
            if self.typed is not None:
                self._type(key)
            elif self.walking is not None and key in WALKS:
                self._walk(key)
            elif key in self._keys():
                self._keys()[key]()
        except TwinError as error:
            self.message = str(error)
        self.refresh()
        self.plotter.render()

    def _keys(self) -> dict[str, Callable[[], None]]:
        stage = self.stage
        return {
            "f": lambda: self._after(stage.fail_selected),
            "o": lambda: self._after(stage.take_out_selected),
            "i": lambda: self._after(stage.isolate),
            "h": lambda: self._after(stage.hide),
            "r": lambda: self._after(stage.reset),
            "u": lambda: self._step(upstream=True),
            "j": lambda: self._step(upstream=False),
            "v": self._keep,
            "b": lambda: self._after(lambda: stage.back_to("last")),
            "x": self._cut,
            "e": self._explode,
            "g": self._start_walk,
            "slash": lambda: setattr(self, "typed", ""),
        }

    def _after(self, action: Callable[[], None]) -> None:
        action()
        self.rebuild()

    def _step(self, *, upstream: bool) -> None:
        if self.stage.step(upstream=upstream) is None:
            self.message = "nothing further " + ("upstream" if upstream else "downstream")
        self.rebuild()

    def _keep(self) -> None:
        self.stage.view = self.current_view()
        self.stage.save("last")
        self.message = "view kept; B comes back to it"

    def _cut(self) -> None:
        """A section: what stands nearer than the focus is cut away, by the near plane of the camera."""
        self.section = not self.section
        if not self.section:
            aim(self.scene.renderer, self.current_view())
            return
        camera: Any = self.scene.renderer.GetActiveCamera()
        near, far = camera.GetClippingRange()
        camera.SetClippingRange(max(near, camera.GetDistance()), far)

    def _explode(self) -> None:
        """Storeys apart, or together again."""
        stage = self.stage
        stage.model = apart(self._flat, 37.0) if stage.model is self._flat else self._flat
        stage.question(stage.failed, stage.out)
        self.rebuild()

    def _type(self, key: str) -> None:
        typed = self.typed or ""
        if key == "Return":
            self.typed = None
            found = self.stage.search(typed)
            if found:
                self.stage.fly_to(found[0])
                self.rebuild()
                more = [self.stage.model.topology.ids[one] for one in found[1:5]]
                self.message = f"also: {', '.join(more)}" if more else ""
            else:
                self.message = f"nothing named {typed!r}"
        elif key == "Escape":
            self.typed = None
        elif key == "BackSpace":
            self.typed = typed[:-1]
        else:
            self.typed = typed + {"minus": "-", "underscore": "_", "space": " ", "period": "."}.get(key, key)[:1]

    def _start_walk(self) -> None:
        if self.walking is not None:
            self.walking = None
            self.message = "no longer walking"
            return
        stage, boxes = self.stage, self.stage.model.boxes
        at = stage.selected
        start = boxes.base[at] if at is not None else np.array(self.current_view().focus, np.float32)
        floor = float(start[2])
        self.walking = obstacles(stage.model, floor)
        eye = self._free_place(float(start[0]), float(start[1]), floor)
        ahead = (float(start[0]), float(start[1]), floor + EYE_M - 0.2)
        if abs(ahead[0] - eye[0]) + abs(ahead[1] - eye[1]) < 0.1:
            ahead = (eye[0], eye[1] + 1.0, eye[2])
        self.aim(View(eye, ahead, WALK_ANGLE_DEG, stage.aspect))
        self.message = "walking: W A S D, Q E turn, G ends"

    def _free_place(self, x: float, y: float, floor: float) -> tuple[float, float, float]:
        """The nearest place around here where somebody can stand."""
        blocked = self.walking
        for reach in np.arange(0.0, 12.0, 0.4):
            for turn in np.linspace(-np.pi / 2, 1.5 * np.pi, 16, endpoint=False):
                px, py = x + float(reach * np.cos(turn)), y + float(reach * np.sin(turn))
                if blocked is None or not blocked.blocks(px, py):
                    return px, py, floor + EYE_M
        return x, y, floor + EYE_M

    def _walk(self, key: str) -> None:
        view = self.current_view()
        if self.walking is None:
            return
        ahead, aside, turn = WALKS[key]
        self.aim(turned(view, turn) if turn else step(view, self.walking, ahead, aside))

    # The loop

    def run(self) -> None:
        """Open the window and stay until it is closed."""
        interactor: Any = self.plotter.iren
        interactor.clear_events_for_key("w")
        # Dragging must not pull the near plane into the scene.
        interactor.interactor.GetInteractorStyle().SetAutoAdjustCameraClippingRange(0)
        interactor.add_observer("KeyPressEvent", self._keyed)
        interactor.add_observer("LeftButtonPressEvent", self._pressed)
        interactor.add_observer("LeftButtonReleaseEvent", self._released)
        interactor.add_observer("EndInteractionEvent", self._turned)
        self.plotter.show(auto_close=True)

    def _keyed(self, one: Any, _: str) -> None:
        self.key(_symbol(one.GetKeySym()))

    def _turned(self, _: Any, __: str) -> None:
        self.aim(self.current_view())

    def _pressed(self, one: Any, _: str) -> None:
        self._down = tuple(one.GetEventPosition())

    def _released(self, one: Any, _: str) -> None:
        x, y = one.GetEventPosition()
        # A press and release in one place is a pick; between two places it turned the campus.
        if abs(x - self._down[0]) + abs(y - self._down[1]) < 4:
            self.click(x, self.size[1] - y)
            self.plotter.render()


WALKS: Final = {
    "w": (STEP_M, 0.0, 0.0),
    "s": (-STEP_M, 0.0, 0.0),
    "a": (0.0, -STEP_M, 0.0),
    "d": (0.0, STEP_M, 0.0),
    "q": (0.0, 0.0, 12.0),
    "e": (0.0, 0.0, -12.0),
}


def show(stage: Stage, size: tuple[int, int]) -> None:
    """Open a window on a stage and stay until it is closed."""
    Window(stage, size).run()


def _symbol(name: str) -> str:
    return name.lower() if len(name) == 1 else name
