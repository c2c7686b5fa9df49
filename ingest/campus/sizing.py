"""Ratings: the next standard size above what is needed."""

from __future__ import annotations

from math import ceil
from typing import Final

_STEPS: Final = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
"""The R10 series of preferred numbers (ISO 3), as used for transformers and UPS."""


def standard(load_kw: float) -> float:
    """The smallest preferred number (kW or kVA) that is not below `load_kw`."""
    decade = 1.0
    while True:
        for step in _STEPS:
            if step * decade >= load_kw - 1e-9:
                return round(step * decade, 3)
        decade *= 10.0


def units(load_kw: float, largest_kw: float, least: int = 1) -> tuple[int, float]:
    """How many equal units carry the load, none above `largest_kw`, and the rating of one."""
    count = max(least, ceil(load_kw / largest_kw - 1e-9))
    return count, min(standard(load_kw / count), max(largest_kw, load_kw / count))
