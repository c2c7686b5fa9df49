"""`twin history`: what a point reported, from what the live process recorded."""

from __future__ import annotations

import csv
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console, options

if TYPE_CHECKING:
    from twin.live.history.question import History

_COLUMNS = ("t", "points", "mean", "lowest", "highest", "last", "covered_s", "energy_kwh", "rise", "resets")


@click.command("history")
@click.argument("asset")
@click.argument("metric")
@click.option("--since", default="2h", show_default=True, metavar="WHEN", help="How long ago (2h, 7d), or an ISO time.")
@click.option("--until", default="now", show_default=True, metavar="WHEN", help="The same; where the window ends.")
@click.option("--every", metavar="T", help="Width of a row (10s, 15min, 1d); without it as fits.")
@click.option("--csv", "as_csv", is_flag=True, help="The rows as CSV on standard output.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@options.connection
def history(  # noqa: PLR0913 - one argument for each option
    *,
    asset: str,
    metric: str,
    since: str,
    until: str,
    every: str | None,
    as_csv: bool,
    as_json: bool,
    where: options.Where,
) -> None:
    """What a point reported: means, lowest and highest, energies; raw points and 15-minute means in one.

    Times are UTC. A mean counts how long each value held, and never bridges a gap: what was not measured is said.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv or --json, not both")
    from twin.graph.endpoint import twin_home  # noqa: PLC0415 - `twin --help` reads no history
    from twin.live.history.question import History, metric_named  # noqa: PLC0415
    from twin.live.history.spans import duration_s, moment_s  # noqa: PLC0415

    now_s = time.time()
    since_s, until_s = moment_s(since, now_s, "--since"), moment_s(until, now_s, "--until")
    every_s = duration_s(every, "--every") if every else None
    asked = metric_named(metric)
    recorded = History(twin_home(), now_s)
    answer = recorded.series(_id(recorded, asset, where), asked, since_s, until_s, every_s)
    document = answer.to_dict()
    for entry in document["bad_files"]:
        click.echo(f"twin: left out, cannot be read: {entry['file']} ({entry['reason']})", err=True)
    if as_json:
        console.print_json(document)
    elif as_csv:
        _print_csv(document)
    else:
        from twin.cli.render.history import print_history  # noqa: PLC0415 - only people need it drawn

        print_history(console.out(), document)


def _id(recorded: History, asset: str, where: options.Where) -> str:
    """The id of an asset: as it is, where history knows it, else by the graph (name, serial, global id)."""
    if recorded.knows(asset):
        return asset
    with where.campus() as campus:
        return campus.topology.ids[campus.find(asset)]


def _print_csv(document: dict[str, Any]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(["" if row.get(name) is None else row[name] for name in _COLUMNS] for row in document["rows"])


COMMANDS: list[click.Command] = [history]
