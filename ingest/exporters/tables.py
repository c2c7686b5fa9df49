"""The graph as `assets.csv` and `relationships.csv` (docs/tables.md), which `twin ingest` reads to an equal graph."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.exporters.content import Content, Left
from ingest.records import ROWS_TOLD, Progress
from schema.relationships import RELATIONSHIPS

FILES = ("assets.csv", "relationships.csv")


def write_tables(folder: Path, content: Content, progress: Progress | None = None) -> dict[str, int]:
    """Write both tables into a folder; return how many assets and relationships they hold, `parent_id` included."""
    asset_columns, relationship_columns = (sorted(columns) for columns in content.columns())
    assets = ["id", "label", *_first(asset_columns, ("name",)), "parent_id"]
    assets += [name for name in asset_columns if name != "name"]
    relationships = ["source_id", "type", "target_id", *_first(relationship_columns, ("group", "need"))]
    relationships += [name for name in relationship_columns if name not in relationships]
    more: list[list[str]] = []
    placed = 0

    def asset_rows() -> Iterable[list[str]]:
        nonlocal placed
        for asset in content.assets():
            values = {name: cell(value, asset.id, name, content.left) for name, value in asset.properties.items()}
            values |= {"id": asset.id, "label": asset.label, "parent_id": asset.parents[0] if asset.parents else ""}
            placed += bool(asset.parents)
            more.extend([parent, "CONTAINS", asset.id] for parent in asset.parents[1:])
            yield [values.get(name, "") for name in assets]

    def relationship_rows() -> Iterable[list[str]]:
        for row in more:
            yield row + [""] * (len(relationships) - len(row))
        types = [name for name in RELATIONSHIPS if name != "CONTAINS"]
        for source, name, target, properties in content.relationships(types):
            what = f"{source} → {target}"
            values = {key: cell(value, what, key, content.left) for key, value in properties.items()}
            values |= {"source_id": source, "type": name, "target_id": target}
            yield [values.get(column, "") for column in relationships]

    written = _write(folder / FILES[0], assets, asset_rows(), progress)
    related = _write(folder / FILES[1], relationships, relationship_rows(), progress)
    return {"assets": written, "relationships": related + placed}


def _first(columns: Iterable[str], wanted: Iterable[str]) -> list[str]:
    there = set(columns)
    return [name for name in wanted if name in there]


def cell(value: Any, what: str, name: str, left: Left) -> str:
    """A value as the reader of tables takes it; what a cell cannot hold is counted."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case int():
            return str(value)
        case str():
            if value != value.strip():
                left.add(f"blank space around {name}, which a cell does not keep", what)
            return value
        case datetime():
            return value.isoformat()
        case _ if hasattr(value, "iso_format"):
            return value.iso_format()
        case _:
            left.add(f"value of {name} that no cell can hold", what)
            return ""


def _write(path: Path, header: list[str], rows: Iterable[list[str]], progress: Progress | None) -> int:
    done = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for done, row in enumerate(rows, 1):
            writer.writerow(row)
            if progress and done % ROWS_TOLD == 0:
                progress(f"write {path.name}", done, 0)
    return done
