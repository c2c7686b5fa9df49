"""History beside SQLite: points a second written, bytes a point, and how long a question takes.

The points are those of a full campus: 230,000 powers every 10 s, with noise of 2 %, in watts as meters give them.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.clock import Bench, timed
from twin.live.history import files
from twin.live.history.question import History, metric_named
from twin.live.history.recorder import Recorder
from twin.live.history.upkeep import Retention, Upkeep
from twin.live.metrics import POWER_KW
from twin.live.points import Batch, Quality
from twin.topology.strings import Ids

ASSETS = 230_000
EVERY_S = 10.0
MINUTES = 16
BEGIN_S = 1_763_800_200.0
"""The beginning of a quarter of an hour."""


def bench_history(minutes: int = MINUTES) -> Bench:
    """Record, roll up, merge and ask; then the same in SQLite, for one minute of points."""
    bench = Bench(f"History: {ASSETS:,} points every {EVERY_S:g} s for {minutes} minutes")
    home = Path(tempfile.mkdtemp(prefix="bench-history-"))
    try:
        _bench(home, minutes, bench)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return bench


def _bench(home: Path, minutes: int, bench: Bench) -> None:
    ids = [f"B{1 + n // 34_000}-M{1 + n // 1_700 % 20:02d}-C{n // 7 % 250:03d}-S{n % 7:02d}-{n}" for n in range(ASSETS)]
    per_minute = ASSETS * round(60.0 / EVERY_S)
    now_s = [BEGIN_S]
    points = _minutes()
    with_peer = next(points)
    recorder = Recorder(home, Ids.of(ids), say=print, clock=lambda: now_s[0])
    took: list[float] = []
    for minute in range(minutes):
        batches = with_peer if minute == 0 else next(points)
        now_s[0] += 60.0
        began = time.process_time()
        for batch in batches:
            recorder.receive(batch)
        recorder.flush()
        took.append(time.process_time() - began)
    recorder.close()
    history = recorder.history
    written_s = float(np.median(took))
    asset, metric = ids[1234], metric_named("power_kw")
    until_s = now_s[0]

    def ask(every_s: float) -> list[dict[str, object]]:
        return History(home, until_s).series(asset, metric, BEGIN_S, until_s, every_s).rows

    from_minutes_s = timed(lambda: ask(10.0), runs=3)
    minutes_bytes = _bytes(history)
    upkeep = Upkeep(history, Retention(), print, lambda: BEGIN_S + 1_200.0)
    began = time.process_time()
    upkeep.once()
    rolled_s = time.process_time() - began
    upkeep = Upkeep(history, Retention(), print, lambda: BEGIN_S + 9_000.0)
    began = time.process_time()
    upkeep.once()
    merged_s = time.process_time() - began
    peer = _Sqlite(home / "peer.sqlite", ids, with_peer)
    total = minutes * per_minute
    bench.add(f"a minute written ({per_minute:,} points), CPU", written_s, peer="SQLite", peer_s=peer.written_s)
    bench.note("points written a second of CPU", f"{per_minute / written_s:,.0f}", "≥ 23,000")
    bench.note("SQLite, points a second of CPU", f"{per_minute / peer.written_s:,.0f}")
    bench.note("bytes a point, by the minute", f"{minutes_bytes / total:.2f}", "≤ 4")
    bench.note("bytes a point, merged by the hour", f"{_bytes(history) / total:.2f}", "≤ 4")
    bench.note("SQLite, bytes a point", f"{peer.bytes / per_minute:.1f}")
    bench.add("quarter rolled up, CPU", rolled_s, target_s=45.0)
    bench.add(f"{minutes} minutes merged, CPU", merged_s)
    bench.add(f"one point, {minutes} minutes every 10 s, from minutes", from_minutes_s, target_s=1.0)
    merged_ask_s = timed(lambda: ask(10.0), runs=3)
    bench.add("the same, merged", merged_ask_s, target_s=1.0, peer="SQLite (1 minute)", peer_s=peer.asked_s)
    bench.add("one point, a quarter, from means", timed(lambda: ask(900.0), runs=3), target_s=1.0)

    def sums() -> int:
        return len(History(home, until_s).totals(metric, BEGIN_S, BEGIN_S + 900.0).mean)

    bench.add(f"energies of all {ASSETS:,} over a quarter", timed(sums, runs=1, warm=0))


def _minutes() -> Iterator[list[Batch]]:
    """The batches of one minute after the other."""
    rng = np.random.default_rng(1)
    level = rng.uniform(0.2, 0.6, ASSETS)
    assets, good = np.arange(ASSETS, dtype=np.int32), np.full(ASSETS, Quality.GOOD, np.uint8)
    at_s = BEGIN_S
    while True:
        batches: list[Batch] = []
        for _ in range(round(60.0 / EVERY_S)):
            values = np.round(level * (1.0 + 0.02 * rng.standard_normal(ASSETS)), 3).astype(np.float32)
            batches.append(Batch("bench", POWER_KW, assets, values, np.full(ASSETS, at_s), at_s, good))
            at_s += EVERY_S
        yield batches


def _bytes(history: Path) -> int:
    return sum(part.path.stat().st_size for part in files.counting(history, "raw"))


class _Sqlite:
    """The peer: a table of integers and floats, clustered by asset and time, ids in a table of their own."""

    def __init__(self, path: Path, ids: list[str], batches: list[Batch]) -> None:
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE ids (number INTEGER PRIMARY KEY, id TEXT UNIQUE)")
        database.execute(
            "CREATE TABLE points (asset INTEGER, metric INTEGER, t INTEGER, value REAL, "
            "PRIMARY KEY (metric, asset, t)) WITHOUT ROWID"
        )
        database.executemany("INSERT INTO ids VALUES (?, ?)", enumerate(ids))
        database.commit()
        before = path.stat().st_size
        began = time.process_time()
        for batch in batches:
            rows = zip(
                batch.assets.tolist(),
                [batch.metric] * len(batch),
                (batch.source_s * 1e6).astype(np.int64).tolist(),
                batch.values.tolist(),
                strict=True,
            )
            database.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", rows)
        database.commit()
        self.written_s = time.process_time() - began
        self.bytes = path.stat().st_size - before
        question = "SELECT t, value FROM points JOIN ids ON number = asset WHERE id = ? AND metric = ?"
        self.asked_s = timed(lambda: database.execute(question, (ids[1234], POWER_KW)).fetchall(), runs=5)
        database.close()
