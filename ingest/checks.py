"""Checks of the whole import against the schema and against sections 1 and 3 of the impact semantics.

Contradictions of the model are loaded and told as errors; the analysis refuses to run on them rather than guess.
Ends that the schema does not expect are a warning, never a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ingest.records import Finding, RelationshipRecord
from schema.relationships import RELATIONSHIPS
from schema.supply import SUPPLY_TYPES

_MOST_IDS: Final = 20
_SUPPLY: Final = frozenset(SUPPLY_TYPES)
_TOLERANCE: Final = 1e-9

GroupKey = tuple[str, str, str]
"""Consumer, type, group."""


def unexpected_ends(relationships: Iterable[RelationshipRecord], label_of: Mapping[str, str]) -> Iterator[Finding]:
    """Tell each combination of type and end labels that the schema does not expect: once, with its first place."""
    first: dict[tuple[str, str, str], RelationshipRecord] = {}
    count: dict[tuple[str, str, str], int] = {}
    label = label_of.get
    for record in relationships:
        key = (record.type, label(record.source_id, ""), label(record.target_id, ""))
        if key in count:
            count[key] += 1
        else:
            count[key], first[key] = 1, record
    for key, record in first.items():
        name, source, target = key
        if source and target and not RELATIONSHIPS[name].expects_ends(source, target):
            more = f" ({count[key]} times)" if count[key] > 1 else ""
            message = f"{name} from {source} to {target} is not expected{more}: {record.source_id} → {record.target_id}"
            yield Finding("unexpected-ends", "warning", message, record.place, (record.source_id, record.target_id))


def groups_of(relationships: Iterable[RelationshipRecord]) -> dict[GroupKey, list[RelationshipRecord]]:
    """The supply relationships by group, in the order of the records."""
    groups: dict[GroupKey, list[RelationshipRecord]] = {}
    for record in relationships:
        if record.type in _SUPPLY:
            key = (record.target_id, record.type, record.properties.get("group", ""))
            members = groups.get(key)
            if members is None:
                groups[key] = [record]
            else:
                members.append(record)
    return groups


def group_errors(groups: Mapping[GroupKey, Sequence[RelationshipRecord]]) -> Iterator[Finding]:
    """Tell all that makes the analysis refuse: needs, policies and portions that contradict, self supply."""
    sound: set[tuple[int, ...]] = set()
    for (consumer, name, group), members in groups.items():
        first = members[0]
        if len(members) > 1 or first.properties:
            # Most groups say the same as one before, in properties that their records share.
            alike = _alike(members)
            if alike not in sound:
                called = _called(consumer, name, group)
                found = [*_disagreements(called, members), *_need_errors(called, members)]
                yield from found
                if not found:
                    sound.add(alike)
        for record in members:
            if record.source_id == consumer:
                yield _error("self-supply", f"{consumer} has a {name} relationship to itself", (record,))
    yield from _portion_errors(_portions(groups))


def _alike(members: Sequence[RelationshipRecord]) -> tuple[int, ...]:
    """Equal for groups of as many suppliers whose records share their properties."""
    if len(members) == 1:
        return 1, id(members[0].properties)
    return len({record.source_id for record in members}), *(id(record.properties) for record in members)


def _portions(
    groups: Mapping[GroupKey, Sequence[RelationshipRecord]],
) -> dict[str, list[tuple[float | None, RelationshipRecord]]]:
    """The FEEDS groups of the consumers that state a portion for one of them: portion, and the first record."""
    stated = {key[0] for key, members in groups.items() if key[1] == "FEEDS" and "portion" in members[0].properties}
    portions: dict[str, list[tuple[float | None, RelationshipRecord]]] = {consumer: [] for consumer in stated}
    for key, members in groups.items() if stated else ():
        if key[1] == "FEEDS" and key[0] in stated:
            portions[key[0]].append((members[0].properties.get("portion"), members[0]))
    return portions


def _called(consumer: str, name: str, group: str) -> str:
    return f"{consumer}: the {name} group {group!r}" if group else f"{consumer}: the {name} group"


def _disagreements(called: str, members: Sequence[RelationshipRecord]) -> Iterator[Finding]:
    defaults = {"need": 1, "policy": "share", "portion": None}
    for name, default in defaults.items():
        values = {record.properties.get(name, default) for record in members}
        if len(values) > 1:
            shown = " and ".join(sorted("none" if v is None else f"{v}" for v in values))
            yield _error(f"{name}-disagrees", f"{called} disagrees about {name}: {shown}", members)


def _need_errors(called: str, members: Sequence[RelationshipRecord]) -> Iterator[Finding]:
    needs = [record.properties.get("need", 1) for record in members]
    suppliers = len({record.source_id for record in members})
    if min(needs) < 1:
        yield _error("need-below-one", f"{called} needs {min(needs)}; at least 1 was expected", members)
    if max(needs) > suppliers:
        plural = "s" if suppliers > 1 else ""
        yield _error(
            "need-above-suppliers", f"{called} needs {max(needs)}, but has {suppliers} supplier{plural}", members
        )
    if max(needs) > 1 and any(record.properties.get("policy") == "transfer" for record in members):
        yield _error("transfer-need", f"{called} has policy transfer and needs {max(needs)}; 1 was expected", members)


def _portion_errors(
    portions: Mapping[str, Sequence[tuple[float | None, RelationshipRecord]]],
) -> Iterator[Finding]:
    for consumer, entries in portions.items():
        if all(portion is None for portion, _ in entries):
            continue
        shares = [1 / len(entries) if portion is None else portion for portion, _ in entries]
        records = [record for _, record in entries]
        if any(share < 0 for share in shares):
            yield _error("portion-negative", f"{consumer}: a FEEDS portion is negative", records)
        elif abs(sum(shares) - 1) > _TOLERANCE:
            yield _error("portions-sum", f"{consumer}: the FEEDS portions add up to {sum(shares):g}, not to 1", records)


def _error(code: str, message: str, members: Sequence[RelationshipRecord]) -> Finding:
    ids = dict.fromkeys([members[0].target_id, *(record.source_id for record in members)])
    return Finding(code, "error", message, members[0].place, tuple(ids)[:_MOST_IDS])


def vital_cords(
    groups: Mapping[GroupKey, Sequence[RelationshipRecord]], label_of: Mapping[str, str]
) -> Iterator[Finding]:
    """Warn of consumers with several FEEDS groups of one supplier each: every single cord of them is vital."""
    single: dict[str, list[RelationshipRecord]] = {}
    for (consumer, name, _), members in groups.items():
        if name == "FEEDS" and len(members) == 1:
            single.setdefault(consumer, []).append(members[0])
    found = {consumer: records for consumer, records in single.items() if len(records) > 1}
    by_label: dict[str, list[str]] = {}
    for consumer in found:
        by_label.setdefault(label_of.get(consumer, ""), []).append(consumer)
    for label, ids in by_label.items():
        names = ", ".join(sorted({record.properties.get("group", "") or "''" for record in found[ids[0]]}))
        message = (
            f"{_many(ids, label)} {_have(ids)} several FEEDS groups of one supplier each ({names}), so "
            " that each cord is vital; cords that stand in for one another belong into one group"
        )
        yield Finding("vital-cords", "warning", message, found[ids[0]][0].place, tuple(ids[:_MOST_IDS]))


def missing_supply(
    labels: Mapping[str, str], expected: Mapping[str, Sequence[str]], supplied: set[tuple[str, str]]
) -> Iterator[Finding]:
    """Tell by label which assets lack a supply that their label expects: counted as unknown, never as safe.

    `supplied` holds (consumer, type).
    """
    lacking: dict[tuple[str, str], list[str]] = {}
    for identity, label in labels.items():
        for name in expected.get(label, ()):
            if (identity, name) not in supplied:
                lacking.setdefault((label, name), []).append(identity)
    for (label, name), ids in sorted(lacking.items()):
        message = f"{_many(ids, label)} {_have(ids)} no {name}, which the label expects; counted as unknown"
        yield Finding("supply-unknown", "info", message, None, tuple(sorted(ids)[:_MOST_IDS]))


def containment_cycles(relationships: Iterable[RelationshipRecord]) -> Iterator[Finding]:
    """Warn of assets that contain themselves, directly or through others."""
    parents: dict[str, list[RelationshipRecord]] = {}
    for record in relationships:
        if record.type == "CONTAINS":
            parents.setdefault(record.target_id, []).append(record)
    settled: set[str] = set()
    for start in parents:
        path: list[str] = []
        at = start
        while at not in settled and at in parents and at not in path:
            path.append(at)
            at = parents[at][0].source_id
            if len(path) > 64 and at in set(path):
                break
        if at in path:
            ring = path[path.index(at) :]
            message = f"contains itself: {' ← '.join([*ring[:8], at])}"
            yield Finding("containment-cycle", "warning", message, parents[at][0].place, tuple(ring[:_MOST_IDS]))
        settled.update(path)


def _many(ids: Sequence[str], label: str) -> str:
    if len(ids) == 1:
        return f"{label} {ids[0]}"
    return f"{len(ids)} of {label} ({', '.join(sorted(ids)[:3])}{' …' if len(ids) > 3 else ''})"


def _have(ids: Sequence[str]) -> str:
    return "has" if len(ids) == 1 else "have"
