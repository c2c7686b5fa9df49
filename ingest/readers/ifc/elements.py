"""Elements and spaces: which label each gets, and under which id."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from ingest.mapping.model import ElementRule, Features, rules_of
from ingest.readers.ifc.draft import (
    OBJECT_TYPE,
    ROOT_DESCRIPTION,
    ROOT_GLOBAL_ID,
    ROOT_NAME,
    TAG,
    Draft,
    Thing,
)
from ingest.readers.ifc.opening import Entity
from ingest.readers.ifc.psets import Properties
from ingest.records import AssetRecord, bad_id
from schema.labels import LABELS

_LONG_NAME = 7  # of spaces and storeys, where elements have their tag
_IGNORED = frozenset({"IfcOpeningElement", "IfcVirtualElement", "IfcAnnotation", "IfcGrid", "IfcProjectionElement"})


class _Type(NamedTuple):
    step: int
    ifc_class: str
    predefined: str
    element_type: str


class _Class(NamedTuple):
    """What is the same for all entities of one class: its rules, and where its attributes stand."""

    lineage: tuple[str, ...]
    predefined: int | None
    """Its predefined type; of a distribution point of IFC2x3, its function."""
    composition: int | None
    place: int | None
    tagged: bool


def collect(draft: Draft, sets_owner: Properties, types: dict[int, int], owners: dict[int, str]) -> None:
    """Fill `draft.things` with all that becomes an asset, and `draft.dropped` with what no rule names.

    `types` are type objects by occurrence, `owners` the elements that something is known to flow through: they are kept
    in any case, under these labels.
    """
    reader = _Labels(draft, types)
    roots = "IfcSpatialStructureElement" if draft.schema == "IFC2X3" else "IfcSpatialElement"
    entities: list[Entity] = [*draft.file.by_type(roots), *draft.file.by_type("IfcElement")]
    for done, entity in enumerate(entities):
        thing: Thing | None = None
        with draft.guard(entity):
            thing = reader.thing(entity)
            if thing is None and entity.id() in owners and entity.is_a() not in _IGNORED:
                thing = reader.kept(entity, owners[entity.id()])
        if thing is None:
            draft.dropped[entity.id()] = entity
        else:
            draft.things[thing.step] = thing
        if done % 5_000 == 0:
            draft.tell("elements", done, len(entities))
    for (name, label), kept in reader.unmapped.items():
        why = "they have ports" if label == "Segment" else "they name the panel that feeds them"
        message = f"{len(kept)} of {name} kept as {label}: no rule of the mapping names them, but {why}"
        ids = tuple(str(entity.get_argument(ROOT_GLOBAL_ID)) for entity in kept[:20])
        code = "unmapped-with-ports" if label == "Segment" else "unmapped-with-panel"
        draft.find(code, "warning", message, kept[0], ids=ids)
    _tell_dropped(draft)
    _name(draft, sets_owner)


class _Labels:
    """Finds the rule of each element; equal features are looked up once."""

    def __init__(self, draft: Draft, types: dict[int, int]) -> None:
        self.draft, self.types = draft, types
        self.unmapped: dict[tuple[str, str], list[Entity]] = {}
        self._classes: dict[str, _Class] = {}
        self._types: dict[int, _Type] = {}
        self._rules: dict[tuple[str, str], list[ElementRule]] = {}
        self._asking: dict[tuple[str, str], bool] = {}
        self._found: dict[tuple[str, str, Features], tuple[str, dict[str, Any]] | None] = {}

    def thing(self, entity: Entity) -> Thing | None:
        name: str = entity.is_a()
        kind = self.kind(name)
        of = self._type(self.types.get(entity.id(), 0))
        features = self._features(entity, kind, of)
        key = (name, of.ifc_class, features)
        if key not in self._found:
            self._found[key] = self._decide(name, of, features)
        found = self._found[key]
        return None if found is None else self._made(entity, kind, of, *found)

    def kept(self, entity: Entity, label: str) -> Thing:
        """An element that no rule names, but that is connected: without it the connections would end."""
        name: str = entity.is_a()
        self.unmapped.setdefault((name, label), []).append(entity)
        of = self._type(self.types.get(entity.id(), 0))
        constants = {"category": of.ifc_class or name} if label == "Equipment" else {}
        return self._made(entity, self.kind(name), of, label, constants)

    def kind(self, name: str) -> _Class:
        if name not in self._classes:
            import ifcopenshell  # noqa: PLC0415

            declaration: Any = (
                ifcopenshell.schema_by_name(self.draft.file.schema_identifier)  # pyright: ignore
                .declaration_by_name(name)
                .as_entity()
            )
            lineage: list[str] = []
            positions = {a.name(): at for at, a in enumerate(declaration.all_attributes())}
            while declaration is not None:
                lineage.append(declaration.name())
                declaration = declaration.supertype()
            self._classes[name] = _Class(
                tuple(lineage),
                positions.get("PredefinedType", positions.get("DistributionPointFunction")),
                positions.get("CompositionType"),
                positions.get("AssemblyPlace"),
                positions.get("Tag") == TAG,
            )
        return self._classes[name]

    def _type(self, step: int) -> _Type:
        if step not in self._types:
            if not step:
                self._types[step] = _Type(0, "", "", "")
                return self._types[step]
            entity = self.draft.file.by_id(step)
            name: str = entity.is_a()
            kind = self.kind(name)
            predefined = entity.get_argument(kind.predefined) if kind.predefined is not None else None
            element_type = entity.get_argument(8) if len(entity) > 8 and "IfcElementType" in kind.lineage else None
            occurrence = name.removesuffix("Type").removesuffix("Style")
            called = element_type or entity.get_argument(ROOT_NAME) or ""
            self._types[step] = _Type(step, occurrence, _word(predefined), called if isinstance(called, str) else "")
        return self._types[step]

    def _features(self, entity: Entity, kind: _Class, of: _Type) -> Features:
        predefined = _word(entity.get_argument(kind.predefined)) if kind.predefined is not None else ""
        if predefined in ("", "NOTDEFINED"):
            predefined = of.predefined or predefined
        return Features(
            predefined,
            entity.get_argument(OBJECT_TYPE) or of.element_type,
            (entity.get_argument(ROOT_NAME) or "") if self._asks_name(kind, of) else "",
            _word(entity.get_argument(kind.composition)) if kind.composition is not None else "",
            _word(entity.get_argument(kind.place)) if kind.place is not None else "",
        )

    def _asks_name(self, kind: _Class, of: _Type) -> bool:
        key = (kind.lineage[0], of.ifc_class)
        asks = self._asking.get(key)
        if asks is None:
            asks = self._asking[key] = any(rule.name for rule in self._of(*key))
        return asks

    def _of(self, name: str, type_class: str) -> list[ElementRule]:
        """Rules for a class, or for the more special one of the type object (IFC2x3 occurrences are generic)."""
        if (name, type_class) not in self._rules:
            mapping = self.draft.mapping
            special = rules_of(mapping, [type_class]) if type_class else []
            general = rules_of(mapping, self.kind(name).lineage)
            self._rules[name, type_class] = [*special, *general] if type_class != name else general
        return self._rules[name, type_class]

    def _decide(self, name: str, of: _Type, features: Features) -> tuple[str, dict[str, Any]] | None:
        if self.draft.mapping.object_type_is_label and features.object_type in LABELS:
            return features.object_type, {}
        for rule in self._of(name, of.ifc_class):
            if rule.fits(features):
                return (rule.label, rule.properties) if rule.label else None
        return None

    def _made(self, entity: Entity, kind: _Class, of: _Type, label: str, constants: dict[str, Any]) -> Thing:
        record = AssetRecord("", label, {}, self.draft.place(entity))
        return Thing(entity, entity.id(), kind.lineage[0], label, of.step, record, constants, kind.tagged)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _tell_dropped(draft: Draft) -> None:
    classes = Counter(entity.is_a() for entity in draft.dropped.values())
    for name, count in sorted(classes.items()):
        first = next(entity for entity in draft.dropped.values() if entity.is_a() == name)
        message = f"{count} of {name} left out: no rule of the mapping gives them a label"
        draft.find("class-left-out", "info", message, first)


def _name(draft: Draft, properties: Properties) -> None:
    """Give each asset its properties and its id: its tag where that is unique in the file, else its GlobalId."""
    tags: Counter[str] = Counter()
    seen: dict[str, Thing] = {}
    broken = draft.broken
    for thing in list(draft.things.values()):
        values: dict[str, Any] = {}
        with draft.guard(thing.entity):
            values = properties.of(thing)
            _identify(draft, thing, values)
        if draft.broken > broken:
            broken = draft.broken
            del draft.things[thing.step]
            continue
        thing.record.properties = values
        if "tag" in values:
            tags[values["tag"]] += 1
        identity = values.get("global_id", "")
        first = seen.setdefault(identity, thing)
        if first is not thing:
            message = f"the GlobalId {identity} occurs again (first at #{first.step})"
            draft.find("repeated-global-id", "error", message, thing.entity, ids=(identity,))
    told: set[str] = set()
    for thing in draft.things.values():
        values = thing.record.properties
        tag = values.get("tag")
        if tag and tags[tag] > 1 and tag not in told:
            told.add(tag)
            message = f"the tag {tag} occurs {tags[tag]} times; their GlobalIds became the ids"
            draft.find("repeated-tag", "warning", message, thing.entity, ids=(tag,))
        thing.record.id = tag if tag and tags[tag] == 1 else values.get("global_id") or f"#{thing.step}"
    draft.extract.assets.extend(thing.record for thing in draft.things.values())


def _identify(draft: Draft, thing: Thing, values: dict[str, Any]) -> None:
    entity = thing.entity
    identity = entity.get_argument(ROOT_GLOBAL_ID)
    if isinstance(identity, str) and identity and not bad_id(identity):
        values["global_id"] = identity
    else:
        message = (
            "has no GlobalId that could be one; unless its tag is its id, the next export cannot be matched with it"
        )
        draft.find("bad-global-id", "warning", message, entity)
    name = entity.get_argument(ROOT_NAME)
    if thing.tagged:
        tag = entity.get_argument(TAG)
        if isinstance(tag, str) and tag.strip():
            values["tag"] = tag.strip()
    else:
        name = entity.get_argument(_LONG_NAME) or name
    for key, value in (("name", name), ("description", entity.get_argument(ROOT_DESCRIPTION))):
        if isinstance(value, str) and value.strip().casefold() not in ("", "n/a"):  # n/a: exports for COBie
            values.setdefault(key, value.strip())
    tag = values.get("tag")
    if tag and bad_id(tag):
        draft.find("bad-id", "warning", f"{bad_id(tag)}; the GlobalId became the id", entity)
        del values["tag"]
