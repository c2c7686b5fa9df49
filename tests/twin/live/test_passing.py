"""Before a generator runs, what is down for that reason folds under what has failed; nothing else does."""

from __future__ import annotations

import time
from threading import Event

import numpy as np
import pytest
from engine_in_words import Asked
from hypothesis import assume, given
from hypothesis import strategies as st
from live_campus import say
from oracles import impact as oracle
from oracles.timeline import timeline
from strategies import campuses, plants

from twin.campus import Campus
from twin.impact.settle import Scenario, settle_base
from twin.impact.timeline import Stopped
from twin.live.folding import Folding
from twin.live.keeper import Keeper
from twin.live.passing import LATE_S, Passing
from twin.topology import from_records

ASSETS = [
    {"id": "UTIL-1", "label": "UtilityFeed"},
    {"id": "UTIL-2", "label": "UtilityFeed"},
    {"id": "GEN", "label": "Generator", "standby": True, "start_s": 20.0},
    {"id": "BOARD", "label": "Switchboard"},
    {"id": "PANEL", "label": "Switchboard"},
    {"id": "CHILLER", "label": "Chiller", "restart_s": 100.0},
    {"id": "UPS", "label": "UPS", "power_hold_s": 600.0},
    {"id": "S", "label": "Server", "draw_kw": 1.0},
]
FEEDS = [
    *((source, "BOARD") for source in ("UTIL-1", "UTIL-2", "GEN")),
    ("BOARD", "PANEL"), ("BOARD", "CHILLER"), ("BOARD", "UPS"), ("UPS", "S"),
]  # fmt: skip


@pytest.fixture
def kept(tmp_path):
    feeds = [{"source_id": one, "type": "FEEDS", "target_id": other} for one, other in FEEDS]
    keeper = Keeper(Campus.of(from_records(ASSETS, feeds)), tmp_path, "played")
    yield keeper
    if not keeper._lock.closed:
        keeper.close()


def reported(kept, *reports, ago_s=0.0):
    """The reports, so many seconds ago each, and who folds under whom now."""
    now_s = time.time()
    for name, ago in reports:
        say(kept, "condition", [name], ["down"], now_s - ago)
    kept.step(now_s)
    return folded(kept)


def folded(kept):
    return {alarm.id: alarm.explained_by for alarm in kept.alarms.open}


BOTH = ["UTIL-1", "UTIL-2"]


def test_until_the_generator_runs_what_it_is_to_feed_folds_under_the_utilities(kept):
    found = reported(kept, ("UTIL-1", 30.0), ("UTIL-2", 5.0), ("BOARD", 4.0), ("PANEL", 3.0), ("CHILLER", 3.0))
    assert found == {"UTIL-1": [], "UTIL-2": [], "BOARD": BOTH, "PANEL": BOTH, "CHILLER": BOTH}
    assert kept.status()["alarms"] == 2


def test_the_order_of_reports_does_not_matter(kept):
    found = reported(kept, ("BOARD", 6.0), ("UTIL-2", 5.0), ("UTIL-1", 5.0))
    assert found == {"UTIL-1": [], "UTIL-2": [], "BOARD": BOTH}


def test_what_is_not_back_when_it_should_be_stands_alone(kept):
    found = reported(kept, ("UTIL-1", 9.0), ("UTIL-2", 9.0), ("BOARD", 8.0), ("CHILLER", 8.0))
    assert found["BOARD"] == found["CHILLER"] == BOTH
    kept.step(time.time() + 10.0)
    assert folded(kept)["BOARD"] == BOTH, "the generator has just begun to run; reports may be late"
    kept.step(time.time() + 12.0 + LATE_S)
    assert folded(kept) == {"UTIL-1": [], "UTIL-2": [], "BOARD": [], "CHILLER": ["BOARD"]}
    while kept.watch.pending:
        kept.step(time.time())
    (board,) = (alarm for alarm in kept.alarms.open if alarm.id == "BOARD")
    assert (board.severity, board.consequence["lost"]) == ("critical", {"Server": 1})


def test_what_restarts_after_the_generator_has_the_time_for_it(kept):
    reported(kept, ("UTIL-1", 9.0), ("UTIL-2", 9.0), ("CHILLER", 8.0))
    kept.step(time.time() + 11.0 + 100.0)
    assert folded(kept)["CHILLER"] == BOTH
    kept.step(time.time() + 12.0 + 100.0 + LATE_S)
    assert folded(kept)["CHILLER"] == []


def test_what_should_still_be_held_has_failed_by_itself(kept):
    found = reported(kept, ("UTIL-1", 9.0), ("UTIL-2", 9.0), ("UPS", 8.0))
    assert found == {"UTIL-1": [], "UTIL-2": [], "UPS": []}


def test_a_live_process_that_is_told_to_end_does_not_work_this_out(kept):
    class Feed:
        name, ended, error = "played", False, None

        def start(self, receive):
            now_s = time.time()
            for name in (*BOTH, "BOARD", "CHILLER"):
                say(kept, "condition", [name], ["down"], now_s)
            stop.set()
            with pytest.raises(Stopped):
                kept.step(now_s)

        def close(self):
            pass

    stop = Event()
    kept.run(Feed(), stop)
    assert not [alarm for alarm in kept.alarms.open if alarm.explained_by]


def test_with_one_utility_nothing_waits_for_a_generator(kept):
    assert reported(kept, ("UTIL-1", 9.0), ("BOARD", 8.0)) == {"UTIL-1": [], "BOARD": []}


def test_where_the_generator_has_failed_too_the_settled_state_explains_all(kept):
    found = reported(kept, ("UTIL-1", 9.0), ("UTIL-2", 9.0), ("GEN", 9.0), ("BOARD", 8.0), ("PANEL", 8.0))
    assert found["BOARD"] == found["PANEL"] == ["GEN", *BOTH]
    kept.step(time.time() + 3_600.0)
    assert folded(kept)["BOARD"] == ["GEN", *BOTH]


SHAPES = {
    "random": campuses(time=True, standby=True, ties=False),
    "loops": campuses(time=True, standby=True, space=True),
    "plant": plants(),
    "plant with slow transfer in loops": plants(slow_transfer_in_loops=True),
}
UNTIL_S = 600.0


def standing_alone(asked: Asked, since: dict[str, float], now_s: float) -> set[str]:
    """Who stands alone of what is reported down since then."""
    topology = asked.topology
    since_s = np.zeros(len(topology))
    for name, at_s in since.items():
        since_s[topology.ids.index(name)] = at_s
    down = [topology.ids.index(name) for name in sorted(since, key=lambda name: (since[name], name))]
    folding = Folding(Scenario(settle_base(topology)))
    roots = folding.roots(down)
    passing = Passing(folding).explained(roots, since_s, lambda: topology, now_s)
    return {topology.ids[root] for root in roots if root not in passing}


def down_at(asked: Asked, causes: list[str], now_s: int) -> dict[str, float]:
    """Since when each is down at a moment after failures at 0 s, by the literal simulation; the failures first."""
    assume(not timeline(asked.campus, [], until_s=UNTIL_S))  # no source that runs from the start is empty by itself
    since = {}
    for change in timeline(asked.campus, causes, until_s=now_s):
        if change.state == "lost":
            since[change.id] = float(change.at_s) + 0.001
        elif change.state == "up":
            since.pop(change.id, None)
    return since | dict.fromkeys(asked.campus.taken_along(causes), 0.0)


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_all_that_the_literal_simulation_has_down_now_folds_under_what_failed(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    causes = data.draw(st.lists(st.sampled_from(asked.records.ids), min_size=1, max_size=2, unique=True))
    now_s = data.draw(st.integers(0, 60))
    assert standing_alone(asked, down_at(asked, causes, now_s), now_s) <= set(asked.campus.taken_along(causes))


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_what_the_failure_does_not_take_down_at_any_time_stands_alone(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    cause, now_s = data.draw(st.sampled_from(asked.records.ids)), data.draw(st.integers(0, 60))
    ever = {change.id for change in timeline(asked.campus, [cause], until_s=UNTIL_S)}
    settled = oracle.impact(asked.campus, [cause], [])
    ever |= {*settled.lost, *settled.down_before, *asked.campus.taken_along([cause])}
    others = [name for name in asked.records.ids if name not in ever]
    if others:
        other = data.draw(st.sampled_from(others))
        assert other in standing_alone(asked, down_at(asked, [cause], now_s) | {other: max(0.0, now_s - 1.0)}, now_s)
