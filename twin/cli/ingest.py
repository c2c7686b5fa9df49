"""`twin ingest`: read exports into the graph."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from schema.errors import BadInput
from twin.cli import console
from twin.cli.audited import audited
from twin.cli.options import Where, connection

if TYPE_CHECKING:
    from ingest.report import Report
    from twin.graph import Store


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--source", metavar="NAME", help="One source of this name for all files; without it, by file names.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--strict", is_flag=True, help="Refuse the import, before anything is written, if anything is wrong.")
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the whole data-quality report to a file: a page for people where it ends in .html, else JSON.",
)
@click.option(
    "--mapping",
    metavar="TOML",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Mapping of your classes, types, properties and names, over the built-in one.",
)
@click.option(
    "--load",
    "way",
    type=click.Choice(["auto", "bulk", "bolt"]),
    default="auto",
    show_default=True,
    help="How to write. bulk: Neo4j's own bulk import, into an empty local graph; auto: bulk for a large first import.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@connection
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    paths: tuple[Path, ...],
    source: str | None,
    dry_run: bool,
    strict: bool,
    report_file: Path | None,
    mapping: Path | None,
    way: Literal["auto", "bulk", "bolt"],
    as_json: bool,
    where: Where,
) -> None:
    """Read exports (IFC, COBie, NetBox, tables) into the graph.

    Ends with counts and the data-quality report. What cannot be understood is listed and left out; running the same
    import again changes nothing.
    """
    from ingest.run import Options, Refused, ingest  # noqa: PLC0415 - only when something is imported
    from twin.graph.endpoint import named, twin_home  # noqa: PLC0415

    options = Options(source, dry_run, strict, mapping, way)
    stores: list[Store] = []

    def opened() -> Store:
        from twin.graph import connect  # noqa: PLC0415

        stores.append(connect(where.uri, where.auth, where.database, progress=report_progress))
        return stores[-1]

    try:
        noted = nullcontext() if dry_run else audited("ingest", ", ".join(map(str, paths)), source=source)
        with console.progress() as report_progress, noted as known:
            home = None if named(where.uri, where.auth, where.database) else twin_home()
            report = ingest(paths, opened, options, report_progress, home)
            if known is not None:
                known.update(assets=report.assets, relationships=report.relationships, errors=len(report.errors))
    except Refused as error:
        _save(error.report, report_file)
        raise
    finally:
        for store in stores:
            store.close()
    _save(report, report_file)
    if as_json:
        console.print_json(report.to_dict())
    else:
        from ingest.report import print_report  # noqa: PLC0415

        print_report(report, console.out())


def _save(report: Report, file: Path | None) -> None:
    if file is None:
        return
    if file.suffix.lower() in (".html", ".htm"):
        from ingest.report_page import page  # noqa: PLC0415 - one of two forms

        text = page(report)
    else:
        text = json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--report {file}: cannot be written ({error.strerror or error})") from error


COMMANDS: list[click.Command] = [command]
