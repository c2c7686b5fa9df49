"""Pictures of the twin: files, which need no screen, and a window.

`save_png` draws an answer or the campus, `save_walk` films the way of power to an asset, `open_window` is for people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.impact.answer import Impact
    from twin.topology.model import Topology
    from twin.topology.store import Placement
    from viz.words import Texts

__all__ = ["open_window", "save_png", "save_walk"]


def save_png(  # noqa: PLR0913, PLR0917 - what a picture is made of
    file: Path,
    topology: Topology,
    placement: Placement | None,
    names: Texts | None = None,
    answer: Impact | None = None,
    size: tuple[int, int] = (1280, 800),
) -> Path:
    """Draw an impact answer (without one: the whole campus) and write it as PNG of `size` pixels.

    Raises viz.gl.NoGraphics where there is no OpenGL library, BadInput where the file cannot be written.
    """
    # Drawing libraries take a second to load, and are not there on every machine: only when a picture is asked for.
    from viz import gl  # noqa: PLC0415

    gl.require()
    from viz.files import written  # noqa: PLC0415
    from viz.model import model  # noqa: PLC0415
    from viz.picture import campus_page, impact_page  # noqa: PLC0415
    from viz.verdict import of_answer  # noqa: PLC0415

    drawn = model(topology, placement)
    page = campus_page(drawn, names, size) if not answer else impact_page(drawn, names, of_answer(answer), size)
    with written(file) as part:
        page.image.save(part, format="PNG")
    return file


def save_walk(  # noqa: PLR0913
    file: Path,
    topology: Topology,
    placement: Placement | None,
    target: int,
    *,
    answer: Impact | None = None,
    size: tuple[int, int] = (1280, 720),
    seconds: float = 12.0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Film the way of power from its source to an asset as MP4, in the states of an answer if there is one.

    Raises BadInput where nothing supplies the asset, TwinError without ffmpeg, NoGraphics without OpenGL.
    """
    from viz import gl  # noqa: PLC0415

    gl.require()
    import numpy as np  # noqa: PLC0415

    from viz.film import FRAMES_PER_S, film  # noqa: PLC0415
    from viz.look import dress, look_at  # noqa: PLC0415
    from viz.model import model  # noqa: PLC0415
    from viz.scene import Scene  # noqa: PLC0415
    from viz.states import State  # noqa: PLC0415
    from viz.verdict import of_answer  # noqa: PLC0415
    from viz.walk import guided, supply_path  # noqa: PLC0415

    drawn = model(topology, placement)
    path = supply_path(drawn, target)
    views = guided(drawn, path, size[0] / size[1], round(seconds * FRAMES_PER_S))
    state = of_answer(answer).states(len(drawn)) if answer else np.full(len(drawn), State.WORKING, np.uint8)
    look = look_at(drawn, state)
    look.focus[:] = True
    dress(drawn, look, views[-1], size[1])
    look.line_m = 0.06
    scene = Scene(drawn)
    scene.show(look)
    caption = "Power: " + " › ".join(topology.ids[one] for one in path)
    return film(file, scene, views, caption, size, progress=progress)


def open_window(  # noqa: PLR0913, PLR0917
    topology: Topology,
    placement: Placement | None,
    names: Texts | None,
    ask: Callable[[Sequence[str], Sequence[str]], Impact],
    failed: Sequence[int] = (),
    out: Sequence[int] = (),
    size: tuple[int, int] = (1280, 800),
) -> None:
    """Open the 3D view; `ask` answers what fails if these ids fail while those are out. Returns when it is closed.

    Raises NoGraphics without a screen or without OpenGL.
    """
    from viz import gl  # noqa: PLC0415

    gl.require(window=True)
    from viz.model import model  # noqa: PLC0415
    from viz.stage import Stage  # noqa: PLC0415
    from viz.verdict import of_answer  # noqa: PLC0415
    from viz.window import show  # noqa: PLC0415

    stage = Stage(model(topology, placement), names, lambda down, gone: of_answer(ask(down, gone)))
    stage.question(failed, out)
    show(stage, size)
