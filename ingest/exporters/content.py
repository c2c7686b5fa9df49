"""What an export holds: the graph, or the part of it below some assets, streamed in the order of the ids.

Bookkeeping (names that begin with an underscore) and what the schema does not declare stay out; the latter is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingest.graph_state import batches
from ingest.records import Properties
from schema.check import relationship_properties
from schema.errors import BadInput
from schema.labels import LABELS, properties_of
from schema.relationships import RELATIONSHIPS
from schema.supply import SUPPLY_TYPES
from twin.graph.store import Store

_ASSET = "RETURN a.id AS id, [l IN labels(a) WHERE l <> 'Asset'] AS labels, properties(a) AS properties, "
_PARENT = "COLLECT { MATCH (p:Asset)-[:CONTAINS]->(a) WHERE p.id IS NOT NULL RETURN p.id ORDER BY p.id } AS parents"
_RELATIONSHIP = "RETURN s.id AS source, type(r) AS type, t.id AS target, properties(r) AS properties"


class ExportedAsset(NamedTuple):
    """One asset; `parents` are those that contain it, the first of which is its place in the hierarchy."""

    id: str
    label: str
    properties: Properties
    parents: list[str]


class ExportedRelationship(NamedTuple):
    """One relationship, from supplier to consumer, from the whole to the part."""

    source: str
    type: str
    target: str
    properties: Properties


@dataclass(slots=True)
class Left:
    """What an export leaves out, by kind: number, and the first example."""

    counts: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])

    def add(self, kind: str, example: str) -> None:
        """Count one more."""
        number, first = self.counts.get(kind, (0, example))
        self.counts[kind] = number + 1, first

    def lines(self) -> list[str]:
        """Each kind as a line for a person."""
        return [f"{number:,} × {kind} (the first: {example})" for kind, (number, example) in self.counts.items()]


class Content:
    """Reads what is to be exported. `only` None is the whole graph, else the ids of the assets in it."""

    def __init__(self, store: Store, only: set[str] | None = None) -> None:
        self.store = store
        self.only = only
        self.left = Left()

    def assets(self) -> Iterator[ExportedAsset]:
        """All assets, by id."""
        if self.only is None:
            rows: Iterable[Any] = self.store.stream(f"MATCH (a:Asset) {_ASSET}{_PARENT} ORDER BY a.id")
        else:
            query = f"UNWIND $ids AS id MATCH (a:Asset {{id: id}}) {_ASSET}{_PARENT} ORDER BY a.id"
            rows = (row for ids in batches(sorted(self.only)) for row in self.store.read(query, ids=ids))
        for row in rows:
            known = [label for label in row["labels"] if label in LABELS]
            if not known:
                self.left.add("asset without a label of the schema", row["id"])
                continue
            parents = [p for p in row["parents"] if self.only is None or p in self.only]
            values = self._declared(row["properties"], properties_of(known[0]), row["id"])
            values.pop("id", None)
            yield ExportedAsset(row["id"], known[0], values, parents)

    def relationships(self, types: Iterable[str] = RELATIONSHIPS) -> Iterator[ExportedRelationship]:
        """All relationships between exported assets, by type, consumer and supplier."""
        for name in types:
            if self.only is None:
                match = f"MATCH (s:Asset)-[r:{name}]->(t:Asset) {_RELATIONSHIP} ORDER BY t.id, s.id"
                rows: Iterable[Any] = self.store.stream(match)
            else:
                match = f"UNWIND $ids AS id MATCH (t:Asset {{id: id}})<-[r:{name}]-(s:Asset) {_RELATIONSHIP}"
                rows = (
                    row
                    for ids in batches(sorted(self.only))
                    for row in self.store.read(f"{match} ORDER BY t.id, s.id", ids=ids)
                )
            declared = relationship_properties(name)
            for row in rows:
                source, target = row["source"], row["target"]
                if self.only is not None and source not in self.only:
                    self.left.add(f"{name} from outside the exported part", f"{source} → {target}")
                    continue
                values = self._declared(row["properties"], declared, f"{source} → {target}")
                yield ExportedRelationship(source, name, target, values)

    def columns(self) -> tuple[set[str], set[str]]:
        """Names of the properties of assets and of relationships that occur in the graph, declared ones."""
        assets = self.store.read("MATCH (a:Asset) UNWIND keys(a) AS name RETURN DISTINCT name")
        known = {name for label in LABELS for name in properties_of(label)} - {"id"}
        relationships = self.store.read("MATCH (:Asset)-[r]->(:Asset) UNWIND keys(r) AS name RETURN DISTINCT name")
        declared = {name for kind in RELATIONSHIPS for name in relationship_properties(kind)}
        return {row["name"] for row in assets} & known, {row["name"] for row in relationships} & declared

    def _declared(self, properties: Properties, declared: Any, what: str) -> Properties:
        values: Properties = {}
        for name, value in properties.items():
            if name in declared:
                values[name] = value
            elif not name.startswith("_"):
                self.left.add(f"property {name}, which the schema does not declare", what)
        return values


def part(store: Store, ids: Sequence[str], *, upstream: bool = False) -> set[str]:
    """The assets below these (by CONTAINS), what these are made of (PART_OF), and with `upstream` all that supplies it.

    Raises BadInput where an id is not in the graph.
    """
    known = {row["id"] for row in store.read("UNWIND $ids AS id MATCH (a:Asset {id: id}) RETURN a.id AS id", ids=ids)}
    missing = [identity for identity in ids if identity not in known]
    if missing:
        raise BadInput(f"there is no asset {missing[0]} in the graph")
    found = _reached(store, set(ids), ("<-[:CONTAINS]-", "-[:PART_OF]->"), forward=True)
    if upstream:
        found = _reached(store, found, (f"<-[:{'|'.join(SUPPLY_TYPES)}]-",), forward=False)
    return found


def _reached(store: Store, start: set[str], steps: Sequence[str], *, forward: bool) -> set[str]:
    """Breadth first from the ids, over relationships as seen from the other end (`forward`) or from this one."""
    found, frontier = set(start), start
    while frontier:
        following: set[str] = set()
        for step in steps:
            ends = f"(b:Asset){step}(a)" if forward else f"(a){step}(b:Asset)"
            query = f"UNWIND $ids AS id MATCH (a:Asset {{id: id}}) MATCH {ends} RETURN DISTINCT b.id AS id"
            for ids in batches(sorted(frontier)):
                following.update(row["id"] for row in store.read(query, ids=ids))
        frontier = following - found
        found |= frontier
    return found


def below_building(store: Store, names: Sequence[str]) -> list[str]:
    """The ids of the buildings of these ids or names. Raises BadInput for one that is none."""
    rows = store.read(
        "UNWIND $names AS wanted OPTIONAL MATCH (b:Building) WHERE b.id = wanted OR b.name = wanted "
        "RETURN wanted, collect(b.id) AS ids",
        names=list(names),
    )
    for row in rows:
        if len(row["ids"]) != 1:
            there = "no" if not row["ids"] else "more than one"
            raise BadInput(f"--building {row['wanted']}: there is {there} building of this id or name")
    return [row["ids"][0] for row in rows]
