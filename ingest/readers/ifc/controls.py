"""Controllers, sensors and meters at the elements that they control or measure; connections without ports are told."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.readers.ifc.draft import Draft, Thing
from ingest.readers.ifc.opening import Entity

_MEASURING = frozenset({"Sensor", "Meter"})


def relate_controls(draft: Draft) -> None:
    """Add CONTROLS from controllers, MEASURES from sensors and meters, where the file relates them to an element."""
    others = 0
    first: Entity | None = None
    for relation in draft.file.by_type("IfcRelFlowControlElements"):
        with draft.guard(relation):
            flow = relation.get_argument(5)
            target = draft.things.get(flow.id()) if flow is not None else None
            for control in _things(draft, relation.get_argument(4) or ()):
                if target is None or not (name := _name(control)):
                    others += 1
                    first = first or relation
                    continue
                draft.relate(control.record.id, name, target.record.id, draft.place(relation))
    if others:
        message = f"{others} elements of control act on nothing that the graph has, or are neither controller nor meter"
        draft.find("control-left-out", "info", message, first)


def _things(draft: Draft, entities: tuple[Entity, ...]) -> Iterator[Thing]:
    for entity in entities:
        if (thing := draft.things.get(entity.id())) is not None:
            yield thing


def _name(control: Thing) -> str:
    return "CONTROLS" if control.label == "Controller" else "MEASURES" if control.label in _MEASURING else ""


def tell_portless(draft: Draft) -> None:
    """Tell connections of elements that name no ports: nothing says which way they supply."""
    found: list[Entity] = []
    for relation in draft.file.by_type("IfcRelConnectsElements"):
        with draft.guard(relation):
            ends = relation.get_argument(5), relation.get_argument(6)
            if all(end is not None and end.id() in draft.things for end in ends):
                found.append(relation)
    if found:
        message = f"{len(found)} connections of elements name no ports, so that nothing says which way they supply"
        draft.find("undirected", "warning", f"{message}; they were left out", found[0])
