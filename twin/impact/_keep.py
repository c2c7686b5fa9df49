"""What a question leaves for the next of its kind: all kinds in one place, with one bound on the memory they hold.

A sweep leaves class graphs, a question about capacity the state of each thread: tens of megabytes each, and there are
many kinds of questions. Before more is made, what was used longest ago goes until the rest holds at most half of what
the topology does. So a process needs little more after a day of questions than for the largest of them.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from mmap import mmap
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from twin.topology.snapshot import let_go

if TYPE_CHECKING:
    from twin.impact.settle import Base
    from twin.topology.model import Topology

P = ParamSpec("P")
R = TypeVar("R")

MOST = 16
"""So many are kept, however little they hold: small campuses, of which a test sees thousands."""
ALWAYS = 2**24
"""So many bytes may be kept on any campus."""


class _Entry(NamedTuple):
    value: object
    held: dict[int, int]


_entries: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()
_lock = Lock()


def keep(make: Callable[Concatenate[Base, P], R]) -> Callable[Concatenate[Base, P], R]:
    """Have what a function makes of a base state, by its arguments, kept for the questions asked last.

    Arrays among the arguments count by what is in them.
    """

    @wraps(make)
    def kept(base: Base, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (make, base, *map(_content, args), *((name, _content(value)) for name, value in kwargs.items()))
        with _lock:
            if (entry := _entries.get(key)) is not None:
                _entries.move_to_end(key)
                return cast("R", entry.value)
        make_room(base.topology)
        value = make(base, *args, **kwargs)
        with _lock:
            _entries[key] = _Entry(value, arrays_of(base, value))
        _give_back(base.topology)
        return value

    return kept


def _content(value: object) -> object:
    """What of an argument decides: of an array (n, if of bools) its values."""
    if not isinstance(value, np.ndarray):
        return value
    array = cast("NDArray[Any]", value)
    return array.dtype.char, (np.packbits(array) if array.dtype == np.bool_ else array).tobytes()


def make_room(topology: Topology) -> None:
    """Before much memory is wanted: let go of what is over the bound."""
    own = arrays_of(topology)
    most = _most(topology)
    gone: list[_Entry] = []
    with _lock:
        while _entries and (len(_entries) >= MOST or _held(own) > most):
            gone.append(_entries.popitem(last=False)[1])
    if gone:
        gone.clear()
        _give_back(topology)


def _most(topology: Topology) -> int:
    """Bytes that may be kept while more is made."""
    return max(ALWAYS, _size_of(topology) // 2)


def _size_of(topology: Topology) -> int:
    """Bytes of its arrays, mapped or not."""
    return sum(value.nbytes for value in vars(topology).values() if isinstance(value, np.ndarray))


def _held(own: dict[int, int]) -> int:
    """Bytes that the entries hold, what several share once, but for what the campus at hand holds itself."""
    held: dict[int, int] = {}
    for entry in _entries.values():
        held |= entry.held
    return sum(size for array, size in held.items() if array not in own)


def arrays_of(*values: object) -> dict[int, int]:
    """The bytes of each array in memory that these lead to, through tuples, lists and objects of ours, by identity.

    Of a mapped file there are none.
    """
    held: dict[int, int] = {}
    met: set[int] = set()
    waiting: list[object] = list(values)
    while waiting:
        value = waiting.pop()
        if id(value) in met:
            continue
        met.add(id(value))
        if isinstance(value, np.ndarray):
            whole = _whole(cast("NDArray[Any]", value))
            source = cast("object", whole.base)
            if not isinstance(source.obj if isinstance(source, memoryview) else source, mmap):
                held[id(whole)] = whole.nbytes
        elif isinstance(value, tuple | list):
            waiting.extend(cast("list[object]", value))
        elif type(value).__module__.startswith("twin."):
            waiting.extend(getattr(value, "__dict__", {}).values())
    return held


def _whole(array: NDArray[Any]) -> NDArray[Any]:
    """What an array is a view of."""
    return _whole(array.base) if isinstance(array.base, np.ndarray) else array


def _give_back(topology: Topology) -> None:
    """Hand back to the system what was freed and what was read of files: on a large campus, that is worth it.

    glibc keeps freed pieces where something above them is in use.
    """
    if _size_of(topology) < ALWAYS:
        return
    let_go()
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
