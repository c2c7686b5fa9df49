"""Who leaves while their process starts keeps nothing waiting: not the next person, nor the server that stops."""

from __future__ import annotations

import asyncio
import socket
import sys

from twin.service.places import Place, Places
from twin.service.wire import Wire
from twin.service.worker import Where

UNTIL_CLOSED = "import socket, sys; socket.socket(fileno=int(sys.argv[1])).recv(1)"


class Slow(Places):
    """Places whose processes are real, show nothing, and are ready when `ready` is set."""

    def __init__(self, people: int) -> None:
        super().__init__(Where(), people, lambda: "1")
        self.ready, self.started = asyncio.Event(), list[asyncio.subprocess.Process]()

    async def _start(self) -> Place:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", UNTIL_CLOSED, str(theirs.fileno()), pass_fds=[theirs.fileno()]
            )
        place = Place(process, await Wire.of(ours), "1")
        self.started.append(process)
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            await place.end()
            raise
        return place


async def waiting(places: Slow) -> asyncio.Task[None]:
    async def wait() -> None:
        async with places.place():
            await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    while not places.started:
        await asyncio.sleep(0.01)
    return task


def test_a_process_whose_person_has_gone_is_for_who_comes_next():
    async def steps() -> None:
        places = Slow(2)
        one = await waiting(places)
        one.cancel()
        await asyncio.wait([one])
        assert (places.taken, len(places.started)) == (0, 1)
        places.ready.set()
        async with places.place() as own:
            assert own.process is places.started[0]
        await places.close()
        assert all(process.returncode is not None for process in places.started)

    asyncio.run(steps())


def test_closing_ends_a_process_that_is_not_ready():
    async def steps() -> None:
        places = Slow(2)
        one = await waiting(places)
        one.cancel()
        await asyncio.wait([one])
        await places.close()
        assert [process.returncode for process in places.started] == [0]
        assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing is left for the end of the loop to cancel"

    asyncio.run(steps())
