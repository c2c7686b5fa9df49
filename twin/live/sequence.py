"""Message numbers of one source and metric: what is missing, what came twice, and when the source began anew."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

KEPT = 1_000
"""How many runs of missing numbers are remembered, so that one that comes late after all is no gap any more."""
FAR = 1_000_000
"""A jump ahead by more is a source that counts anew, not a million lost messages."""

Arrival = Literal["next", "gap", "late", "duplicate", "restart"]


class Sequence:
    """Counts the numbers of messages that never came.

    A number that is not above the last is a message that was missing ("late"), else one that was delivered twice
    ("duplicate") where its time is not newer than the newest, else a source that begins anew ("restart").
    """

    __slots__ = ("_firsts", "_lasts", "_newest_s", "gaps", "last")

    def __init__(self) -> None:
        self.last = -1
        self.gaps = 0
        """Messages that never came, since the source was first heard."""
        self._newest_s = float("-inf")
        self._firsts: list[int] = []
        """Runs of missing numbers, ascending: the first of each …"""
        self._lasts: list[int] = []
        """… and its last."""

    def note(self, number: int, time_s: float) -> Arrival:
        """Note a message with its number (0 or more) and the newest time in it."""
        newer = time_s > self._newest_s
        self._newest_s = max(self._newest_s, time_s)
        if self.last < 0 or number == self.last + 1:
            self.last = number
            return "next"
        if number > self.last:
            return self._ahead(number)
        if self._found(number):
            self.gaps -= 1
            return "late"
        if not newer:
            return "duplicate"
        self._begin(number)
        return "restart"

    def _ahead(self, number: int) -> Arrival:
        lost = number - self.last - 1
        if lost > FAR:
            self._begin(number)
            return "restart"
        self.gaps += lost
        self._firsts.append(self.last + 1)
        self._lasts.append(number - 1)
        self._forget()
        self.last = number
        return "gap"

    def _found(self, number: int) -> bool:
        """Whether it was missing; then it is no more."""
        run = bisect_right(self._firsts, number) - 1
        if run < 0 or number > self._lasts[run]:
            return False
        first, last = self._firsts[run], self._lasts[run]
        parts = [(a, b) for a, b in ((first, number - 1), (number + 1, last)) if a <= b]
        self._firsts[run : run + 1] = [a for a, _ in parts]
        self._lasts[run : run + 1] = [b for _, b in parts]
        self._forget()
        return True

    def _forget(self) -> None:
        del self._firsts[:-KEPT], self._lasts[:-KEPT]

    def _begin(self, number: int) -> None:
        self._firsts.clear()
        self._lasts.clear()
        self.last = number
