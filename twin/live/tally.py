"""What is counted of the feeds, by source, since the start: points, gaps, what is unknown, what is malformed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from twin.live.points import NO_SEQUENCE, Batch
from twin.live.sequence import Sequence

OTHERS: Final = "(others)"
MOST_SOURCES: Final = 10_000
"""Sources counted one by one; whoever comes later is counted together, so that made-up names cannot fill the memory."""
MOST_NAMES: Final = 200
"""Unknown ids and metrics that are kept by name, for each source."""
MOST_NAMES_OF_ALL: Final = 20_000
LONGEST_NAME: Final = 200
UNNAMED: Final = "(unnamed)"
RATE_OVER_S: Final = 10.0


@dataclass(eq=False)
class Source:
    """One sender."""

    name: str
    number: int
    points: int = 0
    messages: int = 0
    late: int = 0
    """Points older than what was there."""
    ahead: int = 0
    """Points that the source's clock says are from the future."""
    duplicates: int = 0
    """Messages delivered twice."""
    gaps: int = 0
    """Messages that never came."""
    restarts: int = 0
    unknown: int = 0
    """Points of ids or metrics that the campus does not know."""
    unknown_names: dict[str, None] = field(default_factory=dict[str, None])
    malformed: int = 0
    malformed_last: str = ""
    lag_s: float = 0.0
    """From measured to received, of the last message."""
    last_s: float = 0.0
    """When it was last heard."""
    sequences: dict[int, Sequence] = field(default_factory=dict[int, Sequence])

    def to_dict(self) -> dict[str, Any]:
        """As `twin live status --json` shows it, but for rates and staleness."""
        return {
            "source": self.name,
            "points": self.points,
            "messages": self.messages,
            "lag_s": round(self.lag_s, 3),
            "last_s": round(self.last_s, 3),
            "gaps": self.gaps,
            "duplicates": self.duplicates,
            "restarts": self.restarts,
            "late": self.late,
            "ahead": self.ahead,
            "unknown": self.unknown,
            "unknown_names": list(self.unknown_names),
            "malformed": self.malformed,
            "malformed_last": self.malformed_last,
        }


class Tally:
    """All sources. Written by the thread that delivers; others may read what they see."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """`known`: sources of an earlier process whose points are still held, in the order of their numbers."""
        self._sources: dict[str, Source] = {}
        self._seen: deque[tuple[float, dict[str, int]]] = deque()
        self._names = 0
        for name in known:
            self.source(name)

    def source(self, name: str) -> Source:
        """The source of this name."""
        known = self._sources.get(name)
        if known is None:
            name = printable(name) or UNNAMED
            if name not in self._sources and len(self._sources) >= MOST_SOURCES:
                name = OTHERS
            known = self._sources.setdefault(name, Source(name, len(self._sources)))
        return known

    @property
    def sources(self) -> list[Source]:
        """All sources, in the order in which they were first heard; `number` is the place here."""
        return list(self._sources.values())

    def unknown(self, source: str, name: str, points: int = 1) -> None:
        """Count points of an id or metric that nobody knows."""
        found = self.source(source)
        found.unknown += points
        if len(found.unknown_names) < MOST_NAMES and self._names < MOST_NAMES_OF_ALL:
            before = len(found.unknown_names)
            found.unknown_names[printable(name)] = None
            self._names += len(found.unknown_names) - before

    def malformed(self, source: str, why: str) -> None:
        """Count a message, or a value in one, that makes no sense."""
        found = self.source(source)
        found.malformed += 1
        found.malformed_last = printable(" ".join(why.split()), 300)

    def message(self, source: str, metric: int, sequence: int, newest_s: float) -> None:
        """Note the number of a message, also of one whose points are all unknown."""
        if sequence == NO_SEQUENCE:
            return
        found = self.source(source)
        numbers = found.sequences.setdefault(metric, Sequence())
        before = numbers.gaps
        arrival = numbers.note(sequence, newest_s)
        found.gaps += numbers.gaps - before
        found.duplicates += arrival == "duplicate"
        found.restarts += arrival == "restart"

    def batch(self, source: Source, batch: Batch, late: int, ahead: int) -> None:
        """Count a batch that was taken in."""
        source.points += len(batch)
        source.messages += 1
        source.late += late
        source.ahead += ahead
        source.last_s = batch.receive_s
        if len(batch):
            source.lag_s = batch.receive_s - float(batch.source_s[-1])

    def rates(self, now_s: float) -> dict[str, float]:
        """Points per second of each source over the last seconds, and of all as "". Call it about once a second."""
        counts = {source.name: source.points for source in self.sources}
        self._seen.append((now_s, counts))
        while len(self._seen) > 2 and now_s - self._seen[0][0] > RATE_OVER_S:
            self._seen.popleft()
        began_s, before = self._seen[0]
        over_s = now_s - began_s
        if over_s <= 0:
            return dict.fromkeys((*counts, ""), 0.0)
        rates = {name: (count - before.get(name, 0)) / over_s for name, count in counts.items()}
        return {**rates, "": sum(rates.values())}


def printable(text: str, most: int = LONGEST_NAME) -> str:
    """A text that somebody else chose, fit for a terminal: cut, and without what moves a cursor or turns writing."""
    cut = text[:most]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return cut if len(text) <= most else f"{cut}…"
