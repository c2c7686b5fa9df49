"""`twin cutsets`, `twin spof` and `twin availability`: which failures it takes, and how often they come."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from twin.cli import console, options

_SHOWN = 40


@click.command("cutsets")
@click.argument("asset", required=False, metavar="[ID]")
@click.option("--all", "every", is_flag=True, help="Of every load instead of one asset.")
@click.option("--order", type=click.IntRange(1, 3), default=3, show_default=True, help="Most failures in a set.")
@options.question
def cutsets(
    *,
    asset: str | None,
    every: bool,
    order: int,
    ask: options.Ask,
) -> None:
    """Minimal cut sets: the smallest sets of failures that take an asset down."""
    if every == (asset is not None):
        raise click.UsageError("name one asset, or --all")
    with ask.campus() as campus:
        if asset is None:
            document = campus.all_cut_sets(order=order, **ask.base).in_parts()
        else:
            document = campus.cut_sets(asset, order=order, **ask.base).to_dict()
        if ask.as_json:
            console.print_json(document)
            return
        from twin.cli.render.reliability import print_all_cut_sets, print_cut_sets  # noqa: PLC0415

        (print_cut_sets if asset is not None else print_all_cut_sets)(console.out(), document)


@click.command("spof")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N that most loads hang on.")
@options.question
def spof(*, top: int | None, ask: options.Ask) -> None:
    """Single points of failure of all loads, worst first."""
    with ask.campus() as campus:
        answer = campus.single_points(**ask.base)
    document = answer.to_dict()
    total = len(document["rows"])
    document["rows"] = document["rows"][:top]
    if ask.as_json:
        console.print_json(document)
        return
    from twin.cli.render.gaps import print_down, print_gaps  # noqa: PLC0415 - only people need it drawn
    from twin.cli.render.tables import MORE_TOP, print_rows  # noqa: PLC0415
    from twin.words import names, plural  # noqa: PLC0415

    rows = [
        {"id": row["id"], "label": row["label"], "count": len(row["loads"]), "loads": names(row["loads"], 3)}
        for row in document["rows"][: top or _SHOWN]
    ]
    takes = "takes" if total == 1 else "take"
    title = f"{plural(total, 'asset')} {takes} a load down alone" if total else "No single asset takes a load down"
    columns = {"id": "Fails", "label": "Kind", "count": "Loads lost", "loads": "Which"}
    print_rows(console.out(), title, rows, columns, left_out=total - len(rows), more=MORE_TOP)
    print_down(console.out(), answer.topology, answer.down)
    print_gaps(console.out(), document["model"])


def _by_worst(row: dict[str, Any]) -> tuple[bool, float]:
    value = row["unavailability"]
    return value is None, -(value or 0.0)


@click.command("availability")
@click.argument("ids", nargs=-1, metavar="[ID…]")
@options.question
def availability(
    *,
    ids: tuple[str, ...],
    ask: options.Ask,
) -> None:
    """How available each load is, from mtbf_h and mttr_h. Without IDs: all loads."""
    with ask.campus() as campus:
        answer = campus.availability(*ids, **ask.base)
        if ask.as_json:
            console.print_json(answer.in_parts())
            return
        document = answer.to_dict()
        noun = answer.noun
    from twin.cli.render.gaps import print_gaps  # noqa: PLC0415 - only people need it drawn
    from twin.cli.render.tables import print_rows  # noqa: PLC0415
    from twin.words import plural  # noqa: PLC0415

    rows = sorted(document["rows"], key=_by_worst)
    columns = {
        "id": noun.capitalize(),
        "unavailability": "Unavailability",
        "downtime_min_per_year": "Min a year",
        "lower": "At least",
        "upper": "At most",
    }
    title = f"Availability of {plural(len(rows), noun)}" + (", the worst first" if len(rows) > 1 else "")
    print_rows(console.out(), title, rows[:_SHOWN], columns, left_out=len(rows) - _SHOWN)
    for method, count in Counter(row["method"] for row in rows).most_common():
        console.out().print(f"{plural(count, noun)}: {method}", markup=False)
    print_gaps(console.out(), document["model"], "assets asked about" if ids else "loads")


COMMANDS: list[click.Command] = [cutsets, spof, availability]
