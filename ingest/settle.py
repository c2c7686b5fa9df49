"""What becomes of the records of an import: checked as the campus that they make, and told source by source."""

from __future__ import annotations

from collections.abc import Iterable

from ingest import checks
from ingest import graph_state as graph
from ingest.call import Call
from ingest.difference import difference
from ingest.plan import Plan
from ingest.quality import from_dict, measure
from ingest.records import Extract, Finding, RelationshipRecord, count_by, from_finding
from ingest.report import SourceReport
from ingest.sources import SourceFiles
from schema.labels import LABELS, expects
from twin.graph.store import Store


def check(store: Store, call: Call, relationships: Plan[graph.RelationshipKey]) -> None:
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


def _give(finding: Finding, by_file: dict[str, Extract], call: Call) -> None:
    """Add a finding to the extract that its file belongs to, else to the report."""
    file = finding.place.file.partition(", sheet ")[0] if finding.place else ""
    extract = by_file.get(file)
    (extract.findings if extract else call.report.findings).append(finding)


def _of_graph(store: Store, call: Call, relationships: Plan[graph.RelationshipKey]) -> Iterable[RelationshipRecord]:
    """Relationships of other sources into the consumers whose groups the call changes."""
    if not call.state.assets:
        return ()
    touched = {key[2] for part in (relationships.new, relationships.changed, relationships.gone) for key in part}
    own = {extract.source for extract in call.extracts}
    consumers = [identity for identity in touched if identity in call.state.assets]
    return graph.supply_of(store, consumers, own)


def tell(call: Call, assets: Plan[str], relationships: Plan[graph.RelationshipKey]) -> None:
    """Fill in the report; `check` and `name_sources` came before."""
    report = call.report
    restored = sum(key in call.state.tombstones for key in assets.new)
    report.assets = assets.counts(restored)
    report.relationships = relationships.counts()
    report.difference = difference(assets, relationships, call.state.tombstones)
    report.findings.extend((*assets.findings, *relationships.findings))
    quality = measure(call.extracts, call.supplied, report.findings)
    for source in report.sources:
        if source.unchanged_files:
            known = call.state.sources[source.name]
            report.assets["unchanged"] += known.assets
            report.relationships["unchanged"] += known.relationships
            continue
        parts = _parts(call, source.name)
        source.assets = count_by(record.label for part in parts for record in part.assets)
        source.relationships = count_by(record.type for part in parts for record in part.relationships)
        source.findings = [finding for part in parts for finding in part.findings]
        source.quality = {file: quality[file] for file in source.files}


def name_sources(call: Call) -> None:
    """Put the sources of the call into its report; what came of those that were read is told by `tell`."""
    for source in call.sources:
        known = call.state.sources.get(source.name)
        if source.name in call.unchanged and known is not None:
            call.report.sources.append(_as_before(source, known))
            continue
        parts = _parts(call, source.name)
        kinds = "+".join(dict.fromkeys(part.kind for part in parts))
        call.report.sources.append(
            SourceReport(source.name, kinds, tuple(file for part in parts for file in part.files), {}, {}, [])
        )


def _parts(call: Call, source: str) -> list[Extract]:
    return [extract for extract in call.extracts if extract.source == source]


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
