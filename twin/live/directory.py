"""From the ids and metric names of messages to numbers, quickly, and from values to what may be believed."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any, Final, NamedTuple

import numpy as np

from twin.live.metrics import DERATED_KW, METRICS
from twin.live.points import NO_SEQUENCE, Batch, Quality, Values
from twin.live.tally import Tally
from twin.topology.model import Bools, Floats, Ints, Topology

_CHOICES: Final = [{name: float(code) for code, name in enumerate(metric.choices)} for metric in METRICS]
FLOAT32: Final = 3.4e38
_LOWEST: Final = [0.0 if metric.choices else max(metric.lowest, -FLOAT32) for metric in METRICS]
_HIGHEST: Final = [len(metric.choices) - 1.0 if metric.choices else min(metric.highest, FLOAT32) for metric in METRICS]
YEAR_10000_S: Final = 253_402_300_800.0
COLUMNS_KEPT: Final = 2_000
BINARY: Final = 2
"""Choices of a metric that true and false stand for: the first is false."""


class Head(NamedTuple):
    """What the points of one column have in common."""

    source: str
    metric: int
    receive_s: float
    sequence: int = NO_SEQUENCE


class Directory:
    """The assets of the topology by id. A feed holds `lock` from looking up until its batch is taken."""

    def __init__(self, topology: Topology, tally: Tally) -> None:
        self.tally = tally
        self.lock = RLock()
        self.epoch = 0
        """Counts the topologies: indices of an earlier one mean nothing any more."""
        self._columns: dict[tuple[str, str, int], tuple[list[str], Ints]] = {}
        self._know(topology)

    def renew(self, topology: Topology) -> None:
        """Go on with another topology."""
        with self.lock:
            self.epoch += 1
            self._know(topology)

    def _know(self, topology: Topology) -> None:
        self.topology = topology
        self._index: dict[str, int] = {text: number for number, text in enumerate(topology.ids)}
        self._columns.clear()

    def index(self, text: str) -> int | None:
        """The index of an asset, by its id."""
        return self._index.get(text)

    def column(self, source: str, ids: list[str]) -> Ints:
        """The indices of a column of ids, -1 for each unknown. A list that came before is not looked up again."""
        key = (source, ids[0] if ids else "", len(ids))
        known = self._columns.get(key)
        if known is not None and known[0] == ids:
            return known[1]
        index = self._index
        found = np.fromiter((index.get(text, -1) for text in ids), np.int32, len(ids))
        if len(self._columns) >= COLUMNS_KEPT:
            self._columns.clear()
        self._columns[key] = ids, found
        return found

    def batch(self, head: Head, ids: list[str], values: Sequence[Any] | Floats, source_s: Floats) -> Batch | None:
        """The batch of columns that are as long as each other; None where nothing of it is left.

        `values`: numbers, NaN for null, or whatever a payload holds; `source_s`: one time, or one for each id. Unknown
        ids and values that the metric does not allow are counted and left out.
        """
        source, metric, receive_s, sequence = head
        assets = self.column(source, ids)
        wide = values if isinstance(values, np.ndarray) else np.array([number(metric, value) for value in values])
        numbers, good = self.believable(source, metric, wide)
        seconds = np.broadcast_to(source_s, len(ids))
        if (assets < 0).any():
            for place in np.flatnonzero(assets < 0).tolist():
                self.tally.unknown(source, ids[place])
            good &= assets >= 0
        self.tally.message(source, metric, sequence, float(seconds.max(initial=0.0)))
        if not good.all():
            assets, numbers, seconds = assets[good], numbers[good], seconds[good]
        if not len(assets):
            return None
        quality = np.full(len(assets), Quality.GOOD, np.uint8)
        if metric != DERATED_KW:  # there null withdraws the derating, which is as good as any value
            quality[np.isnan(numbers)] = Quality.BAD
        return Batch(source, metric, assets, numbers, seconds, receive_s, quality, sequence)

    def believable(self, source: str, metric: int, wide: Floats) -> tuple[Values, Bools]:
        """Numbers as float32, and which of them the metric allows; the others are counted as malformed.

        NaN stands for null, which is allowed.
        """
        good = ~((wide < _LOWEST[metric]) | (wide > _HIGHEST[metric]))
        if METRICS[metric].choices:
            good &= np.isnan(wide) | (wide == np.floor(wide))
        if not good.all():
            at, bad = int(np.argmin(good)), int(np.count_nonzero(~good))
            more = f" and {bad - 1} more" if bad > 1 else ""
            self.tally.malformed(source, f"{METRICS[metric].name}: value {wide[at]:g} makes no sense{more}")
            wide = np.where(good, wide, np.nan)
        return wide.astype(np.float32), good


def number(metric: int, value: Any) -> float:
    """A value of a payload as a number: NaN for null, infinity for what is none."""
    if value is None:
        return float("nan")
    if isinstance(value, str):
        return _CHOICES[metric].get(value, float("inf"))
    if isinstance(value, bool) and len(_CHOICES[metric]) != BINARY:
        return float("inf")  # on or off says nothing of a power or of one condition among three
    if isinstance(value, int | float):
        try:
            return float("inf") if value != value else float(value)  # noqa: PLR0124 - NaN
        except OverflowError:
            return float("inf")
    return float("inf")


def are_times(seconds: Floats) -> bool:
    """Whether all are such as a clock can show: from 1970 until the year 10000."""
    return bool(np.all((seconds >= 0) & (seconds < YEAR_10000_S)))
