"""Where things are: containment in spaces, aggregation, nesting. What no label was given is passed over, upwards."""

from __future__ import annotations

from itertools import chain
from typing import Final

from ingest.readers.ifc.draft import ROOT_GLOBAL_ID, Draft

_UNREAD: Final = {
    "IfcZone": "groups of spaces",
    "IfcRelReferencedInSpatialStructure": "spaces that something only passes through",
}
"""What says where things are in a way that has no counterpart in the graph."""


def relate_spaces(draft: Draft) -> None:
    """Add CONTAINS for each asset."""
    parents = read_parents(draft)
    lost = 0
    for step, thing in draft.things.items():
        parent = parents.get(step)
        seen = {step}
        while parent is not None and parent not in draft.things and parent not in seen:
            seen.add(parent)
            parent = parents.get(parent)
        if parent is None or parent in seen:
            lost += thing.label != "Campus"
            continue
        draft.relate(draft.things[parent].record.id, "CONTAINS", thing.record.id, thing.record.place)
    if lost:
        draft.find("no-space", "info", f"{lost} assets stand in no space of the file")


def read_parents(draft: Draft) -> dict[int, int]:
    """Parent by step id: the assembly or the whole that a thing is part of, before the space that contains it."""
    parents: dict[int, int] = {}
    aggregated = draft.related("IfcRelAggregates", 4, 5)
    contained = draft.related("IfcRelContainedInSpatialStructure", 5, 4)
    for whole, parts in chain(aggregated, draft.nested(), contained):
        for part in parts:
            if part in draft.things or part in draft.dropped:
                parents.setdefault(part, whole)
    return parents


def tell_unread(draft: Draft) -> None:
    """Tell how many entities say where things are, and were not read."""
    for name, what in _UNREAD.items():
        count = sum(1 for _ in draft.values(name, ROOT_GLOBAL_ID))
        if count:
            draft.find("not-read", "info", f"{count} of {name} were not read: {what}")
