"""What history answers is what the points say, whatever was flushed, rolled up, merged and forgotten meanwhile."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from history_streams import IDS, QUARTER_US, START_S, Recording, minutes
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import history as oracle
from twin.live.history import files
from twin.live.history.question import History, metric_named
from twin.live.history.upkeep import Retention

STEPS = st.lists(st.sampled_from(["flush", "upkeep", "both", "nothing", "nothing"]), min_size=20, max_size=20)


def play(recording: Recording, metric: str, stream, steps) -> None:
    """Give a recorder the stream, with flushes and upkeep in between."""
    for (now_s, rows), step in zip(stream, steps, strict=False):
        recording.clock.now_s = now_s
        recording.take(metric, rows)
        if step in {"flush", "both"}:
            recording.recorder.flush()
        if step in {"upkeep", "both"}:
            recording.recorder._upkeep.once()
    recording.recorder.flush()


def window(stream, width_us: int) -> tuple[int, int]:
    first = int((START_S - 9000) * 1e6) // width_us * width_us
    return first, -(-int((stream[-1][0] + 1000) * 1e6) // width_us) * width_us


def close(value: float | None, expected: float | None) -> bool:
    if value is None or expected is None:
        return value is expected
    return value == pytest.approx(expected, rel=2e-6, abs=1e-3)


@settings(max_examples=15)
@given(stream=minutes(), steps=STEPS, width_s=st.sampled_from([60.0, 300.0, 900.0, 3600.0]), later_s=st.floats(0, 1e5))
def test_means_and_energies(stream, steps, width_s, later_s):
    with tempfile.TemporaryDirectory() as home:
        recording = Recording(Path(home))
        play(recording, "power_kw", stream, steps)
        recording.clock.now_s += later_s
        recording.recorder._upkeep.once()
        now_s = recording.clock.now_s
        width_us = int(width_s * 1e6)
        first, end = window(stream, width_us)
        metric = metric_named("power_kw")
        for asset in IDS:
            answer = History(Path(home), now_s).series(asset, metric, first / 1e6, min(end / 1e6, now_s), width_s)
            expected = oracle.levels(
                recording.points, asset, int(metric.ttl_s * 1e6), first, end, width_us, int(now_s * 1e6)
            )
            for row in answer.rows:
                known = expected[round(row["t_s"] * 1e6)]
                assert row["points"] == known.points
                assert row["covered_s"] == pytest.approx(known.covered_us / 1e6, rel=1e-6, abs=1e-3)
                assert close(row["mean"], known.mean)
                assert close(row["lowest"], min((v for _, v in known.values), default=None))
                assert close(row["highest"], max((v for _, v in known.values), default=None))
                assert close(row["last"], known.values[-1][1] if known.values else None)
            energy = sum(known.integral for known in expected.values()) / 3.6e9
            assert answer.to_dict()["energy_kwh"] == pytest.approx(energy, rel=1e-5, abs=1e-3) or (
                answer.to_dict()["energy_kwh"] is None and energy == 0.0
            )
        recording.recorder.close()


@settings(max_examples=8)
@given(stream=minutes(rising=True), steps=STEPS, width_s=st.sampled_from([300.0, 900.0, 3600.0]))
def test_counters(stream, steps, width_s):
    with tempfile.TemporaryDirectory() as home:
        recording = Recording(Path(home))
        play(recording, "energy_kwh", stream, steps)
        now_s = recording.clock.now_s = recording.clock.now_s + 1000.0
        recording.recorder._upkeep.once()
        width_us = int(width_s * 1e6)
        first, end = window(stream, width_us)
        for asset in IDS:
            answer = History(Path(home), now_s).series(
                asset, metric_named("energy_kwh"), first / 1e6, min(end / 1e6, now_s), width_s
            )
            expected = oracle.counters(recording.points, asset, first, end, width_us)
            for row in answer.rows:
                known = expected[round(row["t_s"] * 1e6)]
                assert row["points"] == known.points
                assert (row["rise"] or 0.0) == pytest.approx(known.rise, rel=1e-5, abs=0.5)
                assert (row["resets"] or 0) == known.resets
        recording.recorder.close()


@settings(max_examples=8)
@given(stream=minutes(), steps=STEPS)
def test_means_outlive_the_raw_points(stream, steps):
    with tempfile.TemporaryDirectory() as home:
        recording = Recording(Path(home), retention=Retention(raw_s=20_000.0))
        play(recording, "power_kw", stream, steps)
        recording.clock.now_s += 30_000.0
        recording.recorder._upkeep.once()
        recording.recorder._upkeep.once()
        assert files.counting(recording.recorder.history, "raw") == []
        now_s, metric = recording.clock.now_s, metric_named("power_kw")
        first, end = window(stream, QUARTER_US)
        for asset in IDS:
            answer = History(Path(home), now_s).series(asset, metric, first / 1e6, end / 1e6, 900.0)
            expected = oracle.levels(recording.points, asset, 60_000_000, first, end, QUARTER_US, int(now_s * 1e6))
            for row in answer.rows:
                known = expected[round(row["t_s"] * 1e6)]
                assert (row["points"], close(row["mean"], known.mean)) == (known.points, True)
        recording.recorder.close()


@settings(max_examples=8)
@given(stream=minutes(), steps=STEPS)
def test_totals_of_many_are_the_sums_of_their_bins(stream, steps):
    with tempfile.TemporaryDirectory() as home:
        recording = Recording(Path(home))
        play(recording, "power_kw", stream, steps)
        recording.recorder._upkeep.once()
        now_s = recording.clock.now_s
        first, end = window(stream, QUARTER_US)
        totals = History(Path(home), now_s).totals(metric_named("power_kw"), first / 1e6, min(end / 1e6, now_s))
        some = History(Path(home), now_s).totals(metric_named("power_kw"), first / 1e6, now_s, ids=IDS[:1])
        assert set(some.mean) <= {IDS[0]}
        for asset in IDS:
            bins = oracle.levels(recording.points, asset, 60_000_000, first, end, QUARTER_US, int(now_s * 1e6))
            covered = sum(known.covered_us for known in bins.values())
            assert totals.covered_s.get(asset, 0.0) == pytest.approx(covered / 1e6, abs=1e-3)
            if covered:
                assert close(totals.mean[asset], sum(known.integral for known in bins.values()) / covered)
        recording.recorder.close()
