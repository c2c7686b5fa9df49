"""What the graph holds already: sources, assets and relationships with who said them.

Bookkeeping properties: `_sources` names the sources that hold a thing, by precedence; `_hash` is the digest of what its
one source says; where several hold it, `_values` keeps what each says, as JSON, in the order of `_sources`. An
asset that its last source no longer has becomes a tombstone: label `_Tombstone`, its id in `_id`. What a source says
with an underscore (`SAID_ASIDE`) stands beside the properties of the schema, and is no conflict where sources differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from ingest.matching import Candidate
from ingest.records import DOCUMENTS, IDENTITIES, ORIGIN, Place, Progress, Properties, RelationshipRecord
from schema.cypher import quoted
from schema.labels import properties_of
from schema.supply import SUPPLY_TYPES
from twin.graph.store import Store

Item = TypeVar("Item")

RelationshipKey = tuple[str, str, str, str, int]
"""Supplier, type, consumer, group, and a number above 0 for repetitions that contradict the first."""

SAID_ASIDE = frozenset({ORIGIN, DOCUMENTS, IDENTITIES})

_NAMED = frozenset({"cobie", "netbox"})
"""Kinds of sources whose ids are names."""

LIVE_PROPERTIES = frozenset({"condition", "condition_since", "derated_kw"})
"""What the live state writes too, so that an import that does not name it leaves it alone."""


class Held(NamedTuple):
    """An asset or relationship of the graph: label or type, its sources by precedence, the digest of what each says."""

    label: str
    sources: tuple[str, ...]
    hashes: tuple[int, ...]
    global_id: str | None = None


class SourceState(NamedTuple):
    """What the graph knows of the last import of a source."""

    name: str
    kind: str
    rank: int
    digest: str
    complete: bool
    findings: str
    counts: str
    assets: int
    relationships: int
    prepared: str
    precedence: str = ""

    def told(self) -> list[dict[str, Any]]:
        """The findings of the last import, as JSON objects."""
        return json.loads(self.findings)

    def counted(self) -> dict[str, dict[str, Any]]:
        """Assets by label, relationships by type and quality by file, as the last import counted them."""
        return json.loads(self.counts)


@dataclass(slots=True)
class GraphState:
    """What the graph holds, as far as the call needs it."""

    sources: dict[str, SourceState] = field(default_factory=dict[str, SourceState])
    assets: dict[str, Held] = field(default_factory=dict[str, Held])
    relationships: dict[RelationshipKey, Held] = field(default_factory=dict[RelationshipKey, Held])
    tombstones: set[str] = field(default_factory=set[str])

    def rank(self, source: str) -> int:
        """Precedence of a source: the lower rank has its way. New sources come after all others."""
        state = self.sources.get(source)
        return state.rank if state else 1 << 30


def read_sources(store: Store) -> dict[str, SourceState]:
    """The sources that the graph knows, by name."""
    rows = store.read(
        "MATCH (s:Source) RETURN s.name AS name, coalesce(s.kind, '') AS kind, coalesce(s._rank, 0) AS rank, "
        "coalesce(s._digest, '') AS digest, coalesce(s._complete, false) AS complete, "
        "coalesce(s._findings, '[]') AS findings, coalesce(s._counts, '{}') AS counts, "
        "coalesce(s._assets, 0) AS assets, coalesce(s._relationships, 0) AS relationships, "
        "coalesce(s._prepared, '') AS prepared, coalesce(s._precedence, '') AS precedence"
    )
    return {row["name"]: SourceState(**row) for row in rows}


def count_held(store: Store) -> dict[str, tuple[int, int]]:
    """How many assets and relationships the graph holds of each source."""
    assets = store.read("MATCH (a:Asset) UNWIND a._sources AS name RETURN name, count(a) AS n")
    relationships = store.read("MATCH ()-[r]->() UNWIND r._sources AS name RETURN name, count(r) AS n")
    of_assets = {row["name"]: row["n"] for row in assets}
    of_relationships = {row["name"]: row["n"] for row in relationships}
    return {n: (of_assets.get(n, 0), of_relationships.get(n, 0)) for n in {*of_assets, *of_relationships}}


def read_assets(store: Store, state: GraphState, progress: Progress | None = None) -> None:
    """Fill in the assets and tombstones."""
    query = (
        "MATCH (a:Asset) RETURN a.id AS id, [l IN labels(a) WHERE l <> 'Asset'][0] AS label, a._sources AS sources, "
        "a._hash AS hash, a._values AS said, a.global_id AS global_id"
    )
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for done, row in enumerate(store.stream(query)):
        sources = tuple(row["sources"] or ())
        hashes = _hashes(row["hash"], row["said"])
        state.assets[row["id"]] = Held(
            row["label"] or "", shared.setdefault(sources, sources), hashes, row["global_id"]
        )
        if progress and done % 20_000 == 0:
            progress("compare with the graph: assets", done, 0)
    state.tombstones.update(row["id"] for row in store.read("MATCH (t:_Tombstone) RETURN t._id AS id"))


def read_relationships(store: Store, state: GraphState, progress: Progress | None = None) -> None:
    """Fill in the relationships, those that hang on tombstones included."""
    query = (
        "MATCH (s)-[r]->(t) WHERE r._sources IS NOT NULL RETURN coalesce(s.id, s._id) AS source, type(r) AS type, "
        "coalesce(t.id, t._id) AS target, coalesce(r.group, '') AS name, coalesce(r._repeat, 0) AS repeat, "
        "r._sources AS sources, r._hash AS hash, r._values AS said"
    )
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for done, row in enumerate(store.stream(query)):
        sources = tuple(row["sources"])
        key = (row["source"], row["type"], row["target"], row["name"], row["repeat"])
        hashes = _hashes(row["hash"], row["said"])
        state.relationships[key] = Held(row["type"], shared.setdefault(sources, sources), hashes)
        if progress and done % 20_000 == 0:
            progress("compare with the graph: relationships", done, 0)


def _hashes(single: int | None, values: Sequence[str] | None) -> tuple[int, ...]:
    if single is not None or values is None:
        return (single or 0,)
    return tuple(json.loads(value)["hash"] for value in values)


def read_identities(store: Store) -> dict[str, list[str]]:
    """By id the `SOURCE: id` of each source that knows an asset under another id."""
    rows = store.read(f"MATCH (a:Asset) WHERE a.{IDENTITIES} IS NOT NULL RETURN a.id AS id, a.{IDENTITIES} AS known")
    return {row["id"]: row["known"] for row in rows}


def candidates(store: Store, state: GraphState, wanted: Mapping[str, Sequence[str]]) -> Iterator[Candidate]:
    """The assets that have one of the wanted values (by id, global_id, tag, serial or name), for matching.

    Values are looked up as they are written, so that the indexes serve; the caller compares them.
    """
    for key, values in wanted.items():
        query = (
            f"UNWIND $values AS value MATCH (a:Asset {{{key}: value}}) "
            "OPTIONAL MATCH (p:Asset)-[:CONTAINS]->(a) WITH a, min(p.id) AS parent "
            "RETURN a.id AS id, a.global_id AS global_id, a.tag AS tag, a.serial AS serial, a.name AS name, parent"
        )
        for batch in batches(dict.fromkeys(values)):
            for row in store.read(query, values=batch):
                held = state.assets.get(row["id"])
                if held is None:
                    continue
                named = all(state.sources[s].kind in _NAMED for s in held.sources if s in state.sources)
                yield Candidate(row["id"], held.label, row, row["parent"], held.sources, named)


def said_of_assets(store: Store, ids: Sequence[str]) -> dict[str, tuple[Properties, dict[str, Properties]]]:
    """For each asset its present properties, and what each of its sources says."""
    answer: dict[str, tuple[Properties, dict[str, Properties]]] = {}
    for batch in batches(ids):
        query = (
            "UNWIND $ids AS id MATCH (a:Asset {id: id}) "
            "RETURN id, [l IN labels(a) WHERE l <> 'Asset'][0] AS label, properties(a) AS properties"
        )
        for row in store.read(query, ids=batch):
            declared = properties_of(row["label"]) if row["label"] else {}
            present = {n: v for n, v in row["properties"].items() if (n in declared and n != "id") or n in SAID_ASIDE}
            answer[row["id"]] = present, _said(row["properties"], present)
    return answer


def said_of_relationships(
    store: Store, keys: Sequence[RelationshipKey]
) -> dict[RelationshipKey, tuple[Properties, dict[str, Properties]]]:
    """For each relationship its present properties, and what each of its sources says."""
    answer: dict[RelationshipKey, tuple[Properties, dict[str, Properties]]] = {}
    by_type: dict[str, list[RelationshipKey]] = {}
    for key in keys:
        by_type.setdefault(key[1], []).append(key)
    for name, typed in by_type.items():
        query = (
            f"UNWIND $keys AS key MATCH (s:Asset {{id: key[0]}})-[r:{quoted(name)}]->(t:Asset {{id: key[2]}}) "
            "WHERE coalesce(r.group, '') = key[3] AND coalesce(r._repeat, 0) = key[4] "
            "RETURN key, properties(r) AS properties"
        )
        for batch in batches(typed):
            for row in store.read(query, keys=[list(key) for key in batch]):
                said = {n: v for n, v in row["properties"].items() if not n.startswith("_")}
                present = {n: v for n, v in said.items() if n != "group" or v}  # no group is written as an empty one
                answer[tuple(row["key"])] = present, _said(row["properties"], present)
    return answer


def supply_of(store: Store, consumers: Sequence[str], without: Iterable[str]) -> Iterator[RelationshipRecord]:
    """The supply relationships into assets that at least one source other than `without` holds."""
    query = (
        f"UNWIND $ids AS id MATCH (t:Asset {{id: id}})<-[r:{'|'.join(SUPPLY_TYPES)}]-(s:Asset) "
        "WHERE any(name IN r._sources WHERE NOT name IN $without) "
        "RETURN s.id AS source, type(r) AS type, id AS target, r._sources AS sources, properties(r) AS properties"
    )
    for batch in batches(consumers):
        for row in store.read(query, ids=batch, without=list(without)):
            properties = {n: v for n, v in row["properties"].items() if not n.startswith("_")}
            place = Place(f"source {row['sources'][0]} in the graph")
            yield RelationshipRecord(row["source"], row["type"], row["target"], properties, place)


def _said(properties: Mapping[str, Any], present: Properties) -> dict[str, Properties]:
    sources: list[str] = properties.get("_sources") or []
    values: list[str] | None = properties.get("_values")
    if values is not None and len(values) == len(sources):  # earlier releases left those of sources that are gone
        return {source: json.loads(value)["says"] for source, value in zip(sources, values, strict=True)}
    plain = {name: value for name, value in present.items() if name not in LIVE_PROPERTIES}
    return dict.fromkeys(sources, plain)


def batches(items: Iterable[Item], size: int = 10_000) -> Iterator[list[Item]]:
    """Cut a sequence into lists of at most `size`."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
