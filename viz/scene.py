"""The scene: what of a campus is drawn, storey by storey and class by class, in one VTK renderer.

One actor for each storey and class of thing, none for each asset. What state an asset is in lives in its texel, so a
new answer recolours; geometry is built when it is first looked at and kept. Far storeys are blocks, one for each
module; near ones show floors, equipment and cabinets; opened cabinets show what stands in them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPlane, vtkPlaneCollection
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

from viz.boxes import Boxes, Floats, Indices
from viz.kinds import SPACES, Kind
from viz.lines import FOLLOWED, Fate, Lines, line_palette, segments
from viz.look import Look
from viz.mesh import FACES, Paint, box_actor, line_actor, outline_segments, plate_actor, set_pixels, tube_boxes
from viz.model import Model, States
from viz.schematic import frames
from viz.section import Section
from viz.states import FLOOR, GHOST_FLOOR, PAD_FILL, SHADOW_FILL, Rgb, State, palette

SKY: Final[Rgb] = (219, 228, 236)
BACKGROUND: Final[Rgb] = (240, 243, 247)
GROUND: Final[Rgb] = (234, 237, 241)
PLAN_LINE: Final[Rgb] = (160, 169, 178)
PAD_LINE: Final[Rgb] = (193, 194, 195)
FOCUS_LINE: Final[Rgb] = (70, 78, 86)
SCHEMATIC_LINE: Final[Rgb] = (160, 120, 0)
MARK_LINE: Final = FOLLOWED
MARK_M: Final = 0.05
FLOOR_M: Final = 0.08
PLATE_M: Final = 0.12
ROOF_M: Final = 0.06
GROUND_M: Final = 0.3
"""So far below the lowest asset the ground lies; the ground of a building rises above it."""
SHADOW_M: Final = 0.01
SHADOW_SHARE: Final = 0.25  # of the height: how far a shadow falls
DASH_WIDTHS: Final = 14.0
LINE_SHARE: Final = {Fate.IDLE: 0.34, Fate.SURVIVING: 0.75, Fate.DEAD: 1.15, Fate.FOLLOWED: 0.8}
PARTS_KEPT: Final = 400


@dataclass(frozen=True)
class Part:
    """Actors that come and go together, and what paints them; `codes` names the array that they are painted from.

    `whole`: no section cuts it.
    """

    actors: tuple[vtkActor, ...]
    paints: tuple[Paint, ...] = ()
    codes: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Chunk:
    """What stands on one storey: spaces with a floor of their own, equipment in them and beside them, cabinets."""

    place: int
    floors: Indices
    equipment: Indices
    loose: Indices
    cabinets: Indices


Wanted = tuple[tuple[object, ...], Callable[[], Part]]


class Scene:
    """A campus in a VTK renderer. `pixels`: pixels drawn for one of the picture.

    `sky`: the background shades off, for a third of the time of a frame of the campus more: for stills.
    """

    def __init__(self, model: Model, pixels: float = 1.0, *, sky: bool = False) -> None:
        self.model, self.pixels = model, pixels
        self.renderer = vtkRenderer()
        self.renderer.SetBackground(*(part / 255 for part in BACKGROUND))
        self.renderer.SetBackground2(*(part / 255 for part in SKY))
        self.renderer.SetGradientBackground(sky)
        self.chunks = chunks(model)
        self._parts: OrderedDict[tuple[object, ...], Part] = OrderedDict()
        self._shown: dict[tuple[object, ...], Part] = {}
        self._palette = palette()
        self._section: Section | None = None
        self._planes = vtkPlaneCollection()
        boxes = model.boxes
        self._floors = _resized(boxes, height=FLOOR_M)
        base = boxes.base.copy()
        above = np.maximum(model.parent, 0)
        floored = (model.parent >= 0) & np.isin(model.kind[above], SPACES) & boxes.known[above]
        base[floored, 2] = boxes.base[above[floored], 2] + 0.1
        self._plates = _resized(boxes, base=base, height=PLATE_M)
        base = boxes.base.copy()
        base[:, 2] += boxes.size[:, 2] - ROOF_M
        self._roofs = _resized(boxes, base=base, height=ROOF_M)
        self._shadows, self._falls = _shadows(model)
        self._low, self._high = model.extent
        self._pads = pads(model)

    def show(self, look: Look) -> None:
        """Show a look: build what it needs and was not built yet, colour all of it."""
        self._palette = look.palette
        shown: dict[tuple[object, ...], Part] = {}
        for key, build in self._wanted(look):
            part = self._parts.get(key)
            if part is None:
                part = build()
                self._clip(part)
            self._parts[key] = shown[key] = part
            self._parts.move_to_end(key)
        if shown.keys() != self._shown.keys():
            # In the order wanted, near before far: what is hidden behind something drawn before costs little.
            self.renderer.RemoveAllViewProps()
            for part in shown.values():
                for actor in part.actors:
                    self.renderer.AddActor(actor)
        self._shown = shown
        while len(self._parts) > PARTS_KEPT:
            self._parts.popitem(last=False)
        self.paint(look.shown)
        self._paint("floor", self._floor_codes(look))

    def paint(self, shown: States) -> None:
        """Recolour what is drawn; shown uint8[n]."""
        self._paint("state", shown)

    def cut(self, section: Section | None) -> None:
        """Cut away what lies beyond a section plane; None: nothing."""
        if section == self._section:
            return
        self._section = section
        self._planes.RemoveAllItems()
        if section is not None:
            plane = vtkPlane()
            plane.SetOrigin(*section.origin)
            plane.SetNormal(*section.normal)
            self._planes.AddItem(plane)
        for part in self._parts.values():
            self._clip(part)

    def _clip(self, part: Part) -> None:
        if part.whole:
            return
        for actor in part.actors:
            # A box that is cut open shows its inner sides.
            actor.GetProperty().SetBackfaceCulling(self._section is None)
            mapper: Any = actor.GetMapper()
            if self._section is None:
                mapper.RemoveAllClippingPlanes()
            else:
                mapper.SetClippingPlanes(self._planes)

    def resolution(self, pixels: float) -> None:
        """Pixels drawn for one of the picture from now on: hatches, outlines and lines keep their size in it."""
        if pixels != self.pixels:
            factor, self.pixels = pixels / self.pixels, pixels
            for part in self._parts.values():
                for actor in part.actors:
                    set_pixels(actor, pixels)
                    look = actor.GetProperty()
                    look.SetLineWidth(look.GetLineWidth() * factor)

    def _paint(self, codes: str, value: States) -> None:
        for part in self._shown.values():
            if part.codes == codes:
                for paint in part.paints:
                    paint(self._palette, value)

    def _wanted(self, look: Look) -> Iterator[Wanted]:
        if look.marked is not None:
            yield ("marked", look.marked), lambda: self._mark(look.marked or 0)
        yield from self._lines(look)
        far: list[Chunk] = []
        for chunk in self.chunks:
            if look.indoors is not None and chunk.place != look.indoors:
                continue
            if chunk.place in look.lifted:
                continue
            if len(chunk.cabinets) and chunk.place not in look.near:
                far.append(chunk)
            else:
                yield from self._near(chunk, look)
        yield from self._far(far, look)
        yield ("schematic",), self._schematic
        yield ("shells",), self._shells
        yield ("ground",), self._ground

    # Storeys

    def _far(self, far: list[Chunk], look: Look) -> Iterator[Wanted]:
        """Blocks for the modules in focus, floors for the others; one actor for all storeys, as actors cost too."""
        if not far:
            return
        boxes = self.model.boxes
        floors = np.concatenate([chunk.floors for chunk in far])
        loose = np.concatenate([chunk.loose for chunk in far])
        stands = look.focus[floors]
        yield from self._bodies("blocks", boxes, floors[stands])
        yield from self._bodies("loose", boxes, loose[look.focus[loose]])
        ghosts = floors[~stands]
        ghosts = ghosts[boxes.base[ghosts, 2] <= look.lowest_m + 1.0]
        yield from self._bodies("floors", self._floors, ghosts, "floor", outline=0.4)

    def _near(self, chunk: Chunk, look: Look) -> Iterator[Wanted]:
        """Floors, equipment and cabinets; what is not in focus lies flat as on a plan, so that it hides nothing."""
        boxes = self.model.boxes
        cabinets = chunk.cabinets[look.focus[chunk.cabinets]]
        opened = look.opened[cabinets]
        if opened.any():
            yield from self._open(cabinets[opened])
        yield from self._bodies("cabinets", boxes, cabinets[~opened])
        equipment, floors = (self._standing(one, look) for one in (chunk.equipment, chunk.floors))
        stands = look.focus[equipment]
        yield from self._bodies("equipment", boxes, equipment[stands])
        lit = np.concatenate([cabinets, equipment[stands]])
        cast = lit[self._falls[lit]]
        if len(cast):
            yield ("shadows", cast.tobytes()), lambda: Part((plate_actor(_lids(self._shadows, cast), SHADOW_FILL),))
        flat = equipment[~stands]
        flat = flat[self._plates.base[flat, 2] <= look.lowest_m + 1.2]
        yield from self._bodies("plates", self._plates, flat, "ghost")
        near = look.focus[floors]
        walled = floors[near]
        if len(walled):
            yield ("walls", walled.tobytes()), lambda: self._frames(walled, 1.1)
        below = self.model.boxes.base[floors, 2] <= look.lowest_m + 1.0
        yield from self._bodies("floors", self._floors, floors[near | below], "floor", outline=0.4)

    def _standing(self, index: Indices, look: Look) -> Indices:
        """Those of these assets whose storey is not taken off."""
        return index[~np.isin(self.model.chunk[index], list(look.lifted))] if look.lifted else index

    def _open(self, cabinets: Indices) -> Iterator[Wanted]:
        """Cabinets without walls: roofs in the worst state of what they hold, frames, and what stands in them."""
        model = self.model
        inside = np.zeros(len(model), np.bool_)
        inside[cabinets] = True
        racked = model.racked[inside[model.parent[model.racked]]]
        yield from self._bodies("racked", model.boxes, racked)
        yield from self._bodies("roofs", self._roofs, cabinets)
        yield ("frames", cabinets.tobytes()), lambda: self._frames(cabinets, 1.0)

    def _bodies(
        self, layer: str, boxes: Boxes, index: Indices, codes: str = "state", outline: float = 1.0
    ) -> Iterator[Wanted]:
        if len(index):
            yield (layer, index.tobytes()), lambda: self._boxes(boxes, index, codes, outline)

    def _floor_codes(self, look: Look) -> States:
        """Codes of floors: bright in focus, pale elsewhere."""
        return np.where(look.focus, np.uint8(FLOOR), np.uint8(GHOST_FLOOR))

    # Parts

    def _boxes(self, boxes: Boxes, index: Indices, codes: str, outline: float = 1.0) -> Part:
        actor, paint = box_actor(boxes, index, pixels=self.pixels, outline=outline)
        if codes == "ghost":
            paint(self._palette, np.full(len(boxes), State.GHOST, np.uint8))
        return Part((actor,), (paint,), codes)

    def _frames(self, index: Indices, width: float) -> Part:
        return Part((line_actor(outline_segments(self.model.boxes, index), FOCUS_LINE, width=width * self.pixels),))

    def _mark(self, asset: int) -> Part:
        """A bright frame around the selected asset, a hand's width away from it."""
        boxes, index = self.model.boxes, np.array([asset])
        size = boxes.size[index] + 2 * MARK_M
        base = boxes.base[index] - np.array([[0, 0, MARK_M]], np.float32)
        one = np.ones(1, np.bool_)
        edges = outline_segments(Boxes(base, size.astype(np.float32), boxes.turn[index], one, one), np.array([0]))
        return Part((line_actor(edges, MARK_LINE, width=3.0 * self.pixels),))

    def _ground(self) -> Part:
        low, high = self._low, self._high
        pad = 0.03 * float(max(high[0] - low[0], high[1] - low[1])) + 2.0
        z = float(low[2]) - GROUND_M
        x, y = (float(low[0]) - pad, float(high[0]) + pad), (float(low[1]) - pad, float(high[1]) + pad)
        corners = np.array([[x[0], y[0], z], [x[1], y[0], z], [x[1], y[1], z], [x[0], y[1], z]], np.float32)
        return self._plate(corners[None], GROUND, PLAN_LINE)

    def _plate(self, corners: Floats, fill: Rgb, rim: Rgb) -> Part:
        """Flat ground, float32[k, 4, 3], with a rim, which no section cuts."""
        edges = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 2, 3)
        return Part((plate_actor(corners, fill), line_actor(edges, rim, width=self.pixels)), whole=True)

    def _shells(self) -> Part:
        """Buildings by the ground that they stand on."""
        shells = self.model.of_kind(Kind.BUILDING)
        if not len(shells):
            return Part(())
        return self._plate(_lids(self._pads, shells), PAD_FILL, PAD_LINE)

    def _schematic(self) -> Part:
        """Dashed frames around what stands outside and has no place of its own."""
        dashes = frames(self.model)
        return Part((line_actor(dashes, SCHEMATIC_LINE, width=2.0 * self.pixels),) if len(dashes) else ())

    def _lines(self, look: Look) -> Iterator[Wanted]:
        for fate, share in LINE_SHARE.items():
            lines = look.traced if fate == Fate.FOLLOWED and len(look.traced) else look.lines
            chosen = lines.where(lines.fate == fate)
            if len(chosen):
                width = look.line_m * share
                yield ("lines", fate, look.line_m, chosen.key()), lambda c=chosen, w=width: self._tubes(c, w)

    def _tubes(self, chosen: Lines, width: float) -> Part:
        bars = segments(self.model.boxes, chosen).reshape(-1, 2, 3)
        # Branches to single cabinets are many: they are drawn finer than the trunks.
        branch = np.isin(self.model.kind[chosen.consumer], (Kind.CABINET, Kind.IN_RACK))
        thick: Floats = np.where(np.repeat(branch, 4), np.float32(0.35), np.float32(1.0))
        tubes = tube_boxes(bars, (width * thick).astype(np.float32))
        dash = width / LINE_SHARE[Fate.DEAD] * DASH_WIDTHS
        actor, paint = box_actor(tubes, np.arange(len(bars)), pixels=self.pixels, outline=0.0, dash_m=dash)
        paint(line_palette(), np.repeat(chosen.fate * np.uint8(6) + chosen.type, 4).astype(np.uint8))
        return Part((actor,))


def chunks(model: Model) -> tuple[Chunk, ...]:
    """The campus by storey that holds cabinets (by building where there is none), and all the rest as one."""
    halls = model.halls[0]
    place = np.where(np.isin(model.chunk, halls), model.chunk, -1)
    sorts = (model.floors, model.of_kind(Kind.EQUIPMENT), model.of_kind(Kind.CABINET))
    pieces: list[Chunk] = []
    for one in (-1, *halls.tolist()):
        spaces, equipment, cabinets = (members[place[members] == one] for members in sorts)
        pieces.append(Chunk(one, spaces, equipment, equipment[model.floor_of[equipment] < 0], cabinets))
    return tuple(pieces)


def _resized(boxes: Boxes, *, height: float, base: Floats | None = None) -> Boxes:
    size = boxes.size.copy()
    size[:, 2] = height
    return Boxes(boxes.base if base is None else base, size, boxes.turn, boxes.known, boxes.schematic)


def _lids(boxes: Boxes, index: Indices) -> Floats:
    """The upper faces of boxes, float32[k, 4, 3]."""
    return boxes.corners(index)[:, FACES[0]]


def pads(model: Model) -> Boxes:
    """Flat boxes between the ground and the lowest floor, as wide as each asset."""
    boxes = model.boxes
    base = boxes.base.copy()
    base[:, 2] = model.extent[0][2] - GROUND_M + 0.05
    return _resized(boxes, base=base, height=GROUND_M - 0.1)


def _shadows(model: Model) -> tuple[Boxes, NDArray[np.bool_]]:
    """Flat shadows to the south-east of what stands on a floor, and what has one, bool[n]."""
    boxes = model.boxes
    above = np.maximum(model.parent, 0)
    floored = (model.parent >= 0) & np.isin(model.kind[above], SPACES) & boxes.known[above]
    floor = np.where(floored, boxes.base[above, 2], boxes.base[:, 2])
    reach = boxes.size[:, 2] * SHADOW_SHARE
    size, base = boxes.size.copy(), boxes.base.copy()
    size[:, :2] += reach[:, None]
    size[:, 2] = SHADOW_M
    base[:, 0] += reach / 2
    base[:, 1] -= reach / 2
    base[:, 2] = floor + FLOOR_M + SHADOW_M
    stands = floored & (boxes.base[:, 2] < floor + 0.5)
    return Boxes(base, size, boxes.turn, boxes.known, boxes.schematic), stands
