"""Needs that a source does not state (impact semantics, section 8).

All suppliers of one type are one group; it needs 1 where each belongs to another system, path or side, else all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.checks import groups_of
from ingest.records import Extract, Finding, RelationshipRecord

Membership = Mapping[tuple[str, str, str], set[str]]
"""(supplier, type, consumer) → systems that the connection belongs to."""


def infer_needs(extract: Extract, membership: Membership) -> None:
    """Give each supply relationship without a need one, marked `need_inferred`, and tell where that was a guess."""
    sides = {
        record.id: record.properties["side"]
        for record in extract.assets
        if isinstance(record.properties.get("side"), str)
    }
    all_needed: list[str] = []
    one_needed: list[str] = []
    for (consumer, name, _), members in groups_of(extract.relationships).items():
        if all("need" in record.properties for record in members):
            continue
        stated = {record.properties["need"] for record in members if "need" in record.properties}
        suppliers = len({record.source_id for record in members})
        need = stated.pop() if len(stated) == 1 else 1 if _apart(members, sides, membership) else suppliers
        for record in members:
            if "need" not in record.properties:
                record.properties = {**record.properties, "need": need, "need_inferred": True}  # others may share them
        if suppliers > 1:
            (one_needed if need == 1 else all_needed).append(f"{consumer} ({name}, {need} of {suppliers})")
    for groups, why in (
        (all_needed, "no need is stated and nothing tells the suppliers apart, so all are needed"),
        (one_needed, "no need is stated; the suppliers belong to different systems or sides, so one is needed"),
    ):
        if groups:
            names = ", ".join(groups[:5]) + (" …" if len(groups) > 5 else "")
            ids = tuple(group.split(" (")[0] for group in groups[:20])
            extract.findings.append(
                Finding("need-inferred", "info", f"{len(groups)} groups: {why}: {names}", None, ids)
            )


def _apart(members: Sequence[RelationshipRecord], sides: Mapping[str, str], membership: Membership) -> bool:
    """Whether each supplier belongs to another side, or to other systems than the others."""
    suppliers = {record.source_id: record for record in members}
    if len(suppliers) == 1:
        return True
    named = [sides.get(supplier) for supplier in suppliers]
    if all(named) and len(set(named)) == len(named):
        return True
    systems = [membership.get((r.source_id, r.type, r.target_id), set[str]()) for r in suppliers.values()]
    return all(systems) and sum(map(len, systems)) == len(set[str]().union(*systems))
