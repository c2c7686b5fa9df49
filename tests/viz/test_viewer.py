"""The view as pixels, mouse and keys, off-screen: what a person does in the window, without a window."""

from __future__ import annotations

import numpy as np
import pytest

from viz import gl
from viz.annotate import Frame, visible, written_labels
from viz.camera import View
from viz.colour import LOAD, Colour
from viz.keys import HELP, Keys
from viz.kinds import SPACES, Kind
from viz.look import pickable
from viz.pick import pick_all
from viz.reading import Reading
from viz.saved import Saved
from viz.section import Section
from viz.states import BAND, STYLES, State
from viz.viewer import Viewer

SIZE = (1000, 640)


@pytest.fixture
def viewer(stage):
    gl.require()
    made = Viewer(stage, SIZE)
    yield made
    made.close()


@pytest.fixture
def press(viewer):
    keys = Keys(viewer)

    def press(*names):
        for name in names:
            keys.press("minus" if name == "-" else name)

    return press


def find(viewer, text):
    return viewer.stage.model.topology.ids.index(text)


def pixel_of(viewer, asset):
    """The pixel of the middle of an asset's roof."""
    left, top, right, bottom = viewer.area
    roof = viewer.stage.model.boxes.top(np.array([asset]))
    x, y, _ = viewer.stage.view.project(roof, right - left, bottom - top)[0]
    return float(x) + left, float(y) + top + 2


def reading(n, **changes):
    arrays = {
        "state": np.full(n, State.WORKING, np.uint8),
        "since_s": np.zeros(n),
        "power_kw": np.full(n, np.nan),
        "inlet_c": np.full(n, np.nan),
    }
    return Reading(at_s=1_763_800_000.0, **(arrays | changes))


def test_search_pick_ask_and_reset_by_keys_and_mouse(viewer, press):
    press("slash", *"b1-m02-ups-a", "Return")
    chosen = find(viewer, "B1-M02-UPS-A")
    assert viewer.stage.selected == chosen
    before = viewer.picture()
    viewer.stage.selected = None
    assert viewer.click(*pixel_of(viewer, chosen)) == chosen
    press("f")
    after = viewer.picture()
    assert viewer.stage.state[chosen] == State.FAILED
    assert np.abs(after.astype(int) - before).max() > 50
    press("r")
    assert viewer.stage.selected is None
    assert (viewer.stage.state == State.WORKING).all()


def test_what_the_depth_of_the_picture_picks_is_what_the_ray_meets(viewer):
    """Thousands of pixels of several pictures: the depth read back and the numpy ray name the same body."""
    stage, rng = viewer.stage, np.random.default_rng(5)
    left, top, right, bottom = viewer.area
    agreed = 0
    for target in ("B1", "B1-M02", "B2-M01-R2-C04", "SUB-A"):
        stage.fly_to(find(viewer, target), select=False)
        viewer.picture()
        bodies = np.flatnonzero(pickable(stage.model, stage.look) & stage.model.boxes.known)
        for _ in range(500):
            x, y = int(rng.integers(left, right)), int(rng.integers(top, bottom))
            got = viewer.asset_at(x, y)
            ray = stage.view.ray(x - left + 0.5, y - top + 0.5, right - left, bottom - top)
            expected = pick_all(stage.model.boxes, bodies, *ray)
            if got == (expected.asset if expected else None):
                agreed += 1
                continue
            # At the edge of a body the pixel beside it may be meant, and nowhere else.
            around = {
                hit.asset if (hit := pick_all(stage.model.boxes, bodies, *near)) else None
                for near in (
                    stage.view.ray(x - left + dx, y - top + dy, right - left, bottom - top)
                    for dx in (-0.5, 1.5)
                    for dy in (-0.5, 1.5)
                )
            }
            assert len(around) > 1, (target, x, y)
    assert agreed > 1_800


def test_while_moving_the_picture_is_the_same_scene_at_less_detail(viewer):
    viewer.picture()
    full = viewer._scene_pixels(720, 540, moving=False).astype(int)
    viewer._slow = True
    half = viewer._scene_pixels(720, 540, moving=True).astype(int)
    assert half.shape == full.shape
    assert (np.abs(half - full).max(axis=2) < 30).mean() > 0.85
    assert (half[0::2][:200] == half[1::2][:200]).all()


def test_storeys_and_modules_in_the_distance_are_blocks_and_near_ones_open(viewer):
    stage = viewer.stage
    far = View((0.0, -3_000.0, 1_500.0), (0.0, 0.0, 0.0), 22.0, stage.aspect)
    stage.look_from(far)
    assert not stage.look.near
    shown = pickable(stage.model, stage.look)
    assert shown[find(viewer, "B1-M01")]
    assert not shown[find(viewer, "B1-M01-R1-C01")]
    stage.fly_to(find(viewer, "B1-M01-R1-C01"))
    assert stage.look.opened[find(viewer, "B1-M01-R1-C01")]
    shown = pickable(stage.model, stage.look)
    assert shown[find(viewer, "B1-M01-R1-C01-S01")]
    assert not shown[find(viewer, "B1-M01-R1-C01")]


def test_a_live_reading_recolours_and_leaves_the_camera(viewer):
    stage = viewer.stage
    stage.fly_to(find(viewer, "B1-M01"), select=False)
    before, view = viewer.picture(), stage.view
    n, down, out, old = len(stage.model), *(find(viewer, f"B1-M01-{one}") for one in ("CDU-1", "CDU-2", "CDU-3"))
    state, since = np.full(n, State.WORKING, np.uint8), np.zeros(n)
    state[down], state[out], state[old], since[down] = State.FAILED, State.MAINTENANCE, State.STALE, 1_763_700_000.0
    stage.take(reading(n, state=state, since_s=since))
    assert [stage.state[one] for one in (down, out, old)] == [State.FAILED, State.MAINTENANCE, State.STALE]
    assert stage.view == view
    assert np.abs(viewer.picture().astype(int) - before).max() > 50
    assert any(line.startswith("since 2025-11-2") and "as of 2025-11-2" in line for line in stage.panel(down))
    stage.take(reading(n))
    assert (stage.state == State.WORKING).all()


def test_live_state_alone_hides_nothing_and_an_answer_the_rest(viewer, press):
    stage = viewer.stage
    ups, n = find(viewer, "B1-M02-UPS-A"), len(stage.model)
    state = np.full(n, State.WORKING, np.uint8)
    state[ups] = State.FAILED
    stage.take(reading(n, state=state))
    assert stage.look.focus.all()
    stage.selected = ups
    press("f")
    assert not stage.look.focus.all()


def test_nothing_is_said_of_what_is_hidden(viewer, press):
    stage = viewer.stage
    ups = find(viewer, "B1-M02-UPS-A")
    stage.selected = ups
    press("f")

    def named():
        state, notes = visible(stage.state, stage.verdict.notes, stage.hidden)
        left, top, right, bottom = viewer.area
        frame = Frame(stage.model, None, state, stage.view, right - left, bottom - top)
        return {one.text for one in written_labels(frame, notes)}

    assert "B1-M02-UPS-A" in named()
    press("h")
    assert "B1-M02-UPS-A" not in named()
    assert any(one.endswith(" lost") for one in named())


def test_measured_power_and_temperature_colour_their_bands(viewer, press):
    stage = viewer.stage
    n, ups = len(stage.model), find(viewer, "B1-M01-UPS-A")
    power, inlet = np.full(n, np.nan), np.full(n, np.nan)
    for share, band in ((0.1, 0), (0.5, 1), (0.7, 2), (0.9, 3), (1.2, 4)):
        power[ups] = share * 800.0
        stage.take(reading(n, power_kw=power, inlet_c=inlet))
        stage.colour_by(Colour.LOAD)
        assert stage.look.own[ups] == BAND + band
    assert stage.look.shown[ups] == BAND + 4
    assert stage.look.palette[BAND + 4, :3].tolist() == list(LOAD[4].fill)
    inlet[find(viewer, "B1-M01-R1-C01-S01")] = 33.0
    stage.take(reading(n, power_kw=power, inlet_c=inlet))
    press("c")
    assert stage.colour == Colour.TEMPERATURE
    assert stage.look.shown[find(viewer, "B1-M01-R1-C01")] == BAND + 3
    assert stage.look.shown[find(viewer, "B1-M02-R1-C01")] == State.UNKNOWN
    viewer.picture()


def test_load_by_the_model_is_that_of_the_servers(viewer):
    """Oracle: 240 servers of 0.4 kW share UPS A and B of their module; one in ninety hangs on A alone."""
    stage = viewer.stage
    stage.colour_by(Colour.LOAD)
    power = stage.quantities.power_kw(stage.state)
    single = sum((column * 7 + k) % 90 == 0 for column in range(10) for k in range(6)) * 4
    double = 240 - single
    assert power[find(viewer, "B1-M01-UPS-A")] == pytest.approx(0.4 * (double / 2 + single))
    assert power[find(viewer, "B1-M01-UPS-B")] == pytest.approx(0.4 * double / 2)


def test_a_section_hides_what_it_cuts_from_pictures_and_picks(viewer, press):
    stage = viewer.stage
    stage.fly_to(find(viewer, "B1-M01"), select=False)
    target = find(viewer, "B1-M01-R4-C05")
    x, y = pixel_of(viewer, target)
    viewer.picture()
    assert viewer.asset_at(x, y) is not None
    stage.section = Section("z", float(stage.model.boxes.base[target, 2]) + 0.02)
    viewer.picture()
    hit = viewer.asset_at(x, y)
    assert hit is None or stage.model.boxes.base[hit, 2] < stage.section.at_m
    frame = Frame(stage.model, None, stage.state, stage.view, 720, 540, stage.section)
    label = frame.label(np.array([target]), "R4", State.WORKING, 1.0)
    assert not np.isfinite([label.x, label.y, *label.point]).any(), "what is cut away is not named"
    press("x", "x", "x")
    assert stage.section is not None
    press("bracketright")
    press("r")
    assert stage.section is None


def test_stepping_goes_on_to_the_next_of_several(viewer, press):
    stage = viewer.stage
    press("slash", *"b1-m02-r1-c01-s02", "Return")
    assert stage.selected == find(viewer, "B1-M02-R1-C01-S02")
    press("u")
    first = stage.selected
    press("n")
    assert stage.selected != first
    press("n")
    assert stage.selected == first


def test_keys_that_cannot_do_anything_say_why(viewer, press):
    press("f")
    assert "click an asset first" in viewer.message
    press("n")
    assert "U or J first" in viewer.message
    press("b")
    assert "no view is kept" in viewer.message
    press("slash", *"nothing-like-this", "Return")
    assert "nothing is named" in viewer.message
    press("bracketleft")
    assert "X first" in viewer.message
    press("c", "c")
    assert "temperatures come with live state" in viewer.message


def test_a_view_is_kept_under_a_typed_name(viewer, press):
    press("slash", *"b1-m02-ups-a", "Return", "f", "v", *"mine", "Return")
    view = viewer.stage.view
    press("r", "b")
    assert viewer.stage.view == view
    assert viewer.stage.failed == [find(viewer, "B1-M02-UPS-A")]
    assert viewer.message.startswith("mine")


def test_what_is_typed_stands_behind_what_it_is_for(viewer, press):
    for key, prompt in (("slash", "find: "), ("v", "keep this view as: "), ("s", "ask the scenario: ")):
        press(key, "a", "slash", "1")
        assert viewer.said == f"{prompt}a/1▏"
        press("Escape")
        assert viewer.said == ""


def test_a_saved_scenario_is_asked_by_its_name(viewer, press):
    press("s", "Return")
    assert viewer.message.startswith("no scenario is saved")
    viewer.stage.scenarios = lambda: [Saved("mine", ("B1-M02-UPS-A",))]
    press("s", "Return")
    assert viewer.message == "saved scenarios: mine"
    press("s", *"mine", "Return")
    assert viewer.stage.failed == [find(viewer, "B1-M02-UPS-A")]
    assert viewer.message == "scenario 'mine'"


def test_walking_by_keys_stops_at_cabinets(viewer, press):
    stage = viewer.stage
    stage.selected = find(viewer, "B1-M01-R2-C05")
    press("g")
    assert viewer.walking is not None
    cabinets = stage.model.of_kind(Kind.CABINET)
    box = stage.model.boxes
    start = stage.view.position
    for _ in range(30):
        press("w")
        away = np.abs(np.array(stage.view.position[:2]) - box.base[cabinets, :2])
        assert not (away < box.size[cabinets, :2] / 2).all(axis=1).any()
    press("q", "w", "w", "a")
    assert stage.view.position[2] == start[2]
    viewer.drag(40, -10)
    assert stage.view.position[2] == start[2]
    assert viewer.picture().shape == (SIZE[1], SIZE[0], 3)
    press("g")
    assert viewer.walking is None


def test_a_question_on_foot_is_answered_where_one_stands_and_a_flight_ends_the_walk(viewer, press):
    stage = viewer.stage
    stage.selected = find(viewer, "B1-M01-R2-C05")
    press("g", "w")
    view = stage.view
    stage.selected = find(viewer, "B1-M01-UPS-A")
    press("f")
    assert stage.state[stage.selected] == State.FAILED
    assert viewer.walking is not None
    assert stage.view == view
    press("n")
    assert viewer.walking is not None, "nothing moved"
    press("u")
    assert stage.view != view
    assert viewer.walking is None
    press("g")
    assert viewer.walking is not None
    press("slash", *"b1-m02-ups-a", "Return")
    assert viewer.walking is None


def test_dragging_and_the_wheel_keep_what_is_looked_at(viewer):
    view = viewer.stage.view
    viewer.drag(120, 0)
    turned = viewer.stage.view
    assert turned.focus == view.focus
    reach = [np.linalg.norm(np.array(one.position) - np.array(one.focus)) for one in (view, turned)]
    assert reach[1] == pytest.approx(reach[0])
    viewer.wheel(3)
    assert np.linalg.norm(np.array(viewer.stage.view.position) - np.array(turned.position)) > 1
    viewer.drag(10, 20, aside=True)


def test_every_key_of_the_help_does_something(viewer):
    keys = Keys(viewer)
    told = {part for names, _ in HELP for part in names.replace(",", " ").split()}
    known = {name.upper() if len(name) == 1 else name for name in keys._actions()} | {"W", "A", "S", "D", "Q", "E"}
    assert {one for one in told if one not in {"click", "drag", "wheel"}} <= known | {"?", "/", "[", "]"}


def test_storeys_apart_and_isolate_change_the_scene(viewer, press):
    stage = viewer.stage
    stage.selected = find(viewer, "B1-M02-UPS-A")
    press("i")
    hidden = stage.hidden
    assert hidden[find(viewer, "B1-M01-UPS-A")]
    assert not hidden[find(viewer, "B1-M02-UPS-B")]
    press("e")
    viewer.picture()
    press("e", "r")
    assert not stage.hidden.any()
    assert stage.model is stage.flat


def test_spaces_are_picked_only_as_blocks(stage):
    near = pickable(stage.model, stage.look) & np.isin(stage.model.kind, SPACES)
    halls = stage.model.chunk[np.flatnonzero(near)]
    assert not np.isin(halls, list(stage.look.near)).any()
    assert STYLES[State.STALE].pattern != STYLES[State.UNKNOWN].pattern
