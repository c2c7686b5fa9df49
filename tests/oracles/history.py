"""Means, energies and rises of streams of points, by hand: docs/history.md in plain Python, point by point."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Point:
    """One point as it came; times in whole microseconds."""

    id: str
    t: int
    value: float
    good: bool


@dataclass
class Bin:
    """What a bin should say."""

    points: int = 0
    covered_us: int = 0
    integral: float = 0.0
    values: list[tuple[int, float]] = field(default_factory=list)
    rise: float = 0.0
    resets: int = 0

    @property
    def mean(self) -> float | None:
        return self.integral / self.covered_us if self.covered_us else None


def last_of_each_time(points: list[Point]) -> list[Point]:
    """By time; of several with one time the one that came last."""
    kept: dict[int, Point] = {}
    for point in points:
        kept[point.t] = point
    return [kept[t] for t in sorted(kept)]


def levels(  # noqa: PLR0917
    points: list[Point], id_: str, hold_us: int, first: int, end: int, width: int, now: int
) -> dict[int, Bin]:
    """The bins of one measurement, by their beginning."""
    series = last_of_each_time([point for point in points if point.id == id_])
    bins = {begin: Bin() for begin in range(first, end, width)}
    for number, point in enumerate(series):
        if not point.good or math.isnan(point.value):
            continue
        until = min(point.t + hold_us, now)
        if number + 1 < len(series):
            until = min(until, series[number + 1].t)
        for begin, found in bins.items():
            if begin <= point.t < begin + width:
                found.points += 1
                found.values.append((point.t, point.value))
            held = min(until, begin + width) - max(point.t, begin)
            if held > 0:
                found.covered_us += held
                found.integral += held * point.value
    return bins


def counters(points: list[Point], id_: str, first: int, end: int, width: int) -> dict[int, Bin]:
    """The bins of one counter: each step counts where it ends; the first point of the window is no step."""
    bins = {begin: Bin() for begin in range(first, end, width)}
    before: float | None = None
    for point in last_of_each_time([point for point in points if point.id == id_]):
        if not point.good or math.isnan(point.value) or not first <= point.t < end:
            continue
        found = bins[point.t // width * width]
        found.points += 1
        found.values.append((point.t, point.value))
        if before is not None and point.value >= before:
            found.rise += point.value - before
        elif before is not None:
            found.resets += 1
        before = point.value
    return bins
