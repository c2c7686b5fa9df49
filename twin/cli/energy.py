"""`twin energy`: power usage effectiveness, water usage effectiveness, and where the power goes."""

from __future__ import annotations

import time
from pathlib import Path

import click

from schema.errors import BadInput
from twin.cli import console, options


@click.command("energy")
@click.option(
    "--since",
    metavar="WHEN",
    help="From history: how long ago (7d, 1y), or an ISO time; else from live state. The window is widened to whole"
    " quarters of an hour.",
)
@click.option("--until", default="now", show_default=True, metavar="WHEN", help="With --since: where the window ends.")
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.png", help="Draw it, building by building."
)
@click.option("--modules", is_flag=True, help="A line for each module, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@options.connection
def energy(  # noqa: PLR0913 - one argument for each option
    *, since: str | None, until: str, plot: Path | None, modules: bool, as_json: bool, where: options.Where
) -> None:
    """PUE (ISO/IEC 30134-2), WUE (ISO/IEC 30134-9) and power by building and module.

    The category says where the IT load is measured; without a full year it is interim. What cannot be told for lack of
    meters is left out, and the meters are named.
    """
    from twin.live.history.spans import moment_s  # noqa: PLC0415 - `twin --help` needs no history

    if plot is not None and plot.suffix.lower() != ".png":
        raise BadInput(f"--plot {plot}: the file's name must end in .png")
    now_s = time.time()
    since_s = None if since is None else moment_s(since, now_s, "--since")
    until_s = moment_s(until, now_s, "--until")
    with where.campus() as campus:
        answer = campus.energy(since_s, until_s)
    for path, reason in sorted(answer.bad.items()):
        click.echo(f"twin: left out, cannot be read: {path} ({reason})", err=True)
    if as_json:
        console.print_json(answer.to_dict())
    else:
        from twin.cli.render.energy import print_energy  # noqa: PLC0415 - only people need it drawn

        print_energy(console.out(), answer, modules=modules)
    if plot is not None:
        from twin.cli.render.energy_plot import draw  # noqa: PLC0415 - matplotlib takes a second

        draw(answer, plot)  # after the table: where nothing can be drawn, that names the missing meters
        click.echo(f"drawn: {plot}", err=True)


COMMANDS: list[click.Command] = [energy]
