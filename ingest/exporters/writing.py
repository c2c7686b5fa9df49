"""One export: written beside its place and moved there when it is whole, so that no half of one is ever left."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ingest.exporters.content import Content, below_building, part
from ingest.records import Progress
from schema.errors import BadInput
from twin.graph.store import Store

Format = Literal["tables", "ifc"]


@dataclass(slots=True)
class Exported:
    """What was written: the files, how many of each kind of thing, and what was left out."""

    files: list[Path]
    counts: dict[str, int]
    left: list[str] = field(default_factory=list[str])

    def to_dict(self) -> dict[str, Any]:
        """As one JSON document."""
        return {"files": [str(file) for file in self.files], **self.counts, "left_out": self.left}


def export(  # noqa: PLR0913 - what, where and how
    store: Store,
    folder: Path,
    form: Format = "tables",
    *,
    ids: Sequence[str] = (),
    buildings: Sequence[str] = (),
    upstream: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write the graph, or the part below `ids` and `buildings`, into a folder.

    Raises BadInput where an id is unknown, the graph is empty, or a file is there already and not to be replaced.
    """
    folder = folder.absolute()
    names = _names(folder, form)
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise BadInput(f"{folder / there[0]} is there already; --overwrite replaces it")
    if not store.read("MATCH (a:Asset) RETURN 1 LIMIT 1"):
        raise BadInput("the graph holds no assets; nothing was exported")
    roots = [*ids, *(below_building(store, buildings) if buildings else ())]
    content = Content(store, part(store, roots, upstream=upstream) if roots else None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".twin-export-", dir=folder) as draft:
            counts = _write(Path(draft), names, form, content, progress)
            for name in names:
                shutil.move(Path(draft) / name, folder / name)
    except OSError as error:
        raise BadInput(f"{error.filename or folder}: cannot be written ({error.strerror or error})") from error
    return Exported([folder / name for name in names], counts, content.left.lines())


def _names(folder: Path, form: Format) -> list[str]:
    if form == "ifc":
        return [f"{folder.name or 'campus'}.ifc"]
    from ingest.exporters.tables import FILES  # noqa: PLC0415 - one of two formats

    return list(FILES)


def _write(
    draft: Path, names: Sequence[str], form: Format, content: Content, progress: Progress | None
) -> dict[str, int]:
    if form == "ifc":
        from ingest.exporters.ifc import write_model  # noqa: PLC0415

        return write_model(draft / names[0], content, progress)
    from ingest.exporters.tables import write_tables  # noqa: PLC0415

    return write_tables(draft, content, progress)
