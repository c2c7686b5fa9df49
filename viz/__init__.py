"""Pictures of the twin: files, which need no screen, and a window.

`save` writes what a Drawing describes as PNG, HTML or glTF, `save_walk` films the way of power or cooling to an asset,
`open_window` is for people. Drawing libraries take a second to load and are not on every machine, so they are imported
where a picture is asked for; without an OpenGL library NoGraphics says what to install.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.impact.answer import Impact
    from twin.topology.model import Topology
    from twin.topology.store import Placement
    from viz.reading import Feed, Reading
    from viz.saved import Scenarios
    from viz.stage import Stage
    from viz.words import Texts

__all__ = ["Drawing", "open_window", "save_gltf", "save_html", "save_png", "save_walk"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Drawing:
    """What is drawn: a campus, an answer about it (None: no question), live state (None: none), and how.

    colour: state, load or temperature. scenario: name of the saved one that the answer is of, else empty.
    """

    topology: Topology
    placement: Placement | None
    names: Texts | None = None
    answer: Impact | None = None
    reading: Reading | None = None
    colour: str = "state"
    size: tuple[int, int] = (1280, 800)
    scenario: str = ""

    def stage(self, ask: Callable[[Sequence[str], Sequence[str]], Impact] | None = None) -> Stage:
        """The stage of this drawing; without `ask` it answers its own question alone."""
        from viz.colour import Colour  # noqa: PLC0415
        from viz.model import model  # noqa: PLC0415
        from viz.stage import Stage  # noqa: PLC0415
        from viz.verdict import Verdict, of_answer  # noqa: PLC0415

        def put(failed: Sequence[str], out: Sequence[str]) -> Verdict:
            answer = self.answer if ask is None else ask(failed, out)
            assert answer is not None  # noqa: S101 - a stage without an answer is asked nothing
            return of_answer(answer)

        drawn = model(self.topology, self.placement)
        made = Stage(drawn, self.names, put, colour=Colour(self.colour))
        if self.reading is not None:
            made.take(self.reading)
        if self.answer is not None:
            made.question(self.answer.question.failed, self.answer.question.out)
            made.scenario = self.scenario
        return made


def save_png(file: Path, drawing: Drawing) -> Path:
    """Draw an impact answer (without one: the whole campus) and write it as PNG.

    Raises viz.gl.NoGraphics where there is no OpenGL library, BadInput where the file cannot be written.
    """
    from viz import gl  # noqa: PLC0415

    gl.require()
    from viz.files import written  # noqa: PLC0415
    from viz.still import still  # noqa: PLC0415

    page = still(drawing.stage(), drawing.size)
    with written(file) as part:
        page.image.save(part, format="PNG")
    return file


def save_html(file: Path, drawing: Drawing) -> Path:
    """Write the scene as one page of HTML that needs no network. Draws nothing, so it needs no OpenGL library."""
    from viz.look import dress  # noqa: PLC0415
    from viz.snapshot import save_html as save  # noqa: PLC0415

    stage = drawing.stage()
    dress(stage.model, stage.look, stage.view, drawing.size[1])
    return save(file, stage)


def save_gltf(file: Path, drawing: Drawing) -> Path:
    """Write the scene as glTF: binary for .glb, JSON for .gltf. Needs no OpenGL library."""
    from viz.look import dress  # noqa: PLC0415
    from viz.snapshot import save_gltf as save  # noqa: PLC0415

    stage = drawing.stage()
    dress(stage.model, stage.look, stage.view, drawing.size[1])
    return save(file, stage.model, stage.look)


def save_walk(  # noqa: PLR0913
    file: Path,
    drawing: Drawing,
    target: int,
    *,
    trade: str | None = None,
    seconds: float = 12.0,
    progress: Progress | None = None,
) -> Path:
    """Film the way of power or cooling (`trade`) from its source to an asset as MP4.

    Raises BadInput where nothing supplies the asset, TwinError without ffmpeg, NoGraphics without OpenGL.
    """
    from viz.film import encoder  # noqa: PLC0415

    encoder()
    from viz import gl  # noqa: PLC0415

    gl.require()
    from viz.film import FRAMES_PER_S, film  # noqa: PLC0415
    from viz.guided import walk_frames  # noqa: PLC0415

    count = round(seconds * FRAMES_PER_S)
    frames = walk_frames(drawing.stage(), target, trade, drawing.size, count)
    return film(file, frames, count, drawing.size, progress=progress)


def open_window(  # noqa: PLR0913
    drawing: Drawing,
    ask: Callable[[Sequence[str], Sequence[str]], Impact],
    failed: Sequence[int] = (),
    out: Sequence[int] = (),
    *,
    viewpoints: Path | None = None,
    scenarios: Scenarios | None = None,
    feed: Feed | None = None,
) -> None:
    """Open the 3D view; `ask` answers what fails if these ids fail while those are out. Returns when it is closed.

    `viewpoints`: the file of saved views; `scenarios`: the saved questions. Raises NoGraphics without a screen or
    without OpenGL.
    """
    from viz import gl  # noqa: PLC0415

    gl.require(window=True)
    from viz.viewpoints import Shelf  # noqa: PLC0415
    from viz.window import show  # noqa: PLC0415

    stage = drawing.stage(ask)
    if viewpoints is not None:
        stage.shelf = Shelf.at(viewpoints)
    if scenarios is not None:
        stage.scenarios = scenarios
    if failed or out:
        stage.question(failed, out)
        stage.scenario = drawing.scenario
    show(stage, drawing.size, feed)
