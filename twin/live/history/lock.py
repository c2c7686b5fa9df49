"""One recorder at a time in a TWIN_HOME."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from schema.errors import TwinError


def only_recorder(history: Path) -> Callable[[], None]:
    """Take the lock of a history, and return what gives it back; it ends with the process, however that ends.

    Raises TwinError where another process holds it.
    """
    descriptor = os.open(history / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise TwinError(f"process {owner or 'unknown'} records into {history} already") from None
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return lambda: os.close(descriptor)
