"""`twin migrate`: bring an older graph to this program's schema version."""

from __future__ import annotations

import click

from twin.cli import console
from twin.cli.options import Where, connection


@click.command()
@connection
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def migrate(where: Where, dry_run: bool, as_json: bool) -> None:
    """Bring the graph to this program's schema version. Interrupted, it can be run again.

    `twin ingest` does the same before it writes. A graph of a later version is refused.
    """
    from ingest.lock import only_import  # noqa: PLC0415
    from twin.graph import connect, migrations  # noqa: PLC0415

    with console.progress() as progress, connect(where.uri, where.auth, where.database, progress=progress) as store:
        before = migrations.state(store)
        before.require_known()
        steps = [step for step in migrations.MIGRATIONS if step.number > before.version]
        if steps and not dry_run:
            with only_import(store, progress):
                steps = migrations.migrate(store, progress)
    told = [{"number": step.number, "what": step.what} for step in steps]
    if as_json:
        console.print_json({"from": before.version, "to": before.latest, "dry_run": dry_run, "steps": told})
        return
    if not steps:
        click.echo(f"The graph is of schema version {before.latest}: nothing to do.")
    for step in steps:
        click.echo(f"{'would run' if dry_run else 'done'}: {step.number} {step.what}")


COMMANDS: list[click.Command] = [migrate]
"""Commands of this family."""
