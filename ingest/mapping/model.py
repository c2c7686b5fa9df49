"""A mapping: which IFC classes, types and property sets become which labels and properties.

Read from TOML; the user's own comes before the built-in `default.toml`, which is its example.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from schema.check import coerce
from schema.errors import BadInput
from schema.labels import LABELS, properties_of
from schema.supply import SUPPLY_TYPES

DEFAULT = Path(__file__).with_name("default.toml")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _known_label(name: str) -> str:
    if name and name not in LABELS:
        raise ValueError(f"{name!r} is not a label of the schema")
    return name


class ElementRule(_Entry):
    """Which label an element gets; what is empty fits all."""

    classes: tuple[str, ...] = Field(alias="class")
    type: tuple[str, ...] = ()
    object_type: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    composition: str = ""
    place: str = ""
    label: str
    properties: dict[str, Any] = Field(default_factory=dict[str, Any])

    _as_tuple = field_validator("classes", "type", "object_type", "name", mode="before")(_many)
    _label = field_validator("label")(_known_label)

    def fits(self, thing: Features) -> bool:
        """Whether the rule fits an element of the right class."""
        return (
            (not self.type or thing.type in self.type)
            and (not self.object_type or matches(thing.object_type, self.object_type))
            and (not self.name or matches(thing.name, self.name))
            and (not self.composition or thing.composition == self.composition)
            and (not self.place or thing.place == self.place)
        )


class Features(NamedTuple):
    """What rules ask of an element."""

    type: str
    object_type: str
    name: str
    composition: str
    place: str


class Medium(_Entry):
    """What a system or a port of these predefined types carries."""

    types: tuple[str, ...]
    path: str = ""
    supply: str

    _path = field_validator("path")(_known_label)

    @field_validator("supply")
    @classmethod
    def _supply(cls, name: str) -> str:
        if name not in SUPPLY_TYPES:
            raise ValueError(f"{name!r} is none of {', '.join(SUPPLY_TYPES)}")
        return name


class PropertyRule(_Entry):
    """Which of our properties a property of a set becomes; `to` empty: none, on purpose."""

    sets: tuple[str, ...] = Field(alias="set")
    names: tuple[str, ...] = Field(alias="name")
    labels: tuple[str, ...] = ()
    to: str

    _as_tuple = field_validator("sets", "names", "labels", mode="before")(_many)


class SupplySet(_Entry):
    """Names of the set and properties that carry redundancy on ports."""

    set: str = ""
    group: str = ""
    need: str = ""
    policy: str = ""
    priority: str = ""
    portion: str = ""


class Panels(_Entry):
    """Names of the properties that say which panel feeds an element."""

    fed_from: tuple[str, ...] = ()
    circuit: tuple[str, ...] = ()
    panel_name: tuple[str, ...] = ()


class Mapping(_Entry):
    """All rules, in the order in which they are tried."""

    object_type_is_label: bool = True
    prerelease: bool = False
    own_sets: tuple[str, ...] = ()
    supply: SupplySet = SupplySet()
    panels: Panels = Panels()
    element: tuple[ElementRule, ...] = ()
    medium: tuple[Medium, ...] = ()
    property: tuple[PropertyRule, ...] = ()

    @cached_property
    def medium_of(self) -> dict[str, Medium]:
        """Predefined type → medium."""
        found: dict[str, Medium] = {}
        for medium in self.medium:
            for name in medium.types:
                found.setdefault(name, medium)
        return found

    def property_of(self, set_name: str, name: str, label: str) -> str | None:
        """Our name of a property, None where no rule names it (or it is left out on purpose)."""
        if set_name in self.own_sets:
            return name if name in properties_of(label) else None
        for rule in self.property:
            if (not rule.labels or label in rule.labels) and matches(set_name, rule.sets) and matches(name, rule.names):
                return rule.to if rule.to in properties_of(label) else None
        return None


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Whether a text fits one of the patterns, without regard to case."""
    lower = text.lower()
    return any(fnmatchcase(lower, pattern.lower()) for pattern in patterns)


def load_mapping(path: Path | None = None) -> Mapping:
    """The built-in mapping, with that of a file before it.

    Raises BadInput, naming the file and the entry, where it cannot be read or says what the schema does not know.
    """
    base = _parse(DEFAULT)
    if path is None:
        return base
    own = _parse(path)
    merged = {name: getattr(own, name) for name in own.model_fields_set}
    for name in ("element", "medium", "property"):
        merged[name] = (*getattr(own, name), *getattr(base, name))
    return base.model_copy(update=merged)


def _parse(path: Path) -> Mapping:
    try:
        mapping = Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: is not TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path}, {where}: {first['msg'].removeprefix('Value error, ')}") from error
    for number, rule in enumerate(mapping.element):
        _check_constants(path, number, rule)
    return mapping


def _check_constants(path: Path, number: int, rule: ElementRule) -> None:
    for name, value in rule.properties.items():
        declared = properties_of(rule.label).get(name) if rule.label else None
        if declared is None:
            raise BadInput(
                f"{path}, element.{number}.properties.{name}: {rule.label or 'no label'} has no such property"
            )
        try:
            coerce(declared, value)
        except ValueError as error:
            raise BadInput(f"{path}, element.{number}.properties.{name}: {error}") from error


def rules_of(mapping: Mapping, classes: Sequence[str]) -> list[ElementRule]:
    """The rules that name one of these classes (a class and its supertypes), in the order of the mapping."""
    names = set(classes)
    return [rule for rule in mapping.element if names.intersection(rule.classes)]
