"""Writes a plan to the graph: idempotent, in batches, each source stamped with the run that said so last.

The order makes an interrupted import harmless: sources are marked as incomplete first, assets come before the
relationships between them, what is gone goes last, and only then are the sources marked as complete. Running the import
again does what is left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from ingest.graph_state import GraphState, RelationshipKey, SourceState, count_held
from ingest.plan import Plan, Row
from ingest.records import Finding, Progress, Properties
from ingest.report import SourceReport
from schema import cypher
from schema.relationships import RELATIONSHIPS
from twin.graph.prepare import constrain, index
from twin.graph.store import Store

BATCH = 10_000
FEW = 2_000  # of one label or type: then they share a query, because planning one takes longer than running it
_UPSERT_ASSETS = "UNWIND $rows AS row MERGE (a:Asset {id: row.id}) SET a:$(row.label), a += row.properties"
_RESTORE_ASSETS = (
    "UNWIND $rows AS row MATCH (t:_Tombstone {_id: row.id}) "
    "SET t = row.properties, t.id = row.id, t:Asset:$(row.label) REMOVE t:_Tombstone"
)
_RELABEL_ASSETS = (
    "UNWIND $rows AS row MATCH (a:Asset {{id: row.id}}) REMOVE a:{} SET a:$(row.label), a += row.properties"
)
_MOST_FINDINGS = 20_000  # kept with the source, so that an unchanged import can tell them again


def constrained(store: Store, sources: Iterable[SourceState]) -> None:
    """Make the constraints that are missing, which the upserts need."""
    if not _has_all(sources):
        constrain(store)


def indexed(store: Store, sources: Iterable[SourceState]) -> None:
    """Make the indexes that are missing: after a first load, as filling one in one go is much faster."""
    if not _has_all(sources):
        index(store)


def _has_all(sources: Iterable[SourceState]) -> bool:
    """Whether an import with the same declarations has made constraints and indexes."""
    return any(source.prepared == _declarations() for source in sources)


def _declarations() -> str:
    return blake2b("".join((*cypher.constraints(), *cypher.indexes())).encode(), digest_size=8).hexdigest()


def begun(sources: Sequence[SourceReport], ranks: Mapping[str, int], precedence: str = "[]") -> list[Properties]:
    """What the graph says of sources that are being imported; `precedence`: whose word counts for which property."""
    return [
        {
            "name": source.name,
            "kind": source.kind,
            "files": ", ".join(source.files),
            "_rank": ranks[source.name],
            "_complete": False,
            "_precedence": precedence,
        }
        for source in sources
    ]


def begin(store: Store, rows: Sequence[Properties]) -> None:
    """Mark sources as being imported; `rows` are those of `begun`. Their precedence is kept at all sources."""
    query = "UNWIND $rows AS row MERGE (s:Source {name: row.name}) SET s += row, s._run = coalesce(s._run, 0) + 1"
    store.write(query, rows=rows)
    store.write("MATCH (s:Source) SET s._precedence = $precedence", precedence=rows[0]["_precedence"])


def held_by(assets: Plan[str], relationships: Plan[RelationshipKey]) -> dict[str, tuple[int, int]]:
    """How many assets and relationships each source holds in a graph that the plan alone has made."""
    of_assets = Counter(name for row in assets.new.values() for name in row.sources)
    of_relationships = Counter(name for row in relationships.new.values() for name in row.sources)
    return {name: (of_assets[name], of_relationships[name]) for name in {*of_assets, *of_relationships}}


def finish(
    store: Store,
    sources: Sequence[SourceReport],
    digests: Mapping[str, str],
    held: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """Mark sources as complete, with what an unchanged import tells again; `held`: `held_by`, else the graph counts."""
    held = count_held(store) if held is None else held
    store.write(
        "UNWIND $rows AS row MATCH (s:Source {name: row.name}) "
        "SET s.imported_at = datetime(), s._complete = true, s._digest = row.digest, s._assets = row.assets, "
        "s._relationships = row.relationships, s._findings = row.findings, s._counts = row.counts, "
        "s._prepared = $prepared",
        prepared=_declarations(),
        rows=[
            {
                "name": source.name,
                "digest": digests[source.name],
                "assets": held.get(source.name, (0, 0))[0],
                "relationships": held.get(source.name, (0, 0))[1],
                "findings": _told(source.findings),
                "counts": _counted(source),
            }
            for source in sources
        ],
    )


def _counted(source: SourceReport) -> str:
    quality = {file: quality.to_dict() for file, quality in source.quality.items()}
    return json.dumps({"assets": source.assets, "relationships": source.relationships, "quality": quality})


def _told(findings: Sequence[Finding]) -> str:
    return json.dumps([finding.to_dict() for finding in findings[:_MOST_FINDINGS]], ensure_ascii=False)


def write_assets(store: Store, plan: Plan[str], state: GraphState, progress: Progress | None = None) -> None:
    """Create, change and restore assets; those that are gone are left to `bury`."""
    everything = (*plan.new.items(), *plan.changed.items(), *plan.joined.items())
    restored: list[tuple[str, Row]] = []
    relabelled: dict[str, list[tuple[str, Row]]] = {}
    by_label: dict[str, list[tuple[str, Row]]] = {}
    for key, row in everything:
        if key in state.tombstones and key in plan.new:
            restored.append((key, row))
        elif row.old_label:
            relabelled.setdefault(row.old_label, []).append((key, row))
        else:
            by_label.setdefault(row.label, []).append((key, row))
    # Each of these writes whole assets: one that is restored or loses its label, and no more, would be nobody's asset.
    work = [(_RESTORE_ASSETS, restored)]
    work += [(_RELABEL_ASSETS.format(cypher.quoted(old)), items) for old, items in relabelled.items()]
    work += [(cypher.upsert_assets(label), items) for label, items in by_label.items() if len(items) >= FEW]
    work.append((_UPSERT_ASSETS, [item for items in by_label.values() if len(items) < FEW for item in items]))
    done = 0
    for query, items in work:
        rows = ({"id": key, "label": row.label, "properties": row.written()} for key, row in items)
        store.write_batches(query, rows, BATCH, _from(done, len(everything), progress), what="write assets")
        done += len(items)


def write_relationships(
    store: Store, plan: Plan[RelationshipKey], state: GraphState, progress: Progress | None = None
) -> None:
    """Create and change relationships, and delete those that no source has any more."""
    total = sum(map(len, (plan.new, plan.changed, plan.joined, plan.gone)))
    done = 0
    for query, items in _creations(plan.new):
        told = _from(done, total, progress, BATCH)
        store.write_batches(query, _shared(items), 1, told, what="write relationships")
        done += len(items)
    for query, items in _changes({**plan.changed, **plan.joined}):
        rows = (_relationship_row(key, row) for key, row in items)
        store.write_batches(query, rows, BATCH, _from(done, total, progress), what="write relationships")
        done += len(items)
    _delete(store, plan.gone, state)
    if progress and plan.gone:
        progress("write relationships", total, total)


_Items = list[tuple[RelationshipKey, Row]]


def _creations(new: Mapping[RelationshipKey, Row]) -> Iterator[tuple[str, _Items]]:
    """Queries with their rows: large types by themselves, small ones together."""
    by_type: dict[str, _Items] = {}
    for key, row in new.items():
        by_type.setdefault(key[1], []).append((key, row))
    few: _Items = []
    for name, items in by_type.items():
        if len(items) >= FEW:
            yield _create(cypher.quoted(name)), items
        else:
            few.extend(items)
    if few:
        yield _create("$(row[3])"), few


def _create(name: str) -> str:
    """Query that creates relationships that are not there yet.

    It creates and does not MERGE: the plan says what is new, and no other import runs. In a database without
    relationships MERGE is planned as a scan of all relationships for each row, and stays so for the whole import.
    The assets of a batch are looked up first, each once: two looks for each relationship were a third of the work.
    What ends at an asset that is not there is left out.
    """
    return (
        "UNWIND $rows AS batch CALL (batch) { UNWIND range(0, size(batch.ids) - 1) AS place "
        "OPTIONAL MATCH (a:Asset {id: batch.ids[place]}) USING INDEX SEEK a:Asset(id) "
        "WITH place, a ORDER BY place RETURN collect([a]) AS found } "  # collect() alone leaves out nulls
        "UNWIND batch.ends AS row WITH batch, row, found[row[0]][0] AS s, found[row[1]][0] AS t "
        "WHERE s IS NOT NULL AND t IS NOT NULL "
        f"CREATE (s)-[r:{name}]->(t) SET r = batch.properties[row[2]]"
    )


def _shared(items: _Items) -> Iterator[dict[str, Any]]:
    """Batches for `_create`: ids of assets, and relationships as places of both ends and of the properties.

    Most relationships share their ends and properties with others; each of these is sent, and looked up, once.
    """
    for start in range(0, len(items), BATCH):
        place_of: dict[str, int] = {}
        known: dict[tuple[Any, ...], int] = {}
        distinct: list[Properties] = []
        ends: list[tuple[int, int, int, str]] = []
        batch = items[start : start + BATCH]
        for (key, row), same in zip(batch, alike(batch), strict=True):
            number = known.get(same)
            if number is None:
                number = known[same] = len(distinct)
                distinct.append(written(key, row))
            source = place_of.setdefault(key[0], len(place_of))
            target = place_of.setdefault(key[2], len(place_of))
            ends.append((source, target, number, key[1]))
        yield {"ids": list(place_of), "ends": ends, "properties": distinct}


def alike(items: Iterable[tuple[RelationshipKey, Row]]) -> Iterator[tuple[int, int]]:
    """For each relationship of a plan what is equal where the properties as written are, as most share their rows.

    Of all at once: there are millions, and a call for each takes longer than the rest.
    """
    return ((id(row), key[4]) for key, row in items)


def _changes(changed: Mapping[RelationshipKey, Row]) -> Iterator[tuple[str, _Items]]:
    by_type: dict[str, _Items] = {}
    for key, row in changed.items():
        by_type.setdefault(key[1], []).append((key, row))
    for name, items in by_type.items():
        yield f"{_match(name)} SET r += row.properties", items


def _match(name: str) -> str:
    return (
        f"UNWIND $rows AS row MATCH (s:Asset {{id: row.source_id}})-[r:{cypher.quoted(name)}]->"
        "(t:Asset {id: row.target_id}) USING INDEX SEEK s:Asset(id) "
        "WHERE coalesce(r.group, '') = row.group AND coalesce(r._repeat, 0) = row.repeat"
    )


def _relationship_row(key: RelationshipKey, row: Row) -> dict[str, Any]:
    source, name, target, group, repeat = key
    return {
        "source_id": source, "type": name, "target_id": target, "group": group, "repeat": repeat,
        "properties": written(key, row),
    }  # fmt: skip


def written(key: RelationshipKey, row: Row) -> Properties:
    """The properties of a relationship as they are written, its identity and the bookkeeping included."""
    _, name, _, group, repeat = key
    properties = row.written()
    if RELATIONSHIPS[name].supply:
        properties["group"] = group
    if repeat:
        properties["_repeat"] = repeat
    return properties


def _delete(store: Store, gone: Iterable[RelationshipKey], state: GraphState) -> None:
    by_type: dict[str, list[dict[str, Any]]] = {}
    hanging: dict[str, list[dict[str, Any]]] = {}
    for source, name, target, group, repeat in gone:
        row = {"source_id": source, "target_id": target, "group": group, "repeat": repeat}
        by_type.setdefault(name, []).append(row)
        if source in state.tombstones or target in state.tombstones:
            hanging.setdefault(name, []).append(row)
    for name, rows in by_type.items():
        store.write_batches(f"{_match(name)} DELETE r", rows)
    for name, rows in hanging.items():
        store.write_batches(
            f"UNWIND $rows AS row MATCH (s)-[r:{cypher.quoted(name)}]->(t) "
            "WHERE coalesce(s.id, s._id) = row.source_id AND coalesce(t.id, t._id) = row.target_id "
            "AND coalesce(r.group, '') = row.group AND coalesce(r._repeat, 0) = row.repeat DELETE r",
            rows,
        )


def bury(store: Store, plan: Plan[str], progress: Progress | None = None) -> None:
    """Turn the assets that no source has any more into tombstones."""
    by_label: dict[str, list[str]] = {}
    for key, label in plan.gone.items():
        by_label.setdefault(label, []).append(key)
    for label, ids in by_label.items():
        _each(
            store,
            "UNWIND $rows AS row MATCH (a:Asset {id: row.id}) "
            f"SET a:_Tombstone, a._id = row.id, a._was = '{label}', a._gone_at = datetime(), a.id = null, "
            f"a._sources = null, a._hash = null, a._values = null REMOVE a:Asset:{cypher.quoted(label)}",
            ids,
        )
    if progress and plan.gone:
        progress("bury what is gone", len(plan.gone), len(plan.gone))


def _each(store: Store, query: str, ids: Sequence[str]) -> None:
    if ids:
        store.write_batches(query, ({"id": identity} for identity in ids))


def _from(start: int, total: int, progress: Progress | None, each: int = 1) -> Progress | None:
    """Progress of one query as part of a longer way; `each`: how many things one of its rows stands for, at most."""
    return progress and (lambda what, done, _: progress(what, min(start + done * each, total), total))
