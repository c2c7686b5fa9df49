"""`twin doctor`: look at everything that the twin needs, and say what to do about what is wrong."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

import click

from schema.errors import BadModel, TwinError
from twin.cli import console
from twin.cli.options import Where, connection

if TYPE_CHECKING:
    from twin.graph.store import Store
    from twin.topology.model import Topology

State = Literal["ok", "note", "wrong"]
MARKS: Final[dict[State, str]] = {"ok": "✓", "note": "!", "wrong": "✗"}
STYLES: Final[dict[State, str]] = {"ok": "green", "note": "yellow", "wrong": "bold red"}
GIGABYTE: Final = 1_000_000_000
DISK_NEEDED: Final = 2 * GIGABYTE
"""The local Neo4j of the full reference campus takes about 1 GB, and as much again while it is loaded."""
IMPORTED_IN_PART: Final = "MATCH (s:Source) WHERE s.imported_at IS NULL RETURN s.name AS name ORDER BY name"
SAVED_IN_PART: Final = "MATCH (s:Scenario) WHERE s.saved_at IS NULL RETURN s.name AS name ORDER BY name"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
INDEXES: Final = "SHOW INDEXES YIELD name, state, populationPercent RETURN name, state, populationPercent"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found: `ok`, `note` (something is missing that not everybody needs) or `wrong`."""

    what: str
    state: State
    said: str
    advice: str = ""


@click.command()
@connection
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def doctor(where: Where, as_json: bool) -> int:
    """Check installation, folders, database, data and drawing; exit status 1 where something is wrong."""
    findings: list[Finding] = []
    for finding in _examined(where):
        findings.append(finding)
        if not as_json:
            _show(finding)
    wrong = sum(finding.state == "wrong" for finding in findings)
    if as_json:
        console.print_json({"ok": not wrong, "findings": [asdict(finding) for finding in findings]})
    else:
        click.echo(f"{wrong} of {len(findings)} checks found something wrong." if wrong else "All is well.")
    return int(wrong > 0)


def _show(finding: Finding) -> None:
    from rich.text import Text  # noqa: PLC0415 - not with --json

    line = Text(f"{MARKS[finding.state]} ", style=STYLES[finding.state])
    line.append(f"{finding.what}: ", style="bold").append(finding.said, style="none")
    console.out().print(line, soft_wrap=True)
    if finding.advice:
        console.out().print(Text(f"    → {finding.advice}"), soft_wrap=True)


def _examined(where: Where) -> Iterator[Finding]:
    yield from _installation()
    yield _folder()
    yield from _database(where)
    yield _live()
    yield _screen()
    yield _film()
    yield _kernels()


def _installation() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    missing = [name for name in _required() if not _installed(name)]
    if missing:
        yield Finding("packages", "wrong", f"missing: {', '.join(missing)}", "make setup")
    else:
        twin = metadata.version("campus-twin")
        yield Finding("packages", "ok", f"campus-twin {twin} with all that it needs, on Python {version}")


def _required() -> list[str]:
    """The distributions that the twin needs to run, extras apart."""
    lines = metadata.requires("campus-twin") or []
    return [_name_of(line) for line in lines if "extra ==" not in line]


def _name_of(requirement: str) -> str:
    for end, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:end]
    return requirement


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _folder() -> Finding:
    from twin.graph.endpoint import twin_home  # noqa: PLC0415

    home = twin_home()
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if not there.is_dir():
        return Finding("folder", "wrong", f"{there} is no folder", "name another one with TWIN_HOME")
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("folder", "wrong", f"{there} may not be written", "name another one with TWIN_HOME")
    said = f"{home}, {free / GIGABYTE:,.0f} GB free"
    if free < DISK_NEEDED:
        return Finding("folder", "note", said, "a large campus needs 2 GB: make room, or set TWIN_HOME")
    return Finding("folder", "ok", said)


def _database(where: Where) -> Iterator[Finding]:
    from twin.graph import connect  # noqa: PLC0415

    try:
        with console.progress() as progress:
            store = connect(where.uri, where.auth, where.database, progress=progress)
        with store:
            server = store.verify()
            yield _server(server, store)
            yield from _wire(store)
            yield _rights(store)
            yield _schema(store)
            yield _indexes(store)
            yield _imports(store)
            yield _scenarios(store)
    except TwinError as error:
        advice = "is TWIN_URI right, and does it run there?" if where.uri else "`twin down`, then `twin up` tells more"
        yield Finding("database", "wrong", str(error), advice)
        return
    yield from _model(where)


def _server(product: str, store: Store) -> Finding:
    """Neo4j 5.26, and the releases of 2025 and later, which are named after their year."""
    numbers = [int(part) for part in re.findall(r"\d+", product.partition("/")[2])[:2]]
    said = f"{product} at {store.endpoint.uri}, database {store.database or '(default)'}"
    if numbers and numbers < [5, 26]:
        return Finding("database", "wrong", said, "Neo4j 5.26 or a later release is needed")
    return Finding("database", "ok", said)


def _wire(store: Store) -> Iterator[Finding]:
    """Whether the password goes to another machine in clear."""
    parts = urlsplit(store.endpoint.uri)
    if parts.scheme.endswith("+ssc"):
        yield Finding("encryption", "note", "the server's certificate is not checked", "neo4j+s://, with TWIN_CA")
    elif parts.scheme.endswith("+s"):
        yield Finding("encryption", "ok", "TLS, and the certificate is checked")
    elif parts.hostname not in LOOPBACK:
        yield Finding("encryption", "note", f"{parts.hostname} is reached without TLS", "neo4j+s://, with TWIN_CA")


def _schema(store: Store) -> Finding:
    from twin.graph.migrations import state  # noqa: PLC0415

    found = state(store)
    found.require_known()
    if found.older:
        said = f"the graph is of version {found.version}, this program's is {found.latest}"
        return Finding("schema", "note", said, "`twin migrate`; the next `twin ingest` does it too")
    return Finding("schema", "ok", f"version {found.version}")


def _scenarios(store: Store) -> Finding:
    rows = store.read(SAVED_IN_PART)
    if rows:
        names = ", ".join(row["name"] for row in rows)
        return Finding("scenarios", "note", f"saved in part: {names}", "save them again, or `twin scenarios delete`")
    return Finding("scenarios", "ok", "none was interrupted")


def _live() -> Finding:
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.live.place import Place, read_json  # noqa: PLC0415

    place = Place(twin_home())
    if not place.occupied():
        return Finding("live", "ok", "no live process runs here")
    told = read_json(place.status)
    wrong = {name: told.get(name, 0) for name in ("malformed", "unknown", "gaps", "stale") if told.get(name)}
    said = f"{told.get('points_per_s', 0):,.0f} points a second"
    if wrong:
        counted = ", ".join(f"{count:,} {name}" for name, count in wrong.items())
        return Finding("live", "note", f"{said}; {counted}", "`twin live status` tells of which source")
    return Finding("live", "ok", said)


def _rights(store: Store) -> Finding:
    """Try to write, and take it back."""
    try:
        store.try_writing()
    except TwinError as error:
        return Finding("rights", "note", f"nothing can be written: {error}", "questions work; `twin ingest` does not")
    return Finding("rights", "ok", "this user may read and write")


def _indexes(store: Store) -> Finding:
    from schema.cypher import constraints, indexes  # noqa: PLC0415

    there = {row["name"]: row for row in store.read(INDEXES)}
    declared = [statement.split()[2] for statement in constraints()]
    declared += [statement.split()[3 if statement.startswith("CREATE FULLTEXT") else 2] for statement in indexes()]
    missing = [name for name in declared if name not in there]
    if missing:
        return Finding(
            "indexes", "note", f"{len(missing)} are missing, such as {missing[0]}", "the next `twin ingest` makes them"
        )
    failed = [name for name in declared if there[name]["state"] == "FAILED"]
    if failed:
        return Finding("indexes", "wrong", f"failed: {', '.join(failed)}", "drop them; `twin ingest` makes them again")
    filling = sum(there[name]["state"] != "ONLINE" for name in declared)
    return Finding("indexes", "ok", f"{len(declared)} there" + (f", {filling} being filled" if filling else ""))


def _imports(store: Store) -> Finding:
    parts = [row["name"] for row in store.read(IMPORTED_IN_PART)]
    if parts:
        return Finding(
            "imports", "wrong", f"interrupted: {', '.join(parts)}", "run `twin ingest` with the same files again"
        )
    return Finding("imports", "ok", "none was interrupted")


def _model(where: Where) -> Iterator[Finding]:
    """Build the topology and look for what questions refuse."""
    from twin.impact.question import require_sound  # noqa: PLC0415

    try:
        with where.campus() as campus:
            topology = campus.topology
        require_sound(topology)
    except BadModel as error:
        for problem in error.problems:
            yield Finding(
                "model", "wrong", problem, "mend it in the source and ingest again; --assume-worst asks anyway"
            )
    except TwinError as error:
        yield Finding("model", "wrong", str(error))
    else:
        yield _sound(topology)


def _sound(topology: Topology) -> Finding:
    if not len(topology):
        return Finding("model", "note", "the graph is empty", "`twin ingest PATH…`, or `twin demo`")
    return Finding("model", "ok", f"{len(topology):,} assets, and nothing contradicts itself")


def _screen() -> Finding:
    from viz.gl import NoGraphics, require  # noqa: PLC0415

    with _environment_kept():
        try:
            found = require()
        except NoGraphics as error:
            return Finding("drawing", "note", str(error), "all but `twin view` and the pictures works without")
    if found.screen:
        return Finding("drawing", "ok", f"windows and pictures, drawn by {found.renderer}")
    return Finding("drawing", "ok", f"pictures, drawn by {found.renderer}; no screen for windows")


@contextmanager
def _environment_kept() -> Generator[None]:
    """The drawing library is told by the environment how to draw; what comes later decides for itself."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _film() -> Finding:
    from viz.film import encoder  # noqa: PLC0415

    try:
        return Finding("films", "ok", f"written with {encoder()}")
    except TwinError as error:
        return Finding("films", "note", str(error), "only `twin view --walk` needs it")


def _kernels() -> Finding:
    from twin.impact._jit import kept  # noqa: PLC0415

    import_module("twin.impact.warm")  # imports every kernel
    count = kept()
    if not count:
        return Finding(
            "kernels", "note", "none is compiled yet", "`python -m twin.impact.warm`, else the first sweep waits for it"
        )
    return Finding("kernels", "ok", f"{count} compiled")


COMMANDS: list[click.Command] = [doctor]
"""Commands of this family."""
