"""Ports, connections and systems of one file.

Each connection has a port of its own at both ends, as IFC wants it. Some may be written against the flow (RelatingPort
is the consumer's), as real exports do: only FlowDirection says which way it goes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from ingest.campus.psets import ASSET_SET, SUPPLY_SET
from ingest.campus.spf import SpfWriter, global_id, real, refs, text

if TYPE_CHECKING:
    from ingest.campus.ifc_properties import PropertyWriter
    from ingest.campus.plan import Plan, Supply, System

_CABLES: Final = frozenset({"ELECTRICAL", "CONTROL"})


class SupplyWriter:
    """Writes what connects the elements of a plan that are in the file already."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a file consists of
        self,
        spf: SpfWriter,
        plan: Plan,
        seed: int,
        entity: dict[str, int],
        properties: PropertyWriter,
        against_every: int,
    ) -> None:
        self._spf, self._plan, self._seed = spf, plan, seed
        self._entity, self._properties, self._against_every = entity, properties, against_every
        self._ports: dict[str, list[int]] = defaultdict(list)
        self._circuit_ports: dict[str, list[int]] = defaultdict(list)

    def write(self) -> dict[str, int]:
        """Write all of it; return the entities of the systems by id."""
        connections = [supply for supply in self._plan.supplies if supply.carrier == "ifc"]
        for index, supply in enumerate(connections):
            self._connection(index, supply)
        for asset in self._plan.assets.values():
            if asset.battery_of:
                self._battery(asset.id, asset.battery_of)
        for owner, ports in self._ports.items():
            self._spf.line(f"IFCRELNESTS({self._guid('ports/' + owner)},$,$,$,#{self._entity[owner]},{refs(ports)})")
        return {system.id: self._system(system) for system in self._plan.systems.values()}

    def _guid(self, key: str) -> str:
        return text(global_id(self._seed, key))

    def _port(self, key: str, owner: str, direction: str, medium: str) -> int:
        kind = "CABLE" if medium in _CABLES else "PIPE"
        ports = self._ports[owner]
        number = self._spf.line(
            f"IFCDISTRIBUTIONPORT({self._guid(key)},$,'{'OUT' if direction == 'SOURCE' else 'IN'} {len(ports) + 1}',"
            f"$,$,$,$,.{direction}.,.{kind}.,.{medium}.)"
        )
        ports.append(number)
        return number

    def _connect(self, key: str, source: int, sink: int, realizing: str, *, against: bool) -> None:
        first, second = (sink, source) if against else (source, sink)
        segment = f"#{self._entity[realizing]}" if realizing else "$"
        self._spf.line(f"IFCRELCONNECTSPORTS({self._guid(key)},$,$,$,#{first},#{second},{segment})")

    def _connection(self, index: int, supply: Supply) -> None:
        key = f"{supply.source}>{supply.target}>{supply.medium}>{supply.group}"
        source = self._port("out/" + key, supply.source, "SOURCE", supply.medium)
        sink = self._port("in/" + key, supply.target, "SINK", supply.medium)
        against = self._against_every > 0 and index % self._against_every == self._against_every - 1
        self._connect("connection/" + key, source, sink, supply.realized_by, against=against)
        if supply.circuit:
            self._circuit_ports[supply.circuit].append(sink)
        values: list[tuple[str, str]] = []
        if supply.group:
            values.append(("Group", f"IFCLABEL({text(supply.group)})"))
        if supply.need is not None:
            values.append(("Need", f"IFCINTEGER({supply.need})"))
        if supply.policy:
            values.append(("Policy", f"IFCLABEL({text(supply.policy)})"))
        if supply.priority is not None:
            values.append(("Priority", f"IFCINTEGER({supply.priority})"))
        if supply.portion is not None:
            values.append(("Portion", f"IFCREAL({real(supply.portion)})"))
        if values:
            self._properties.share(sink, SUPPLY_SET, tuple(values))

    def _battery(self, battery: str, bridged: str) -> None:
        """A battery is connected as it is drawn; it is a store and no supplier, so no need stands at the port."""
        key = f"{battery}>{bridged}"
        source = self._port("out/" + key, battery, "SOURCE", "ELECTRICAL")
        sink = self._port("in/" + key, bridged, "SINK", "ELECTRICAL")
        self._connect("connection/" + key, source, sink, "", against=False)

    def _system(self, system: System) -> int:
        kind = "IFCDISTRIBUTIONCIRCUIT" if "-PATH-" in system.id or "-TCS-" in system.id else "IFCDISTRIBUTIONSYSTEM"
        number = self._spf.line(
            f"{kind}({self._guid('system/' + system.id)},$,{text(system.id)},$,$,{text(system.name)},.{system.kind}.)"
        )
        members = [self._entity[part] for part in system.parts] + self._circuit_ports[system.id]
        if members:
            self._spf.line(
                f"IFCRELASSIGNSTOGROUP({self._guid('members/' + system.id)},$,$,$,{refs(members)},$,#{number})"
            )
        if system.within:
            self._spf.line(
                f"IFCRELREFERENCEDINSPATIALSTRUCTURE({self._guid('serves/' + system.id)},$,$,$,(#{number}),"
                f"#{self._entity[system.within]})"
            )
        own = [("tag", f"IFCLABEL({text(system.id)})")]
        if system.side:
            own.append(("side", f"IFCLABEL({text(system.side)})"))
        self._properties.share(number, ASSET_SET, tuple(own))
        return number
