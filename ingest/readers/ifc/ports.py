"""Ports, who owns them, and which are connected: in one pass over the relationship entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest.readers.ifc.draft import Draft
from ingest.readers.ifc.opening import Entity

_FLOW, _PORT_TYPE, _SYSTEM_TYPE = 7, 8, 9
SOURCE, SINK = "SOURCE", "SINK"
_DIRECTED: Final = frozenset({SOURCE, SINK})


class Port(NamedTuple):
    """What a distribution port says of itself; ports that say the same share one."""

    direction: str
    kind: str
    """CABLE, PIPE, DUCT …; may be empty. IFC2X3 has no such types."""
    medium: str
    """Predefined type of the system that it belongs to, as the port itself says; may be empty."""


class Connection(NamedTuple):
    """Two connected ports by their step ids, from the supplier's to the consumer's."""

    source: int
    target: int
    realizing: int
    """Step id of the cable or pipe, 0 where none is named."""
    entity: Entity


@dataclass(slots=True)
class Ports:
    """All ports of a file, by their step ids."""

    by_step: dict[int, Port] = field(default_factory=dict[int, Port])
    owner: dict[int, int] = field(default_factory=dict[int, int])
    """Port → element, by step ids."""
    connected: set[int] = field(default_factory=set[int])

    def owners(self) -> set[int]:
        """Elements that have ports."""
        return set(self.owner.values())


def read_ports(draft: Draft) -> Ports:
    """All ports and their owners: nested in the element, or connected to it (both occur in every schema)."""
    file: Any = draft.file
    ports = Ports()
    typed = draft.schema != "IFC2X3"
    shared: dict[tuple[Any, Any, Any], Port] = {}
    for entity in file.by_type("IfcDistributionPort"):
        with draft.guard(entity):
            said = entity.get_argument
            key = (said(_FLOW), said(_PORT_TYPE), said(_SYSTEM_TYPE)) if typed else (said(_FLOW), None, None)
            ports.by_step[entity.id()] = shared.get(key) or shared.setdefault(key, _port(*key))
    for whole, parts in draft.nested():
        for part in parts:
            if part in ports.by_step:
                ports.owner[part] = whole
    for relation in file.by_type("IfcRelConnectsPortToElement"):
        with draft.guard(relation):
            port, element = relation.get_argument(4), relation.get_argument(5)
            if port is not None and element is not None:
                ports.owner.setdefault(port.id(), element.id())
    return ports


def _port(direction: Any, kind: Any, medium: Any) -> Port:
    said = [value if isinstance(value, str) else "" for value in (direction, kind, medium)]
    return Port(said[0] or "NOTDEFINED", said[1], "" if said[2] in ("NOTDEFINED", "USERDEFINED") else said[2])


def connections(draft: Draft, ports: Ports) -> Iterator[Connection]:
    """The connections whose direction is known; what has none is told."""
    undirected = 0
    first: Entity | None = None
    for relation in draft.file.by_type("IfcRelConnectsPorts"):
        found: tuple[int, int, int] | None = None
        with draft.guard(relation):
            found = _joined(draft, ports, relation)
        if found is None:
            continue
        first_end, second_end, step = found
        ports.connected.update((first_end, second_end))
        a, b = ports.by_step[first_end], ports.by_step[second_end]
        match _direction(a, b):
            case 1:
                yield Connection(first_end, second_end, step, relation)
            case -1:
                yield Connection(second_end, first_end, step, relation)
            case _:
                undirected += 1
                first = first or relation
                if a.direction == b.direction and a.direction in _DIRECTED:
                    message = f"both ports are {a.direction}; the connection has no direction and was left out"
                    draft.find("contradictory-direction", "warning", message, relation)
    if undirected:
        message = f"{undirected} connections have no direction of flow and supply nothing in the graph"
        draft.find("undirected", "warning", message, first)


def _joined(draft: Draft, ports: Ports, relation: Entity) -> tuple[int, int, int] | None:
    """The two ports that a relation joins, and what realizes it (0 for nothing), by their step ids."""
    first, second = relation.get_argument(4), relation.get_argument(5)
    if first is None or second is None:
        draft.find("broken-connection", "warning", "a port of the connection is missing", relation)
        return None
    a: int = first.id()
    b: int = second.id()
    if a not in ports.by_step or b not in ports.by_step:
        return None  # ports of structures and the like
    realizing = relation.get_argument(6)
    return a, b, realizing.id() if realizing is not None else 0


def _direction(a: Port, b: Port) -> int:
    """1 where the flow goes from a to b, -1 where it goes back, 0 where it is not known. One directed end is enough."""
    if a.direction == b.direction:
        return 0
    if a.direction == SOURCE or b.direction == SINK:
        return 1 if a.direction != SINK and b.direction != SOURCE else 0
    if a.direction == SINK or b.direction == SOURCE:
        return -1
    return 0


def tell_loose_ports(draft: Draft, ports: Ports) -> None:
    """Tell ports that nobody owns and ports that lead nowhere."""
    unowned = [step for step in ports.by_step if step not in ports.owner]
    loose = [step for step in ports.by_step if step in ports.owner and step not in ports.connected]
    for code, steps, what in (("port-unowned", unowned, "belong to no element"), ("port-open", loose, "lead nowhere")):
        if steps:
            names = ", ".join(f"#{step}" for step in steps[:5])
            severity = "warning" if code == "port-unowned" else "info"
            draft.find(code, severity, f"{len(steps)} ports {what}: {names}{' …' if len(steps) > 5 else ''}")
