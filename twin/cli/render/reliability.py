"""Cut sets, as people read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from twin.cli.render.gaps import print_gaps
from twin.cli.render.tables import print_rows
from twin.words import plural

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN = 40


def print_cut_sets(console: Console, document: Mapping[str, Any]) -> None:
    """Print the minimal cut sets of one asset, the smallest first."""
    if document.get("down_before"):
        told = f"{document['id']} is down in the base state already: it has no cut sets"
        console.print(Text(told, style="bold"))
        print_gaps(console, document["model"], "assets asked about")
        return
    sets: list[list[str]] = sorted(document["cut_sets"], key=lambda members: (len(members), members))
    orders = Counter(len(members) for members in sets)
    title = f"{document['id']}: {plural(len(sets), 'minimal cut set')} of up to {document['order']} failures"
    console.print(Text(title, style="bold"))
    for order in range(1, document["order"] + 1):
        console.print(Text(f"  order {order}: {orders[order]:,}"))
    for members in sets[:_SHOWN]:
        console.print(Text("  " + " + ".join(members)))
    if len(sets) > _SHOWN:
        console.print(Text(f"… and {len(sets) - _SHOWN:,} more (--json lists all)", style="dim"))
    print_gaps(console, document["model"], "assets asked about")


def print_all_cut_sets(console: Console, document: Mapping[str, Any]) -> None:
    """Print how many cut sets of each order every load has, the most exposed first."""
    rows: list[dict[str, Any]] = []
    for row in document["rows"]:
        orders = Counter(len(members) for members in row["cut_sets"])
        rows.append({"id": row["id"], **{f"order_{n}": orders[n] for n in (1, 2, 3)}})
    rows.sort(key=lambda row: (-row["order_1"], -row["order_2"], -row["order_3"], row["id"]))
    columns = {"id": "Load", **{f"order_{n}": f"Order {n}" for n in range(1, document["order"] + 1)}}
    title = f"Minimal cut sets of {plural(len(rows), 'load')}"
    print_rows(console, title, rows[:_SHOWN], columns, left_out=len(rows) - _SHOWN)
    print_gaps(console, document["model"], "loads")
