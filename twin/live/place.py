"""The folder `live` of TWIN_HOME: which file the state is in, who writes it, and what the writer says of itself.

The writer holds a lock on `lock` as long as it lives, however it ends; so nobody has to guess from process numbers.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from schema.errors import BadInput, Unreachable

NOT_RUNNING = "no live process keeps live state here: start `twin live mqtt`, `simulate` or `replay`"
PATIENCE_S = 2.0
"""How long a new writer waits for the lock; readers hold it for an instant when they look whether anybody does."""

ANSWERS_WITHIN_S = 5.0


class Place:
    """The folder, and the names in it."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "live"
        self.lock = self.folder / "lock"
        self.current = self.folder / "current.json"
        self.status = self.folder / "status.json"
        self.alarms = self.folder / "alarms.json"
        self.sources = self.folder / "sources.json"
        self.suspects = self.folder / "suspects.json"
        self.requests = self.folder / "requests"

    def occupy(self) -> IO[str]:
        """Become the writer of this folder; keep what is returned. Raises BadInput where somebody else is."""
        self.requests.mkdir(parents=True, exist_ok=True)
        file = self.lock.open("a")
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if time.monotonic() > until:
                    file.close()
                    known = read_json(self.current)
                    raise BadInput(
                        f"a live process keeps live state in {self.folder} already (process {known.get('pid', '?')})"
                    ) from error
                time.sleep(0.05)
            else:
                # What an earlier process said of itself is no news any more.
                self.status.unlink(missing_ok=True)
                self.suspects.unlink(missing_ok=True)
                return file

    def occupied(self) -> bool:
        """Whether a live process is there."""
        try:
            with self.lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def require_writer(self) -> None:
        """Raise Unreachable where no live process is."""
        if not self.occupied():
            raise Unreachable(NOT_RUNNING)

    def acknowledge(self, ids: Sequence[str] | None) -> None:
        """Ask the live process to note that the alarms of these assets (None: all) were seen, and wait until it has.

        Raises Unreachable where it does not answer.
        """
        request = self.requests / f"{uuid.uuid4().hex}.json"
        write_json(request, {"acknowledge": None if ids is None else list(ids)})
        until = time.monotonic() + ANSWERS_WITHIN_S
        while request.exists():
            if time.monotonic() > until:
                request.unlink(missing_ok=True)
                raise Unreachable("the live process does not answer")
            time.sleep(0.02)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is none, or none that can be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write an object to a file, all or nothing."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, ensure_ascii=False))  # json.dump has no fast way
    Path(temporary).replace(path)
