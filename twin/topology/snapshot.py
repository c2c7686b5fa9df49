"""A topology in one file that is mapped into memory.

    magic · length of header · header (JSON: format, fields, checksum) · arrays, each aligned to 64 bytes

Written to a temporary name and renamed, so that two processes at once are safe and a half-written file is never read.
Another format, a wrong length or checksum make the file as good as absent.
"""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, cast
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
MAGIC = b"campus-twin-arrays\n"
ALIGN = 64
PIECE = 2**22
"""Bytes that are summed at once: whole pages."""

Array = NDArray[Any]


def save_arrays(path: Path, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
    """Write arrays (one dimension) and facts (JSON) to a file, all or nothing."""
    described = [(name, array.dtype.str, len(array)) for name, array in arrays.items()]
    length = sum(array.nbytes + -array.nbytes % ALIGN for array in arrays.values())
    words = sum(_sum_of(piece) for array in arrays.values() for piece in _pieces(array))
    sum_ = words % 2**64 ^ length // 8
    header = {"format": FORMAT, "arrays": described, "facts": dict(facts), "length": length, "sum": sum_}
    text = json.dumps(header).encode()
    lead = MAGIC + len(text).to_bytes(8, "little") + text
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(lead + bytes(-len(lead) % ALIGN))
            for array in arrays.values():
                file.writelines(_pieces(array))
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _pieces(array: Array) -> tuple[memoryview, bytes]:
    """The bytes of an array, without a copy, up to the last whole word; then the rest, padded."""
    raw = np.ascontiguousarray(array).view(np.uint8).data
    whole = len(raw) - len(raw) % 8
    return raw[:whole], bytes(raw[whole:]) + bytes(-len(raw) % ALIGN)


def load_arrays(path: Path) -> tuple[dict[str, Array], dict[str, Any]] | None:
    """The arrays and facts of a file, mapped and read-only; None where there is none that can be trusted."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    header = _header(mapped)
    if header is None:
        return None
    begin, facts = header
    if len(mapped) - begin != facts["length"] or _checksum(mapped, begin) != facts["sum"]:
        return None
    with _lock:
        _maps.add(mapped)
    body = np.frombuffer(mapped, np.uint8, offset=begin)
    return dict(_arrays(body, facts["arrays"])), facts["facts"]


_maps: WeakSet[mmap.mmap] = WeakSet()
_lock = Lock()


def let_go() -> None:
    """Map no more pages of the files at hand than are read from now on; they stay in the system's cache."""
    with _lock:
        maps = tuple(_maps)
    for mapped in maps:
        mapped.madvise(mmap.MADV_DONTNEED)


def _header(mapped: mmap.mmap) -> tuple[int, dict[str, Any]] | None:
    """Where the arrays begin, and the header; None where it is not ours."""
    lead = len(MAGIC) + 8
    if mapped[: len(MAGIC)] != MAGIC:
        return None
    end = lead + int.from_bytes(mapped[len(MAGIC) : lead], "little")
    try:
        header: Any = json.loads(mapped[lead:end])
    except ValueError:
        return None
    facts = cast("dict[str, Any]", header) if isinstance(header, dict) else {}
    return (end + -end % ALIGN, facts) if facts.get("format") == FORMAT else None


def _arrays(body: Array, described: list[tuple[str, str, int]]) -> Iterator[tuple[str, Array]]:
    at = 0
    for name, dtype, count in described:
        kind = np.dtype(dtype)
        size = kind.itemsize * count
        yield name, body[at : at + size].view(kind)
        at += size + -size % ALIGN


def _checksum(mapped: mmap.mmap, begin: int) -> int:
    """A sum over all words: 16 ms for 100 MB, and notices what was cut, zeroed or changed.

    What was summed is let go piece by piece, so that a process maps only what its questions read.
    """
    words = 0
    for at in range(begin - begin % PIECE, len(mapped), PIECE):
        first, end = max(at, begin), min(at + PIECE, len(mapped))
        words += _sum_of(np.frombuffer(mapped, np.uint8, end - first, first))
        mapped.madvise(mmap.MADV_DONTNEED, at, end - at)
    return words % 2**64 ^ (len(mapped) - begin) // 8


def _sum_of(body: Array | memoryview | bytes) -> int:
    return int(np.frombuffer(body, np.uint64).sum(dtype=np.uint64))
