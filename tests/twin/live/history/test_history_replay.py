"""Replay delivers what was recorded, in order, no more and no less, as any feed does."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from threading import RLock

import numpy as np
import pytest
from history_streams import IDS, START_S, Recording, minutes
from hypothesis import given, settings

from schema.errors import BadInput
from tests.oracles.history import last_of_each_time
from twin.live.history import files
from twin.live.history.replay import replay
from twin.live.metrics import METRICS, NUMBER
from twin.live.points import Quality
from twin.live.state import State
from twin.topology import from_records


class Known:
    """The places of a topology that stays, and who is unknown there."""

    def __init__(self, ids=IDS) -> None:
        self.topology = from_records([{"id": name, "label": "UPS"} for name in ids], [])
        self.lock, self.epoch, self.strangers = RLock(), 0, []
        self.tally = self

    def unknown(self, source, asset_id):
        self.strangers.append((source, asset_id))


def deliver(home, since_s, until_s, places, speed=float("inf")):
    got = []
    feed = replay(home, since_s, until_s, speed, places)
    feed.start(got.append)
    until = time.monotonic() + 60.0
    while not feed.ended and time.monotonic() < until:
        time.sleep(0.005)
    feed.close()
    return feed, got


def flat(places, batches):
    ids = places.topology.ids
    return [
        (METRICS[b.metric].name, ids[int(asset)], round(t * 1e6), float(value), int(quality) >= 3)
        for b in batches
        for asset, t, value, quality in zip(b.assets, b.source_s, b.values, b.quality, strict=True)
    ]


@settings(max_examples=10)
@given(stream=minutes())
def test_everything_comes_once_in_the_order_of_time(stream):
    with tempfile.TemporaryDirectory() as home:
        recording = Recording(Path(home))
        for number, (now_s, rows) in enumerate(stream):
            recording.clock.now_s = now_s
            recording.take("power_kw", [row for row in rows if row[2] == row[2]])
            if number % 2:
                recording.recorder.flush()
        recording.recorder.close()
        places = Known()
        if not files.counting(Path(home) / "history", "raw"):
            return
        _, got = deliver(Path(home), START_S - 20_000.0, stream[-1][0] + 1.0, places)
        found = flat(places, got)
        times = [t for *_, t, _, _ in found]
        assert times == sorted(times)
        expected = [
            ("power_kw", point.id, point.t, point.value, point.good)
            for asset in IDS
            for point in last_of_each_time([p for p in recording.points if p.id == asset and p.value == p.value])
        ]
        assert sorted(found) == sorted(expected)


def test_it_begins_with_what_held_before_the_window(tmp_path):
    recording = Recording(tmp_path)
    recording.take("condition", [(1, START_S, 1.0, True), (1, START_S + 1.0, 2.0, True)])
    recording.take("power_kw", [(0, START_S, 5.0, True)])
    recording.clock.now_s += 10_000.0
    recording.take("power_kw", [(0, START_S + 9_990.0, 7.0, True)])
    recording.recorder.close()
    places = Known()
    _, got = deliver(tmp_path, START_S + 9_900.0, START_S + 10_000.0, places)
    assert [row[:1] + row[2:4] for row in flat(places, got)] == [
        ("condition", round((START_S + 1.0) * 1e6), 2.0),
        ("power_kw", round((START_S + 9_990.0) * 1e6), 7.0),
    ]


def two_processes(home, *, anew):
    """The first says that 0 and 1 are down; a minute later the second says so of 1 and 2; retained, so of old times."""
    recording = Recording(home)
    recording.take("condition", [(0, START_S, 1.0, True), (1, START_S, 1.0, True)])
    recording.take("power_kw", [(0, START_S + 50.0, 5.0, True)])
    recording.clock.now_s += 60.0
    recording.restart(anew=anew)
    recording.clock.now_s += 5.0
    recording.take("condition", [(1, START_S - 7_000.0, 1.0, True), (2, START_S - 7_000.0, 1.0, True)])
    recording.clock.now_s += 60.0
    recording.take("power_kw", [(3, START_S + 124.0, 3.0, True)])
    recording.recorder.flush()
    return recording


def conditions_after(home, since_s, until_s):
    """What a live process holds as condition, by place in IDS, after a replay; None: nothing ever came."""
    places, held = Known(), State(home / "state", Known().topology, "replay")
    for batch in deliver(home, since_s, until_s, places)[1]:
        held.take(batch, 0)
    row = held.file.rows[NUMBER["condition"]]
    return [int(v) if q != Quality.NONE else None for v, q in zip(row["value"], row["quality"], strict=True)]


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize(
    ("anew", "window_s", "expected"),
    [
        (True, (30.0, 55.0), [1, 1, None, None]),  # within the first process
        (True, (70.0, 150.0), [None, 1, 1, None]),  # within the second
        (True, (30.0, 150.0), [None, 1, 1, None]),  # over both: what the first held ends
        (False, (70.0, 150.0), [1, 1, 1, None]),  # the second took over what the first held
        (False, (30.0, 150.0), [1, 1, 1, None]),
    ],
)
def test_where_a_live_process_began_anew_what_was_reported_before_ends(tmp_path, anew, window_s, expected, merged):
    recording = two_processes(tmp_path, anew=anew)
    if merged:
        recording.clock.now_s += 7_200.0
        recording.recorder._upkeep.once()
    recording.recorder.close()
    assert conditions_after(tmp_path, START_S + window_s[0], START_S + window_s[1]) == expected


def test_a_mark_of_a_beginning_goes_with_the_points_before_it(tmp_path):
    recording = two_processes(tmp_path, anew=True)
    history = tmp_path / "history"
    (begin_ms,) = files.begins(history)
    assert 0 < begin_ms - (START_S + 60.0) * 1000 < 1_000, "after the last file of the process before"
    recording.recorder._upkeep.once()
    assert files.begins(history) == [begin_ms]
    files.remove(part for part in files.counting(history, "raw") if part.at_ms < begin_ms)
    recording.recorder._upkeep.once()
    assert files.begins(history) == []
    recording.recorder.close()


def test_a_history_in_which_nothing_is_recorded_needs_no_mark(tmp_path):
    recording = Recording(tmp_path)
    recording.restart(anew=True)
    assert files.begins(tmp_path / "history") == []
    recording.recorder.close()


def test_nobody_waits_for_the_time_before_the_first_point(tmp_path):
    recording = Recording(tmp_path)
    recording.take("power_kw", [(0, START_S + k, 5.0 + k, True) for k in range(3)])
    recording.clock.now_s += 60.0
    recording.recorder.close()
    places, began = Known(), time.monotonic()
    feed, got = deliver(tmp_path, START_S - 3_600.0, START_S + 3.0, places, speed=10.0)
    assert feed.since_s == START_S
    assert [row[3] for row in flat(places, got)] == [5.0, 6.0, 7.0]
    assert time.monotonic() - began < 30.0, "the hour before would have taken six minutes"


def test_a_merged_hour_is_replayed_as_its_minutes_were(tmp_path):
    recording = Recording(tmp_path)
    for _ in range(30):
        recording.take("power_kw", [(k, recording.clock.now_s + k, float(k), True) for k in range(4)])
        recording.clock.now_s += 60.0
        recording.recorder.flush()
    places = Known()
    window = START_S, START_S + 1800.0
    before = flat(places, deliver(tmp_path, *window, places)[1])
    recording.clock.now_s += 7200.0
    recording.recorder._upkeep.once()
    assert {part.span for part in files.counting(recording.recorder.history, "raw")} == {"hour"}
    assert flat(places, deliver(tmp_path, *window, places)[1]) == before
    assert len(before) == 120
    recording.recorder.close()


def test_it_keeps_the_pace_that_is_asked_for(tmp_path):
    recording = Recording(tmp_path)
    recording.take("power_kw", [(0, START_S + second, float(second), True) for second in range(21)])
    recording.clock.now_s += 30.0
    recording.recorder.close()
    began = time.monotonic()
    _, got = deliver(tmp_path, START_S, START_S + 20.5, Known(), speed=20.0)
    assert 0.9 <= time.monotonic() - began < 10.0
    assert len(got) > 5


def test_an_asset_that_the_graph_does_not_know_is_counted_and_left_out(tmp_path):
    recording = Recording(tmp_path)
    recording.take("power_kw", [(0, START_S, 1.0, True), (1, START_S, 2.0, True)])
    recording.clock.now_s += 60.0
    recording.recorder.close()
    places = Known((IDS[1],))
    _, got = deliver(tmp_path, START_S - 1.0, START_S + 10.0, places)
    assert [row[1] for row in flat(places, got)] == [IDS[1]]
    assert places.strangers == [("replay", IDS[0])]


def test_a_new_topology_in_the_middle_is_followed(tmp_path):
    recording = Recording(tmp_path)
    recording.take("power_kw", [(0, START_S + k, float(k), True) for k in range(10)])
    recording.clock.now_s += 60.0
    recording.recorder.close()
    places, other = Known(), Known(("A", *IDS))
    names: list[str] = []

    def receive(batch):
        names.extend(places.topology.ids.many(batch.assets))
        places.topology, places.epoch = other.topology, 1

    feed = replay(tmp_path, START_S, START_S + 10.0, 20.0, places)
    feed.start(receive)
    while not feed.ended:
        time.sleep(0.01)
    feed.close()
    assert names == [IDS[0]] * 10


@pytest.mark.parametrize(
    ("since_s", "until_s", "speed", "words"),
    [
        (START_S, START_S + 1.0, 0.0, "--speed 0"),
        (START_S, START_S + 1.0, float("nan"), "--speed nan"),
        (START_S + 2.0, START_S + 1.0, 1.0, "is not before --until"),
        (START_S + 900.0, START_S + 901.0, 1.0, "no points are recorded from"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_one_line(tmp_path, since_s, until_s, speed, words):
    recording = Recording(tmp_path)
    recording.take("power_kw", [(0, START_S, 1.0, True)])
    recording.recorder.close()
    with pytest.raises(BadInput, match=words) as refusal:
        replay(tmp_path, since_s, until_s, speed, Known())
    assert "\n" not in str(refusal.value)


def test_the_recent_window_is_in_memory(tmp_path):
    recording = Recording(tmp_path)
    for second in (0.0, 10.0, 400.0):
        recording.clock.now_s = START_S + second
        recording.take("power_kw", [(0, START_S + second, second, True)])
    times, values = recording.recorder.recent.points(0, NUMBER["power_kw"])
    assert np.array_equal(times, [START_S + 400.0])
    assert np.array_equal(values, np.array([400.0], np.float32))
    assert len(recording.recorder.recent.points(1, NUMBER["power_kw"])[0]) == 0
    recording.recorder.close()
