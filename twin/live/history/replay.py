"""Replay: recorded points, delivered again in the order of their times, as any other feed delivers its points.

Points keep the times of their source; they are received now. First comes what the live process held when the window
begins: of every point the last value that is not past its time to live. Where a live process began anew in the window,
what was reported to the one before ends. Nobody records a replay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, Protocol

import numpy as np

from schema.errors import BadInput
from twin.live.history import files
from twin.live.history.bins import SECOND
from twin.live.history.database import first_line
from twin.live.history.reader import Columns, Reader
from twin.live.history.spans import iso
from twin.live.points import Batch, Receive
from twin.topology.model import Ints, Topology

SOURCE: Final = "replay"
STEP_S: Final = 0.1
"""Deliveries are this far apart, in real time."""
_READ_FIRST_S: Final = 10.0
_READ_AT_ONCE_S: Final = (60.0, 600.0)
"""History that is read at once, least and most: the longer, the faster the replay, and the more memory (230,000 points
every 10 s: 35 MB a minute). The first stretch is short, so that points come soon, and each is up to twice the last."""


class Tally(Protocol):
    """Who counts ids that nobody knows."""

    def unknown(self, source: str, asset_id: str, /) -> None:
        """Count one."""
        ...


class Places(Protocol):
    """Who knows the indices of assets, and keeps them still meanwhile: the live process's directory."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while a batch is handed over."""
        ...

    @property
    def epoch(self) -> int:
        """Counts the topologies."""
        ...

    @property
    def topology(self) -> Topology:
        """The topology whose indices batches have."""
        ...

    @property
    def tally(self) -> Tally:
        """Who counts ids that are in history and not in the topology."""
        ...


class Replay:
    """A feed of recorded points, from the first in the window on. Raises BadInput where it holds none."""

    def __init__(self, home: Path, window_s: tuple[float, float], speed: float, places: Places) -> None:
        self.history = files.history_folder(home)
        self.since_s, self.until_s = window_s
        self.speed = speed
        self.bad: dict[Path, str] = {}
        """Files that could not be read, with the reason."""
        self.error: Exception | None = None
        self.at_s = self.since_s
        """How far it has come, in the time of history."""
        self.say: Callable[[str], None] = lambda _line: None
        """Gets a line for each file that is left out, and where it ends early; from the feed's thread."""
        self._places = places
        self._closed, self._ended = Event(), Event()
        self._thread: Thread | None = None
        self._reader = Reader(self.history, self.bad)
        self._epoch = -1
        self._index: Ints = np.empty(0, np.int32)
        if not speed > 0.0:
            raise BadInput(f"--speed {speed:g}: expected more than 0; `inf` is as fast as it goes")
        if not self.since_s < self.until_s:
            raise BadInput(f"--since {iso(self.since_s)} is not before --until {iso(self.until_s)}")
        parts = self._reader.parts(*window_s)
        if not parts:
            raise BadInput(f"no points are recorded from {iso(self.since_s)} to {iso(self.until_s)} in {self.history}")
        self.since_s = self.at_s = max(self.since_s, min(part.first_ms for part in parts) / 1000)

    @property
    def name(self) -> str:
        """`replay`."""
        return SOURCE

    @property
    def ended(self) -> bool:
        """Whether all is delivered, or it was closed."""
        return self._ended.is_set()

    def start(self, receive: Receive) -> None:
        """Begin to deliver."""
        self._thread = Thread(target=self._run, args=(receive,), daemon=True, name=SOURCE)
        self._thread.start()

    def close(self) -> None:
        """Stop delivering, and wait for the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, receive: Receive) -> None:
        import duckdb  # noqa: PLC0415

        try:
            self._deliver_all(receive)
        except (OSError, duckdb.Error, BadInput) as error:
            self.say(f"the replay ends at {iso(round(self.at_s))}: {first_line(error)}")
        finally:
            for path, reason in sorted(self.bad.items()):
                self.say(f"left out, cannot be read: {path} ({reason})")
            self._ended.set()

    def _deliver_all(self, receive: Receive) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:  # reads the next window while this one is delivered
            self._deliver(pool.submit(self._reader.held, self.since_s).result(), receive)
            readings = self._readings()
            coming = pool.submit(next(readings))
            while coming is not None:
                columns = coming.result()
                following = next(readings, None)
                coming = pool.submit(following) if following else None
                for until_s, step in self._steps(columns):
                    wait_s = began + (until_s - self.since_s) / self.speed - time.monotonic()
                    if self._closed.wait(max(0.0, wait_s)):
                        return
                    self._deliver(step, receive)
                    self.at_s = until_s

    def _readings(self) -> Generator[Callable[[], Columns]]:
        """What is read at once, in the order of time: stretches, and what began anew between them."""
        anew = [at_ms for at_ms in files.begins(self.history) if self.since_s < at_ms / 1000 < self.until_s]
        edges_s = [self.since_s, *(at_ms / 1000 for at_ms in anew), self.until_s]
        for number, (begin_s, end_s) in enumerate(pairwise(edges_s)):
            if number:
                yield partial(self._reader.begun, anew[number - 1])
            for window_s in self._windows(begin_s, end_s):
                yield partial(self._reader.points, *window_s)

    def _windows(self, begin_s: float, end_s: float) -> Generator[tuple[float, float]]:
        """A stretch in pieces, each up to twice as long as the one before."""
        longest_s = min(max(self.speed * 10.0, _READ_AT_ONCE_S[0]), _READ_AT_ONCE_S[1])
        length_s = _READ_FIRST_S
        while begin_s < end_s:
            yield begin_s, min(begin_s + length_s, end_s)
            begin_s += length_s
            length_s = min(2 * length_s, longest_s)

    def _steps(self, columns: Columns) -> Generator[tuple[float, Columns]]:
        """What is delivered at once, with the time in history until which it goes."""
        step_us = max(1, round(min(STEP_S * self.speed, _READ_AT_ONCE_S[1]) * SECOND))
        times = columns["t"]
        begin = 0
        while begin < len(times):
            step = int(times[begin]) // step_us
            end = int(np.searchsorted(times, (step + 1) * step_us))
            until_s = min((step + 1) * step_us / SECOND, self.until_s)
            yield until_s, {name: column[begin:end] for name, column in columns.items()}
            begin = end

    def _deliver(self, columns: Columns, receive: Receive) -> None:
        """Hand over a batch for each metric, in the order of time."""
        now_s = time.time()
        with self._places.lock:
            self._know_ids()
            assets = self._index[columns["number"]]
            for metric in np.unique(columns["metric"]).tolist():
                here = (columns["metric"] == metric) & (assets >= 0)
                if here.any():
                    receive(
                        Batch(
                            SOURCE,
                            int(metric),
                            assets[here],
                            columns["value"][here],
                            columns["t"][here] / SECOND,
                            now_s,
                            columns["quality"][here],
                        )
                    )

    def _know_ids(self) -> None:
        """Look ids up that are new, or all where the topology is another."""
        ids = self._reader.ids
        if self._places.epoch != self._epoch:
            self._epoch, self._index = self._places.epoch, np.empty(0, np.int32)
        if len(ids) > len(self._index):
            known = {text: number for number, text in enumerate(self._places.topology.ids)}
            index = np.array([known.get(text, -1) for text in ids], np.int32)
            for number in np.flatnonzero(index[len(self._index) :] < 0) + len(self._index):
                self._places.tally.unknown(SOURCE, ids[int(number)])
            self._index = index


def replay(home: Path, since_s: float, until_s: float, speed: float, places: Places) -> Replay:
    """The feed that delivers what was recorded under a TWIN_HOME between two times, `speed` times as fast as it was.

    Times are seconds since 1970; a speed of infinity delivers as fast as it goes. Raises BadInput.
    """
    return Replay(home, (since_s, until_s), speed, places)
