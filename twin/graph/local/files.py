"""Files that several processes share: a lock among processes, private files, and errors of the disk as one line."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Generator
from pathlib import Path

from schema.errors import BadInput, Unreachable

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextlib.contextmanager
def locked(file: Path, waiting: Callable[[], None] | None = None) -> Generator[None]:
    """Hold an exclusive lock among processes; it ends with the process, however that ends.

    `waiting` is called once where another process holds the lock.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone may read, whole or not at all, never readable in between."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def disk_errors(place: Path) -> Generator[None]:
    """Turn what the disk refuses into one line: Unreachable where it is full, BadInput where the place is wrong."""
    try:
        yield
    except OSError as error:
        where = error.filename or place
        if error.errno in _FULL:
            raise Unreachable(f"{where}: the disk is full") from error
        raise BadInput(f"{where}: cannot be written ({error.strerror or error})") from error
