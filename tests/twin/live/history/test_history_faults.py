"""What goes wrong with history: crashes, two recorders, damaged files, a disk that refuses; and what is said of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import pytest
from history_streams import IDS, START_S, Recording

from schema.errors import TwinError
from twin.live.history import files
from twin.live.history.database import reading
from twin.live.history.question import History, metric_named
from twin.live.history.recorder import Recorder
from twin.topology.strings import Ids

POWER = metric_named("power_kw")


def record_minutes(recording: Recording, count: int, value: float = 1.0) -> None:
    for _ in range(count):
        recording.take("power_kw", [(0, recording.clock.now_s, value, True)])
        recording.clock.now_s += 60.0
        recording.recorder.flush()


def points_of(home: Path, now_s: float) -> tuple[int, dict[Path, str]]:
    answer = History(home, now_s).series(IDS[0], POWER, START_S, now_s, 60.0)
    return sum(row["points"] for row in answer.rows), answer.bad


CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from twin.live.history import recorder
from twin.live.metrics import NUMBER
from twin.live.points import Batch
from twin.topology.strings import Ids

recorder.FLUSH_S = 1.0
home = Path(sys.argv[1])
with recorder.Recorder(home, Ids.of(["a"]), say=print) as r:
    while True:
        now = time.time()
        r.receive(Batch("t", NUMBER["power_kw"], np.zeros(1, np.int32), np.ones(1, np.float32), np.array([now]), now,
            np.full(1, 4, np.uint8)))
        print(f"{now!r} {r.written}", flush=True)
        time.sleep(0.02)
"""


def test_a_killed_recorder_loses_at_most_what_it_had_not_flushed_and_the_next_says_so(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        lines: list[str] = []
        until = time.monotonic() + 60.0
        while time.monotonic() < until and (not lines or int(lines[-1].split()[1]) < 60):
            lines.append(child.stdout.readline())
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    given, written = len(lines), int(lines[-1].split()[1])
    assert written >= 60
    said: list[str] = []
    with Recorder(tmp_path, Ids.of(["a"]), say=said.append):
        pass
    assert len(said) == 1
    assert re.search(r"ended without closing; what it received after its last flush, .+Z, is lost", said[0])
    now_s = float(lines[-1].split()[0]) + 5.0
    answer = History(tmp_path, now_s).series("a", POWER, now_s - 120.0, now_s, 10.0)
    found = sum(row["points"] for row in answer.rows)
    assert written <= found <= given + 1
    assert answer.bad == {}
    assert not list(tmp_path.rglob(f"*{files.DRAFT}"))


def test_a_recorder_that_was_closed_is_not_mourned(tmp_path):
    recording = Recording(tmp_path)
    record_minutes(recording, 2)
    recording.recorder.close()
    recording.recorder.close()
    recording.open().close()
    assert recording.said == []


def test_two_recorders_are_refused(tmp_path):
    recording = Recording(tmp_path)
    with pytest.raises(TwinError, match=f"process {os.getpid()} records into .*history already"):
        recording.open()
    recording.recorder.close()
    recording.open().close()


def test_a_question_may_be_asked_while_it_is_recorded(tmp_path):
    recording = Recording(tmp_path)
    record_minutes(recording, 3)
    assert points_of(tmp_path, recording.clock.now_s) == (3, {})
    recording.recorder.close()


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbled", "text"])
def test_a_damaged_file_is_named_and_skipped(tmp_path, damage):
    recording = Recording(tmp_path)
    record_minutes(recording, 3)
    victim = files.counting(recording.recorder.history, "raw")[1].path
    content = victim.read_bytes()
    victim.write_bytes(
        {
            "truncated": content[:-20],
            "empty": b"",
            "garbled": content[:4] + bytes(255 - byte for byte in content[4:-200]) + content[-200:],
            "text": b"id,metric,t,value\n",
        }[damage]
    )
    found, bad = points_of(tmp_path, recording.clock.now_s)
    assert found == 2
    assert list(bad) == [victim]
    assert bad[victim]
    document = History(tmp_path, recording.clock.now_s).series(IDS[0], POWER, START_S).to_dict()
    assert [entry["file"] for entry in document["bad_files"]] == [str(victim)]
    recording.recorder.close()


def test_a_flipped_bit_is_found_before_it_is_merged_and_the_rest_is_kept(tmp_path):
    recording = Recording(tmp_path)
    record_minutes(recording, 3)
    victim = files.counting(recording.recorder.history, "raw")[1].path
    content = bytearray(victim.read_bytes())
    content[10] ^= 1
    victim.write_bytes(content)
    recording.clock.now_s += 7200.0
    recording.recorder._upkeep.once()
    (hour,) = files.counting(recording.recorder.history, "raw")
    assert hour.span == "hour"
    assert hour.intact
    assert (tmp_path / "history" / "bad" / victim.name).exists()
    assert any(victim.name in line for line in recording.said)
    assert points_of(tmp_path, recording.clock.now_s)[0] == 2
    recording.recorder.close()


def test_a_crash_between_merge_and_removal_counts_nothing_twice(tmp_path, monkeypatch):
    recording = Recording(tmp_path)
    record_minutes(recording, 5)
    recording.clock.now_s += 7200.0
    with monkeypatch.context() as patch:
        patch.setattr(files, "remove", lambda _parts: None)
        recording.recorder._upkeep.once()
    names = [path.name for path in (tmp_path / "history" / "raw").iterdir()]
    assert len(names) == 6
    assert points_of(tmp_path, recording.clock.now_s)[0] == 5
    recording.recorder._upkeep.once()
    assert len(list((tmp_path / "history" / "raw").iterdir())) == 1
    assert points_of(tmp_path, recording.clock.now_s)[0] == 5
    recording.recorder.close()


@pytest.mark.parametrize("rows", [1, 3, 1000])
def test_work_done_in_slices_is_the_same_as_done_at_once(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("twin.live.history.slices.SLICE", rows)
    recording = Recording(tmp_path)
    for minute in range(20):
        recording.take("power_kw", [(k, recording.clock.now_s + k, minute + k, True) for k in range(len(IDS))])
        recording.clock.now_s += 60.0
        recording.recorder.flush()
    until_s = recording.clock.now_s

    def rows_of(width_s: float) -> list[list[dict[str, object]]]:
        return [History(tmp_path, until_s).series(name, POWER, START_S, until_s, width_s).rows for name in IDS]

    before = rows_of(60.0), rows_of(900.0)
    recording.clock.now_s += 7200.0
    recording.recorder._upkeep.once()
    assert {part.span for part in files.counting(recording.recorder.history, "raw")} == {"hour"}
    assert rows_of(60.0) == before[0]
    for after, earlier in zip(rows_of(900.0), before[1], strict=True):
        # The last quarter was not over when it was first asked for.
        assert [row["points"] for row in after] == [row["points"] for row in earlier]
        assert after[0] == earlier[0]
    assert not list((tmp_path / "history" / "spill").glob("slice*"))
    recording.recorder.close()


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from history_streams import Recording
recording = Recording(Path(sys.argv[1]))
r = recording.recorder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def minute(count):
    recording.take("power_kw", [(0, recording.clock.now_s + k / 100, k * 1.7, True) for k in range(count)])
    recording.clock.now_s += 60.0
    r.flush()
minute(10)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))  # what a full disk does: no byte more
minute(1000)
minute(1000)
print("waiting", sum(map(len, r._waiting)))
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
minute(10)
print("waiting", sum(map(len, r._waiting)), "written", r.written)
r.close()
print(*recording.said, sep="\\n")
"""


def test_a_disk_that_takes_no_more_is_said_once_and_the_points_wait(tmp_path):
    script = textwrap.dedent(FULL)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4],
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0] == "waiting 2000"
    assert lines[1] == "waiting 0 written 2020"
    assert len(lines) == 4
    assert "cannot write in" in lines[2]
    assert "live state goes on" in lines[2]
    assert lines[3] == "history: written again; nothing was lost"
    assert not list(tmp_path.rglob(f"*{files.DRAFT}"))


def test_what_does_not_fit_into_memory_meanwhile_is_counted(tmp_path, monkeypatch):
    recording = Recording(tmp_path)
    monkeypatch.setattr("twin.live.history.recorder.MOST_WAITING", 3)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        record_minutes(recording, 5)
    record_minutes(recording, 1)
    assert recording.said[0].endswith("live state goes on, points wait in memory")
    assert recording.said[1:] == ["history: written again; 2 points could not be written and are lost"]
    assert points_of(tmp_path, recording.clock.now_s)[0] == 4
    recording.recorder.close()


def test_points_from_a_clock_that_is_far_off_are_not_recorded_and_counted(tmp_path):
    recording = Recording(tmp_path)
    now_s = recording.clock.now_s
    recording.take("power_kw", [(0, now_s, 1.0, True), (0, now_s + 1e5, 1.0, True), (0, now_s - 1e7, 1.0, True)])
    recording.recorder.flush()
    assert (recording.recorder.refused, recording.recorder.written) == (2, 1)
    recording.recorder.close()


def test_another_topology_counts_by_its_own_ids(tmp_path):
    recording = Recording(tmp_path)
    recording.take("power_kw", [(0, recording.clock.now_s, 1.0, True)])
    recording.recorder.new_ids(Ids.of(IDS[::-1]))
    recording.take("power_kw", [(3, recording.clock.now_s + 1.0, 2.0, True)])
    recording.clock.now_s += 60.0
    recording.recorder.close()
    answer = History(tmp_path, recording.clock.now_s).series(IDS[0], POWER, START_S, None, 60.0)
    assert [(row["points"], row["lowest"], row["highest"]) for row in answer.rows] == [(2, 1.0, 2.0)]


def test_an_interrupted_question_ends_at_once_and_blames_no_file(tmp_path):
    asked = []
    path = tmp_path / "whole.parquet"
    path.touch()

    def use(paths):
        asked.append(paths)
        raise duckdb.InterruptException("stopped")

    bad = {}
    with pytest.raises(duckdb.InterruptException):
        reading(lambda: [path], use, bad)
    assert asked == [[path]]
    assert bad == {}
