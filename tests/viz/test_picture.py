"""Pictures: what is drawn has its state's colour, an answer changes only what it should, labels do not overlap."""

from __future__ import annotations

import numpy as np
import pytest

from viz import gl
from viz.camera import View, direction, frame
from viz.kinds import Kind
from viz.labels import overlaps
from viz.lines import Fate, gather
from viz.look import look_at
from viz.mesh import box_actor
from viz.model import model
from viz.offscreen import draw
from viz.picture import view_of
from viz.scene import Scene
from viz.stage import Stage
from viz.states import STYLES, Pattern, State, palette, pattern_ink
from viz.still import still
from viz.verdict import Verdict

pytestmark = pytest.mark.usefixtures("graphics")


@pytest.fixture(scope="session")
def graphics():
    try:
        gl.require()
    except gl.NoGraphics as error:
        pytest.fail(f"the tests draw: {error}")


@pytest.fixture(scope="session")
def drawn(campus):
    return model(campus.topology, campus.placement)


def indices(campus, *ids):
    return np.array([campus.topology.ids.index(text) for text in ids], np.int64)


def under(campus, prefix, label):
    """Assets of a label whose id begins so."""
    topology = campus.topology
    return np.array(
        [i for i, text in enumerate(topology.ids) if text.startswith(prefix) and topology.label_of(i) == label]
    )


@pytest.fixture(scope="session")
def verdict(campus):
    """UPS A of a module fails; its busways and one server go, the other servers lose their reserve."""
    busways = np.array([i for i in under(campus, "B1-M02", "Busway") if campus.topology.ids[i].endswith("-A")])
    servers = under(campus, "B1-M02", "Server")
    return Verdict(
        failed=indices(campus, "B1-M02-UPS-A"),
        lost=np.concatenate([busways, servers[:1]]),
        degraded=servers[1:],
        at_risk=servers[2:],
    )


def impact_page(model, verdict):
    made = Stage(model, None, lambda *_: verdict)
    made.question(verdict.failed.tolist())
    return still(made)


def campus_page(model):
    return still(Stage(model, None, lambda *_: None))


def bodies_of(scene, index, state):
    """Put these assets alone into a scene, in these states."""
    actor, paint = box_actor(scene.model.boxes, index)
    paint(palette(), state)
    scene.renderer.AddActor(actor)


def visible_pixel(  # noqa: PLR0917
    drawn, boxes, asset, view, size, shape
):
    """Pixel of the middle of an asset's roof, if nothing drawn stands in front of it, else None."""
    top = boxes.top(np.array([asset]))
    x, y, _ = view.project(top, *size)[0]
    if not (2 <= x < size[0] - 2 and 2 <= y < size[1] - 2):
        return None
    origin, towards = view.ray(int(x) + 0.5, int(y) + 0.5, *size)
    distance = boxes.enter(shape, origin, towards)
    return (int(x), int(y)) if shape[int(np.argmin(distance))] == asset else None


def test_a_box_has_its_states_colour_on_its_roof(drawn, campus):
    size = (900, 600)
    shape = drawn.of_kind(Kind.EQUIPMENT, Kind.CABINET)
    rng = np.random.default_rng(7)
    state = rng.integers(State.WORKING, State.FAILED + 1, len(drawn)).astype(np.uint8)
    chosen = shape[drawn.contents(indices(campus, "B1-M01"))[shape]]
    # The roof must be wider than its outline.
    chosen = chosen[drawn.boxes.size[chosen, :2].min(axis=1) > 0.5]
    view = frame(drawn.boxes.corners(chosen).reshape(-1, 3), direction(-110, 50), size[0] / size[1], angle_deg=20)
    scene = Scene(drawn)
    bodies_of(scene, shape, state)
    image = draw(scene.renderer, view, *size)
    table = palette()
    seen = 0
    for asset in chosen:
        at = visible_pixel(drawn, drawn.boxes, asset, view, size, shape)
        if at is None:
            continue
        style = STYLES[State(state[asset])]
        pixel = image[at[1], at[0]].astype(int)
        allowed = np.array([style.fill, style.ink])
        assert np.abs(pixel - allowed).max(axis=1).min() <= 3, (asset, style.word, pixel)
        assert tuple(table[state[asset], :3]) == style.fill
        seen += 1
    assert seen > 30


def test_hatches_differ_from_one_another_without_colour():
    inked = {state: pattern_ink(STYLES[state].pattern, 60, 60) for state in STYLES}
    states = [State.WORKING, State.DEGRADED, State.AT_RISK, State.LOST, State.FAILED]
    for i, one in enumerate(states):
        for other in states[:i]:
            assert (inked[one] != inked[other]).mean() > 0.1, (one, other)
    marks = [STYLES[state].mark for state in states]
    assert len(set(marks)) == len(marks)


def test_the_shader_draws_the_hatch_that_the_legend_shows(drawn, campus):
    """One box seen from straight above fills the picture: its pixels are fill and ink where pattern_ink says."""
    asset = int(indices(campus, "SUB-A")[0])
    x, y, z = (float(part) for part in drawn.boxes.top(np.array([asset]))[0])
    view = View((x, y - 0.001, z + 6), (x, y, z), angle_deg=20, aspect=1.0)
    for value in (State.LOST, State.AT_RISK, State.DEGRADED, State.FAILED, State.MAINTENANCE):
        scene = Scene(drawn)
        bodies_of(scene, np.array([asset]), np.full(len(drawn), value, np.uint8))
        image = draw(scene.renderer, view, 60, 60).astype(int)
        style = STYLES[value]
        expected = np.where(pattern_ink(style.pattern, 60, 60)[..., None], style.ink, style.fill)
        wrong = np.abs(image - expected).max(axis=2) > 3
        assert wrong.mean() < 0.01, (style.word, wrong.mean())


def test_an_answer_names_itself_and_counts_what_it_shows(drawn, campus, verdict):
    page = impact_page(drawn, verdict)
    assert page.image.size == (1280, 800)
    assert page.tally.by_state[State.LOST]["Server"] == 1
    assert page.tally.by_state[State.AT_RISK]["Server"] == len(verdict.at_risk)
    assert page.tally.by_state[State.DEGRADED]["Server"] == 1
    texts = {one.label.text: one.label.state for one in page.labels}
    assert texts["B1-M02-UPS-A"] == State.FAILED
    assert texts["4 busways lost"] == State.LOST
    assert texts["1 server lost"] == State.LOST


def test_labels_do_not_overlap_and_stay_in_the_scene(drawn, campus, verdict):
    for page in (impact_page(drawn, verdict), campus_page(drawn)):
        left, top, right, bottom = page.area
        boxes = [one.box for one in page.labels]
        assert len(boxes) > 3
        for i, one in enumerate(boxes):
            assert left <= one[0] < one[2] <= right
            assert top <= one[1] < one[3] <= bottom
            assert not any(overlaps(one, other) for other in boxes[:i])


def test_an_impact_picture_is_framed_on_the_failure(drawn, campus, verdict):
    page = impact_page(drawn, verdict)
    left, top, right, bottom = page.area
    corners = drawn.boxes.corners(indices(campus, "B1-M02"))[0]
    seen = page.view.project(corners, right - left, bottom - top)
    assert (seen[:, 0] > 0).all()
    assert (seen[:, 0] < right - left).all()
    assert (seen[:, 1] > 0).all()
    assert (seen[:, 1] < bottom - top).all()
    # It fills the picture, and other modules are ghosts.
    assert seen[:, 0].max() - seen[:, 0].min() > 0.6 * (right - left)
    assert not page.look.focus[indices(campus, "B2-M01-UPS-A")].any()


def test_another_answer_changes_the_picture_only_where_states_differ(drawn, campus, verdict):
    """Same camera, same geometry: repainting one cabinet changes pixels inside its projected box alone."""
    size = (1000, 720)
    look = look_at(drawn, verdict.states(len(drawn)))
    view = view_of(drawn, look, size[0] / size[1])
    look.near = frozenset(drawn.halls[0].tolist())
    scene = Scene(drawn)
    scene.show(look)
    before = draw(scene.renderer, view, *size).astype(int)
    cabinet = indices(campus, "B1-M02-R1-C05")
    shown = look.shown.copy()
    shown[cabinet] = State.FAILED
    scene.paint(shown)
    after = draw(scene.renderer, view, *size).astype(int)
    changed = np.abs(after - before).max(axis=2) > 3
    corners = view.project(drawn.boxes.corners(cabinet)[0], *size)
    y, x = np.nonzero(changed)
    assert len(x) > 100
    assert x.min() >= corners[:, 0].min() - 2
    assert x.max() <= corners[:, 0].max() + 2
    assert y.min() >= corners[:, 1].min() - 2
    assert y.max() <= corners[:, 1].max() + 2


def test_dead_and_surviving_lines(drawn, campus, verdict):
    lines = gather(drawn, verdict.states(len(drawn)))
    pairs = {
        (campus.topology.ids[s], campus.topology.ids[c]): Fate(f)
        for s, c, f in zip(lines.supplier, lines.consumer, lines.fate, strict=True)
    }
    assert pairs["B1-M02-UPS-A", "B1-M02-R1-BW-A"] == Fate.DEAD
    assert pairs["B1-M02-UPS-B", "B1-M02-R1-BW-B"] == Fate.IDLE
    assert pairs["B1-M02-MSB-A", "B1-M02-UPS-A"] == Fate.IDLE
    assert pairs["B1-M01-UPS-A", "B1-M01-R1-BW-A"] == Fate.IDLE


def test_an_unplaced_campus_is_drawn_and_marked_as_schematic(unplaced):
    made_up = model(unplaced, None)
    assert made_up.boxes.known.all()
    assert made_up.boxes.schematic[made_up.of_kind(Kind.EQUIPMENT)].all()
    page = campus_page(made_up)
    banner = np.asarray(page.image)[page.area[3] - 30 : page.area[3] - 12, 14:200]
    assert (np.abs(banner.astype(int) - (255, 243, 205)).max(axis=2) < 8).mean() > 0.4


def test_a_placed_campus_is_not_marked(drawn, campus):
    page = campus_page(drawn)
    banner = np.asarray(page.image)[page.area[3] - 30 : page.area[3] - 12, 14:200].astype(int)
    assert (np.abs(banner - (255, 243, 205)).max(axis=2) > 8).all()


def test_ghosts_are_plain():
    assert STYLES[State.GHOST].pattern in {Pattern.PLAIN, Pattern.FLAT}
