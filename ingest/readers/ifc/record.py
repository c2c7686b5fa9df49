"""IFC files that `twin export` wrote: each object says itself what the graph had, and nothing needs to be inferred.

A file is one of these if its project has our record set in a version that we know. What somebody has added since, and
so has no record, is listed; a mapping with `record = ""` reads such a file as any other, from its ports and sets.
"""

from __future__ import annotations

import json
from typing import Any, Final, cast

from ingest.readers.ifc.draft import Draft
from ingest.readers.ifc.opening import Entity
from ingest.records import AssetRecord, Properties, RelationshipRecord, bad_id
from schema.check import coerce, relationship_properties
from schema.labels import LABELS, properties_of
from schema.model import Property
from schema.relationships import RELATIONSHIPS

_VERSION: Final = 1


def read_records(draft: Draft) -> bool:
    """Fill the extract from the records of the file; False where it has none."""
    name = draft.mapping.record
    if not name:
        return False
    records: dict[int, tuple[Entity, dict[str, Any]]] = {}
    version: Any = None
    for relation in draft.file.by_type("IfcRelDefinesByProperties"):
        found = relation.get_argument(5)
        if found is None or not found.is_a("IfcPropertySet") or found.get_argument(2) != name:
            continue
        values = {
            prop.get_argument(0): prop.get_argument(2).get_argument(0)
            for prop in found.get_argument(4) or ()
            if prop.is_a("IfcPropertySingleValue") and prop.get_argument(2) is not None
        }
        for thing in relation.get_argument(4) or ():
            if thing.is_a("IfcProject"):
                version = values.get("Version")
            else:
                records[thing.id()] = thing, values
    if version is None:
        return False
    if version != _VERSION:
        message = f"holds records of version {version}, which this twin does not know; it was read as any IFC file"
        draft.find("record-version", "warning", message)
        return False
    for entity, values in records.values():
        _take(draft, entity, values)
    _tell_others(draft, records.keys())
    return True


def _tell_others(draft: Draft, known: Any) -> None:
    others = [entity for entity in draft.file.by_type("IfcElement") if entity.id() not in known]
    if others:
        message = (
            f"{len(others)} elements have no record of the twin, so that they were added to the export; they were left "
            'out (record = "" in a mapping reads the file from its ports and property sets)'
        )
        draft.find("no-record", "warning", message, others[0])


def _take(draft: Draft, entity: Entity, values: dict[str, Any]) -> None:
    identity, label = values.get("Id"), values.get("Label")
    if not isinstance(identity, str) or not identity or bad_id(identity):
        _refuse(draft, entity, "its id is missing or cannot be one")
        return
    if label not in LABELS:
        _refuse(draft, entity, f"{label!r} is not a label of the schema")
        return
    said = _loaded(values.get("Properties", "{}"))
    if not isinstance(said, dict):
        _refuse(draft, entity, "its properties are no JSON object")
        return
    place = draft.place(entity)
    properties = _checked(draft, entity, cast("Properties", said), properties_of(label))
    draft.extract.assets.append(AssetRecord(identity, label, properties, place))
    relationships = _loaded(values.get("Relationships", "[]"))
    if not isinstance(relationships, list):
        _refuse(draft, entity, "its relationships are no JSON list")
        return
    for entry in cast("list[Any]", relationships):
        match entry:
            case [str() as source, str() as kind, *more] if kind in RELATIONSHIPS and len(more) < 2:
                stated = cast("Properties", more[0]) if more and isinstance(more[0], dict) else {}
                checked = _checked(draft, entity, stated, relationship_properties(kind))
                draft.extract.relationships.append(RelationshipRecord(source, kind, identity, checked, place))
            case _:
                _refuse(draft, entity, f"{str(entry)[:60]} is no relationship")


def _loaded(raw: Any) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, TypeError):
        return None


def _checked(draft: Draft, entity: Entity, said: Properties, declared: dict[str, Property]) -> Properties:
    values: Properties = {}
    for name, raw in said.items():
        if name not in declared or name == "id":
            _refuse(draft, entity, f"the schema has no property {name} there")
            continue
        try:
            values[name] = coerce(declared[name], raw)
        except ValueError as error:
            _refuse(draft, entity, f"{name}: {error}")
    return values


def _refuse(draft: Draft, entity: Entity, why: str) -> None:
    draft.find("bad-record", "error", f"its record was changed by hand: {why}; that was left out", entity)
