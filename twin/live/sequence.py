"""Message numbers of one source and metric: what is missing, what came twice, and when the source began anew."""

from __future__ import annotations

from typing import Literal

KEPT = 65_536
"""How many missing numbers are remembered, so that one that comes late after all is no gap any more."""
FAR = 1_000_000
"""A jump ahead by more is a source that counts anew, not a million lost messages."""

Arrival = Literal["next", "gap", "late", "duplicate", "restart"]


class Sequence:
    """Counts the numbers of messages that never came.

    A number that is not above the last is a message that was missing ("late"), else one that was delivered twice
    ("duplicate") where its time is not newer than the newest, else a source that begins anew ("restart").
    """

    __slots__ = ("_missing", "_newest_s", "gaps", "last")

    def __init__(self) -> None:
        self.last = -1
        self.gaps = 0
        """Messages that never came, since the source was first heard."""
        self._newest_s = float("-inf")
        self._missing: dict[int, None] = {}

    def note(self, number: int, time_s: float) -> Arrival:
        """Note a message with its number (0 or more) and the newest time in it."""
        newer = time_s > self._newest_s
        self._newest_s = max(self._newest_s, time_s)
        if self.last < 0 or number == self.last + 1:
            self.last = number
            return "next"
        if number > self.last:
            return self._ahead(number)
        if number in self._missing:
            del self._missing[number]
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
        for missing in range(max(self.last + 1, number - KEPT), number):
            self._missing[missing] = None
        while len(self._missing) > KEPT:
            del self._missing[next(iter(self._missing))]
        self.last = number
        return "gap"

    def _begin(self, number: int) -> None:
        self._missing.clear()
        self.last = number
