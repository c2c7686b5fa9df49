"""`twin sweep` and `twin pairs`: every single failure, and every two that are worse together."""

from __future__ import annotations

from typing import Any

import click

from twin.cli import console, options

_LABELS = click.option("--label", "-l", "labels", multiple=True, metavar="L", help="Only this label. Repeatable.")
_TOP = click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N worst.")
_SHOWN = 25
"""Rows that a table shows where --top does not say how many."""


def _print(document: dict[str, Any], title: str, columns: dict[str, str], top: int | None, total: int) -> None:
    from twin.cli.render.tables import print_rows  # noqa: PLC0415 - only people need it drawn

    shown = document["rows"][: top or _SHOWN]
    print_rows(console.out(), title, shown, columns, left_out=total - len(shown))


@click.command("sweep")
@_LABELS
@_TOP
@options.question
def sweep(
    *,
    labels: tuple[str, ...],
    top: int | None,
    ask: options.Ask,
) -> None:
    """N-1: what each single failure loses, worst first.

    Scope: the labels named, else every asset but servers.
    """
    with ask.campus() as campus:
        document = campus.sweep(labels or None, **ask.base).to_dict()
    total = len(document["rows"])
    losing = sum(1 for row in document["rows"] if row["lost"])
    document["rows"] = document["rows"][:top]
    if ask.as_json:
        console.print_json(document)
        return
    columns = {
        "id": "Fails",
        "label": "Kind",
        "lost": "Lost",
        "lost_servers": "Servers lost",
        "lost_kw": "kW lost",
        "degraded": "Degraded",
    }
    _print(document, f"Each single failure: {losing:,} of {total:,} assets take others down", columns, top, total)


@click.command("pairs")
@_LABELS
@_TOP
@options.question
def pairs(
    *,
    labels: tuple[str, ...],
    top: int | None,
    ask: options.Ask,
) -> None:
    """N-2: pairs that lose more than their two single failures, worst first.

    Scope: the labels named, else every asset but servers that supplies something.
    """
    with ask.campus() as campus:
        answer = campus.pairs(labels or None, **ask.base)
        total = len(answer)
        document = answer.to_dict(top=top if ask.as_json else top or _SHOWN)
    if ask.as_json:
        console.print_json(document)
        return
    document["rows"] = [
        {"a": row["pair"][0], "b": row["pair"][1], "lost": row["lost"], "beyond": row["beyond_singles"]}
        for row in document["rows"]
    ]
    title = (
        f"{total:,} pairs lose more together than one by one" if total else "No pair loses more than its two singles"
    )
    columns = {"a": "Fails", "b": "and", "lost": "Lost together", "beyond": "Beyond the singles"}
    _print(document, title, columns, top, total)


COMMANDS: list[click.Command] = [sweep, pairs]
