"""Ports, who owns them, and which are connected: in one pass over the relationship entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest.readers.ifc.draft import Draft
from ingest.readers.ifc.opening import Entity

_FLOW, _SYSTEM_TYPE, _PORT_TYPE = 7, 9, 8
SOURCE, SINK = "SOURCE", "SINK"
_DIRECTED: Final = frozenset({SOURCE, SINK})


class Port(NamedTuple):
    """One distribution port, by its step id."""

    step: int
    direction: str


class Connection(NamedTuple):
    """Two connected ports, from the supplier's to the consumer's."""

    source: Port
    target: Port
    realizing: int
    """Step id of the cable or pipe, 0 where none is named."""
    entity: Entity


@dataclass(slots=True)
class Ports:
    """All ports of a file. What few of them are asked for is read when it is."""

    file: Any
    by_step: dict[int, Port] = field(default_factory=dict[int, Port])
    owner: dict[int, int] = field(default_factory=dict[int, int])
    """Port → element, by step ids."""
    connected: set[int] = field(default_factory=set[int])

    def kind(self, port: Port) -> str:
        """CABLE, PIPE, DUCT …; may be empty. IFC2X3 has no such types."""
        return "" if self.file.schema == "IFC2X3" else self.file.by_id(port.step).get_argument(_PORT_TYPE) or ""

    def medium(self, port: Port) -> str:
        """Predefined type of the system that it belongs to, as the port itself says; may be empty."""
        if self.file.schema == "IFC2X3":
            return ""
        named = self.file.by_id(port.step).get_argument(_SYSTEM_TYPE) or ""
        return "" if named in ("NOTDEFINED", "USERDEFINED") else named

    def owners(self) -> set[int]:
        """Elements that have ports."""
        return set(self.owner.values())


def read_ports(draft: Draft) -> Ports:
    """All ports and their owners: nested in the element, or connected to it (both occur in every schema)."""
    file: Any = draft.file
    ports = Ports(file)
    for entity in file.by_type("IfcDistributionPort"):
        with draft.guard(entity):
            step: int = entity.id()
            ports.by_step[step] = Port(step, entity.get_argument(_FLOW) or "NOTDEFINED")
    for relation in file.by_type("IfcRelNests"):
        with draft.guard(relation):
            whole = relation.get_argument(4)
            for part in relation.get_argument(5) or ():
                if part.id() in ports.by_step and whole is not None:
                    ports.owner[part.id()] = whole.id()
    for relation in file.by_type("IfcRelConnectsPortToElement"):
        with draft.guard(relation):
            port, element = relation.get_argument(4), relation.get_argument(5)
            if port is not None and element is not None:
                ports.owner.setdefault(port.id(), element.id())
    return ports


def connections(draft: Draft, ports: Ports) -> Iterator[Connection]:
    """The connections whose direction is known; what has none is told."""
    undirected = 0
    first: Entity | None = None
    for relation in draft.file.by_type("IfcRelConnectsPorts"):
        found: tuple[Port, Port, int] | None = None
        with draft.guard(relation):
            found = _joined(draft, ports, relation)
        if found is None:
            continue
        a, b, step = found
        ports.connected.update((a.step, b.step))
        match _direction(a, b):
            case 1:
                yield Connection(a, b, step, relation)
            case -1:
                yield Connection(b, a, step, relation)
            case _:
                undirected += 1
                first = first or relation
                if a.direction == b.direction and a.direction in _DIRECTED:
                    message = f"both ports are {a.direction}; the connection has no direction and was left out"
                    draft.find("contradictory-direction", "warning", message, relation)
    if undirected:
        message = f"{undirected} connections have no direction of flow and supply nothing in the graph"
        draft.find("undirected", "warning", message, first)


def _joined(draft: Draft, ports: Ports, relation: Entity) -> tuple[Port, Port, int] | None:
    """The two ports that a relation joins, and the step id of what realizes it (0 for nothing)."""
    ends = relation.get_argument(4), relation.get_argument(5)
    if ends[0] is None or ends[1] is None:
        draft.find("broken-connection", "warning", "a port of the connection is missing", relation)
        return None
    a, b = (ports.by_step.get(end.id()) for end in ends)
    if a is None or b is None:
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
