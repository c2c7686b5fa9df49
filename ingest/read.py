"""Which reader reads which files of a source."""

from __future__ import annotations

import gc
from pathlib import Path

from ingest.mapping.model import load_mapping
from ingest.records import Extract, Progress
from ingest.sources import SourceFiles, kind_of


def read_source(source: SourceFiles, mapping: Path | None = None, progress: Progress | None = None) -> list[Extract]:
    """Read all files of one source: one extract for its tables, one for each other file.

    Raises BadInput where a file cannot be read at all.
    """
    by_kind: dict[str, list[Path]] = {}
    for file in source.files:
        by_kind.setdefault(kind_of(file), []).append(file)
    extracts: list[Extract] = []
    for file in by_kind.get("ifc", ()):
        from ingest.readers import ifc  # noqa: PLC0415 - ifcopenshell takes its time, and tables need none of it

        extracts.append(ifc.read(file, source.name, mapping, progress))
        # The import runs with the collection of cycles off; a model holds some, and much memory.
        gc.collect()
        gc.freeze()
    tables = by_kind.get("tables", [])
    for file in by_kind.get("workbook", ()):
        from ingest.readers import cobie  # noqa: PLC0415 - one reader at a time
        from ingest.readers.sheets import sheet_names  # noqa: PLC0415

        if cobie.is_cobie(sheet_names(file)):
            extracts.append(cobie.read([file], source.name, load_mapping(mapping), progress))
        else:
            tables.append(file)
    if sheets := by_kind.get("cobie"):
        from ingest.readers import cobie  # noqa: PLC0415

        if cobie.is_cobie(file.stem for file in sheets):
            extracts.append(cobie.read(sheets, source.name, load_mapping(mapping), progress))
        else:
            tables.extend(sheets)
    if lists := by_kind.get("netbox"):
        from ingest.readers import netbox  # noqa: PLC0415

        extracts.append(netbox.read(lists, source.name, load_mapping(mapping), progress))
    if tables:
        from ingest.readers.tables import read  # noqa: PLC0415

        extracts.append(read(tables, source.name, progress, whole=source.whole))
    return extracts
