"""Property sets: each is read once, and only where the mapping asks for it; the occurrence overrides its type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingest.mapping.model import Mapping, matches
from ingest.readers.ifc.draft import Draft, Thing
from ingest.readers.ifc.opening import Entity
from ingest.readers.ifc.units import OURS, dimensioned
from schema.check import coerce
from schema.labels import properties_of
from schema.model import Property


class Raw(NamedTuple):
    """One property as the file has it."""

    name: str
    value: Any
    measure: str
    unit: Entity | None


class Set(NamedTuple):
    """One property set as the file has it."""

    name: str
    entity: Entity
    values: tuple[Raw, ...]


@dataclass(slots=True)
class Sets:
    """Sets by the step id of the object that has them; those of type objects by the type's."""

    of: dict[int, list[Set]] = field(default_factory=dict[int, list[Set]])

    def values(self, step: int, set_name: str) -> dict[str, Any]:
        """Values of the set of this name, by property name."""
        return {
            raw.name: raw.value for entry in self.of.get(step, ()) if entry.name == set_name for raw in entry.values
        }


def read_sets(file: Any, mapping: Mapping, *, everything: bool) -> Sets:
    """Read the sets that the mapping names, or with `everything` all (files without ports name panels anywhere)."""
    patterns = {pattern for rule in mapping.property for pattern in rule.sets}
    patterns |= {*mapping.own_sets, mapping.supply.set} - {""}
    wanted: dict[str, bool] = {}
    known: dict[int, Set | None] = {}
    sets = Sets()

    def read(entity: Entity) -> Set | None:
        step: int = entity.id()
        if step not in known:
            known[step] = None
            if entity.is_a() == "IfcPropertySet":
                name: str = entity.get_argument(2) or ""
                if name not in wanted:
                    wanted[name] = everything or matches(name, patterns)
                if wanted[name]:
                    raws = tuple(raw for prop in entity.get_argument(4) or () for raw in _raw(prop))
                    known[step] = Set(name, entity, raws)
        return known[step]

    for relation in file.by_type("IfcRelDefinesByProperties"):
        found = [entry for definition in _definitions(relation) if (entry := read(definition)) is not None]
        if found:
            for thing in relation.get_argument(4) or ():
                sets.of.setdefault(thing.id(), []).extend(found)
    for kind in file.by_type("IfcTypeObject"):
        found = [entry for definition in kind.get_argument(5) or () if (entry := read(definition)) is not None]
        if found:
            sets.of.setdefault(kind.id(), []).extend(found)
    return sets


def _definitions(relation: Entity) -> Iterator[Entity]:
    definition = relation.get_argument(5)
    if definition is None:
        return
    if definition.is_a() == "IfcPropertySetDefinitionSet":
        yield from definition.get_argument(0)
    else:
        yield definition


def _raw(prop: Entity) -> Iterator[Raw]:
    kind: str = prop.is_a()
    name: str = prop.get_argument(0) or ""
    if kind == "IfcPropertySingleValue":
        value, unit = prop.get_argument(2), prop.get_argument(3)
    elif kind == "IfcPropertyEnumeratedValue":
        values = prop.get_argument(2)
        value, unit = (values[0] if values else None), None
    elif kind == "IfcPropertyBoundedValue":
        # The set point says what it runs at; without one, the upper bound is what it can do.
        size = len(prop)
        value = (prop.get_argument(5) if size > 5 else None) or prop.get_argument(2)
        unit = prop.get_argument(4)
    else:
        return
    if value is not None:
        plain = value.get_argument(0)
        if plain is not None and plain != "":
            yield Raw(name, plain, value.is_a(), unit)


class Properties:
    """Turns sets into properties of our labels, and tells what could not be taken."""

    def __init__(self, draft: Draft, sets: Sets) -> None:
        self.draft, self.sets = draft, sets
        self._targets: dict[tuple[int, str], list[tuple[Property, Raw, str]]] = {}
        self._converted: dict[tuple[int, str], list[tuple[str, Any]]] = {}

    def of(self, thing: Thing) -> dict[str, Any]:
        """The properties of an asset; what its occurrence says overrides what its type says."""
        values: dict[str, Any] = dict(thing.constants)
        inherited: dict[str, Any] = {}
        for entry in self.sets.of.get(thing.type, ()) if thing.type else ():
            inherited.update(self._values(entry, thing))
        values.update(inherited)
        for entry in self.sets.of.get(thing.step, ()):
            for name, value in self._values(entry, thing):
                if name in inherited and inherited[name] != value:
                    message = f"{name} is {value!r} at the occurrence and {inherited[name]!r} at its type; "
                    message += "the occurrence was kept"
                    self.draft.find("type-overridden", "info", message, thing.entity)
                values[name] = value
        return values

    def _values(self, entry: Set, thing: Thing) -> list[tuple[str, Any]]:
        key = (entry.entity.id(), thing.label)
        if key not in self._converted:
            self._converted[key] = list(self._convert(entry, thing))
        return self._converted[key]

    def _convert(self, entry: Set, thing: Thing) -> Iterator[tuple[str, Any]]:
        declared = properties_of(thing.label)
        own = entry.name in self.draft.mapping.own_sets
        for raw in entry.values:
            name = self.draft.mapping.property_of(entry.name, raw.name, thing.label)
            if name is None:
                if own:
                    message = f"{thing.label} has no property {raw.name}; the value was passed over"
                    self.draft.find("unknown-property", "warning", message, entry.entity)
                continue
            value = self._value(entry, raw, declared[name], own=own)
            if value is not None:
                yield name, value

    def _value(self, entry: Set, raw: Raw, declared: Property, *, own: bool) -> Any:
        value = raw.value
        if declared.unit in OURS and not (own and raw.unit is None and not dimensioned(raw.measure)):
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                return self._refused("bad-value", entry, raw, f"{value!r} is no number")
            number = self.draft.units.in_ours(float(value), raw.measure, raw.unit, declared.unit)
            if number is None:
                why = f"{value!r} ({raw.measure}) has no unit that the file declares; {declared.unit} was expected"
                return self._refused("unit-unknown", entry, raw, why)
            value = float(f"{number:.12g}")  # 0.0014999999999 kW is 1.5 W in a file of watts
        try:
            return coerce(declared, value)
        except ValueError as error:
            return self._refused("bad-value", entry, raw, str(error))

    def _refused(self, code: str, entry: Set, raw: Raw, why: str) -> None:
        self.draft.find(code, "warning", f"{entry.name}.{raw.name}: {why}; the value was not taken", entry.entity)
