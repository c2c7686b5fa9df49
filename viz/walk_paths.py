"""The way of power or cooling to an asset, along which a guided walk leads."""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from schema.errors import BadInput
from viz.layout import supply_rank
from viz.runs import covered

if TYPE_CHECKING:
    from viz.model import Model

FEEDS, COOLS = 0, 1
TRADES: Final = {"power": FEEDS, "cooling": COOLS}
SECOND: Final = 100.0
"""So many steps more one would rather go than over a second choice."""


def supply_path(model: Model, asset: int, trade: int = FEEDS) -> list[int]:
    """The way of power (or of another trade, by code) from its source to an asset, over what has a place.

    The shortest one that no standby source and no second choice of a transfer supplies, where there is one. Of a power
    path or a cooling loop: through parts of it, to the one that is farthest from the source, or, where nothing supplies
    its parts, to what they supply; of a cabinet or space: to the first thing inside that takes this trade.
    """
    topology = model.topology
    start, stop = topology.part_start[asset : asset + 2]
    parts = frozenset(topology.part[start:stop].tolist())
    end = _end(model, asset, trade)
    pumps: set[int] = set()
    after: dict[int, int] = {}
    least = {end: 0.0}
    queue = [(0.0, 0, end)]
    number, at = 0, end
    while queue:
        cost, _, at = heappop(queue)
        if cost > least[at]:
            continue
        found = _suppliers(model, at, trade)
        if not found and trade == COOLS and model.label_of(at) == "Pump" and at not in pumps:
            # A pump moves water and cools none: the way begins there only where it begins nowhere else.
            pumps.add(at)
            least[at] = cost + SECOND
            heappush(queue, (least[at], number, at))
            continue
        if not found:
            break
        for one, second in found.items():
            further = cost + (0.5 if one in parts else 1.0) + (SECOND if second else 0.0)
            if further < least.get(one, inf):
                number += 1
                least[one], after[one] = further, at
                heappush(queue, (further, number, one))
    path = [at]
    while path[-1] != end:
        path.append(after[path[-1]])
    return path


def _suppliers(model: Model, asset: int, trade: int) -> dict[int, bool]:
    """Who supplies an asset and has a place, and whether only as a second choice: on standby, or after another."""
    topology, found = model.topology, dict[int, bool]()
    for group in topology.groups(asset):
        if topology.group_type[group] != trade:
            continue
        priority = topology.member_priority[topology.member_start[group] : topology.member_start[group + 1]]
        for one, rank in zip(topology.suppliers(group).tolist(), priority.tolist(), strict=True):
            if model.boxes.known[one]:
                found.setdefault(one, bool(topology.standby[one] or rank > priority.min()))
    return found


def trade_of(model: Model, asset: int) -> int:
    """The trade that an asset is walked along unless somebody says otherwise: cooling for loops, else power."""
    return COOLS if model.label_of(asset) == "CoolingLoop" else FEEDS


def _end(model: Model, asset: int, trade: int) -> int:
    """Where the walk to an asset ends."""
    topology = model.topology
    start, stop = topology.part_start[asset : asset + 2]
    parts = topology.part[start:stop]
    parts = parts[model.boxes.known[parts]]
    takes = np.zeros(len(model), np.bool_)
    takes[topology.group_owner[topology.group_type == trade]] = True
    if len(parts) and not takes[parts].any():
        groups = topology.supplied_group[covered(topology.supplied_start, parts)[0]]
        beyond = topology.group_owner[groups[topology.group_type[groups] == trade]]
        parts = np.concatenate([beyond[model.boxes.known[beyond]], parts])
    if len(parts):
        parts = parts[takes[parts]] if takes[parts].any() else parts
        return int(parts[int(np.argmax(supply_rank(topology)[parts]))])
    if takes[asset] and model.boxes.known[asset]:
        return asset
    inside = np.flatnonzero(model.contents(np.array([asset])) & takes & model.boxes.known)
    if len(inside):
        return int(inside[0])
    if not model.boxes.known[asset]:
        raise BadInput(f"{topology.ids[asset]} has no place in the picture, and nothing of it has")
    return asset
