"""Kernels that run as plain Python until someone asks for them compiled.

A one-off command must not wait for numba (1.5 s to import). So a kernel is an ordinary function over arrays and
named tuples of arrays, and `compiled(kernel)` is the same function compiled, with every kernel that it calls
compiled too. Machine code is kept on disk in a folder named after the kernel and all that it calls, so that a
changed kernel never meets the machine code of an old one.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import Kind, check, kind_of

P = ParamSpec("P")
R = TypeVar("R")

_MARK = "__twin_kernel__"
_LEAN = "__twin_lean__"
_INLINED = "__twin_inlined__"


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function as one that `compiled` may compile: arrays, named tuples of arrays and scalars only."""
    setattr(function, _MARK, True)
    return function


def lean_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a kernel that makes no arrays (views of its arguments aside): no references are counted in it.

    A call with fifty arrays in named tuples otherwise counts fifty references up and down, half a microsecond.
    """
    setattr(function, _LEAN, True)
    return kernel(function)


def inlined_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a lean kernel that is compiled into each of its callers: fifty arrays are not handed over at every call."""
    setattr(function, _INLINED, True)
    return lean_kernel(function)


def is_loaded() -> bool:
    """Whether numba is in this process already, so that compiled kernels cost no import."""
    return "numba" in sys.modules


def is_at_hand(function: Callable[..., object]) -> bool:
    """Whether a kernel runs compiled at no cost: numba is loaded, and its machine code was made before."""
    return bool(_making) or (is_loaded() and _is_kept(cast("FunctionType", function)))


_making: list[bool] = []


@contextmanager
def making() -> Generator[None]:
    """Within it every kernel runs compiled, however little there is to do: machine code is made for later."""
    _making.append(True)
    try:
        yield
    finally:
        _making.pop()


_listeners: list[Callable[[], None]] = []


def when_compiling(listener: Callable[[], None]) -> None:
    """Have `listener` called once, before the first kernel of this process that no earlier one has compiled."""
    _listeners[:] = [listener]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The compiled form of a kernel; made once."""
    plain = cast("FunctionType", function)
    if _listeners and not _is_kept(plain):
        _listeners.pop()()
    return cast("Callable[P, R]", _callable(plain))


def plain(function: Callable[P, R]) -> Callable[P, R]:
    """The kernel as it stands: what runs in the place of `compiled` where the work is too little for the compiler."""
    return function


@functools.cache
def _callable(function: FunctionType) -> Any:
    """A compiled kernel as Python calls it."""
    declared = _declared(function)
    return _compile(function) if declared is None else Checked(_compile(function), function.__name__, declared)


@functools.cache
def _linked(function: FunctionType) -> Any:
    """A kernel as those that call it find it, who are linked with its intermediate code."""
    return _compile(function)


def _compile(function: FunctionType) -> Any:
    numba: Any = import_module("numba")  # 1.5 s that a one-off question does not wait for

    names = dict(function.__globals__)
    for name, called in _called(function):
        names[name] = _linked(called)
    twin = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    twin.__module__, twin.__qualname__ = function.__module__, function.__qualname__
    lean, inlined = hasattr(function, _LEAN), hasattr(function, _INLINED)
    with _kept_in(_folder_of(function), numba.config):
        options = {"_nrt": not lean, "forceinline": inlined, "no_cfunc_wrapper": True}
        dispatcher: Any = numba.njit(twin, cache=True, nogil=True, **options)
    if (declared := _declared(function)) is not None:
        types: Any = import_module("twin.impact._bundle_type")
        signature = tuple(types.type_of(kind) for kind in declared)
        compile_for = dispatcher.compile
        dispatcher.compile = functools.partial(_compile_one, compile_for, signature)
    return dispatcher


def _compile_one(compile_for: Callable[[object], object], declared: object, _used: object) -> object:
    """One form of a kernel, whatever integers it is called with."""
    return compile_for(declared)


@functools.cache
def _declared(function: FunctionType) -> tuple[Kind, ...] | None:
    """What a kernel takes, by its annotations; None if they leave it open, so that numba makes a form for each use."""
    hints = get_type_hints(function, include_extras=True)
    kinds = [kind_of(hints.get(name)) for name in function.__code__.co_varnames[: function.__code__.co_argcount]]
    return None if None in kinds else tuple(cast("list[Kind]", kinds))


class Checked:
    """A compiled kernel of declared arguments, called without numba's own look at each of them.

    Bundles and numbers are handed over as they are; arrays must be what the kernel says.
    """

    def __init__(self, dispatcher: Any, name: str, declared: tuple[Kind, ...]) -> None:
        self._dispatcher = dispatcher
        self._name = name
        self._declared = declared
        self._seen: set[tuple[object, ...]] = set()
        self._entry: Callable[..., Any] | None = None

    def __call__(self, *args: Any) -> Any:
        """Run it; raises TypeError for an argument of another kind."""
        key = tuple([_looks(value) for value in args])
        if key not in self._seen:
            for value, kind in zip(args, self._declared, strict=True):
                check(value, kind, self._name)
            self._seen.add(key)
        if self._entry is None:
            self._entry = self._dispatcher.compile(())
            _let_go(self._dispatcher)
        return cast("Callable[..., Any]", self._entry)(*args)

    @property
    def stats(self) -> Any:
        """Whether machine code was found or made, as numba tells it."""
        return self._dispatcher.stats


def _let_go(dispatcher: Any) -> None:
    """Let go of the intermediate code of a kernel that Python calls: half a megabyte for each, 35 MB in all.

    Numba keeps it beside the machine code for kernels still to be linked with it. Those link with `_linked`.
    """
    for made in dispatcher.overloads.values():
        made.library._shared_module = None


def _looks(value: object) -> object:
    """What of an argument decides whether it may be handed over."""
    if type(value) is not np.ndarray:
        return type(value)
    array: NDArray[Any] = value
    return array.dtype.num, array.ndim, array.flags.c_contiguous and array.flags.aligned


@contextmanager
def _kept_in(folder: Path, config: Any) -> Generator[None]:
    """While a kernel is decorated: numba keeps its machine code in this folder."""
    before = config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES
    config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = str(folder), f"{__name__}.KeptByContent"
    try:
        yield
    finally:
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before


class KeptByContent:
    """Where numba finds machine code again: in the folder named after all that it depends on, and nowhere else.

    By itself numba names it after path and line of the source and throws it away when the file changes in any way: each
    checkout would compile for minutes what another has compiled. The methods are those of numba's cache locators.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @classmethod
    def from_function(cls, _function: FunctionType, _file: str) -> KeptByContent:
        """The locator for the kernel that is being decorated."""
        return cls(cast("Any", import_module("numba")).config.CACHE_DIR)

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        Path(self._folder).mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        """The folder."""
        return self._folder

    def get_source_stamp(self) -> str:
        """Always the same: a changed kernel has another folder."""
        return ""

    def get_disambiguator(self) -> str:
        """Always the same: a folder holds one kernel."""
        return "kernel"

    @property
    def _py_file(self) -> str:
        """The file that numba names where it warns that a kernel cannot be kept."""
        return self._folder


@functools.cache
def _is_kept(function: FunctionType) -> bool:
    """Whether there is machine code of a kernel; looked up once, so that a process answers one way throughout."""
    return any(_folder_of(function).rglob("*.nbi"))


def _called(function: FunctionType) -> list[tuple[str, FunctionType]]:
    """The kernels that a kernel calls, by the name under which it knows them."""
    found = [(name, function.__globals__.get(name)) for name in function.__code__.co_names]
    return [(name, cast("FunctionType", value)) for name, value in found if hasattr(value, _MARK)]


@functools.cache
def _fingerprint(function: FunctionType) -> str:
    """What the machine code depends on: byte code, constants and named tuples of it and of all that it calls."""
    parts = [_how_compiled(), *_code_parts(function.__code__), repr(function.__annotations__)]
    parts += [str(hasattr(function, mark)) for mark in (_LEAN, _INLINED)]
    types = {word for text in function.__annotations__.values() for word in re.findall(r"\w+", str(text))}
    for name in sorted(types | set(function.__code__.co_names)):
        value = function.__globals__.get(name)
        if isinstance(value, int | float | str):
            parts.append(f"{name}={value!r}")
        if fields := getattr(value, "_fields", None):
            parts.append(f"{name}:{fields!r}:{getattr(value, '__annotations__', None)!r}")
    parts += [_fingerprint(called) for _, called in _called(function) if called is not function]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


@functools.cache
def _how_compiled() -> str:
    """What of this program decides how a kernel becomes machine code: here, and in the modules on bundles."""
    sources = [Path(__file__).with_name(name).read_bytes() for name in ("_jit.py", "_bundle.py", "_bundle_type.py")]
    return hashlib.blake2b(b"".join(sources), digest_size=8).hexdigest()


def _code_parts(code: CodeType) -> list[str]:
    """What a code object does. Comprehensions are constants of their own, which `repr` tells apart by their address."""
    parts = [code.co_code.hex(), repr(code.co_names)]
    for constant in code.co_consts:
        parts += _code_parts(constant) if isinstance(constant, CodeType) else [repr(constant)]
    return parts


@functools.cache
def _folder_of(function: FunctionType) -> Path:
    """Where the machine code of a kernel is kept."""
    from importlib.metadata import version  # noqa: PLC0415 - 50 ms that a one-off question does not wait for

    return _cache_folder(f"{version('numba')}-{_fingerprint(function)}")


def _cache_folder(name: str) -> Path:
    """A writable folder for machine code: in the user's cache, else a temporary one that nobody else may write to.

    What stands there is run. So a folder that another user could have made or changed is left alone.
    """
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    shared = Path(tempfile.gettempdir()) / f"campus-twin-{os.getuid()}"
    for place in (Path(base).expanduser() / "campus-twin", shared):
        if place == shared and not _is_private(place):
            continue
        folder = place / "kernels" / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    folder = _own_folder() / name
    folder.mkdir(exist_ok=True)
    return folder


def _is_private(place: Path) -> bool:
    """Whether a folder, made if it is not there, is this user's and closed to all others; a link is not."""
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


@functools.cache
def _own_folder() -> Path:
    """A folder of this process alone, deleted with it: the kernels are compiled anew each time."""
    folder = tempfile.TemporaryDirectory(prefix="campus-twin-kernels-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def kept() -> int:
    """How many kernels have machine code on disk that fits them, of those that are imported by now."""
    kernels = [
        value
        for name, module in tuple(sys.modules.items())
        if name.startswith("twin.impact")
        for value in vars(module).values()
        if isinstance(value, FunctionType) and hasattr(value, _MARK) and value.__module__ == name
    ]
    return sum(any(_folder_of(kernel).rglob("*.nbi")) for kernel in kernels)
