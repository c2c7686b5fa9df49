"""The history of a point as people read it: a line of its course, a table, and what was not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from twin.cli.render.tables import print_rows
from twin.words import shown

if TYPE_CHECKING:
    from rich.console import Console

_BARS: Final = "▁▂▃▄▅▆▇█"
_NOTHING: Final = "·"
_MOST_ROWS: Final = 60


def sparkline(values: Sequence[float | None], width: int = 60) -> str:
    """Values as bars from the lowest to the highest, · for none; neighbours share a bar where there are too many."""
    size = max(1, -(-len(values) // width))
    groups = [[value for value in values[at : at + size] if value is not None] for at in range(0, len(values), size)]
    means = [sum(group) / len(group) if group else None for group in groups]
    known = [mean for mean in means if mean is not None]
    if not known:
        return _NOTHING * len(means)
    low, high = min(known), max(known)
    step = (high - low) / len(_BARS) or 1.0
    return "".join(_NOTHING if mean is None else _BARS[min(int((mean - low) / step), len(_BARS) - 1)] for mean in means)


def print_history(console: Console, document: Mapping[str, Any]) -> None:
    """Print the course, the rows and what they add up to."""
    question, rows, unit = document["question"], document["rows"], document["unit"]
    kind = document["kind"]
    course = "mean" if kind == "measurement" else "rise" if kind == "counter" else "points"
    console.print(Text(f"{question['asset']}  {question['metric']}{f' ({unit})' if unit else ''}", style="bold"))
    console.print(Text(f"{question['since']} – {question['until']}, every {_duration(question['every_s'])}", "dim"))
    console.print(Text(sparkline([row[course] or (None if course == "points" else row[course]) for row in rows])))
    if not document["points"]:
        console.print("no points were recorded in this window")
    else:
        print_rows(console, "", [_row(row) for row in rows[-_MOST_ROWS:]], _columns(kind, unit))
        if len(rows) > _MOST_ROWS:
            console.print(Text(f"… and {len(rows) - _MOST_ROWS:,} earlier rows (--csv and --json give all)", "dim"))
        console.print(Text(_summary(document), style="bold"))
    for gap in document["gaps"][:5]:
        console.print(Text(f"not measured: {_duration(gap['missing_s'])} of {gap['since']} – {gap['until']}"))
    if len(document["gaps"]) > 5:
        console.print(Text(f"… and {len(document['gaps']) - 5:,} more gaps (--json lists all)", "dim"))
    if document["recorded_until"]:
        console.print(Text(f"recorded until {document['recorded_until']}", "dim"))


def _columns(kind: str, unit: str) -> dict[str, str]:
    columns = {"t": "From (UTC)", "points": "Points"}
    if kind == "measurement":
        columns |= {"mean": "Mean", "lowest": "Lowest", "highest": "Highest", "covered": "Measured"}
        return columns | ({"energy_kwh": "kWh"} if unit == "kW" else {})
    if kind == "counter":
        return columns | {"last": "Last", "rise": f"Rise ({unit})", "resets": "Resets"}
    return columns | {"lowest": "Lowest", "highest": "Highest", "last": "Last"}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    covered = row["covered_s"]
    return {**row, "covered": None if covered is None else _duration(covered)}


def _summary(document: Mapping[str, Any]) -> str:
    unit = document["unit"]
    if document["kind"] == "measurement":
        text = f"mean {shown(document['mean'])} {unit} over {_duration(document['covered_s'])} measured"
        energy = document["energy_kwh"]
        return text if energy is None else f"{text}, {shown(energy)} kWh"
    if document["kind"] == "counter":
        resets = f", {document['resets']} resets" if document["resets"] else ""
        return f"rise {shown(document['rise'])} {unit}{resets}"
    return f"{document['points']:,} points"


def _duration(seconds: float) -> str:
    """Seconds in the largest unit that keeps them readable."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
