"""The condition of each asset, from the points that tell it: reported, a breaker out of place, a generator in fault.

Out for maintenance wins over down, down over up. Idle standby is up, and so is a breaker in its normal position. A
value that its source calls bad or stale changes nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.live.facts import Facts
from twin.live.metrics import BREAKER, CONDITION, GENERATOR, METRICS
from twin.live.points import Batch, Quality
from twin.live.state import State
from twin.topology.distinct import distinct
from twin.topology.model import DOWN, OUT, UP, Codes, Ints

TELLING: Final = (CONDITION, BREAKER, GENERATOR)
"""The metrics that make a condition."""

FAULT: Final = METRICS[GENERATOR].choices.index("fault")
OPEN: Final = METRICS[BREAKER].choices.index("open")


def note_conditions(state: State, facts: Facts, batch: Batch, places: Ints) -> Ints:
    """Bring the conditions of the assets of a batch up to date, after it was taken; returns those that changed."""
    if batch.metric not in TELLING or not len(places):
        return np.empty(0, np.int32)
    assets = distinct(batch.assets[places])
    now = _conditions(state, facts, assets)
    before = state.file.asset["condition"][assets]
    moved = now != before
    changed = assets[moved].astype(np.int32)
    if len(changed):
        state.set_condition(changed, now[moved], state.file.rows[batch.metric]["source_s"][changed])
    return changed


def _conditions(state: State, facts: Facts, assets: Ints) -> Codes:
    reported, told = _believed(state, CONDITION, assets)
    codes = np.where(told, reported, UP)
    # What cannot be believed now leaves the condition as it was.
    doubted = ~told & (state.file.rows[CONDITION]["quality"][assets] != Quality.NONE)
    codes = np.where(doubted, state.file.asset["condition"][assets], codes)
    position, told = _believed(state, BREAKER, assets)
    wrong = told & (position == OPEN) & ~facts.normally_open[assets]
    running, told = _believed(state, GENERATOR, assets)
    wrong |= told & (running == FAULT)
    return np.where(wrong & (codes != OUT), DOWN, codes).astype(np.uint8)


def _believed(state: State, metric: int, assets: Ints) -> tuple[np.ndarray, np.ndarray]:
    """Values, and whether there is one that is believed."""
    row = state.file.rows[metric]
    values = row["value"][assets]
    told = (row["quality"][assets] >= Quality.UNCERTAIN) & ~np.isnan(values)
    return np.where(told, values, 0).astype(np.uint8), told
