"""The commands that keep a twin home safe: backup, restore."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from schema.errors import BadInput
from twin.cli import console
from twin.cli.audited import audited
from twin.cli.options import Where, connection

_FILE = click.Path(dir_okay=False, path_type=Path)
_ELSEWHERE = (
    "{uri} is a Neo4j of your own: back it up there, with `neo4j-admin database {verb}` (Community, stopped),"
    " `neo4j-admin database {online}` (Enterprise, running) or a snapshot in the console of Aura"
)


@click.command()
@connection
@click.argument("file", type=_FILE, required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def backup(where: Where, file: Path | None, as_json: bool) -> None:
    """Write the local graph and the history of live state to FILE (default: campus-DATE.tar here).

    The local Neo4j is stopped for some seconds meanwhile, and started again where it ran.
    """
    from twin.backup import back_up  # noqa: PLC0415

    _require_local(where, "dump", "backup")
    target = file or Path(f"campus-{datetime.now().astimezone():%Y%m%d-%H%M%S}.tar")
    with console.progress() as progress:
        manifest = back_up(target, progress=progress)
    _tell(f"Backed up to {target}", manifest, as_json, target)


@click.command()
@connection
@click.argument("file", type=_FILE)
@click.option("--overwrite", is_flag=True, help="Replace the graph and the history that are there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def restore(where: Where, file: Path, overwrite: bool, as_json: bool) -> None:
    """Put the graph and the history of a backup FILE into the local Neo4j.

    The file is checked as a whole first; where it cannot be used, nothing is changed.
    """
    from twin.backup import restore as restored  # noqa: PLC0415

    _require_local(where, "load", "restore")
    with console.progress() as progress, audited("restore", str(file)):
        manifest = restored(file, progress=progress, overwrite=overwrite)
    _tell(f"Restored from {file}, made {manifest['made_at']}", manifest, as_json, file)


def _require_local(where: Where, verb: str, online: str) -> None:
    if where.uri:
        raise BadInput(_ELSEWHERE.format(uri=where.uri, verb=verb, online=online))


def _tell(sentence: str, manifest: dict[str, Any], as_json: bool, file: Path) -> None:
    members = manifest["members"]
    size = sum(member["bytes"] for member in members.values())
    if as_json:
        kept = {key: manifest[key] for key in ("made_at", "twin", "neo4j")}
        console.print_json({"file": str(file), "bytes": size, "history_files": len(members) - 1} | kept)
    else:
        click.echo(f"{sentence}: the graph and {len(members) - 1:,} files of history, {size / 1e6:,.1f} MB.")


COMMANDS: list[click.Command] = [backup, restore]
"""Commands of this family."""
