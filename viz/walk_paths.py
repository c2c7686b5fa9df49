"""The way of power or cooling to an asset, along which a guided walk leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from schema.errors import BadInput
from viz.layout import supply_rank
from viz.runs import covered

if TYPE_CHECKING:
    from viz.model import Model

FEEDS, COOLS = 0, 1
TRADES: Final = {"power": FEEDS, "cooling": COOLS}


def supply_path(model: Model, asset: int, trade: int = FEEDS) -> list[int]:
    """The way of power (or of another trade, by code) from its source to an asset.

    At each step back the first supplier that has a place. Of a power path or a cooling loop: to the part of it that is
    farthest from the source, or, where nothing supplies its parts, to what they supply; of a cabinet or space: to the
    first thing inside that takes this trade.
    """
    topology = model.topology
    path = [_end(model, asset, trade)]
    seen = set(path)
    while True:
        groups = [group for group in topology.groups(path[-1]) if topology.group_type[group] == trade]
        beyond = [int(one) for group in groups for one in topology.suppliers(group)]
        fresh = [one for one in beyond if one not in seen and model.boxes.known[one]]
        if not fresh:
            return path[::-1]
        path.append(fresh[0])
        seen.add(fresh[0])


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
