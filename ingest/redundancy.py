"""Redundancy as the user's mapping states it: sides by names, and what the suppliers of a type mean to a consumer."""

from __future__ import annotations

from ingest.mapping.entries import fits
from ingest.mapping.model import Mapping
from ingest.mapping.sources import NeedRule
from ingest.records import AssetRecord, Extract, Finding, Properties, RelationshipRecord
from schema.labels import properties_of
from schema.supply import SUPPLY_TYPES

_STATED = ("group", "need", "policy")


def apply_rules(extract: Extract, mapping: Mapping) -> None:
    """Give assets their sides, and supply relationships group, need and policy, where the source states none."""
    if mapping.side:
        _sides(extract, mapping)
    if mapping.need:
        _needs(extract, mapping)


def _sides(extract: Extract, mapping: Mapping) -> None:
    for record in extract.assets:
        if "side" in record.properties or "side" not in properties_of(record.label):
            continue
        names = (record.properties.get("name", ""), record.id)
        for rule in mapping.side:
            if (not rule.labels or record.label in rule.labels) and any(fits(name, rule.name) for name in names):
                record.properties["side"] = rule.side
                break


def _needs(extract: Extract, mapping: Mapping) -> None:
    assets = {record.id: record for record in extract.assets}
    groups: dict[tuple[str, str, int], list[RelationshipRecord]] = {}
    for relationship in extract.relationships:
        if relationship.type not in SUPPLY_TYPES or any(name in relationship.properties for name in _STATED):
            continue
        supplier, consumer = assets.get(relationship.source_id), assets.get(relationship.target_id)
        if supplier is None or consumer is None:
            continue
        for number, rule in enumerate(mapping.need):
            if _fits(rule, relationship.type, supplier, consumer):
                groups.setdefault((consumer.id, relationship.type, number), []).append(relationship)
                break
    told: dict[int, list[str]] = {}
    for (consumer, _, number), members in groups.items():
        _state(mapping.need[number], members)
        told.setdefault(number, []).append(consumer)
    for number, consumers in sorted(told.items()):
        shown = ", ".join(consumers[:3]) + (" …" if len(consumers) > 3 else "")
        message = f"rule {number + 1} of [[need]] in the mapping states what {len(consumers)} groups need: {shown}"
        extract.findings.append(Finding("need-mapped", "info", message, None, tuple(consumers[:20])))


def _fits(rule: NeedRule, name: str, supplier: AssetRecord, consumer: AssetRecord) -> bool:
    return (
        rule.type == name
        and (not rule.consumer or consumer.label in rule.consumer)
        and (not rule.supplier or supplier.label in rule.supplier)
        and _named(consumer, rule.consumer_name)
        and _named(supplier, rule.supplier_name)
    )


def _named(record: AssetRecord, patterns: tuple[str, ...]) -> bool:
    return fits(record.id, patterns) or fits(record.properties.get("name", ""), patterns)


def _state(rule: NeedRule, members: list[RelationshipRecord]) -> None:
    suppliers = len({record.source_id for record in members})
    values: Properties = {"group": rule.group} if rule.group else {}
    if rule.spare is not None:
        values["need"] = max(1, suppliers - rule.spare)
    elif rule.need is not None or rule.policy == "transfer":
        values["need"] = min(rule.need or 1, suppliers)
    if rule.policy:
        values["policy"] = rule.policy
    for record in members:
        record.properties = {**record.properties, **values}
