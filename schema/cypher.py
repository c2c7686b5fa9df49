"""Cypher derived from the declarations: constraints, indexes, upserts and clean-up.

Only names that are declared here ever become part of a query's text; every value is a parameter.
"""

from __future__ import annotations

from typing import Final

from schema.labels import LABELS, properties_of
from schema.relationships import RECORD_LABELS, RECORD_RELATIONSHIPS, RELATIONSHIPS


def quoted(name: str) -> str:
    """Quote a declared label, type or property name.

    Raises KeyError for a name that is not declared, so that no text of a user gets into a query.
    """
    if not (name in LABELS or name in RELATIONSHIPS or name in RECORD_LABELS or name in RECORD_RELATIONSHIPS):
        raise KeyError(name)
    return f"`{name}`"


LOCK_CONSTRAINT: Final = "CREATE CONSTRAINT lock_name IF NOT EXISTS FOR (n:_Lock) REQUIRE n.name IS UNIQUE"
"""Without it, two imports that begin at the same moment in a new database would make a lock each."""


def constraints() -> list[str]:
    """Statements that make each identity unique. They may be run again."""
    unique = [("Asset", "id"), *((label, "name") for label in RECORD_LABELS)]
    return [
        LOCK_CONSTRAINT,
        *(
            f"CREATE CONSTRAINT {label.lower()}_{name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{name} IS UNIQUE"
            for label, name in unique
        ),
    ]


def indexes() -> list[str]:
    """Statements for all indexes: those for look-ups, and the one for search. They may be run again."""
    return [*lookup_indexes(), search_index()]


def search_index() -> str:
    """Statement for the full-text index over what people look for: words of names, tags, serials, descriptions."""
    searched = ", ".join(f"n.{name}" for name in ("id", "name", "tag", "serial", "description"))
    return f"CREATE FULLTEXT INDEX asset_search IF NOT EXISTS FOR (n:Asset) ON EACH [{searched}]"


def lookup_indexes() -> list[str]:
    """Statements for range indexes on what is declared indexed.

    They may be run again. A property that every asset has is indexed once, on Asset; one of a single label, on that.
    """
    common: dict[str, str] = {}
    own: list[tuple[str, str]] = []
    for label, declared in LABELS.items():
        own_names = {p.name for p in declared.properties}
        for prop in properties_of(label).values():
            if not prop.indexed or prop.name == "id":
                continue
            if prop.name in own_names:
                own.append((label, prop.name))
            else:
                common[prop.name] = "Asset"
    pairs = [(label, name) for name, label in common.items()] + own
    return [f"CREATE INDEX {label.lower()}_{name} IF NOT EXISTS FOR (n:{label}) ON (n.{name})" for label, name in pairs]


def upsert_assets(label: str) -> str:
    """Query that creates or updates assets of one label.

    Parameter `rows`: a list of {id, properties}. A property whose value is null is removed.
    """
    return f"UNWIND $rows AS row MERGE (a:Asset {{id: row.id}}) SET a:{quoted(label)}, a += row.properties"


def upsert_relationships(name: str) -> str:
    """Query that creates or updates relationships of one type between assets that exist.

    Parameter `rows`: a list of {source_id, target_id, group, properties}; `group` only counts for supply relationships,
    where it is part of the identity.
    """
    key = " {group: row.group}" if RELATIONSHIPS[name].supply else ""
    return (
        "UNWIND $rows AS row "
        "MATCH (s:Asset {id: row.source_id}) MATCH (t:Asset {id: row.target_id}) "
        f"MERGE (s)-[r:{quoted(name)}{key}]->(t) SET r += row.properties"
    )
