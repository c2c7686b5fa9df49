"""What no source places stands in a dashed frame that says so, in a picture where the rest is measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viz import gl
from viz.about import SCHEMATIC
from viz.annotate import Frame, written_labels
from viz.boxes import union
from viz.model import model
from viz.schematic import clusters, frames
from viz.stage import Stage
from viz.states import State
from viz.viewer import Viewer


@pytest.fixture
def partly(campus, stage):
    """The campus with its substations' places taken away; a stage on it, and the two."""
    index = np.array([campus.topology.ids.index(f"SUB-{side}") for side in "AB"])
    x_m = campus.placement.x_m.copy()
    x_m[index] = np.nan
    return Stage(model(campus.topology, replace(campus.placement, x_m=x_m)), None, stage.ask), index


def test_a_frame_stands_around_what_has_no_place_and_around_nothing_else(partly, stage):
    shown, index = partly
    assert [one.tolist() for one in clusters(shown.model)] == [sorted(index.tolist())]
    low, high = union(*shown.model.boxes.bounds(index))
    dashes = frames(shown.model).reshape(-1, 3)
    assert (dashes[:, :2].min(axis=0) <= low[:2]).all()
    assert (dashes[:, :2].max(axis=0) >= high[:2]).all()
    assert clusters(stage.model) == []
    assert len(frames(stage.model)) == 0


def test_its_label_counts_it_and_the_panel_says_so(partly, stage):
    shown, index = partly
    frame = Frame(shown.model, None, shown.state, shown.view, 1000, 720)
    assert "2 without a place, set out schematically" in [one.text for one in written_labels(frame, {})]
    assert SCHEMATIC in shown.panel(int(index[0]))
    assert SCHEMATIC not in stage.panel(int(index[0]))


def test_beside_an_answer_the_labels_are_its_own(partly):
    shown, _ = partly
    state = shown.state.copy()
    state[shown.model.topology.ids.index("B1-M02-UPS-A")] = State.FAILED
    frame = Frame(shown.model, None, state, shown.view, 1000, 720)
    assert not [one for one in written_labels(frame, {}) if "schematically" in one.text]


def test_the_window_says_how_many_are_schematic(partly, stage):
    gl.require()
    for one, said in ((partly[0], True), (stage, False)):
        viewer = Viewer(one, (1000, 640))
        picture = viewer.picture()
        left, _, _, bottom = viewer.area
        corner = picture[bottom - 30 : bottom - 12, left + 20 : left + 300].astype(int)
        assert ((corner.max(axis=2) < 140).sum() > 100) == said
        viewer.close()
