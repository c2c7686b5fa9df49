"""The audit log: one JSON object a line, appended, readable by its owner alone.

A file that has reached `LARGEST` bytes is put aside under the time at which that happened, and none is ever deleted
here: how long a log is kept is the operator's to decide.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from schema.errors import TwinError
from twin.graph.local.files import disk_errors

LARGEST: Final = 10_000_000


class Audit:
    """The audit log of a TWIN_HOME. Several processes may write it at once."""

    def __init__(self, home: Path) -> None:
        self.file = home / "access" / "audit.jsonl"

    def note(  # noqa: PLR0913 - what a line holds
        self,
        what: str,
        *,
        who: str,
        how: str,
        result: str,
        address: str = "",
        on: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line: `who` did `what` `on` something, `how` they were known, from which address, with what `result`.

        Raises BadInput or Unreachable where the line cannot be kept.
        """
        told = {"at": _now(), "who": who, "how": how, "from": address, "what": what, "on": on, "result": result}
        line = json.dumps({**told, **({"details": details} if details else {})}, ensure_ascii=False) + "\n"
        with disk_errors(self.file), self._locked() as descriptor:
            _append(descriptor, line.encode())

    def require(self) -> None:
        """Raise BadInput or Unreachable where nothing could be noted, before what should be noted is done."""
        with disk_errors(self.file), self._locked():
            pass

    @contextmanager
    def doing(
        self, what: str, *, who: str, how: str, on: str = "", details: Mapping[str, Any] | None = None
    ) -> Generator[dict[str, Any]]:
        """Note what is done within, and how it ended; add to what is yielded what becomes known meanwhile."""
        self.require()
        known = dict(details or {})
        try:
            yield known
        except BaseException as error:
            result = f"failed: {error}" if isinstance(error, TwinError) else f"failed: {type(error).__name__}"
            self.note(what, who=who, how=how, on=on, details=known, result=result)
            raise
        self.note(what, who=who, how=how, on=on, details=known, result="done")

    def lines(self, since: str = "", *, who: str = "", what: str = "") -> list[dict[str, Any]]:
        """What was noted, oldest first: since a time (ISO 8601, UTC), by somebody, of a kind (or its beginning)."""
        found: list[dict[str, Any]] = []
        for file in [*sorted(self.file.parent.glob("audit-*.jsonl")), self.file]:
            if not file.exists():
                continue
            with disk_errors(file):
                text = file.read_text("utf-8", errors="replace")
            found += [line for line in map(_read, text.splitlines()) if line is not None]
        return [
            line
            for line in found
            if line["at"] >= since
            and (not who or line["who"].casefold() == who.casefold())
            and str(line["what"]).startswith(what)
        ]

    @contextmanager
    def _locked(self) -> Generator[int]:
        """The file, open for appending, while nobody else writes; a full one put aside before."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if not self._is(descriptor):
                    continue  # somebody put it aside while we waited
                if os.fstat(descriptor).st_size >= LARGEST:
                    self.file.rename(self.file.with_name(f"audit-{_now().replace(':', '')}.jsonl"))
                    continue
                yield descriptor
                return
            finally:
                os.close(descriptor)

    def _is(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.file.stat())
        except FileNotFoundError:
            return False


def command_user() -> str:
    """Who runs this command, as the system has it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _append(descriptor: int, line: bytes) -> None:
    # A line that a full disk cut short is closed first, so that it spoils no other.
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line
    while line:
        line = line[os.write(descriptor, line) :]
    os.fsync(descriptor)


def _read(line: str) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    known = cast("dict[str, Any]", found)
    return known if {"at", "who", "what"} <= known.keys() else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
