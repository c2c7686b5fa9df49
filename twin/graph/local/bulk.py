"""Neo4j's own offline import: a whole database from CSV files, put in the place of an empty one, or of none yet.

    TWIN_HOME/neo4j/.bulk/         a home of its own, where the import tool builds the database; ours answers meanwhile
        csv/                       what it reads
        data/databases/neo4j/      what it writes, with data/transactions/neo4j/
        complete                   written when ours is stopped; from here on the move is only finished, never undone

Ended at any moment, by force even, it leaves either the empty database as it was, or the whole new one: `finish`,
which every start of the local Neo4j calls, completes a move that has begun.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from schema.errors import TwinError
from twin.graph.local import jars, process
from twin.graph.local.files import disk_errors, locked, write_private
from twin.graph.local.home import DATABASE, Home

Progress = Callable[[str, int, int], None]

FOLDER = ".bulk"
CSV = "csv"
_COMPLETE = "complete"
_PARTS = ("databases", "transactions")
_PLAN = {"array-delimiter": "U+001F", "id-type": "actual", "normalize-types": "false"}
_HEAP = "1g"
_LONG = 750_000  # nodes and relationships, 50 MB: from about here on Java's better code pays within one import
_PHASE = re.compile(r"\((\d)/4\)")
_PHASES = 4
_DOTS_PER_PHASE = 100
WHAT = "Neo4j's bulk import (%)"
SEPARATOR = "\x1f"
"""Between the elements of a list in one field."""


@dataclass(slots=True)
class BulkFiles:
    """The CSV files of one bulk import in the folder `csv` of a staging home, each with a header line of Neo4j's kind.

    `nodes` are (labels joined by colons, file name), numbered from 0 through all files in their order; `relationships`
    are (type, file name). `multiline` says that a value holds a line break.
    """

    nodes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    relationships: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    multiline: bool = False

    def arguments(self) -> list[str]:
        """What the import tool is called with."""
        options = dict(_PLAN)
        if self.multiline:
            options["multiline-fields"] = "true"
        return [
            "database",
            "import",
            "full",
            DATABASE,
            *(f"--{name}={value}" for name, value in options.items()),
            *(f"--nodes={labels}={CSV}/{file}" for labels, file in self.nodes),
            *(f"--relationships={name}={CSV}/{file}" for name, file in self.relationships),
        ]


@contextmanager
def staging(place: Home) -> Generator[Home]:
    """An empty home to import into; one process at a time has it, and it is gone afterwards."""
    with disk_errors(place.folder), locked(place.folder / f"{FOLDER}.lock"):
        stage = _stage(place)
        _discard(place)
        stage.make()
        stage.take_release(place.release)
        (stage.folder / CSV).mkdir()
        try:
            yield stage
        finally:
            _discard(place)


class Build(Protocol):
    """The import tool, started, and what has it import."""

    def __call__(self, files: BulkFiles, meanwhile: Callable[[], None] | None = None) -> None:
        """Import the files into the staging home, and call `meanwhile` beside it; what that raises ends the import.

        Raises TwinError where the tool refuses the files.
        """
        ...


@contextmanager
def builder(stage: Home, things: int, progress: Progress | None = None) -> Generator[Build]:
    """Start the import tool for so many nodes and relationships, so that it is ready when their files are."""
    with disk_errors(stage.folder):
        stage.write_configuration(0, 0)
    jar_folder = jars.ensure(stage.release, progress)
    with process.admin_begun(stage, jar_folder, heap=_HEAP, short=things < _LONG) as tool:

        def build(files: BulkFiles, meanwhile: Callable[[], None] | None = None) -> None:
            with disk_errors(stage.folder):
                tool(files.arguments(), _Dots(progress).hear, meanwhile)
            if not _built(stage, _PARTS[0]).exists():
                raise TwinError("neo4j-admin database import said that it was through, but there is no database")
            shutil.rmtree(stage.folder / CSV, ignore_errors=True)

        yield build


def seal(place: Home) -> None:
    """Say that the staging home is whole. The Neo4j of the folder is stopped, and `place.lock` held."""
    write_private(_stage(place).folder / _COMPLETE, "")


def sealed(place: Home) -> bool:
    """Whether a whole database waits in the staging home for its move."""
    return (_stage(place).folder / _COMPLETE).exists()


def finish(place: Home) -> None:
    """Move a whole database out of the staging home into its place. Nothing where there is none.

    The Neo4j of the folder is stopped, and `place.lock` held. May be ended and called again at any moment.
    """
    if not sealed(place):
        return
    stage = _stage(place)
    for part in _PARTS:
        built = _built(stage, part)
        if built.exists():
            target = place.folder / "data" / part / DATABASE
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            built.rename(target)
    place.renew_generation()
    (stage.folder / _COMPLETE).unlink()
    shutil.rmtree(stage.folder, ignore_errors=True)


def _stage(place: Home) -> Home:
    return Home(place.folder / FOLDER)


def _built(stage: Home, part: str) -> Path:
    return stage.folder / "data" / part / DATABASE


def _discard(place: Home) -> None:
    """Delete what an interrupted import left, but for a whole database that waits for its move."""
    if not sealed(place):
        shutil.rmtree(_stage(place).folder, ignore_errors=True)


class _Dots:
    """How far the tool is, from what it prints: a line for each of four phases, then dots and percents."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.phase = 0

    def hear(self, line: str) -> None:
        """Take in a line."""
        if self.progress is None:
            return
        found = _PHASE.search(line)
        if found:
            self.phase = int(found[1]) - 1
        percent = re.search(r"(\d+)%", line)
        done = int(percent[1]) if percent else 0
        self.progress(WHAT, (self.phase * _DOTS_PER_PHASE + done) // _PHASES, 100)
