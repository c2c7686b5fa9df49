"""Behind the recorder: 15-minute means from raw points, hours from minutes, days from quarters, and what is too old.

Each step can be interrupted and run again. A quarter is rolled up `GRACE_S` after its end, from the raw files that hold
some of it, and again when points of it came later. Raw files go when they are older than the retention and all that
they hold is rolled up. Only the process that holds the recorder's lock does any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from schema.errors import BadInput
from twin.live.history import files
from twin.live.history.bins import LONGEST_HOLD_S, MS, bins_sql, points_sql
from twin.live.history.database import PARQUET, connect, first_line, quoted, reading, source
from twin.live.history.files import SPAN_MS, Part, Room, Span, floor
from twin.live.history.slices import sizes, slices
from twin.processors import give_way

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GRACE_S: Final = 120.0
EVERY_S: Final = 60.0
Query: TypeAlias = Callable[[Sequence[Path], str], str]
"""From files and a condition on their rows to SQL."""
_QUARTER: Final = SPAN_MS["quarter"]
_HOLD_MS: Final = int(LONGEST_HOLD_S * 1000)
_NARROW: Final = 8
"""Quarters that a file may stretch over before it is asked which of them it holds."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long raw points are kept, and 15-minute means (default: for ever), in seconds."""

    raw_s: float = 7 * 86_400.0
    means_s: float = float("inf")

    def __post_init__(self) -> None:
        if not self.raw_s >= 7_200.0:
            raise BadInput(f"raw points must be kept for two hours at least, not {self.raw_s:g} s")
        if not self.means_s >= 2 * 86_400.0:
            raise BadInput(f"means must be kept for two days at least, not {self.means_s:g} s")


class Upkeep:
    """The work behind a recorder; `run` in a thread of its own, or `once` by hand."""

    def __init__(
        self, history: Path, retention: Retention, say: Callable[[str], None], clock: Callable[[], float]
    ) -> None:
        self.history, self.retention = history, retention
        self._spill = history / "spill"
        self._say, self._clock = say, clock
        self._known: dict[Part, set[int]] = {}
        self._failing = self._stopped = False
        self._database: DuckDBPyConnection | None = None

    def run(self, done: Event) -> None:
        """Do what is due, every minute, until `done`, at low priority."""
        give_way(10)
        while not done.wait(EVERY_S):
            self.attempt()

    def attempt(self) -> None:
        """Do what is due; what the disk refuses is said once, and tried again."""
        import duckdb  # noqa: PLC0415

        try:
            self.once()
        except duckdb.InterruptException:
            return
        except (OSError, duckdb.Error, BadInput) as error:
            if not self._failing:
                self._say(f"history: means and merged files wait ({first_line(error)})")
            self._failing = True
            return
        self._failing = False

    def stop(self) -> None:
        """Interrupt what runs, and begin no other query; call it until the thread has ended.

        A query that is about to begin does not hear of it yet.
        """
        import duckdb  # noqa: PLC0415

        self._stopped = True
        database = self._database
        if database is not None:
            with suppress(duckdb.ConnectionException):  # it was just closed
                database.interrupt()

    def once(self) -> None:
        """Do all that is due. Raises OSError and what DuckDB raises; what was done by then stays."""
        now_ms = int(self._clock() * 1000)
        self._spill.mkdir(exist_ok=True)
        with connect(self._spill) as database:
            self._database = database
            try:
                files.remove([*files.superseded(self.history, "raw"), *files.superseded(self.history, "means")])
                self._roll_up(now_ms)
                self._merge("raw", now_ms)
                self._merge("means", now_ms)
                self._forget(now_ms)
            finally:
                self._database = None

    def _roll_up(self, now_ms: int) -> None:
        raw = files.counting(self.history, "raw")
        made = self._rolled_up()
        over_ms = now_ms - int(GRACE_S * 1000)
        complete_ms = now_ms - int(self.retention.raw_s * 1000) + _HOLD_MS
        newest: dict[int, int] = {}
        for part in raw:
            for quarter in self._quarters(part):
                newest[quarter] = max(part.made_ms, newest.get(quarter, -1))
        # A quarter with means of which raw files may be gone already stays as it is.
        due = {
            quarter: made_ms
            for quarter, made_ms in sorted(newest.items())
            if quarter + _QUARTER <= over_ms
            and made.get(quarter, -1) < made_ms
            and (quarter not in made or quarter >= complete_ms)
        }
        days = {part.at_ms: part for part in files.counting(self.history, "means") if part.span == "day"}
        for day in sorted({floor(quarter, "day") for quarter in due} & days.keys()):
            late = {quarter: due.pop(quarter) for quarter in list(due) if floor(quarter, "day") == day}
            self._write_means(days[day], late, raw)
        for quarter, made_ms in due.items():
            self._write_means(None, {quarter: made_ms}, raw)

    def _rolled_up(self) -> dict[int, int]:
        """Of each quarter that has means: the raw files made up to when are in them."""
        made: dict[int, int] = {}
        for part in files.counting(self.history, "means"):
            for quarter in range(part.at_ms, part.at_ms + SPAN_MS[part.span], _QUARTER):
                made[quarter] = part.made_ms
        return made

    def _quarters(self, part: Part) -> set[int]:
        """The quarters in which points of this file stand or still hold."""
        if part not in self._known:
            stretch = range(floor(part.first_ms, "quarter"), part.last_ms + _HOLD_MS + 1, _QUARTER)
            self._known[part] = set(stretch) if len(stretch) <= _NARROW else self._quarters_exactly(part)
        return self._known[part]

    def _quarters_exactly(self, part: Part) -> set[int]:
        """The same for a file with a few late points: what lies between need not be rolled up again."""
        width_us = _QUARTER * MS
        rows = self._read([part], lambda paths: f"SELECT DISTINCT t // {width_us} FROM ({points_sql(paths, 'true')})")
        found = {int(number) * _QUARTER for (number,) in rows}
        return found | {quarter + _QUARTER for quarter in found}

    def _write_means(self, day: Part | None, quarters: dict[int, int], raw: Sequence[Part]) -> None:
        """Roll up these quarters: into a file of its own each, or anew into the file of their day."""
        at_ms, span = (day.at_ms, day.span) if day else (min(quarters), "quarter")
        held = {q: [p for p in raw if p.holds(q - _HOLD_MS, q + _QUARTER - 1)] for q in quarters}
        used = sorted({part for parts in held.values() for part in parts} | ({day} if day else set()))

        def query(paths: Sequence[Path], where: str) -> str:
            there = set(paths)
            tables = [
                bins_sql(
                    [part.path for part in held[quarter] if part.path in there],
                    first_us=quarter * MS,
                    end_us=(quarter + _QUARTER) * MS,
                    width_us=_QUARTER * MS,
                    horizon_us=(quarter + _QUARTER) * MS,
                    where=where,
                )
                for quarter in quarters
            ]
            if day and day.path in there:
                redone = ", ".join(str(quarter * MS) for quarter in quarters)
                tables.append(f"SELECT * FROM {source([day.path])} WHERE t NOT IN ({redone}) AND {where}")
            together = " UNION ALL ".join(f"SELECT * FROM ({table})" for table in tables)
            return f"{together} ORDER BY metric, id, t"

        self._write(
            span=span,
            at_ms=at_ms,
            times_ms=(at_ms, at_ms + SPAN_MS[span] - 1),
            made_ms=max(quarters.values()),
            used=used,
            query=query,
        )

    def _merge(self, room: Room, now_ms: int) -> None:
        """Merge the files of each hour or day that is over into one."""
        merged = files.MERGED[room]
        groups: dict[int, list[Part]] = {}
        apart = {floor(at_ms, merged) for at_ms in files.begins(self.history)} if room == "raw" else set[int]()
        for part in files.counting(self.history, room):
            if part.span != merged and floor(part.at_ms, merged) not in apart:
                groups.setdefault(floor(part.at_ms, merged), []).append(part)
        grace_ms = _MERGE_GRACE_MS[room]
        for at_ms, parts in sorted(groups.items()):
            if at_ms + SPAN_MS[merged] + grace_ms > now_ms:
                continue
            whole = [part for part in parts if self._is_intact(part)]
            if not whole:
                continue
            times = min(part.first_ms for part in whole), max(part.last_ms for part in whole)
            made_ms = max(part.made_ms for part in whole)
            self._write(span=merged, at_ms=at_ms, times_ms=times, made_ms=made_ms, used=whole, query=_MERGING[room])
            files.remove(whole)

    def _is_intact(self, part: Part) -> bool:
        """Whether a file is as it was written; one that is not is set aside, with a line."""
        if part.intact:
            return True
        self._set_aside(part, "its checksum is wrong")
        return False

    def _set_aside(self, part: Part, reason: str) -> None:
        place = files.set_aside(self.history, part)
        self._say(f"history: {place} cannot be read and is left out: {reason}")

    def _forget(self, now_ms: int) -> None:
        made = self._rolled_up()
        before_ms = now_ms - int(self.retention.raw_s * 1000)
        old = [part for part in files.counting(self.history, "raw") if part.at_ms + SPAN_MS[part.span] <= before_ms]
        files.remove(part for part in old if self._quarters(part) <= made.keys())
        files.forget_begins(self.history)
        if self.retention.means_s != float("inf"):
            before_ms = now_ms - int(self.retention.means_s * 1000)
            found = files.counting(self.history, "means")
            files.remove(part for part in found if part.at_ms + SPAN_MS[part.span] <= before_ms)
        self._known = {part: quarters for part, quarters in self._known.items() if part.path.exists()}

    def _write(  # noqa: PLR0913 - what its name says
        self,
        *,
        span: Span,
        at_ms: int,
        times_ms: tuple[int, int],
        made_ms: int,
        used: Sequence[Part],
        query: Query,
    ) -> None:
        """Write what a query of these files gives; files that cannot be read are set aside and left out.

        Many points are done slice by slice of the ids, because sorting them all at once takes gigabytes.
        """
        rows = self._read(used, sizes)
        wheres = slices(self._opened(), rows)

        def make(path: Path) -> None:
            if len(wheres) == 1:
                self._copy(used, query, wheres[0], path)
                return
            pieces = [self._spill / f"slice_{number}{files.SUFFIX}" for number in range(len(wheres))]
            try:
                for piece, where in zip(pieces, wheres, strict=True):
                    self._copy(used, query, where, piece)
                self._opened().execute(f"COPY (SELECT * FROM {source(pieces)}) TO {quoted(str(path))} {PARQUET}")
            finally:
                for piece in pieces:
                    piece.unlink(missing_ok=True)

        files.write(self.history, span=span, at_ms=at_ms, times_ms=times_ms, made_ms=made_ms, make=make)

    def _copy(self, used: Sequence[Part], query: Query, where: str, path: Path) -> None:
        target = f"TO {quoted(str(path))} {PARQUET}"
        self._read(used, lambda paths: f"COPY ({query(paths, where)}) {target}")

    def _opened(self) -> DuckDBPyConnection:
        import duckdb  # noqa: PLC0415

        assert self._database is not None  # noqa: S101 - `once` opens it
        if self._stopped:
            raise duckdb.InterruptException("stopped")
        return self._database

    def _read(self, used: Sequence[Part], query: Callable[[Sequence[Path]], str]) -> list[Any]:
        database = self._opened()
        bad: dict[Path, str] = {}
        rows: list[Any] = reading(
            lambda: [part.path for part in used if part.path.exists()],
            lambda paths: database.execute(query(paths)).fetchall(),
            bad,
        )
        for part in used:
            if part.path in bad:
                self._set_aside(part, bad[part.path])
        return rows


def _merge_raw(paths: Sequence[Path], where: str) -> str:
    """All points by series and time; of one series and time the one that came last."""
    return (
        f"SELECT metric, id, t, value, quality FROM ({points_sql(paths, where)})"
        " QUALIFY lead(t) OVER (PARTITION BY metric, id ORDER BY t, f) IS DISTINCT FROM t ORDER BY metric, id, t"
    )


def _merge_means(paths: Sequence[Path], where: str) -> str:
    return f"SELECT * FROM {source(paths)} WHERE {where} ORDER BY metric, id, t"


_MERGING: Final[dict[Room, Query]] = {"raw": _merge_raw, "means": _merge_means}
_MERGE_GRACE_MS: Final[dict[Room, int]] = {"raw": 180_000, "means": 3_600_000}
