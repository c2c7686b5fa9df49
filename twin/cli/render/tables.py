"""Tables of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from twin.words import shown

if TYPE_CHECKING:
    from rich.console import Console

MORE_TOP: Final = "--top N shows more, --json all"
"""The way to more rows, of commands that have --top."""


def print_rows(  # noqa: PLR0913 - what a table says
    console: Console,
    title: str,
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    left_out: int = 0,
    more: str = "--json lists all",
) -> None:
    """Print a title and a table; numbers stand to the right.

    Columns: key of the row → heading. `more`: the way to the rows that are left out.
    """
    rows = list(rows)
    console.print(Text(title, style="bold"))
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for key, heading in columns.items():
        numeric = all(isinstance(row.get(key), (int, float)) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row.get(key))) for key in columns))
    console.print(table)
    if left_out > 0:
        console.print(Text(f"… and {left_out:,} more ({more})", style="dim"))
