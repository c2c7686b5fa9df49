"""Where things are: containment in spaces, aggregation, nesting. What no label was given is passed over, upwards."""

from __future__ import annotations

from itertools import chain

from ingest.readers.ifc.draft import Draft


def relate_spaces(draft: Draft) -> dict[int, int]:
    """Add CONTAINS for each asset; return what `read_parents` does."""
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
    return parents


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
