"""`twin view`: the campus in 3D, in a window or into files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console, options

if TYPE_CHECKING:
    from twin.campus import Campus
    from twin.impact.answer import Impact
    from viz import Drawing
    from viz.feed import LiveFeed

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


def _named(*suffixes: str) -> Callable[[click.Context, click.Parameter, Path | None], Path | None]:
    """A check that a file's name ends so: what is written depends on it."""

    def check(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
        if file is not None and file.suffix.lower() not in suffixes:
            raise click.BadParameter(f"{file}: the name must end in {' or '.join(suffixes)}")
        return file

    return check


FILE = click.Path(path_type=Path)


@click.command("view", cls=Greedy)
@click.option("--impact", "-i", "failed", multiple=True, metavar="ID…", help="Draw what fails if these fail.")
@click.option("--out", "-o", "out", multiple=True, metavar="ID…", help="Out already, for maintenance.")
@click.option("--scenario", metavar="NAME", help="Draw a saved scenario: twin impact … --save NAME.")
@click.option(
    "--colour",
    type=click.Choice(["state", "load", "temperature"]),
    default="state",
    show_default=True,
    help="Colour by state, by power against rating, or by temperature at the inlet (from live state).",
)
@click.option("--png", type=FILE, metavar="FILE.png", callback=_named(".png"), help="Write a picture; needs no screen.")
@click.option(
    "--html",
    type=FILE,
    metavar="FILE.html",
    callback=_named(".html", ".htm"),
    help="Write a page that any browser shows and turns, offline.",
)
@click.option(
    "--gltf",
    type=FILE,
    metavar="FILE.glb",
    callback=_named(".glb", ".gltf"),
    help="Write the scene as glTF: binary as .glb, JSON as .gltf.",
)
@click.option(
    "--walk",
    type=FILE,
    metavar="FILE.mp4",
    callback=_named(".mp4"),
    help="Film the way of supply to --along ID, or to the first --impact ID.",
)
@click.option("--along", metavar="ID", help="What --walk leads to: an asset, a power path or a cooling loop.")
@click.option("--trade", type=click.Choice(["power", "cooling"]), help="What --walk follows; by default power.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=12.0, show_default=True, help="Length of --walk.")
@click.option("--size", default="1280x800", show_default=True, callback=_size, help="Pixels.")
@click.option("--live", is_flag=True, help="Start from live state; a window follows it.")
@click.option("--assume-worst", is_flag=True, help="Where needs contradict, take all suppliers to be needed.")
@options.connection
def view(  # noqa: PLR0913 - one argument for each option
    *,
    failed: tuple[str, ...],
    out: tuple[str, ...],
    scenario: str | None,
    colour: str,
    png: Path | None,
    html: Path | None,
    gltf: Path | None,
    walk: Path | None,
    along: str | None,
    trade: str | None,
    seconds: float,
    size: tuple[int, int],
    live: bool,
    assume_worst: bool,
    where: options.Where,
) -> None:
    """Draw the campus, or an impact, in 3D: a window, or files.

    Failed, lost, at risk, degraded and working assets differ by colour, by hatch and by mark. In the window, ? shows
    all keys.
    """
    _refuse(failed, out, scenario, (walk, along, trade))
    written = [file for file in (png, html, gltf, walk) if file is not None]
    from viz import gl  # noqa: PLC0415 - looks for a screen and an OpenGL library before anything is loaded

    if not written or png is not None or walk is not None:
        gl.require(window=not written)
    with where.campus() as campus:
        import viz  # noqa: PLC0415
        from viz import saved, viewpoints  # noqa: PLC0415

        if scenario is not None:
            failed, out = _question(campus, scenario)

        def ask(down: Sequence[str], gone: Sequence[str]) -> Impact:
            return campus.impact(*down, out=gone, live=live, assume_worst=assume_worst)

        if not written:
            named, gone = ([campus.find(one) for one in some] for some in (failed, out))
            feed = _feed(campus) if live else None
            drawing = _drawing(campus, None, feed, scenario, colour=colour, size=size)
            kept = campus.home / viewpoints.FILE if campus.home is not None else None
            scenarios = saved.of_campus(campus)
            viz.open_window(drawing, ask, named, gone, viewpoints=kept, scenarios=scenarios, feed=feed)
            return
        target = campus.find(along or failed[0]) if walk is not None else 0
        feed = _feed(campus) if live else None
        answer = ask(failed, out) if failed else None
        drawing = _drawing(campus, answer, feed, scenario, colour=colour, size=size)
        if png is not None:
            _told(viz.save_png(png, drawing))
        if html is not None:
            _told(viz.save_html(html, drawing))
        if gltf is not None:
            _told(viz.save_gltf(gltf, drawing))
        if walk is not None:
            with console.progress() as progress:
                viz.save_walk(walk, drawing, target, trade=trade, seconds=seconds, progress=progress)
            _told(walk)


def _refuse(
    failed: tuple[str, ...],
    out: tuple[str, ...],
    scenario: str | None,
    film: tuple[Path | None, str | None, str | None],
) -> None:
    """Raise UsageError for options that do not go together; `film`: --walk, --along and --trade."""
    walk, along, trade = film
    if scenario is not None and (failed or out):
        raise click.UsageError("--scenario says what fails and what is out: it goes without --impact and --out")
    if out and not failed:
        raise click.UsageError("--out needs --impact: it says what is out while the asked-for assets fail")
    if walk is not None and not (along or failed or scenario):
        raise click.UsageError("--walk needs --along ID, --impact ID or --scenario NAME: it follows what supplies it")
    if walk is None and (along or trade):
        raise click.UsageError("--along and --trade need --walk FILE.mp4")


def _question(campus: Campus, scenario: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a saved scenario fails, and what it has out."""
    from viz import saved  # noqa: PLC0415

    found = saved.named(saved.of_campus(campus), scenario)
    if found.remark:
        console.err().print(f"scenario {scenario!r}: {found.remark}", markup=False, highlight=False)
    return found.failed, found.out


def _feed(campus: Campus) -> LiveFeed:
    from viz.feed import LiveFeed  # noqa: PLC0415

    return LiveFeed(campus.home, campus.topology)


def _drawing(campus: Campus, answer: Impact | None, feed: LiveFeed | None, scenario: str | None, **how: Any) -> Drawing:
    import viz  # noqa: PLC0415

    return viz.Drawing(
        campus.topology,
        campus.placement,
        campus.details.name,
        answer=answer,
        reading=feed.poll() if feed is not None else None,
        scenario=scenario or "",
        **how,
    )


def _told(file: Path) -> None:
    console.err().print(f"wrote {file}", markup=False, highlight=False)


COMMANDS: list[click.Command] = [view]
