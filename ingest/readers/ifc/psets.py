"""Property sets: each is read once, and only where the mapping asks for it; the occurrence overrides its type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest.mapping.entries import matches
from ingest.quantities import OURS, SI, in_ours, revit_volts, scale_of
from ingest.readers.ifc.draft import Draft, Thing, references
from ingest.readers.ifc.opening import Entity
from ingest.readers.ifc.units import dimensioned
from ingest.records import ORIGIN
from schema.check import coerce
from schema.labels import properties_of
from schema.model import Property

_QUANTITY: Final = re.compile(r"([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(\D[^\s]*)?")


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


def read_sets(draft: Draft, *, everything: bool) -> Sets:
    """Read the sets that the mapping names, or with `everything` all (files without ports name panels anywhere)."""
    file, mapping = draft.file, draft.mapping
    named = {pattern for rule in mapping.property for pattern in rule.sets}
    patterns = tuple({*named, *mapping.own_sets, mapping.supply.set} - {""})
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
        with draft.guard(relation):
            found = [entry for definition in _definitions(relation) if (entry := read(definition)) is not None]
            if found:
                for step in references(relation, 4):
                    sets.of.setdefault(step, []).extend(found)
    for kind in file.by_type("IfcTypeObject"):
        with draft.guard(kind):
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


class Value(NamedTuple):
    """A property as it goes into the graph; `origin`: the value as the file has it, where it was converted."""

    name: str
    value: Any
    origin: dict[str, Any]


class Properties:
    """Turns sets into properties of our labels, and tells what could not be taken."""

    def __init__(self, draft: Draft, sets: Sets) -> None:
        self.draft, self.sets = draft, sets
        self._converted: dict[tuple[int, str], list[Value]] = {}
        self._origins: dict[str, str] = {}

    def of(self, thing: Thing) -> dict[str, Any]:
        """The properties of an asset; what its occurrence says overrides what its type says.

        Values that were converted, or that its type spoke, stand in `_origin` as the file has them.
        """
        values: dict[str, Any] = dict(thing.constants)
        inherited: dict[str, Any] = {}
        origins: dict[str, dict[str, Any]] = {}
        for entry in self.sets.of.get(thing.type, ()) if thing.type else ():
            for name, value, origin in self._values(entry, thing):
                inherited[name] = value
                origins[name] = {**origin, "set": entry.name, "said_by": "type"}
        values.update(inherited)
        for entry in self.sets.of.get(thing.step, ()):
            for name, value, origin in self._values(entry, thing):
                origins.pop(name, None)
                if name in inherited and inherited[name] != value:
                    message = f"{name} is {value!r} at the occurrence and {inherited[name]!r} at its type; "
                    message += "the occurrence was kept"
                    self.draft.find("type-overridden", "info", message, thing.entity)
                    origins[name] = {"set": entry.name, "said_by": "occurrence", "type_said": inherited[name]}
                if origin:
                    origins[name] = {"set": entry.name, "said_by": "occurrence", **origins.get(name, {}), **origin}
                values[name] = value
        if origins:
            text = json.dumps(origins, ensure_ascii=False)
            values[ORIGIN] = self._origins.setdefault(text, text)
        return values

    def _values(self, entry: Set, thing: Thing) -> list[Value]:
        key = (entry.entity.id(), thing.label)
        if key not in self._converted:
            self._converted[key] = list(self._convert(entry, thing))
        return self._converted[key]

    def _convert(self, entry: Set, thing: Thing) -> Iterator[Value]:
        declared = properties_of(thing.label)
        mapping = self.draft.mapping
        own = entry.name in mapping.own_sets
        for raw in entry.values:
            rule = None if own else mapping.rule_of(entry.name, raw.name, thing.label)
            name = raw.name if own else rule.to if rule else ""
            if name not in declared:
                if own:
                    message = f"{thing.label} has no property {raw.name}; the value was passed over"
                    self.draft.find("unknown-property", "warning", message, entry.entity)
                continue
            plain = own and raw.unit is None and not dimensioned(raw.measure)
            if declared[name].unit in OURS and not plain:
                found = self._measured(entry, raw, declared[name], rule.unit if rule else "")
            else:
                found = self._checked(entry, raw, declared[name], raw.value, {})
            if found is not None:
                yield found

    def _measured(self, entry: Set, raw: Raw, declared: Property, stand_in: str) -> Value | None:
        """A value in the unit of our property, with what the file says kept beside it."""
        amount, written = _amount(raw.value)
        if amount is None:
            return self._refused("bad-value", entry, raw, f"{raw.value!r} is no number")
        scale = scale_of(written) if written else self.draft.units.of_value(raw.measure, raw.unit)
        if scale is None and not written and raw.unit is None:
            scale = scale_of(stand_in)
        number = None if scale is None else in_ours(amount, scale, declared.unit)
        if scale is None or number is None:
            why = f"{raw.value!r} ({raw.measure}) has no unit that the file declares; {declared.unit} was expected"
            if declared.unit == "V" and (volts := revit_volts(amount)):
                why += f"; in Revit's internal unit it would be {volts} V"
            return self._refused("unit-unknown", entry, raw, why)
        if declared.unit == "V" and (volts := revit_volts(number)):
            why = f"{number:.12g} V is no voltage that grids use, but {volts} V in Revit's internal unit"
            return self._refused("unit-doubtful", entry, raw, why)
        origin = {
            "unit": declared.unit,
            "si": float(f"{amount * scale.factor + scale.offset:.12g}"),
            "si_unit": SI.get(scale.quantity, ""),
            "raw": raw.value,
            "measure": raw.measure,
            "name": raw.name,
        }
        # 0.0014999999999 kW is 1.5 W in a file of watts
        return self._checked(entry, raw, declared, float(f"{number:.12g}"), origin)

    def _checked(self, entry: Set, raw: Raw, declared: Property, value: Any, origin: dict[str, Any]) -> Value | None:
        try:
            value = coerce(declared, value)
        except ValueError as error:
            return self._refused("bad-value", entry, raw, str(error))
        return Value(declared.name, value, {"value": value, **origin} if origin else origin)

    def _refused(self, code: str, entry: Set, raw: Raw, why: str) -> None:
        self.draft.find(code, "warning", f"{entry.name}.{raw.name}: {why}; the value was not taken", entry.entity)


def _amount(value: Any) -> tuple[float | None, str]:
    """A number, and the unit behind it where it is text such as "480 V"."""
    if isinstance(value, bool):
        return None, ""
    if isinstance(value, (int, float)):
        return float(value), ""
    found = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    return (float(found[1]), (found[2] or "").strip()) if found else (None, "")
