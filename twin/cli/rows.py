"""Parameters of a Cypher query from the command line, and its rows as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from schema.errors import BadInput
from twin.cli import console

MOST_ROWS = 1_000


def parsed(parameters: Iterable[str]) -> dict[str, Any]:
    """Read K=V pairs; V counts as JSON (12, 1.5, true, null, ["a","b"], {"k": 1}, "text"), else as the text that it is.

    Raises BadInput where there is no = or the same name twice.
    """
    values: dict[str, Any] = {}
    for pair in parameters:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise BadInput(f"--param {pair!r}: NAME=VALUE is needed")
        if name in values:
            raise BadInput(f"--param {name!r} is given twice")
        values[name] = _value(text)
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refused)
    except ValueError:
        return text


def _refused(name: str) -> None:
    raise ValueError(name)


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as a table: plain columns, so that a pipe gets what the eye gets."""
    from rich import box  # noqa: PLC0415 - a question with --json does not draw
    from rich.table import Table  # noqa: PLC0415

    if not rows:
        click.echo("no rows")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in rows[0]:
        numeric = all(isinstance(row[column], int | float) for row in rows[:100])
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows[:MOST_ROWS]:
        table.add_row(*(_cell(value) for value in row.values()))
    console.out().print(table)
    if len(rows) > MOST_ROWS:
        click.echo(f"… and {len(rows) - MOST_ROWS:,} more rows (--json gives all)", err=True)


def _cell(value: Any) -> str:
    from rich.markup import escape  # noqa: PLC0415

    if value is None:
        return ""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:,.1f}"
    return escape(json.dumps(value, ensure_ascii=False))
