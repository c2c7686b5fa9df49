"""Pictures of the twin. `save_png` draws an answer, or the campus, into a file; no screen is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.impact.answer import Impact
    from twin.topology.model import Topology
    from twin.topology.store import Placement
    from viz.words import Texts

__all__ = ["save_png"]


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
