"""What of a campus is shown, and at which level of detail: focus, near storeys, opened cabinets, lines."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Indices
from viz.camera import View
from viz.kinds import SPACES, Kind
from viz.lines import COOLS, FEEDS, NO_LINES, Fate, Lines, gather
from viz.model import Model, States
from viz.states import State, palette

if TYPE_CHECKING:
    from viz.colour import Colour

SMALL_CAMPUS: Final = 150  # bodies: such a campus is drawn whole
SERVERS_FROM_PX: Final = 34.0
CABINETS_FROM_PX: Final = 8.0
CABINET_M: Final = 2.2
BRANCHES_FROM_PX: Final = 14.0
AROUND_FROM_PX: Final = 24.0
IDLE_LINES_AT_MOST: Final = 1_500
TRUNKS_TO_THIN: Final = 600


class Detail(NamedTuple):
    """How much is drawn at once: things in open cabinets, and cabinets (the nearest storey's in any case)."""

    racked: int
    cabinets: int


STILL: Final = Detail(60_000, 60_000)
WATCHED: Final = Detail(2_400, 5_000)
"""While somebody watches: one module of the largest, and two storeys, which a software renderer still turns."""


def _nothing() -> NDArray[np.bool_]:
    return np.zeros(0, np.bool_)


@dataclass
class Look:
    """What is shown. All arrays by asset index.

    state: uint8, what each asset is in. shown: uint8, the code that it is painted with. focus: bool, shown in full,
    the rest is ghosted. near: storeys shown with their cabinets; the others are blocks. opened: bool, cabinets shown
    with what stands in them. indoors: the storey that the camera stands in, drawn alone. lifted: storeys that are
    taken off to see what is below. line_m: half a line's width. lowest_m: height of the lowest thing in focus, above
    which nothing else may roof it. banded: what it is coloured by, None: state; own: uint8, the code of each asset by
    itself, for the legend's counts. marked: the selected asset. traced: its supply, followed to the sources.
    """

    state: States
    shown: States
    focus: NDArray[np.bool_]
    lines: Lines = NO_LINES
    line_m: float = 0.05
    near: frozenset[int] = frozenset()
    opened: NDArray[np.bool_] = field(default_factory=_nothing)
    indoors: int | None = None
    lifted: frozenset[int] = frozenset()
    marked: int | None = None
    traced: Lines = NO_LINES
    lowest_m: float = math.inf
    palette: NDArray[np.uint8] = field(default_factory=palette)
    own: States | None = None
    banded: Colour | None = None

    @property
    def servers(self) -> bool:
        """Whether any cabinet is open."""
        return bool(self.opened.any())


def look_at(model: Model, state: States, shown: States | None = None, *, ghosted: bool = True) -> Look:
    """What a picture of these states shows in full: the whole campus, or `ghosted` what is affected, if anything is."""
    if shown is None:
        shown = model.rolled(state)
    focus = focus_of(model, state) if ghosted else np.ones(len(model), np.bool_)
    lowest = model.boxes.base[np.flatnonzero(focus & model.bodies), 2]
    low = float(lowest.min()) if len(lowest) else math.inf
    return Look(state, shown, focus, opened=np.zeros(len(model), np.bool_), lowest_m=low)


def focus_of(model: Model, state: States) -> NDArray[np.bool_]:
    """Assets that these states are about, bool[n]: what is affected with the modules around it; else all."""
    if not (state >= State.DEGRADED).any() or len(model.placed) <= SMALL_CAMPUS:
        return np.ones(len(model), np.bool_)
    spaces = model.of_kind(Kind.MODULE, Kind.ROOM)
    touched = model.worst(state)[spaces] >= State.DEGRADED
    focus = model.contents(spaces[touched])
    return focus | (model.bodies & (state >= State.MAINTENANCE))


def dress(model: Model, look: Look, view: View, height: int, detail: Detail = STILL) -> None:
    """Choose what depends on the distance: blocks, cabinets or servers, which lines, and how thick."""
    levels(model, look, view, height, detail)
    tall = cabinet_px(model, look, view, height)
    around = floors_at(model, view) if tall >= AROUND_FROM_PX else None
    look.lines = drawn_lines(model, look, tall if len(model.racked) else BRANCHES_FROM_PX, around)
    trunks = int((look.lines.fate != Fate.IDLE).sum())
    thin = 1.0 if trunks < TRUNKS_TO_THIN or tall >= BRANCHES_FROM_PX else 0.6
    width = max(0.015, 1.15 * thin * view.metres_per_pixel(height))
    # Widths in steps of a tenth, so that a small move of the camera keeps the tubes that are there.
    look.line_m = 1.1 ** round(math.log(width, 1.1))


def levels(model: Model, look: Look, view: View, height: int, detail: Detail) -> None:
    """Choose near storeys, the storey that the camera is in, and the cabinets that are open."""
    halls, low, high = model.halls
    if look.lifted:
        left = ~np.isin(halls, list(look.lifted))
        halls, low, high = halls[left], low[left], high[left]
    eye = np.array(view.position)
    away = np.maximum(np.maximum(low - eye, eye - high), 0.0)
    distance = np.maximum(np.linalg.norm(away, axis=1), 0.1)
    px_at_1m = height / 2 / math.tan(math.radians(view.angle_deg) / 2)
    order = np.argsort(distance, kind="stable")
    order = order[CABINET_M * px_at_1m / distance[order] >= CABINETS_FROM_PX]
    many = np.cumsum(model.cabinets_in(halls[order], look.focus))
    # The first in any case; without cabinets in focus a storey costs none.
    first = np.cumsum(many > 0) <= 1
    look.near = frozenset(halls[order[(many <= detail.cabinets) | first]].tolist())
    within = (away == 0).all(axis=1)
    look.indoors = int(halls[int(np.argmax(within))]) if within.any() else None
    look.opened = np.zeros(len(model), np.bool_)
    cabinets, distance = _in_sight(model, look, view)
    reach = CABINET_M * px_at_1m / SERVERS_FROM_PX
    held = model.held[cabinets]
    chosen = (distance <= reach) & (held > 0)
    order = np.flatnonzero(chosen)[np.argsort(distance[chosen], kind="stable")]
    order = order[np.cumsum(held[order]) <= detail.racked]
    look.opened[cabinets[order]] = True


def _in_sight(model: Model, look: Look, view: View) -> tuple[Indices, NDArray[np.float64]]:
    """Cabinets in focus on near storeys in front of the camera, and how far away their modules are."""
    cabinets = model.of_kind(Kind.CABINET)
    near = np.isin(model.chunk[cabinets], list(look.near - look.lifted)) & look.focus[cabinets]
    if look.indoors is not None:
        near &= model.chunk[cabinets] == look.indoors
    cabinets = cabinets[near]
    away = model.boxes.base[cabinets].astype(np.float64) - np.array(view.position)
    ahead = -(away @ view.axes()[2])
    distance = np.linalg.norm(away, axis=1)
    # All cabinets of a module are opened together: those of one row would look like another state.
    module = model.module_of[cabinets]
    grouped = module >= 0
    nearest = np.full(len(model), np.inf)
    np.minimum.at(nearest, module[grouped], distance[grouped])
    distance[grouped] = nearest[module[grouped]]
    in_front = np.zeros(len(model), np.bool_)
    in_front[module[grouped & (ahead > -1.0)]] = True
    kept = np.where(grouped, in_front[module], ahead > -1.0)
    return cabinets[kept], distance[kept]


def cabinet_px(model: Model, look: Look, view: View, height: int) -> float:
    """How tall the cabinets in focus are in the picture; 0 where there are none."""
    cabinets = model.of_kind(Kind.CABINET)
    cabinets = cabinets[look.focus[cabinets]]
    if not len(cabinets):
        return 0.0
    return float(np.median(model.boxes.size[cabinets, 2])) / view.metres_per_pixel(height)


def floors_at(model: Model, view: View) -> Indices:
    """Modules and rooms under what the camera looks at, on any storey."""
    floors, (x, y, _) = model.floors, view.focus
    low, high = model.boxes.bounds(floors)
    return floors[(low[:, 0] <= x) & (x <= high[:, 0]) & (low[:, 1] <= y) & (y <= high[:, 1])]


def drawn_lines(model: Model, look: Look, tall_px: float, around: Indices | None = None) -> Lines:
    """Lines worth drawing: dead and surviving ones, and idle ones between equipment in focus.

    Branches to cabinets are drawn where cabinets are large enough for a line to be told apart. Where idle lines are
    too many to follow, those within one module are left out, then those within one building; of dead ones likewise.
    `around`: floors that one stands near to: only idle lines that begin or end there, others pass overhead.
    """
    branches = look.opened if tall_px >= BRANCHES_FROM_PX else np.zeros(len(model), np.bool_)
    lines = gather(model, look.state, branches)
    equipment = model.kind == Kind.EQUIPMENT
    between = equipment[lines.supplier] & equipment[lines.consumer]
    wanted = lines.fate != Fate.IDLE
    idle = (lines.fate == Fate.IDLE) & between & look.focus[lines.supplier] & look.focus[lines.consumer]
    if (look.state >= State.DEGRADED).any() and not look.focus.all():
        # Beside an answer only the trades that people follow: what is dead or carries it is drawn in any case.
        idle &= np.isin(lines.type, (FEEDS, COOLS))
    if around is not None and len(around):
        inside = np.isin(model.floor_of, around)
        idle &= inside[lines.supplier] | inside[lines.consumer]
    # The colour of a cabinet that is lost says that its branches are dead.
    wanted &= (model.kind[lines.consumer] != Kind.CABINET) | (look.state[lines.consumer] < State.LOST)
    building, module = model.building_of, model.module_of
    for space in (np.where(module >= 0, module, building), building):
        apart = (space[lines.supplier] != space[lines.consumer]) | (space[lines.supplier] < 0)
        if int(idle.sum()) > IDLE_LINES_AT_MOST:
            idle &= apart
        # Of very many dead lines those inside say nothing that the colour of what they supply does not say.
        if int((wanted & between).sum()) > TRUNKS_TO_THIN:
            wanted &= apart | ~between
    return lines.where(wanted | idle)


def pickable(model: Model, look: Look) -> NDArray[np.bool_]:
    """Bodies as this level of detail draws them, bool[n]: blocks, cabinets, or what stands in open cabinets."""
    halls = model.halls[0]
    far = np.isin(model.chunk, halls) & ~np.isin(model.chunk, list(look.near))
    spaces = np.isin(model.kind, SPACES)
    body = ~spaces & ~far
    body[model.racked] = look.opened[model.parent[model.racked]]
    body[look.opened] = False
    blocks = model.floors
    body[blocks] = far[blocks]
    within = far & ~spaces & (model.kind == Kind.EQUIPMENT)
    body[within & (model.floor_of < 0)] = True
    if look.indoors is not None:
        body &= model.chunk == look.indoors
    if look.lifted:
        body &= ~np.isin(model.chunk, list(look.lifted))
    return body & look.focus
