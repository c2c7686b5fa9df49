"""What the labels of a picture say: failed and lost equipment by name, loads by count, places by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Floats, Indices
from viz.camera import View
from viz.kinds import Kind
from viz.labels import Label
from viz.model import Model, States
from viz.schematic import clusters
from viz.section import Section
from viz.states import AFFECTED, STYLES, State
from viz.words import Texts, breakdown, counted, tally_of

PRIORITY: Final = {
    State.FAILED: 100.0,
    State.MAINTENANCE: 80.0,
    State.LOST: 70.0,
    State.AT_RISK: 45.0,
    State.DEGRADED: 35.0,
}
NAMED_AT_MOST: Final = 2
GROUPS_AT_MOST: Final = 8
UPSTREAM: Final = (
    "UtilityFeed",
    "Substation",
    "Generator",
    "Transformer",
    "Switchboard",
    "TransferSwitch",
    "UPS",
    "Rectifier",
    "Chiller",
    "CoolingTower",
    "DryCooler",
    "CDU",
    "Pump",
    "PDU",
    "Busway",
    "AirHandler",
)
FAILED_AT_MOST: Final = 12
STANDING: Final = (Kind.MODULE, Kind.ROOM, Kind.EQUIPMENT, Kind.CABINET)
MODULES_AT_MOST: Final = 8
FEW: Final = 30
DETAILED_AT_MOST: Final = 11
DETAIL_LETTERS: Final = 34


@dataclass(frozen=True)
class Frame:
    """What labels are set against: campus, states and names, camera with the picture's size, and what is cut away."""

    model: Model
    names: Texts | None
    state: States
    view: View
    width: int
    height: int
    section: Section | None = None

    def label(  # noqa: PLR0913
        self, index: Indices, text: str, state: State, priority: float, detail: str = "", *, bold: bool = False
    ) -> Label:
        """A label at the member that stands nearest to the middle of a group; nowhere if all of it is cut away."""
        if self.section is not None:
            index = index[~self.section.cuts(self.model.boxes.centre(index))]
            if not len(index):
                return Label(np.nan, np.nan, text, state, priority, detail, bold)
        top = self.model.boxes.top(index)
        chosen = int(np.argmin(((top - top.mean(axis=0)) ** 2).sum(axis=1)))
        return self.label_at(top[chosen], text, state, priority, detail, bold=bold)

    def label_at(  # noqa: PLR0913
        self, point: Floats, text: str, state: State, priority: float, detail: str = "", *, bold: bool = False
    ) -> Label:
        """A label at a point of the campus."""
        px, py, _ = self.view.project(point[None], self.width, self.height)[0]
        x, y, z = (float(part) for part in point)
        return Label(float(px), float(py), text, state, priority, detail, bold, (x, y, z))

    def inside(self, space: int) -> Indices:
        """The equipment, cabinets and modules that stand in a space, else the space itself."""
        held = self.model.contents(np.array([space])) & np.isin(self.model.kind, STANDING) & self.model.boxes.known
        found = np.flatnonzero(held)
        return found if len(found) else np.array([space])

    def id(self, asset: int) -> str:
        """Id of an asset: what one types to ask about it."""
        return self.model.topology.ids[asset]

    def about(self, asset: int) -> str:
        """Name of an asset if it says more than its id, else its label."""
        name = self.names[asset] if self.names is not None else ""
        if name and name != self.id(asset) and len(name) <= DETAIL_LETTERS:
            return name
        return self.model.label_of(asset)


def written_labels(frame: Frame, notes: Mapping[int, str], *, places: bool = True) -> list[Label]:
    """Labels for an answer in the pixels of the picture; `notes` are remarks on assets (overloaded, called)."""
    labels = [*_equipment(frame, notes), *_loads(frame), *([*_places(frame), *_schematic(frame)] if places else ())]
    seen = [one for one in labels if 0 <= one.x < frame.width and 0 <= one.y < frame.height]
    if len(seen) <= DETAILED_AT_MOST:
        return seen
    # Where many are named, the mark tells the state and the panel the rest: more of the scene is to be seen.
    return [one if one.priority >= PRIORITY[State.FAILED] or one.bold else replace(one, detail="") for one in seen]


def on_foot(state: States, notes: Mapping[int, str], named: Iterable[int | None]) -> tuple[States, dict[int, str]]:
    """States and notes for a picture on foot, which names only what is asked for.

    Labels of what stands behind walls would hide the aisle.
    """
    kept = {asset: text for asset, text in notes.items() if asset in set(named)}
    return np.where(np.isin(np.arange(len(state)), list(kept)), state, np.uint8(State.GHOST)), kept


def visible(state: States, notes: Mapping[int, str], hidden: NDArray[np.bool_]) -> tuple[States, dict[int, str]]:
    """States and notes for a picture in which some assets, bool[n], are hidden: nothing is said of them."""
    if not hidden.any():
        return state, dict(notes)
    return np.where(hidden, np.uint8(State.GHOST), state), {one: text for one, text in notes.items() if not hidden[one]}


def _equipment(frame: Frame, notes: Mapping[int, str]) -> Iterator[Label]:
    """Equipment in a state of its own: by id while few of a sort stand together, else counted."""
    model, state = frame.model, frame.state
    bodies = model.of_kind(Kind.EQUIPMENT, Kind.CABINET, Kind.IN_RACK, Kind.MODULE, Kind.ROOM, Kind.BUILDING)
    yield from _one_by_one(frame, bodies[state[bodies] == State.FAILED][:FAILED_AT_MOST], {})
    out = bodies[(state[bodies] == State.MAINTENANCE) & ~np.isin(bodies, list(notes))]
    yield from _one_by_one(frame, out[:FAILED_AT_MOST], {})
    noted = [asset for asset in notes if model.boxes.known[asset] and state[asset] != State.FAILED]
    yield from _one_by_one(frame, np.array(noted[:FAILED_AT_MOST], np.int64), notes)
    equipment = model.of_kind(Kind.EQUIPMENT)
    equipment = equipment[~np.isin(equipment, noted)]
    if len(equipment) <= FEW:
        up_or_down = (state[equipment] != State.FAILED) & (state[equipment] != State.GHOST)
        yield from _one_by_one(frame, equipment[up_or_down], {})
        return
    # Loads are counted by `_loads`.
    equipment = equipment[~model.topology.loads[equipment]]
    for value in AFFECTED[1:]:
        chosen = equipment[state[equipment] == value]
        for members in _most_telling(model, _grouped(model, chosen)):
            if len(members) <= NAMED_AT_MOST:
                yield from _one_by_one(frame, members, {})
            else:
                text = f"{counted(model.label_of(int(members[0])), len(members))} {STYLES[value].word}"
                yield frame.label(members, text, value, PRIORITY[value] + 5)


def _one_by_one(frame: Frame, members: Indices, notes: Mapping[int, str]) -> Iterator[Label]:
    for asset in members.tolist():
        value = State(int(frame.state[asset]))
        note = notes.get(asset)
        detail = note or f"{frame.about(asset)} · {STYLES[value].word}"
        priority = 60.0 if note else PRIORITY.get(value, 30.0)
        yield frame.label(np.array([asset]), frame.id(asset), value, priority, detail, bold=value == State.FAILED)


def _grouped(model: Model, members: Indices) -> list[Indices]:
    """Members by label and module; by label and building, then by label alone, where those are too many."""
    if not len(members):
        return []
    label = model.topology.label[members].astype(np.int64)
    groups: list[Indices] = []
    for kind in (Kind.MODULE, Kind.BUILDING, None):
        place = model.enclosing(members, kind) if kind is not None else np.zeros(len(members), np.int64)
        key = (place + 1) * 256 + label
        groups = [members[key == one] for one in np.unique(key)]
        labels = sum(min(len(group), NAMED_AT_MOST) if len(group) <= NAMED_AT_MOST else 1 for group in groups)
        if labels <= GROUPS_AT_MOST:
            break
    return groups


def _most_telling(model: Model, groups: list[Indices]) -> list[Indices]:
    """The groups nearest to the source of power, then of cooling; the legend counts them all."""
    order = {label: number for number, label in enumerate(UPSTREAM)}
    return sorted(groups, key=lambda group: order.get(model.label_of(int(group[0])), len(order)))[:GROUPS_AT_MOST]


def _loads(frame: Frame) -> Iterator[Label]:
    """Loads that stand somewhere, counted for each module (for each building where modules are many)."""
    model, state = frame.model, frame.state
    loads = np.flatnonzero(model.topology.loads & model.boxes.known)
    if len(model.of_kind(Kind.EQUIPMENT)) <= FEW:
        loads = loads[model.kind[loads] != Kind.EQUIPMENT]
    place = model.module_of[loads]
    if len(np.unique(place[state[loads] >= State.DEGRADED])) > GROUPS_AT_MOST:
        place = model.building_of[loads]
    for value in (State.LOST, State.AT_RISK, State.DEGRADED):
        chosen = state[loads] == value
        for where in np.unique(place[chosen]).tolist():
            members = loads[chosen & (place == where)]
            text = f"{counted(model.label_of(int(members[0])), len(members))} {STYLES[value].word}"
            detail = ", ".join(frame.id(one) for one in members.tolist()) if len(members) <= NAMED_AT_MOST else ""
            yield frame.label(members, text, value, PRIORITY[value] + 15, detail, bold=value == State.LOST)


def _places(frame: Frame) -> Iterator[Label]:
    """Names of modules and buildings: before a question over their middle, after it at their highest corner."""
    model, state = frame.model, frame.state
    worst = model.worst(state)
    asked = bool((state >= State.DEGRADED).any())
    for kind, priority in ((Kind.MODULE, 25.0), (Kind.BUILDING, 30.0)):
        places = model.of_kind(kind)
        if kind == Kind.MODULE:
            places = places[worst[places] >= State.DEGRADED] if asked else places
            places = places if len(places) <= MODULES_AT_MOST else places[:0]
        if not len(places):
            continue
        corners = model.boxes.corners(places)
        pixels = frame.view.project(corners.reshape(-1, 3), frame.width, frame.height).reshape(-1, 8, 3)
        for asset, points, eight in zip(places.tolist(), corners, pixels, strict=True):
            middle = model.boxes.centre(np.array([asset]))
            away = frame.section is not None and bool(frame.section.cuts(middle)[0])
            if away or not np.isfinite(eight).all() or state[asset] == State.FAILED:
                continue
            # The ground corner of a building, the upper corner of a module.
            corner = points[int(np.argmin(eight[: 4 if kind == Kind.BUILDING else 8, 1]))]
            touched = worst[asset] >= State.DEGRADED
            detail = ""
            if touched and kind == Kind.BUILDING:
                held = _holds(model, asset, state == State.LOST)
                detail = f"lost: {held}" if held else "no load lost"
            if not asked and kind == Kind.BUILDING:
                detail = _holds(model, asset)
            rank = priority + (5.0 if touched else 0.0)
            if asked:
                yield frame.label_at(corner, frame.id(asset), State.GHOST, rank, detail)
            else:
                yield frame.label(frame.inside(asset), frame.id(asset), State.GHOST, rank, detail)


def _schematic(frame: Frame) -> Iterator[Label]:
    """Before a question: what is set out in a dashed frame because no source places it, counted."""
    model = frame.model
    if (frame.state >= State.DEGRADED).any():
        return
    for members in clusters(model):
        text = f"{len(members):,} without a place, set out schematically"
        yield frame.label(members, text, State.GHOST, 20.0, breakdown(tally_of(model.topology, members), 3))


def _holds(model: Model, space: int, among: NDArray[np.bool_] | None = None) -> str:
    """Loads inside a space, counted."""
    inside = model.contents(np.array([space])) & model.topology.loads
    if among is not None:
        inside &= among
    counts = np.bincount(model.topology.label[inside], minlength=len(model.topology.labels))
    return breakdown(Counter({model.topology.labels[j]: int(counts[j]) for j in np.flatnonzero(counts)}), 2)
