"""Distribution systems and circuits: who belongs to which, and the paths and loops that they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ingest.flow import followers, in_flow_order
from ingest.mapping.model import Medium
from ingest.readers.ifc.draft import OBJECT_TYPE, ROOT_GLOBAL_ID, ROOT_NAME, Draft, references
from ingest.readers.ifc.opening import Entity
from ingest.readers.ifc.ports import Ports
from ingest.readers.ifc.psets import Sets
from ingest.records import AssetRecord, bad_id
from schema.check import coerce
from schema.labels import LABELS, properties_of

_PREDEFINED = 6
_LONG_NAME = 5


@dataclass(slots=True)
class System:
    """One system: its members by step id, in the order of the file, ports replaced by their owners."""

    entity: Entity
    id: str
    predefined: str
    medium: Medium | None
    parts: list[int] = field(default_factory=list[int])
    ports: list[int] = field(default_factory=list[int])
    inner: list[System] = field(default_factory=list["System"])
    """Systems that are parts of it, such as its circuits."""
    side: str = ""


def read_systems(draft: Draft, sets: Sets, ports: Ports) -> list[System]:
    """All systems of the file with their members."""
    systems: dict[int, System] = {}
    for entity in draft.file.by_type("IfcSystem"):
        with draft.guard(entity):
            if entity.is_a() not in ("IfcZone", "IfcBuildingSystem", "IfcBuiltSystem", "IfcStructuralAnalysisModel"):
                systems[entity.id()] = _system(draft, sets, entity)
    _assign(draft, systems, ports)
    if len(systems) > 1:
        for whole, parts in chain(draft.related("IfcRelAggregates", 4, 5), draft.nested()):
            if whole in systems:
                systems[whole].inner.extend(systems[part] for part in parts if part in systems)
    for system in systems.values():
        if system.medium is None:
            system.medium = _by_members(draft, system)
    for system in systems.values():
        if system.medium is None:
            system.medium = next((inner.medium for inner in system.inner if inner.medium is not None), None)
    return list(systems.values())


def _assign(draft: Draft, systems: dict[int, System], ports: Ports) -> None:
    """Give each system its members: systems, ports and elements."""
    for relation in draft.file.by_type("IfcRelAssignsToGroup"):
        with draft.guard(relation):
            group = relation.get_argument(6)
            system = systems.get(group.id()) if group is not None else None
            if system is None:
                continue
            for step in references(relation, 4):
                if step in systems:
                    system.inner.append(systems[step])
                elif step in ports.by_step:
                    system.ports.append(step)
                else:
                    system.parts.append(step)


def _system(draft: Draft, sets: Sets, entity: Entity) -> System:
    predefined = entity.get_argument(_PREDEFINED) if len(entity) > _PREDEFINED else None
    predefined = predefined if isinstance(predefined, str) else ""
    own: dict[str, Any] = {}
    for name in draft.mapping.own_sets:
        own.update(sets.values(entity.id(), name))
    named = (str(name) for name in (own.get("tag"), entity.get_argument(ROOT_GLOBAL_ID)) if name)
    identity = next((name for name in named if not bad_id(name)), f"#{entity.id()}")
    return System(entity, identity, predefined, draft.mapping.medium_of.get(predefined), side=str(own.get("side", "")))


def _by_members(draft: Draft, system: System) -> Medium | None:
    """What a system without a telling predefined type carries, by the trade of most of its members."""
    domains = Counter(LABELS[draft.things[part].label].domain for part in system.parts if part in draft.things)
    path = {"power": "PowerPath", "cooling": "CoolingLoop"}
    for domain, _ in domains.most_common():
        if domain in path:
            return next((m for m in draft.mapping.medium if m.path == path[domain]), None)
    return None


def add_paths(draft: Draft, systems: Iterable[System], ports: Ports, supply: dict[str, list[tuple[str, str]]]) -> None:
    """Add an asset for each system that is a path, and PART_OF with its parts in the order of the flow.

    `supply` are the file's supply relationships by type, each (supplier, consumer).
    """
    trains: dict[str, _Train] = {}
    supplied = {name: followers(edges) for name, edges in supply.items()}
    added: dict[str, tuple[System, int]] = {}
    for system in systems:
        if system.medium is None or not system.medium.path:
            continue
        parts = _parts(draft, system, ports)
        if not parts and not system.inner:
            draft.find("empty-system", "warning", "has no member that became an asset; it was left out", system.entity)
            continue
        ordered = in_flow_order(parts, supplied.get(system.medium.supply, {}))
        record = AssetRecord(system.id, system.medium.path, _properties(draft, system), draft.place(system.entity))
        if system.medium.path == "PowerPath":
            name = system.medium.supply
            train = trains.get(name) or trains.setdefault(name, _Train(draft, supply.get(name, [])))
            record.properties["complete"] = train.complete(ordered)
        draft.extract.assets.append(record)
        for position, part in enumerate(ordered, 1):
            draft.relate(part, "PART_OF", system.id, record.place, position=position)
        added[system.id] = system, len(ordered)
    for system, count in added.values():
        inner = dict.fromkeys(one.id for one in system.inner if one.id in added and one is not system)
        for position, one in enumerate(inner, count + 1):
            draft.relate(one, "PART_OF", system.id, draft.place(system.entity), position=position)


def _parts(draft: Draft, system: System, ports: Ports) -> list[str]:
    """Ids of the members that are assets."""
    steps = members(system, ports)
    return list(dict.fromkeys(draft.things[step].record.id for step in steps if step in draft.things))


def members(system: System, ports: Ports) -> list[int]:
    """Step ids of the members; where only ports are assigned, their owners are."""
    return system.parts or [ports.owner[port] for port in system.ports if port in ports.owner]


def _properties(draft: Draft, system: System) -> dict[str, Any]:
    entity = system.entity
    name, long_name = entity.get_argument(ROOT_NAME), entity.get_argument(_LONG_NAME) if len(entity) > 5 else None
    values: dict[str, Any] = {
        "name": long_name or name or system.id,
        "global_id": entity.get_argument(ROOT_GLOBAL_ID),
        "system_type": system.predefined or entity.get_argument(OBJECT_TYPE),
        "side": system.side,
        "traced": False,
    }
    declared = properties_of("PowerPath")
    return {key: coerce(declared[key], value) for key, value in values.items() if value not in (None, "")}


_SOURCES = frozenset({"UtilityFeed", "Generator", "Substation"})
_LAST = frozenset({"PDU", "Busway", "Switchboard", "Rectifier", "UPS", "Transformer", "TransferSwitch"})


class _Train:
    """The supply relationships of one type: who feeds whom."""

    def __init__(self, draft: Draft, edges: Iterable[tuple[str, str]]) -> None:
        self._labels = {thing.record.id: thing.label for thing in draft.things.values()}
        self._suppliers: dict[str, list[str]] = {}
        self._consumers: dict[str, list[str]] = {}
        for source, target in edges:
            self._suppliers.setdefault(target, []).append(source)
            self._consumers.setdefault(source, []).append(target)

    def complete(self, parts: Iterable[str]) -> bool:
        """Whether a path begins at sources and ends where something that is no part of the power train hangs on it."""
        inside = set(parts)
        heads = [part for part in inside if not inside.intersection(self._suppliers.get(part, ()))]
        if any(self._labels.get(part) not in _SOURCES for part in heads):
            return False
        fed = (target for part in inside for target in self._consumers.get(part, ()))
        return any(target not in inside and self._labels.get(target) not in _LAST for target in fed)
