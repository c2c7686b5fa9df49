"""Boxes, rays, frames and the schematic layout: numbers alone, no drawing."""

from __future__ import annotations

import numpy as np
import pytest

from viz.boxes import Boxes
from viz.camera import View, direction, frame
from viz.kinds import Kind
from viz.labels import Label, overlaps, place
from viz.model import model
from viz.states import State
from viz.words import counted, listed, singular


def boxes_of(rng, n):
    base = rng.uniform(-20, 20, (n, 3)).astype(np.float32)
    size = rng.uniform(0.5, 4, (n, 3)).astype(np.float32)
    turn = rng.uniform(-3, 3, n).astype(np.float32)
    return Boxes(base, size, turn, np.ones(n, np.bool_), np.zeros(n, np.bool_))


def test_a_ray_enters_a_box_where_marching_along_it_does():
    """The oracle walks along the ray in steps and asks whether it stands inside the box."""
    rng = np.random.default_rng(1)
    boxes = boxes_of(rng, 40)
    index = np.arange(40)
    steps = np.linspace(0, 1, 8_001)
    for _ in range(40):
        origin = rng.uniform(-40, 40, 3)
        towards = boxes.centre()[rng.integers(40)] + rng.normal(0, 1, 3) - origin
        got = boxes.enter(index, origin, towards * 1.5)
        points = origin + steps[:, None] * towards * 1.5
        for i in index:
            away = points - boxes.base[i]
            cos, sin = np.cos(boxes.turn[i]), np.sin(boxes.turn[i])
            local = np.stack(
                [away[:, 0] * cos + away[:, 1] * sin, away[:, 1] * cos - away[:, 0] * sin, away[:, 2]], axis=1
            )
            low = np.array([-boxes.size[i, 0] / 2, -boxes.size[i, 1] / 2, 0])
            inside = ((local >= low) & (local <= low + boxes.size[i])).all(axis=1)
            if inside.any():
                assert got[i] == pytest.approx(steps[np.argmax(inside)], abs=1e-3)
            elif np.isfinite(got[i]) and got[i] < 1:
                # A corner grazed between two steps.
                at = origin + got[i] * towards * 1.5
                assert np.abs(at - boxes.centre()[i]).max() < 6


def test_corners_and_bounds_agree():
    boxes = boxes_of(np.random.default_rng(2), 30)
    low, high = boxes.bounds(np.arange(30))
    corners = boxes.corners()
    np.testing.assert_allclose(corners.min(axis=1), low, atol=1e-4)
    np.testing.assert_allclose(corners.max(axis=1), high, atol=1e-4)


@pytest.mark.parametrize("azimuth", [-120, -60, 10, 90])
@pytest.mark.parametrize("aspect", [0.7, 1.6])
def test_a_frame_holds_all_points_and_touches_one_side(azimuth, aspect):
    points = np.random.default_rng(azimuth + 200).uniform(-30, 50, (60, 3))
    view = frame(points, direction(azimuth, 35), aspect, margin=0.05)
    width, height = int(1000 * aspect), 1000
    seen = view.project(points, width, height)
    assert (seen[:, 2] > 0).all()
    share = np.abs(seen[:, :2] / (width, height) - 0.5) * 2
    assert share.max() == pytest.approx(0.9, abs=0.01)


def test_the_ray_of_a_pixel_meets_the_point_that_is_drawn_there():
    view = View((10, -20, 8), (1, 2, 3), 25, 1.5)
    points = np.random.default_rng(3).uniform(-4, 6, (50, 3))
    for point, (x, y, ahead) in zip(points, view.project(points, 900, 600), strict=True):
        origin, towards = view.ray(x, y, 900, 600)
        assert ahead > 0
        np.testing.assert_allclose(origin + towards * ahead, point, atol=1e-9)


def test_unplaced_assets_stand_inside_what_contains_them_and_apart(unplaced):
    drawn = model(unplaced, None)
    boxes = drawn.boxes
    low, high = boxes.bounds(np.arange(len(drawn)))
    for asset in range(len(drawn)):
        above = drawn.parent[asset]
        if above >= 0 and drawn.kind[asset] != Kind.LOGICAL:
            assert (low[asset, :2] >= low[above, :2] - 0.2).all()
            assert (high[asset, :2] <= high[above, :2] + 0.2).all()
    bodies = drawn.of_kind(Kind.EQUIPMENT, Kind.CABINET)
    for i, one in enumerate(bodies):
        for other in bodies[:i]:
            apart = (low[one] >= high[other] - 1e-3) | (low[other] >= high[one] - 1e-3)
            assert apart[:2].any(), (unplaced.ids[one], unplaced.ids[other])


def test_sources_stand_left_of_what_they_supply(unplaced):
    boxes = model(unplaced, None).boxes
    at = {name: boxes.base[unplaced.ids.index(name), 0] for name in ("TX-A", "UPS-A", "PDU-A", "CAB-1")}
    assert at["TX-A"] < at["UPS-A"] < at["PDU-A"] < at["CAB-1"]


def test_spaces_without_a_place_take_that_of_their_contents(campus):
    placement = campus.placement
    at = campus.topology.ids.index("B1-M01")
    without = type(placement)(**{name: getattr(placement, name).copy() for name in placement.__dataclass_fields__})
    without.x_m[at] = np.nan
    drawn = model(campus.topology, without)
    assert drawn.boxes.known[at]
    assert not drawn.boxes.schematic[at]
    low, high = drawn.boxes.bounds(np.array([at]))
    inside = drawn.contents(np.array([at])) & (drawn.kind == Kind.CABINET)
    within = drawn.boxes.bounds(np.flatnonzero(inside))
    assert (within[0] >= low - 1e-3).all()
    assert (within[1] <= high + 1e-3).all()


def test_map_coordinates_are_moved_to_the_origin(campus):
    placement = campus.placement
    far = type(placement)(**{name: getattr(placement, name).copy() for name in placement.__dataclass_fields__})
    far.x_m += 480_000
    far.y_m += 2_700_000
    drawn = model(campus.topology, far)
    assert np.abs(drawn.boxes.base[drawn.boxes.known]).max() < 5_000


def test_the_worst_of_a_space_is_that_of_its_loads(campus):
    drawn = model(campus.topology, campus.placement)
    state = np.full(len(drawn), State.WORKING, np.uint8)
    find = campus.topology.ids.index
    state[find("B1-M01-R1-C01-PDU-A")] = State.LOST
    state[find("B1-M01-R1-C01-S01")] = State.AT_RISK
    shown = drawn.rolled(state)
    assert shown[find("B1-M01-R1-C01")] == State.AT_RISK
    assert shown[find("B1-M01")] == State.AT_RISK
    assert drawn.worst(state)[find("B1-M01")] == State.LOST
    assert shown[find("B1-M02")] == State.WORKING


def test_labels_are_placed_by_priority_until_there_is_no_room():
    labels = [Label(100 + i, 100, f"label {i}", State.LOST, priority=float(i)) for i in range(60)]
    placed = place(labels, 260, 200, most=60)
    assert 1 < len(placed) < 60
    assert placed[0].label.text == "label 59"
    boxes = [one.box for one in placed]
    assert not any(overlaps(one, other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_words():
    assert singular("RackPDU") == "rack PDU"
    assert counted("RackPDU", 2_000) == "2,000 rack PDUs"
    assert counted("Battery", 2) == "2 batteries"
    assert counted("UPS", 1) == "1 UPS"
    assert listed(["a", "b", "c"]) == "a, b and c"
