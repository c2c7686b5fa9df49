"""The one call of the import: files → records → checks → comparison with the graph → graph, and a report."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingest import bulk, checks, digest, load
from ingest import graph_state as graph
from ingest.difference import difference
from ingest.incoming import incoming_assets, incoming_relationships
from ingest.lock import Hold, only_import
from ingest.mapping.model import Mapping, load_mapping
from ingest.merge import Known, Others, merge_extracts
from ingest.plan import Plan, plan
from ingest.precedence import Preferences
from ingest.quality import from_dict, measure
from ingest.read import read_sources
from ingest.records import Extract, Finding, Progress, RelationshipRecord, count_by, from_finding
from ingest.report import Report, SourceReport
from ingest.sources import SourceFiles, resolve
from ingest.storable import drop_unstorable
from schema.errors import BadInput
from schema.labels import LABELS, expects
from twin.graph import migrations
from twin.graph.local import server
from twin.graph.store import Store

_LARGE_BYTES = 4 << 20  # below it reading again is faster than asking the graph whether that is needed

Open = Callable[[], Store]


@dataclass(slots=True)
class Options:
    """How to import. `source` names one source for all files; `strict` refuses whatever has an error."""

    source: str | None = None
    dry_run: bool = False
    strict: bool = False
    mapping: Path | None = None
    way: Literal["auto", "bulk", "bolt"] = "auto"
    """How to write: through Bolt, or with Neo4j's bulk import, which an empty local Neo4j and a large load let in."""


@dataclass(slots=True)
class _Call:
    """The state of one import."""

    options: Options
    sources: list[SourceFiles]
    digests: dict[str, str]
    mapping: Mapping
    extracts: list[Extract] = field(default_factory=list[Extract])
    unchanged: set[str] = field(default_factory=set[str])
    state: graph.GraphState = field(default_factory=graph.GraphState)
    report: Report = field(default_factory=Report)
    supplied: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """(consumer, type of supply) of the campus as it will be."""


def ingest(
    paths: Sequence[str | Path],
    open_store: Open,
    options: Options,
    progress: Progress | None = None,
    home: Path | None = None,
) -> Report:
    """Import the files that `paths` name into the graph that `open_store` opens, and tell what came of it.

    `home` is the twin home whose local Neo4j `open_store` starts, None where it is another: while there is no database
    in it yet, a large first load makes one without starting an empty Neo4j first. Nothing is written before all files
    are read and checked. Raises BadInput where a file cannot be read at all, or where there is an error and
    `options.strict`; Unreachable where the database does not answer.
    """
    began = time.monotonic()
    mapping = load_mapping(options.mapping)
    sources, findings = resolve(paths, options.source)
    read_with = [options.mapping] if options.mapping else []
    digests = {source.name: digest.of_files([*source.files, *read_with]) for source in sources}
    call = _Call(options, sources, digests, mapping)
    call.report.findings = findings
    call.report.dry_run = options.dry_run
    with _garbage_left_alone():
        large = sum(file.stat().st_size for source in sources for file in source.files) > _LARGE_BYTES
        store = open_store() if large and not (home and server.unmade(home)) else None
        if store is not None:
            call.unchanged = _unchanged(store, call)
        _read(call, progress)
        if store is not None or home is None or not _first_load(home, call, progress):
            _compare_and_write(store or open_store(), call, progress)
    call.report.seconds = time.monotonic() - began
    return call.report


def _compare_and_write(store: Store, call: _Call, progress: Progress | None) -> None:
    if call.options.dry_run:
        _import(store, call, None, progress)
        return
    with only_import(store, progress) as hold:
        migrations.migrate(store, progress)
        _import(store, call, hold, progress)


def _first_load(home: Path, call: _Call, progress: Progress | None) -> bool:
    """Import into a home that has no database yet; False where there is one by now, or where Bolt is the better way."""
    if not call.options.dry_run and not bulk.pays(call.options.way, call.extracts):
        return False
    with server.making(home, progress) as place, Store(server.nowhere(home)) as store:
        if place is None:
            return False
        hold = Hold(store)
        try:
            _import(store, call, None if call.options.dry_run else hold, progress, compare=False)
        finally:
            hold.release()
    return True


@contextmanager
def _garbage_left_alone() -> Generator[None]:
    """Stop the collection of cycles while millions of records, which hold none, come and stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # else the next collection looks at all of them
        if was:
            gc.enable()
        gc.unfreeze()


@contextmanager
def _garbage_collected() -> Generator[None]:
    """Collect the cycles that the driver leaves behind each batch; the records are none of them, and not looked at."""
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.disable()
        gc.unfreeze()


def _unchanged(store: Store, call: _Call) -> set[str]:
    """Names of the sources whose files and things in the graph are those of their last complete import."""
    call.state.sources = graph.read_sources(store)
    names: set[str] = set()
    for source in call.sources:
        known = call.state.sources.get(source.name)
        if known is None or not known.complete or known.digest != call.digests[source.name]:
            continue
        if '"severity": "error"' in known.findings:
            continue  # what was missing then may be there now
        names.add(source.name)
    held = graph.count_held(store) if names else {}
    return {
        n for n in names if held.get(n, (0, 0)) == (call.state.sources[n].assets, call.state.sources[n].relationships)
    }


def _read(call: _Call, progress: Progress | None) -> None:
    changed = [source for source in call.sources if source.name not in call.unchanged]
    call.extracts = read_sources(changed, call.options.mapping, progress)
    for extract in call.extracts:
        drop_unstorable(extract)


def _import(store: Store, call: _Call, hold: Hold | None, progress: Progress | None, *, compare: bool = True) -> None:
    """Compare and check; write under the lock that is held, and nothing where there is none (a dry run).

    Without `compare` there is no database yet.
    """
    state = call.state
    if compare:
        state.sources = graph.read_sources(store)
        if call.extracts and (state.sources or store.read("MATCH (a:Asset) RETURN count(a) > 0 AS any")[0]["any"]):
            graph.read_assets(store, state, progress)
    known = {key: Known(held.label, held.global_id, held.sources) for key, held in state.assets.items()}
    merge_extracts(call.extracts, known, state.tombstones, _others(store, call))
    if state.assets and _touches_graph(call):
        graph.read_relationships(store, state, progress)
    assets, relationships = _plans(store, call)
    _check(store, call, relationships)
    _tell(call, assets, relationships)
    if call.options.strict and call.report.errors:
        errors = call.report.errors
        more = f" (and {len(errors) - 1} more; --report FILE writes all)" if len(errors) > 1 else ""
        raise Refused(f"{errors[0]}{more}; refused by --strict, nothing was written", call.report)
    if hold is not None:
        _write(store, call, hold, assets, relationships, progress)


def _others(store: Store, call: _Call) -> Others:
    """How the assets of other sources are found, in the graph too."""
    rules = call.mapping.matching
    if not call.state.assets or not call.extracts:
        return Others(rules)
    state = call.state
    return Others(rules, lambda wanted: graph.candidates(store, state, wanted), graph.read_identities(store))


def _preferences(call: _Call) -> Preferences:
    """Precedence as this call's mapping says it; without a mapping, as the graph remembers it."""
    if call.options.mapping is not None:
        return Preferences(call.mapping.precedence)
    return Preferences.from_text(next((s.precedence for s in call.state.sources.values() if s.precedence), ""))


class Refused(BadInput):
    """`--strict` met an error. `report` tells all of them."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


def _touches_graph(call: _Call) -> bool:
    """Whether the graph can hold relationships that the call names, or could name."""
    held = call.state.assets
    return any(extract.source in call.state.sources for extract in call.extracts) or any(
        record.source_id in held and record.target_id in held
        for extract in call.extracts
        for record in extract.relationships
    )


def _plans(store: Store, call: _Call) -> tuple[Plan[str], Plan[graph.RelationshipKey]]:
    order = {source.name: number for number, source in enumerate(call.sources)}

    def rank(source: str) -> tuple[int, int]:
        return call.state.rank(source), order.get(source, 0)

    state, preferences = call.state, _preferences(call)
    assets, relationships = incoming_assets(call.extracts), incoming_relationships(call.extracts)
    return (
        plan(state.assets, assets, rank, lambda keys: graph.said_of_assets(store, keys), preferences),
        plan(
            state.relationships, relationships, rank, lambda keys: graph.said_of_relationships(store, keys), preferences
        ),
    )


def _check(store: Store, call: _Call, relationships: Plan[graph.RelationshipKey]) -> None:
    """Check the campus as it will be: the records of the call, and what the graph adds to the groups they touch."""
    label_of = {key: held.label for key, held in call.state.assets.items()}
    own: dict[str, str] = {}
    for extract in call.extracts:
        own.update((record.id, record.label) for record in extract.assets)
    label_of.update(own)
    named: list[RelationshipRecord] = []
    for extract in call.extracts:
        extract.findings.extend(checks.unexpected_ends(extract.relationships, label_of))
        extract.findings.extend(checks.containment_cycles(extract.relationships))
        named.extend(extract.relationships)
    others = list(_of_graph(store, call, relationships))
    groups = checks.groups_of((*others, *named))
    by_file = {file: extract for extract in call.extracts for file in extract.files}
    for finding in (*checks.group_errors(groups), *checks.vital_cords(groups, label_of)):
        _give(finding, by_file, call)
    call.supplied = {(consumer, name) for consumer, name, _ in groups}
    call.supplied.update((key[2], key[1]) for key in call.state.relationships if key not in relationships.gone)
    expected = {label: expects(label) for label in LABELS}
    call.report.findings.extend(checks.missing_supply(own, expected, call.supplied))


def _give(finding: Finding, by_file: dict[str, Extract], call: _Call) -> None:
    """Add a finding to the extract that its file belongs to, else to the report."""
    file = finding.place.file.partition(", sheet ")[0] if finding.place else ""
    extract = by_file.get(file)
    (extract.findings if extract else call.report.findings).append(finding)


def _of_graph(store: Store, call: _Call, relationships: Plan[graph.RelationshipKey]) -> Iterable[RelationshipRecord]:
    """Relationships of other sources into the consumers whose groups the call changes."""
    if not call.state.assets:
        return ()
    touched = {key[2] for part in (relationships.new, relationships.changed, relationships.gone) for key in part}
    own = {extract.source for extract in call.extracts}
    consumers = [identity for identity in touched if identity in call.state.assets]
    return graph.supply_of(store, consumers, own)


def _tell(call: _Call, assets: Plan[str], relationships: Plan[graph.RelationshipKey]) -> None:
    report = call.report
    restored = sum(key in call.state.tombstones for key in assets.new)
    report.assets = assets.counts(restored)
    report.relationships = relationships.counts()
    report.difference = difference(assets, relationships, call.state.tombstones)
    report.findings.extend((*assets.findings, *relationships.findings))
    quality = measure(call.extracts, call.supplied, report.findings)
    for source in call.sources:
        parts = [extract for extract in call.extracts if extract.source == source.name]
        known = call.state.sources.get(source.name)
        if source.name in call.unchanged and known is not None:
            report.sources.append(_as_before(source, known))
            report.assets["unchanged"] += known.assets
            report.relationships["unchanged"] += known.relationships
            continue
        report.sources.append(
            SourceReport(
                source.name,
                "+".join(dict.fromkeys(part.kind for part in parts)),
                tuple(file for part in parts for file in part.files),
                count_by(record.label for part in parts for record in part.assets),
                count_by(record.type for part in parts for record in part.relationships),
                [finding for part in parts for finding in part.findings],
                quality={file: quality[file] for part in parts for file in part.files},
            )
        )


def _as_before(source: SourceFiles, known: graph.SourceState) -> SourceReport:
    counts = known.counted()
    return SourceReport(
        source.name,
        known.kind,
        tuple(map(str, source.files)),
        counts["assets"],
        counts["relationships"],
        [from_finding(entry) for entry in known.told()],
        unchanged_files=True,
        quality={file: from_dict(said) for file, said in counts.get("quality", {}).items()},
    )


def _write(  # noqa: PLR0913, PLR0917 - what is written, and who watches over it
    store: Store,
    call: _Call,
    hold: Hold,
    assets: Plan[str],
    relationships: Plan[graph.RelationshipKey],
    progress: Progress | None,
) -> None:
    told = [source for source in call.report.sources if not source.unchanged_files]
    if not told:
        return
    known = call.state.sources
    next_rank = max((source.rank for source in known.values()), default=0) + 1
    ranks = {
        source.name: known[source.name].rank if source.name in known else next_rank + number
        for number, source in enumerate(told)
    }
    begun = load.begun(told, ranks, _preferences(call).to_text())
    held: dict[str, tuple[int, int]] | None = None
    if not hold.kept or _in_bulk(store, call, assets, relationships):
        bulk.load(store, hold, assets, relationships, begun, progress)
        held = load.held_by(assets, relationships)
        _say_indexes(progress)
        load.prepared(store, known.values())
    else:
        load.constrained(store, known.values())
        with _garbage_collected():
            load.begin(store, begun)
            load.write_assets(store, assets, call.state, progress)
            load.write_relationships(store, relationships, call.state, progress)
            load.bury(store, assets, progress)
        _say_indexes(progress)
        load.indexed(store, known.values())
    migrations.stamp(store)
    load.finish(store, told, call.digests, held)


def _say_indexes(progress: Progress | None) -> None:
    if progress:
        progress("make indexes", 0, 0)


def _in_bulk(store: Store, call: _Call, assets: Plan[str], relationships: Plan[graph.RelationshipKey]) -> bool:
    way = call.options.way
    if way == "bolt" or (way == "auto" and len(assets.new) + len(relationships.new) < bulk.LEAST):
        return False
    hindrance = bulk.hindrance(store, call.state, assets, relationships)
    if hindrance and way == "bulk":
        raise BadInput(f"the bulk import cannot be used: {hindrance}")
    return not hindrance
