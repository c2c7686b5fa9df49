"""The answer to "what fails if this fails", as people read it.

Nothing that is unaffected is shown. The answer comes first, then where, then why, then what else one must know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from twin.cli.render.gaps import print_gaps
from twin.cli.render.tables import print_rows
from twin.words import counts, names, plural, shown

if TYPE_CHECKING:
    from rich.console import Console

    from twin.campus import Campus
    from twin.impact.answer import Impact

FAILED, LOST, DEGRADED, AT_RISK, NOTE = "bold red", "red", "yellow", "bold yellow", "dim"
_MODULES, _REASONS, _STEPS, _EVENTS, _ADDED = 20, 8, 12, 40, 3
_INSIGNIFICANT = frozenset({"PowerPath", "CoolingLoop"})
_MORE = "--full lists all"


@dataclass(frozen=True, slots=True)
class Places:
    """Where assets are and what they are, by id."""

    label: Callable[[str], str]
    building: Callable[[str], str]
    module: Callable[[str], str]

    @classmethod
    def of(cls, campus: Campus, answer: Impact) -> Places:
        """Look-ups in the topology of an open campus; those that the answer tells of are found at once."""
        topology = campus.topology
        told = np.concatenate([answer.fallen, answer.degraded_assets])
        known = dict(zip(topology.ids.many(told), told.tolist(), strict=True))

        def index(asset: str) -> int:
            found = known.get(asset)
            if found is None:
                found = topology.ids.index(asset)
            if found is None:
                raise KeyError(asset)
            return found

        def name(position: int) -> str:
            return topology.ids[position] if position >= 0 else ""

        return cls(
            label=lambda asset: topology.labels[int(topology.label[index(asset)])],
            building=lambda asset: name(int(topology.building[index(asset)])),
            module=lambda asset: name(int(topology.module[index(asset)])),
        )


def print_impact(
    console: Console, campus: Campus, answer: Impact, *, and_next: bool = False, full: bool = False
) -> None:
    """Print the whole answer; `and_next`: with the single points that it leaves; `full` shortens nothing."""
    document = answer.to_dict()
    places = Places.of(campus, answer)
    _headline(console, document)
    _by_place(console, document, places, full=full)
    _services(console, document, full=full)
    _reasons(console, document, places, full=full)
    _rounds(console, document)
    _overloads(console, document, full=full)
    _timeline(console, document, full=full)
    if and_next:
        _next(console, campus, answer)
    console.print()
    print_gaps(console, document["model"])
    if document["at_risk"] and not and_next:
        console.print(Text("What would be lost next: --next lists the single failures (takes longer).", style=NOTE))


def _headline(console: Console, document: Mapping[str, Any]) -> None:
    question, totals = document["question"], document["totals"]
    failed = names(question["failed"])
    verb = "fails" if len(question["failed"]) == 1 else "fail"
    given = f", with {names(question['out'])} out" if question["out"] else ""
    already = set(question["failed"]) & set(document["down_before"])
    console.print(Text(f"If {failed} {verb}{given}", style=FAILED))
    if already:
        console.print(Text(f"  {names(sorted(already))}: down already in the base state", style=NOTE))
    lost = counts(totals["lost"])
    if lost:
        kw = f", {shown(float(totals['lost_kw']))} kW" if totals["lost_kw"] else ""
        console.print(Text(f"✗ lost       {lost}{kw}", style=LOST))
    else:
        console.print(Text("✓ nothing else is lost", style="bold"))
    if totals["degraded"]:
        console.print(Text(f"▲ degraded   {counts(totals['degraded'], 6)}", style=DEGRADED))
    if document["at_risk"]:
        text = (
            f"! at risk    {plural(len(document['at_risk']), 'asset')} of these without reserve: one loss more and down"
        )
        console.print(Text(text, style=AT_RISK))
    if document["relies_on"]:
        console.print(Text(f"◉ relies on  {names(document['relies_on'])} (standby, called by this failure)"))


def _by_place(console: Console, document: Mapping[str, Any], places: Places, *, full: bool) -> None:
    rows: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for verdict in ("lost", "degraded", "at_risk"):
        for asset in document[verdict]:
            rows[places.building(asset), places.module(asset)][verdict][places.label(asset)] += 1
    if not rows:
        return
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("Building", overflow="fold")
    table.add_column("Module", overflow="fold")
    table.add_column("✗ Lost", style=LOST, overflow="fold")
    table.add_column("▲ Degraded", style=DEGRADED, overflow="fold")
    table.add_column("! At risk", style=AT_RISK, justify="right")
    ordered = sorted(rows.items(), key=lambda item: (-sum(item[1]["lost"].values()), item[0]))
    most = len(ordered) if full else _MODULES
    before = None
    for (building, module), verdicts in sorted(ordered[:most]):
        table.add_row(
            Text(building or "–") if building != before else "",
            Text(module or "–"),
            Text(counts(verdicts["lost"], 4)),
            Text(counts(verdicts["degraded"], 3)),
            Text(shown(sum(verdicts["at_risk"].values())) if verdicts["at_risk"] else ""),
        )
        before = building
    console.print(table)
    if len(ordered) > most:
        console.print(Text(f"… and {len(ordered) - most:,} modules more (--full shows all)", style=NOTE))


def _services(console: Console, document: Mapping[str, Any], *, full: bool) -> None:
    services = document["totals"]["services"]
    if services:
        shown_names = names(services, len(services) if full else 8)
        console.print()
        console.print(Text(f"Services below their replicas: {shown_names}", style=LOST))


def _cause_ids(because: Mapping[str, Any]) -> Sequence[str]:
    return because.get("lost_suppliers") or because.get("by") or ()


def _rule(because: Mapping[str, Any]) -> str:
    """One explanation in words, without the names of the suppliers."""
    kind = because["type"]
    if kind == "OVERLOAD":
        return f"tripped: {shown(float(because['load_kw']))} kW on {shown(float(because['rated_kw']))} kW"
    if kind == "CONTAINS":
        return "stands in what failed"
    if kind == "AFFECTS":
        return "hit by the common cause"
    if kind == "PART_OF":
        return "part of the path that failed"
    group = f" {because['group']!r}" if because["group"] else ""
    return f"{kind}{group} needs {because['need']}, has {because['available']}"


def _chain(asset: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (asset, why it is down) from a loss to its cause, along the first supplier that each lost."""
    because, seen = document["because"], {asset}
    while True:
        reason = because.get(asset)
        if reason is None:
            yield asset, "failed"
            return
        yield asset, _rule(reason)
        onward = [cause for cause in _cause_ids(reason) if cause not in seen]
        if not onward:
            return
        asset = onward[0]
        seen.add(asset)


def _groups_of_reasons(document: Mapping[str, Any], places: Places) -> list[tuple[str, list[str]]]:
    """Group the lost by label and reason: (label, ids), loads and large groups first; paths say nothing new."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for asset in document["lost"]:
        label = places.label(asset)
        if label in _INSIGNIFICANT:
            continue
        chain = list(_chain(asset, document))
        root, steps = chain[-1][0], tuple(places.label(step) for step, _ in chain[1:-1])
        rule = chain[0][1].partition(" needs ")[0]  # services that need 4 and 9 replicas are lost alike
        alike[label, root, (rule, *steps)].append(asset)
    groups = [(key[0], members) for key, members in alike.items()]
    return sorted(groups, key=lambda group: (group[0] not in {"Server", "Service"}, -len(group[1]), group[1]))


def _reasons(console: Console, document: Mapping[str, Any], places: Places, *, full: bool) -> None:
    groups = _groups_of_reasons(document, places)
    if not groups:
        return
    console.print()
    console.print(Text("Why", style="bold"))
    most = len(groups) if full else _REASONS
    told: set[tuple[str, ...]] = set()
    for label, members in groups[:most]:
        example, *chain = _chain(members[0], document)
        also = f" and {plural(len(members) - 1, label)} alike" if len(members) > 1 else ""
        console.print(Text.assemble((f"  ✗ {example[0]}", LOST), f"{also}: {example[1]}"))
        for depth, (asset, why) in enumerate(chain):
            rest = tuple(places.label(step) for step, _ in chain[depth:])
            known = depth < len(chain) - 1 and rest in told
            told.add(rest)
            if known or depth == _STEPS:
                ending = "as above" if known else f"{len(chain) - depth} steps more to {chain[-1][0]}"
                console.print(Text("    " + "  " * depth + f"└ {asset}: {ending}", style=NOTE))
                break
            style = FAILED if why == "failed" else ""
            console.print(Text.assemble("    " + "  " * depth + "└ ", (asset, style), f": {why}"))
    if len(groups) > most:
        console.print(Text(f"  … and {len(groups) - most:,} more ways (--full shows all)", style=NOTE))


def _rounds(console: Console, document: Mapping[str, Any]) -> None:
    for number, tripped in enumerate(document.get("rounds", ()), start=1):
        if number == 1:
            console.print()
            console.print(Text("Trips", style="bold"))
        console.print(Text(f"  round {number}: {names(tripped)}", style=LOST))


def _overloads(console: Console, document: Mapping[str, Any], *, full: bool) -> None:
    rows = [
        {**row, "added": _added(row), "share": f"{row['load_kw'] / row['rated_kw']:.0%}" if row["rated_kw"] else "–"}
        for row in document["overloaded"]
    ]
    if not rows:
        return
    console.print()
    columns = {
        "id": "Overloaded",
        "kind": "With",
        "base_load_kw": "Before kW",
        "added": "Added kW",
        "load_kw": "Load kW",
        "rated_kw": "Rated kW",
        "share": "Load",
    }
    most = len(rows) if full else _MODULES
    title = plural(len(rows), "overload")
    print_rows(console, title, rows[:most], columns, left_out=len(rows) - most, more=_MORE)


def _added(row: Mapping[str, Any]) -> str:
    """What each failure added, and what they added beyond that together."""
    added: dict[str, float] = row["added_kw"]
    parts = [f"{kw:+,.1f} {name}" for name, kw in sorted(added.items(), key=lambda item: (-item[1], item[0]))]
    if len(parts) > _ADDED:
        parts[_ADDED:] = [f"and by {len(parts) - _ADDED:,} more"]
    if row["added_together_kw"]:
        parts.append(f"{row['added_together_kw']:+,.1f} {'together' if added else 'by trips'}")
    return "\n".join(parts) or "–"


def _timeline(console: Console, document: Mapping[str, Any], *, full: bool) -> None:
    events = document.get("timeline")
    if events is None:
        return
    console.print()
    together: dict[tuple[float, str], list[str]] = defaultdict(list)
    for event in events:
        together[event["at_s"], event["state"]].append(event["id"])
    rows = [
        {"at": _clock(at_s), "state": state, "count": len(ids), "which": names(ids, 4)}
        for (at_s, state), ids in together.items()
    ]
    most = len(rows) if full else _EVENTS
    title = "Timeline" if rows else "Timeline: nothing changes state"
    if document["question"]["overload"] == "trip":
        title += " (overloads take no part in it)"
    columns = {"at": "At", "state": "State", "count": "How many", "which": "Which"}
    print_rows(console, title, rows[:most], columns, left_out=len(rows) - most, more=_MORE)


def _clock(at_s: float) -> str:
    if at_s < 60:
        return f"{at_s:g} s"
    minutes, seconds = divmod(at_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours} h {minutes:02} min {seconds:02.0f} s" if hours else f"{minutes} min {seconds:02.0f} s"


def _next(console: Console, campus: Campus, answer: Impact) -> None:
    points = campus.next_losses(answer)
    console.print()
    if not points:
        console.print(Text("Next: no single failure would lose a load that was safe from it before.", style="bold"))
        return
    rows = [
        {"id": point, "count": len(loads), "loads": names(loads, 3)}
        for point, loads in sorted(points.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    columns = {"id": "If then fails", "count": "Loads lost", "loads": "Which"}
    title = f"Next: this leaves {plural(len(rows), 'new single point')}"
    print_rows(console, title, rows[:5], columns)
    if len(rows) > 5:
        console.print(Text(f"… and {len(rows) - 5:,} more (--json lists all)", style=NOTE))
