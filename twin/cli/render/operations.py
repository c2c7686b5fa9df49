"""The maintenance check, the audits and the black start, as people read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from twin.cli.render.gaps import print_gaps
from twin.cli.render.tables import print_rows
from twin.words import names, plural

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN = 30


def print_check(console: Console, document: Mapping[str, Any]) -> None:
    """Print whether the assets may be taken out, and what speaks against it."""
    _verdict(console, document)
    print_gaps(console, document["model"])


def _verdict(console: Console, document: Mapping[str, Any]) -> None:
    asked = names(document["question"]["failed"])
    points: Mapping[str, list[str]] = document["single_points"]
    if document["verdict"] == "no":
        lost = document["lost"]
        console.print(Text(f"No. {asked} out would lose {plural(len(lost), 'load')}: {names(lost)}", style="bold"))
        if points:
            _points(
                console, f"And {plural(len(points), 'single failure')} would lose more of what is safe now:", points
            )
        return
    if document["verdict"] == "yes":
        console.print(Text(f"Yes. {asked} may be taken out: no load is lost, and no new single point appears.", "bold"))
        return
    title = (
        f"Yes, but. While {asked} is out, {plural(len(points), 'single failure')} would lose loads that are safe now:"
    )
    _points(console, title, points)


def _points(console: Console, title: str, points: Mapping[str, list[str]]) -> None:
    rows = [
        {"id": point, "count": len(loads), "loads": names(loads, 3)}
        for point, loads in sorted(points.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    columns = {"id": "Fails", "count": "Loads lost", "loads": "Which"}
    print_rows(console, title, rows[:_SHOWN], columns, left_out=len(rows) - _SHOWN)


def print_independence(console: Console, document: Mapping[str, Any]) -> None:
    """Print which suppliers that should be independent share an ancestor."""
    findings = document["findings"]
    breaking = [finding for finding in findings if finding["breaks"]]
    total: int = document.get("breaking", len(breaking))
    if document["ok"]:
        title = "Independent: nothing shared takes any group below its need alone."
    else:
        title = f"Not independent: {plural(total, 'pair')} of suppliers hang on something shared that breaks both"
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for finding in breaking:
        group = f"{finding['type']} {finding['group']}".strip()
        alike[group, " + ".join(finding["suppliers"]), names(finding["breaks"], 3)].append(finding["id"])
    rows = [
        {"pair": pair, "group": group, "breaks": breaks, "count": len(ids), "which": names(ids, 2)}
        for (group, pair, breaks), ids in sorted(alike.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    columns = {
        "pair": "Suppliers",
        "breaks": "Broken by",
        "group": "Group",
        "count": "Consumers",
        "which": "Which",
    }
    print_rows(console, title, rows[:_SHOWN], columns, left_out=len(rows) - _SHOWN)
    if total > len(breaking):
        told = f"The table is of {len(breaking):,} of them, by consumer; --json holds no more."
        console.print(Text(told, style="dim"))
    harmless = sum(1 for finding in findings if finding["shared"] and not finding["breaks"])
    if harmless:
        console.print(
            Text(f"{plural(harmless, 'pair')} share ancestors that break neither alone (--json lists).", "dim")
        )
    print_gaps(console, document["model"])


def print_tier(console: Console, document: Mapping[str, Any]) -> None:
    """Print whether the campus is concurrently maintainable and fault tolerant, and what speaks against it."""
    for key, words in (
        ("concurrently_maintainable", "concurrently maintainable"),
        ("fault_tolerant", "fault tolerant"),
    ):
        console.print(Text(f"{'Yes' if document[key] else 'No '}  {words}", style="bold"))
    rows = [
        {
            "kind": finding["kind"].replace("_", " "),
            "removed": names(finding["removed"], 3),
            "count": len(finding["lost"]),
            "lost": names(finding["lost"], 3),
        }
        for finding in sorted(document["findings"], key=lambda f: (-len(f["lost"]), f["removed"]))
    ]
    columns = {"kind": "Rule", "removed": "Removed", "count": "Loads lost", "lost": "Which"}
    title = f"{plural(len(rows), 'finding')}" if rows else "No findings."
    print_rows(console, title, rows[:_SHOWN], columns, left_out=len(rows) - _SHOWN)
    print_gaps(console, document["model"])


def _what_starts(document: Mapping[str, Any]) -> str:
    failed: list[str] = document["question"]["failed"]
    return f"Restoration after {names(failed)}" if failed else "Black start"


def print_black_start(console: Console, document: Mapping[str, Any]) -> None:
    """Print the rounds of a restart, and the cycles that never start."""
    rounds: list[list[str]] = document["rounds"]
    started = sum(len(members) for members in rounds)
    rows = [
        {"round": number, "count": len(members), "which": names(members, 4)}
        for number, members in enumerate(rounds, start=1)
    ]
    print_rows(
        console,
        f"{_what_starts(document)}: {plural(started, 'asset')} in {plural(len(rounds), 'round')}",
        rows,
        {"round": "Round", "count": "Starts", "which": "Which"},
    )
    if document["never"]:
        console.print(
            Text(f"Never starts: {plural(len(document['never']), 'asset')}: {names(document['never'])}", style="bold")
        )
    for cycle in document["deadlocks"]:
        console.print(Text(f"  deadlock: {names(cycle, 12)} wait for one another"))
    print_gaps(console, document["model"])
