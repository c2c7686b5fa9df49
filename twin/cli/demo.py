"""`twin demo`: the main job, end to end, on the reference campus."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema.errors import BadInput
from twin.cli import console, options

if TYPE_CHECKING:
    from ingest.campus import Defect, Manifest
    from twin.campus import Campus
    from twin.cli.console import Progress
    from twin.graph.store import Store

_SHOWN_DEFECT = "cdu-pumps-on-one-pdu"


@click.command("demo")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where the exports and the picture go.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the campus.")
@options.connection
def demo(*, folder: Path, seed: int, where: options.Where) -> None:
    """Do the main job once: exports, graph, failure, picture.

    Writes the reference campus (scale block, with seeded design mistakes) as its owners would export it, reads it into
    the graph, asks what fails if one power distribution unit fails, explains the answer and draws it.
    """
    began = time.monotonic()
    exports, picture = folder / "exports", folder / "impact.png"
    with console.progress() as report:
        manifest = _write(exports, seed, report)
        _load(exports, where, report)
    defect = next(entry for entry in manifest.defects if entry.id == _SHOWN_DEFECT)
    with where.campus() as campus:
        _ask(campus, defect)
        _draw(campus, defect, picture)
    _next_steps(manifest, defect, picture, time.monotonic() - began)


def _say(number: int, text: str) -> None:
    from rich.text import Text  # noqa: PLC0415

    console.err().print(Text(f"{number}/4  {text}", style="bold"))


def _write(exports: Path, seed: int, report: Progress) -> Manifest:
    from ingest.campus import write  # noqa: PLC0415 - only what writes campuses needs it

    _say(1, f"the reference campus as exports (IFC and tables) in {exports}")
    return write(exports, "block", seed, defects=True, progress=report)


def _load(exports: Path, where: options.Where, report: Progress) -> None:
    from ingest.run import Options, ingest  # noqa: PLC0415 - only what imports needs it
    from twin.graph.store import connect  # noqa: PLC0415

    _say(2, "into the graph")
    store = connect(where.uri, where.auth, where.database, progress=report)
    with store:
        _require_own_graph(store, exports)
        result = ingest([exports], lambda: store, Options(), report)
        held = store.read(
            "MATCH (a:Asset) WITH count(a) AS assets MATCH ()-[r]->(:Asset) RETURN assets, count(r) AS ways"
        )
    found = result.to_dict()
    console.err().print(
        f"     {held[0]['assets']:,} assets, {held[0]['ways']:,} relationships; {found['errors']:,} errors and "
        f"{found['warnings']:,} warnings in the exports (`twin ingest {exports}` lists them)",
        markup=False,
        soft_wrap=True,
    )


def _require_own_graph(store: Store, exports: Path) -> None:
    """Keep the demonstration out of a graph that holds somebody's campus."""
    from ingest.sources import resolve  # noqa: PLC0415

    own = {source.name for source in resolve([exports], None)[0]}
    held = {row["name"] for row in store.read("MATCH (s:Source) RETURN s.name AS name")}
    if foreign := sorted(held - own):
        raise BadInput(
            f"the graph holds other sources already ({', '.join(foreign[:3])}); "
            "give the demonstration a home of its own: TWIN_HOME=demo-home twin demo"
        )


def _ask(campus: Campus, defect: Defect) -> None:
    from twin.cli.render.impact import print_impact  # noqa: PLC0415

    _say(3, f"what fails if {' and '.join(defect.fail)} fails?  (seeded mistake: {defect.what})")
    print_impact(console.out(), campus, campus.impact(*defect.fail))
    console.out().print()


def _draw(campus: Campus, defect: Defect, picture: Path) -> None:
    import viz  # noqa: PLC0415 - drawing libraries take a second

    _say(4, f"the picture of it in {picture}")
    answer = campus.impact(*defect.fail)
    viz.save_png(picture, viz.Drawing(campus.topology, campus.placement, campus.details.name, answer))


def _next_steps(manifest: Manifest, defect: Defect, picture: Path, took_s: float) -> None:
    others = [entry for entry in manifest.defects if entry.id != defect.id][:3]
    width = max(len(" ".join(entry.fail)) for entry in others)
    lines = [
        f"Picture: {picture.resolve()}",
        f"Done in {took_s:.0f} s. More seeded mistakes to ask about:",
        *(f"  twin impact {' '.join(entry.fail):{width}}   {entry.what}" for entry in others),
        "And: twin sweep · twin spof · twin check B1-M01-UPS-A · twin up (Neo4j Browser) · twin down",
    ]
    for line in lines:
        console.out().print(line, markup=False, soft_wrap=True)


COMMANDS: list[click.Command] = [demo]
