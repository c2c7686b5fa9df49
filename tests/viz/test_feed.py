"""Live state reaches the pictures: states, values, what is stale, and the end of the live process."""

from __future__ import annotations

import time

import numpy as np
import pytest

from schema.errors import Unreachable
from twin.live.metrics import POWER_KW
from twin.live.place import Place, write_json
from twin.live.points import Batch, Quality
from twin.live.reader import Seen
from twin.live.state import State as Written
from viz.feed import INLET_C, LiveFeed
from viz.model import model
from viz.stage import Stage
from viz.states import State


@pytest.fixture
def live(campus, tmp_path):
    """The live state of a campus, with this process as its writer."""
    place = Place(tmp_path)
    lock = place.occupy()
    written = Written(place.folder / "state-x", campus.topology, "test")
    write_json(place.current, {"file": written.path.name, "pid": 0, "feed": "test"})
    yield written, lock, tmp_path
    lock.close()


def points(metric, assets, values):
    now, count = time.time(), len(assets)
    return Batch(
        "bms",
        metric,
        np.array(assets, np.int32),
        np.array(values, np.float32),
        np.full(count, now),
        now,
        np.full(count, Quality.GOOD, np.uint8),
        0,
    )


def test_every_state_that_the_live_process_tells_has_a_colour(campus, live):
    written, _, home = live
    n = len(campus.topology)
    seen, stale = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
    seen[10:15] = [Seen.DOWN, Seen.OUT, Seen.LOST, Seen.AT_RISK, Seen.DEGRADED]
    stale[20:22] = [1, 2]
    written.conclude("seen", seen)
    written.conclude("stale", stale)
    written.take(points(POWER_KW, [3, 4], [12.5, 7.0]), 0)
    written.take(points(INLET_C, [5], [24.5]), 0)
    feed = LiveFeed(home, campus.topology)
    reading = feed.poll()
    assert reading.state[10:15].tolist() == [
        State.FAILED, State.MAINTENANCE, State.LOST, State.AT_RISK, State.DEGRADED,
    ]  # fmt: skip
    assert reading.state[20:22].tolist() == [State.STALE, State.UNKNOWN]
    assert reading.power_kw[[3, 4]].tolist() == [12.5, 7.0]
    assert reading.inlet_c[5] == 24.5
    assert np.isnan(reading.inlet_c[6])
    assert feed.poll() is None


def test_a_change_is_in_the_picture_s_states_at_the_next_poll(campus, live):
    written, _, home = live
    feed = LiveFeed(home, campus.topology)
    stage = Stage(model(campus.topology, campus.placement), None, lambda *_: None)
    stage.take(feed.poll())
    seen = np.zeros(len(campus.topology), np.uint8)
    seen[7] = Seen.DOWN
    written.conclude("seen", seen)
    stage.take(feed.poll())
    assert stage.state[7] == State.FAILED


def test_when_the_live_process_ends_its_last_state_stays_as_stale(campus, live):
    written, lock, home = live
    seen = np.zeros(len(campus.topology), np.uint8)
    seen[7] = Seen.DOWN
    written.conclude("seen", seen)
    written.conclude("stale", np.zeros(len(campus.topology), np.uint8))
    feed = LiveFeed(home, campus.topology)
    feed.poll()
    lock.close()
    last = feed.poll()
    assert last.ended
    assert last.state[7] == State.FAILED
    assert last.state[8] == State.STALE
    assert feed.poll() is None


def test_without_a_live_process_there_is_no_feed(campus, tmp_path):
    with pytest.raises(Unreachable, match="no live process"):
        LiveFeed(tmp_path, campus.topology)


def test_a_space_that_reports_nothing_shows_what_it_holds(campus):
    find = campus.topology.ids.index
    drawn = model(campus.topology, campus.placement)
    state = np.full(len(drawn), State.UNKNOWN, np.uint8)
    state[find("B1-M01-R1-C01-S01")] = State.WORKING
    state[find("B1-M02-R1-C01-S01")] = State.LOST
    shown = drawn.rolled(state)
    assert [shown[find(one)] for one in ("B1-M01", "B1-M02", "B1-M03")] == [State.WORKING, State.LOST, State.UNKNOWN]
