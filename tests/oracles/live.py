"""Live state in plain Python, point by point: which point holds, what is stale, what is missing, what explains what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

AHEAD_S = 300.0
KEPT_OUT_S = 60.0


@dataclass
class Point:
    """What holds of one metric of one asset."""

    value: float
    source_s: float
    receive_s: float
    quality: int


@dataclass
class Held:
    """The state, and what was kept out."""

    points: dict[tuple[int, int], Point] = field(default_factory=dict)
    late: int = 0
    ahead: int = 0

    def take(self, metric: int, ttl_s: float, receive_s: float, rows: list[tuple[int, float, float, int]]) -> None:
        """Rows of a message: asset, value, time by the source's clock, quality."""
        for asset, value, told_s, told in rows:
            ahead = told_s > receive_s + AHEAD_S
            self.ahead += ahead
            source_s, quality = (receive_s, min(told, 3)) if ahead else (told_s, told)
            known = self.points.get((metric, asset))
            if known and source_s < known.source_s and receive_s - known.receive_s <= min(ttl_s, KEPT_OUT_S):
                self.late += 1
                continue
            self.points[metric, asset] = Point(value, source_s, receive_s, quality)

    def stale(self, ttl_s: dict[int, float], now_s: float) -> set[tuple[int, int]]:
        """The points past their time to live, or which their source calls stale."""
        return {
            key
            for key, point in self.points.items()
            if ttl_s[key[0]] != float("inf") and (point.quality == 1 or now_s - point.receive_s > ttl_s[key[0]])
        }


def missing(numbers: list[int]) -> int:
    """How many message numbers between the first and the highest never came (no restarts)."""
    return len(set(range(numbers[0], max(numbers) + 1)) - set(numbers))


def irredundant(roots: set[Any], down: list[Any], closure: Any) -> bool:
    """Whether the roots take down all that is down, and none of them is taken down by the others."""
    explains_all = set(down) <= closure(roots)
    return explains_all and all(root not in closure(roots - {root}) for root in roots)


def left_after_pruning(down: list[Any], closure: Any) -> set[Any]:
    """What is left when each, from the latest on, is left out that the rest takes down."""
    kept = list(down)
    for asset in reversed(down):
        rest = set(kept) - {asset}
        if asset in closure(rest):
            kept.remove(asset)
    return set(kept)
