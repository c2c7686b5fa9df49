"""One campus from the extracts of a call: repeated ids, ids that clash between sources, ends that are missing.

The same id in two sources is the same asset, as long as labels agree. Where they do not, or where two models know it
under different GlobalIds, it is another asset: a model's asset then carries its source's name in front of its id, a
table's row is dropped. Both are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ingest.records import AssetRecord, Extract, Finding, RelationshipRecord


class Known(NamedTuple):
    """What the graph, or an earlier source of the call, knows of an asset."""

    label: str
    global_id: str | None
    sources: tuple[str, ...]


def merge_extracts(extracts: Sequence[Extract], graph: Mapping[str, Known], tombstones: Iterable[str] = ()) -> None:
    """Drop and rename in place what cannot stand together; add findings to the extracts.

    `graph` are the assets of the graph by id, `tombstones` the ids of those that are gone from it: an end that is gone
    is told, and its relationship is kept for the day when it comes back.
    """
    known: dict[str, Known] = {}
    first: dict[tuple[str, str], AssetRecord] = {}
    for extract in extracts:
        _settle_identities(extract, known, graph, first)
    gone = set(tombstones)
    for extract in extracts:
        extract.relationships = [r for r in extract.relationships if _has_ends(r, known, graph, gone, extract)]


def _settle_identities(
    extract: Extract,
    known: dict[str, Known],
    graph: Mapping[str, Known],
    first: dict[tuple[str, str], AssetRecord],
) -> None:
    kept: list[AssetRecord] = []
    dropped: set[tuple[str, int | None]] = set()
    renamed: dict[str, str] = {}
    own: dict[str, AssetRecord] = {}
    for record in extract.assets:
        earlier = own.setdefault(record.id, record)
        if earlier is not record:
            _tell_repeated(extract, record, earlier)
            dropped.add((record.place.file, record.place.row))
            continue
        before = _before(record, extract, known, graph)
        if before is not None and not _same(record, before):
            if extract.kind != "ifc":
                _tell_other_label(extract, record, before)
                dropped.add((record.place.file, record.place.row))
                continue
            renamed[record.id] = _other_name(record, extract, before)
            _tell_clash(extract, record, before, renamed[record.id])
            record.id = renamed[record.id]
        joined = first.setdefault((extract.source, record.id), record)
        if joined is not record:
            _join(extract, joined, record)
            continue
        known.setdefault(record.id, Known(record.label, record.properties.get("global_id"), (extract.source,)))
        kept.append(record)
    extract.assets = kept
    if dropped:
        extract.relationships = [r for r in extract.relationships if not _of_dropped_row(r, dropped)]
    for relationship in extract.relationships if renamed else ():
        relationship.source_id = renamed.get(relationship.source_id, relationship.source_id)
        relationship.target_id = renamed.get(relationship.target_id, relationship.target_id)


def _of_dropped_row(record: RelationshipRecord, dropped: set[tuple[str, int | None]]) -> bool:
    """Whether a relationship is the parent that a dropped row of assets names."""
    return record.place.column == "parent_id" and (record.place.file, record.place.row) in dropped


def _before(
    record: AssetRecord, extract: Extract, known: Mapping[str, Known], graph: Mapping[str, Known]
) -> Known | None:
    """What others know of the id: an earlier extract of the call, or sources in the graph other than this one."""
    before = known.get(record.id)
    if before is None:
        before = graph.get(record.id)
        if before is not None and before.sources == (extract.source,):
            return None
    return before


def _same(record: AssetRecord, before: Known) -> bool:
    identity = record.properties.get("global_id")
    return record.label == before.label and (
        identity is None or before.global_id is None or identity == before.global_id
    )


def _other_name(record: AssetRecord, extract: Extract, before: Known) -> str:
    prefix = Path(record.place.file).stem if extract.source in before.sources else extract.source
    return f"{prefix}:{record.id}"


def _join(extract: Extract, first: AssetRecord, record: AssetRecord) -> None:
    """Add what another file of the same source says of an asset; the file that was named first has its way."""
    for name, value in record.properties.items():
        if first.properties.setdefault(name, value) != value:
            kept = first.properties[name]
            message = f"{record.id}: {name} is {kept!r} in {first.place.file}, {value!r} here; "
            message += "the first was kept"
            extract.findings.append(Finding("conflict", "warning", message, record.place, (record.id,)))


def _tell_repeated(extract: Extract, record: AssetRecord, earlier: AssetRecord) -> None:
    where = f"row {earlier.place.row}" if earlier.place.row else str(earlier.place)
    if earlier.place.file != record.place.file:
        where = str(earlier.place)
    place = record.place._replace(column="id") if record.place.row else record.place
    message = f"the id {record.id} occurs again (first at {where}); it was dropped"
    extract.findings.append(Finding("repeated-id", "error", message, place, (record.id,)))


def _tell_other_label(extract: Extract, record: AssetRecord, before: Known) -> None:
    place = record.place._replace(column="label") if record.place.row else record.place
    if record.label == before.label:
        what = f"has the global_id {record.properties['global_id']}, but {before.global_id}"
    else:
        what = f"is a {record.label} here, but a {before.label}"
    message = f"{record.id} {what} in {', '.join(before.sources)}; the row was dropped"
    extract.findings.append(Finding("label-conflict", "error", message, place, (record.id,)))


def _tell_clash(extract: Extract, record: AssetRecord, before: Known, renamed: str) -> None:
    message = f"{record.id} is another asset in {', '.join(before.sources)} ({before.label}); it became {renamed}"
    extract.findings.append(Finding("id-clash", "warning", message, record.place, (renamed, record.id)))


def _has_ends(
    record: RelationshipRecord,
    known: Mapping[str, Known],
    graph: Mapping[str, Known],
    gone: set[str],
    extract: Extract,
) -> bool:
    good = True
    for column, end in (("source_id", record.source_id), ("target_id", record.target_id)):
        if end in known or end in graph:
            continue
        place = record.place
        if place.row is not None and place.column is None:
            place = place._replace(column=column)
        ids = (record.source_id, record.target_id)
        if end in gone:
            message = f"{end} is gone from the graph; the relationship waits until it comes back"
            extract.findings.append(Finding("gone-end", "warning", message, place, ids))
            continue
        good = False
        message = f"there is no asset {end}, neither in this import nor in the graph; {record.type} was dropped"
        extract.findings.append(Finding("missing-end", "error", message, place, ids))
    return good
