"""Cables of every release: what each port is connected to, through patch panels where it must be.

Until 3.2 a cable has one termination at each end, since 3.3 a list; CSV names device, type and port. Where no cables
are there, what the ports themselves say of their connections stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from ingest.readers.netbox.dump import Dump, Obj, as_text, endpoint_of_type

PORTS: Final = ("power-ports", "power-outlets", "interfaces", "front-ports", "rear-ports")
ENDS: Final = (*PORTS, "power-feeds", "circuit-terminations")
_NO_PLANT: Final = frozenset({"planned", "decommissioning", "decommissioned"})

Links = dict[Obj, list[Obj]]
"""Port → what the far ends of its cables are."""


def read_links(dump: Dump) -> Links:
    """What each port is cabled to."""
    links: Links = {}
    planned = 0
    lost: list[Obj] = []
    for cable in dump["cables"]:
        if cable.word("status") in _NO_PLANT:
            planned += 1
            continue
        near, far = list(_ends(dump, cable, "a")), list(_ends(dump, cable, "b"))
        if not near or not far:
            lost.append(cable)
            continue
        for one in near:
            for other in far:
                if one is not other:
                    links.setdefault(one, []).append(other)
                    links.setdefault(other, []).append(one)
    if planned:
        dump.find("status-left-out", "info", f"{planned} cables are planned or being removed; they were left out")
    for cable in lost[:50]:
        dump.find("broken-connection", "warning", "an end of the cable is unknown or of no kind that is read", cable)
    if len(lost) > 50:
        dump.find("broken-connection", "warning", f"{len(lost) - 50} more cables with an unknown end are not listed")
    if not dump["cables"]:
        _from_ports(dump, links)
    return links


def _ends(dump: Dump, cable: Obj, side: str) -> Iterator[Obj]:
    """The ports at one side of a cable; ends of other kinds (consoles) yield nothing."""
    listed: Any = cable.data.get(f"{side}_terminations")
    if isinstance(listed, list):
        for entry in cast("list[Any]", listed):
            if isinstance(entry, dict):
                end = cast("dict[str, Any]", entry)
                yield from _end(dump, cable, end.get("object_type"), end.get("object_id"), end.get("object"))
        return
    kind = cable.data.get(f"termination_{side}_type") or cable.data.get(f"side_{side}_type")
    identity, nested = cable.data.get(f"termination_{side}_id"), cable.data.get(f"termination_{side}")
    if kind and (identity not in (None, "") or isinstance(nested, dict)):
        yield from _end(dump, cable, kind, identity, nested)
        return
    names = as_text(cable.data.get(f"side_{side}_name") or nested)
    owner = cable.text(f"side_{side}_device", f"side_{side}_power_panel", f"device_{side}", f"side_{side}_parent")
    for name in dict.fromkeys([names, *(part.strip() for part in names.split(","))]):
        found = _named(dump, as_text(kind), owner, name) if owner else _unowned(dump, as_text(kind), name)
        if found is not None:
            yield found
            if name == names:
                return


def _end(dump: Dump, cable: Obj, kind: Any, identity: Any, nested: Any) -> Iterator[Obj]:
    endpoint = endpoint_of_type(as_text(kind))
    if endpoint not in ENDS:
        return
    entry: dict[str, Any] = dict(cast("dict[str, Any]", nested)) if isinstance(nested, dict) else {}
    if identity not in (None, ""):
        entry.setdefault("id", identity)
    found = dump.resolve(endpoint, entry or None, cable)
    if found is not None:
        yield found


def _named(dump: Dump, kind: str, owner: str, name: str) -> Obj | None:
    endpoints = (endpoint_of_type(kind),) if kind else PORTS
    for endpoint in endpoints:
        if endpoint in PORTS and (found := dump.port(endpoint, owner, name)) is not None:
            return found
    for feed in dump["power-feeds"] if not kind or endpoints[0] == "power-feeds" else ():
        if feed.text("name") == name and feed.text("power_panel") == owner:
            return feed
    return None


def _unowned(dump: Dump, kind: str, name: str) -> Obj | None:
    """A feed by its name alone, where that is unique: tables of cables do not show its panel."""
    if kind and endpoint_of_type(kind) != "power-feeds":
        return None
    named = [feed for feed in dump["power-feeds"] if feed.text("name") == name]
    return named[0] if len(named) == 1 else None


def _from_ports(dump: Dump, links: Links) -> None:
    """Connections as the ends tell them, under the names of each release; those out of service are left out."""
    told = idle = 0
    for endpoint in ("power-ports", "power-outlets", "power-feeds", "interfaces"):
        for port in list(dump[endpoint]):
            if False in (port.data.get("connected_endpoints_reachable"), port.data.get("connected_endpoint_reachable")):
                idle += 1
                continue
            for found in _peers(dump, port):
                if found is not port and found not in links.get(port, ()):
                    links.setdefault(port, []).append(found)
                    links.setdefault(found, []).append(port)
                    told += 1
    if told:
        dump.find("cables-missing", "info", f"no cables are there; {told} connections are those that the ports name")
    if idle:
        dump.find("status-left-out", "info", f"the connections of {idle} ports are not in service; they were left out")


def _peers(dump: Dump, port: Obj) -> Iterator[Obj]:
    """What a port names as the end of its path, else as the end of its cable."""
    for name in ("connected_endpoint", "link_peer", "cable_peer"):
        kind = endpoint_of_type(port.text(f"{name}s_type", f"{name}_type"))
        peers: Any = port.data.get(f"{name}s") or port.data.get(name)
        found = [
            end
            for peer in cast("list[Any]", peers if isinstance(peers, list) else [peers])
            if kind in ENDS and isinstance(peer, dict) and (end := dump.resolve(kind, peer, port)) is not None
        ]
        if found:
            yield from found
            return


class Patches:
    """Patch panels: what an interface reaches through front and rear ports."""

    def __init__(self, dump: Dump, links: Links) -> None:
        self.links = links
        self._rears = {port: list(_rear_ports(dump, port)) for port in list(dump["front-ports"])}
        self._fronts: dict[Obj, list[tuple[Obj, int]]] = {}
        for front, rears in self._rears.items():
            for rear, position in rears:
                self._fronts.setdefault(rear, []).append((front, position))

    def far(self, start: Obj, kind: str) -> list[Obj]:
        """The far ends of a kind: interfaces, or circuit-terminations."""
        found: list[Obj] = []
        seen: set[tuple[Obj, int]] = {(start, 0)}
        stack: list[tuple[Obj, int]] = [(peer, 0) for peer in self.links.get(start, ())]
        while stack:
            at, position = stack.pop()
            if (at, position) in seen:
                continue
            seen.add((at, position))
            if at.endpoint == kind:
                if at is not start:
                    found.append(at)
            elif at.endpoint == "front-ports":
                for rear, inside in self._rears.get(at, ()):
                    stack.extend((peer, inside) for peer in self.links.get(rear, ()))
            elif at.endpoint == "rear-ports":
                for front, inside in self._fronts.get(at, ()):
                    if position in (0, inside):
                        stack.extend((peer, 0) for peer in self.links.get(front, ()))
        return found


def _rear_ports(dump: Dump, front: Obj) -> Iterator[tuple[Obj, int]]:
    """Rear ports behind a front port, and the position on each."""
    listed: Any = front.data.get("rear_ports")
    if isinstance(listed, list):
        for entry in cast("list[Any]", listed):
            if isinstance(entry, dict):
                part = cast("dict[str, Any]", entry)
                rear = dump.resolve("rear-ports", part.get("rear_port"), front)
                if rear is not None:
                    yield rear, _position(part.get("rear_port_position"))
        return
    reference: Any = front.data.get("rear_port")
    rear = None
    if isinstance(reference, str) and not reference.isdigit():
        rear = dump.port("rear-ports", front.text("device"), reference)
    rear = rear or dump.resolve("rear-ports", reference, front)
    if rear is not None:
        yield rear, _position(front.data.get("rear_port_position"))


def _position(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 1
