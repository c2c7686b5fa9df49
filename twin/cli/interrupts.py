"""Ctrl-C, raised only where it can be borne.

Where a compiled kernel hands over its results, numba calls Python and does not look whether that raised: the process
crashes, or the interrupt is lost. Lost it is in finalizers, too, whose errors Python ignores. There it has to wait for
some milliseconds.
"""

from __future__ import annotations

import _thread
import signal
from threading import Timer
from types import FrameType
from typing import Final

_AGAIN_S: Final = 0.01
_UNBEARABLE: Final = frozenset({
    ("numba.core.serialize", "_numba_unpickle"),
    ("llvmlite.binding.executionengine", "_raw_object_cache_notify"),
    ("llvmlite.binding.executionengine", "_raw_object_cache_getbuffer"),
})  # fmt: skip
"""Module and function of what compiled code, or the compiler, calls."""


def set_up() -> None:
    """Take over Ctrl-C, unless who started us has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(_: int, frame: FrameType | None) -> None:
    at = frame
    while at is not None:
        name = at.f_code.co_name
        if name == "__del__" or (at.f_globals.get("__name__"), name) in _UNBEARABLE:
            again = Timer(_AGAIN_S, _thread.interrupt_main)
            again.daemon = True
            again.start()
            return
        at = at.f_back
    raise KeyboardInterrupt
