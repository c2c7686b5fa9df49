"""Columns of points: `{"t": 1763800000.0, "seq": 17, "ids": ["B1-M01-UPS-A"], "values": [412.5]}`, JSON or msgpack.

`t`: seconds since 1970, one number or one for each id. `seq` (may be absent) counts up by one for each source and
metric. A value may be null, and the name of a choice where the metric has choices.
"""

from __future__ import annotations

from itertools import compress
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from msgspec import Meta

from twin.live.directory import YEAR_10000_S, Directory, Head, are_times
from twin.live.metrics import METRICS, NUMBER
from twin.live.points import NO_SEQUENCE, Batch
from twin.live.tally import Tally

MOST_BYTES: Final = 64 << 20
Number = Annotated[int, Meta(ge=0, le=2**53)]


class _Numbers(msgspec.Struct):
    """What nearly all messages are."""

    t: float | list[float]
    ids: list[str]
    values: list[float | None]
    seq: Number = NO_SEQUENCE


class _Anything(msgspec.Struct):
    """The same with points that are looked at one by one."""

    t: float | list[Any]
    ids: list[Any]
    values: list[Any]
    seq: Number = NO_SEQUENCE


_JSON: Final = {kind: msgspec.json.Decoder(kind) for kind in (_Numbers, _Anything)}
_MSGPACK: Final = {kind: msgspec.msgpack.Decoder(kind) for kind in (_Numbers, _Anything)}


def read_columns(source: str, name: str, payload: bytes, receive_s: float, directory: Directory) -> Batch | None:
    """The points of one message on `twin/points/SOURCE/METRIC`; None where none of them can be taken.

    Whatever is wrong with it is counted, and raises nothing.
    """
    tally: Tally = directory.tally
    try:
        columns = _decoded(name, payload)
        wrong = _disagreement(columns)
        if not wrong:
            columns = _sound(columns, tally, source, name)
        times = np.array(columns.t, np.float64)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError) as error:
        tally.malformed(source, f"{name}: {error}")
        return None
    metric = NUMBER.get(name)
    if not are_times(times):
        wrong = "t is no time in seconds since 1970"
    if wrong:
        tally.malformed(source, f"{name}: {wrong}")
        if metric is not None and are_times(times):
            tally.message(source, metric, columns.seq, float(times.max(initial=0.0)))  # it came, so it is no gap
        return None
    if metric is None:
        tally.unknown(source, f"metric {name}", len(columns.ids))
        return None
    values = np.array(columns.values, np.float64) if isinstance(columns, _Numbers) else columns.values
    return directory.batch(Head(source, metric, receive_s, columns.seq), columns.ids, values, times)


def _decoded(name: str, payload: bytes) -> _Numbers | _Anything:
    if not payload:
        raise ValueError("an empty message")
    if len(payload) > MOST_BYTES:
        raise ValueError(f"{len(payload):,} bytes are more than a message may have")
    # 0x7b is "{" and, in msgpack, a number.
    decoders = _JSON if payload.lstrip()[:1] == b"{" else _MSGPACK
    metric = NUMBER.get(name)
    if metric is None or not METRICS[metric].choices:
        try:
            return decoders[_Numbers].decode(payload)
        except msgspec.ValidationError:
            pass  # perhaps one value of many: the others count
    return decoders[_Anything].decode(payload)


def _disagreement(columns: _Numbers | _Anything) -> str:
    count = len(columns.ids)
    if len(columns.values) != count:
        return f"{count} ids and {len(columns.values)} values"
    if isinstance(columns.t, list) and len(columns.t) != count:
        return f"{count} ids and {len(columns.t)} times"
    return ""


def _sound(columns: _Numbers | _Anything, tally: Tally, source: str, name: str) -> _Numbers | _Anything:
    """The same without points whose id is no text or whose time makes no sense; these are counted."""
    times: list[Any] | None = columns.t if isinstance(columns.t, list) else None
    if isinstance(columns, _Numbers) and (times is None or are_times(np.array(times))):
        return columns
    ids: list[Any] = [*columns.ids]
    good = [isinstance(text, str) for text in ids]
    if times is not None:
        good = [fine and _is_time(time) for fine, time in zip(good, times, strict=True)]
    for place in (place for place, fine in enumerate(good) if not fine):
        told = "t" if isinstance(ids[place], str) else "id"
        tally.malformed(source, f"{name}: {told} of point {place + 1} makes no sense")
    left = columns.t if times is None else list(compress(times, good))
    return _Anything(left, list(compress(ids, good)), list(compress(columns.values, good)), columns.seq)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < YEAR_10000_S
