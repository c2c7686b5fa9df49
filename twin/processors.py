"""The processors that this process may use, and how its helping threads leave them to others."""

from __future__ import annotations

import os
import threading


def usable() -> int:
    """How many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_way(niceness: int) -> None:
    """From now on let all other threads, of this process and of others, go before the one that calls this.

    `niceness`: 1 to 19; against one other at 5 it gets a quarter of a processor, at 10 a tenth.
    """
    # Linux counts priorities by thread; elsewhere this would slow the whole process down.
    if hasattr(os, "sched_setaffinity"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
