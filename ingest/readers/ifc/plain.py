"""Reads plain IFC files without ifcopenshell's parser: its objects answer as those of ifcopenshell, in less time.

An entity is looked at when it is asked for. Whatever is not plain raises NotPlain, then or at once, and the file is
read again by ifcopenshell: so it is ifcopenshell that says what a broken or unusual file holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from ingest.readers.ifc.plain_index import NotPlain, index
from ingest.readers.ifc.plain_kinds import Kind, by_steps, simple, steps

_REFERENCES: Final = re.compile(rb"#([0-9]+)|'[^']*+'")

_SPARSEST: Final = 64
"""Ids for each entity, as a table of them is made."""


class Entity:
    """One entity, as ifcopenshell's: attributes by position."""

    __slots__ = ("_kind", "_model", "_parts", "_row", "_step")

    def __init__(self, model: Model, kind: Kind, step: int, row: int) -> None:
        self._model, self._kind, self._step, self._row = model, kind, step, row
        self._parts: tuple[bytes | None, ...] | None = None

    def id(self) -> int:
        """Its step id."""
        return self._step

    def is_a(self, name: str | None = None) -> Any:
        """Its class; or whether that is `name` or one below it."""
        return self._kind.name if name is None else name in self._kind.lineage

    def get_argument(self, at: int) -> Any:
        """The value of an attribute, None where it is not given."""
        parts = self._parts
        if parts is None:
            parts = self._parts = self._model.split(self._row, self._kind)
        if at >= len(parts):
            raise NotPlain
        part = parts[at]
        return self._kind.decoders[at](self._model, part) if part else None

    def reference(self, at: int) -> int | None:
        """Step id of the entity that an attribute names, None where it is not given."""
        part = self._part(at)
        if not part:
            return None
        if part[:1] != b"#":
            raise NotPlain
        return self._model.existing(int(part[1:]))

    def references(self, at: int) -> tuple[int, ...]:
        """Step ids of the entities in the list that an attribute is, none where it is not given."""
        part = self._part(at)
        if part and part[:1] != b"(":
            raise NotPlain
        return tuple(map(self._model.existing, steps(part))) if part else ()

    def _part(self, at: int) -> bytes | None:
        if self._parts is None:
            self._parts = self._model.split(self._row, self._kind)
        if at >= len(self._parts):
            raise NotPlain
        return self._parts[at]

    def __len__(self) -> int:
        return self._kind.size

    def fill(self, parts: tuple[bytes | None, ...] | None) -> None:
        """Give it its attributes as they are written, read with those of many others; None: take them away."""
        self._parts = parts


class Value:
    """A value that names its type, such as IfcLabel('a'): no entity, so that its id is 0."""

    __slots__ = ("_name", "_value")

    def __init__(self, name: str, value: Any) -> None:
        self._name, self._value = name, value

    def id(self) -> int:
        """0, as in ifcopenshell."""
        return 0

    def is_a(self, name: str | None = None) -> Any:
        """Its type; or whether that is `name`."""
        return self._name if name is None else name == self._name

    def get_argument(self, at: int) -> Any:
        """The value itself, at 0."""
        if at:
            raise NotPlain
        return self._value

    def __len__(self) -> int:
        return 1


class Model:
    """All entities of one plain file, read as of a schema. Raises NotPlain, as all that reads from it does."""

    def __init__(self, path: Path, schema: str) -> None:
        import ifcopenshell  # noqa: PLC0415 - takes its time, and only IFC needs it

        found = index(path.read_bytes())
        self.schema_identifier = schema
        self.schema = schema.partition("_")[0]
        self._declared: Any = ifcopenshell.schema_by_name(schema)  # pyright: ignore
        self._data, self._index = found.data, found
        self._ids, self._classes = found.ids, found.classes
        self._table = _rows(found.ids)
        self._rows = memoryview(cast("Any", self._table))  # an entry of which is a number of Python
        self._begins, self._ends = (memoryview(cast("Any", at)) for at in (found.begins, found.ends))
        self._kinds = [self._kind(name) for name in found.names]
        self._number = {kind.name: number for number, kind in enumerate(self._kinds)}
        self._entities: dict[int, Entity] = {}
        self._types: dict[bytes, str] = {}

    def _kind(self, name: bytes) -> Kind:
        declaration = self._declaration(name).as_entity()
        if declaration is None:
            raise NotPlain
        return Kind(declaration)

    def _declaration(self, name: bytes) -> Any:
        try:
            return self._declared.declaration_by_name(name.decode("ascii"))
        except RuntimeError as error:  # no such class in this schema
            raise NotPlain from error

    def by_type(self, name: str) -> list[Entity]:
        """All entities of a class and those below it: class by class as in the schema, each by their ids."""
        found: list[Entity] = []
        entities = self._entities
        for kind, rows in self._of(name):
            parts = kind.parts(self._written(rows))
            for step, row, own in zip(self._ids[rows].tolist(), rows.tolist(), parts, strict=True):
                entity = entities.get(step)
                if entity is None:
                    entity = entities[step] = Entity(self, kind, step, row)
                entity.fill(own)
                found.append(entity)
        return found

    def rows(self, name: str, positions: tuple[int, ...], among: list[int] | None = None) -> Iterator[tuple[Any, ...]]:
        """Step id and some attributes of all that `by_type` gives, or of those `among` it; entities are step ids."""
        for kind, rows in self._of(name):
            chosen = rows
            if among is not None:
                asked = self._table[np.unique(np.array(among, np.int64))]
                chosen = asked[self._classes[asked] == self._number[kind.name]]
            if not len(chosen):
                continue
            written = kind.columns(self._written(chosen), positions)
            columns = [by_steps(kind.decoders[at], self, column) for at, column in zip(positions, written, strict=True)]
            yield from zip(self._ids[chosen].tolist(), *columns, strict=True)

    def _written(self, rows: npt.NDArray[np.int32]) -> list[bytes]:
        """Entities as they are written, from the bracket on."""
        data = self._data
        begins, ends = self._index.begins[rows].tolist(), (self._index.ends[rows] + 1).tolist()
        return [data[a:b] for a, b in zip(begins, ends, strict=True)]

    def require(self, steps: list[int]) -> None:
        """Raise NotPlain where one of these step ids is no entity's."""
        asked = np.array(steps, np.int64)
        if len(asked) and (asked.max() >= len(self._rows) or np.any(self._table[asked] < 0)):
            raise NotPlain

    def _of(self, name: str) -> Iterator[tuple[Kind, npt.NDArray[np.int32]]]:
        """Each class that is `name` or below it, with the rows of its entities."""
        for kind_name in _below(self._declared.declaration_by_name(name).as_entity()):
            number = self._number.get(kind_name)
            if number is not None:
                yield self._kinds[number], np.flatnonzero(self._classes == number).astype(np.int32)

    def by_id(self, step: int) -> Entity:
        """The entity of a step id."""
        entity = self._entities.get(step)
        if entity is not None:
            return entity
        row = self.row(step)
        entity = self._entities[step] = Entity(self, self._kinds[int(self._classes[row])], step, row)
        return entity

    def existing(self, step: int) -> int:
        """A step id, if it is an entity's."""
        self.row(step)
        return step

    def row(self, step: int) -> int:
        """Where the entity of a step id stands in the index."""
        row = self._rows[step] if step < len(self._rows) else -1
        if row < 0:
            raise NotPlain  # a reference to what is not there
        return row

    def split(self, row: int, kind: Kind) -> tuple[bytes | None, ...]:
        """The attributes of an entity, as they are written."""
        return kind.split(self._data, self._begins[row], self._ends[row] + 1)

    def typed(self, token: bytes) -> Value:
        """A value that names its type."""
        name, _, inside = token.partition(b"(")
        known = self._types.get(name)
        if known is None:
            declaration = self._declaration(name)
            if not declaration.as_type_declaration():
                raise NotPlain
            known = self._types[name] = declaration.name()
        return Value(known, simple(self, inside[:-1]))

    def forget(self) -> None:
        """Give back the memory of attributes that were read; they are read again where they are asked for."""
        for entity in self._entities.values():
            entity.fill(None)

    def traverse(self, entity: Entity) -> Iterator[Entity]:
        """An entity and all that it refers to, directly or not, each once."""
        seen = {entity.id()}
        waiting = [entity]
        while waiting:
            at = waiting.pop()
            yield at
            row = self.row(at.id())
            self.split(row, self._kinds[int(self._classes[row])])  # or it would not fit its class
            for found in _REFERENCES.findall(self._data, self._begins[row], self._ends[row]):
                if found and (step := int(found)) not in seen:
                    seen.add(step)
                    waiting.append(self.by_id(step))


def _rows(ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The row of each id, -1 where there is none."""
    largest = int(ids[-1]) if len(ids) else 0
    if largest > _SPARSEST * len(ids) + 1000:
        raise NotPlain
    rows = np.full(largest + 1, -1, np.int32)
    rows[ids] = np.arange(len(ids), dtype=np.int32)
    return rows


def _below(declaration: Any) -> Iterator[str]:
    yield declaration.name()
    for one in declaration.subtypes():
        yield from _below(one)
