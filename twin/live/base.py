"""From live state to the base of a question: what is down, what is drawn, what is derated, what batteries hold."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import numpy as np

from twin.impact.question import Live
from twin.live.metrics import CHARGE_PERCENT, DERATED_KW, MOVERS, NETWORK, POWER_KW
from twin.live.reader import LiveState, Moved, open_state
from twin.topology.model import UP, Bools, Floats, Ints, Topology

OWN_DRAW: Final = ("Server", *MOVERS, *NETWORK, "Controller")
"""Labels whose power_kw is their own draw; of the power train it is what passes through."""
TRIES: Final = 3


def live_base(topology: Topology, home: Path) -> Live:
    """What live state says now, for a question on this topology. Raises Unreachable where no live process is."""
    for _ in range(TRIES - 1):
        try:
            return _read(open_state(home), topology)
        except Moved:
            continue
    return _read(open_state(home), topology)


def _read(state: LiveState, topology: Topology) -> Live:
    state.require_alive()
    places, now_s = state.places(topology), time.time()
    asset = state.assets("condition", "bridges")
    condition = aligned(asset["condition"].astype(np.float64), places)
    down = np.flatnonzero(np.nan_to_num(condition, nan=UP) != UP).astype(np.int32)
    values = {m: aligned(state.values(m, now_s), places) for m in (POWER_KW, DERATED_KW)}
    draw = np.where(has_own_draw(topology), np.maximum(values[POWER_KW], 0.0), np.nan)
    share = aligned(hold_share(state.values(CHARGE_PERCENT, now_s), asset["bridges"]), places)
    return Live(down, draw, values[DERATED_KW], np.nan_to_num(share, nan=1.0))


def has_own_draw(topology: Topology) -> Bools:
    """Whose power_kw is what it draws itself (n)."""
    return np.isin(topology.label, [code for code, label in enumerate(topology.labels) if label in OWN_DRAW])


def hold_share(charge_percent: Floats, bridges: Ints) -> Floats:
    """The share of its power_hold_s that each asset has left (n): the mean charge of what bridges it, 1 if unknown."""
    telling = np.flatnonzero((bridges >= 0) & ~np.isnan(charge_percent))
    count = np.bincount(bridges[telling], minlength=len(bridges))
    total = np.bincount(bridges[telling], np.clip(charge_percent[telling] / 100, 0, 1), len(bridges))
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)


def aligned(values: Floats, places: Ints | None) -> Floats:
    """Values by the index of another topology; NaN for what is new there."""
    if places is None:
        return values
    return np.where(places >= 0, values[np.maximum(places, 0)], np.nan)
