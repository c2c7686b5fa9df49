"""What the parts of the IFC reader share while they fill one extract."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.mapping.model import Mapping
from ingest.readers.ifc.opening import Entity
from ingest.readers.ifc.units import Units
from ingest.records import AssetRecord, Extract, Finding, Place, Progress, RelationshipRecord, Severity

ROOT_GLOBAL_ID, ROOT_NAME, ROOT_DESCRIPTION, OBJECT_TYPE, PLACEMENT, REPRESENTATION, TAG = 0, 2, 3, 4, 5, 6, 7
"""Positions of attributes that are the same in all schemas."""


@dataclass(slots=True)
class Thing:
    """An entity that becomes an asset. `type`: step id of its type object, 0 for none; `tagged`: has a Tag."""

    entity: Entity
    step: int
    ifc_class: str
    label: str
    type: int
    record: AssetRecord
    constants: dict[str, Any]
    tagged: bool = False


@dataclass(slots=True)
class Draft:
    """One file on its way to an extract; entities are named by their step ids."""

    path: Path
    file: Any
    mapping: Mapping
    extract: Extract
    units: Units
    things: dict[int, Thing] = field(default_factory=dict[int, Thing])
    dropped: dict[int, Entity] = field(default_factory=dict[int, Entity])
    """Elements that no rule names."""
    progress: Progress | None = None

    def find(
        self, code: str, severity: Severity, message: str, entity: Entity | None = None, *, ids: tuple[str, ...] = ()
    ) -> None:
        """Add a finding, at an entity of the file or at the file."""
        self.extract.findings.append(Finding(code, severity, message, self.place(entity), ids))

    def place(self, entity: Entity | None) -> Place:
        """Where an entity stands: its step id, class and GlobalId."""
        if entity is None:
            return Place(str(self.path))
        return Place(str(self.path), item=item(entity))

    def relate(self, source: str, name: str, target: str, entity: Entity, **properties: Any) -> None:
        """Add a relationship."""
        self.extract.relationships.append(RelationshipRecord(source, name, target, properties, self.place(entity)))

    def tell(self, what: str, done: int, total: int) -> None:
        """Pass on how far the reader is."""
        if self.progress:
            self.progress(f"read {self.path.name}: {what}", done, total)


def item(entity: Entity) -> str:
    """What a finding calls an entity."""
    kind: str = entity.is_a()
    identity = entity.get_argument(ROOT_GLOBAL_ID) if len(kind) > 3 else None
    return f"#{entity.id()} {kind} {identity}" if isinstance(identity, str) else f"#{entity.id()} {kind}"
