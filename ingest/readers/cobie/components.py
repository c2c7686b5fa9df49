"""Types, components and their attributes: what stands there, and what is known of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ingest.mapping.model import Features, PropertyRule
from ingest.numerals import measure, refusal
from ingest.quantities import OURS, SI, in_ours, revit_volts, scale_of
from ingest.readers.cobie.book import Row, as_text
from ingest.readers.cobie.draft import Draft, key, names_in
from ingest.records import DOCUMENTS, ORIGIN, AssetRecord
from schema.check import coerce
from schema.labels import properties_of
from schema.model import Property

_SETS: Final = "COBie"
"""The set that rules [[property]] name attributes of COBie by; the attribute's own set or ExtObject does as well."""


class _Type(NamedTuple):
    row: Row | None
    name: str
    category: str
    ifc_class: str
    values: dict[str, Any]


def read_components(draft: Draft) -> None:
    """Add all components, with what their types and attributes say, in their spaces."""
    types = _types(draft)
    attributes = _attributes(draft)
    tags = Counter(row.text("TagNumber") for row in draft.book["Component"])
    serials: dict[str, list[str]] = {}
    unmapped: dict[str, list[str]] = {}
    manufacturers = _companies(draft)
    for row in draft.book["Component"]:
        name = draft.name_of(row)
        if not name:
            continue
        kind = types.get(key("Type", row.text("TypeName")))
        if kind is None:
            if row.text("TypeName"):
                draft.find("missing-end", "warning", f"there is no type {row.text('TypeName')}", row, "TypeName")
            kind = _Type(None, row.text("TypeName"), "", "", {})
        label, constants, known = _label(draft, kind, row)
        if not known:
            unmapped.setdefault(kind.category or kind.name or "no type", []).append(name)
        tag = row.text("TagNumber")
        values: dict[str, Any] = {
            "category": kind.category or kind.name,
            **constants,
            **kind.values,
            "name": name,
            "description": row.text("Description") or kind.values.get("description"),
            "tag": tag,
            "serial": row.text("SerialNumber"),
            "global_id": draft.global_id("Component", row, "ExtIdentifier", "ExternalIdentifier"),
        }
        values["manufacturer"] = manufacturers.get(values.get("manufacturer", ""), values.get("manufacturer"))
        record = draft.add("Component", row, tag if tag and tags[tag] == 1 else name, label, values)
        if record is None:
            continue
        if serial := record.properties.get("serial"):
            serials.setdefault(serial, []).append(record.id)
        _measure(draft, record, attributes, kind)
        _stand(draft, record, row)
    _tell(draft, unmapped, serials, tags)


def _types(draft: Draft) -> dict[Any, _Type]:
    types: dict[Any, _Type] = {}
    for row in draft.book["Type"]:
        name = row.text("Name")
        if not name:
            draft.find("missing-id", "warning", "has no name; the row was passed over", row, "Name")
            continue
        values = {
            "description": row.text("Description"),
            "manufacturer": row.text("Manufacturer"),
            "model": row.text("ModelNumber", "ModelReference"),
            "length_m": draft.metres(row.number_of("NominalLength")),
            "width_m": draft.metres(row.number_of("NominalWidth")),
            "height_m": draft.metres(row.number_of("NominalHeight")),
        }
        kept = {name: value for name, value in values.items() if value not in (None, "", 0.0)}
        if (
            types.setdefault(key("Type", name), _Type(row, name, row.text("Category"), _class(row), kept)).row
            is not row
        ):
            draft.find("repeated-id", "warning", f"the type {name} occurs again; the first counts", row, "Name")
    return types


def _class(row: Row) -> str:
    """The IFC class of a type or component: IfcPump for IfcPumpType."""
    text = row.text("ExtObject", "ExternalObject")
    return text.removesuffix("Type").removesuffix("Style") if text.startswith("Ifc") else ""


def _companies(draft: Draft) -> dict[str, str]:
    """Company by the e-mail address that types name makers by."""
    contacts = ((row.text("Email"), row.text("Company")) for row in draft.book["Contact"])
    return {email: company for email, company in contacts if email and company}


def _label(draft: Draft, kind: _Type, row: Row) -> tuple[str, dict[str, Any], bool]:
    """The label of a component, constants of its rule, and whether a rule knew it."""
    name = row.text("Name")
    for ifc_class in dict.fromkeys((kind.ifc_class, _class(row))):
        for rule in draft.mapping.component:
            if rule.fits(ifc_class, kind.category, kind.name, name):
                return rule.label or "Equipment", rule.properties, True
    features = Features("", kind.name, name, "", "")
    for ifc_class in (kind.ifc_class, _class(row)):
        for rule in draft.mapping.element:
            if ifc_class in rule.classes and rule.fits(features) and rule.label:
                return rule.label, rule.properties, True
    return "Equipment", {}, False


class _Attribute(NamedTuple):
    row: Row
    name: str
    set_name: str


def _attributes(draft: Draft) -> dict[Any, list[_Attribute]]:
    found: dict[Any, list[_Attribute]] = {}
    for row in draft.book["Attribute"]:
        sheet, name = row.text("SheetName"), row.text("Name")
        if name and sheet.casefold() in ("type", "component"):
            found.setdefault(key(sheet, row.text("RowName")), []).append(
                _Attribute(row, name, row.text("ExtObject", "ExternalObject"))
            )
    return found


def _measure(draft: Draft, record: AssetRecord, attributes: dict[Any, list[_Attribute]], kind: _Type) -> None:
    """Properties from attributes: the type's first, the component's over them; each as written kept beside."""
    origins: dict[str, Any] = {}
    own = attributes.get(key("Component", record.properties.get("name", "")), [])
    for said_by, entries in (("type", attributes.get(key("Type", kind.name), [])), ("component", own)):
        for attribute in entries:
            rule = _rule(draft, attribute, record.label)
            declared = properties_of(record.label).get(rule.to) if rule and rule.to else None
            if rule is None or declared is None:
                continue
            taken = _value(draft, attribute, declared, rule)
            if taken is None:
                continue
            value, origin = taken
            record.properties[declared.name] = value
            origins[declared.name] = {**origin, "set": "Attribute", "name": attribute.name, "said_by": said_by}
    if origins:
        record.properties[ORIGIN] = json.dumps(origins, ensure_ascii=False)


def _rule(draft: Draft, attribute: _Attribute, label: str) -> PropertyRule | None:
    """The rule for an attribute: by its own set, by COBie's, else by its name in any standard set."""
    for set_name in (attribute.set_name, _SETS):
        if set_name and (rule := draft.mapping.rule_of(set_name, attribute.name, label)):
            return rule
    standard = (rule for rule in draft.mapping.property if all(name.startswith("Pset_") for name in rule.sets))
    return next(
        (rule for rule in standard if attribute.name in rule.names and (not rule.labels or label in rule.labels)), None
    )


def _value(
    draft: Draft, attribute: _Attribute, declared: Property, rule: PropertyRule
) -> tuple[Any, dict[str, Any]] | None:
    row = attribute.row
    raw = row.raw("Value")
    if raw is None:
        return None
    origin: dict[str, Any] = {"raw": as_text(raw), "raw_unit": row.text("Unit")}
    value: Any = raw
    if declared.unit in OURS:
        found = measure(as_text(raw))
        if found is None:
            draft.find("bad-value", "warning", f"{attribute.name}: {refusal(as_text(raw))}", row, "Value")
            return None
        number, unit = found[0], found[1] or row.text("Unit") or rule.unit
        scale = scale_of(unit)
        converted = None if scale is None else in_ours(number, scale, declared.unit)
        if scale is None or converted is None:
            why = f"{attribute.name}: {unit or 'no unit'} is no unit of {declared.name}; {declared.unit} was expected"
            draft.find("unit-unknown", "warning", f"{why}; the value was not taken", row, "Unit")
            return None
        if declared.unit == "V" and (volts := revit_volts(converted)):
            why = f"{attribute.name}: {converted:g} V is no voltage that grids use, but {volts} V in Revit's unit"
            draft.find("unit-doubtful", "warning", f"{why}; the value was not taken", row, "Value")
            return None
        value = float(f"{converted:.12g}")
        si = float(f"{number * scale.factor + scale.offset:.12g}")
        origin = {"value": value, "unit": declared.unit, "si": si, "si_unit": SI.get(scale.quantity, ""), **origin}
    try:
        return coerce(declared, value), origin
    except ValueError as error:
        draft.find("bad-value", "warning", f"{attribute.name}: {error}; the value was not taken", row, "Value")
        return None


def _stand(draft: Draft, record: AssetRecord, row: Row) -> None:
    """Put a component into its space; of a list of spaces into the first that there is."""

    def known(name: str) -> AssetRecord | None:
        return draft.get("Space", name) or draft.get("Floor", name)

    names = list(names_in(row.raw("Space"), known))
    found = [place for name in names if (place := known(name))]
    missing = [name for name in names if not known(name)]
    if missing:
        draft.find("missing-end", "warning", f"there is no space {', '.join(missing)}", row, "Space")
    if not found:
        return
    draft.relate(found[0], "CONTAINS", record, row)
    if len(found) > 1:
        others = ", ".join(place.id for place in found[1:])
        message = f"{record.id} stands in {len(found)} spaces; it was put into {found[0].id}, not into {others}"
        draft.find("several-spaces", "info", message, row, "Space")


def _tell(draft: Draft, unmapped: dict[str, list[str]], serials: dict[str, list[str]], tags: Counter[str]) -> None:
    for category, names in sorted(unmapped.items()):
        shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        message = f"{len(names)} components of {category} kept as Equipment, no rule names them: {shown}"
        draft.book.find("unmapped", "info", message, None, names[:20])
    for serial, ids in serials.items():
        if len(ids) > 1:
            message = f"the serial number {serial} stands at {len(ids)} components ({', '.join(ids[:3])}"
            message += f"{' …' if len(ids) > 3 else ''}); it identifies none of them"
            draft.book.find("repeated-serial", "warning", message, None, ids[:20])
    for tag, count in tags.items():
        if tag and count > 1:
            draft.find("repeated-tag", "warning", f"the tag {tag} occurs {count} times; their names became the ids")


def add_documents(draft: Draft) -> None:
    """Keep what documents a row names: on its asset, those of a type on all components of it."""
    of_type: dict[Any, list[AssetRecord]] = {}
    for row in draft.book["Component"]:
        record = draft.get("Component", row.text("Name"))
        if record is not None:
            of_type.setdefault(key("Type", row.text("TypeName")), []).append(record)
    lost = 0
    for row, name in _documents(draft):
        sheet, target = row.text("SheetName"), row.text("RowName")
        records = of_type.get(key(sheet, target)) if sheet.casefold() == "type" else None
        record = draft.get(sheet, target)
        for found in records or ([record] if record else []):
            found.properties.setdefault(DOCUMENTS, []).append(name)
        lost += not (records or record)
    if lost:
        draft.find("document-left-out", "info", f"{lost} documents belong to nothing that became an asset")


def _documents(draft: Draft) -> Iterator[tuple[Row, str]]:
    for row in draft.book["Document"]:
        where = "/".join(part for part in (row.text("Directory").rstrip("/"), row.text("File")) if part)
        name = row.text("Name")
        if name:
            yield row, f"{name} ({where})" if where else name
