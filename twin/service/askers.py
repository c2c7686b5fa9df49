"""Long questions: answered by processes of their own, so that nobody else waits, with a queue that has an end.

Who goes away before the answer is there frees the process: it is stopped, and another takes its place.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from pebble import ProcessExpired, ProcessPool
from starlette.requests import Request
from starlette.responses import Response

from twin.service import asking
from twin.service.api.encode import reply
from twin.service.api.problems import problem
from twin.service.worker import Where

if TYPE_CHECKING:
    from pydantic import BaseModel

Reply = tuple[int, bytes, str]
"""Status, document, version of the topology."""

WAITING_MOST: Final = 16
"""Questions that wait, at most, for each process."""
RETRY_AFTER_S: Final = 5
LONGEST_S: Final = 600.0
GONE_SEEN_WITHIN_S: Final = 0.25
CLIENT_GONE: Final = 499


@dataclass
class Askers:
    """So many processes over the campus of `where`; the first question starts them, unless `prepare` has."""

    where: Where
    processes: int = 1
    asked: int = 0
    """Questions that are being answered or wait."""
    _pool: ProcessPool | None = None
    _lock: Lock = field(default_factory=Lock)

    def prepare(self) -> None:
        """Start the processes."""
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(
                    self.processes,
                    initializer=asking.begin,
                    initargs=[self.where.model_dump_json()],
                    context=multiprocessing.get_context("spawn"),
                )
                self._pool.schedule(asking.ready)

    def close(self) -> None:
        """Stop the processes, whatever they are doing."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()
            pool.join()

    async def ask(self, name: str, question: BaseModel, version: str, request: Request) -> Response:
        """The answer to a question; a problem where too many wait, where it takes too long, or the process ends."""
        if self.asked >= self.processes * (1 + WAITING_MOST):
            return _later(503, "busy", f"{self.asked} long questions are being answered or wait; try again later")
        self.prepare()
        assert self._pool is not None  # noqa: S101 - prepared
        self.asked += 1
        future = self._pool.schedule(asking.answer, args=[name, question.model_dump_json(), version], timeout=LONGEST_S)
        waited = asyncio.wrap_future(future)
        try:
            if not await _done(waited, request):
                return Response(status_code=CLIENT_GONE)
            status, document, of = await waited
            return reply(document, of, status)
        except TookTooLong:
            return problem(504, "took too long", f"it was not answered within {LONGEST_S:.0f} s; ask for less")
        except ProcessExpired as error:
            return _later(503, "ended", f"the process that worked on it has ended ({error.exitcode}): out of memory?")
        finally:
            self.asked -= 1
            future.cancel()


async def _done(waited: asyncio.Future[Reply], request: Request) -> bool:
    """Wait for the answer; False where who asked has gone."""
    while True:
        await asyncio.wait({waited}, timeout=GONE_SEEN_WITHIN_S)
        if waited.done():
            return True
        if await request.is_disconnected():
            return False


def _later(status: int, title: str, detail: str) -> Response:
    answer = problem(status, title, detail)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer
