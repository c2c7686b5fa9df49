"""Neo4j's jars: named by a lock, fetched once, checked by SHA-256, kept under the user's home.

    jars-5.26.lock ──► ~/.cache/campus-twin/neo4j-5.26.30/*.jar   (TWIN_CACHE names another folder)

Each line of the lock is `sha256 bytes group:artifact:version[:classifier]`. A jar comes from Maven's own cache
if its checksum is right there, else through jgo from the repositories that jgo's settings name (Maven Central
unless told otherwise). Neo4j Community is GPLv3 and runs as its own process; nothing of it is shipped with the twin.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from schema.errors import TwinError, Unreachable
from twin.graph.local.files import disk_errors, locked
from twin.graph.local.releases import Release

if TYPE_CHECKING:
    from jgo.maven import MavenContext

DOWNLOADS_AT_ONCE = 8
MEGABYTE = 1_000_000
WHAT = "fetching Neo4j, once (MB)"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Jar:
    """One jar of the lock: where Maven repositories keep it, how many bytes it has, and its checksum."""

    sha256: str
    size: int
    group: str
    artifact: str
    version: str
    classifier: str = ""

    @property
    def file_name(self) -> str:
        """The name that Maven gives the file."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.jar"

    @property
    def line(self) -> str:
        """The jar as a line of the lock."""
        coordinates = ":".join(filter(None, (self.group, self.artifact, self.version, self.classifier)))
        return f"{self.sha256} {self.size} {coordinates}"


def parse(text: str) -> list[Jar]:
    """Return the jars that the text of a lock names; lines that begin with # are comments."""
    jars: list[Jar] = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            sha256, size, coordinates = line.split()
            jars.append(Jar(sha256, int(size), *coordinates.split(":")))
    return jars


def lock(release: Release) -> list[Jar]:
    """Return the jars of the lock that the twin ships for a release."""
    return parse((resources.files("twin.graph.local") / release.lock_name).read_text(encoding="utf-8"))


def folder(release: Release) -> Path:
    """Return the folder that keeps the jars of a release, made or not."""
    named = os.environ.get("TWIN_CACHE")
    if named:
        base = Path(named).expanduser()
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "campus-twin"
    return base / f"neo4j-{release.version}"


def ensure(release: Release, progress: Progress | None = None) -> Path:
    """Return the folder with every jar of the lock in it, fetching what is missing.

    Raises Unreachable where the repositories cannot be reached, BadInput where the folder cannot be written.
    """
    jars = lock(release)
    target = folder(release)
    if _complete(target, jars):
        return target
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        with locked(target / ".lock"):
            missing = [jar for jar in jars if not _present(target, jar)]
            if missing:
                _fetch(target, missing, progress)
            (target / ".checked").write_text(_digest(jars), encoding="utf-8")
    return target


def _digest(jars: list[Jar]) -> str:
    return hashlib.sha256("\n".join(jar.line for jar in jars).encode()).hexdigest()


def _complete(target: Path, jars: list[Jar]) -> bool:
    """Tell whether this lock's checksums were all checked once, and every file still has its size."""
    try:
        if (target / ".checked").read_text(encoding="utf-8") != _digest(jars):
            return False
        return all((target / jar.file_name).stat().st_size == jar.size for jar in jars)
    except OSError:
        return False


def _present(target: Path, jar: Jar) -> bool:
    return _is(target / jar.file_name, jar)


def _is(file: Path, jar: Jar) -> bool:
    try:
        if file.stat().st_size != jar.size:
            return False
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _fetch(target: Path, missing: list[Jar], progress: Progress | None) -> None:
    """Bring the missing jars into the folder, several at once; a jar appears there only when it is right."""
    counter = _Counter(sum(jar.size for jar in missing), progress)
    staging = target / ".staging"
    context = _context(staging, counter)

    def bring(jar: Jar) -> None:
        if not counter.stopped:
            _bring(context, target, jar, counter)

    try:
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            try:
                for _ in pool.map(bring, missing):
                    pass
            except BaseException:
                counter.stopped = True
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _bring(context: MavenContext, target: Path, jar: Jar, counter: _Counter) -> None:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier)
    maven_copy = _maven_cache() / artifact.component.path_prefix / jar.file_name
    staged = context.repo_cache / artifact.component.path_prefix / jar.file_name
    if _is(maven_copy, jar):
        staged.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(maven_copy, staged)
        counter.add(jar.size)
    else:
        _download(artifact.resolve, target, jar)
    if not _is(staged, jar):
        raise Unreachable(
            f"{jar.file_name} came with another checksum than the lock names; fetch again, or look at the"
            " Maven repository that jgo is set to use"
        )
    staged.replace(target / jar.file_name)


def _download(resolve: Callable[[], Path], target: Path, jar: Jar) -> None:
    """Download one jar through jgo; whatever the way is blocked by becomes one line."""
    import requests  # noqa: PLC0415 - jgo's, and only when jars are fetched

    try:
        resolve()
    except (requests.RequestException, RuntimeError, AssertionError) as error:
        raise Unreachable(
            f"Neo4j's jars cannot be fetched ({jar.file_name}: {_reason(error)}): name a Neo4j with TWIN_URI,"
            f" or carry the folder {target} over from a machine that has it"
        ) from error


def _reason(error: BaseException) -> str:
    import requests  # noqa: PLC0415

    if isinstance(error, requests.Timeout):
        return "the Maven repository did not answer in time"
    if isinstance(error, requests.RequestException):
        return "the Maven repository cannot be reached"
    return "the Maven repository does not have it"


def _maven_cache() -> Path:
    return Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")


def _context(staging: Path, counter: _Counter) -> MavenContext:
    """Return jgo's view of the repositories, with a cache of its own so that no half jar stays behind."""
    try:
        from jgo.config import GlobalSettings  # noqa: PLC0415 - only when jars are fetched
        from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415
    except ImportError as error:
        raise TwinError(f"jgo is not installed, which fetches the local Neo4j: {error}") from error
    repositories = {"central": MAVEN_CENTRAL_URL} | GlobalSettings.load().repositories
    resolver = PythonResolver(progress_callback=counter.download)
    return MavenContext(resolver=resolver, repo_cache=staging, remote_repos=repositories, timeout=30)


class _Counter:
    """Counts bytes over several threads and tells progress at most once for every hundredth of the whole."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.stopped = False
        self._total = total
        self._progress = progress
        self._done = 0
        self._told = 0
        self._guard = threading.Lock()

    def add(self, size: int) -> None:
        with self._guard:
            self._done += size
            if self._progress and (self._done - self._told) * 100 >= self._total:
                self._told = self._done
                self._progress(WHAT, min(self._done, self._total) // MEGABYTE, self._total // MEGABYTE)

    @contextlib.contextmanager
    def download(self, name: str, _size: int) -> Generator[Callable[[int], None]]:
        """Count one download; jgo calls this for the files that it streams, of which the lock counts jars alone."""
        yield self.add if name.endswith(".jar") else lambda _: None
