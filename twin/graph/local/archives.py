"""Java's archives of loaded classes, with which Neo4j starts in two thirds of the time (class data sharing).

    ~/.cache/campus-twin/neo4j-5.26.30/archives/DIGEST/    of one Java and these jars
        java.jsa           Java's own classes, written before the first start in about a second
        neo4j-TOKEN.jsa    those of Neo4j on top, written by the first Neo4j that ends in good order

An archive is never needed: Java goes on without one that is missing, broken, or of another Java or other jars
(JEP 310, 350). It writes the head of an archive last, so that a whole one is told by its first bytes.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from twin.graph.local.files import locked

_OWN = "java.jsa"
_LEFT_BEHIND_S = 3600.0

log = logging.getLogger("twin.graph")


def options(java: str, jars: Path, environment: Mapping[str, str], *, server: bool) -> list[str]:
    """Options for Java to start from archives: from that of Neo4j too, once there is one.

    `server`: it is Neo4j itself, whose end writes that archive where there is none.

    Empty where they cannot be written, which the log says: Java then starts without.
    """
    try:
        place = _place(Path(java), jars)
        own = place / _OWN
        if not own.exists():
            _write_own(java, own, environment)
        return _of_neo4j(own, write=server)
    except (OSError, subprocess.SubprocessError) as error:
        log.info("Java starts without archives of its classes: %s", error)
        return []


def _place(java: Path, jars: Path) -> Path:
    """The folder for this Java and these jars; Java itself compares sizes and times of files."""
    digest = hashlib.sha256()
    for file in (java.parent.parent / "lib" / "modules", *sorted(jars.glob("*.jar"))):
        seen = file.stat()
        digest.update(f"{file.name} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return jars / "archives" / digest.hexdigest()[:16]


def _write_own(java: str, own: Path, environment: Mapping[str, str]) -> None:
    """Write the archive of Java's own classes, and remove what an earlier Java or earlier jars left."""
    own.parent.mkdir(parents=True, exist_ok=True)
    with locked(own.parent.parent / ".lock"):
        if own.exists():
            return
        for other in own.parent.parent.iterdir():
            if other.is_dir() and other != own.parent:
                shutil.rmtree(other, ignore_errors=True)
        draft = own.with_name(f".{_OWN}")
        command = (java, "-Xshare:dump", f"-XX:SharedArchiveFile={draft}")
        subprocess.run(command, env=environment, capture_output=True, check=True, timeout=120)
        draft.replace(own)


def _of_neo4j(own: Path, *, write: bool) -> list[str]:
    files = sorted(own.parent.glob("neo4j-*.jsa"))
    whole = [file for file in files if _is_whole(file)]
    for file in files:
        if file in whole[1:] or (file not in whole and time.time() - file.stat().st_mtime > _LEFT_BEHIND_S):
            file.unlink(missing_ok=True)
    if whole:
        return [f"-XX:SharedArchiveFile={own}:{whole[0]}"]
    if not write:
        return [f"-XX:SharedArchiveFile={own}"]
    new = own.with_name(f"neo4j-{secrets.token_hex(4)}.jsa")
    return [f"-XX:SharedArchiveFile={own}", f"-XX:ArchiveClassesAtExit={new}"]


def _is_whole(file: Path) -> bool:
    with file.open("rb") as opened:
        return any(opened.read(4))
