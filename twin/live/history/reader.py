"""Recorded points as columns, in the order of time, for the replay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from twin.live.history import files
from twin.live.history.bins import LONGEST_HOLD_S, SECOND, points_sql
from twin.live.history.database import connect, quoted, reading
from twin.live.history.files import Part
from twin.live.metrics import METRICS

Columns = dict[str, NDArray[Any]]
"""`number` (place in the reader's ids), `metric` (number), `t` (whole microseconds since 1970), `value`, `quality`."""

_HELD: Final = ", ".join(quoted(metric.name) for metric in METRICS if metric.kind in {"state", "setpoint"})
_METRICS: Final = ", ".join(f"({number}, {quoted(metric.name)})" for number, metric in enumerate(METRICS))


class Reader:
    """Reads raw points; one thread at a time. `ids` grows as ids are met; `bad` gets files that cannot be read."""

    def __init__(self, history: Path, bad: dict[Path, str]) -> None:
        self.history, self.bad = history, bad
        self.ids: list[str] = []
        self._database = connect()
        self._database.execute("CREATE TABLE ids (number INTEGER, id VARCHAR)")

    def parts(self, since_s: float, until_s: float) -> list[Part]:
        """The files that hold points of this time."""
        raw = files.counting(self.history, "raw")
        return [part for part in raw if part.holds(int(since_s * 1000), int(until_s * 1000))]

    def points(self, since_s: float, until_s: float) -> Columns:
        """All points from a time on, up to another, by time; of one series and time the one that came last."""
        begin, end = int(since_s * SECOND), int(until_s * SECOND)
        return self._columns(since_s, until_s, f"t >= {begin} AND t < {end}", last_alone=False)

    def held(self, at_s: float) -> Columns:
        """Of each series the last point before a time, that of a measurement only where it can still hold then."""
        end = int(at_s * SECOND)
        back = end - int(LONGEST_HOLD_S) * SECOND
        where = f"t < {end} AND (t >= {back} OR metric IN ({_HELD}))"
        return self._columns(0.0, at_s, where, last_alone=True)

    def _columns(self, since_s: float, until_s: float, where: str, *, last_alone: bool) -> Columns:
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

        found = reading(lambda: [part.path for part in self.parts(since_s, until_s)], ask, self.bad)
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
