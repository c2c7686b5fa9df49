"""`twin live show`: what one asset reports, setpoints apart, each point with its age."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

import twin
from twin.campus import Campus
from twin.cli.main import run
from twin.live.directory import Head
from twin.live.keeper import Keeper
from twin.live.metrics import NUMBER
from twin.topology import from_records

ASSETS = [{"id": "CH-1", "label": "Chiller", "name": "North chiller"}, {"id": "CH-2", "label": "Chiller"}]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    campus = Campus.of(from_records(ASSETS, []))
    monkeypatch.setattr(twin, "open", lambda *_, **__: campus)
    keeper = Keeper(campus, tmp_path, "played")
    told = ("power_kw", 212.5, 3.0), ("supply_setpoint_c", 18.0, 7200.0), ("inlet_c", 24.0, 90.0)
    for metric, value, ago_s in told:
        at_s = time.time() - ago_s
        with keeper.directory.lock:
            head = Head("bms", NUMBER[metric], at_s, -1)
            keeper.receive(keeper.directory.batch(head, ["CH-1"], [value], np.array(at_s)))
    yield keeper
    keeper.close()


def test_setpoints_stand_apart_and_what_is_past_its_time_to_live_is_stale(kept, capsys):
    assert run(["live", "show", "CH-1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["condition"], document["seen"], document["alarm"]) == ("up", "up", None)
    kinds = {name: (point["value"], point["kind"], point["stale"]) for name, point in document["values"].items()}
    assert kinds == {
        "power_kw": (212.5, "measurement", False),
        "inlet_c": (24.0, "measurement", True),  # 60 s
        "supply_setpoint_c": (18.0, "setpoint", False),  # sent when it changes
    }
    assert run(["live", "show", "CH-1"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert " ".join(lines[0]) == "Chiller CH-1: up"
    first = [line[0] for line in lines if line]
    assert first == ["Chiller", "Reported", "inlet_c", "power_kw", "Setpoint", "supply_setpoint_c"]
    assert [line[-1] for line in lines if line and line[0].endswith(("_c", "_kw"))] == ["stale", "good", "good"]


def test_who_reported_nothing_and_who_is_not_there(kept, capsys):
    assert run(["live", "show", "CH-2"]) == 0
    assert capsys.readouterr().out.splitlines() == ["Chiller CH-2: up", "nothing was reported"]
    assert run(["live", "show", "CH-3"]) == 2
    assert "CH-3" in capsys.readouterr().err
    kept.close()
    assert run(["live", "show", "CH-1"]) == 3
    assert "no live process" in capsys.readouterr().err
