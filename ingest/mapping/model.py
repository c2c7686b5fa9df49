"""A mapping: what classes, types, categories, roles, property sets and names of exports become in the graph.

Read from TOML; the user's own comes before the built-in `default.toml`, which is its example.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, ValidationError, model_validator

from ingest.mapping.entries import Entry, LabelName, LabelNames, LabelRule, Patterns, SupplyName, fits, matches
from ingest.mapping.lists import ListRule
from ingest.mapping.sources import (
    ComponentRule,
    Matching,
    NeedRule,
    Netbox,
    NetboxRule,
    Precedence,
    SideRule,
    SystemRule,
    ZoneRule,
)
from ingest.quantities import scale_of
from schema.errors import BadInput
from schema.labels import LABELS, properties_of

DEFAULT = Path(__file__).with_name("default.toml")
_LISTS = (
    "element", "medium", "property", "component", "system", "zone", "netbox_object", "asset_list", "side", "need",
    "precedence",
)  # fmt: skip
_MOST_ERRORS = 20
_LARGEST = 4 << 20  # bytes; a mapping is written by people


class Features(NamedTuple):
    """What rules ask of an IFC element."""

    type: str
    object_type: str
    name: str
    composition: str
    place: str


class ElementRule(LabelRule):
    """Which label an IFC element gets; what is empty fits all."""

    classes: Patterns = Field(alias="class")
    type: Patterns = ()
    object_type: Patterns = ()
    name: Patterns = ()
    composition: str = ""
    place: str = ""

    def fits(self, thing: Features) -> bool:
        """Whether the rule fits an element of the right class."""
        return (
            (not self.type or thing.type in self.type)
            and fits(thing.object_type, self.object_type)
            and fits(thing.name, self.name)
            and (not self.composition or thing.composition == self.composition)
            and (not self.place or thing.place == self.place)
        )


class Medium(Entry):
    """What a system or a port of these predefined types carries."""

    types: tuple[str, ...]
    path: LabelName = ""
    supply: SupplyName


class PropertyRule(Entry):
    """Which of our properties a property of a set becomes; `to` empty: none, on purpose.

    `unit` stands in where the file names none: use it only where you know what the exporter means.
    """

    sets: Patterns = Field(alias="set")
    names: Patterns = Field(alias="name")
    labels: LabelNames = ()
    to: str
    unit: str = ""

    @model_validator(mode="after")
    def _declared(self) -> PropertyRule:
        labels = self.labels or tuple(LABELS)
        if self.to and not any(self.to in properties_of(label) for label in labels):
            raise ValueError(f"to: {' and '.join(self.labels) or 'no label'} has no property {self.to!r}")
        if self.unit and scale_of(self.unit) is None:
            raise ValueError(f"unit: {self.unit!r} is no unit that the ingest knows")
        return self


class SupplySet(Entry):
    """Names of the set and properties that carry redundancy on ports."""

    set: str = ""
    group: str = ""
    need: str = ""
    policy: str = ""
    priority: str = ""
    portion: str = ""


class Panels(Entry):
    """Names of the properties that say which panel feeds an element."""

    fed_from: tuple[str, ...] = ()
    circuit: tuple[str, ...] = ()
    panel_name: tuple[str, ...] = ()


class Mapping(Entry):
    """All rules, in the order in which they are tried."""

    object_type_is_label: bool = True
    prerelease: bool = False
    own_sets: tuple[str, ...] = ()
    record: str = ""
    supply: SupplySet = SupplySet()
    panels: Panels = Panels()
    netbox: Netbox = Netbox()
    matching: Matching = Matching()
    element: tuple[ElementRule, ...] = ()
    medium: tuple[Medium, ...] = ()
    property: tuple[PropertyRule, ...] = ()
    component: tuple[ComponentRule, ...] = ()
    system: tuple[SystemRule, ...] = ()
    zone: tuple[ZoneRule, ...] = ()
    netbox_object: tuple[NetboxRule, ...] = ()
    asset_list: tuple[ListRule, ...] = ()
    side: tuple[SideRule, ...] = ()
    need: tuple[NeedRule, ...] = ()
    precedence: tuple[Precedence, ...] = ()

    @cached_property
    def medium_of(self) -> dict[str, Medium]:
        """Predefined type → medium."""
        found: dict[str, Medium] = {}
        for medium in self.medium:
            for name in medium.types:
                found.setdefault(name, medium)
        return found

    def list_rule(self, file: Path, sheet: str | None = None) -> ListRule | None:
        """The rule that reads a file, or one sheet of it; None where it is no list of this mapping."""
        for rule in self.asset_list:
            if matches(file.stem, rule.file) and (sheet is None or fits(sheet, rule.sheet)):
                return rule
        return None

    def rule_of(self, set_name: str, name: str, label: str) -> PropertyRule | None:
        """The first rule that names a property of a set, for a label."""
        for rule in self.property:
            if (not rule.labels or label in rule.labels) and matches(set_name, rule.sets) and matches(name, rule.names):
                return rule
        return None

    def property_of(self, set_name: str, name: str, label: str) -> str | None:
        """Our name of a property, None where no rule names it (or it is left out on purpose)."""
        if set_name in self.own_sets:
            return name if name in properties_of(label) else None
        rule = self.rule_of(set_name, name, label)
        return rule.to if rule is not None and rule.to in properties_of(label) else None


def load_mapping(path: Path | None = None) -> Mapping:
    """The built-in mapping, with that of a file before it.

    Raises BadInput, one line for each mistake that names the file and the entry, where it cannot be read or says what
    the schema does not know.
    """
    base = _base()
    if path is None:
        return base
    own = _parse(path)
    merged: dict[str, Any] = {name: getattr(own, name) for name in own.model_fields_set}
    for name in ("supply", "panels", "netbox", "matching"):
        if name in merged:  # what the user's table does not name stays as it was
            said = {field: getattr(merged[name], field) for field in merged[name].model_fields_set}
            merged[name] = getattr(base, name).model_copy(update=said)
    for name in _LISTS:
        merged[name] = (*getattr(own, name), *getattr(base, name))
    return base.model_copy(update=merged)


@cache
def _base() -> Mapping:
    return _parse(DEFAULT)


def _parse(path: Path) -> Mapping:
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput(f"{path}: is larger than {_LARGEST >> 20} MiB, which is no mapping")
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return Mapping.model_validate(said)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{path}: is not TOML ({error})") from error
    except ValidationError as error:
        lines = [_line(path, entry["loc"], entry["msg"], said) for entry in error.errors()[:_MOST_ERRORS]]  # pyright: ignore[reportPossiblyUnboundVariable]
        raise BadInput("\n".join(lines)) from error


def _line(path: Path, where: Sequence[int | str], message: str, said: dict[str, Any]) -> str:
    """One line for one mistake: the entry by its number in the file, and by what it says of itself."""
    parts: list[str] = []
    entry: Any = said
    for part in where:
        entry = _inside(entry, part)
        if isinstance(part, int) and isinstance(entry, dict):
            parts[-1] = f"[[{parts[-1]}]] number {part + 1}{_called(entry)}"  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(part, int):
            parts[-1] = f"{parts[-1]}, item {part + 1}"
        else:
            parts.append(part)
    text = message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "there is no such key")
    return f"{path}, {', '.join(parts)}: {text.replace('Field required', 'is missing')}"


def _inside(entry: Any, part: int | str) -> Any:
    try:
        return entry[part]
    except (KeyError, IndexError, TypeError):
        return None


def _called(entry: dict[str, Any]) -> str:
    for name in ("class", "category", "set", "kind", "file", "name", "type", "types", "property"):
        if name in entry:
            value: Any = entry[name]
            return f" ({name} {value!r})"
    return ""


def rules_of(mapping: Mapping, classes: Sequence[str]) -> list[ElementRule]:
    """The rules that name one of these classes (a class and its supertypes), in the order of the mapping."""
    names = set(classes)
    return [rule for rule in mapping.element if names.intersection(rule.classes)]
