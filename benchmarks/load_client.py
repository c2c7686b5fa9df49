"""Clients of the REST API, a process of their own: `python -m benchmarks.load_client`, a `Load` as JSON on its input.

Questions go out at a fixed rate whether or not earlier ones are answered, and each is timed from when it was due: a
server that stalls is not spared the questions that should have come meanwhile (no coordinated omission). With rate 0
each client asks again as soon as it is answered. One JSON document on standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field

import aiohttp


@dataclass(frozen=True)
class Load:
    """`bodies` in turn, `count` questions in all, by so many clients, so many a second (0: what they can)."""

    address: str
    bodies: list[str]
    count: int
    clients: int = 20
    rate_per_s: float = 0.0
    token: str = ""


@dataclass
class Result:
    """Seconds of each answer in the order of asking; the statuses that were not 200; the bytes received."""

    seconds: list[float] = field(default_factory=list[float])
    wrong: dict[str, int] = field(default_factory=dict[str, int])
    took_s: float = 0.0
    bytes: int = 0


async def ask(load: Load) -> Result:
    """Put the load on the server."""
    result = Result([0.0] * load.count)
    due: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    headers = {"content-type": "application/json"}
    if load.token:
        headers["authorization"] = f"Bearer {load.token}"
    connector = aiohttp.TCPConnector(limit=load.clients)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def client() -> None:
            while True:
                number, at = await due.get()
                began = at or time.perf_counter()
                body = load.bodies[number % len(load.bodies)]
                async with session.post(load.address, data=body) as answer:
                    result.bytes += len(await answer.read())
                result.seconds[number] = time.perf_counter() - began
                if answer.status != 200:
                    result.wrong[str(answer.status)] = result.wrong.get(str(answer.status), 0) + 1
                due.task_done()

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(client()) for _ in range(load.clients)]
            async for one in _arrivals(load):
                due.put_nowait(one)
            await due.join()
            for task in clients:
                task.cancel()
        result.took_s = time.perf_counter() - began
    return result


async def _arrivals(load: Load) -> AsyncIterator[tuple[int, float]]:
    """Each question as it falls due: its number and when; 0.0 where there is no rate."""
    began = time.perf_counter()
    for number in range(load.count):
        at = began + number / load.rate_per_s if load.rate_per_s else 0.0
        if at:
            await asyncio.sleep(at - time.perf_counter())
        yield number, at


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(ask(Load(**json.load(sys.stdin))))), sys.stdout)
