"""The supply of one asset back to its sources, drawn so that it can be followed by eye: power and cooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from viz.kinds import Kind
from viz.lines import COOLS, FEEDS, NO_LINES, Fate, Lines, key_of

if TYPE_CHECKING:
    from viz.look import Look
    from viz.model import Model

LINES_AT_MOST: Final = 400


def traced(model: Model, asset: int) -> Lines:
    """Lines of power and of cooling from the sources to an asset, nearest first, at most LINES_AT_MOST.

    Standby sources are left out. A cabinet is followed by what stands in it and takes power. What has no place is
    stepped over: the line then runs on from what supplies it.
    """
    pairs: list[tuple[int, int, int]] = []
    for trade in (FEEDS, COOLS):
        pairs += _upstream(model, _takers(model, asset, trade), trade, LINES_AT_MOST // 2)
    if not pairs:
        return NO_LINES
    supplier, consumer, code = np.array(pairs, np.int64).T
    return Lines(supplier, consumer, code.astype(np.uint8), np.full(len(pairs), Fate.FOLLOWED, np.uint8))


class Trace:
    """The supply of the asset that was asked for last."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._last: tuple[int, Lines] | None = None

    def beside(self, look: Look, asset: int) -> Lines:
        """Its lines as a look shows them: up to closed cabinets, without those that an answer says more of."""
        if self._last is None or self._last[0] != asset:
            self._last = asset, traced(self._model, asset)
        model, lines = self._model, self._last[1]
        ends = np.stack([lines.supplier, lines.consumer])
        closed = (model.kind[ends] == Kind.IN_RACK) & ~look.opened[np.maximum(model.parent[ends], 0)]
        ends[closed] = model.parent[ends[closed]]
        lines = Lines(ends[0], ends[1], lines.type, lines.fate).where(ends[0] != ends[1])
        told = look.lines.where(look.lines.fate != Fate.IDLE)
        return lines.where(~np.isin(key_of(model, lines), key_of(model, told)))


def _takers(model: Model, asset: int, trade: int) -> list[int]:
    """The asset itself if it takes this trade, else what stands in it as in a cabinet and does."""
    if _groups(model, asset, trade) or model.kind[asset] != Kind.CABINET:
        return [asset]
    # Rack PDUs are fed from outside, servers from them.
    held = model.racked[model.parent[model.racked] == asset].tolist()
    inside = set(held)
    return [one for one in held if not any(s in inside for s in _suppliers(model, one, trade))]


def _groups(model: Model, asset: int, trade: int) -> list[int]:
    topology = model.topology
    return [group for group in topology.groups(asset) if topology.group_type[group] == trade]


def _suppliers(model: Model, asset: int, trade: int) -> list[int]:
    """Suppliers of an asset, without those that stand by."""
    topology = model.topology
    found = [int(one) for group in _groups(model, asset, trade) for one in topology.suppliers(group)]
    return [one for one in dict.fromkeys(found) if not topology.standby[one]]


def _upstream(model: Model, start: list[int], trade: int, most: int) -> list[tuple[int, int, int]]:
    known = model.boxes.known
    pairs: list[tuple[int, int, int]] = []
    seen, row = set(start), [(one, one) for one in start]
    while row and len(pairs) < most:
        further: list[tuple[int, int]] = []
        for asset, drawn in row:
            for one in _suppliers(model, asset, trade):
                if known[one] and known[drawn]:
                    pairs.append((one, drawn, trade))
                if one not in seen:
                    seen.add(one)
                    further.append((one, one if known[one] else drawn))
        row = further
    return pairs[:most]
