"""What the sources of a call say, by the keys that the graph knows things by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ingest.graph_state import RelationshipKey
from ingest.plan import Incoming, Record
from ingest.records import Extract, Finding

_CONTRADICTING: Final = ("need", "policy", "portion")


def incoming_assets(extracts: Sequence[Extract]) -> list[Incoming[str]]:
    """The assets of each source by id."""
    found: dict[str, Incoming[str]] = {}
    for extract in extracts:
        said = found.setdefault(extract.source, Incoming(extract.source, {}, _covers_assets(extract)))
        said.things.update((record.id, record) for record in extract.assets)
    return list(found.values())


def incoming_relationships(extracts: Sequence[Extract]) -> list[Incoming[RelationshipKey]]:
    """The relationships of each source by key; what occurs again is told in its extract."""
    found: dict[str, Incoming[RelationshipKey]] = {}
    for extract in extracts:
        said = found.setdefault(extract.source, Incoming(extract.source, {}, _covers_relationships(extract)))
        _collect(extract, said.things)
    return list(found.values())


def _covers_assets(extract: Extract) -> Callable[[str], bool]:
    partial = extract.partial == "assets"
    return lambda _: not partial


def _covers_relationships(extract: Extract) -> Callable[[RelationshipKey], bool]:
    if extract.partial == "relationships":
        return lambda key: key[1] == "CONTAINS"
    if extract.partial == "assets":
        return lambda key: key[1] != "CONTAINS"
    return lambda _: True


def _collect(extract: Extract, things: dict[RelationshipKey, Record]) -> None:
    """Key the relationships of an extract; the same twice counts once, what contradicts is kept beside it."""
    for record in extract.relationships:
        group = record.properties.get("group", "")
        key = (record.source_id, record.type, record.target_id, group, 0)
        said = things.setdefault(key, record)
        if said is not record:
            _again(extract, record, key, things)


def _again(extract: Extract, record: Record, key: RelationshipKey, things: dict[RelationshipKey, Record]) -> None:
    """Take in a relationship whose key occurred before."""
    start, name, end, group, number = key
    while (said := things.get((start, name, end, group, number))) is not None:
        if all(said.properties.get(name) == record.properties.get(name) for name in _CONTRADICTING):
            break
        number += 1
    if said is None:
        things[start, name, end, group, number] = record
        return
    if "priority" in record.properties or "priority" in said.properties:
        lowest = min(record.properties.get("priority", 0), said.properties.get("priority", 0))
        said.properties = {**said.properties, "priority": lowest}
    if record.place != said.place and name != "CONTAINS":
        message = f"{start} {name} {end} occurs again; it counts once"
        extract.findings.append(Finding("repeated-relationship", "warning", message, record.place, (start, end)))
