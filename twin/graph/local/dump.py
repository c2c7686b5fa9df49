"""The database of the local Neo4j as one file, by Neo4j's own dump and load; Neo4j is stopped for either."""

from __future__ import annotations

import shutil
from pathlib import Path

from schema.errors import BadInput
from twin.graph.endpoint import Endpoint
from twin.graph.local import bulk, process, server
from twin.graph.local.files import disk_errors
from twin.graph.local.home import DATABASE

FILE = f"{DATABASE}.dump"
WHAT = "dumping the database"


def dump(folder: Path, home: str | Path | None = None, progress: server.Progress | None = None) -> Path:
    """Write the database into a folder as neo4j.dump; a Neo4j that ran is started again.

    Raises BadInput where there is no local database yet.
    """
    place = server.home_of(home)
    if not place.initialised:
        raise BadInput(f"{place.folder.parent}: there is no local Neo4j here to back up")
    arguments = ("database", "dump", DATABASE, f"--to-path={folder}", "--overwrite-destination=true")
    with server.stopped(home, progress) as (place, jars):
        if progress:
            progress(WHAT, 0, 1)
        try:
            process.admin(place, jars, arguments)
        except process.Unrecovered:
            server.recover(place, jars, progress)
            process.admin(place, jars, arguments)
        if progress:
            progress(WHAT, 1, 1)
    return folder / FILE


def load(
    folder: Path, made_by: str, home: str | Path | None = None, progress: server.Progress | None = None
) -> Endpoint:
    """Put the database of neo4j.dump in a folder into the place of the present one; Neo4j runs afterwards.

    It is built aside first: one that cannot be read changes nothing, and so does being interrupted. `made_by` is the
    version of Neo4j that dumped it; an older one is upgraded by Neo4j. Raises BadInput for a newer one.
    """
    server.start(home, progress)  # makes the home where there is none, and fetches the jars
    release = server.home_of(home).release
    if _numbers(made_by)[:2] > _numbers(release.version)[:2]:
        raise BadInput(
            f"the backup was made by Neo4j {made_by}, and {server.home_of(home).folder} is of {release.version}, which"
            f" cannot read it: restore into an empty TWIN_HOME with TWIN_NEO4J={made_by.partition('.')[0]}"
        )
    with bulk.staging(server.home_of(home)) as stage:
        shutil.rmtree(stage.folder / bulk.CSV)
        with disk_errors(stage.folder):
            stage.write_configuration(0, 0)
            arguments = ("database", "load", DATABASE, f"--from-path={folder}", "--overwrite-destination=true")
            process.admin(stage, server.jars.ensure(stage.release, progress), arguments)
        return server.replace(home, progress)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
