"""Systems, assemblies and connections: what belongs together, and what supplies what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.flow import by_trade, followers, in_flow_order
from ingest.mapping.sources import SystemRule
from ingest.readers.cobie.book import Row
from ingest.readers.cobie.draft import Draft, key, names_in
from ingest.records import AssetRecord

_OUT: Final = re.compile(r"\b(out|outlet|output|source|supply|discharge|load ?side|secondary)\b", re.IGNORECASE)
_IN: Final = re.compile(r"\b(in|inlet|input|sink|return|suction|line ?side|primary)\b", re.IGNORECASE)
_CARRIED: Final = (
    (re.compile(r"power|electric", re.IGNORECASE), "FEEDS"),
    (re.compile(r"cool|chill|refriger|condenser", re.IGNORECASE), "COOLS"),
    (re.compile(r"water|fuel|gas", re.IGNORECASE), "SUPPLIES"),
    (re.compile(r"data|network|fib(re|er)", re.IGNORECASE), "CONNECTS"),
)
"""What a connection of a type carries, where no system says it."""


@dataclass(slots=True)
class System:
    """One system: it spans as many rows as somebody liked. Names that differ only in case are different systems."""

    name: str
    row: Row
    rule: SystemRule | None
    parts: dict[str, AssetRecord] = field(default_factory=dict[str, AssetRecord])


Membership = dict[tuple[str, str, str], set[str]]


def read_systems(draft: Draft) -> list[System]:
    """All systems with the components that became assets."""
    systems: dict[str, System] = {}
    for row in draft.book["System"]:
        name = row.text("Name")
        if not name:
            draft.find("missing-id", "warning", "has no name; the row was passed over", row, "Name")
            continue
        category = row.text("Category")
        system = systems.get(name)
        if system is None:
            system = systems[name] = System(name, row, None)
        if system.rule is None:
            system.rule = next((rule for rule in draft.mapping.system if rule.fits(category, name)), None)
        for component in names_in(row.raw("ComponentNames"), lambda text: draft.get("Component", text)):
            record = draft.get("Component", component)
            if record is None:
                draft.find("missing-end", "warning", f"there is no component {component}", row, "ComponentNames")
            else:
                system.parts[record.id] = record
    folded: dict[str, str] = {}
    for name, system in systems.items():
        first = folded.setdefault(name.casefold(), name)
        if first != name:
            message = f"the systems {first} and {name} differ only in case; they are kept as two"
            draft.find("system-names-collide", "warning", message, system.row, "Name")
    return list(systems.values())


def add_paths(draft: Draft, systems: list[System], edges: dict[str, list[tuple[str, str]]]) -> None:
    """Add a path or loop for each system that is one, with its parts in the order of the flow."""
    passed: list[str] = []
    supplied = {name: followers(pairs) for name, pairs in edges.items()}
    for system in systems:
        if system.rule is None or not system.rule.path or not system.parts:
            passed.append(f"{system.name} ({len(system.parts)})")
            continue
        values = {
            "name": system.name,
            "description": system.row.text("Description"),
            "system_type": system.row.text("Category"),
            "global_id": draft.global_id("System", system.row, "ExtIdentifier", "ExternalIdentifier"),
            "traced": False,
        }
        path = draft.add("System", system.row, system.name, system.rule.path, values)
        if path is None:
            continue
        ordered = in_flow_order(list(system.parts), supplied.get(system.rule.supply, {}))
        for position, part in enumerate(ordered, 1):
            draft.relate(system.parts[part], "PART_OF", path, system.row, position=position)
    if passed:
        names = ", ".join(passed[:5]) + (" …" if len(passed) > 5 else "")
        draft.find("system-left-out", "info", f"{len(passed)} systems are neither path nor loop (parts): {names}")


def add_assemblies(draft: Draft) -> None:
    """What an assembly holds is contained in its parent."""
    others = 0
    for row in draft.book["Assembly"]:
        sheet = row.text("SheetName") or "Component"
        parent = draft.get(sheet, row.text("ParentName")) if sheet.casefold() == "component" else None
        if parent is None:
            others += 1
            continue
        for name in names_in(row.raw("ChildNames"), lambda text: draft.get("Component", text)):
            child = draft.get("Component", name)
            if child is None:
                draft.find("missing-end", "warning", f"there is no component {name}", row, "ChildNames")
            elif child is not parent:
                _move(draft, parent, child, row)
    if others:
        draft.find("assembly-left-out", "info", f"{others} assemblies are none of components; they were left out")


def _move(draft: Draft, parent: AssetRecord, child: AssetRecord, row: Row) -> None:
    """Contain a child in its assembly, and no longer in the space, which the assembly stands in."""
    placed = draft.extract.relationships
    place = next((r for r in placed if r.type == "CONTAINS" and r.target_id == child.id), None)
    if place is not None:
        placed.remove(place)
    draft.relate(parent, "CONTAINS", child, row)


def add_connections(draft: Draft, systems: list[System]) -> tuple[dict[str, list[tuple[str, str]]], Membership]:
    """Add a supply relationship for each connection; return them by type, and the systems they belong to."""
    member: dict[str, list[System]] = {}
    for system in systems:
        for part in system.parts:
            member.setdefault(part, []).append(system)
    edges: dict[str, list[tuple[str, str]]] = {}
    membership: Membership = {}
    for row in draft.book["Connection"]:
        ends = _ends(draft, row)
        if ends is None:
            continue
        source, target = ends
        shared = [system for system in member.get(source.id, ()) if target.id in system.parts]
        name = _type(row, source, target, shared)
        if name is None:
            message = f"nothing tells what {source.id} supplies {target.id} with; the connection was left out"
            draft.find("unknown-medium", "warning", message, row, "ConnectionType")
            continue
        for one, other in _chain(draft, row, source, target):
            draft.relate(one, name, other, row)
            edges.setdefault(name, []).append((one.id, other.id))
            systems_of = {system.name for system in (*shared, *member.get(one.id, ()))}
            if systems_of:
                membership.setdefault((one.id, name, other.id), set()).update(systems_of)
    return edges, membership


def _ends(draft: Draft, row: Row) -> tuple[AssetRecord, AssetRecord] | None:
    """Supplier and consumer: from the first row to the second, unless the ports or a return say the other way."""
    sheet = row.text("SheetName") or "Component"
    records: list[AssetRecord] = []
    for column in ("RowName1", "RowName2"):
        name = row.text(column)
        record = draft.get(sheet, name) if name else None
        if record is None:
            draft.find("missing-end", "error", f"there is no {sheet} {name or '(empty)'}; left out", row, column)
            return None
        records.append(record)
    source, target = records
    if source is target:
        draft.find("self-connection", "warning", "connects a component to itself; left out", row, "RowName2")
        return None
    if "return" in row.text("ConnectionType").casefold():
        message = f"{source.id} → {target.id} brings the flow back; it supplies nothing and was left out"
        draft.find("return-flow", "info", message, row, "ConnectionType")
        return None
    first, second = row.text("PortName1"), row.text("PortName2")
    forward = bool(_OUT.search(first)) + bool(_IN.search(second))
    backward = bool(_IN.search(first)) + bool(_OUT.search(second))
    if forward and backward:
        message = f"the ports {first} and {second} contradict each other; the connection has no direction"
        draft.find("undirected", "warning", f"{message} and was left out", row, "PortName1")
        return None
    return (target, source) if backward else (source, target)


def _type(row: Row, source: AssetRecord, target: AssetRecord, shared: list[System]) -> str | None:
    """What flows: control where the connection says so, else as its system says, else its type, else the trade."""
    word = row.text("ConnectionType")
    if "control" in word.casefold():
        return "CONTROLS"
    for system in shared:
        if system.rule is not None:
            return system.rule.supply
    for pattern, name in _CARRIED:
        if pattern.search(word):
            return name
    return by_trade(source.label, target.label)


def _chain(draft: Draft, row: Row, source: AssetRecord, target: AssetRecord) -> list[tuple[AssetRecord, AssetRecord]]:
    """The connection, with the element that realizes it in between where that is a component."""
    name = row.text("RealizingElement")
    between = draft.get("Component", name) if name else None
    if between is None or between in (source, target):
        return [(source, target)]
    return [(source, between), (between, target)]


def tell_ignored(draft: Draft) -> None:
    """Count what the graph has no place for."""
    counts = {name: len(draft.book[name]) for name in ("Spare", "Resource", "Job", "Impact", "Issue")}
    told = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
    if told:
        draft.find("sheet-left-out", "info", f"rows that the graph has no place for: {told}")


def place_coordinates(draft: Draft) -> None:
    """Boxes and points of the sheet Coordinate, in metres."""
    corners: dict[Any, dict[str, tuple[float, float, float]]] = {}
    for row in draft.book["Coordinate"]:
        values = [draft.metres(row.number_of(f"Coordinate{axis}Axis")) for axis in "XYZ"]
        if any(value is None for value in values):
            continue
        kind = row.text("Category").casefold()
        x, y, z = (value or 0.0 for value in values)
        corners.setdefault(key(row.text("SheetName"), row.text("RowName")), {})[kind] = x, y, z
    for named, found in corners.items():
        record = draft.by_key.get(named)
        if record is None:
            continue
        low, high = found.get("box-lowerleft"), found.get("box-upperright")
        if low is not None and high is not None:
            size = {n: abs(b - a) for n, a, b in zip(("length_m", "width_m", "height_m"), low, high, strict=True)}
            centre = {"x_m": (low[0] + high[0]) / 2, "y_m": (low[1] + high[1]) / 2, "z_m": min(low[2], high[2])}
        elif (point := found.get("point")) is not None:
            size, centre = {}, {"x_m": point[0], "y_m": point[1], "z_m": point[2]}
        else:
            continue
        rounded = {name: round(value, 4) + 0.0 for name, value in {**centre, **size}.items()}
        record.properties.update(rounded, placement="source")
