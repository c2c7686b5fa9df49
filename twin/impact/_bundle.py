"""Named tuples of arrays that compiled kernels take as one address, and what else a kernel may declare that it takes.

numba takes a named tuple apart: each of its arrays becomes seven arguments of every function that it is handed to, so
that kernels over a hundred arrays take minutes to compile, and half a microsecond to call. A *bundle* is an ordinary
named tuple to Python, so to kernels that run plain; compiled ones get the address of a table with the place and length
of each array, and read it as they go (`twin.impact._bundle_type` tells numba how).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache, cached_property
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Rows = Annotated[NDArray[np.int32], 2]
"""An array of two dimensions."""
Kind = type | tuple[np.dtype[Any], int]
"""int, bool, float, a class of bundles, or an array of that dtype and so many dimensions."""


def bundle(plain: type[T]) -> type[T]:
    """Make a named tuple a bundle. Its fields: arrays of one dimension (`NDArray[...]`), integers, and bundles.

    The arrays are contiguous and stay where they are. Whether they are read-only is not looked at.
    """
    address = cached_property(_address)
    named: dict[str, Any] = {"__doc__": plain.__doc__, "__module__": plain.__module__, "_address": address}
    named["__annotations__"] = plain.__annotations__
    made = cast("type[T]", type(plain.__name__, (plain,), named))
    address.__set_name__(made, "_address")
    return made


def is_bundle(kind: object) -> bool:
    """Whether something is a class of bundles."""
    return isinstance(kind, type) and isinstance(vars(kind).get("_address"), cached_property)


@cache
def fields_of(kind: type) -> tuple[tuple[str, Kind], ...]:
    """The fields of a bundle in their order."""
    hints = get_type_hints(kind, vars(sys.modules[kind.__module__]), include_extras=True)
    kinds = [(name, kind_of(hints[name])) for name in cast("Any", kind)._fields]
    if wrong := [name for name, field in kinds if field is None or field in (bool, float)]:
        raise TypeError(f"{kind.__name__}.{wrong[0]} cannot stand in a bundle")
    return cast("tuple[tuple[str, Kind], ...]", tuple(kinds))


def kind_of(hint: Any) -> Kind | None:
    """What an annotation says; None where it leaves it open."""
    dimensions = 1
    if get_origin(hint) is Annotated:
        hint, dimensions = get_args(hint)
    if hint in (int, bool, float) or is_bundle(hint):
        return hint
    if get_origin(hint) is np.ndarray:
        return np.dtype(get_args(get_args(hint)[1])[0]), dimensions
    return None


def check(value: Any, kind: Kind, what: str) -> None:
    """Raise TypeError where a value is not of a kind."""
    if isinstance(kind, tuple):
        good = type(value) is np.ndarray and (value.dtype, value.ndim) == kind
        good = good and value.flags.c_contiguous and value.flags.aligned
    elif kind in (int, bool, float):
        generic = {int: np.integer, bool: np.bool_, float: np.floating}[kind]
        good = isinstance(value, (kind, generic))
    else:
        good = isinstance(value, kind)
    if not good:
        raise TypeError(f"{what} takes {kind}, not {type(value).__name__} {getattr(value, 'dtype', '')}")


def copy_of(value: T, *shared: object, blank: Iterable[NDArray[Any]] = ()) -> T:
    """A bundle on copies of its arrays, but for those of the bundles `shared`; one array in it is one in the copy.

    `blank`: arrays that hold nothing yet. Neither in their copies nor in those of zeros is memory touched before use.
    """
    made: dict[int, Any] = {id(array): np.empty_like(array) for array in blank}
    for one in shared:
        _share(one, made)
    return _copy(value, made)


def _share(value: Any, made: dict[int, Any]) -> None:
    made[id(value)] = value
    if is_bundle(cast("object", type(value))):
        for field in value:
            _share(field, made)


def _copy(value: Any, made: dict[int, Any]) -> Any:
    number = id(value)
    if number in made:
        return made[number]
    if type(value) is np.ndarray:
        array: NDArray[Any] = value
        made[number] = array.copy() if array.any() else np.zeros(array.shape, array.dtype)
    elif is_bundle(cast("object", type(value))):
        made[number] = type(value)(*[_copy(field, made) for field in value])
    else:
        made[number] = value
    return made[number]


def _address(self: tuple[Any, ...]) -> int:
    """Where the table of this bundle stands; it lives as long as the bundle."""
    table = np.zeros((len(self), 2), np.int64)
    for place, (value, (name, kind)) in enumerate(zip(self, fields_of(type(self)), strict=True)):
        check(value, kind, f"{type(self).__name__}.{name}")
        if isinstance(kind, tuple):
            table[place] = value.ctypes.data, len(value)
        else:
            table[place, 0] = value if kind is int else value._address
    vars(self)["_table"] = table
    return int(table.ctypes.data)
