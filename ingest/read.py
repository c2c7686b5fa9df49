"""Which reader reads which files of a source."""

from __future__ import annotations

import gc
from pathlib import Path

from ingest.records import Extract, Progress
from ingest.sources import KINDS, SourceFiles


def read_source(source: SourceFiles, mapping: Path | None = None, progress: Progress | None = None) -> list[Extract]:
    """Read all files of one source: one extract for its tables, one for each other file.

    Raises BadInput where a file cannot be read at all.
    """
    extracts: list[Extract] = []
    tables: list[Path] = []
    for file in source.files:
        if KINDS[file.suffix.lower()] == "ifc":
            from ingest.readers import ifc  # noqa: PLC0415 - ifcopenshell takes its time, and tables need none of it

            extracts.append(ifc.read(file, source.name, mapping, progress))
            # The import runs with the collection of cycles off; a model holds some, and much memory.
            gc.collect()
            gc.freeze()
        else:
            tables.append(file)
    if tables:
        from ingest.readers.tables import read  # noqa: PLC0415 - one reader at a time

        extracts.append(read(tables, source.name, progress, whole=source.whole))
    return extracts
