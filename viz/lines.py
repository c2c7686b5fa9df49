"""Supply lines: which are drawn, what became of each, and the way they run.

A line runs up from its supplier to a tray, along x, along y, and down to its consumer, so that the lines of one
supplier share a trunk and can be followed by eye. Ends inside a cabinet are drawn at the cabinet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Floats, Indices
from viz.kinds import Kind
from viz.runs import covered
from viz.states import COOLING, NETWORK, POWER, SUPPLY, SURVIVING, Pattern, Rgb, State

if TYPE_CHECKING:
    from viz.model import Model, States

FEEDS, COOLS, SUPPLIES, CONTROLS, CONNECTS, HOSTS = range(6)
DRAWN_TYPES: Final = (FEEDS, COOLS, SUPPLIES, CONNECTS)
TYPE_COLOUR: Final[dict[int, Rgb]] = {FEEDS: POWER, COOLS: COOLING, SUPPLIES: SUPPLY, CONNECTS: NETWORK}
DEAD: Final[Rgb] = (206, 44, 0)
FOLLOWED: Final[Rgb] = (200, 0, 110)
TRAY_M: Final = {FEEDS: 0.5, COOLS: 0.9, SUPPLIES: 0.2, CONNECTS: 1.3}


class Fate(IntEnum):
    """What the failure did to a line; or that a guided walk follows it."""

    IDLE = 0
    SURVIVING = 1
    DEAD = 2
    FOLLOWED = 3


@dataclass(frozen=True)
class Lines:
    """Supply lines between drawn assets: supplier, consumer (int64[k]), type code and fate (uint8[k])."""

    supplier: Indices
    consumer: Indices
    type: NDArray[np.uint8]
    fate: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.supplier)

    def key(self) -> bytes:
        """What tells these lines from others."""
        return b"".join(part.tobytes() for part in (self.supplier, self.consumer, self.type, self.fate))

    def where(self, mask: NDArray[np.bool_] | Indices) -> Lines:
        """Those lines for which the mask, bool[k], holds, or those at these positions."""
        return Lines(self.supplier[mask], self.consumer[mask], self.type[mask], self.fate[mask])


NO_LINES: Final = Lines(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.uint8))


@dataclass(frozen=True)
class Wiring:
    """The supply lines of a campus before any question: where each asset's lines end, and those between equipment."""

    holder: Indices
    """n: the cabinet that each asset's lines end at, or the asset itself."""
    trunks: Lines
    """Between equipment, sorted by `key_of`."""
    key: NDArray[np.int64]


def wiring(model: Model) -> Wiring:
    """Prepare the lines of a campus."""
    holder = np.arange(len(model), dtype=np.int64)
    racked = (model.kind == Kind.IN_RACK) & (model.parent >= 0)
    holder[racked] = model.parent[racked]
    topology = model.topology
    equipment = model.kind == Kind.EQUIPMENT
    groups = np.flatnonzero(equipment[topology.group_owner])
    member, group = _members(model, groups)
    member, group = member[equipment[topology.member[member]]], group[equipment[topology.member[member]]]
    idle = np.full(len(member), Fate.IDLE, np.uint8)
    trunks = _joined(model, holder, member, group, idle)
    return Wiring(holder, trunks, key_of(model, trunks))


def gather(model: Model, state: States, branches: NDArray[np.bool_] | None = None) -> Lines:
    """Lines with their fate: all between equipment, and those to and from affected cabinets.

    `branches`, bool[n]: only cabinets for which this holds get lines; None: all. The lines of one cabinet from one
    supplier are one line, in the worst of their fates.
    """
    topology, wired = model.topology, model.wiring
    owners = np.flatnonzero(state >= State.DEGRADED)
    if branches is not None:
        owners = owners[(model.kind[owners] == Kind.EQUIPMENT) | branches[wired.holder[owners]]]
    member, group = _members(model, covered(topology.owner_start, owners)[0])
    if not len(member):
        return wired.trunks
    supplier, consumer = topology.member[member], topology.group_owner[group]
    down = state[supplier] >= State.LOST
    start = np.flatnonzero(np.diff(group, prepend=-1))
    hit = np.repeat(np.logical_or.reduceat(down, start), np.diff(np.append(start, len(group))))
    carries = ~down & (state[supplier] != State.DOWN_BEFORE) & (state[consumer] < State.LOST)
    fate = np.full(len(member), Fate.IDLE, np.uint8)
    fate[hit & carries] = Fate.SURVIVING
    fate[down] = Fate.DEAD
    told = fate != Fate.IDLE
    lines = _joined(model, wired.holder, member[told], group[told], fate[told])
    rest = wired.trunks.where(~np.isin(wired.key, key_of(model, lines)))
    return Lines(
        np.concatenate([rest.supplier, lines.supplier]),
        np.concatenate([rest.consumer, lines.consumer]),
        np.concatenate([rest.type, lines.type]),
        np.concatenate([rest.fate, lines.fate]),
    )


def key_of(model: Model, lines: Lines) -> NDArray[np.int64]:
    """A number for each line: by supplier, consumer and type."""
    return (lines.supplier * len(model) + lines.consumer) * 8 + lines.type


def _members(model: Model, groups: Indices) -> tuple[Indices, Indices]:
    """Positions in `member` of all suppliers of these groups, and the group of each."""
    positions, counts = covered(model.topology.member_start, groups)
    return positions, np.repeat(groups, counts)


def _joined(model: Model, holder: Indices, member: Indices, group: Indices, fate: NDArray[np.uint8]) -> Lines:
    """The lines of these supplies, one for each supplier, consumer and type that are drawn, in its worst fate."""
    topology, known = model.topology, model.boxes.known
    kind_code = topology.group_type[group]
    source, target = holder[topology.member[member]], holder[topology.group_owner[group]]
    drawn = known[source] & known[target] & (source != target) & np.isin(kind_code, DRAWN_TYPES)
    lines = Lines(source[drawn], target[drawn], kind_code[drawn], fate[drawn])
    key = key_of(model, lines)
    order = np.lexsort((255 - lines.fate, key))
    return lines.where(order[np.flatnonzero(np.diff(key[order], prepend=-1))])


def segments(boxes: Boxes, lines: Lines) -> Floats:
    """The way of each line, float32[k, 4, 2, 3]: up, along x, along y, down."""
    start, stop = boxes.top(lines.supplier), boxes.top(lines.consumer)
    tray = np.array([TRAY_M.get(code, 0.5) for code in range(6)], np.float32)[lines.type]
    # Trunks of neighbouring suppliers run side by side rather than inside each other.
    lane = ((lines.supplier * 7) % 5 - 2).astype(np.float32) * 0.14
    level = np.maximum(start[:, 2], stop[:, 2]) + tray + lane * 0.3
    way = np.empty((len(lines), 5, 3), np.float32)
    start[:, 1] += lane
    stop[:, 0] += lane
    way[:, 0] = start
    way[:, 1] = start
    way[:, 1, 2] = level
    way[:, 2] = way[:, 1]
    way[:, 2, 0] = stop[:, 0]
    way[:, 3] = stop
    way[:, 3, 2] = level
    way[:, 4] = stop
    return np.stack([way[:, :-1], way[:, 1:]], axis=2)


def line_palette() -> NDArray[np.uint8]:
    """Texels of lines by fate × 6 + type, uint8[24, 4]."""
    table = np.zeros((24, 4), np.uint8)
    plain, dashed = 16 * (Pattern.PLAIN + 1), 16 * (Pattern.DASHED + 1)
    for code in range(6):
        table[Fate.IDLE * 6 + code] = (*TYPE_COLOUR.get(code, NETWORK), plain)
        table[Fate.SURVIVING * 6 + code] = (*SURVIVING, plain)
        table[Fate.DEAD * 6 + code] = (*DEAD, dashed)
        table[Fate.FOLLOWED * 6 + code] = (*FOLLOWED, plain)
    return table
