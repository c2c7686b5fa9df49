"""`twin history`: table, JSON and CSV of recorded points, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import time

import numpy as np
import pytest

from twin.cli.main import run
from twin.cli.render.history import sparkline
from twin.live.history.recorder import Recorder
from twin.live.metrics import NUMBER
from twin.live.points import Batch
from twin.topology.strings import Ids

NOW_S = time.time()
BEGIN_S = NOW_S // 900 * 900 - 7200


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    recorder = Recorder(tmp_path, Ids.of(["UPS-A"]), say=print)
    for metric, values in (("power_kw", np.full(90, 60.0)), ("energy_kwh", np.arange(90.0)), ("running", np.ones(90))):
        seconds = BEGIN_S + 20.0 * np.arange(90)  # half an hour
        good = np.full(90, 4, np.uint8)
        assets = np.zeros(90, np.int32)
        recorder.receive(Batch("t", NUMBER[metric], assets, values.astype(np.float32), seconds, NOW_S, good))
    recorder.close()
    return tmp_path


def ask(capsys, *arguments):
    status = run(["history", "UPS-A", *arguments])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def test_the_document(capsys):
    status, out, err = ask(capsys, "power_kw", "--since", "3h", "--every", "15min", "--json")
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["question"]["asset"] == "UPS-A"
    assert document["question"]["every_s"] == 900.0
    assert document["points"] == 90
    # The last value holds for its time to live of 60 s: 89 × 20 s + 60 s.
    assert document["covered_s"] == 1840.0
    assert document["mean"] == pytest.approx(60.0)
    assert document["energy_kwh"] == pytest.approx(60.0 * 1840.0 / 3600.0)
    assert document["rows"][0].keys() >= {"t", "points", "mean", "lowest", "highest", "last", "covered_s", "energy_kwh"}
    assert document["gaps"][-1]["missing_s"] > 3000.0
    assert document["bad_files"] == []


def test_the_table_fits_a_terminal_and_says_what_was_not_measured(capsys):
    status, out, _ = ask(capsys, "power_kw", "--since", "3h")
    assert status == 0
    assert max(map(len, out.splitlines())) <= 120
    assert "UPS-A  power_kw (kW)" in out
    assert "not measured: " in out
    assert "30.7 kWh" in out


def test_csv_holds_the_same_rows(capsys):
    _, out, _ = ask(capsys, "energy_kwh", "--since", "3h", "--every", "15min", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sum(float(row["rise"] or 0) for row in rows) == 89.0
    _, out, _ = ask(capsys, "energy_kwh", "--since", "3h", "--every", "15min", "--json")
    assert json.loads(out)["rise"] == 89.0


def test_a_state_is_named(capsys):
    _, out, _ = ask(capsys, "running", "--since", "3h", "--json")
    assert {row["last"] for row in json.loads(out)["rows"]} == {None, "on"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["power"], "there is no metric 'power'; near: power_kw"),
        (["nonsense"], "there is no metric 'nonsense'; there are breaker, charge_percent, condition, cooling_kw"),
        (["power_kw", "--since", "soon"], "--since 'soon': expected how long ago (90s, 15min, 2h, 7d, 4w or 1y)"),
        (["power_kw", "--since", "5m"], "--since '5m': expected how long ago (90s, 15min, 2h, 7d, 4w or 1y)"),
        (["power_kw", "--every", "20min"], "above 15min it must be a multiple of 15min"),
        (["power_kw", "--every", "0s"], "--every '0s': expected a duration"),
        (["power_kw", "--since", "1y", "--every", "1s"], "at most 20,000 bins"),
        (["power_kw", "--since", "1h", "--until", "2h"], "is not before --until"),
        (["power_kw", "--json", "--csv"], "--csv or --json, not both"),
    ],
)
def test_what_is_refused(capsys, arguments, words):
    status, out, err = ask(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_without_a_history_there_is_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "elsewhere"))
    status, _, err = ask(capsys, "power_kw")
    assert status == 2
    assert "there is no history in" in err


def test_a_sparkline_has_a_bar_for_each_value_and_a_dot_for_none():
    assert sparkline([1.0, None, 8.0]) == "▁·█"
    assert sparkline([5.0, 5.0]) == "▁▁"
    assert len(sparkline([float(n) for n in range(500)])) <= 60
    assert sparkline([None]) == "·"
