"""Ports, who owns them, and which are connected: in one pass over the relationship entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest.readers.ifc.draft import Draft
from ingest.records import Place

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
    place: Place


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
    ports = Ports()
    typed = draft.schema != "IFC2X3"
    shared: dict[tuple[Any, Any, Any], Port] = {}
    for step, *said in draft.values("IfcDistributionPort", *((_FLOW, _PORT_TYPE, _SYSTEM_TYPE) if typed else (_FLOW,))):
        key = (said[0], said[1], said[2]) if typed else (said[0], None, None)
        ports.by_step[step] = shared.get(key) or shared.setdefault(key, _port(*key))
    for whole, parts in draft.nested():
        for part in parts:
            if part in ports.by_step:
                ports.owner[part] = whole
    for _, port, element in draft.joined("IfcRelConnectsPortToElement", 4, 5):
        if port is not None and element is not None:
            ports.owner.setdefault(port, element)
    return ports


def _port(direction: Any, kind: Any, medium: Any) -> Port:
    said = [value if isinstance(value, str) else "" for value in (direction, kind, medium)]
    return Port(said[0] or "NOTDEFINED", said[1], "" if said[2] in ("NOTDEFINED", "USERDEFINED") else said[2])


def connections(draft: Draft, ports: Ports) -> Iterator[Connection]:
    """The connections whose direction is known; what has none is told."""
    undirected = 0
    first: Place | None = None
    for relation in draft.joined("IfcRelConnectsPorts", 4, 5, 6):
        found = _joined(draft, ports, relation)
        if found is None:
            continue
        a, b = ports.by_step[found.source], ports.by_step[found.target]
        match _direction(a, b):
            case 1:
                yield found
            case -1:
                yield found._replace(source=found.target, target=found.source)
            case _:
                undirected += 1
                first = first or found.place
                if a.direction == b.direction and a.direction in _DIRECTED:
                    message = f"both ports are {a.direction}; the connection has no direction and was left out"
                    draft.find("contradictory-direction", "warning", message, found.place)
    if undirected:
        message = f"{undirected} connections have no direction of flow and supply nothing in the graph"
        draft.find("undirected", "warning", message, first)


def _joined(draft: Draft, ports: Ports, relation: tuple[Any, ...]) -> Connection | None:
    """The connection that a relation between two ports is, as if it led from the first to the second."""
    place, first, second, realizing = relation
    if first is None or second is None:
        draft.find("broken-connection", "warning", "a port of the connection is missing", place)
        return None
    if first not in ports.by_step or second not in ports.by_step:
        return None  # ports of structures and the like
    ports.connected.update((first, second))
    return Connection(first, second, realizing or 0, place)


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
