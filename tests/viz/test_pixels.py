"""Pixels of whole pictures against what the numpy ray and the depth of the picture say stands there.

Nothing here asks the scene what it drew: the expected colour of a pixel follows from the box that its ray meets and
from the state that this box was given.
"""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.vtkCommonCore import vtkFloatArray

from twin.impact.impact import impact
from twin.impact.question import Question
from twin.impact.settle import settle_base
from viz import gl
from viz.browser.area import Area
from viz.kinds import Kind
from viz.lines import DEAD, Fate, segments
from viz.look import pickable
from viz.mesh import SHADE
from viz.model import model
from viz.pick import pick_all
from viz.scene import FOCUS_LINE
from viz.section import Section
from viz.stage import Stage
from viz.states import STYLES, SURVIVING, State
from viz.verdict import Verdict, of_answer
from viz.viewer import Viewer
from viz.vtk_arrays import numbers

SIZE = (1000, 640)
DARKEST = float(SHADE.min()) * 0.55 - 0.01
"""The darkest side of a box, at its outline."""
TARGETS = ("B1", "B1-M02", "B2-M01-R2-C04", "SUB-A")


class Shot:
    """A picture with its rays: of the window's viewer, or of the browser's area."""

    def __init__(self, stage: Stage, where: str) -> None:
        if where == "window":
            self.drawer = Viewer(stage, SIZE)
        else:
            self.drawer = Area(stage, lambda _: None, SIZE)
        self.stage = stage
        self.height, self.width = self.again().shape[:2]

    def again(self) -> np.ndarray:
        """The picture as it is now."""
        drawer = self.drawer
        return (drawer.scene_pixels() if isinstance(drawer, Viewer) else drawer.pixels(*SIZE)).astype(int)

    def ray(self, x: int, y: int):
        """Origin and direction of the ray through the middle of a pixel, the direction one metre long."""
        origin, towards = self.stage.view.ray(x + 0.5, y + 0.5, self.width, self.height)
        return origin, towards / np.linalg.norm(towards)

    def points(self) -> np.ndarray:
        """The point that is drawn at each pixel of the last picture by its depth, float64[y, x, 3]; NaN: background."""
        canvas, depth = self.drawer.canvas, vtkFloatArray()
        canvas._window.GetZbufferData(0, 0, self.width - 1, self.height - 1, depth)
        depth = numbers(depth).reshape(self.height, self.width)[::-1].astype(float)
        near, far = canvas._renderer.GetActiveCamera().GetClippingRange()
        ahead = np.where(depth < 1, near * far / (far - depth * (far - near)), np.nan)
        (origin, corner), *beside = (
            self.stage.view.ray(x + 0.5, y + 0.5, self.width, self.height) for x, y in ((0, 0), (1, 0), (0, 1))
        )
        y, x = np.mgrid[: self.height, : self.width]
        across, down = (one[1] - corner for one in beside)
        return origin + ahead[..., None] * (corner + x[..., None] * across + y[..., None] * down)

    def close(self) -> None:
        self.drawer.close()


def is_of(pixel, state) -> bool:
    """Whether a pixel is the fill or the ink of a state, in the shade of some side of a box or of its outline."""
    style = STYLES[State(state)]
    for colour in (np.array(style.fill), np.array(style.ink)):
        light = float(pixel @ colour / (colour @ colour))
        if DARKEST <= light <= 1.01 and np.abs(pixel - light * colour).max() <= 3:
            return True
    return bool(np.abs(pixel - FOCUS_LINE).max() <= 3)  # the frame of an open cabinet


def random_verdict(drawn, seed: int) -> Verdict:
    """Every asset in some state of an answer, at random."""
    among = np.random.default_rng(seed).integers(0, 6, len(drawn))
    failed, lost, degraded, at_risk, out, _ = (np.flatnonzero(among == one) for one in range(6))
    return Verdict(failed=failed, lost=lost, degraded=degraded, at_risk=at_risk, out=out)


def states_by_hand(drawn, verdict: Verdict) -> dict[int, int]:
    """The state that each body must show: its own; of a cabinet, the worst of its own and of the loads in it."""
    own = {}
    for state, members in (
        (State.FAILED, verdict.failed),
        (State.LOST, verdict.lost),
        (State.DEGRADED, verdict.degraded),
        (State.AT_RISK, verdict.at_risk),
        (State.MAINTENANCE, verdict.out),
    ):
        own |= dict.fromkeys(members.tolist(), state)
    shown = {asset: int(own.get(asset, State.WORKING)) for asset in range(len(drawn))}
    for asset in np.flatnonzero(drawn.topology.loads).tolist():
        holder = int(drawn.parent[asset])
        if holder >= 0 and drawn.kind[holder] == Kind.CABINET:
            shown[holder] = max(shown[holder], int(own.get(asset, State.WORKING)))
    return shown


@pytest.mark.parametrize("where", ["window", "browser"])
def test_every_body_in_a_picture_has_the_colour_of_its_state(campus, where):
    gl.require()
    drawn = model(campus.topology, campus.placement)
    verdict = random_verdict(drawn, 3)
    stage = Stage(drawn, None, lambda *_: verdict)
    stage.question(verdict.failed.tolist())
    wanted = states_by_hand(drawn, verdict)
    shot = Shot(stage, where)
    rng = np.random.default_rng(5)
    seen: set[int] = set()
    states: set[int] = set()
    for target in TARGETS:
        stage.fly_to(drawn.topology.ids.index(target), select=False)
        pixels = shot.again()
        bodies = np.flatnonzero(pickable(drawn, stage.look) & drawn.boxes.known & (drawn.kind != Kind.MODULE))
        points, (ways, wide) = shot.points(), lines_of(stage)
        for _ in range(350):
            x, y = int(rng.integers(shot.width)), int(rng.integers(shot.height))
            hit, point = pick_all(drawn.boxes, bodies, *shot.ray(x, y)), points[y, x]
            # Where a line passes before it or ends in it, the body is not what is drawn.
            if hit is None or not np.isfinite(point).all() or distance_to_lines(point, ways) <= wide:
                continue
            if abs(np.linalg.norm(point - shot.ray(x, y)[0]) - hit.distance) > 0.03:
                continue
            assert is_of(pixels[y, x], wanted[hit.asset]), (target, x, y, hit.asset, pixels[y, x])
            seen.add(hit.asset)
            states.add(wanted[hit.asset])
    shot.close()
    assert len(seen) > 100
    assert {State.FAILED, State.LOST, State.AT_RISK, State.DEGRADED, State.MAINTENANCE, State.WORKING} <= states


def test_a_click_in_the_browser_names_what_its_ray_meets(campus):
    gl.require()
    drawn = model(campus.topology, campus.placement)
    stage = Stage(drawn, None, lambda *_: None)
    shot = Shot(stage, "browser")
    rng = np.random.default_rng(6)
    agreed = 0
    for target in TARGETS:
        stage.fly_to(drawn.topology.ids.index(target), select=False)
        shot.again()
        bodies = np.flatnonzero(pickable(drawn, stage.look) & drawn.boxes.known)

        def met(x: float, y: float, bodies: np.ndarray = bodies) -> int | None:
            hit = pick_all(drawn.boxes, bodies, *shot.ray(x, y))
            return hit.asset if hit else None

        for _ in range(250):
            x, y = int(rng.integers(shot.width)), int(rng.integers(shot.height))
            if shot.drawer.asset_at(x, y) == met(x, y):
                agreed += 1
            else:
                # At the edge of a body the pixel beside it may be meant, and nowhere else.
                assert len({met(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}) > 1, (target, x, y)
    shot.close()
    assert agreed > 900


def verdict_of(topology, *failed: str) -> Verdict:
    chosen = tuple(sorted(topology.ids.index(one) for one in failed))
    return of_answer(impact(Question(failed=chosen), settle_base(topology, ())))


def affected_by(drawn, verdict: Verdict) -> set[int]:
    """What an answer may repaint: whom it names, and the cabinets that hold them."""
    named = np.concatenate([verdict.failed, verdict.lost, verdict.degraded, verdict.at_risk]).tolist()
    return set(named) | {int(drawn.parent[one]) for one in named if drawn.kind[drawn.parent[one]] == Kind.CABINET}


def lines_of(stage: Stage, *, told: bool = False):
    """The pieces of all lines in a picture (`told`: of those that died or carry the load), and how thick they are."""
    lines = stage.look.lines
    ways = segments(stage.model.boxes, lines.where(lines.fate != Fate.IDLE) if told else lines)
    return ways.reshape(-1, 2, 3).astype(float), 1.2 * stage.look.line_m * np.sqrt(2) + 0.03


def distance_to_lines(point, ways) -> float:
    """Metres from a point to the nearest of these pieces of line, float64[k, 2, 3]."""
    start, along = ways[:, 0], ways[:, 1] - ways[:, 0]
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((point - start) * along).sum(axis=1) / length, 0, 1)
    return float(np.linalg.norm(start + share[:, None] * along - point, axis=1).min())


@pytest.mark.parametrize("where", ["window", "browser"])
def test_an_impact_picture_differs_from_the_plain_one_only_where_it_should(hall, where):
    """A hall that is drawn whole: only what the answer names, and lines that died or carry the load, look different."""
    gl.require()
    drawn = model(hall.topology, hall.placement)
    verdict = verdict_of(hall.topology, "B1-M01-R1-BW-A")
    stage = Stage(drawn, None, lambda *_: verdict)
    shot = Shot(stage, where)
    stage.fly_to(hall.topology.ids.index("B1-M01"), select=False)
    plain = shot.again()
    stage.question(verdict.failed.tolist(), look=False)
    after = shot.again()
    affected = np.array(sorted(affected_by(drawn, verdict)))
    affected = affected[drawn.boxes.known[affected]]
    low, high = (bound.astype(float) for bound in drawn.boxes.bounds(affected))
    # Of an open cabinet the roof alone has a state: what stands in it has its own.
    low[stage.look.opened[affected], 2] = high[stage.look.opened[affected], 2] - 0.07
    ways, wide = lines_of(stage, told=True)
    points = shot.points()
    at_a_body = at_a_line = 0
    for y, x in np.argwhere(np.abs(after - plain).max(axis=2) > 3).tolist():
        point = points[y, x]
        if ((low - 0.03 <= point) & (point <= high + 0.03)).all(axis=1).any():
            at_a_body += 1
        else:
            assert distance_to_lines(point, ways) <= wide, (x, y, point)
            at_a_line += 1
    shot.close()
    # What was kept of the plain picture is what a new one would draw.
    fresh = Shot(stage, where)
    assert (np.abs(fresh.again() - after).max(axis=2) > 3).mean() < 1e-4
    fresh.close()
    assert at_a_body > 300
    assert at_a_line > 300


def test_lines_have_the_colour_of_their_fate_and_dead_ones_are_dashed(hall):
    """What no longer supplies is red with white dashes, what carries the load plain green, as the legend says."""
    gl.require()
    drawn = model(hall.topology, hall.placement)
    verdict = verdict_of(hall.topology, "B1-M01-MSB-A")
    stage = Stage(drawn, None, lambda *_: verdict)
    shot = Shot(stage, "window")
    stage.fly_to(hall.topology.ids.index("B1-M01"), select=False)
    plain = shot.again()
    stage.question(verdict.failed.tolist(), look=False)
    pixels, points, lines = shot.again(), shot.points(), stage.look.lines
    changed = np.argwhere(np.abs(pixels - plain).max(axis=2) > 3)[::3].tolist()
    _, thick = lines_of(stage)
    ways = {
        fate: segments(drawn.boxes, lines.where(lines.fate == fate)).reshape(-1, 2, 3).astype(float) for fate in Fate
    }
    low, high = (bound.astype(float) for bound in drawn.boxes.bounds(drawn.of_kind(Kind.EQUIPMENT, Kind.CABINET)))
    for fate, colour, dashed in ((Fate.DEAD, DEAD, True), (Fate.SURVIVING, SURVIVING, False)):
        others = np.concatenate([ways[one] for one in Fate if one != fate])
        filled = inked = 0
        for y, x in changed:
            point, pixel = points[y, x], pixels[y, x]
            if distance_to_lines(point, ways[fate]) > thick or distance_to_lines(point, others) <= 2 * thick:
                continue
            # Lines end in bodies, which are drawn there as well.
            if ((low - 0.05 <= point) & (point <= high + 0.05)).all(axis=1).any():
                continue
            light = float(pixel @ colour / np.dot(colour, colour))
            is_filled = bool(np.abs(pixel - light * np.array(colour)).max() <= 3 and DARKEST <= light <= 1.01)
            is_inked = bool(pixel.max() - pixel.min() <= 2 and pixel.min() >= 255 * DARKEST)
            assert is_filled or is_inked, (fate, x, y, pixel)
            filled, inked = filled + is_filled, inked + is_inked
        assert filled > 50
        assert (inked > 0.3 * filled) if dashed else inked == 0
    shot.close()


def test_beside_an_answer_what_it_does_not_touch_keeps_its_look(campus):
    """A campus whose other modules are ghosted: in the module of the failure what is not affected stays as it was."""
    gl.require()
    drawn = model(campus.topology, campus.placement)
    verdict = verdict_of(campus.topology, "B1-M02-R1-BW-A", "B1-M02-R1-BW-B")
    stage = Stage(drawn, None, lambda *_: verdict)
    shot = Shot(stage, "window")
    stage.fly_to(campus.topology.ids.index("B1-M02"), select=False)
    plain = shot.again()
    rng = np.random.default_rng(9)
    spots = [(int(rng.integers(shot.width)), int(rng.integers(shot.height))) for _ in range(2_500)]
    before = shot.points()
    stage.question(verdict.failed.tolist(), look=False)
    after, now = shot.again(), shot.points()
    affected = affected_by(drawn, verdict)
    inside = drawn.contents(np.array([campus.topology.ids.index("B1-M02")]))
    bodies = np.flatnonzero(pickable(drawn, stage.look) & drawn.boxes.known)
    kept = 0
    for x, y in spots:
        hit = pick_all(drawn.boxes, bodies, *shot.ray(x, y))
        if hit is None or hit.asset in affected or not inside[hit.asset]:
            continue
        away = [np.linalg.norm(points[y, x] - shot.ray(x, y)[0]) for points in (before, now)]
        if not all(abs(one - hit.distance) <= 0.03 for one in away):
            continue
        assert np.abs(after[y, x] - plain[y, x]).max() <= 3, (x, y, hit.asset)
        kept += is_of(after[y, x], State.WORKING)
    shot.close()
    assert kept > 100


@pytest.mark.parametrize("where", ["window", "browser"])
@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_what_a_section_cuts_away_is_not_drawn(hall, where, axis):
    """By the depth of the picture nothing but the ground stands beyond the plane; without it, much does."""
    gl.require()
    drawn = model(hall.topology, hall.placement)
    stage = Stage(drawn, None, lambda *_: None)
    shot = Shot(stage, where)
    stage.fly_to(hall.topology.ids.index("B1-M01"), select=False)
    bodies = drawn.of_kind(Kind.CABINET)
    at = "xyz".index(axis)
    section = Section(axis, float(drawn.boxes.centre(bodies)[:, at].mean()))
    counts = []
    for chosen in (None, section):
        stage.section = chosen
        shot.again()
        points = shot.points().reshape(-1, 3)
        points = points[np.isfinite(points).all(axis=1) & (points[:, 2] > 0.3)]
        counts.append(int((section.cuts(points) & (np.abs(points[:, at] - section.at_m) > 0.03)).sum()))
    shot.close()
    assert counts[0] > 5_000
    assert counts[1] == 0
