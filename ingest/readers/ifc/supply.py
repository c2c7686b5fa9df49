"""Connections become supply relationships; what stands between two pieces of equipment is kept, in the chain.

A cable or pipe that realizes connections of one flow, or both ways between two neighbours, is put between them, because
its failure cuts them. A battery is no supplier of what it bridges: it becomes that unit's `power_hold_s`.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.flow import by_trade
from ingest.readers.ifc.draft import Draft, Thing
from ingest.readers.ifc.ports import Connection, Ports, connections, tell_loose_ports
from ingest.readers.ifc.psets import Sets
from ingest.readers.ifc.systems import System
from ingest.records import Properties, RelationshipRecord
from schema.check import coerce, relationship_properties

_STORES: Final = frozenset({"UPS", "Rectifier"})
_NOTHING: Final[Properties] = {}
_ONE: Final[Properties] = {"need": 1}
_BY_PORT: Final = {"CABLE": "FEEDS", "CABLECARRIER": "FEEDS", "PIPE": "COOLS", "DUCT": "COOLS"}


class Supplier:
    """Turns the connections of one file into relationships."""

    def __init__(self, draft: Draft, sets: Sets, ports: Ports, systems: list[System]) -> None:
        self.draft, self.sets, self.ports = draft, sets, ports
        self.system_of: dict[int, list[System]] = {}
        for system in systems:
            for step in (*system.parts, *system.ports):
                self.system_of.setdefault(step, []).append(system)
        self.edges: dict[str, list[tuple[str, str]]] = {}
        self.membership: dict[tuple[str, str, str], set[str]] = {}
        """Systems of each relationship (supplier, type, consumer): what tells one side from another."""
        self._stated: dict[str, Properties] = {}
        """What ports that say the same state; relationships share it, and nobody changes it."""
        self._sided: dict[tuple[int, str], Properties] = {}
        """The same with a side, by the address of the one without, and the side."""

    def relate(self) -> None:
        """Add the relationships of all connections."""
        found = [entry for entry in connections(self.draft, self.ports) if self._owned(entry)]
        realized = _realized(found, self.ports)
        for connection in found:
            source, target = self._end(connection.source), self._end(connection.target)
            if source is None or target is None:
                continue
            if source is target:
                message = "connects an element to itself; left out"
                self.draft.find("self-connection", "warning", message, connection.place)
                continue
            if self._battery(source, target, connection):
                continue
            name = self._type(connection, source, target)
            if name is not None:
                self._add(connection, name, source, target, realized)
        tell_loose_ports(self.draft, self.ports)

    def _owned(self, connection: Connection) -> bool:
        return connection.source in self.ports.owner and connection.target in self.ports.owner

    def _end(self, port: int) -> Thing | None:
        return self.draft.things.get(self.ports.owner[port])

    def _battery(self, source: Thing, target: Thing, connection: Connection) -> bool:
        """Whether the connection is a battery's: then it holds the other end up, and supplies nothing."""
        battery, other = (source, target) if source.label == "Battery" else (target, source)
        if battery.label != "Battery":
            return False
        battery.record.properties.setdefault("bridges", other.record.id)
        if other.label not in _STORES:
            message = f"battery {battery.record.id} is connected to {other.record.id}, a {other.label}; "
            self.draft.find("battery", "warning", message + "it became its power_hold_s", connection.place)
        self._hold(battery, other, connection)
        return True

    def _hold(self, battery: Thing, other: Thing, connection: Connection) -> None:
        values = other.record.properties
        ids = (battery.record.id, other.record.id)
        if "power_hold_s" in values:
            return
        energy = battery.record.properties.get("capacity_kwh")
        load = values.get("draw_kw") or values.get("rated_kw")
        if energy is None or not load:
            message = f"battery {ids[0]} bridges {ids[1]}, but capacity or load are not given: no power_hold_s"
            self.draft.find("battery-no-hold", "warning", message, connection.place, ids=ids)
            return
        values["power_hold_s"] = round(energy * 3600 * values.get("efficiency", 1.0) / load, 1)
        hold = values["power_hold_s"]
        message = f"battery {ids[0]} became power_hold_s {hold:g} of {ids[1]} ({energy:g} kWh at {load:g} kW)"
        self.draft.find("battery", "info", message, connection.place, ids=ids)

    def _type(self, connection: Connection, source: Thing, target: Thing) -> str | None:
        """What flows: as the ports say, else the systems of ports and owners, else the trade or the kind of port."""
        media = self.draft.mapping.medium_of
        ports = self.ports.by_step[connection.source], self.ports.by_step[connection.target]
        for port in ports:
            if port.medium in media:
                return media[port.medium].supply
        for step in (connection.source, connection.target, source.step, target.step):
            for system in self.system_of.get(step, ()):
                if system.medium is not None:
                    return system.medium.supply
        trade = by_trade(source.label, target.label)
        name = trade or next(filter(None, (_BY_PORT.get(port.kind) for port in ports)), None)
        if name is None:
            message = f"{source.record.id} → {target.record.id}: nothing says what flows; the connection was left out"
            self.draft.find("medium-unknown", "warning", message, connection.place)
        return name

    def _add(self, connection: Connection, name: str, source: Thing, target: Thing, realized: dict[int, bool]) -> None:
        between = self.draft.things.get(connection.realizing)
        if between is not None and (between is source or between is target):
            between = None
        if between is not None and not realized[connection.realizing]:
            message = (
                f"{between.record.id} realizes connections of several flows; it was not put between {source.record.id} "
            )
            self.draft.find("shared-segment", "info", f"{message}and {target.record.id}", connection.place)
            between = None
        properties = self._redundancy(connection.target)
        if between is None:
            self._relate(source, name, target, connection, properties)
            return
        self._relate(source, name, between, connection, _ONE)
        self._relate(between, name, target, connection, properties)

    def _relate(self, source: Thing, name: str, target: Thing, connection: Connection, properties: Properties) -> None:
        side = source.record.properties.get("side")
        if side:
            key = id(properties), side
            properties = self._sided.get(key) or self._sided.setdefault(key, {**properties, "side": side})
        ids = (source.record.id, target.record.id)
        self.edges.setdefault(name, []).append(ids)
        record = RelationshipRecord(ids[0], name, ids[1], properties, connection.place)
        self.draft.extract.relationships.append(record)
        steps = (connection.source, connection.target, source.step)
        member = {system.id for step in steps for system in self.system_of.get(step, ())}
        if member:
            self.membership.setdefault((ids[0], name, ids[1]), set()).update(member)

    def _redundancy(self, port: int) -> Properties:
        """Group, need, policy, priority and portion as the consumer's port states them."""
        names = self.draft.mapping.supply
        if port not in self.sets.of or not names.set:
            return _NOTHING
        values = self.sets.values(port, names.set)
        known = repr(values)
        if known in self._stated:
            return self._stated[known]
        stated: Properties = {}
        declared = relationship_properties("FEEDS")
        for ours in ("group", "need", "policy", "priority", "portion"):
            raw: Any = values.get(getattr(names, ours))
            if raw is None:
                continue
            try:
                stated[ours] = coerce(declared[ours], raw)
            except ValueError as error:
                message = f"{names.set}.{getattr(names, ours)}: {error}; the value was not taken"
                self.draft.find("bad-value", "warning", message, self.draft.file.by_id(port))
        self._stated[known] = stated
        return stated


def _realized(found: list[Connection], ports: Ports) -> dict[int, bool]:
    """For each realizing element whether it can stand between the ends: one source, one sink, or one pair both ways."""
    ends: dict[int, tuple[set[int], set[int]]] = {}
    for connection in found:
        if connection.realizing:
            sources, targets = ends.setdefault(connection.realizing, (set(), set()))
            sources.add(ports.owner[connection.source])
            targets.add(ports.owner[connection.target])
    return {
        step: len(sources) == 1 or len(targets) == 1 or len(sources | targets) == 2
        for step, (sources, targets) in ends.items()
    }
