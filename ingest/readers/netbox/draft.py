"""What the parts of the NetBox reader share while they fill one extract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ingest.mapping.model import Mapping
from ingest.readers.netbox.dump import Dump, Obj
from ingest.records import AssetRecord, Extract, Properties, RelationshipRecord, bad_id
from schema.check import coerce
from schema.labels import properties_of

KINDS: Final = {
    "regions": "region",
    "sites": "site",
    "locations": "location",
    "racks": "rack",
    "devices": "device",
    "power-panels": "power-panel",
    "power-feeds": "power-feed",
    "circuits": "circuit",
}
"""Endpoint → kind of the rules [[netbox_object]]."""


@dataclass(slots=True)
class Draft:
    """One export on its way to an extract."""

    dump: Dump
    mapping: Mapping
    extract: Extract
    assets: dict[Obj, AssetRecord] = field(default_factory=dict[Obj, AssetRecord])
    edges: dict[str, dict[tuple[str, str], RelationshipRecord]] = field(
        default_factory=dict[str, dict[tuple[str, str], RelationshipRecord]]
    )
    membership: dict[tuple[str, str, str], set[str]] = field(default_factory=dict[tuple[str, str, str], set[str]])
    """Circuits (or bundles) of each supply relationship: what tells one supplier from another."""

    def record(self, obj: Obj, identity: str, label: str, values: dict[str, Any]) -> AssetRecord | None:
        """Add the asset that an object becomes; what its label has no property for is passed over."""
        if problem := bad_id(identity):
            self.dump.find("bad-id", "error", f"{problem}; left out", obj)
            return None
        declared = properties_of(label)
        properties: Properties = {}
        for name, value in values.items():
            if value in (None, "") or (name not in declared and not name.startswith("_")):
                continue
            try:
                properties[name] = value if name.startswith("_") else coerce(declared[name], value)
            except ValueError as error:
                self.dump.find("bad-value", "warning", f"{name}: {error}; the value was not taken", obj)
        record = AssetRecord(identity, label, properties, obj.place, named=True)
        self.extract.assets.append(record)
        self.assets[obj] = record
        return record

    def relate(self, source: AssetRecord, name: str, target: AssetRecord, obj: Obj, **properties: Any) -> None:
        """Add a relationship, once for each pair and type."""
        pairs = self.edges.setdefault(name, {})
        if (source.id, target.id) in pairs:
            return
        record = RelationshipRecord(source.id, name, target.id, properties, obj.place)
        pairs[source.id, target.id] = record
        self.extract.relationships.append(record)

    def device_of(self, port: Obj) -> AssetRecord | None:
        """The asset that a port belongs to."""
        device = self.dump.resolve("devices", port.data.get("device"), port)
        return self.assets.get(device) if device else None
