"""Which files of a call belong to which source.

A pair `X-assets.csv`, `X-relationships.csv` is one source named X; a bare `assets.csv` or `relationships.csv`, a file
of NetBox named after what it lists (`devices.json`, `netbox_cables.csv`) and the sheets of COBie as CSV
(`Component.csv`) take their folder's name; any other file is a source named by its stem. A folder stands for the files
that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.records import Finding, Place
from schema.errors import BadInput

KINDS = {
    ".csv": "tables",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xlsb": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
    ".ifc": "ifc",
    ".json": "netbox",
}
"""Kind of file by its suffix."""


_ENDPOINTS = (
    "regions", "sites", "locations", "racks", "rack-groups", "manufacturers", "device-types", "device-roles", "roles",
    "devices", "power-panels", "power-feeds", "power-ports", "power-outlets", "interfaces", "front-ports", "rear-ports",
    "cables", "virtual-chassis", "location-types", "console-ports", "console-server-ports", "rack-roles", "device-bays",
    "module-bays", "modules", "inventory-items", "platforms", "tenants", "site-groups", "statuses", "circuits",
    "circuit-terminations",
)  # fmt: skip
NETBOX_FILES = {name: name for name in _ENDPOINTS}
"""What NetBox lists, by the names of its REST endpoints."""

COBIE_FILES = frozenset(
    {"facility", "floor", "space", "zone", "type", "component", "system", "assembly", "connection", "document",
     "attribute", "coordinate", "contact", "spare", "resource", "job", "impact", "issue", "picklists", "instruction"}
)  # fmt: skip
_NETBOX_COLUMNS = frozenset(
    {"device", "site", "status", "slug", "rack", "device_type", "power_panel", "display", "url"}
)
_PREFIX = re.compile(r"^(netbox|nautobot)?[-_ ]*(dcim)?[-_ ]*")
_PAGE = re.compile(r"-*(page)?-*[0-9]+$")


@dataclass(slots=True)
class SourceFiles:
    """The files of one source. `whole` is true where a folder was named, so that what it lacks is gone."""

    name: str
    files: list[Path] = field(default_factory=list[Path])
    whole: bool = False

    @property
    def kinds(self) -> set[str]:
        """The kinds of its files."""
        return {kind_of(file) for file in self.files}


def kind_of(file: Path) -> str:
    """Kind of a file by its name: ifc, netbox, cobie, tables, or workbook, whose sheets tell tables from COBie."""
    kind = KINDS[file.suffix.lower()]
    if kind == "tables" and not _is_table(file):
        if netbox_endpoint(file.stem):
            return "netbox"
        if file.stem.strip().casefold() in COBIE_FILES:
            return "cobie"
    return kind


def _is_table(file: Path) -> bool:
    """Whether a CSV file is one of our tables by its name, or by its columns."""
    if file.stem.lower().endswith(("assets", "relationships")):
        return True
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as stream:
            header = {name.strip().strip('"') for name in stream.readline(1 << 16).split(",")}
    except OSError:
        return False  # the reader tells what is wrong with it
    needed = ({"id", "label"}, {"source_id", "type", "target_id"})
    return any(columns <= header for columns in needed) and not header & _NETBOX_COLUMNS


def netbox_endpoint(stem: str) -> str | None:
    """What a file of NetBox or Nautobot lists, by its name; None where the name does not say."""
    name = _PAGE.sub("", _PREFIX.sub("", stem.strip().lower()).replace("_", "-").replace(" ", "-"))
    return NETBOX_FILES.get(name) or NETBOX_FILES.get(f"{name}s")


def resolve(paths: Sequence[str | Path], name: str | None = None) -> tuple[list[SourceFiles], list[Finding]]:
    """Group the files that `paths` name by source, in the order named; with `name` they are all one source.

    Raises BadInput for a path that is not there, may not be read, or holds nothing that the ingest knows.
    """
    sources: dict[str, SourceFiles] = {}
    findings: list[Finding] = []
    seen: set[Path] = set()
    for path in map(Path, paths):
        whole = path.is_dir()
        files = _files_of(path, findings) if whole else [_known(path)]
        for file in files:
            identity = file.resolve()
            if identity in seen:
                continue
            seen.add(identity)
            source = name or source_name(file)
            entry = sources.setdefault(source, SourceFiles(source))
            entry.files.append(file)
            entry.whole |= whole
    if name is not None and not name.strip():
        raise BadInput("--source: the name is empty")
    return list(sources.values()), findings


def source_name(file: Path) -> str:
    """Name of the source that a file belongs to."""
    stem = file.stem
    if file.suffix.lower() == ".json":
        return (file.resolve().parent.name or stem) if netbox_endpoint(stem) else stem
    if kind_of(file) in ("netbox", "cobie"):
        return file.resolve().parent.name or stem
    for part in ("assets", "relationships"):
        if stem == part:
            return file.resolve().parent.name or stem
        if stem.endswith(f"-{part}") and len(stem) > len(part) + 1:
            return stem[: -len(part) - 1]
    return stem


def _known(path: Path) -> Path:
    try:
        if not path.exists():
            raise BadInput(f"{path}: there is no such file or folder")
        if not path.is_file():
            raise BadInput(f"{path}: is neither a file nor a folder")
    except PermissionError as error:
        raise BadInput(f"{path}: may not be read (no rights)") from error
    if path.suffix.lower() not in KINDS:
        raise BadInput(f"{path}: cannot tell what it is; the ingest reads {', '.join(sorted(KINDS))}")
    return path


def _files_of(folder: Path, findings: list[Finding]) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except PermissionError as error:
        raise BadInput(f"{folder}: may not be read (no rights)") from error
    files = [entry for entry in entries if _is_export(entry)]
    if not files:
        raise BadInput(f"{folder}: holds no file that the ingest reads ({', '.join(sorted(KINDS))})")
    passed = _names(entry for entry in entries if entry.is_file() and entry not in files)
    if passed:
        findings.append(Finding("file-not-read", "info", f"not read: {passed}", Place(str(folder))))
    return files


def _is_export(entry: Path) -> bool:
    if entry.name.startswith((".", "~$")) or entry.name == "manifest.json":
        return False
    return entry.suffix.lower() in KINDS and entry.is_file()


def _names(entries: Iterable[Path], most: int = 5) -> str:
    names = [entry.name for entry in entries]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
