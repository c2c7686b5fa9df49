"""Kernels that run as plain Python until someone asks for them compiled.

A one-off command must not wait for numba (1.5 s to import). So a kernel is an ordinary function over arrays and named
tuples of arrays, and `compiled(kernel)` is the same function compiled, with every kernel that it calls compiled too.
Machine code is kept on disk in a folder named after the source text of all kernels, so that a changed kernel never meets
the machine code of an old one.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_MARK = "__twin_kernel__"


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function as one that `compiled` may compile: arrays, named tuples of arrays and scalars only."""
    setattr(function, _MARK, True)
    return function


def is_loaded() -> bool:
    """Whether numba is in this process already, so that compiled kernels cost no import."""
    return "numba" in sys.modules


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The compiled form of a kernel; made once."""
    return cast("Callable[P, R]", _compile(cast("FunctionType", function)))


@functools.cache
def _compile(function: FunctionType) -> Any:
    numba = _numba()
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        called = names.get(name)
        if getattr(called, _MARK, False) and called is not function:
            names[name] = _compile(cast("FunctionType", called))
    twin = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    twin.__module__, twin.__qualname__ = function.__module__, function.__qualname__
    return numba.njit(twin, cache=True, nogil=True)


@functools.cache
def _numba() -> Any:
    import numba  # noqa: PLC0415 - 1.5 s that a one-off question does not wait for

    numba.config.CACHE_DIR = str(_cache_folder(str(numba.__version__)))
    return numba


def _cache_folder(numba_version: str) -> Path:
    """A writable folder for machine code: the user's cache, else a temporary one."""
    state = hashlib.blake2b(numba_version.encode(), digest_size=8)
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        state.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    for place in (Path(base).expanduser() / "campus-twin", Path(tempfile.gettempdir()) / f"campus-twin-{os.getuid()}"):
        folder = place / f"kernels-{state.hexdigest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="campus-twin-kernels-"))
