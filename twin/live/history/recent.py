"""The recent window: the batches of the last minutes, as they came, for whoever shares the recorder's process."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

import numpy as np

from twin.live.points import Batch, Values
from twin.topology.model import Floats

WINDOW_S: Final = 300.0
"""230,000 points every 10 s, 17 bytes each, are 120 MB in five minutes."""


class Recent:
    """Batches by time of receipt; what is older than the window goes when something new comes."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self.window_s = window_s
        self._batches: deque[Batch] = deque()
        self._lock = Lock()

    def add(self, batch: Batch) -> None:
        """Keep a batch, and let go of those that have left the window."""
        with self._lock:
            self._batches.append(batch)
            while self._batches[0].receive_s < batch.receive_s - self.window_s:
                self._batches.popleft()

    def clear(self) -> None:
        """Forget all: indices of another topology."""
        with self._lock:
            self._batches.clear()

    def points(self, asset: int, metric: int) -> tuple[Floats, Values]:
        """Times (seconds since 1970) and values of one point of the window, by time."""
        with self._lock:
            batches = [batch for batch in self._batches if batch.metric == metric]
        found = [
            (batch.source_s[here], batch.values[here]) for batch in batches if (here := batch.assets == asset).any()
        ]
        if not found:
            return np.empty(0, np.float64), np.empty(0, np.float32)
        times = np.concatenate([part[0] for part in found])
        values = np.concatenate([part[1] for part in found])
        order = np.argsort(times, kind="stable")
        return times[order], values[order]
