"""The process of one job. It reads what to do from standard input, and tells how it goes in lines of JSON.

Run as `python -m twin.service.jobs.work` in the folder that holds the files. SIGINT ends it in order; what an import
has written by then is completed by the next one.
"""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel

from schema.errors import Interrupted, TwinError
from twin.service.worker import Where

TOLD_EVERY_S: Final = 0.2
EXPORTED: Final = "export.zip"
MAPPING: Final = ".mapping.toml"
INTERRUPTED: Final = 130


class Work(BaseModel):
    """What to do. `paths`: what to import, below the folder of the process, where `mapping` lies as well."""

    kind: Literal["ingest", "export"]
    where: Where
    paths: list[str] = []
    source: str | None = None
    strict: bool = False
    dry_run: bool = False
    mapping: bool = False
    form: Literal["tables", "ifc"] = "tables"
    ids: list[str] = []
    buildings: list[str] = []
    upstream: bool = False


def tell(document: dict[str, Any]) -> None:
    """Send a line to the server."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def progress() -> Callable[[str, int, int], None]:
    """What tells how far it is, not more often than anybody looks."""
    told_s: dict[str, float] = {}

    def report(what: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s - told_s.get(what, -1.0) < TOLD_EVERY_S and (not total or done < total):
            return
        told_s[what] = now_s
        tell({"progress": {"what": what, "done": done, "total": total or None}})

    return report


def ingest(work: Work) -> dict[str, Any]:
    """Import; returns the report."""
    from ingest.run import Options, Refused  # noqa: PLC0415
    from ingest.run import ingest as imported  # noqa: PLC0415
    from twin.graph import Store, connect  # noqa: PLC0415

    stores: list[Store] = []

    def opened() -> Store:
        where = work.where
        stores.append(connect(where.uri, where.auth, where.database, where.home))
        return stores[-1]

    # Through Bolt: the bulk import would stop the Neo4j that the server is connected to.
    mapping = Path(MAPPING) if work.mapping else None
    options = Options(work.source, work.dry_run, work.strict, mapping, way="bolt")
    try:
        return imported(work.paths, opened, options, progress()).to_dict()
    except Refused as error:
        tell({"report": error.report.to_dict()})
        raise
    finally:
        for store in stores:
            store.close()


def export(work: Work) -> dict[str, Any]:
    """Export into one archive; returns what is in it."""
    from ingest.exporters.writing import export as exported  # noqa: PLC0415
    from twin.graph import connect  # noqa: PLC0415

    where, folder = work.where, Path("files")
    with connect(where.uri, where.auth, where.database, where.home) as store:
        done = exported(
            store, folder, work.form, ids=work.ids, buildings=work.buildings, upstream=work.upstream,
            progress=progress(),
        )  # fmt: skip
    with zipfile.ZipFile(EXPORTED, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for file in done.files:
            archive.write(file, file.name)
    return done.to_dict() | {"files": [file.name for file in done.files]}


def main() -> int:
    """Entry point of the process."""
    work = Work.model_validate_json(sys.stdin.readline())
    try:
        tell({"report": ingest(work) if work.kind == "ingest" else export(work)})
    except (KeyboardInterrupt, Interrupted):
        return INTERRUPTED
    except TwinError as error:
        tell({"error": " ".join(str(error).split()), "status": error.exit_status})
    return 0


if __name__ == "__main__":
    sys.exit(main())
