"""Metrics of Sparkplug B read from their bytes in columns, where they are of the plain kind that nearly all are.

An object for each metric costs more than all the rest of a point's way. The metrics of a message are told apart by
protobuf; those of the same length are laid under each other as a matrix of bytes, in which one layout (which field
stands where) holds for all rows that have its tags in the same places. What is of another kind is left to protobuf.
Wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.topology.model import Bools, Floats

MOST_LAYOUTS: Final = 8
"""Layouts that are tried for metrics of one length."""
LONGEST: Final = 100
"""Bytes of a metric; longer ones hold a text or properties."""
LONGEST_VARINT: Final = 9
EXACT: Final = 1 << 31
"""Whole numbers from here on may stand for negative ones, which depends on the type that the birth told."""

ALIAS, STAMP, DATATYPE, HISTORICAL, TRANSIENT, NULL = 0x10, 0x18, 0x20, 0x28, 0x30, 0x38
INT, LONG, FLOAT, DOUBLE = 0x50, 0x58, 0x65, 0x69
"""Tags: field number × 8 + wire type."""
_VARINTS: Final = {ALIAS, STAMP, DATATYPE, HISTORICAL, TRANSIENT, NULL, INT, LONG}
_FIXED: Final = {FLOAT: 4, DOUBLE: 8}
_VALUES: Final = {INT, LONG, FLOAT, DOUBLE}
_FALSE: Final = {HISTORICAL, NULL}
"""Flags that are false in a metric of the plain kind, if they stand there."""

_Bytes = NDArray[np.uint8]


class Decoded(NamedTuple):
    """Columns of n metrics."""

    aliases: NDArray[np.int64]
    stamps_ms: Floats
    """0 where the metric tells no time."""
    values: Floats
    plain: Bools
    """Whether the other columns hold what the metric says."""


class _Layout(NamedTuple):
    """Which field stands where: tag → first byte, and bytes, of its value."""

    fields: dict[int, tuple[int, int]]
    mask: _Bytes
    """The bits that tell that a metric has this layout …"""
    wanted: _Bytes
    """… and what they are."""


def decode(raw: Sequence[bytes]) -> Decoded:
    """Read metrics, each as the bytes of its message."""
    count = len(raw)
    found = Decoded(np.full(count, -1, np.int64), np.zeros(count), np.full(count, np.nan), np.zeros(count, np.bool_))
    lengths = np.fromiter(map(len, raw), np.int64, count)
    there = np.bincount(np.minimum(lengths, LONGEST + 1), minlength=LONGEST + 2)[1 : LONGEST + 1]
    for length in (np.flatnonzero(there) + 1).tolist():
        places = np.flatnonzero(lengths == length)
        same = raw if len(places) == count else [raw[place] for place in places.tolist()]
        rows = np.frombuffer(b"".join(same), np.uint8).reshape(-1, length)
        for _ in range(MOST_LAYOUTS):
            layout = _layout(rows[0].tobytes()) if len(rows) else None
            if layout is None:
                break
            fits = ((rows & layout.mask) == layout.wanted).all(axis=1)
            if fits.all():
                _read(rows, layout, found, places)
                break
            _read(rows[fits], layout, found, places[fits])
            rows, places = rows[~fits], places[~fits]
    return found


def _layout(metric: bytes) -> _Layout | None:
    """The layout of a metric; None where it is not of the plain kind."""
    fields: dict[int, tuple[int, int]] = {}
    mask, wanted = bytearray(len(metric)), bytearray(metric)
    at = 0
    while at < len(metric):
        tag, first = metric[at], at + 1
        end = first + _FIXED[tag] if tag in _FIXED else _end_of_varint(metric, first)
        if tag not in _VARINTS | _VALUES or end is None or end > len(metric):
            return None
        if tag in _FALSE and metric[first:end] != b"\0":
            return None
        fields[tag] = first, end - first
        mask[at] = 0xFF
        if tag in _VARINTS:
            # Where a varint goes on is the layout, the rest is its value; a flag is false in all.
            mask[first:end] = b"\xff" if tag in _FALSE else b"\x80" * (end - first)
        at = end
    if ALIAS not in fields or len(fields.keys() & _VALUES) != 1:
        return None
    bits = np.frombuffer(bytes(mask), np.uint8)
    return _Layout(fields, bits, np.frombuffer(bytes(wanted), np.uint8) & bits)


def _end_of_varint(metric: bytes, first: int) -> int | None:
    for at in range(first, min(first + LONGEST_VARINT, len(metric))):
        if metric[at] < 0x80:
            return at + 1
    return None


def _read(rows: _Bytes, layout: _Layout, found: Decoded, places: NDArray[Any]) -> None:
    fields = layout.fields
    (tag,) = fields.keys() & _VALUES
    first, length = fields[tag]
    if tag in _FIXED:
        bits = np.ascontiguousarray(rows[:, first : first + length])
        values = bits.view("<f4" if tag == FLOAT else "<f8")[:, 0].astype(np.float64)
        plain = ~np.isnan(values)
    else:
        whole = _varint(rows, first, length)
        values, plain = whole.astype(np.float64), (whole >= 0) & (whole < EXACT)
    found.values[places] = values
    found.plain[places] = plain
    found.aliases[places] = _varint(rows, *fields[ALIAS])
    if STAMP in fields:
        found.stamps_ms[places] = _varint(rows, *fields[STAMP])


def _varint(rows: _Bytes, first: int, length: int) -> NDArray[np.int64]:
    value = (rows[:, first] & 0x7F).astype(np.int64)
    for place in range(1, length):
        value |= (rows[:, first + place] & 0x7F).astype(np.int64) << (7 * place)
    return value
