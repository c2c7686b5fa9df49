"""The commands of the database: up, down, status, cypher."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.audited import audited
from twin.cli.options import Where, connection

if TYPE_CHECKING:
    from twin.graph.store import Counts


@click.command()
def up() -> None:
    """Start the local Neo4j (fetched once) and print how to reach it."""
    from twin.graph import local  # noqa: PLC0415

    found = local.running()
    with console.progress() as progress:
        endpoint = local.start(progress=progress)
    folder = local.status().folder
    secret = folder / "password"
    click.echo(f"Neo4j {'runs already' if found else 'has started'}. Its data is in {folder}.")
    click.echo(f"  Neo4j Browser   {endpoint.http_uri}/browser/?connectURL={endpoint.user}@{endpoint.uri}")
    click.echo(f"  cypher-shell    cypher-shell -a {endpoint.uri} -u {endpoint.user} -p \"$(cat '{secret}')\"")
    click.echo(f"  user {endpoint.user}, database {endpoint.database}, password in {secret}")


@click.command()
def down() -> None:
    """Stop the local Neo4j; its data stays."""
    from twin.graph import local  # noqa: PLC0415

    stopped = local.stop()
    click.echo("Neo4j has stopped." if stopped else "No local Neo4j was running.")


@click.command()
@connection
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def status(where: Where, as_json: bool) -> None:
    """Tell where the graph is, what is loaded, from which sources, and when."""
    from twin.graph.overview import overview, text  # noqa: PLC0415

    document = overview(where.uri, where.auth, where.database)
    if as_json:
        console.print_json(document)
    else:
        click.echo(text(document))


@click.command()
@connection
@click.argument("query")
@click.option("--param", "-p", "parameters", multiple=True, metavar="K=V", help="A parameter; V as JSON, else text.")
@click.option("--write", is_flag=True, help="Let the query change the graph.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def cypher(where: Where, query: str, parameters: tuple[str, ...], write: bool, as_json: bool) -> None:
    """Run one Cypher QUERY (- : from standard input) and print its rows; it only reads unless --write is given."""
    from twin.cli.rows import parsed, show  # noqa: PLC0415
    from twin.graph import connect  # noqa: PLC0415
    from twin.graph.ask import ask  # noqa: PLC0415

    text = sys.stdin.read() if query == "-" else query
    with console.progress() as progress:
        store = connect(where.uri, where.auth, where.database, progress=progress)
    with store, audited("cypher.write", query=text) if write else nullcontext() as known:
        rows, changed = ask(store, text, parsed(parameters), write=write)
        if known is not None:
            known.update(changed=_told(changed))
    if as_json:
        console.print_json({"rows": rows})
    else:
        show(rows)
    if changed:
        click.echo(f"changed: {json.dumps(_told(changed))}", err=True)


def _told(changed: Counts) -> dict[str, int]:
    return {name: count for name, count in vars(changed).items() if count}


COMMANDS: list[click.Command] = [up, down, status, cypher]
