"""What a person does in the view: search, pick, ask, isolate, hide, step, come back, walk; off-screen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from schema.errors import BadInput
from twin.topology import from_records
from viz import gl, saved
from viz.camera import View
from viz.colour import Colour
from viz.kinds import Kind
from viz.model import model
from viz.saved import Saved
from viz.section import Section
from viz.stage import Stage
from viz.states import State
from viz.viewpoints import Shelf
from viz.walk import guided, obstacles, step
from viz.walk_paths import COOLS, FEEDS, supply_path


def test_search_finds_the_id_itself_first(stage, campus):
    found = stage.search("b1-m02-ups-a")
    assert campus.topology.ids[found[0]] == "B1-M02-UPS-A"
    assert stage.search("no such thing") == []


def test_asking_changes_states_and_reset_brings_them_back(stage, campus):
    find = campus.topology.ids.index
    stage.selected = find("B1-M02-UPS-A")
    stage.fail_selected()
    assert stage.state[find("B1-M02-UPS-A")] == State.FAILED
    assert stage.state[find("B1-M02-R1-BW-A")] == State.LOST
    assert stage.words()[0].startswith("If B1-M02-UPS-A fails: ")
    stage.selected = find("B1-M02-UPS-B")
    stage.fail_selected()
    assert (stage.state[campus.topology.loads] == State.LOST).sum() == 240
    stage.reset()
    assert (stage.state == State.WORKING).all()


def test_isolate_and_hide(stage, campus):
    find = campus.topology.ids.index
    stage.selected = find("B1-M02-UPS-A")
    stage.isolate()
    assert stage.look.focus[find("B1-M02-R1-C01")]
    assert not stage.look.focus[find("B1-M01-R1-C01")]
    stage.selected = find("B1-M02-R1-C01")
    stage.hide()
    assert not stage.look.focus[find("B1-M02-R1-C01-S01")]


def test_steps_follow_the_supply(stage, campus):
    ids = campus.topology.ids
    stage.selected = ids.index("B1-M02-UPS-A")
    assert ids[stage.step(upstream=True)] == "B1-M02-MSB-A"
    assert stage.step(upstream=False) is not None


def test_a_saved_viewpoint_brings_back_question_and_camera(stage, campus):
    stage.question([campus.topology.ids.index("B1-M02-UPS-A")])
    stage.save("one")
    view, state = stage.view, stage.state.copy()
    stage.reset()
    stage.back_to("one")
    assert stage.view == view
    np.testing.assert_array_equal(stage.state, state)
    with pytest.raises(BadInput, match="no viewpoint"):
        stage.back_to("two")


def test_viewpoints_come_back_in_another_session_with_filters_and_scenario(stage, campus, tmp_path):
    find = campus.topology.ids.index
    stage.shelf = Shelf.at(tmp_path / "viewpoints.json")
    stage.selected = find("B1-M02-UPS-A")
    stage.isolate()
    stage.selected = find("B1-M02-R1-C01")
    stage.hide()
    stage.question([find("B1-M02-UPS-A")], [find("B1-M02-CDU-1")], look=False)
    stage.colour_by(Colour.LOAD)
    stage.section = Section("z", 3.0)
    stage.save("Tuesday")
    later = Stage(stage.flat, None, stage.ask, shelf=Shelf.at(tmp_path / "viewpoints.json"))
    later.back_to("Tuesday")
    assert later.view == stage.view
    np.testing.assert_array_equal(later.state, stage.state)
    np.testing.assert_array_equal(later.hidden, stage.hidden)
    assert (later.colour, later.section, later.failed, later.out) == (
        Colour.LOAD, Section("z", 3.0), stage.failed, stage.out,
    )  # fmt: skip


def test_a_view_kept_of_a_saved_scenario_carries_its_name(stage, tmp_path):
    stage.scenarios = lambda: [Saved("Tuesday's work", ("B1-M02-UPS-A",), ("B1-M02-CDU-1",), "a remark")]
    assert saved.ask(stage, "Tuesday's work") == 'scenario "Tuesday\'s work", a remark'
    assert stage.words()[1].startswith("Scenario Tuesday's work.")
    stage.shelf = Shelf.at(tmp_path / "viewpoints.json")
    stage.save("before work")
    later = Stage(stage.flat, None, stage.ask, shelf=Shelf.at(tmp_path / "viewpoints.json"))
    later.back_to("before work")
    assert (later.scenario, later.failed, later.out) == ("Tuesday's work", stage.failed, stage.out)
    assert later.shelf.get("before work").told() == 'before work, scenario "Tuesday\'s work"'
    later.question(later.failed, [])
    assert later.scenario == "", "another question is not that scenario any more"


def test_a_scenario_that_cannot_be_asked_says_why(stage):
    with pytest.raises(BadInput, match="no scenario 'x': none is saved"):
        saved.ask(stage, "x")
    stage.scenarios = lambda: [Saved("half", ()), Saved("elsewhere", ("B1-M02-UPS-A",), ("NO-SUCH",))]
    for name, text in (
        ("x", "no scenario 'x'; there are: half, elsewhere"),
        ("half", "'half' was not saved whole"),
        ("elsewhere", "'elsewhere' names NO-SUCH, which this campus does not have"),
    ):
        with pytest.raises(BadInput, match=text):
            saved.ask(stage, name)
    assert stage.failed == []


def test_a_file_that_holds_no_viewpoints_is_named(tmp_path):
    file = tmp_path / "viewpoints.json"
    for text in ("{", "[1]", '[{"name": "x"}]', '{"a": 1}'):
        file.write_text(text)
        with pytest.raises(BadInput, match=r"viewpoints\.json: holds no saved viewpoints"):
            Shelf.at(file)


def test_a_viewpoint_of_another_campus_names_what_is_gone(stage):
    stage.selected = 5
    stage.save("here")
    stage.shelf.points["here"] = replace(stage.shelf.points["here"], failed=("NO-SUCH",))
    with pytest.raises(BadInput, match="names NO-SUCH, which this campus does not have"):
        stage.back_to("here")


def test_nobody_walks_through_cabinets(stage, campus):
    drawn = stage.model
    floor = float(drawn.boxes.base[campus.topology.ids.index("B1-M01-R1-C01"), 2])
    blocked = obstacles(drawn, floor)
    rng = np.random.default_rng(4)
    middle = drawn.boxes.base[campus.topology.ids.index("B1-M01")]
    bodies = drawn.of_kind(Kind.CABINET)
    walks = 0
    for _ in range(40):
        x, y = rng.uniform(-6, 6, 2) + middle[:2]
        if blocked.blocks(x, y):
            continue
        walks += 1
        view = View((x, y, floor + 1.7), (x + rng.normal(), y + rng.normal(), floor + 1.6), 60, 1.6)
        for _ in range(60):
            view = step(view, blocked, 0.35, float(rng.uniform(-0.2, 0.2)))
            away = np.abs(np.array(view.position[:2]) - drawn.boxes.base[bodies, :2])
            assert not (away < drawn.boxes.size[bodies, :2] / 2).all(axis=1).any()
    assert walks > 10


def test_a_guided_walk_follows_power_from_its_source(stage, campus):
    ids = campus.topology.ids
    path = supply_path(stage.model, ids.index("B1-M02-R1-C05"))
    assert ids[path[-1]].startswith("B1-M02-R1-C05-")  # cabinets take no power here, what stands in them does
    path = supply_path(stage.model, ids.index("B1-M02-R1-C05"), COOLS)
    assert [ids[one] for one in path] == ["B1-CH-1", "B1-HDR", "B1-M02-CDU-1", "B1-M02-R1-C05"]
    path = supply_path(stage.model, ids.index("B1-M02-R1-C05-S01"))
    assert [ids[one] for one in path[:4]] == ["UTIL-A", "SUB-A", "B1-TX-A", "B1-MV-A"]
    views, at = zip(*guided(stage.model, path, 1.6, 48), strict=True)
    assert len(views) == 48
    assert (at[0], at[-1]) == (0, len(path) - 1)
    assert list(at) == sorted(at)
    # What the caption names is what the camera looks at: nothing else of the path is clearly nearer.
    tops = stage.model.boxes.top(np.array(path))
    for view, one in zip(views, at, strict=True):
        away = np.linalg.norm(tops - np.array(view.focus), axis=1)
        reach = np.linalg.norm(np.array(view.position) - np.array(view.focus))
        assert away[one] <= away.min() + 3 * reach
    moved = np.linalg.norm(np.diff([view.position for view in views], axis=0), axis=1)
    assert moved.max() < 20 * max(np.median(moved), 0.1)
    with pytest.raises(BadInput, match="supplies"):
        guided(stage.model, path[:1], 1.6, 10)


def test_a_walk_takes_no_bus_tie_no_generator_and_begins_at_no_pump():
    labels = {
        "UTIL-A": "UtilityFeed", "UTIL-B": "UtilityFeed", "GEN": "Generator", "SWB-A": "Switchboard",
        "SWB-B": "Switchboard", "TIE": "Switchboard", "UPS-A": "UPS", "PATH-A": "PowerPath",
        "CT": "CoolingTower", "CWP": "Pump", "CH": "Chiller", "CHP": "Pump", "AH": "AirHandler",
    }  # fmt: skip
    assets = [{"id": id_, "label": label, "standby": id_ == "GEN"} for id_, label in labels.items()]
    # The tie comes first, as its id may, and is the second choice.
    supplies = [
        ("TIE", "FEEDS", "SWB-A", 1), ("UTIL-A", "FEEDS", "SWB-A", 0), ("GEN", "FEEDS", "SWB-A", 0),
        ("UTIL-B", "FEEDS", "SWB-B", 0), ("SWB-B", "FEEDS", "TIE", 0), ("SWB-A", "FEEDS", "UPS-A", 0),
        ("CWP", "COOLS", "CH", 0), ("CT", "COOLS", "CH", 0), ("CH", "COOLS", "AH", 0), ("CHP", "COOLS", "AH", 0),
    ]  # fmt: skip
    related = [
        {
            "source_id": source, "type": type_, "target_id": target, "priority": priority,
            "group": source if type_ == "COOLS" else "", "policy": "transfer" if type_ == "FEEDS" else "share",
        }
        for source, type_, target, priority in supplies
    ]  # fmt: skip
    related += [{"source_id": one, "type": "PART_OF", "target_id": "PATH-A"} for one in ("SWB-A", "UPS-A")]
    topology = from_records(assets, related)
    drawn, ids = model(topology, None), topology.ids

    def way(asset: str, trade: int = FEEDS) -> list[str]:
        return [ids[one] for one in supply_path(drawn, ids.index(asset), trade)]

    assert way("PATH-A") == ["UTIL-A", "SWB-A", "UPS-A"]
    assert way("TIE") == ["UTIL-B", "SWB-B", "TIE"]
    assert way("AH", COOLS) == ["CT", "CH", "AH"]
    assert way("UTIL-A") == ["UTIL-A"]


def test_without_opengl_one_line_says_what_to_install(monkeypatch):
    monkeypatch.delenv("_TWIN_GL", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    crash = subprocess.CompletedProcess([], -11, "", "")
    monkeypatch.setattr(gl.subprocess, "run", lambda *_, **__: crash)
    with pytest.raises(gl.NoGraphics, match=r"apt-get install .* libegl1 libgl1-mesa-dri"):
        gl.require()


def test_importing_viz_loads_no_drawing_library():
    said = subprocess.run(
        [sys.executable, "-c", "import sys, viz, viz.gl; print('vtkmodules' in sys.modules, 'PIL' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["False", "False"]
