"""`twin view`: the campus in 3D, in a window or into files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema.errors import BadInput
from twin.cli import console, options

if TYPE_CHECKING:
    from twin.impact.answer import Impact

LEAST_PX, MOST_PX = (640, 400), (7680, 4320)


class Greedy(click.Command):
    """A command whose repeatable options take several values: `--impact A B` is `--impact A --impact B`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each further value."""
        greedy = {name for one in self.params if getattr(one, "multiple", False) for name in one.opts}
        spread: list[str] = []
        current: str | None = None
        for argument in args:
            if argument.startswith("-"):
                current = argument if argument in greedy else None
                if current is None:
                    spread.append(argument)
            elif current is not None:
                spread += [current, argument]
            else:
                spread.append(argument)
        return super().parse_args(ctx, spread)


def _size(_: click.Context, __: click.Parameter, text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    if not found:
        raise click.BadParameter(f"{text!r} is not WIDTHxHEIGHT, such as 1280x800")
    width, height = int(found[1]), int(found[2])
    if not (LEAST_PX[0] <= width <= MOST_PX[0] and LEAST_PX[1] <= height <= MOST_PX[1]):
        raise click.BadParameter(f"{text} is not between {LEAST_PX[0]}x{LEAST_PX[1]} and {MOST_PX[0]}x{MOST_PX[1]}")
    return width, height


@click.command("view", cls=Greedy)
@click.option("--impact", "-i", "failed", multiple=True, metavar="ID…", help="Draw what fails if these fail.")
@click.option("--out", "-o", "out", multiple=True, metavar="ID…", help="Out already, for maintenance.")
@click.option("--png", type=click.Path(path_type=Path), metavar="FILE", help="Write a picture; needs no screen.")
@click.option(
    "--walk",
    type=click.Path(path_type=Path),
    metavar="FILE.mp4",
    help="Film the way of power to the first --impact ID.",
)
@click.option("--size", default="1280x800", show_default=True, callback=_size, help="Pixels of the picture or window.")
@click.option("--live", is_flag=True, help="Start from live state.")
@click.option("--assume-worst", is_flag=True, help="Where needs contradict, take all suppliers to be needed.")
@options.connection
def view(  # noqa: PLR0913 - one argument for each option
    *,
    failed: tuple[str, ...],
    out: tuple[str, ...],
    png: Path | None,
    walk: Path | None,
    size: tuple[int, int],
    live: bool,
    assume_worst: bool,
    where: options.Where,
) -> None:
    """Draw the campus, or an impact, in 3D: a window, or files.

    Failed, lost, at risk, degraded and working assets differ by colour, by hatch and by mark.
    """
    if out and not failed:
        raise BadInput("--out needs --impact: it says what is out while the asked-for assets fail")
    if walk is not None and not failed:
        raise BadInput("--walk needs --impact: the film follows the power to the first asset named there")
    from viz import gl  # noqa: PLC0415 - looks for a screen and an OpenGL library before anything is loaded

    gl.require(window=png is None and walk is None)
    with where.campus() as campus:
        import viz  # noqa: PLC0415

        def ask(down: Sequence[str], gone: Sequence[str]) -> Impact:
            return campus.impact(*down, out=gone, live=live, assume_worst=assume_worst)

        topology, placement, names = campus.topology, campus.placement, campus.details.name
        named = [campus.find(one) for one in failed]
        if png is None and walk is None:
            gone = [campus.find(one) for one in out]
            viz.open_window(topology, placement, names, ask, named, gone, size)
            return
        answer = ask(failed, out) if failed else None
        if png is not None:
            viz.save_png(png, topology, placement, names, answer, size)
            console.err().print(f"wrote {png}", markup=False, highlight=False)
        if walk is not None:
            with console.progress() as progress:
                viz.save_walk(walk, topology, placement, named[0], answer=answer, size=size, progress=progress)
            console.err().print(f"wrote {walk}", markup=False, highlight=False)


COMMANDS: list[click.Command] = [view]
