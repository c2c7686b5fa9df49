"""One campus from the extracts of a call: repeated ids, one asset under several ids, clashes, ends that are missing.

The same id in two sources is the same asset, as long as labels agree. Where they do not, or where two models know it
under different GlobalIds, it is another asset: a model's asset then carries its source's name in front of its id, a
table's row is dropped. What another source knows under another id is matched (`ingest.matching`). All of it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ingest.mapping.sources import Matching
from ingest.matching import (
    WEAK_LABELS,
    Index,
    Lookup,
    Matcher,
    Settled,
    compatible,
    nothing,
    recorded,
    remember,
)
from ingest.records import AssetRecord, Extract, Finding, RelationshipRecord
from schema.labels import properties_of


class Known(NamedTuple):
    """What the graph, or an earlier source of the call, knows of an asset."""

    label: str
    global_id: str | None
    sources: tuple[str, ...]


@dataclass(slots=True)
class Others:
    """How assets of other sources are found: the rules, what the graph has, and the ids that sources know them by.

    `identities`: for each asset of the graph that a source knows by another id, its `_identities`.
    """

    rules: Matching = field(default_factory=Matching)
    lookup: Lookup = nothing
    identities: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


def merge_extracts(
    extracts: Sequence[Extract],
    graph: Mapping[str, Known],
    tombstones: Iterable[str] = (),
    others: Others | None = None,
) -> None:
    """Drop, join and rename in place what cannot stand together; add findings to the extracts.

    `graph` are the assets of the graph by id, `tombstones` the ids of those that are gone from it: an end that is gone
    is told, and its relationship is kept for the day when it comes back.
    """
    campus = _Campus(graph, others or Others(), alone=len({e.source for e in extracts}) == 1 and not graph)
    for extract in extracts:
        _Settling(extract, campus).settle()
    gone, known = set(tombstones), campus.known
    for extract in extracts:
        extract.relationships = [
            r
            for r in extract.relationships
            if (r.source_id in known and r.target_id in known) or _has_ends(r, known, graph, gone, extract)
        ]


@dataclass(slots=True)
class _Campus:
    """What has been settled so far; `alone`: there is nobody to match with."""

    graph: Mapping[str, Known]
    others: Others
    alone: bool
    known: dict[str, Known] = field(default_factory=dict[str, Known])
    first: dict[tuple[str, str], AssetRecord] = field(default_factory=dict[tuple[str, str], AssetRecord])
    index: Index = field(default_factory=Index)


class _Settling:
    """Settles the identities of one extract against the campus so far."""

    def __init__(self, extract: Extract, campus: _Campus) -> None:
        self.extract, self.campus = extract, campus
        self.renamed: dict[str, str] = {}
        """Own id → id in the campus."""
        self.dropped: set[tuple[str, int | None]] = set()
        self.left_out: dict[tuple[str, str], list[str]] = {}
        self.recorded = recorded(campus.others.identities, extract.source)
        self.matcher: Matcher | None = None
        if not campus.alone:
            self.matcher = Matcher(extract, campus.others.rules, campus.index, self._shared)
            if campus.others.lookup is not nothing:
                self.matcher.ask(campus.others.lookup, self._own)

    def _own(self, record: AssetRecord) -> bool:
        """Whether the graph holds the asset for this source and no other, so that nobody is asked about it."""
        before = self.campus.graph.get(self.recorded.get(record.id, record.id))
        return before is not None and before.sources == (self.extract.source,)

    def _shared(self, identity: str) -> bool:
        """Whether another source knows an asset."""
        before = self.campus.known.get(identity) or self.campus.graph.get(identity)
        return before is not None and any(source != self.extract.source for source in before.sources)

    def settle(self) -> None:
        """Settle all records, and what the relationships call them."""
        extract = self.extract
        kept: list[AssetRecord] = []
        own: dict[str, AssetRecord] = {}
        for record in extract.assets:
            earlier = own.setdefault(record.id, record)
            if earlier is not record:
                _tell_repeated(extract, record, earlier)
                self._drop(record)
            elif self._identify(record):
                kept.append(record)
        extract.assets = [record for record in kept if self._first(record)]
        if self.dropped:
            extract.relationships = [r for r in extract.relationships if not _of_dropped_row(r, self.dropped)]
        for relationship in extract.relationships if self.renamed else ():
            relationship.source_id = self.renamed.get(relationship.source_id, relationship.source_id)
            relationship.target_id = self.renamed.get(relationship.target_id, relationship.target_id)
        self._tell_left_out()
        if self.matcher is not None:
            self.matcher.tell()
            # Relationships bear the campus's ids by now.
            self.campus.index.settle(Settled(extract))

    def _parent(self, own: str) -> str | None:
        """Where a record of this id stands, under the id that the campus knows the place by."""
        parent = self.matcher.parent(own) if self.matcher else None
        return self.renamed.get(parent, parent) if parent else None

    def _identify(self, record: AssetRecord) -> bool:
        """Give a record the id that the campus knows it by; False where it cannot be kept."""
        extract, campus = self.extract, self.campus
        if (before := self.recorded.get(record.id)) is not None and before in campus.graph:
            self._take(record, before)
            return True
        before = _before(record, extract, campus.known, campus.graph)
        if before is None:
            if self.matcher is not None and (found := self.matcher.match(record, self.renamed)):
                self._take(record, found)
            return True
        if _same(record, before) and not self._elsewhere(record):
            self._adopt(record, before)
            return True
        if extract.kind == "tables":
            _tell_other_label(extract, record, before)
            self._drop(record)
            return False
        renamed = _other_name(record, extract, before)
        self.renamed[record.id] = renamed
        _tell_clash(extract, record, before, renamed)
        record.id = renamed
        return True

    def _elsewhere(self, record: AssetRecord) -> bool:
        """Whether a record only bears the same name as one that stands elsewhere: names are no ids in such sources."""
        others = self.campus.index.find("id", record.id, self.extract.source) if record.named else ()
        return any(other.named and other.parent != self._parent(record.id) for other in others)

    def _take(self, record: AssetRecord, identity: str) -> None:
        """Rename a record to the asset that it is in other sources."""
        if record.id != identity:
            remember(record, self.extract.source, record.id)
            self.renamed[record.id] = identity
            record.id = identity
        before = self.campus.known.get(identity) or self.campus.graph.get(identity)
        if before is not None:
            self._adopt(record, before)

    def _adopt(self, record: AssetRecord, before: Known) -> None:
        """Let the better label count; what the asset's label has no property for is told and left out."""
        if record.label == before.label or before.label in WEAK_LABELS:
            return
        if record.label not in WEAK_LABELS:
            message = f"{record.id} is a {record.label} here and a {before.label} in {', '.join(before.sources)}; "
            message += f"it stayed a {before.label}"
            ids = (record.id,)
            self.extract.findings.append(Finding("label-conflict", "warning", message, record.place, ids))
        record.label = before.label
        declared = properties_of(before.label)
        for name in [n for n in record.properties if not n.startswith("_") and n not in declared]:
            del record.properties[name]
            if name == "category":
                continue  # what stood in for the better label that the other source gives
            self.left_out.setdefault((before.label, name), []).append(record.id)

    def _tell_left_out(self) -> None:
        for (label, name), ids in self.left_out.items():
            message = f"{name} of {len(ids)} assets ({', '.join(ids[:3])}{' …' if len(ids) > 3 else ''}) was left out: "
            message += f"in another source they are {label}, which has no such property"
            self.extract.findings.append(Finding("foreign-property", "info", message, None, tuple(ids[:20])))

    def _first(self, record: AssetRecord) -> bool:
        """Whether a record is the first of its source for its asset; another one is joined to the first."""
        extract, campus = self.extract, self.campus
        joined = campus.first.setdefault((extract.source, record.id), record)
        if joined is not record:
            _join(extract, joined, record)
            return False
        before = campus.known.get(record.id)
        sources = (*before.sources, extract.source) if before else (extract.source,)
        label = before.label if before and before.label not in WEAK_LABELS else record.label
        identity = record.properties.get("global_id") or (before.global_id if before else None)
        campus.known[record.id] = Known(label, identity, sources)
        return True

    def _drop(self, record: AssetRecord) -> None:
        self.dropped.add((record.place.file, record.place.row))


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
        # What has no label is an asset by its name alone: it says nothing that a source could contradict.
        if before is not None and (before.sources == (extract.source,) or not before.label):
            return None
    return before


def _same(record: AssetRecord, before: Known) -> bool:
    identity = record.properties.get("global_id")
    return compatible(record.label, before.label) and (
        identity is None or before.global_id is None or identity == before.global_id
    )


def _other_name(record: AssetRecord, extract: Extract, before: Known) -> str:
    prefix = Path(record.place.file).stem if extract.source in before.sources else extract.source
    return f"{prefix}:{record.id}"


def _join(extract: Extract, first: AssetRecord, record: AssetRecord) -> None:
    """Add what another file of the same source says of an asset; the file that was named first has its way."""
    for name, value in record.properties.items():
        if first.properties.setdefault(name, value) != value and not name.startswith("_"):
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
