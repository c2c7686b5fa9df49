"""The campus as the graph has it now. Questions never wait for a look at the graph that they do not need.

At most every other second a question has the graph's bookmark looked at, in milliseconds. Where that has moved, the
graph is read. A small one is read at once. A large one takes seconds: it is read by a process of its own, and questions
are answered meanwhile from the graph as it was, as long as that was current within the last `STALE_MOST_S` seconds.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from threading import Lock
from typing import Final

from schema.errors import BadModel, Unreachable
from twin.campus import Campus
from twin.impact.settle import LARGE as COMPILE_FROM
from twin.service.worker import Where

LOOKED_UP_EVERY_S: Final = 2.0
STALE_MOST_S: Final = 15.0
LARGE: Final = 50_000
"""Assets from which on the graph is read in a process of its own: it takes seconds of Python."""
READ_WITHIN_S: Final = 600.0

Reading = Future[None]


class Fresh:
    """Hands out a campus that follows the graph; from several threads, and on the event loop."""

    def __init__(self, campus: Campus, where: Where | None = None) -> None:
        self.campus = campus
        self._where = where
        self._lock = Lock()
        self._known_at = float("-inf")
        """When the campus was known to be that of the graph."""
        self._look: Future[Reading | None] | None = None
        self._reading: Reading | None = None
        self._looks = ThreadPoolExecutor(1, "look")
        self._readings = ThreadPoolExecutor(1, "reading")

    def __call__(self, *, certain: bool = False) -> Campus:
        """The campus; `certain`: of the graph as it is now. Raises Unreachable where the database does not answer.

        On a thread that may wait.
        """
        asked = time.monotonic()
        while (look := self._due(asked, certain=certain)) is not None:
            reading = look.result()
            if reading is None:
                continue
            if self._may_go_on(asked, certain=certain):
                break
            reading.result()
        return self.campus

    async def now(self, *, certain: bool = False) -> Campus:
        """The same on the event loop."""
        asked = time.monotonic()
        while (look := self._due(asked, certain=certain)) is not None:
            reading = await asyncio.shield(asyncio.wrap_future(look))
            if reading is None:
                continue
            if self._may_go_on(asked, certain=certain):
                break
            await asyncio.shield(asyncio.wrap_future(reading))
        return self.campus

    def close(self) -> None:
        """Begin no more looks, unless the server is started again."""
        self._looks.shutdown(wait=False, cancel_futures=True)
        self._readings.shutdown(wait=False, cancel_futures=True)
        self._looks, self._readings = ThreadPoolExecutor(1, "look"), ThreadPoolExecutor(1, "reading")

    def _may_go_on(self, asked: float, *, certain: bool) -> bool:
        """Whether a question need not wait while the graph is read; of a small one that takes no time."""
        recent = asked - self._known_at <= STALE_MOST_S
        return recent and not certain and len(self.campus.topology) >= LARGE

    def _due(self, asked: float, *, certain: bool) -> Future[Reading | None] | None:
        """A look at the graph, where one is due for a question that came at `asked`: under way already, or another."""
        if self._known_at >= asked - (0.0 if certain else LOOKED_UP_EVERY_S):
            return None
        with self._lock:
            if self._look is None or self._look.done():
                self._look = self._looks.submit(self._looked)
            return self._look

    def _looked(self) -> Reading | None:
        """Look at the bookmark; the reading of the graph, where that has moved."""
        began = time.monotonic()
        if self._reading is not None and not self._reading.done():
            return self._reading
        if self.campus.is_current():
            self._known_at = began
            return None
        self._reading = self._readings.submit(self._read, began)
        return self._reading

    def _read(self, began: float) -> None:
        """Take over what has changed, warmed so that the next question does not wait for it."""
        if self._where is not None and len(self.campus.topology) >= LARGE:
            _read_apart(self._where)
        self.campus = warmed(self.campus.renewed())
        self._known_at = began


def warmed(campus: Campus) -> Campus:
    """The campus, with all loaded that its first question would load; for a large one the compiled kernels too."""
    topology = campus.topology
    _ = campus.details
    if len(topology) >= COMPILE_FROM:
        import_module("numba")  # from here on kernels run compiled
    if len(topology):
        with suppress(BadModel):  # every question will say so
            campus.impact(topology.ids[len(topology) - 1]).to_dict()
    return campus


def _read_apart(where: Where) -> None:
    """Have the snapshot renewed by another process, so that this one goes on answering."""
    done = subprocess.run(
        [sys.executable, "-m", "twin.service.reading"],
        input=where.model_dump_json(), capture_output=True, text=True, timeout=READ_WITHIN_S, check=False,
    )  # fmt: skip
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["for no reason that it told"])[-1]
        raise Unreachable(f"the graph has changed and cannot be read: {why}")
