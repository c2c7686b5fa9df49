"""How `twin live` looks in a terminal."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from twin.topology.model import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

SHOWN = 30
_SEVERITY = {"critical": ("● critical", "bold red"), "warning": ("▲ warning", "yellow")}


def print_status(out: Console, process: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """The table of sources, and what they all come to."""
    out.print(f"{process.get('feed', '')}, process {process.get('pid', '?')}", markup=False)
    table = _table("Source")
    for name in ("Points", "Points/s", "Lag", "Gaps", "Stale", "Unknown", "Malformed"):
        table.add_column(name, justify="right")
    for row in document.get("sources", []):
        table.add_row(
            Text(row["source"]),
            f"{row['points']:,}",
            f"{row['points_per_s']:,.1f}",
            f"{row['lag_s']:.2f} s",
            f"{row['gaps']:,}",
            f"{row['stale_share']:.1%}",
            f"{row['unknown']:,}",
            f"{row['malformed']:,}",
        )
    out.print(table)
    for row in document.get("sources", []):
        if row["unknown_names"]:
            shown = ", ".join(row["unknown_names"][:8])
            more = f" and {len(row['unknown_names']) - 8} more" if len(row["unknown_names"]) > 8 else ""
            out.print(f"{row['source']}: unknown {shown}{more}", markup=False)
        if row["malformed_last"]:
            out.print(f"{row['source']}: malformed, the last one {row['malformed_last']}", markup=False)
    out.print(
        f"{document['points']:,} points, {document['points_per_s']:,.1f} a second; {document['gaps']:,} messages "
        f"missing; {document['stale']:,} points stale; {document['alarms']:,} alarms (twin live alarms)",
        markup=False,
    )


def print_asset(out: Console, document: Mapping[str, Any]) -> None:
    """What an asset is said to be, and its points; setpoints, which were asked for, below what is measured."""
    said = document["seen"].replace("_", " ")
    since = document["condition_since_s"]
    when = f" since {_moment(since)}" if since and document["condition"] != "up" else ""
    alarm = f"; alarm: {document['alarm']}" if document["alarm"] else ""
    out.print(f"{document['label']} {document['id']}: {said}{when}{alarm}", markup=False, highlight=False)
    for title, kinds in (("Reported", ("measurement", "counter", "state")), ("Setpoint", ("setpoint",))):
        points = {name: value for name, value in document["values"].items() if value["kind"] in kinds}
        if not points:
            continue
        table = _table(title)
        table.add_column("Value", justify="right")
        for name in ("Unit", "Measured", "Received", "Quality"):
            table.add_column(name)
        for name, point in points.items():
            value = point["value"]
            told = "withdrawn" if value is None else value if isinstance(value, str) else f"{value:,.6g}"
            age = f"{max(0.0, document['at_s'] - point['received_s']):,.0f} s ago"
            quality = "stale" if point["stale"] else point["quality"]
            style = "dim" if point["stale"] else ""
            table.add_row(name, told, point["unit"], _moment(point["source_s"]), age, quality, style=style)
        out.print(table)
    if not document["values"]:
        out.print("nothing was reported")


def print_alarms(out: Console, rows: Sequence[Mapping[str, Any]], *, everything: bool) -> None:
    """Alarms, worst first; what they explain is counted below them, or listed."""
    if not rows:
        out.print("no alarms")
        return
    folded = Counter((by, row["cleared_s"] is None) for row in rows for by in row["explained_by"])
    shown = [row for row in rows if everything or not row["explained_by"]]
    shown.sort(key=lambda row: (row["cleared_s"] is not None, row["severity"] != "critical", row["since_s"]))
    table = _table("Severity")
    table.add_column("Since")
    table.add_column("Alarm", overflow="fold", ratio=1)
    for row in shown if everything else shown[:SHOWN]:
        explains = folded[row["id"], row["cleared_s"] is None] if row["kind"] in CONDITIONS else 0
        table.add_row(*_alarm(row, explains))
    out.print(table)
    if len(shown) > SHOWN and not everything:
        out.print(f"and {len(shown) - SHOWN:,} more (--all)", style="dim")


def print_suspects(out: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Where the model is suspect."""
    for row in rows:
        out.print(row["text"], markup=False)
    if not rows:
        out.print("what is measured and what the model computes agree, as far as it is measured")


def _alarm(row: Mapping[str, Any], folded: int) -> tuple[Text, str, Text]:
    word, style = _SEVERITY[row["severity"]]
    state = "cleared" if row["cleared_s"] is not None else word
    text = Text(row["text"])
    notes = [f"explains {folded} more"] if folded else []
    notes += [f"explained by {', '.join(row['explained_by'])}"] if row["explained_by"] else []
    notes += ["acknowledged"] if row["acknowledged_s"] is not None else []
    notes += [f"raised {row['count']} times"] if row["count"] > 1 else []
    if notes:
        text.append(f"  ({'; '.join(notes)})", style="dim")
    return Text(state, style="" if row["cleared_s"] is not None else style), _moment(row["since_s"]), text


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%d %b %H:%M:%S")


def _table(first: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    return table
