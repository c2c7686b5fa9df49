"""A schematic layout for assets that no source places, derived from containment and supply.

What has a place keeps it. What has none is set out inside the space that contains it: equipment in columns from
the sources on the left to the loads on the right, cabinets in rows with aisles, spaces side by side. Such boxes are
marked schematic, and the picture says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Boxes, Floats, Indices
from viz.kinds import SPACES, Kind

if TYPE_CHECKING:
    from twin.topology.model import Topology

FEEDS: Final = 0
RELAXATIONS: Final = 32
PAD_M: Final = 1.6
AISLE_M: Final = 1.5
EMPTY_SPACE_M: Final = (4.0, 4.0, 0.4)

# Length, width, height in metres of what no source sizes: typical bodies, only to be told apart.
SIZES: Final[dict[str, tuple[float, float, float]]] = {
    "Cabinet": (0.6, 1.2, 2.2),
    "Server": (1.0, 1.0, 0.5),
    "UPS": (2.0, 1.0, 2.0),
    "Battery": (1.6, 1.0, 1.8),
    "Generator": (5.0, 2.0, 2.4),
    "Substation": (6.0, 5.0, 3.5),
    "UtilityFeed": (2.0, 2.0, 3.5),
    "Transformer": (2.4, 1.8, 2.2),
    "Switchboard": (3.0, 1.0, 2.1),
    "Chiller": (4.0, 2.0, 2.4),
    "CoolingTower": (3.5, 3.5, 3.5),
    "DryCooler": (5.0, 2.0, 2.2),
    "Tank": (2.5, 2.5, 2.5),
    "WaterSupply": (2.0, 2.0, 2.0),
    "AirHandler": (2.5, 1.5, 2.4),
    "CDU": (1.0, 1.2, 2.0),
    "Pump": (1.2, 0.8, 1.0),
    "PDU": (1.2, 0.9, 2.0),
    "RackPDU": (0.6, 0.3, 1.2),
    "Busway": (4.0, 0.3, 0.3),
    "CoreNode": (4.0, 4.0, 3.0),
    "EdgeNode": (3.0, 3.0, 2.4),
    "FibreRoute": (3.0, 0.6, 0.6),
}
OTHER_SIZE: Final = (1.2, 0.9, 1.6)


def supply_rank(topology: Topology) -> NDArray[np.int32]:
    """How many supplies deep each asset stands, int32[n]: 0 for sources; power first, else any supply."""
    counts = np.diff(topology.member_start)
    group = np.repeat(np.arange(len(counts)), counts)
    owner = topology.group_owner[group]
    usable = ~topology.member_in_loop
    feeds = usable & (topology.group_type[group] == FEEDS)
    fed = np.zeros(len(topology.label), np.bool_)
    fed[owner[feeds]] = True
    # Assets without power are ranked by what else they are supplied with.
    chosen = feeds | (usable & ~fed[owner])
    supplier, consumer = topology.member[chosen], owner[chosen]
    rank = np.zeros(len(topology.label), np.int32)
    for _ in range(RELAXATIONS):
        before = rank.copy()
        np.maximum.at(rank, consumer, rank[supplier] + 1)
        if (rank == before).all():
            break
    return rank


@dataclass(frozen=True)
class _Site:
    """What is set out, and the arrays that are filled on the way."""

    topology: Topology
    kind: NDArray[np.uint8]
    parent: NDArray[np.int32]
    levels: tuple[Indices, ...]
    base: Floats
    size: Floats
    turn: Floats


def arrange(
    topology: Topology,
    kind: NDArray[np.uint8],
    parent: NDArray[np.int32],
    levels: tuple[Indices, ...],
    placed: Boxes,
) -> Boxes:
    """Boxes of all assets that have a body: those placed, and the others set out schematically."""
    site = _Site(topology, kind, parent, levels, placed.base.copy(), placed.size.copy(), placed.turn.copy())
    missing = (kind != Kind.LOGICAL) & ~placed.known
    racked = missing & (kind == Kind.IN_RACK)
    around = _enclose(site, placed.known)
    missing &= ~racked & ~around
    if missing.any():
        _set_out(site, missing)
    known, schematic = placed.known | around | missing, placed.schematic | missing
    boxes = Boxes(site.base, site.size, site.turn, known, schematic)
    if racked.any():
        _fill_racks(topology, parent, np.flatnonzero(racked), boxes)
    return boxes


def _enclose(site: _Site, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give spaces without a place of their own the box around what is placed in them; returns which, bool[n]."""
    base, size, n = site.base, site.size, len(site.kind)
    low, high = np.full((n, 3), np.inf, np.float32), np.full((n, 3), -np.inf, np.float32)
    # A turned box stays within its diagonal; one that is not turned, or by a right angle, within its longer side.
    half = np.minimum(np.hypot(size[:, 0], size[:, 1]), np.maximum(size[:, 0], size[:, 1]) * 1.2) / 2
    half = np.where(site.turn == 0, 0, half)[:, None]
    reach = np.where(half > 0, half, size[:, :2] / 2)
    low[known, :2], high[known, :2] = base[known, :2] - reach[known], base[known, :2] + reach[known]
    low[known, 2], high[known, 2] = base[known, 2], base[known, 2] + size[known, 2]
    around = np.zeros(n, np.bool_)
    spaces = np.isin(site.kind, SPACES)
    for members in reversed(site.levels):
        made = members[spaces[members] & ~known[members] & np.isfinite(low[members, 0])]
        around[made] = True
        base[made] = (low[made] + high[made]) / 2
        base[made, 2] = low[made, 2]
        size[made] = np.maximum(high[made] - low[made], 0.1)
        inside = members[site.parent[members] >= 0]
        np.minimum.at(low, site.parent[inside], low[inside])
        np.maximum.at(high, site.parent[inside], high[inside])
    return around


def _set_out(site: _Site, missing: NDArray[np.bool_]) -> None:
    """Pack the missing inside their parents from the bottom up, then set them down from the top."""
    kind, size = site.kind, site.size
    wanted = np.array([SIZES.get(label, OTHER_SIZE) for label in site.topology.labels], np.float32)
    leaf = missing & ~np.isin(kind, SPACES)
    size[leaf] = wanted[site.topology.label[leaf]]
    size[missing & ~leaf] = EMPTY_SPACE_M
    rank = supply_rank(site.topology)
    offset = np.zeros((len(kind), 2), np.float32)
    fit = np.ones(len(kind), np.float32)
    for members in reversed(site.levels):
        for above, children in _by_parent(members[missing[members]], site.parent):
            places, extent = _pack(children, kind, rank, size)
            offset[children] = places
            if above < 0:
                continue
            if missing[above]:
                tallest = float(size[children, 2].max())
                size[above] = (extent[0] + 2 * PAD_M, extent[1] + 2 * PAD_M, tallest + 0.6)
            else:
                fit[above] = min(1.0, *(size[above, :2] * 0.94 / np.maximum(extent, 0.01)).tolist())
    _set_down(site, missing, offset, fit)


def _set_down(site: _Site, missing: NDArray[np.bool_], offset: Floats, fit: Floats) -> None:
    """Turn places inside parents, float32[n, 2], into places on the campus; `fit` shrinks what is too wide."""
    base, size, turn, parent = site.base, site.size, site.turn, site.parent
    scale = np.ones(len(fit), np.float32)
    corner = _free_corner(missing, base, size, site.levels[0])
    for depth, members in enumerate(site.levels):
        inside = members[missing[members]]
        if depth == 0:
            base[inside, :2] = offset[inside] + corner
            continue
        above = parent[inside]
        scale[inside] = scale[above] * fit[above]
        size[inside] *= scale[inside, None]
        cos, sin = np.cos(turn[above]), np.sin(turn[above])
        x, y = (offset[inside] * scale[inside, None]).T
        base[inside, 0] = base[above, 0] + x * cos - y * sin
        base[inside, 1] = base[above, 1] + x * sin + y * cos
        base[inside, 2] = base[above, 2] + 0.12
        turn[inside] = turn[above]


def _by_parent(members: Indices, parent: NDArray[np.int32]) -> list[tuple[int, Indices]]:
    order = members[np.argsort(parent[members], kind="stable")]
    starts = np.flatnonzero(np.diff(parent[order], prepend=-2))
    return [(int(parent[piece[0]]), piece) for piece in np.split(order, starts[1:]) if len(piece)]


def _free_corner(missing: NDArray[np.bool_], base: Floats, size: Floats, top: Indices) -> Floats:
    """Where the unplaced top of the campus goes: the origin, or south of what is placed."""
    placed = ~missing & (size > 0).all(axis=1)
    loose = top[missing[top]]
    if not placed.any() or not len(loose):
        return np.zeros(2, np.float32)
    low = (base[placed, :2] - size[placed, :2] / 2).min(axis=0)
    high = (base[placed, :2] + size[placed, :2] / 2).max(axis=0)
    depth = float(size[loose, 1].sum())
    return np.array([(low[0] + high[0]) / 2, low[1] - depth / 2 - 8.0], np.float32)


def _pack(
    children: Indices, kind: NDArray[np.uint8], rank: NDArray[np.int32], size: Floats
) -> tuple[Floats, tuple[float, float]]:
    """Places of children around the middle of their space, float32[k, 2], and the room they take."""
    places = np.zeros((len(children), 2), np.float32)
    right = 0.0
    equipment = ~np.isin(kind[children], SPACES) & (kind[children] != Kind.CABINET)
    cabinets, spaces = kind[children] == Kind.CABINET, np.isin(kind[children], SPACES)
    pieces: list[tuple[NDArray[np.bool_], Floats, Floats]] = []
    if equipment.any():
        pieces.append((equipment, *_columns(size[children[equipment], :2], rank[children[equipment]])))
    if cabinets.any():
        pieces.append((cabinets, *_rows(size[children[cabinets], :2])))
    if spaces.any():
        pieces.append((spaces, *_shelves(size[children[spaces], :2])))
    tall = max(float(extent[1]) for _, _, extent in pieces)
    for mask, block, extent in pieces:
        places[mask, 0] = block[:, 0] + right
        places[mask, 1] = block[:, 1] + (tall - extent[1]) / 2
        right += float(extent[0]) + 2 * AISLE_M
    right -= 2 * AISLE_M
    return places - np.array([right / 2, tall / 2], np.float32), (right, tall)


def _columns(size: Floats, rank: NDArray[np.int32]) -> tuple[Floats, Floats]:
    """Equipment in columns by depth of supply, sources on the left; long columns are folded."""
    places = np.zeros_like(size)
    most = max(6, math.ceil(math.sqrt(len(size) * 1.2)))
    x = 0.0
    columns: list[tuple[Indices, float]] = []
    for depth in np.unique(rank):
        members = np.flatnonzero(rank == depth)
        for part in np.array_split(members, -(-len(members) // most)):
            pitch = size[part, 1] + AISLE_M
            ends = np.cumsum(pitch)
            places[part, 0] = x + size[part, 0].max() / 2
            places[part, 1] = ends - pitch / 2
            columns.append((part, float(ends[-1])))
            x += float(size[part, 0].max()) + 2 * AISLE_M
    tall = max(height for _, height in columns)
    for part, height in columns:
        places[part, 1] = tall - places[part, 1] - (tall - height) / 2
    return places, np.array([x - 2 * AISLE_M, tall], np.float32)


def _rows(size: Floats) -> tuple[Floats, Floats]:
    """Cabinets in rows along x, two rows back to back, then an aisle."""
    length, width = float(size[:, 0].max()), float(size[:, 1].max())
    count = len(size)
    across = max(1, min(count, math.ceil(math.sqrt(count * (width + AISLE_M) / length * 1.5))))
    number = np.arange(count)
    row = number // across
    places = np.empty_like(size)
    places[:, 0] = (number % across + 0.5) * length
    places[:, 1] = row * (width + 0.1) + (row + 1) // 2 * AISLE_M + width / 2
    return places, np.array([across * length, float(places[:, 1].max()) + width / 2], np.float32)


def _shelves(size: Floats) -> tuple[Floats, Floats]:
    """Spaces side by side on shelves, the whole about as wide as it is deep."""
    gap = 3.0
    wide = max(float(size[:, 0].max()), math.sqrt(float(((size[:, 0] + gap) * (size[:, 1] + gap)).sum()) * 1.6))
    places = np.empty_like(size)
    x = y = shelf = extent = 0.0
    for i, (length, width) in enumerate(size.tolist()):
        if x and x + length > wide:
            x, y, shelf = 0.0, y + shelf + gap, 0.0
        places[i] = (x + length / 2, y + width / 2)
        x += length + gap
        shelf = max(shelf, width)
        extent = max(extent, x - gap)
    places[:, 1] = y + shelf - places[:, 1]
    return places, np.array([extent, y + shelf], np.float32)


def _fill_racks(topology: Topology, parent: NDArray[np.int32], racked: Indices, boxes: Boxes) -> None:
    """Set what no source places into its cabinet: servers one above the other, rack PDUs as strips at the back.

    Drawn in order, not by rack unit, so schematic; writes into `boxes`.
    """
    above = parent[racked]
    strip = np.array([label == "RackPDU" for label in topology.labels])[topology.label[racked]]
    cabinet, turn = boxes.size[above], boxes.turn[above]
    local = np.zeros((len(racked), 3), np.float32)
    size = np.empty_like(local)
    for mask in (strip, ~strip):
        order = np.flatnonzero(mask)[np.argsort(above[mask], kind="stable")]
        starts = np.flatnonzero(np.diff(above[order], prepend=-1))
        counts = np.diff(np.append(starts, len(order)))
        number = np.arange(len(order)) - np.repeat(starts, counts)
        held = cabinet[order]
        if mask is strip:
            size[order] = np.stack([np.full(len(order), 0.06), np.full(len(order), 0.06), held[:, 2] * 0.8], 1)
            local[order, 0] = np.where(number % 2 == 0, -1, 1) * (held[:, 0] / 2 - 0.06)
            local[order, 1] = held[:, 1] / 2 + 0.03
            local[order, 2] = held[:, 2] * 0.1
        else:
            pitch = (held[:, 2] - 0.2) / np.maximum(np.repeat(counts, counts), 6)
            size[order] = np.stack([held[:, 0] * 0.96, held[:, 1] * 0.96, pitch * 0.86], 1)
            local[order, 2] = 0.08 + number * pitch
    cos, sin = np.cos(turn), np.sin(turn)
    boxes.base[racked, 0] = boxes.base[above, 0] + local[:, 0] * cos - local[:, 1] * sin
    boxes.base[racked, 1] = boxes.base[above, 1] + local[:, 0] * sin + local[:, 1] * cos
    boxes.base[racked, 2] = boxes.base[above, 2] + local[:, 2]
    boxes.size[racked] = size
    boxes.turn[racked] = turn
    boxes.known[racked] = boxes.known[above]
    boxes.schematic[racked] = True
