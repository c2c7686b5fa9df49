"""Rows of one long array, as where each begins says: which positions some of them cover."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Indices


def covered(start: NDArray[np.integer[Any]], rows: NDArray[np.integer[Any]]) -> tuple[Indices, Indices]:
    """All positions start[i]:start[i + 1] of these rows i, one row after the other, and how many each has."""
    first = start[rows].astype(np.int64)
    counts = start[rows + 1].astype(np.int64) - first
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - (ends - counts), counts), counts
