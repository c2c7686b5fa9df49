"""The command `queries`: the library of named Cypher queries."""

from __future__ import annotations

from typing import Any

import click

from twin.cli import console
from twin.cli.options import Where, connection


@click.command()
@connection
@click.argument("name", required=False)
@click.option("--param", "-p", "parameters", multiple=True, metavar="K=V", help="A parameter; V as JSON, else text.")
@click.option("--cypher", "show_cypher", is_flag=True, help="Print the query instead of running it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def queries(where: Where, name: str | None, parameters: tuple[str, ...], show_cypher: bool, as_json: bool) -> None:
    """List the named Cypher queries, or run the one called NAME."""
    from twin.cli.rows import parsed, show  # noqa: PLC0415
    from twin.queries import get, run  # noqa: PLC0415

    if name is None:
        _list(as_json)
        return
    query = get(name)
    if show_cypher:
        click.echo(query.cypher, nl=False)
        return
    values = query.bound(parsed(parameters))
    from twin.graph import connect  # noqa: PLC0415

    with console.progress() as progress:
        store = connect(where.uri, where.auth, where.database, progress=progress)
    with store:
        rows = run(store, name, values)
    if as_json:
        console.print_json({"rows": rows})
    else:
        show(rows)


def _list(as_json: bool) -> None:
    from twin.queries import library  # noqa: PLC0415

    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "name": query.name,
                "title": query.title,
                "parameters": [
                    {"name": p.name, "kind": p.kind, "of": p.of or None, "what": p.what, "default": p.default}
                    for p in query.parameters
                ],
                "columns": dict(query.columns),
            }
            for query in library().values()
        ]
        console.print_json({"rows": rows})
        return
    for query in library().values():
        click.echo(f"{query.name}: {query.title}")
        for parameter in query.parameters:
            default = "" if parameter.required else f" (default {parameter.default})"
            click.echo(f"    --param {parameter.name}=…  {parameter.what}{default}")


COMMANDS: list[click.Command] = [queries]
