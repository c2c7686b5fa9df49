"""Supply lines: which are drawn, what became of each, and the way they run.

A line runs up from its supplier to a tray, along x, along y, and down to its consumer, so that the lines of one
supplier share a trunk and can be followed by eye. Ends inside a cabinet are drawn at the cabinet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Floats, Indices
from viz.kinds import Kind
from viz.model import Model, States
from viz.states import COOLING, NETWORK, POWER, SUPPLY, SURVIVING, Pattern, Rgb, State

FEEDS, COOLS, SUPPLIES, CONTROLS, CONNECTS, HOSTS = range(6)
DRAWN_TYPES: Final = (FEEDS, COOLS, SUPPLIES, CONNECTS)
TYPE_COLOUR: Final[dict[int, Rgb]] = {FEEDS: POWER, COOLS: COOLING, SUPPLIES: SUPPLY, CONNECTS: NETWORK}
DEAD: Final[Rgb] = (206, 44, 0)
TRAY_M: Final = {FEEDS: 0.5, COOLS: 0.9, SUPPLIES: 0.2, CONNECTS: 1.3}


class Fate(IntEnum):
    """What the failure did to a line."""

    IDLE = 0
    SURVIVING = 1
    DEAD = 2


@dataclass(frozen=True)
class Lines:
    """Supply lines between drawn assets: supplier, consumer (int64[k]), type code and fate (uint8[k])."""

    supplier: Indices
    consumer: Indices
    type: NDArray[np.uint8]
    fate: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.supplier)

    def where(self, mask: NDArray[np.bool_]) -> Lines:
        """Those lines for which the mask, bool[k], holds."""
        return Lines(self.supplier[mask], self.consumer[mask], self.type[mask], self.fate[mask])


NO_LINES: Final = Lines(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.uint8))


def gather(model: Model, state: States) -> Lines:
    """All lines of the campus with their fate; the lines of one cabinet from one supplier are one line."""
    topology, boxes, kind = model.topology, model.boxes, model.kind
    counts = np.diff(topology.member_start)
    group = np.repeat(np.arange(len(counts)), counts)
    consumer = topology.group_owner[group].astype(np.int64)
    supplier = topology.member.astype(np.int64)
    kind_code = topology.group_type[group]
    dead_supplier = state[supplier] >= State.LOST
    hit = np.zeros(len(counts), np.bool_)
    np.logical_or.at(hit, group, dead_supplier)
    affected = state[consumer] >= State.DEGRADED
    fate = np.full(len(group), Fate.IDLE, np.uint8)
    carries = ~dead_supplier & (state[supplier] != State.DOWN_BEFORE) & (state[consumer] < State.LOST)
    fate[affected & hit[group] & carries] = Fate.SURVIVING
    fate[affected & dead_supplier] = Fate.DEAD

    holder = np.arange(len(kind))
    racked = (kind == Kind.IN_RACK) & (model.parent >= 0)
    holder[racked] = model.parent[racked]
    source, target = holder[supplier], holder[consumer]
    drawn = boxes.known[source] & boxes.known[target] & (source != target) & np.isin(kind_code, DRAWN_TYPES)
    source, target, kind_code, fate = source[drawn], target[drawn], kind_code[drawn], fate[drawn]
    key = (source * len(kind) + target) * 8 + kind_code
    order = np.lexsort((255 - fate, key))
    first = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
    return Lines(source[first], target[first], kind_code[first], fate[first])


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
    """Texels of lines by fate × 6 + type, uint8[18, 4]."""
    table = np.zeros((18, 4), np.uint8)
    plain, dashed = 16 * (Pattern.PLAIN + 1), 16 * (Pattern.DASHED + 1)
    for code in range(6):
        table[Fate.IDLE * 6 + code] = (*TYPE_COLOUR.get(code, NETWORK), plain)
        table[Fate.SURVIVING * 6 + code] = (*SURVIVING, plain)
        table[Fate.DEAD * 6 + code] = (*DEAD, dashed)
    return table
