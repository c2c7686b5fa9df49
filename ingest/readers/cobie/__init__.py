"""COBie: facility, floors, spaces, components with their types and attributes, systems, assemblies and connections.

A workbook (xlsx and its like), or the sheets as a folder of CSV files. What no rule of the mapping names is kept as
Equipment and listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.mapping.model import Mapping
from ingest.needs import infer_needs
from ingest.paths import trace_paths
from ingest.ratings import derive_ratings
from ingest.readers.cobie.book import is_cobie, is_sheet, read_book
from ingest.readers.cobie.components import add_documents, read_components
from ingest.readers.cobie.draft import Draft
from ingest.readers.cobie.spaces import read_spaces
from ingest.readers.cobie.systems import (
    add_assemblies,
    add_connections,
    add_paths,
    place_coordinates,
    read_systems,
    tell_ignored,
)
from ingest.readers.ifc.returns import drop_returns
from ingest.records import Extract, Progress
from ingest.redundancy import apply_rules

__all__ = ["is_cobie", "is_sheet", "read"]


def read(paths: Sequence[Path], source: str, mapping: Mapping, progress: Progress | None = None) -> Extract:
    """Read one COBie export.

    Raises BadInput where a file cannot be read at all, or holds none of the sheets that matter.
    """
    extract = Extract(source, "cobie", tuple(map(str, paths)))

    def tell(what: str) -> None:
        if progress:
            progress(f"read {paths[0].name}: {what}", 0, 0)

    tell("open")
    draft = Draft(read_book(paths, extract), mapping, extract)
    tell("spaces")
    read_spaces(draft)
    tell("components")
    read_components(draft)
    derive_ratings(extract)
    place_coordinates(draft)
    tell("systems")
    systems = read_systems(draft)
    add_assemblies(draft)
    edges, membership = add_connections(draft, systems)
    drop_returns(extract, edges)
    add_paths(draft, systems, edges)
    add_documents(draft)
    tell_ignored(draft)
    _tell_junk(draft)
    apply_rules(extract, mapping)
    infer_needs(extract, membership)
    trace_paths(extract)
    return extract


def _tell_junk(draft: Draft) -> None:
    for sheet, count in sorted(draft.junk.items()):
        message = f"{count} external identifiers of {sheet} are no GlobalIds; they identify nothing"
        draft.find("bad-global-id", "info", message)
    if not draft.extract.assets:
        draft.find("nothing", "warning", "holds nothing that became an asset")
