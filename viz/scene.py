"""The scene: actors for one campus, and what is shown of it.

One actor for each sort of thing (floors, equipment, cabinets, servers, lines), none for each asset. What state an
asset is in lives in its texel, so that a new answer recolours without rebuilding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter

from viz.boxes import Boxes, Indices
from viz.camera import View
from viz.kinds import SPACES, Kind
from viz.lines import Fate, Lines, line_palette, segments
from viz.mesh import Paint, box_actor, line_actor, outline_segments, tube_boxes
from viz.model import Model, States
from viz.states import State, palette

BACKGROUND = (247, 248, 250)
GROUND = (238, 240, 243)
FLOOR = (252, 252, 252)
PLAN_LINE = (176, 184, 192)
FOCUS_LINE = (70, 78, 86)


@dataclass
class Look:
    """What is shown: `focus` bool[n], assets shown in full; the rest of the campus is ghosted."""

    state: States
    worst: States
    focus: NDArray[np.bool_]
    servers: bool
    lines: Lines
    line_m: float


@dataclass
class Scene:
    """A campus in a VTK renderer. `pixels`: pixels drawn for one of the picture."""

    model: Model
    pixels: float = 1.0
    renderer: vtkRenderer = field(default_factory=vtkRenderer)
    painted: list[tuple[Paint, bool]] = field(default_factory=list[tuple[Paint, bool]])

    def __post_init__(self) -> None:
        self.renderer.SetBackground(*(part / 255 for part in BACKGROUND))

    def show(self, look: Look) -> None:
        """Build the actors of a look, replacing what was shown."""
        self.renderer.RemoveAllViewProps()
        self.painted.clear()
        self._ground()
        self._spaces(look)
        model, boxes = self.model, self.model.boxes
        equipment = model.of_kind(Kind.EQUIPMENT)
        self._boxes(equipment, look.state, look)
        cabinets = model.of_kind(Kind.CABINET)
        cabinets = cabinets[look.focus[cabinets]]
        if look.servers:
            self._roofs(cabinets, look)
            racked = model.of_kind(Kind.IN_RACK)
            self._boxes(racked[look.focus[racked]], look.state, look)
        else:
            self._boxes(cabinets, look.worst, look)
        self._lines(boxes, look)

    def _add(self, actor: vtkActor) -> None:
        self.renderer.AddActor(actor)

    def _boxes(self, index: Indices, state: States, look: Look, boxes: Boxes | None = None) -> None:
        if not len(index):
            return
        actor, paint = box_actor(self.model.boxes if boxes is None else boxes, index, pixels=self.pixels)
        value = np.where(look.focus, state, np.where(state <= State.WORKING, State.GHOST, state)).astype(np.uint8)
        paint(palette(), value)
        self._add(actor)

    def _roofs(self, cabinets: Indices, look: Look) -> None:
        """Cabinets as roofs above their servers, in the worst state of what they hold."""
        boxes = self.model.boxes
        base, size = boxes.base.copy(), boxes.size.copy()
        base[cabinets, 2] += size[cabinets, 2] - 0.05
        size[cabinets, 2] = 0.05
        self._boxes(cabinets, look.worst, look, Boxes(base, size, boxes.turn, boxes.known, boxes.schematic))

    def _plain(self, boxes: Boxes, index: Indices, colour: tuple[int, int, int], outline: float = 0.4) -> None:
        actor, paint = box_actor(boxes, index, pixels=self.pixels, outline=outline)
        paint(np.array([(*colour, 16)], np.uint8), np.zeros(len(boxes), np.uint8))
        self._add(actor)

    def _ground(self) -> None:
        boxes = self.model.boxes
        low, high = boxes.bounds(np.flatnonzero(boxes.known))
        low, high = low.min(axis=0), high.max(axis=0)
        pad = 0.03 * float(max(high[0] - low[0], high[1] - low[1])) + 2.0
        base = np.array([[(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2] - 1.0]], np.float32)
        size = np.array([[high[0] - low[0] + 2 * pad, high[1] - low[1] + 2 * pad, 0.7]], np.float32)
        one = np.ones(1, np.bool_)
        self._plain(Boxes(base, size, np.zeros(1, np.float32), one, one), np.array([0]), GROUND, 0.2)

    def _spaces(self, look: Look) -> None:
        """Floors of modules and rooms, and outlines of buildings; those in focus stronger."""
        model, boxes = self.model, self.model.boxes
        floors = model.of_kind(Kind.MODULE, Kind.ROOM)
        if len(floors):
            size = boxes.size.copy()
            size[floors, 2] = 0.08
            thin = Boxes(boxes.base, size, boxes.turn, boxes.known, boxes.schematic)
            near, far = floors[look.focus[floors]], floors[~look.focus[floors]]
            if len(near):
                self._plain(thin, near, FLOOR)
                self._add(line_actor(outline_segments(boxes, near), FOCUS_LINE, width=1.2 * self.pixels))
            if len(far):
                self._plain(thin, far, (230, 233, 237))
                self._add(line_actor(outline_segments(boxes, far), (205, 211, 217), width=1.0 * self.pixels))
        shells = model.of_kind(Kind.BUILDING, Kind.STOREY)
        if len(shells):
            self._add(line_actor(outline_segments(boxes, shells), PLAN_LINE, width=1.0 * self.pixels))

    def _lines(self, boxes: Boxes, look: Look) -> None:
        lines = look.lines
        texels = line_palette()
        for fate, share in ((Fate.IDLE, 0.35), (Fate.SURVIVING, 0.7), (Fate.DEAD, 1.0)):
            chosen = lines.where(lines.fate == fate)
            if not len(chosen):
                continue
            bars = segments(boxes, chosen).reshape(-1, 2, 3)
            tubes = tube_boxes(bars, look.line_m * share)
            actor, paint = box_actor(tubes, np.arange(len(bars)), pixels=self.pixels, outline=0.0)
            paint(texels, np.repeat(int(fate) * 6 + chosen.type, 4).astype(np.uint8))
            self._add(actor)

    def draw(self, view: View, width: int, height: int) -> NDArray[np.uint8]:
        """Draw off-screen, uint8[height, width, 3]; `pixels` × `pixels` drawn pixels are averaged to one."""
        scale = round(self.pixels)
        window = vtkRenderWindow()
        window.SetOffScreenRendering(True)
        window.SetMultiSamples(0)
        window.SetSize(width * scale, height * scale)
        window.AddRenderer(self.renderer)
        aim(self.renderer, view)
        window.Render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(window)
        grab.ReadFrontBufferOff()
        grab.Update()
        data = cast(Any, grab.GetOutput())
        from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415

        flat = vtk_to_numpy(data.GetPointData().GetScalars()).reshape(height * scale, width * scale, -1)[::-1, :, :3]
        window.RemoveRenderer(self.renderer)
        window.Finalize()
        if scale == 1:
            return np.ascontiguousarray(flat)
        return flat.reshape(height, scale, width, scale, 3).mean(axis=(1, 3)).round().astype(np.uint8)


def aim(renderer: vtkRenderer, view: View) -> None:
    """Point a renderer's camera."""
    camera = renderer.GetActiveCamera()
    camera.SetPosition(*view.position)
    camera.SetFocalPoint(*view.focus)
    camera.SetViewUp(0.0, 0.0, 1.0)
    camera.SetViewAngle(view.angle_deg)
    renderer.ResetCameraClippingRange()


__all__ = ["SPACES", "Look", "Scene", "aim"]
