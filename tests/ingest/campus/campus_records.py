"""The campus as records, without any reader: plans of the generator and the rows of its tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.campus.building import plan_building
from ingest.campus.defects import seed_defects
from ingest.campus.loads import site_load
from ingest.campus.parameters import defaults
from ingest.campus.plan import Plan
from ingest.campus.scales import SCALES
from ingest.campus.servers import fleets
from ingest.campus.site import plan_site

Record = dict[str, Any]
_NUMBERS = {"need", "priority", "portion", "draw_kw", "power_hold_s", "cooling_hold_s", "restart_s", "mtbf_h", "mttr_h"}


def plans(scale: str, seed: int = 1, *, defects: bool = False) -> list[Plan]:
    size, parameters = SCALES[scale], defaults()
    load = site_load(size, parameters)
    made = [plan_site(size, parameters, load)]
    made += [plan_building(size, parameters, number, load.blocks) for number in range(1, size.buildings + 1)]
    if defects:
        seed_defects(made[1], size, fleets(size, parameters, seed, 1))
    return made


def records(folder: Path, scale: str, *, defects: bool = False) -> tuple[list[Record], list[Record]]:
    """Assets and relationships of the campus that was written into `folder`."""
    assets: list[Record] = []
    relationships: list[Record] = []
    for plan in plans(scale, defects=defects):
        for asset in plan.assets.values():
            assets.append({"id": asset.id, "label": asset.label, **asset.properties})
            if asset.parent:
                relationships.append({"source_id": asset.parent, "type": "CONTAINS", "target_id": asset.id})
        for system in plan.systems.values():
            label = {"ELECTRICAL": "PowerPath", "CHILLEDWATER": "CoolingLoop", "CONDENSERWATER": "CoolingLoop"}.get(
                system.kind
            )
            if label:
                assets.append({"id": system.id, "label": label})
                relationships += [
                    {"source_id": part, "type": "PART_OF", "target_id": system.id, "position": position}
                    for position, part in enumerate(system.parts, 1)
                ]
        relationships += [record for s in plan.supplies if s.carrier == "ifc" for record in _in_line(plan, s)]
    for path in sorted(folder.glob("*.csv")):
        for row in _rows(path):
            parent = row.pop("parent_id", None)
            if path.name.endswith("-assets.csv"):
                assets.append(row)
                if parent:
                    relationships.append({"source_id": parent, "type": "CONTAINS", "target_id": row["id"]})
            else:
                relationships.append(row | {k: int(row[k]) for k in ("need", "priority") if k in row})
    return assets, relationships


def _in_line(plan: Plan, supply: Any) -> list[Record]:
    """A supply relationship; where a cable realizes it, the cable stands in line."""
    record = _supply(plan, supply)
    if not supply.realized_by:
        return [record]
    fed = {"source_id": supply.source, "type": supply.type, "target_id": supply.realized_by, "need": 1}
    return [fed, record | {"source_id": supply.realized_by}]


def _supply(plan: Plan, supply: Any) -> Record:
    named = {"group": supply.group, "policy": supply.policy, "priority": supply.priority, "portion": supply.portion}
    need = supply.need
    if need is None:  # the ingest infers that all are needed
        need = sum((s.target, s.type, s.group) == (supply.target, supply.type, supply.group) for s in plan.supplies)
        named["need_inferred"] = True
    record = {"source_id": supply.source, "type": supply.type, "target_id": supply.target, "need": need}
    return record | {key: value for key, value in named.items() if value not in {None, ""}}


def _rows(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {k: float(v) if k in _NUMBERS else v for k, v in row.items() if v != ""}
