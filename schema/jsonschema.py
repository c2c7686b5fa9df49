"""JSON Schema of assets and relationships, for those who check their exports before they hand them over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from schema.labels import LABELS
from schema.model import Property
from schema.properties import ASSET_PROPERTIES
from schema.relationships import RELATIONSHIPS

_TYPES: Final = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "time": "string",
}


def _property(declared: Property) -> dict[str, Any]:
    unit = f" [{declared.unit}]" if declared.unit else ""
    schema: dict[str, Any] = {"type": _TYPES[declared.kind], "description": declared.description + unit}
    if declared.kind == "time":
        schema["format"] = "date-time"
    bounds = {"minimum": declared.minimum, "maximum": declared.maximum, "exclusiveMinimum": declared.above}
    schema.update({name: bound for name, bound in bounds.items() if bound is not None})
    if declared.choices:
        schema["enum"] = list(declared.choices)
    return schema


def _object(constant: str, value: str, properties: Iterable[Property], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {constant: {"const": value}, **{p.name: _property(p) for p in properties}},
        "required": [constant, *required],
        "unevaluatedProperties": False,
    }


def json_schema() -> dict[str, Any]:
    """The whole vocabulary as one JSON Schema (draft 2020-12): `$defs` holds each label and relationship type."""
    shared = {"type": "object", "properties": {p.name: _property(p) for p in ASSET_PROPERTIES}}
    definitions: dict[str, Any] = {"_asset": shared}
    for name, label in LABELS.items():
        definition = _object("label", name, label.properties, [p.name for p in ASSET_PROPERTIES if p.required])
        definition |= {"description": label.description, "allOf": [{"$ref": "#/$defs/_asset"}]}
        definitions[name] = definition
    end = {"type": "string", "description": "Id of an asset."}
    for name, declared in RELATIONSHIPS.items():
        definition = _object("type", name, declared.properties, ["source_id", "target_id"])
        definition["properties"] |= {"source_id": end, "target_id": end}
        definition["description"] = declared.description
        definitions[name] = definition
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "campus twin",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in (*LABELS, *RELATIONSHIPS)],
        "$defs": definitions,
    }
