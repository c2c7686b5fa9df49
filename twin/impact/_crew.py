"""Questions shared out among the processors.

Compiled kernels let go of the interpreter, so that threads run them side by side: each on working arrays of its own,
for failures that know nothing of each other. Which thread takes what makes no difference to the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import TypeVar

import numpy as np

from twin.processors import give_way, usable
from twin.topology.model import Ints

T = TypeVar("T")

MOST = 4
"""Threads at most: each has working arrays of some ten megabytes."""
NICENESS = 5
"""Of the threads that help: short questions of others go first."""
SHARES = 32
"""Parts to each thread, so that none has much left to do when the others are done."""


def crew(*, compiled: bool) -> int:
    """How many threads a question is worth: one for each processor that this process may use.

    Kernels that are not compiled hold the interpreter, and get one.
    """
    return min(usable(), MOST) if compiled else 1


def share_out(
    count: int,
    threads: int,
    run: Callable[[int, int, int], T],
    *,
    shares: int = SHARES,
    progress: Callable[[int, int], None] | None = None,
) -> list[T]:
    """`run(thread, first, end)` for parts of `range(count)`, of 0 one; what it returns, in the order of the parts.

    A thread that is done with a part takes the next one, of `shares` for each. If one raises, the others stop after
    their parts. `progress` is told now and then how many of `count` are done, in the thread of the caller.
    """
    threads = max(1, min(threads, count))
    parts = threads * shares if threads > 1 or progress else 1
    size = max(1, -(-count // parts))
    left = iter(range(0, max(1, count), size))  # one for all: it gives each part once
    found: list[tuple[int, T]] = []

    def work(thread: int) -> None:
        try:
            for first in left:
                found.append((first, run(thread, first, min(first + size, count))))
                if progress and thread == 0 and len(found) * size < count:
                    progress(len(found) * size, count)
        finally:
            for _ in left:
                pass

    if threads == 1:
        work(0)
    else:
        with ThreadPoolExecutor(threads - 1, initializer=give_way, initargs=(NICENESS,)) as others:
            waiting = [others.submit(work, thread) for thread in range(1, threads)]
            work(0)
            for one in waiting:
                one.result()
    if progress:
        progress(count, count)
    found.sort(key=itemgetter(0))
    return [result for _, result in found]


def spans(count: int, parts: int) -> list[slice]:
    """`range(count)` in so many parts at most, all of one length but the last."""
    size = max(1, -(-count // parts))
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def starts(parts: Iterable[Ints]) -> Ints:
    """Where lists begin that stand one after the other, in parts that each begin at 0."""
    return np.cumsum(np.concatenate([np.zeros(1, np.int32), *map(np.diff, parts)]), dtype=np.int32)
