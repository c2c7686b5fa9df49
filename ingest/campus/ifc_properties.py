"""Property sets and types: equal sets are written once and shared."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from ingest.campus.ifc_classes import SPATIAL, element_class
from ingest.campus.psets import ASSET_SET, ON_THE_TYPE, standard
from ingest.campus.spf import SpfWriter, global_id, real, refs, text

if TYPE_CHECKING:
    from ingest.campus.plan import Asset, PropertyValue

_LONGEST_LABEL: Final = 255

Values = tuple[tuple[str, str], ...]
"""Names of properties and their values, written as in the file."""


class PropertyWriter:
    """Collects the property sets of all objects of a file and writes them at its end."""

    def __init__(self, spf: SpfWriter, seed: int, file: str) -> None:
        self._spf, self._seed, self._file = spf, seed, file
        self._objects: dict[tuple[str, Values], list[int]] = defaultdict(list)
        self._typed: dict[tuple[str, tuple[tuple[str, Values], ...]], list[int]] = defaultdict(list)

    def asset(self, entity: int, asset: Asset) -> None:
        """Take up the properties of an asset, in standard sets where there is one."""
        own: list[tuple[str, str]] = []
        sets: dict[str, list[tuple[str, str]]] = defaultdict(list)
        if asset.label in SPATIAL:
            own.append(("tag", _typed_value(asset.id)))
        for name, value in asset.properties.items():
            place = standard(asset.label, name)
            if place is None:
                own.append((name, _typed_value(value)))
            elif isinstance(value, str):
                sets[place.set].append((place.name, f"{place.measure}({text(value)})"))
            else:
                sets[place.set].append((place.name, f"{place.measure}({real(value * place.factor)})"))
        if own:
            self.share(entity, ASSET_SET, tuple(own))
        standard_sets = tuple((name, tuple(values)) for name, values in sets.items())
        if standard_sets and asset.label in ON_THE_TYPE:
            self._typed[asset.label, standard_sets].append(entity)
        else:
            for name, values in standard_sets:
                self.share(entity, name, values)

    def share(self, entity: int, name: str, values: Values) -> None:
        """Let an object have this property set."""
        self._objects[name, values].append(entity)

    def close(self) -> None:
        """Write all sets, and the relationships to their objects."""
        for index, ((name, values), objects) in enumerate(self._objects.items()):
            key = f"set/{self._file}/{index}"
            pset = self._set(key, name, values)
            self._spf.line(f"IFCRELDEFINESBYPROPERTIES({self._guid('of-' + key)},$,$,$,{refs(objects)},#{pset})")
        for index, ((label, sets), objects) in enumerate(self._typed.items()):
            key = f"type/{self._file}/{index}"
            psets = [self._set(f"{key}/{name}", name, values) for name, values in sets]
            of = element_class(label, "")
            made = self._spf.line(
                f"{of.name.upper()}TYPE({self._guid(key)},$,{text(f'{label} type {index + 1}')},$,$,{refs(psets)},"
                f"$,$,$,.{of.predefined}.)"
            )
            self._spf.line(f"IFCRELDEFINESBYTYPE({self._guid('of-' + key)},$,$,$,{refs(objects)},#{made})")

    def _set(self, key: str, name: str, values: Values) -> int:
        properties = [
            self._spf.line(f"IFCPROPERTYSINGLEVALUE({text(property_name)},$,{value},$)")
            for property_name, value in values
        ]
        return self._spf.line(f"IFCPROPERTYSET({self._guid(key)},$,{text(name)},$,{refs(properties)})")

    def _guid(self, key: str) -> str:
        return text(global_id(self._seed, key))


def _typed_value(value: PropertyValue) -> str:
    """A value of our own set, in the unit of its name."""
    if isinstance(value, bool):
        return f"IFCBOOLEAN(.{'T' if value else 'F'}.)"
    if isinstance(value, int):
        return f"IFCINTEGER({value})"
    if isinstance(value, float):
        return f"IFCREAL({real(value)})"
    return f"{'IFCLABEL' if len(value) <= _LONGEST_LABEL else 'IFCTEXT'}({text(value)})"
