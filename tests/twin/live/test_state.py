"""The state after any stream of points is the oracle's; readers in other processes never see half a point."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.live import Held

from schema.errors import BadInput, Unreachable
from twin.live.metrics import CONDITION, METRICS, NUMBER, POWER_KW
from twin.live.place import Place, write_json
from twin.live.points import Batch, Quality
from twin.live.reader import LiveState, Moved, open_state, places_of
from twin.live.state import SILENT, STALE, State
from twin.topology import from_records

COUNT = 5
TOPOLOGY = from_records([{"id": f"s{i}", "label": "Server"} for i in range(COUNT)], [])
WATCHED = (POWER_KW, NUMBER["inlet_c"], CONDITION, NUMBER["fuel_percent"])
TTL = {metric: METRICS[metric].ttl_s for metric in WATCHED}
SECONDS = st.integers(0, 40).map(lambda n: 10.0 * n)

ROWS = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, 2).map(float), SECONDS, st.sampled_from([1, 2, 3, 4])),
    min_size=1,
    max_size=8,
)
STREAMS = st.lists(st.tuples(st.sampled_from(WATCHED), st.integers(0, 4).map(lambda n: 20.0 * n), ROWS), max_size=12)


def batch(metric: int, rows: list, receive_s: float, source: str = "bms") -> Batch:
    assets, values, times, qualities = zip(*rows, strict=True)
    return Batch(
        source,
        metric,
        np.array(assets, np.int32),
        np.array(values, np.float32),
        np.array(times, np.float64),
        receive_s,
        np.array(qualities, np.uint8),
        0,
    )


@given(stream=STREAMS)
def test_the_state_after_any_stream_is_the_oracles(stream, tmp_path_factory):
    state = State(tmp_path_factory.mktemp("state") / "state", TOPOLOGY, "test")
    oracle, now, late, ahead = Held(), 1000.0, 0, 0
    for metric, pause, drawn in stream:
        now += pause
        rows = [(asset, value, now - 200 + second * 2, quality) for asset, value, second, quality in drawn]
        oracle.take(metric, TTL[metric], now, rows)
        taken = state.take(batch(metric, rows, now), source=0)
        late, ahead = late + taken.late, ahead + taken.ahead
        assert len(taken.places) + taken.late == len(rows)
    assert (late, ahead) == (oracle.late, oracle.ahead)
    for metric in WATCHED:
        row = state.file.rows[metric]
        for asset in range(COUNT):
            point = oracle.points.get((metric, asset))
            held = tuple(float(row[name][asset]) for name in ("value", "source_s", "receive_s", "quality"))
            expected = (point.value, point.source_s, point.receive_s, point.quality) if point else (0, 0, 0, 0)
            assert held == expected
    for later in (0.0, 59.0, 61.0, 1000.0):
        stale = oracle.stale(TTL, now + later)
        assert int(state.stale_points(now + later, 1)[1].sum()) == len(stale)
        state.sweep(now + later)
        for asset in range(COUNT):
            mine = {key for key in oracle.points if key[1] == asset and np.isfinite(TTL[key[0]])}
            expected = SILENT if not mine else STALE if mine <= stale else 0
            assert state.file.asset["stale"][asset] == expected
    state.move_away()


def test_a_death_makes_stale_only_what_its_source_sent_last(tmp_path):
    state = State(tmp_path / "state", TOPOLOGY, "test")
    state.take(batch(POWER_KW, [(0, 1.0, 10.0, Quality.GOOD), (1, 1.0, 10.0, Quality.GOOD)], 10.0), source=0)
    state.take(batch(POWER_KW, [(1, 2.0, 11.0, Quality.GOOD)], 11.0), source=1)
    both = np.array([0, 1], np.int32)
    state.mark_stale(0, both, np.array([POWER_KW, POWER_KW]))
    assert state.file.rows[POWER_KW]["quality"][:2].tolist() == [Quality.STALE, Quality.GOOD]


def _place(home: Path, state: State) -> Place:
    place = Place(home)
    write_json(place.current, {"file": state.path.name, "pid": 0, "feed": "test"})
    return place


def _write_for_ever(home: str, ready: object) -> None:
    """Values whose parts all tell the same number, as fast as they can be written."""
    place = Place(Path(home))
    lock = place.occupy()
    state = State(place.folder / "state-x", TOPOLOGY, "test")
    _place(Path(home), state)
    number = 1
    everything = list(range(COUNT))
    while not lock.closed:
        rows = [(asset, float(number), float(number), Quality.GOOD) for asset in everything]
        state.take(batch(POWER_KW, rows, float(number)), source=0)
        state.conclude("seen", np.full(COUNT, number % 5, np.uint8))
        ready.set()
        number = number % 1_000_000 + 1


def test_a_reader_never_sees_half_a_point_and_notices_that_the_writer_was_killed(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    writer = context.Process(target=_write_for_ever, args=(str(tmp_path), ready))
    writer.start()
    try:
        assert ready.wait(60)
        state = open_state(tmp_path)
        seen: set[float] = set()
        generation = 0
        until = time.monotonic() + 2
        while time.monotonic() < until:
            row = state.read(POWER_KW)
            for asset in range(COUNT):
                assert row["value"][asset] == row["source_s"][asset] == row["receive_s"][asset]
            seen.add(float(row["value"][0]))
            changes = state.changed_since(generation)
            assert len(set(changes.seen.tolist())) <= 1
            assert changes.generation >= generation
            generation = changes.generation
        assert len(seen) > 10
        writer.kill()
        writer.join(10)
        with pytest.raises(Unreachable, match="no live process"):
            state.changed_since(generation)
        with pytest.raises(Unreachable, match="no live process"):
            open_state(tmp_path)
    finally:
        writer.kill()
        writer.join(10)


def test_a_writer_that_died_in_the_middle_of_writing_is_noticed(tmp_path):
    place = Place(tmp_path)
    with place.occupy():
        state = State(place.folder / "state-x", TOPOLOGY, "test")
        _place(tmp_path, state)
        reader = open_state(tmp_path)
        state.file.header["locks"][0][POWER_KW] += 1
    with pytest.raises(Unreachable, match="no live process"):
        reader.read(POWER_KW)


def test_there_is_one_writer(tmp_path):
    with Place(tmp_path).occupy(), pytest.raises(BadInput, match="keeps live state"):
        Place(tmp_path).occupy()
    Place(tmp_path).occupy().close()


def test_without_a_live_process_the_state_cannot_be_opened(tmp_path):
    with pytest.raises(Unreachable, match="no live process"):
        open_state(tmp_path)


def test_a_new_topology_takes_the_points_over_by_id(tmp_path):
    place = Place(tmp_path)
    with place.occupy():
        old = State(place.folder / "state-1", TOPOLOGY, "test")
        _place(tmp_path, old)
        reader: LiveState = open_state(tmp_path)
        old.take(batch(POWER_KW, [(i, float(i), 5.0, Quality.GOOD) for i in range(COUNT)], 5.0), source=0)
        old.set_condition(np.array([3], np.int32), np.array([1], np.uint8), np.array([5.0]))
        grown = from_records([{"id": name, "label": "Server"} for name in ("s0", "new", "s3", "s4")], [])
        new = State(place.folder / "state-2", grown, "test")
        new.carry_over(old.file, places_of(grown.ids, old.file))
        _place(tmp_path, new)
        old.move_away()
        with pytest.raises(Moved):
            reader.changed_since(0)
        reader = open_state(tmp_path)
        at = {name: grown.ids.index(name) for name in ("s0", "new", "s3", "s4")}
        row = reader.read(POWER_KW)
        assert {name: float(row["value"][i]) for name, i in at.items()} == {"s0": 0.0, "new": 0.0, "s3": 3.0, "s4": 4.0}
        assert row["quality"][at["new"]] == Quality.NONE
        assert reader.assets("condition")["condition"][at["s3"]] == 1
        places = reader.places(TOPOLOGY)
        assert places is not None
        assert [int(p) for p in places] == [at.get(TOPOLOGY.ids[i], -1) for i in range(COUNT)]


def test_what_changed_since_a_generation_is_what_changed(tmp_path):
    place = Place(tmp_path)
    with place.occupy():
        state = State(place.folder / "state-1", TOPOLOGY, "test")
        _place(tmp_path, state)
        reader = open_state(tmp_path)
        first = reader.changed_since(0)
        assert first.assets.tolist() == list(range(COUNT))
        assert reader.changed_since(first.generation).assets.tolist() == []
        state.conclude("seen", np.array([0, 1, 0, 3, 0], np.uint8))
        second = reader.changed_since(first.generation)
        assert (second.assets.tolist(), second.seen.tolist()) == ([1, 3], [1, 3])
        state.conclude("seen", np.array([0, 1, 0, 3, 0], np.uint8))
        assert reader.changed_since(second.generation).generation == second.generation
