"""Picking agrees with trying every box, for thousands of random rays, and with what the picture shows."""

from __future__ import annotations

import numpy as np
import pytest

from viz.kinds import SPACES, Kind
from viz.model import model
from viz.pick import Picker, pick_all


@pytest.fixture(scope="module")
def drawn(campus):
    return model(campus.topology, campus.placement)


def rays(drawn, many, seed):
    """Rays from around the campus to bodies and to nowhere, some along the axes."""
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(drawn.boxes.known)
    centre = drawn.boxes.centre()
    for _ in range(many):
        origin = rng.uniform(-120, 120, 3) * (1, 1, 0.3) + (0, 0, 20)
        aim = centre[rng.choice(known)] + rng.normal(0, 0.6, 3)
        direction = aim - origin
        if rng.random() < 0.05:
            direction = np.eye(3)[rng.integers(3)] * rng.choice([-1, 1])
        yield origin, direction.astype(np.float64)


@pytest.mark.parametrize(
    ("kinds", "many"), [((Kind.EQUIPMENT, Kind.CABINET), 3_000), ((Kind.EQUIPMENT, Kind.IN_RACK), 1_000)]
)
def test_the_hierarchy_finds_what_trying_every_box_finds(drawn, kinds, many):
    shown = np.isin(drawn.kind, kinds)
    picker = Picker(drawn, shown)
    bodies = np.flatnonzero(shown & drawn.boxes.known & ~np.isin(drawn.kind, SPACES))
    hits = 0
    for origin, direction in rays(drawn, many, 11):
        got, expected = picker.pick(origin, direction), pick_all(drawn.boxes, bodies, origin, direction)
        assert (got is None) == (expected is None)
        if got is not None:
            assert got.distance == pytest.approx(expected.distance)
            # Of bodies that touch, either may be named: the one that is must be met there.
            named = drawn.boxes.enter(np.array([got.asset]), origin, direction)[0]
            assert named == pytest.approx(expected.distance)
            hits += 1
    assert hits > many / 2


def test_nothing_shown_is_nothing_picked(drawn):
    picker = Picker(drawn, np.zeros(len(drawn), np.bool_))
    assert picker.pick(np.array([0.0, 0, 50]), np.array([0.0, 0, -1])) is None


def test_a_server_seen_from_its_aisle_is_picked(drawn, campus):
    find = campus.topology.ids.index
    server = find("B1-M01-R1-C05-S03")
    picker = Picker(drawn, np.isin(drawn.kind, (Kind.EQUIPMENT, Kind.IN_RACK)))
    middle = drawn.boxes.centre(np.array([server]))[0].astype(float)
    hit = picker.pick(middle - np.array([0, 1.2, 0]), np.array([0.0, 1.0, 0.0]))
    assert hit is not None
    assert hit.asset == server
