"""The 3D view: scene, frames, picking, recolouring and the overlay of an answer, at 1280 × 800.

The peer is PyVista as it comes: the cabinets as one mesh with colours by cell, its lights, smoothing and cell picker.
With a window of 1280 × 800 the scene itself takes 1000 × 722 of it; frames here are drawn over the whole of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from benchmarks.clock import Bench, timed
from viz.kinds import Kind

if TYPE_CHECKING:
    from twin.campus import Campus
    from viz.camera import View
    from viz.stage import Stage
    from viz.verdict import Verdict
    from viz.viewer import Viewer

SIZE = (1280, 800)
PIXELS = 40


def bench_view(campus: Campus) -> Bench | None:
    """Time what a person at the window waits for. None where nothing can be drawn."""
    from viz import gl  # noqa: PLC0415

    try:
        graphics = gl.require()
    except gl.NoGraphics:
        return None
    from viz.model import model  # noqa: PLC0415
    from viz.stage import Stage  # noqa: PLC0415
    from viz.verdict import of_answer  # noqa: PLC0415
    from viz.viewer import Viewer  # noqa: PLC0415

    placement, names = campus.placement, campus.details.name
    held: list[Any] = []

    def scene() -> None:
        from viz.scene import Scene  # noqa: PLC0415

        stage = Stage(
            model(campus.topology, placement), names, lambda down, out: of_answer(campus.impact(*down, out=out))
        )
        built = Scene(stage.model)
        built.show(stage.look)
        held[:] = [stage]

    bench = Bench(f"3D view, {len(campus.topology):,} assets, drawn by {graphics.renderer}")
    bench.add("scene from the topology", timed(scene, runs=3), target_s=1.0)
    stage: Stage = held[0]
    viewer = Viewer(stage, SIZE)
    bench.add("first picture, page and labels included", timed(viewer.picture, runs=1, warm=0), target_s=0.5)
    peer = _Peer(stage)
    _frames(bench, viewer, peer)
    _picks(bench, viewer, peer)
    _colours(bench, viewer, peer)
    _overlay(bench, viewer)
    viewer.close()
    peer.close()
    return bench


def _frames(bench: Bench, viewer: Viewer, peer: _Peer) -> None:
    stage = viewer.stage
    cabinet = stage.model.of_kind(Kind.CABINET)[0]
    stage.look_at_all()
    _frame(bench, "campus", viewer, 0.050, peer)
    stage.fly_to(int(stage.model.building_of[cabinet]), select=False)
    _frame(bench, "building", viewer, None, peer)
    stage.selected = int(cabinet)
    from viz.walk import stand  # noqa: PLC0415

    viewer.walking, view = stand(stage.model, int(cabinet), stage.view)
    stage.look_from(view)
    _frame(bench, "aisle", viewer, 1 / 15, peer)
    viewer.walking = stage.selected = None


def _frame(bench: Bench, what: str, viewer: Viewer, target_s: float | None, peer: _Peer) -> None:
    """A frame at rest without labels, and one while the camera moves, with what a drag costs before it."""
    from viz.offscreen import Canvas  # noqa: PLC0415
    from viz.scene import Scene  # noqa: PLC0415

    stage = viewer.stage
    whole = Scene(stage.model)
    whole.show(stage.look)
    canvas = Canvas(whole.renderer)
    view = stage.view.shaped(SIZE[0] / SIZE[1])
    took = timed(lambda: canvas.draw(view, *SIZE), runs=9, warm=2)
    canvas.close()
    peer_s = peer.frame(view)
    name = f"frame, {what} ({1 / took:.0f}/s)"
    bench.add(name, took, target_s=target_s, peer="PyVista, cabinets alone", peer_s=peer_s)
    viewer.picture()

    def moved() -> None:
        viewer.drag(3, 0)
        viewer.picture(moving=True)

    took = timed(moved, runs=9, warm=2)
    bench.add(f"while moving, {what} ({1 / took:.0f}/s)", took, target_s=target_s)


def _picks(bench: Bench, viewer: Viewer, peer: _Peer) -> None:
    stage = viewer.stage
    stage.fly_to(int(stage.model.building_of[stage.model.of_kind(Kind.CABINET)[0]]), select=False)
    viewer.picture()
    rng = np.random.default_rng(1)
    left, top, right, bottom = viewer.area
    spots = np.stack([rng.uniform(left, right, PIXELS), rng.uniform(top, bottom, PIXELS)], axis=1).tolist()
    took = timed(_each(lambda spot: viewer.asset_at(*spot), spots)) / PIXELS
    peer_s = peer.pick()
    bench.add("pick, building", took, target_s=1e-3, peer="vtkCellPicker", peer_s=peer_s)


def _colours(bench: Bench, viewer: Viewer, peer: _Peer) -> None:
    from viz.mesh import Paint, texture  # noqa: PLC0415
    from viz.states import palette  # noqa: PLC0415

    stage, count = viewer.stage, 230_000
    _, texels, image, _ = texture(count)
    paint = Paint(np.arange(count), texels, image)
    state = np.resize(stage.state, count).astype(np.uint8)
    bench.add(f"{count:,} assets recoloured", timed(lambda: paint(palette(), state), runs=9), target_s=2e-3)
    rolled = timed(lambda: stage.model.rolled(stage.state), runs=9)
    bench.add("worst state of every space and cabinet", rolled)
    stage.look_at_all()
    viewer.picture()

    def recoloured() -> None:
        stage.colour_by(stage.colour)
        viewer.scene_pixels()

    took = timed(recoloured, runs=5)
    bench.add("all recoloured and drawn, campus", took, peer="PyVista, cabinets alone", peer_s=peer.colour())


def _overlay(bench: Bench, viewer: Viewer) -> None:
    """From the verdict to the first picture of it; the engine's own time stands in its tables."""
    stage = viewer.stage
    for asset in ("B1-M01-PDU-A", "B1-M01", "B1"):
        index = stage.model.topology.ids.index(asset)
        if index is None:
            continue
        verdict = stage.ask([asset], [])
        asked, stage.ask = stage.ask, _Told(verdict)

        def shown(index: int = index) -> None:
            stage.question([index])
            viewer.picture(moving=True)

        lost = int(len(verdict.lost) + len(verdict.degraded))
        took = timed(shown, runs=5)
        bench.add(f"overlay of {asset} ({lost:,} affected)", took, target_s=0.1)
        bench.add("  and with labels, legend and plan", timed(viewer.picture, runs=3))
        stage.ask = asked
    stage.reset()


def _each(call: Callable[[Any], Any], over: list[Any]) -> Callable[[], None]:
    def run() -> None:
        for one in over:
            call(one)

    return run


class _Told:
    """An answer that was given before."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def __call__(self, failed: Sequence[str], out: Sequence[str]) -> Verdict:
        return self.verdict


class _Peer:
    """The cabinets of the campus in PyVista as it comes."""

    def __init__(self, stage: Stage) -> None:
        import pyvista  # noqa: PLC0415

        from viz.mesh import FACES  # noqa: PLC0415

        boxes, cabinets = stage.model.boxes, stage.model.of_kind(Kind.CABINET)
        points = boxes.corners(cabinets).reshape(-1, 3)
        quads = (np.arange(len(cabinets))[:, None, None] * 8 + FACES[None]).reshape(-1, 4)
        faces = np.concatenate([np.full((len(quads), 1), 4), quads], axis=1)
        self.mesh: Any = cast(Any, pyvista.PolyData(points, faces.ravel()))
        self.mesh.cell_data["state"] = np.ones(len(quads), np.uint8)
        self.plotter: Any = cast(Any, pyvista.Plotter(off_screen=True, window_size=list(SIZE)))
        self.plotter.add_mesh(self.mesh, scalars="state", show_scalar_bar=False)
        self.plotter.show(auto_close=False)

    def frame(self, view: View) -> float:
        """Seconds for a frame from this camera."""
        self.plotter.camera.position, self.plotter.camera.focal_point = view.position, view.focus
        self.plotter.camera.up, self.plotter.camera.view_angle = (0, 0, 1), view.angle_deg
        self.plotter.renderer.ResetCameraClippingRange()
        return timed(lambda: (self.plotter.render(), self.plotter.render_window.WaitForCompletion()), runs=5)

    def pick(self) -> float:
        """Seconds for a pick with the cell picker."""
        from vtkmodules.vtkRenderingCore import vtkCellPicker  # noqa: PLC0415

        picker: Any = cast(Any, vtkCellPicker())
        return timed(lambda: picker.Pick(SIZE[0] / 2, SIZE[1] / 2, 0, self.plotter.renderer), runs=3)

    def colour(self) -> float:
        """Seconds to give every cabinet another colour and to draw it."""
        count = self.mesh.n_cells

        def paint() -> None:
            self.mesh.cell_data["state"] = np.zeros(count, np.uint8)
            self.mesh.active_scalars_name = "state"
            self.plotter.render()
            self.plotter.render_window.WaitForCompletion()

        return timed(paint, runs=5)

    def close(self) -> None:
        """Give the window back."""
        self.plotter.close()
