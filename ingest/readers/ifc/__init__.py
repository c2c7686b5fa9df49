"""IFC 2x3, 4 and 4.3: elements, spaces, ratings, placements, connections and systems, in bulk passes.

The relationship entities are walked once each, instead of the elements one by one with their inverses.
"""

from __future__ import annotations

from pathlib import Path

from ingest.mapping.model import Mapping, load_mapping
from ingest.needs import infer_needs
from ingest.paths import trace_paths
from ingest.ratings import derive_ratings
from ingest.readers.ifc.controls import relate_controls, tell_portless
from ingest.readers.ifc.draft import Draft
from ingest.readers.ifc.elements import collect
from ingest.readers.ifc.geometry import Geometry
from ingest.readers.ifc.opening import ReadAs, one_line, open_model
from ingest.readers.ifc.panels import fed, relate_panels
from ingest.readers.ifc.plain import Model
from ingest.readers.ifc.plain_index import NotPlain
from ingest.readers.ifc.ports import read_ports
from ingest.readers.ifc.psets import Properties, read_sets
from ingest.readers.ifc.record import read_records
from ingest.readers.ifc.returns import drop_returns
from ingest.readers.ifc.spatial import relate_spaces
from ingest.readers.ifc.supply import Supplier
from ingest.readers.ifc.systems import add_paths, read_systems
from ingest.readers.ifc.units import read_units
from ingest.readers.ifc.unread import tell_unread
from ingest.records import Extract, Finding, Place, Progress, share_properties
from ingest.redundancy import apply_rules
from schema.errors import BadInput, TwinError

__all__ = ["read", "read_with"]


def read(path: Path, source: str, mapping: Path | None = None, progress: Progress | None = None) -> Extract:
    """Read one IFC file.

    Raises BadInput where it cannot be read: empty, cut off, no IFC, a schema that is not read, or broken inside.
    """
    rules = load_mapping(mapping)
    if progress:
        progress(f"read {path.name}: open", 0, 0)
    try:
        extract = read_with(path, source, rules, progress, plain=True)
    except NotPlain:
        extract = read_with(path, source, rules, progress, plain=False)
    share_properties(extract.relationships)
    return extract


def read_with(path: Path, source: str, rules: Mapping, progress: Progress | None, *, plain: bool) -> Extract:
    """Read one file by our own reader, which raises NotPlain on what is broken or unusual, or by ifcopenshell."""
    file, read_as = open_model(path, prerelease=rules.prerelease, plain=plain)
    extract = Extract(source, "ifc", (str(path),))
    if read_as:
        _tell_schema(extract, read_as)
    try:
        draft = Draft(path, file, rules, extract, read_units(file), progress=progress)
        if not read_records(draft):
            _fill(draft)
    except (TwinError, NotPlain):
        raise
    except Exception as error:  # the parser reads lazily, so that broken entities show only here
        if isinstance(file, Model):
            raise NotPlain from error
        raise BadInput(f"{path}: is broken inside ({type(error).__name__}: {one_line(error)})") from error
    return extract


def _tell_schema(extract: Extract, read_as: ReadAs) -> None:
    place = Place(extract.files[0])
    version = "IFC 4.3" if read_as.schema.startswith("IFC4X3") else read_as.schema
    if read_as.draft:
        message = f"follows {read_as.name}, a draft, and was read as {version}"
        extract.findings.append(Finding("prerelease", "warning", message, place))
    code = "prerelease-lost" if read_as.draft else "schema-lost"
    for name, count in read_as.lost.items():
        message = f"{count} of {name} were lost: {version} knows no such class, or not with these attributes"
        extract.findings.append(Finding(code, "warning", message, place))


def _fill(draft: Draft) -> None:
    ports = read_ports(draft)
    sets = read_sets(draft, everything=not ports.by_step)
    owners = dict.fromkeys(ports.owners(), "Segment") if ports.by_step else dict.fromkeys(fed(draft, sets), "Equipment")
    collect(draft, Properties(draft, sets), _types(draft), owners)
    if not draft.things:
        draft.find("nothing", "warning", "holds nothing that the mapping gives a label")
    derive_ratings(draft.extract)
    Geometry(draft).place_all()
    if isinstance(draft.file, Model):
        draft.file.forget()
    parents = relate_spaces(draft)
    relate_controls(draft)
    tell_portless(draft)
    systems = read_systems(draft, sets, ports)
    tell_unread(draft, parents, systems, ports)
    supplier = Supplier(draft, sets, ports, systems)
    supplier.relate()
    if not ports.by_step:
        relate_panels(draft, sets)
    drop_returns(draft.extract, supplier.edges)
    add_paths(draft, systems, ports, supplier.edges)
    apply_rules(draft.extract, draft.mapping)
    infer_needs(draft.extract, supplier.membership)
    trace_paths(draft.extract)
    if draft.broken:
        draft.find("broken", "warning", f"{draft.broken} entities are broken and were passed over")


def _types(draft: Draft) -> dict[int, int]:
    """Type object by occurrence, by step ids."""
    types: dict[int, int] = {}
    for kind, things in draft.related("IfcRelDefinesByType", 5, 4):
        types.update(dict.fromkeys(things, kind))
    return types
