"""`twin sweep` and `twin pairs`: every single failure, and every two that are worse together."""

from __future__ import annotations

from typing import Any, Literal

import click

from twin.cli import console, options
from twin.words import plural

_LABELS = click.option("--label", "-l", "labels", multiple=True, metavar="L", help="Only this label. Repeatable.")
_TOP = click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N worst.")
_OVERLOAD = click.option(
    "--overload",
    type=click.Choice(["report", "trip"]),
    default="report",
    show_default=True,
    help="trip: what a failure overloads goes down too; rows tell how many tripped, in how many rounds.",
)
_LIMIT = click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="With --overload trip: overloaded from this multiple of the rating.",
)
_SHOWN = 25
"""Rows that a table shows where --top does not say how many."""

_TRIPS = {"tripped": "Tripped", "rounds": "Rounds"}


def _print(document: dict[str, Any], title: str, columns: dict[str, str], top: int | None, total: int) -> None:
    from twin.cli.render.gaps import print_gaps  # noqa: PLC0415 - only people need it drawn
    from twin.cli.render.tables import MORE_TOP, print_rows  # noqa: PLC0415

    shown = document["rows"][: top or _SHOWN]
    print_rows(console.out(), title, shown, columns, left_out=total - len(shown), more=MORE_TOP)
    print_gaps(console.out(), document["model"], "loads")


@click.command("sweep")
@_LABELS
@_TOP
@_OVERLOAD
@_LIMIT
@options.question
def sweep(
    *,
    labels: tuple[str, ...],
    top: int | None,
    overload: Literal["report", "trip"],
    limit: float,
    ask: options.Ask,
) -> None:
    """N-1: what each single failure loses, worst first.

    Scope: the labels named, else every asset but servers. With --overload trip each row also tells how many assets
    tripped (`tripped`), in how many rounds (`rounds`).
    """
    options.needs("limit", "--overload trip", given=overload == "trip")
    with ask.campus() as campus:
        document = campus.sweep(labels or None, overload=overload, limit=limit, **ask.base).to_dict()
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
    if overload == "trip":
        columns |= _TRIPS
    _print(document, f"Each single failure: {losing:,} of {total:,} assets take others down", columns, top, total)


@click.command("pairs")
@_LABELS
@_TOP
@_OVERLOAD
@_LIMIT
@options.question
def pairs(
    *,
    labels: tuple[str, ...],
    top: int | None,
    overload: Literal["report", "trip"],
    limit: float,
    ask: options.Ask,
) -> None:
    """N-2: pairs that lose more than their two single failures, worst first.

    Scope: the labels named, else every asset but servers that supplies something. With --overload trip each
    row also tells how many assets tripped (`tripped`), in how many rounds (`rounds`).
    """
    options.needs("limit", "--overload trip", given=overload == "trip")
    with ask.campus() as campus:
        answer = campus.pairs(labels or None, overload=overload, limit=limit, **ask.base)
    total = len(answer)
    if ask.as_json:
        console.print_json(answer.in_parts(top=top))
        return
    document = answer.to_dict(top=top or _SHOWN)
    document["rows"] = [
        row | {"a": row["pair"][0], "b": row["pair"][1], "beyond": row["beyond_singles"]} for row in document["rows"]
    ]
    lose = "loses" if total == 1 else "lose"
    title = f"{plural(total, 'pair')} {lose} more together than one by one"
    title = title if total else "No pair loses more than its two singles"
    columns = {"a": "Fails", "b": "and", "lost": "Lost together", "beyond": "Beyond the singles"}
    if overload == "trip":
        columns |= _TRIPS
    _print(document, title, columns, top, total)


COMMANDS: list[click.Command] = [sweep, pairs]
