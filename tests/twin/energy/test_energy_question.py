"""`campus.energy` from history, and what people see of it: keys, table, picture, refusals."""

from __future__ import annotations

import time
from contextlib import nullcontext

import numpy as np
import pytest
from rich.console import Console

from schema.errors import BadInput, Unreachable
from tests.oracles.energy import Plant
from twin.campus import Campus
from twin.cli import options
from twin.cli.main import run
from twin.cli.render.energy import print_energy
from twin.cli.render.energy_plot import draw
from twin.live.history.recorder import Recorder
from twin.live.metrics import NUMBER
from twin.live.points import Batch
from twin.topology import from_records

KEYS = ["question", "pue", "category", "wue", "it_kw", "total_kw", "by_building", "by_module", "missing_meters"]


@pytest.fixture
def campus(tmp_path):
    plant = Plant()
    plant.add("B1", "Building", "")
    plant.add("M1", "Module", "B1")
    plant.add("UTIL", "UtilityFeed", "")
    plant.add("SWB", "Switchboard", "B1", ["UTIL"])
    plant.add("CH", "Chiller", "B1", ["SWB"], 20.0)
    plant.add("UPS", "UPS", "B1", ["SWB"], efficiency=0.8)
    plant.add("S", "Server", "M1", ["UPS"], 80.0)
    assets, relationships = plant.records()
    topology = from_records([*assets, {"id": "CITY", "label": "WaterSupply"}], relationships)
    found = Campus.of(topology)
    found.home = tmp_path
    return found


def record(campus: Campus, values: dict[str, dict[str, float]], hours: float = 2.0, every_s: float = 30.0) -> None:
    now_s = time.time()
    seconds = np.arange(now_s - hours * 3600.0, now_s, every_s)
    with Recorder(campus.home, campus.topology.ids, say=print) as recorder:
        for metric, assets in values.items():
            for name, value in assets.items():
                index = campus.topology.ids.index(name)
                whole = np.full(len(seconds), value, np.float32)
                if metric == "water_m3":
                    whole *= np.arange(len(seconds), dtype=np.float32)
                good = np.full(len(seconds), 4, np.uint8)
                recorder.receive(
                    Batch("t", NUMBER[metric], np.full(len(seconds), index, np.int32), whole, seconds, now_s, good)
                )


POWER = {"UTIL": 120.0, "CH": 20.0, "S": 80.0, "UPS": 80.0, "SWB": 120.0}


def test_the_document_from_history(campus):
    record(campus, {"power_kw": POWER, "flow_m3_per_h": {"CITY": 0.04}}, hours=3.0)
    found = campus.energy(time.time() - 7200.0)
    document = found.to_dict()
    assert list(document) == KEYS
    assert (document["pue"], document["category"], document["wue"]) == (1.5, "PUE3 interim", 0.5)
    assert document["question"]["basis"] == "energy"
    assert document["by_building"]["B1"] == {
        "pue": 1.5, "category": "PUE3", "it_kw": 80.0, "total_kw": 120.0, "cooling_kw": 20.0, "losses_kw": 20.0,
    }  # fmt: skip
    assert document["missing_meters"] == []


def test_a_meter_with_gaps_counts_as_missing(campus):
    record(campus, {"power_kw": {name: kw for name, kw in POWER.items() if name != "UTIL"}}, hours=3.0)
    record(campus, {"power_kw": {"UTIL": 120.0}}, hours=3.0, every_s=90.0)  # holds 60 s of 90
    found = campus.energy(time.time() - 7200.0)
    # The switchboard is fed by the utility alone and stands for it.
    assert (found.campus.total_kw, found.missing) == (pytest.approx(120.0), ["CITY"])


def test_without_the_meters_of_the_sources_it_is_refused_with_their_names(campus):
    record(campus, {"power_kw": {"CH": 20.0, "S": 80.0}}, hours=3.0)
    found = campus.energy(time.time() - 7200.0)
    assert found.to_dict()["pue"] is None
    assert found.missing == ["CITY", "UTIL"]
    console = Console(record=True, width=100)
    print_energy(console, found, modules=True)
    shown = console.export_text()
    assert "PUE: cannot be told, because meters are missing" in shown
    assert "missing: 2 readings that cover 95 % of the window: CITY, UTIL" in shown


def test_water_by_its_counter_from_a_day_on(campus):
    record(campus, {"power_kw": POWER, "water_m3": {"CITY": 0.01}}, hours=26.0, every_s=50.0)
    found = campus.energy(time.time() - 25 * 3600.0)
    litres_per_h = 0.01 * 72 * 1000.0
    assert found.wue == pytest.approx(litres_per_h / 80.0, rel=0.02)


def test_the_table_and_the_picture(campus, tmp_path):
    record(campus, {"power_kw": POWER, "flow_m3_per_h": {"CITY": 0.04}}, hours=3.0)
    found = campus.energy(time.time() - 7200.0)
    console = Console(record=True, width=100)
    print_energy(console, found)
    shown = console.export_text()
    assert "PUE 1.500  PUE3 interim" in shown
    assert "WUE 0.500 L/kWh" in shown
    picture = tmp_path / "energy.png"
    draw(found, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(BadInput, match="cannot be written"):
        draw(found, tmp_path / "nowhere" / "energy.png")


def test_without_live_state_or_history_it_is_refused(campus):
    with pytest.raises(Unreachable, match="no live process"):
        campus.energy()
    with pytest.raises(BadInput, match="there is no history"):
        campus.energy(time.time() - 7200.0)


def test_where_nothing_can_be_drawn_the_table_still_names_the_missing_meters(campus, tmp_path, monkeypatch, capsys):
    record(campus, {"power_kw": {"CH": 20.0}}, hours=1.0)
    monkeypatch.setenv("TWIN_HOME", str(tmp_path))
    monkeypatch.setattr(options.Where, "campus", lambda _where: nullcontext(campus))
    assert run(["energy", "--since", "30min", "--plot", str(tmp_path / "energy.png")]) == 2
    told = capsys.readouterr()
    assert "CITY, S, UTIL" in told.out
    assert "no total power is measured" in told.err


def test_a_window_is_widened_to_quarters_of_an_hour(campus):
    record(campus, {"power_kw": POWER}, hours=1.0)
    until_s = time.time() - 60.0
    found = campus.energy(until_s - 90.0, until_s)
    assert found.since_s == (until_s - 90.0) // 900.0 * 900.0
    assert found.until_s == pytest.approx(min(-(-until_s // 900.0) * 900.0, time.time()), abs=5.0)


def test_bad_options(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path))
    for arguments, words in ((["--plot", "a.pdf"], "must end in .png"), (["--since", "soon"], "--since 'soon'")):
        assert run(["energy", *arguments]) == 2
        assert words in capsys.readouterr().err
