"""`twin export`: the graph, or a part of it, as files that other programs read, and `twin ingest` too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.options import Where, connection

if TYPE_CHECKING:
    from ingest.exporters.writing import Format


@click.command("export")
@click.argument(
    "folder", default=Path("twin-export"), metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False)
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["tables", "ifc"]),
    default="tables",
    show_default=True,
    help="CSV tables, or one IFC4X3 file with ports, systems, ratings and boxes.",
)
@click.option("--ids", multiple=True, metavar="ID", help="Only this asset and all below it. Repeatable.")
@click.option("--building", "buildings", multiple=True, metavar="ID", help="Only this building. Repeatable.")
@click.option("--upstream", is_flag=True, help="With a part: all that supplies it as well.")
@click.option("--overwrite", is_flag=True, help="Replace what an earlier export wrote.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@connection
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    folder: Path,
    form: Format,
    ids: tuple[str, ...],
    buildings: tuple[str, ...],
    upstream: bool,
    overwrite: bool,
    as_json: bool,
    where: Where,
) -> None:
    """Write the graph, or a part, into DIR: as tables, or as IFC.

    Ingesting the files again gives an equal graph. What an export cannot hold is told.
    """
    from ingest.exporters.writing import export  # noqa: PLC0415 - only when something is exported
    from twin.graph import connect  # noqa: PLC0415

    if upstream and not (ids or buildings):
        raise click.UsageError("--upstream goes with --ids or --building")
    with console.progress() as progress, connect(where.uri, where.auth, where.database, progress=progress) as store:
        done = export(
            store,
            folder,
            form,
            ids=ids,
            buildings=buildings,
            upstream=upstream,
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        console.print_json(done.to_dict())
        return
    for file in done.files:
        click.echo(file)
    click.echo(", ".join(f"{number:,} {what}" for what, number in done.counts.items()))
    for line in done.left:
        click.echo(f"left out: {line}", err=True)


COMMANDS: list[click.Command] = [command]
