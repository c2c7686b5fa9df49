"""The one call of the import: files → records → checks → comparison with the graph → graph, and a report."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest import bulk, digest, load, settle
from ingest import graph_state as graph
from ingest.call import Call, Options
from ingest.incoming import incoming_assets, incoming_relationships
from ingest.lock import Hold, only_import
from ingest.mapping.model import load_mapping
from ingest.merge import Known, Others, merge_extracts
from ingest.plan import Plan, plan
from ingest.precedence import Preferences
from ingest.read import read_sources
from ingest.records import Progress
from ingest.report import Report
from ingest.sources import resolve
from ingest.storable import drop_unstorable
from schema.errors import BadInput
from twin.graph import migrations
from twin.graph.local import server
from twin.graph.prepare import begin_search, prepare_questions
from twin.graph.store import Store

__all__ = ["Open", "Options", "Refused", "ingest"]

_LARGE_BYTES = 4 << 20  # below it reading again is faster than asking the graph whether that is needed

Open = Callable[[], Store]


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
    call = Call(options, sources, digests, mapping)
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


def _compare_and_write(store: Store, call: Call, progress: Progress | None) -> None:
    if call.options.dry_run:
        _import(store, call, None, progress)
        return
    with only_import(store, progress) as hold:
        migrations.migrate(store, progress)
        _import(store, call, hold, progress)


def _first_load(home: Path, call: Call, progress: Progress | None) -> bool:
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


def _unchanged(store: Store, call: Call) -> set[str]:
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


def _read(call: Call, progress: Progress | None) -> None:
    changed = [source for source in call.sources if source.name not in call.unchanged]
    call.extracts = read_sources(changed, call.options.mapping, progress)
    for extract in call.extracts:
        drop_unstorable(extract)


def _import(store: Store, call: Call, hold: Hold | None, progress: Progress | None, *, compare: bool = True) -> None:
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
    settle.name_sources(call)

    def settled() -> None:
        settle.check(store, call, relationships)
        settle.tell(call, assets, relationships)

    if hold is not None and not call.options.strict:
        _write(store, call, hold, assets, relationships, settled, progress)
        return
    settled()
    if call.options.strict and call.report.errors:
        errors = call.report.errors
        more = f" (and {len(errors) - 1} more; --report FILE writes all)" if len(errors) > 1 else ""
        raise Refused(f"{errors[0]}{more}; refused by --strict, nothing was written", call.report)
    if hold is not None:
        _write(store, call, hold, assets, relationships, _nothing, progress)


def _nothing() -> None:
    return None


def _others(store: Store, call: Call) -> Others:
    """How the assets of other sources are found, in the graph too."""
    rules = call.mapping.matching
    if not call.state.assets or not call.extracts:
        return Others(rules)
    state = call.state
    return Others(rules, lambda wanted: graph.candidates(store, state, wanted), graph.read_identities(store))


def _preferences(call: Call) -> Preferences:
    """Precedence as this call's mapping says it; without a mapping, as the graph remembers it."""
    if call.options.mapping is not None:
        return Preferences(call.mapping.precedence)
    return Preferences.from_text(next((s.precedence for s in call.state.sources.values() if s.precedence), ""))


class Refused(BadInput):
    """`--strict` met an error. `report` tells all of them."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


def _touches_graph(call: Call) -> bool:
    """Whether the graph can hold relationships that the call names, or could name."""
    held = call.state.assets
    return any(extract.source in call.state.sources for extract in call.extracts) or any(
        record.source_id in held and record.target_id in held
        for extract in call.extracts
        for record in extract.relationships
    )


def _plans(store: Store, call: Call) -> tuple[Plan[str], Plan[graph.RelationshipKey]]:
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


def _write(  # noqa: PLR0913, PLR0917 - what is written, and who watches over it
    store: Store,
    call: Call,
    hold: Hold,
    assets: Plan[str],
    relationships: Plan[graph.RelationshipKey],
    settled: Callable[[], None],
    progress: Progress | None,
) -> None:
    """Write the plans. `settled` checks and tells them, which need not come first where nothing is refused for it.

    Neo4j's bulk import leaves time for that; through Bolt it comes first.
    """
    told = [source for source in call.report.sources if not source.unchanged_files]
    if not told:
        settled()
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

        def meanwhile() -> None:
            nonlocal held
            settled()
            held = load.held_by(assets, relationships)

        bulk.load(store, hold, assets, relationships, begun, progress, meanwhile)
        _say_indexes(progress)
        prepare_questions(store)
        migrations.stamp(store)
        begin_search(store)  # after all that it would slow down
    else:
        settled()
        load.constrained(store, known.values())
        with _garbage_collected():
            load.begin(store, begun)
            load.write_assets(store, assets, call.state, progress)
            load.write_relationships(store, relationships, call.state, progress)
            load.bury(store, assets, progress)
        if not (known or call.state.assets or call.state.tombstones):
            held = load.held_by(assets, relationships)  # the graph takes 4 s to count a full campus
        _say_indexes(progress)
        load.indexed(store, known.values())
        migrations.stamp(store)
    load.finish(store, told, call.digests, held)


def _say_indexes(progress: Progress | None) -> None:
    if progress:
        progress("make indexes", 0, 0)


def _in_bulk(store: Store, call: Call, assets: Plan[str], relationships: Plan[graph.RelationshipKey]) -> bool:
    way = call.options.way
    if way == "bolt" or (way == "auto" and len(assets.new) + len(relationships.new) < bulk.LEAST):
        return False
    hindrance = bulk.hindrance(store, call.state, assets, relationships)
    if hindrance and way == "bulk":
        raise BadInput(f"the bulk import cannot be used: {hindrance}")
    return not hindrance
