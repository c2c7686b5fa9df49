"""The graph as one IFC4X3 file: spaces, elements, ports with directions, systems, ratings in standard sets, boxes.

Other programs read it as any IFC. What IFC has no place for, and values to their last digit, stand in a property set of
ours (`RECORD_SET`) on each object, which `twin ingest` takes at its word.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ingest.campus.ifc_classes import GROUPS, SPATIAL
from ingest.campus.ifc_writer import PlanWriter, Pose
from ingest.campus.parameters import Parameters
from ingest.campus.plan import Asset, Box, Plan, Supply, System
from ingest.campus.psets import RECORD_SET
from ingest.campus.spf import text
from ingest.exporters.content import Content, ExportedAsset, ExportedRelationship
from ingest.records import Progress

VERSION: Final = 1
_SEED: Final = 0
_GLOBAL_ID: Final = re.compile(r"[0-3][0-9A-Za-z_$]{21}")
_MEDIA: Final = {"FEEDS": "ELECTRICAL", "COOLS": "CHILLEDWATER", "SUPPLIES": "WATERSUPPLY", "CONTROLS": "CONTROL",
                 "CONNECTS": "DATA"}  # fmt: skip
_BOX: Final = ("x", "y", "z", "length", "width", "height")
_PATHS: Final = {"PowerPath": "ELECTRICAL", "CoolingLoop": "CHILLEDWATER"}
_OF_FILE: Final = frozenset({"name", "x_m", "y_m", "z_m", "length_m", "width_m", "height_m", "rotation_deg",
                             "placement", "tag", "global_id", "description"})  # fmt: skip


def write_model(path: Path, content: Content, progress: Progress | None = None) -> dict[str, int]:
    """Write the content as an IFC file; return how many of each kind of thing it holds."""
    assets = {asset.id: asset for asset in content.assets()}
    relationships = list(content.relationships())
    plan = _plan(path.stem, assets, relationships)
    with path.open("w", encoding="ascii", newline="\n") as stream:
        writer = _GraphWriter(stream, plan, assets, relationships)
        if progress:
            progress(f"write {path.name}", 0, 0)
        writer.write()
    return {"assets": len(assets), "relationships": len(relationships), "entities": writer.spf.count}


def _plan(name: str, assets: dict[str, ExportedAsset], relationships: Iterable[ExportedRelationship]) -> Plan:
    plan = Plan(name, Parameters({}))
    for asset in _parents_first(assets):
        if asset.label in _PATHS:
            kind = asset.properties.get("system_type")
            kind = kind if isinstance(kind, str) and kind.isalpha() and kind.isupper() else _PATHS[asset.label]
            called = asset.properties.get("name", asset.id)
            plan.systems[asset.id] = System(asset.id, called, kind, [], "", asset.properties.get("side", ""))
        else:
            plan.assets[asset.id] = _asset(asset)
    parts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    connected: dict[tuple[str, ...], Supply] = {}
    for source, kind, target, properties in relationships:
        if kind == "PART_OF" and target in plan.systems and source in plan.assets:
            parts[target].append((properties.get("position", 0), source))
        elif kind in _MEDIA and _has_ports(plan, source) and _has_ports(plan, target) and source != target:
            supply = _supply(source, kind, target, properties, assets)
            connected.setdefault((source, target, supply.medium, supply.group), supply)
    plan.supplies = list(connected.values())
    for identity, members in parts.items():
        plan.systems[identity].parts = list(dict.fromkeys(member for _, member in sorted(members)))
    return plan


def _has_ports(plan: Plan, identity: str) -> bool:
    """Whether an asset is an element: spaces and what is no thing in space have no ports."""
    asset = plan.assets.get(identity)
    return asset is not None and asset.label not in SPATIAL and asset.label not in GROUPS


def _parents_first(assets: dict[str, ExportedAsset]) -> list[ExportedAsset]:
    """Each asset behind what contains it; rings are cut where they are met."""
    ordered: dict[str, ExportedAsset] = {}
    for asset in assets.values():
        chain: dict[str, None] = {}
        at: ExportedAsset | None = asset
        while at is not None and at.id not in ordered and at.id not in chain:
            chain[at.id] = None
            at = assets.get(at.parents[0]) if at.parents else None
        ordered.update((identity, assets[identity]) for identity in reversed(chain))
    return list(ordered.values())


def _asset(asset: ExportedAsset) -> Asset:
    values = asset.properties
    box = None
    x, y, z, length, width, height = (values.get(f"{name}_m") for name in _BOX)
    if None not in (x, y, z) and length and width and height:  # no extent, no profile
        box = Box(x, y, z, length, width, height, values.get("rotation_deg", 0.0))  # pyright: ignore[reportArgumentType]
    shown = {
        name: value if isinstance(value, (bool, int, float, str)) else str(value)
        for name, value in values.items()
        if name not in _OF_FILE
    }
    parent = asset.parents[0] if asset.parents else ""
    return Asset(asset.id, asset.label, values.get("name", asset.id), parent, box, shown)


def _supply(source: str, kind: str, target: str, values: dict[str, Any], assets: dict[str, ExportedAsset]) -> Supply:
    medium = _MEDIA[kind]
    if kind == "SUPPLIES" and "Generator" in (assets[source].label, assets[target].label):
        medium = "FUEL"
    return Supply(
        source, kind, target, medium,
        group=values.get("group", ""), need=values.get("need"), policy=values.get("policy", ""),
        priority=values.get("priority"), portion=values.get("portion"),
    )  # fmt: skip


class _GraphWriter(PlanWriter):
    """Writes a plan that was made from the graph, with the record of each object."""

    against_every = 0

    def __init__(
        self,
        stream: Any,
        plan: Plan,
        assets: dict[str, ExportedAsset],
        relationships: Iterable[ExportedRelationship],
    ) -> None:
        super().__init__(stream, plan, _SEED, None, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "Export")
        self.assets = assets
        self.into: dict[str, list[Any]] = defaultdict(list)
        for source, kind, target, properties in relationships:
            self.into[target].append([source, kind, _plain(properties)] if properties else [source, kind])
        self._given: set[str] = set()

    def identity(self, asset: Asset) -> str:
        """The GlobalId that it came with, where that is one and no other asset took it."""
        given = self.assets[asset.id].properties.get("global_id")
        if isinstance(given, str) and _GLOBAL_ID.fullmatch(given) and given not in self._given:
            self._given.add(given)
            return text(given)
        return super().identity(asset)

    def posed(self, asset: Asset, parent: Pose) -> Pose:
        """Where an asset without a box stands, as far as the graph says it."""
        values = self.assets[asset.id].properties
        if asset.box is None and all(name in values for name in ("x_m", "y_m", "z_m")):
            return values["x_m"], values["y_m"], values["z_m"], values.get("rotation_deg", 0.0)
        return super().posed(asset, parent)

    def finish(self, systems: dict[str, int]) -> None:
        """Give each object its record."""
        self.properties.share(self.project, RECORD_SET, (("Version", f"IFCINTEGER({VERSION})"),))
        for identity, asset in self.assets.items():
            entity = systems.get(identity) or self.entity[identity]
            values = [("Id", identity), ("Label", asset.label), ("Properties", _dumped(_plain(asset.properties)))]
            if identity in self.into:
                values.append(("Relationships", _dumped(self.into[identity])))
            self.properties.share(entity, RECORD_SET, tuple((name, f"IFCTEXT({text(said)})") for name, said in values))


def _plain(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (bool, int, float, str)) else value.isoformat()
        for name, value in properties.items()
    }


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
