"""Power paths where the file names none: traced upstream, one for each module and side.

UTIL ─▶ TR-A ─▶ UPS-A ─▶ BW-A ─▶ rack PDUs A       path MODULE-PATH-A: UTIL, TR-A, UPS-A, BW-A
UTIL ─▶ TR-B ─▶ UPS-B ─▶ BW-B ─▶ rack PDUs B       path MODULE-PATH-B: UTIL, TR-B, UPS-B, BW-B
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from string import ascii_uppercase
from typing import Final

from ingest.flow import followers, in_flow_order
from ingest.records import AssetRecord, Extract, Finding, RelationshipRecord

_ENDS: Final = frozenset({"RackPDU", "Cabinet", "Server"})
SOURCES: Final = frozenset({"UtilityFeed", "Generator", "Substation"})


def trace_paths(extract: Extract) -> None:
    """Add traced paths to an extract that has power, but no PowerPath of its own."""
    labels = {record.id: record.label for record in extract.assets}
    feeds = [record for record in extract.relationships if record.type == "FEEDS"]
    if not feeds or "PowerPath" in labels.values():
        return
    parents = {record.target_id: record.source_id for record in extract.relationships if record.type == "CONTAINS"}
    suppliers: dict[str, list[str]] = defaultdict(list)
    for record in feeds:
        suppliers[record.target_id].append(record.source_id)
    properties = {record.id: record.properties for record in extract.assets}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in feeds:
        if labels.get(record.target_id) in _ENDS and labels.get(record.source_id) not in _ENDS:
            module = _module(record.target_id, labels, parents)
            side = properties[record.source_id].get("side") or record.properties.get("side") or ""
            found[module, str(side)].add(record.source_id)
    supplied = followers((record.source_id, record.target_id) for record in feeds)
    made = 0
    for (module, side), last in sorted(_with_sides(found, suppliers).items()):
        parts = _upstream(last, suppliers)
        _add(extract, module, side, in_flow_order(sorted(parts), supplied), labels, suppliers)
        made += 1
    if made:
        message = f"{made} power paths were traced along the connections, as the file names none"
        extract.findings.append(Finding("paths-traced", "info", message))


def _module(identity: str, labels: dict[str, str], parents: dict[str, str]) -> str:
    """The module that encloses an asset, else its building, else nothing."""
    building, at, seen = "", parents.get(identity), {identity}
    while at is not None and at not in seen:
        seen.add(at)
        if labels.get(at) == "Module":
            return at
        if labels.get(at) == "Building":
            building = building or at
        at = parents.get(at)
    return building


def _with_sides(
    found: dict[tuple[str, str], set[str]], suppliers: dict[str, list[str]]
) -> dict[tuple[str, str], set[str]]:
    """Give letters to the last distributions that name no side: those with a supplier in common are one side."""
    sides: dict[tuple[str, str], set[str]] = {}
    for (module, side), last in found.items():
        if side:
            sides[module, side] = last
            continue
        taken = {letter for name, letter in found if name == module}
        free = (letter for letter in _letters() if letter not in taken)
        for family in _families(last, suppliers):
            sides[module, next(free)] = family
    return sides


def _letters() -> Iterable[str]:
    yield from ascii_uppercase
    number = 27
    while True:
        yield str(number)
        number += 1


def _families(last: set[str], suppliers: dict[str, list[str]]) -> list[set[str]]:
    families: list[tuple[set[str], set[str]]] = []
    for one in sorted(last):
        above = {one, *suppliers.get(one, ())}
        joined = [family for family in families if family[1] & above]
        families = [family for family in families if not family[1] & above]
        members = {one}.union(*(family[0] for family in joined))
        families.append((members, above.union(*(family[1] for family in joined))))
    return sorted((family[0] for family in families), key=min)


def _upstream(last: Iterable[str], suppliers: dict[str, list[str]]) -> set[str]:
    parts: set[str] = set()
    stack = list(last)
    while stack:
        at = stack.pop()
        if at not in parts:
            parts.add(at)
            stack.extend(suppliers.get(at, ()))
    return parts


def _add(  # noqa: PLR0913, PLR0917 - the parts of one path
    extract: Extract,
    module: str,
    side: str,
    parts: list[str],
    labels: dict[str, str],
    suppliers: dict[str, list[str]],
) -> None:
    place = next(record.place for record in extract.assets if record.id == parts[0])
    identity = f"{module or extract.source}-PATH-{side}"
    complete = all(labels.get(part) in SOURCES for part in parts if not suppliers.get(part))
    properties = {
        "name": f"Power path {side} of {module or extract.source}",
        "side": side,
        "complete": complete,
        "traced": True,
    }
    extract.assets.append(AssetRecord(identity, "PowerPath", properties, place))
    for position, part in enumerate(parts, 1):
        extract.relationships.append(RelationshipRecord(part, "PART_OF", identity, {"position": position}, place))
