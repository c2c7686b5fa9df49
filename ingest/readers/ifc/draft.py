"""What the parts of the IFC reader share while they fill one extract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ingest.mapping.model import Mapping
from ingest.readers.ifc.opening import Entity, one_line
from ingest.readers.ifc.plain import Entity as PlainEntity
from ingest.readers.ifc.plain import Model
from ingest.readers.ifc.plain_index import NotPlain
from ingest.readers.ifc.units import Units
from ingest.records import AssetRecord, Extract, Finding, Place, Progress, RelationshipRecord, Severity

ROOT_GLOBAL_ID, ROOT_NAME, ROOT_DESCRIPTION, OBJECT_TYPE, PLACEMENT, REPRESENTATION, TAG = 0, 2, 3, 4, 5, 6, 7
"""Positions of attributes that are the same in all schemas."""


BROKEN: Final = (AttributeError, TypeError, ValueError, IndexError, KeyError, RuntimeError, ArithmeticError)
"""What reading an entity raises that has attributes of the wrong kind or number, or that the parser cannot read."""

_MOST_BROKEN: Final = 200  # told one by one


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


class Guard:
    """Turns what a broken entity raises into a finding. One serves for all, as none stands inside another."""

    __slots__ = ("_draft", "entity")

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.entity: Entity = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if kind is None or error is None or not issubclass(kind, BROKEN):
            return False
        draft = self._draft
        if isinstance(draft.file, Model):  # what of it is broken is for ifcopenshell to say
            raise NotPlain from error
        draft.broken += 1
        if draft.broken <= _MOST_BROKEN:
            message = f"is broken ({kind.__name__}: {one_line(error)}); it was passed over"
            draft.extract.findings.append(Finding("broken-entity", "error", message, draft.safe_place(self.entity)))
        return True


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
    broken: int = 0
    schema: str = ""
    """IFC2X3, IFC4 or IFC4X3."""
    _guard: Guard | None = None
    _nested: list[tuple[int, tuple[int, ...]]] | None = None

    def __post_init__(self) -> None:
        self.schema = self.schema or self.file.schema  # which works it out anew each time

    def nested(self) -> Sequence[tuple[int, tuple[int, ...]]]:
        """Each whole of IfcRelNests with its parts, by step ids; read once, as ports and places ask for them."""
        if self._nested is None:
            self._nested = list(self.related("IfcRelNests", 4, 5))
        return self._nested

    def related(self, name: str, whole: int, parts: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The whole and the parts of each relation of a class, by step ids; `whole`, `parts`: where they stand."""
        if isinstance(self.file, Model):
            for _, one, several in self.file.rows(name, (whole, parts)):
                if one is not None:
                    yield one, several or ()
            return
        for relation in self.file.by_type(name):
            found: tuple[int, tuple[int, ...]] | None = None
            with self.guard(relation):
                one = relation.get_argument(whole)
                if one is not None:
                    found = one.id(), tuple([part.id() for part in relation.get_argument(parts) or ()])
            if found is not None:
                yield found

    def values(self, name: str, *positions: int) -> Iterator[tuple[Any, ...]]:
        """Step id of each entity of a class, and its values at these positions."""
        if isinstance(self.file, Model):
            yield from self.file.rows(name, positions)
            return
        for entity in self.file.by_type(name):
            found: tuple[Any, ...] | None = None
            with self.guard(entity):
                found = (entity.id(), *[entity.get_argument(at) for at in positions])
            if found is not None:
                yield found

    def joined(self, name: str, *positions: int) -> Iterator[tuple[Any, ...]]:
        """Place of each relation of a class, and step ids of the entities that it names at these positions."""
        if isinstance(self.file, Model):
            file = str(self.path)
            for step, identity, *found in self.file.rows(name, (ROOT_GLOBAL_ID, *positions)):
                yield (Place(file, item=_named(step, name, identity)), *found)
            return
        for entity in self.file.by_type(name):
            joined: tuple[Any, ...] | None = None
            with self.guard(entity):
                found = [entity.get_argument(at) for at in positions]
                joined = (self.place(entity), *[None if one is None else one.id() for one in found])
            if joined is not None:
                yield joined

    def guard(self, entity: Entity) -> Guard:
        """Around what reads one entity: where that is broken inside, it is told and passed over.

        The parser reads lazily, so that broken entities show only when their attributes are read.
        """
        guard = self._guard
        if guard is None:
            guard = self._guard = Guard(self)
        guard.entity = entity
        return guard

    def find(
        self, code: str, severity: Severity, message: str, where: Entity | Place = None, *, ids: tuple[str, ...] = ()
    ) -> None:
        """Add a finding, at an entity of the file, at a place in it, or at the file."""
        place = where if isinstance(where, Place) else self.place(where)
        self.extract.findings.append(Finding(code, severity, message, place, ids))

    def place(self, entity: Entity | None) -> Place:
        """Where an entity stands: its step id, class and GlobalId."""
        if entity is None:
            return Place(str(self.path))
        return Place(str(self.path), item=item(entity))

    def safe_place(self, entity: Entity) -> Place:
        """Where an entity stands that may be broken: its step id and class."""
        return Place(str(self.path), item=f"#{entity.id()} {entity.is_a()}")

    def relate(self, source: str, name: str, target: str, place: Place, **properties: Any) -> None:
        """Add a relationship."""
        self.extract.relationships.append(RelationshipRecord(source, name, target, properties, place))

    def tell(self, what: str, done: int, total: int) -> None:
        """Pass on how far the reader is."""
        if self.progress:
            self.progress(f"read {self.path.name}: {what}", done, total)


def reference(entity: Entity, at: int) -> int | None:
    """Step id of the entity that an attribute names, None where it is not given."""
    if isinstance(entity, PlainEntity):
        return entity.reference(at)
    found = entity.get_argument(at)
    return None if found is None else found.id()


def references(entity: Entity, at: int) -> tuple[int, ...]:
    """Step ids of the entities in the list that an attribute is, none where it is not given."""
    if isinstance(entity, PlainEntity):
        return entity.references(at)
    return tuple([one.id() for one in entity.get_argument(at) or ()])


def item(entity: Entity) -> str:
    """What a finding calls an entity."""
    kind: str = entity.is_a()
    return _named(entity.id(), kind, entity.get_argument(ROOT_GLOBAL_ID) if len(kind) > 3 else None)


def _named(step: int, kind: str, identity: Any) -> str:
    return f"#{step} {kind} {identity}" if isinstance(identity, str) else f"#{step} {kind}"
