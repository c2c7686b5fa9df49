"""Recorded points as columns, in the order of time, for the replay."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from twin.live.history import files
from twin.live.history.bins import LONGEST_HOLD_S, MS, SECOND, points_sql
from twin.live.history.database import connect, quoted, reading
from twin.live.history.files import Part
from twin.live.metrics import METRICS
from twin.live.points import Quality

Columns = dict[str, NDArray[Any]]
"""`number` (place in the reader's ids), `metric` (number), `t` (whole microseconds since 1970), `value`, `quality`."""

Stretch = tuple[float, float]
"""From a time on, up to another; milliseconds since 1970."""
EVER: Final[Stretch] = (0, float("inf"))

_HELD: Final = ", ".join(quoted(metric.name) for metric in METRICS if metric.kind in {"state", "setpoint"})
_METRICS: Final = ", ".join(f"({number}, {quoted(metric.name)})" for number, metric in enumerate(METRICS))


class Reader:
    """Reads raw points; one thread at a time. `ids` grows as ids are met; `bad` gets files that cannot be read."""

    def __init__(self, history: Path, bad: dict[Path, str]) -> None:
        self.history, self.bad = history, bad
        self.ids: list[str] = []
        self._database = connect()
        self._database.execute("CREATE TABLE ids (number INTEGER, id VARCHAR)")

    def parts(self, since_s: float, until_s: float, flushed_ms: Stretch = EVER) -> list[Part]:
        """The files that hold points of this time, flushed from one time on, up to another."""
        raw = files.counting(self.history, "raw")
        first_ms, end_ms = flushed_ms
        found = [part for part in raw if part.holds(int(since_s * 1000), int(until_s * 1000))]
        return [part for part in found if first_ms <= part.at_ms < end_ms]

    def process_at(self, at_s: float) -> Stretch:
        """From when to when the live process that ran at a time flushed points: it and those that took over from it."""
        begins = files.begins(self.history)
        place = bisect_right(begins, at_s * 1000)
        return (begins[place - 1] if place else 0, begins[place] if place < len(begins) else EVER[1])

    def points(self, since_s: float, until_s: float) -> Columns:
        """All points from a time on, up to another, by time; of one series and time the one that came last."""
        begin, end = int(since_s * SECOND), int(until_s * SECOND)
        return self._columns(since_s, until_s, f"t >= {begin} AND t < {end}", last_alone=False)

    def held(self, at_s: float, flushed_ms: Stretch | None = None) -> Columns:
        """What the live process of that time held: of each series the last point before, if it can still hold.

        `flushed_ms`: another process than that of the time.
        """
        end = int(at_s * SECOND)
        back = end - int(LONGEST_HOLD_S) * SECOND
        where = f"t < {end} AND (t >= {back} OR metric IN ({_HELD}))"
        return self._columns(0.0, at_s, where, last_alone=True, flushed_ms=flushed_ms or self.process_at(at_s))

    def begun(self, at_ms: int) -> Columns:
        """What became of the points when a live process began anew: those before end, then those that it held come.

        All bear the time of the beginning; what ends is of no quality, as if nothing had ever come.
        """
        at_s = at_ms / 1000
        gone = self.held(at_s, self.process_at((at_ms - 1) / 1000))
        gone["value"] = np.full(len(gone["t"]), np.nan, np.float32)
        gone["quality"] = np.full(len(gone["t"]), Quality.NONE, np.uint8)
        there = self.held(at_s)
        columns = {name: np.concatenate((column, there[name])) for name, column in gone.items()}
        columns["t"] = np.full(len(columns["t"]), at_ms * MS, np.int64)
        return columns

    def _columns(
        self, since_s: float, until_s: float, where: str, *, last_alone: bool, flushed_ms: Stretch = EVER
    ) -> Columns:
        after = "IS NULL" if last_alone else "IS DISTINCT FROM t"

        def ask(paths: Sequence[Path]) -> Columns:
            self._database.execute(
                f"CREATE OR REPLACE TABLE found AS SELECT metric, id, t, value, quality FROM"
                f" ({points_sql(paths, where)}) QUALIFY lead(t) OVER (PARTITION BY metric, id ORDER BY t, f) {after}"
            )
            self._meet_ids()
            result = self._database.execute(
                "SELECT i.number, m.number::UTINYINT AS metric, t, value, quality FROM found JOIN ids i USING (id)"
                f" JOIN (VALUES {_METRICS}) m(number, name) ON m.name = found.metric ORDER BY t, 2, 1"
            )
            return cast("Columns", result.fetchnumpy())  # pyright: ignore[reportUnknownMemberType]

        found = reading(lambda: [part.path for part in self.parts(since_s, until_s, flushed_ms)], ask, self.bad)
        return {name: np.ma.getdata(column) for name, column in found.items()}

    def _meet_ids(self) -> None:
        rows: list[tuple[str]] = self._database.execute(
            "SELECT DISTINCT id FROM found WHERE id NOT IN (SELECT id FROM ids) ORDER BY id"
        ).fetchall()
        if rows:
            begin = len(self.ids)
            self._database.execute(
                f"INSERT INTO ids SELECT {begin} + row_number() OVER (ORDER BY id) - 1, id FROM"
                " (SELECT DISTINCT id FROM found WHERE id NOT IN (SELECT id FROM ids))"
            )
            self.ids.extend(row[0] for row in rows)
