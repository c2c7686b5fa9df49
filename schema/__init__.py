"""The vocabulary of the campus: each label and relationship type declared once.

Everything else that must agree with the declarations is derived from them: constraints, indexes, upserts and clean-up
(`schema.cypher`), checks of values (`schema.check`), the JSON Schema (`schema.jsonschema`) and the reference page of
the documentation (`schema.reference`).

The names below load on first use, because the declarations need pydantic and a one-off question does not need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema.supply import SUPPLY_TYPES

if TYPE_CHECKING:
    from schema.labels import ANALYSIS_PROPERTIES, LABELS, expects, is_load, properties_of
    from schema.model import Label, Property, RelationshipType
    from schema.relationships import RELATIONSHIPS

__all__ = [
    "ANALYSIS_PROPERTIES",
    "LABELS",
    "RELATIONSHIPS",
    "SUPPLY_TYPES",
    "Label",
    "Property",
    "RelationshipType",
    "expects",
    "is_load",
    "properties_of",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'schema' has no attribute {name!r}")
    from schema import labels, model, relationships  # noqa: PLC0415 - pydantic only when the declarations are asked for

    for module in (labels, relationships, model):
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(name)
