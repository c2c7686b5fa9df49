"""`twin campus`: write the reference campus as exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from schema.errors import BadInput
from twin.cli import console

if TYPE_CHECKING:
    from ingest.campus import Manifest, Parameters


@click.command("campus")
@click.argument("folder", required=False, metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    type=click.Choice(["tiny", "block", "building", "full"]),
    default="block",
    show_default=True,
    help="How much of it: 260, 2,000, 33,000 or 200,000 servers.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--defects", is_flag=True, help="Seed known mistakes, listed in manifest.json.")
@click.option(
    "--parameters", is_flag=True, help="Show every parameter with value, unit, flag and source; write nothing."
)
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Change a parameter.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def campus(  # noqa: PLR0913 - one argument for each option
    *,
    folder: Path | None,
    scale: str,
    seed: int,
    defects: bool,
    parameters: bool,
    values: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the reference campus into DIR: one IFC file per building, and tables for what BIM does not hold."""
    from ingest.campus import defaults, write  # noqa: PLC0415 - the generator is not needed for --help

    changes = _changes(values)
    if parameters:
        _show_parameters(defaults().with_values(changes), as_json=as_json)
        return
    if folder is None:
        raise BadInput("twin campus: name the folder DIR to write into (or ask for --parameters)")
    with console.progress() as progress:
        manifest = write(folder, scale, seed, defects, progress, values=changes)
    if as_json:
        console.print_json(manifest.to_dict())
    else:
        _show(folder, manifest)


def _changes(values: tuple[str, ...]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"--set {text}: expected NAME=VALUE")
        changes[name.strip()] = value.strip()
    return changes


def _show_parameters(parameters: Parameters, *, as_json: bool) -> None:
    if as_json:
        console.print_json({"rows": parameters.to_list()})
        return
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("parameter", no_wrap=True, overflow="fold")
    table.add_column("value", no_wrap=True)
    table.add_column("what it is; flag: source")
    for parameter in parameters:
        told = Text.assemble(parameter.description, "\n", (f"{parameter.flag}: {parameter.source}", "dim"))
        table.add_row(parameter.name, f"{parameter.value} {parameter.unit}".rstrip(), told)
    console.out().print(table)


def _show(folder: Path, manifest: Manifest) -> None:
    assets, size = manifest.assets, sum(entry["bytes"] for entry in manifest.files.values())
    click.echo(
        f"{folder}: {len(manifest.files)} files, {size / 1e6:.1f} MB; {sum(assets.values()):,} assets"
        f" ({assets['Server']:,} servers in {assets['Cabinet']:,} cabinets),"
        f" {manifest.supply_relationships:,} supply relationships"
    )
    for defect in manifest.defects:
        click.echo(f"  {defect.id}: {defect.what}; {defect.effect}\n    {defect.question}")
    click.echo(f"Next: twin ingest {folder}")


COMMANDS: list[click.Command] = [campus]
