"""A digest of the graph: equal digests, unchanged campus, whoever wrote what else.

It covers what the analysis and the pictures read: labels, identity, analysis and placement properties of the assets,
and the supply, space and membership relationships with theirs. Live conditions, scenarios, and the bookkeeping of the
ingest stay out, so the twin's own writes do not change it.

Assets come as lists of values, some thousands in a row, and are hashed here, so that no change can cancel another;
relationships are counted and summed in the database, in two products of their ends' numbers for each set of values.
"""

from __future__ import annotations

import hashlib
import marshal
from typing import Any

from schema.properties import ANALYSIS_PROPERTIES, IDENTITY_PROPERTIES, PLACEMENT_PROPERTIES
from schema.supply import SUPPLY_TYPES
from twin.graph.store import Store

CHUNK = 5_000
_LIVE = {"condition", "condition_since", "derated_kw"}
_UNREAD = {"manufacturer", "model", "description", "position_u", "height_u"}
_PROPERTIES = tuple(
    p.name for p in (*IDENTITY_PROPERTIES, *PLACEMENT_PROPERTIES, *ANALYSIS_PROPERTIES) if p.name not in _LIVE | _UNREAD
)
_SUPPLY_FACTS = ("group", "need", "policy", "priority", "portion", "need_inferred")
_OTHER_FACTS = {"CONTAINS": (), "PART_OF": ("position",), "AFFECTS": ()}

# The database seeks nodes by number, one chunk after the other, so that neither side ever holds all of them.
_ASSETS = f"""
UNWIND range(0, $highest, {CHUNK}) AS first
CALL (first) {{
  UNWIND range(first, first + {CHUNK - 1}) AS number
  MATCH (a:Asset) WHERE id(a) = number
  RETURN collect([number, labels(a), {", ".join(f"a.{name}" for name in _PROPERTIES)}]) AS assets
}}
RETURN assets
"""


def digest(store: Store) -> str:
    """Return 32 hexadecimal digits that change with the campus. Raises what the store raises."""
    state = hashlib.blake2b(digest_size=16)
    highest = store.read("MATCH (a:Asset) RETURN max(id(a)) AS highest")[0]["highest"]
    for record in store.stream(_ASSETS, highest=-1 if highest is None else highest):
        state.update(_packed(record["assets"]))
    facts = {**dict.fromkeys(SUPPLY_TYPES, _SUPPLY_FACTS), **_OTHER_FACTS}
    for name, properties in facts.items():
        rows = sorted(repr(tuple(row.values())) for row in store.read(_relationships(name, properties)))
        state.update("\n".join([name, *rows]).encode())
    return state.hexdigest()


def _packed(assets: list[list[Any]]) -> bytes:
    """The bytes of numbers, texts and lists; a time or point that somebody wrote by hand counts as its text."""
    try:
        return marshal.dumps(assets)
    except ValueError:
        return repr(assets).encode()


def _relationships(name: str, properties: tuple[str, ...]) -> str:
    grouped = "".join(f"r.{key}, " for key in properties)
    return (
        f"MATCH (a)-[r:{name}]->(b) RETURN {grouped}count(*) AS n,"
        " sum((id(a) % 99991 + 7) * (id(b) % 99989 + 3)) AS x,"
        " sum((id(a) % 65537 + 1) * (id(b) % 64891 + 11)) AS y"
    )
