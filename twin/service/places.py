"""Places for people: a process each, one more kept ready while there is room, each for one person and no longer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, field

from twin.service.wire import Wire
from twin.service.worker import Where

READY_WITHIN_S = 120.0
ENDS_WITHIN_S = 3.0

log = logging.getLogger("twin.service")


class Full(Exception):
    """All places are taken."""


class NotReady(Exception):
    """The process of a person did not become ready."""


@dataclass
class Place:
    """One process and the connection to it. `version`: of the topology that it shows."""

    process: asyncio.subprocess.Process
    wire: Wire
    version: str = ""

    async def end(self) -> None:
        """Let the process go; it ends by itself when its connection closes."""
        await self.wire.close()
        try:
            await asyncio.wait_for(self.process.wait(), ENDS_WITHIN_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@dataclass
class Places:
    """At most `people` places at once; `where` is the campus that they show, `version` asks which it is now."""

    where: Where
    people: int
    version: Callable[[], str]
    taken: int = 0
    _spare: asyncio.Task[Place] | None = None
    _ending: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def free(self) -> int:
        """How many more people may come."""
        return self.people - self.taken

    def prepare(self) -> None:
        """Keep a process ready for who comes next, while there is room."""
        if self._spare is None and self.free > 0:
            self._begin()

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncGenerator[Place]:
        """A place for one person, given back at the end. Raises Full, NotReady."""
        if self.free < 1:
            raise Full
        self.taken += 1
        place: Place | None = None
        try:
            place = await self._next()
            yield place
        finally:
            self.taken -= 1
            if place is not None:
                self._end_later(place.end())
            self.prepare()

    async def close(self) -> None:
        """End all processes."""
        self.people = 0
        spare, self._spare = self._spare, None
        if spare is not None:
            self._let_go(spare)
        await asyncio.gather(*self._ending)

    def _let_go(self, spare: asyncio.Task[Place]) -> None:
        """End a process that nobody waits for, ready or not."""

        async def ended() -> None:
            with contextlib.suppress(asyncio.CancelledError, NotReady):
                await (await spare).end()

        spare.cancel()
        self._end_later(ended())

    def _end_later(self, ending: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(ending)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _begin(self) -> asyncio.Task[Place]:
        """Start a process that is kept ready."""
        self._spare = spare = asyncio.create_task(self._start())
        spare.add_done_callback(self._noticed)
        return spare

    def _noticed(self, spare: asyncio.Task[Place]) -> None:
        """A process that never became ready is not kept; who comes next starts another."""
        if not spare.cancelled() and spare.exception() is not None and self._spare is spare:
            self._spare = None

    async def _next(self) -> Place:
        spare = self._spare or self._begin()
        self._spare = None
        try:
            place = await asyncio.shield(spare)
        except asyncio.CancelledError:
            # Who waited has gone: the process that starts is for who comes next, or ended where one is kept already.
            if self._spare is None and self.people:
                self._spare = spare
            else:
                self._let_go(spare)
            raise
        finally:
            self.prepare()
        try:
            current = await asyncio.to_thread(self.version)
        except BaseException:
            self._end_later(place.end())
            raise
        if place.process.returncode is None and place.version == current:
            return place
        # It ended while it waited, say for want of memory; or the graph has changed since.
        await place.end()
        return await self._start()

    async def _start(self) -> Place:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "twin.service.worker", str(theirs.fileno()),
                pass_fds=[theirs.fileno()], stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        wire = await Wire.of(ours)
        place = Place(process, wire)
        try:
            await wire.send(self.where.model_dump_json().encode())
            ready = await asyncio.wait_for(wire.receive(), READY_WITHIN_S)
        except TimeoutError:
            ready = None
        except asyncio.CancelledError:
            process.kill()
            await place.end()
            raise
        if ready is None:
            await place.end()
            log.error("a process for the 3D view did not become ready (exit status %s)", process.returncode)
            raise NotReady
        place.version = ready.decode()
        return place
