"""The scene: actors for one campus, and what is shown of it.

One actor for each sort of thing (floors, equipment, cabinets, servers, lines), none for each asset. What state an
asset is in lives in its texel, so that a new answer recolours without rebuilding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

from viz.boxes import Boxes, Indices
from viz.kinds import SPACES, Kind
from viz.lines import Fate, Lines, line_palette, segments
from viz.mesh import Paint, box_actor, line_actor, outline_segments, tube_boxes
from viz.model import Model, States
from viz.states import Rgb, palette

BACKGROUND: Final[Rgb] = (247, 248, 250)
GROUND: Final[Rgb] = (239, 241, 244)
FLOOR: Final[Rgb] = (253, 253, 253)
GHOST_FLOOR: Final[Rgb] = (231, 234, 238)
PLAN_LINE: Final[Rgb] = (168, 176, 184)
FOCUS_LINE: Final[Rgb] = (70, 78, 86)
PLATE_M: Final = 0.12
DASH_WIDTHS: Final = 14.0
LINE_SHARE: Final = {Fate.IDLE: 0.4, Fate.SURVIVING: 0.75, Fate.DEAD: 1.15}


@dataclass
class Look:
    """What is shown. `focus`, bool[n]: assets shown in full, the rest is ghosted; `line_m`: half a line's width."""

    state: States
    shown: States
    focus: NDArray[np.bool_]
    servers: bool
    lines: Lines
    line_m: float = 0.05


@dataclass
class Scene:
    """A campus in a VTK renderer. `pixels`: pixels drawn for one of the picture."""

    model: Model
    pixels: float = 1.0
    renderer: vtkRenderer = field(default_factory=vtkRenderer)
    paints: list[Paint] = field(default_factory=list[Paint])

    def __post_init__(self) -> None:
        self.renderer.SetBackground(*(part / 255 for part in BACKGROUND))

    def show(self, look: Look) -> None:
        """Build the actors of a look, replacing what was shown."""
        self.renderer.RemoveAllViewProps()
        self.paints.clear()
        self._ground()
        self._spaces(look)
        self._equipment(look)
        self._cabinets(look)
        self._lines(look)

    def paint(self, shown: States) -> None:
        """Recolour what is drawn; shown uint8[n]."""
        table = palette()
        for paint in self.paints:
            paint(table, shown)

    def _add(self, actor: vtkActor) -> None:
        self.renderer.AddActor(actor)

    def _state_boxes(self, index: Indices, shown: States, boxes: Boxes | None = None) -> None:
        if not len(index):
            return
        actor, paint = box_actor(self.model.boxes if boxes is None else boxes, index, pixels=self.pixels)
        paint(palette(), shown)
        self.paints.append(paint)
        self._add(actor)

    def _plain_boxes(self, boxes: Boxes, index: Indices, colour: Rgb, outline: float = 0.4) -> None:
        if not len(index):
            return
        actor, paint = box_actor(boxes, index, pixels=self.pixels, outline=outline)
        paint(np.array([(*colour, 16)], np.uint8), np.zeros(len(boxes), np.uint8))
        self._add(actor)

    def _ground(self) -> None:
        boxes = self.model.boxes
        low, high = boxes.bounds(np.flatnonzero(boxes.known))
        low, high = low.min(axis=0), high.max(axis=0)
        pad = 0.03 * float(max(high[0] - low[0], high[1] - low[1])) + 2.0
        base = np.array([[(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2] - 0.8]], np.float32)
        size = np.array([[high[0] - low[0] + 2 * pad, high[1] - low[1] + 2 * pad, 0.6]], np.float32)
        one = np.ones(1, np.bool_)
        self._plain_boxes(Boxes(base, size, np.zeros(1, np.float32), one, one), np.array([0]), GROUND, 0.2)

    def _spaces(self, look: Look) -> None:
        """Floors of modules and rooms, plans of buildings; what is in focus has its walls outlined."""
        model, boxes = self.model, self.model.boxes
        floors = model.of_kind(Kind.MODULE, Kind.ROOM)
        # A room that a module fills is drawn once.
        filled = model.parent[model.of_kind(Kind.MODULE)]
        floors = floors[~np.isin(floors, filled)]
        size = boxes.size.copy()
        size[floors, 2] = 0.08
        thin = Boxes(boxes.base, size, boxes.turn, boxes.known, boxes.schematic)
        near, far = floors[look.focus[floors]], floors[~look.focus[floors]]
        self._plain_boxes(thin, near, FLOOR)
        self._plain_boxes(thin, self._visible_ghosts(far, near), GHOST_FLOOR)
        shells = model.of_kind(Kind.BUILDING)
        for chosen, colour, ground_only in ((near, FOCUS_LINE, False), (shells, PLAN_LINE, True)):
            if len(chosen):
                edges = outline_segments(boxes, chosen)
                if ground_only:
                    edges = edges.reshape(-1, 12, 2, 3)[:, :4].reshape(-1, 2, 3)
                self._add(line_actor(edges, colour, width=1.1 * self.pixels))

    def _visible_ghosts(self, far: Indices, near: Indices) -> Indices:
        """Ghost floors that do not roof what is in focus: none above the lowest floor in focus."""
        if not len(near):
            return far
        base = self.model.boxes.base[:, 2]
        return far[base[far] <= base[near].min() + 1.0]

    def _equipment(self, look: Look) -> None:
        """Equipment in focus stands; the rest lies flat as on a plan, so that it hides nothing."""
        model, boxes = self.model, self.model.boxes
        equipment = model.of_kind(Kind.EQUIPMENT)
        near = look.focus[equipment]
        self._state_boxes(equipment[near], look.shown)
        far = equipment[~near]
        base, size = boxes.base.copy(), boxes.size.copy()
        above = model.parent[far]
        floored = (above >= 0) & np.isin(model.kind[above], SPACES) & boxes.known[above]
        base[far[floored], 2] = boxes.base[above[floored], 2] + 0.1
        size[far, 2] = PLATE_M
        focus = np.flatnonzero(look.focus & boxes.known)
        if len(focus):
            far = far[base[far, 2] <= boxes.base[focus, 2].min() + 1.2]
        plates = Boxes(base, size, boxes.turn, boxes.known, boxes.schematic)
        if len(far):
            actor, paint = box_actor(plates, far, pixels=self.pixels)
            paint(palette(), np.zeros(len(model), np.uint8))
            self._add(actor)

    def _cabinets(self, look: Look) -> None:
        """Cabinets in focus; where servers show, only their roofs, in the worst state of what they hold."""
        model, boxes = self.model, self.model.boxes
        cabinets = model.of_kind(Kind.CABINET)
        cabinets = cabinets[look.focus[cabinets]]
        if not look.servers:
            self._state_boxes(cabinets, look.shown)
            return
        base, size = boxes.base.copy(), boxes.size.copy()
        base[cabinets, 2] += size[cabinets, 2] - 0.06
        size[cabinets, 2] = 0.06
        self._state_boxes(cabinets, look.shown, Boxes(base, size, boxes.turn, boxes.known, boxes.schematic))
        self._add(line_actor(outline_segments(boxes, cabinets), FOCUS_LINE, width=self.pixels))
        racked = model.of_kind(Kind.IN_RACK)
        self._state_boxes(racked[look.focus[racked]], look.shown)

    def _lines(self, look: Look) -> None:
        texels = line_palette()
        for fate, share in LINE_SHARE.items():
            chosen = look.lines.where(look.lines.fate == fate)
            if not len(chosen):
                continue
            bars = segments(self.model.boxes, chosen).reshape(-1, 2, 3)
            # Branches to single cabinets are many: they are drawn finer than the trunks.
            branch = self.model.kind[chosen.consumer] == Kind.CABINET
            radius = look.line_m * share * np.where(np.repeat(branch, 4), 0.5, 1.0).astype(np.float32)
            tubes = tube_boxes(bars, radius)
            dash = look.line_m * DASH_WIDTHS
            actor, paint = box_actor(tubes, np.arange(len(bars)), pixels=self.pixels, outline=0.0, dash_m=dash)
            paint(texels, np.repeat(int(fate) * 6 + chosen.type, 4).astype(np.uint8))
            self._add(actor)
