"""Which reader reads which files of a source."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from pathlib import Path

from ingest.apart import MOST, Apart
from ingest.mapping.model import load_mapping
from ingest.records import Extract, Progress
from ingest.sources import SourceFiles, kind_of
from schema.errors import TwinError

_LEAST_BESIDE = 8 << 20
"""Bytes that can be read beside the largest part of a call; with fewer a second process costs what it saves."""


def read_sources(
    sources: Sequence[SourceFiles], mapping: Path | None = None, progress: Progress | None = None
) -> list[Extract]:
    """Read all files of all sources, in their order; IFC files in a process of their own, large ones in several.

    That changes no result, and a file on which the IFC parser (C++) crashes is told in one line.

    Raises BadInput, for the first in their order, where a file cannot be read at all.
    """
    processes = _processes(sources)
    if not processes:
        return [extract for source in sources for extract in read_source(source, mapping, progress)]
    others: dict[str, list[Extract] | TwinError] = {}
    extracts: list[Extract] = []
    with Apart(processes, mapping, progress) as apart:
        models = {source.name: [apart.read(file, source.name) for file in _models(source)] for source in sources}
        for source in sources:
            try:
                others[source.name] = _read_others(source, mapping, apart.progress)
            except TwinError as error:  # an IFC file before it may be wrong too
                others[source.name] = error
                break
        for source in sources:
            extracts.extend(model.result() for model in models[source.name])
            found = others[source.name]
            if isinstance(found, TwinError):
                raise found
            extracts.extend(found)
    return extracts


def _models(source: SourceFiles) -> list[Path]:
    return [file for file in source.files if kind_of(file) == "ifc"]


def _processes(sources: Sequence[SourceFiles]) -> int:
    """How many processes for IFC files pay, beside the one that reads the rest; 0 where there is no such file."""
    models = [file for source in sources for file in _models(source)]
    sizes = [_size(file) for file in models]
    rest = sum(_size(file) for source in sources for file in source.files) - sum(sizes)
    cores = len(os.sched_getaffinity(0))
    if not models:
        return 0
    if cores < 2 or sum(sizes) + rest - max(*sizes, rest) < _LEAST_BESIDE:
        return 1
    return min(len(models), cores, MOST)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0  # the reader tells what is wrong with it


def read_source(source: SourceFiles, mapping: Path | None = None, progress: Progress | None = None) -> list[Extract]:
    """Read all files of one source: one extract for its tables, one for each other file.

    Raises BadInput where a file cannot be read at all.
    """
    extracts: list[Extract] = []
    for file in _models(source):
        from ingest.readers import ifc  # noqa: PLC0415 - ifcopenshell takes its time, and tables need none of it

        extracts.append(ifc.read(file, source.name, mapping, progress))
        # The import runs with the collection of cycles off; a model holds some, and much memory.
        gc.collect()
        gc.freeze()
    return extracts + _read_others(source, mapping, progress)


def _read_others(source: SourceFiles, mapping: Path | None, progress: Progress | None) -> list[Extract]:
    """Read all files of one source that are no IFC."""
    by_kind: dict[str, list[Path]] = {}
    rules = load_mapping(mapping)
    listed = [file for file in source.files if file.suffix.lower() not in (".ifc", ".json") and rules.list_rule(file)]
    for file in source.files:
        if file not in listed:
            by_kind.setdefault(kind_of(file), []).append(file)
    extracts: list[Extract] = []
    if listed:
        from ingest.readers import lists  # noqa: PLC0415 - one reader at a time

        extracts.append(lists.read(listed, source.name, rules, progress))
    tables = by_kind.get("tables", [])
    for file in by_kind.get("workbook", ()):
        from ingest.readers import cobie  # noqa: PLC0415 - one reader at a time
        from ingest.readers.sheets import sheet_names  # noqa: PLC0415

        if cobie.is_cobie(sheet_names(file)):
            extracts.append(cobie.read([file], source.name, rules, progress))
        else:
            tables.append(file)
    if sheets := by_kind.get("cobie"):
        from ingest.readers import cobie  # noqa: PLC0415

        if cobie.is_cobie(file.stem for file in sheets):
            extracts.append(cobie.read(sheets, source.name, rules, progress))
        else:
            tables.extend(sheets)
    if exports := by_kind.get("netbox"):
        from ingest.readers import netbox  # noqa: PLC0415

        extracts.append(netbox.read(exports, source.name, rules, progress))
    if tables:
        from ingest.readers.tables import read  # noqa: PLC0415

        extracts.append(read(tables, source.name, progress, whole=source.whole))
    return extracts
