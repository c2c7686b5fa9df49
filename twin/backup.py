"""A backup of a twin home in one file: the graph, and the history of live state.

    NAME.tar
        manifest.json     what it is, by which versions, when, and each member's size and SHA-256
        neo4j.dump        Neo4j's own dump of the database
        history/…         the Parquet files, and the marks of where a live process began anew

Snapshots, jars, kernels and passwords are not in it: all but the passwords are made anew, and a restored home keeps or
draws its own password.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from schema.errors import BadInput, TwinError
from twin.graph import local
from twin.graph.endpoint import twin_home
from twin.graph.local.files import disk_errors
from twin.live.history.files import belongs
from twin.live.place import Place
from twin.topology.current import forget

Progress = Callable[[str, int, int], None]

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "neo4j.dump"
HISTORY: Final = "history"
_CHUNK: Final = 1 << 20
_TRIES: Final = 5


def back_up(file: Path, home: str | Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Write a backup of the local graph and its history to a file, all or nothing; returns its manifest.

    The local Neo4j is stopped for some seconds. Raises BadInput where the file is there already, or nothing to back up.
    """
    place = twin_home(home)
    if file.exists():
        raise BadInput(f"{file} is there already; name another file")
    with disk_errors(file), _aside(file.parent) as work:
        local.dump(work, place, progress)
        _link_history(place / HISTORY, work / HISTORY)
        members = {str(path.relative_to(work)): path for path in sorted(work.rglob("*")) if path.is_file()}
        manifest = _manifest(members, local.home_of(place).release.version, progress)
        draft = work / "backup.tar"
        with tarfile.open(draft, "w") as archive:
            _add_text(archive, MANIFEST, json.dumps(manifest, indent=1))
            for number, (name, path) in enumerate(members.items()):
                archive.add(path, name, recursive=False)
                _tell(progress, "writing the backup (files)", number + 1, len(members))
        draft.chmod(0o600)
        _sync(draft)
        draft.replace(file)
    return manifest


def restore(
    file: Path, home: str | Path | None = None, progress: Progress | None = None, *, overwrite: bool = False
) -> dict[str, Any]:
    """Put the graph and the history of a backup into the home; returns the backup's manifest.

    The backup is unpacked and checked as a whole before anything is replaced. Raises BadInput where it is none, is
    damaged, or the home holds a graph or a history already and `overwrite` is not set.
    """
    place = twin_home(home)
    if Place(place).occupied():
        raise BadInput(f"a live process writes to {place}; stop it first")
    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
        with _aside(place) as work:
            manifest = _unpack(file, work, progress)
            if not overwrite:
                _require_empty(place, progress)
            local.load(work, str(manifest.get("neo4j", "")), place, progress)
            _replace_folder(work / HISTORY, place / HISTORY, work / "replaced")
            # The restored database counts its transactions as the old one did: equal bookmarks may mean another graph.
            forget(place / "topology" / "local")
    return manifest


def read_manifest(file: Path) -> dict[str, Any]:
    """What a backup says of itself. Raises BadInput where the file is none."""
    with _opened(file) as archive:
        return _manifest_of(file, archive)


@contextmanager
def _aside(beside: Path) -> Generator[Path]:
    """A folder on the same disk, gone afterwards, whose files nobody else may read."""
    beside.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".backup-", dir=beside))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _link_history(source: Path, target: Path) -> None:
    """Take the files of history as they are at one moment; the live process may merge them meanwhile."""
    for _ in range(_TRIES):
        shutil.rmtree(target, ignore_errors=True)
        before = _history_files(source)
        try:
            for path in before:
                there = target / path.relative_to(source)
                there.parent.mkdir(parents=True, exist_ok=True)
                _link(path, there)
        except FileNotFoundError:
            continue
        if before == _history_files(source):
            return
    raise TwinError(f"{source} changes all the time; stop the live process, then back up")


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)


def _history_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if belongs(path.name)) if folder.is_dir() else []


def _manifest(members: dict[str, Path], release: str, progress: Progress | None) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for number, (name, path) in enumerate(members.items()):
        with path.open("rb") as opened:
            described[name] = {"bytes": path.stat().st_size, "sha256": _sha256(opened)}
        _tell(progress, "checksums (files)", number + 1, len(members))
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "twin": metadata.version("campus-twin"),
        "neo4j": release,
        "members": described,
    }


def _sha256(opened: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := opened.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    content = text.encode()
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


@contextmanager
def _opened(file: Path) -> Generator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as archive:
            yield archive
    except FileNotFoundError:
        raise BadInput(f"{file}: there is no such file") from None
    except tarfile.TarError as error:
        raise BadInput(f"{file} is no backup of a twin, or damaged: {error}") from error


def _manifest_of(file: Path, archive: tarfile.TarFile) -> dict[str, Any]:
    first = archive.next()
    opened = archive.extractfile(first) if first and first.name == MANIFEST else None
    if opened is None:
        raise BadInput(f"{file} is no backup of a twin: it does not begin with {MANIFEST}")
    try:
        found = json.loads(opened.read())
        known, members = found["format"], found["members"]
        sound = all(isinstance(entry["sha256"], str) and entry["bytes"] >= 0 for entry in members.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(f"{file}: its {MANIFEST} cannot be read") from None
    if not sound or DUMP not in members:
        raise BadInput(f"{file}: its {MANIFEST} names no {DUMP}")
    if known != FORMAT:
        raise BadInput(f"{file} has format {known}, which this twin does not know (it knows {FORMAT})")
    return cast("dict[str, Any]", found)


def _unpack(file: Path, work: Path, progress: Progress | None) -> dict[str, Any]:
    """Write the members of a backup into a folder, and check that each is there as the manifest says."""
    with _opened(file) as archive:
        manifest = _manifest_of(file, archive)
        wanted: dict[str, Any] = dict(manifest["members"])
        total = len(wanted)
        for entry in _entries(archive):
            described = wanted.pop(entry.name, None)
            if described is None or not _within(entry.name):
                raise BadInput(f"{file} holds {entry.name!r}, which its {MANIFEST} does not name")
            _write(archive, entry, work / entry.name, described, file)
            _tell(progress, "unpacking the backup (files)", total - len(wanted), total)
    if wanted:
        raise BadInput(f"{file} is damaged: {next(iter(wanted))} is missing")
    return manifest


def _entries(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while entry := archive.next():
        yield entry


def _within(name: str) -> bool:
    """Whether a member is what we write: the dump, or a file of history."""
    path = PurePosixPath(name)
    return name == DUMP or (path.parts[0] == HISTORY and ".." not in path.parts and belongs(path.name))


def _write(archive: tarfile.TarFile, entry: tarfile.TarInfo, target: Path, described: Any, file: Path) -> None:
    opened = archive.extractfile(entry) if entry.isfile() else None
    if opened is None:
        raise BadInput(f"{file} is damaged: {entry.name} is no file")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w+b") as written:
        try:
            shutil.copyfileobj(opened, written, _CHUNK)
        except tarfile.ReadError as error:
            raise BadInput(f"{file} is damaged: {entry.name} ends early") from error
        written.seek(0)
        if _sha256(written) != described["sha256"]:
            raise BadInput(f"{file} is damaged: {entry.name} has another checksum than when it was made")


def _require_empty(place: Path, progress: Progress | None) -> None:
    if _history_files(place / HISTORY):
        raise BadInput(f"{place} holds a history already; --overwrite replaces it")
    if not local.home_of(place).initialised:
        return
    from twin.graph.store import Store  # noqa: PLC0415 - the driver takes half a second

    with Store(local.start(place, progress)) as store:
        if store.read("MATCH (n) RETURN n LIMIT 1"):
            raise BadInput(f"{place} holds a graph already; --overwrite replaces it")


def _replace_folder(new: Path, place: Path, old: Path) -> None:
    """Put a folder into the place of another; the history of a backup without one is empty."""
    if place.exists():
        place.rename(old)
    if new.exists():
        new.rename(place)


def _sync(path: Path) -> None:
    with path.open("rb") as opened:
        os.fsync(opened.fileno())


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress:
        progress(what, done, total)
