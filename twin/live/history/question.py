"""Questions to history: the bins of one point, and the means and energies of many."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np

from schema.errors import BadInput
from twin.live.history import files
from twin.live.history.bins import MEANS_COLUMNS, MS, SECOND, bins_sql
from twin.live.history.database import connect, reading, source
from twin.live.history.files import SPAN_MS, Part
from twin.live.history.series import Series
from twin.live.history.spans import iso
from twin.live.metrics import METRICS, NUMBER, Metric

QUARTER_S: Final = 900.0
MOST_BINS: Final = 20_000
_QUARTER_US: Final = int(QUARTER_S) * SECOND
_STEPS_S: Final = (1, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800)
_SHOWN: Final = 60
"""Bins that a window gets where nobody says how wide they are: about so many."""

# From bins to wider bins; a counter's step from bin to bin is that from the last point of one to the first of the next.
_WIDER: Final = """
    SELECT id, t // {width} * {width} AS t, sum(points)::BIGINT AS points, sum(covered_s) AS covered_s,
        sum(mean::DOUBLE * covered_s) / nullif(sum(covered_s), 0) AS mean, min(lowest) AS lowest,
        max(highest) AS highest, arg_max(last, t) FILTER (last IS NOT NULL) AS last,
        sum(rise + greatest(coalesce(step, 0), 0)) AS rise,
        sum(resets + (coalesce(step, 0) < 0)::INTEGER)::BIGINT AS resets
    FROM (SELECT *, first::DOUBLE - lag(last) OVER (PARTITION BY id ORDER BY t) AS step FROM ({bins}))
    GROUP BY id, t // {width}
"""


@dataclass(frozen=True)
class Totals:
    """Of each asset, by id: the mean while it was measured, how long that was, and the rise of a counter."""

    mean: dict[str, float]
    covered_s: dict[str, float]
    rise: dict[str, float]
    bad: dict[Path, str]


def metric_named(name: str) -> Metric:
    """The metric of this name. Raises BadInput, with near ones, else with all that there are."""
    if name in NUMBER:
        return METRICS[NUMBER[name]]
    near = get_close_matches(name, NUMBER, n=3)
    others = f"near: {', '.join(near)}" if near else f"there are {', '.join(sorted(NUMBER))}"
    raise BadInput(f"there is no metric {name!r}; {others}")


class History:
    """The history under a TWIN_HOME, read-only; it may be read while it is recorded. Raises BadInput where none is."""

    def __init__(self, home: Path, now_s: float | None = None) -> None:
        self.history = files.history_folder(home)
        self.now_s = time.time() if now_s is None else now_s
        if not self.history.is_dir():
            raise BadInput(f"there is no history in {home}: `twin live` records it")

    def knows(self, asset: str) -> bool:
        """Whether the newest files hold points of this id."""
        newest = [*files.counting(self.history, "raw")[-2:], *files.counting(self.history, "means")[-2:]]
        bad: dict[Path, str] = {}
        with connect() as database:
            return any(
                reading(
                    lambda part=part: [part.path],
                    lambda paths: database.execute(
                        f"SELECT count(*) > 0 FROM {source(paths)} WHERE id = $id", {"id": asset}
                    ).fetchall()[0][0],
                    bad,
                )
                for part in newest
                if part.path.exists()
            )

    def series(
        self, asset: str, metric: Metric, since_s: float, until_s: float | None = None, every_s: float | None = None
    ) -> Series:
        """The bins of one point: whole bins, aligned to midnight of 1970, so that the window may be a little wider.

        Raises BadInput for a window or a width that cannot be answered.
        """
        until_s = self.now_s if until_s is None else min(until_s, self.now_s)
        if not since_s < until_s:
            raise BadInput(f"--since {iso(since_s)} is not before --until {iso(until_s)}")
        width_s = every_s or _width_s(until_s - since_s)
        self._check_width(width_s, since_s, until_s)
        width_us = round(width_s * SECOND)
        first_us = int(since_s * SECOND) // width_us * width_us
        end_us = -(-int(until_s * SECOND) // width_us) * width_us
        bad: dict[Path, str] = {}
        where = "id = $id AND metric = $metric"
        found = self._rows((first_us, end_us), width_us, where, {"id": asset, "metric": metric.name}, bad)
        by_time = {row["t"]: row for row in found}
        rows = [self._row(at_us, by_time.get(at_us), metric) for at_us in range(first_us, end_us, width_us)]
        return Series(
            asset, metric, first_us / SECOND, end_us / SECOND, width_s, self.now_s, rows, self.flushed_s(),
            self._raw_since_s(), bad,
        )  # fmt: skip

    def totals(self, metric: Metric, since_s: float, until_s: float, ids: Sequence[str] | None = None) -> Totals:
        """Mean, covered time and rise of each asset (or of these) over whole quarters of an hour that hold a window."""
        first_us = int(since_s * SECOND) // _QUARTER_US * _QUARTER_US
        end_us = -(-int(until_s * SECOND) // _QUARTER_US) * _QUARTER_US
        bad: dict[Path, str] = {}
        where, parameters = "metric = $metric", {"metric": metric.name}
        columns = self._rows((first_us, end_us), end_us - first_us, where, parameters, bad, ids=ids, origin_us=first_us)
        return Totals(
            mean={row["id"]: row["mean"] for row in columns if row["mean"] is not None},
            covered_s={row["id"]: row["covered_s"] for row in columns if row["covered_s"] is not None},
            rise={row["id"]: row["rise"] for row in columns if row["rise"] is not None},
            bad=bad,
        )

    def flushed_s(self) -> float | None:
        """When the recorder flushed last, or None where nothing says so."""
        try:
            return float(json.loads((self.history / "recorder.json").read_text(encoding="utf-8"))["flushed_s"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def first_s(self) -> float | None:
        """The time of the first point there is, raw or as a mean, or None."""
        found = [part.first_ms for room in ("raw", "means") for part in files.counting(self.history, room)]
        return min(found) / 1000.0 if found else None

    def _raw_since_s(self) -> float | None:
        raw = files.counting(self.history, "raw")
        return min(part.at_ms for part in raw) / 1000.0 if raw else None

    def _check_width(self, width_s: float, since_s: float, until_s: float) -> None:
        if width_s > QUARTER_S and width_s % QUARTER_S:
            raise BadInput(f"--every {width_s:g} s: above 15min it must be a multiple of 15min")
        if width_s < 1.0 or (until_s - since_s) / width_s > MOST_BINS:
            raise BadInput(f"--every {width_s:g} s: expected from 1s, and at most {MOST_BINS:,} bins in the window")

    def _rows(  # noqa: PLR0913 - the window, and what of it
        self,
        window_us: tuple[int, int],
        width_us: int,
        where: str,
        parameters: dict[str, Any],
        bad: dict[Path, str],
        *,
        ids: Sequence[str] | None = None,
        origin_us: int = 0,
    ) -> list[dict[str, Any]]:
        """The bins that there are, from means where there are some and the width allows, else from raw points."""
        first_us, end_us = window_us
        horizon_us = min(end_us, int(self.now_s * SECOND))
        with connect(threads=2) as database:
            if ids is not None:
                database.register("given", {"id": np.array(ids, object)})
                database.execute("CREATE TABLE wanted AS SELECT DISTINCT id::VARCHAR AS id FROM given")
                where += " AND id IN (SELECT id FROM wanted)"
            parts: list[Part] = []

            def paths() -> list[Path]:
                parts[:] = self._parts(first_us // MS, (end_us - 1) // MS, width_us)
                return [part.path for part in parts]

            def ask(chosen: Sequence[Path]) -> list[dict[str, Any]]:
                there = [part for part in parts if part.path in set(chosen)]
                bins = _bins(there, first_us, end_us, width_us, horizon_us, where)
                shifted = f"SELECT * REPLACE (t - {origin_us} AS t) FROM ({bins})"
                result = database.execute(_WIDER.format(width=width_us, bins=shifted), parameters)
                names: list[str] = [column[0] for column in result.description or []]
                return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

            return reading(paths, ask, bad)

    def _parts(self, first_ms: int, last_ms: int, width_us: int) -> list[Part]:
        """The files that hold something of a window: means, where bins are wide enough, and raw points."""
        means = files.counting(self.history, "means") if width_us >= _QUARTER_US else []
        back_ms = SPAN_MS["quarter"]
        raw = [part for part in files.counting(self.history, "raw") if part.holds(first_ms - back_ms, last_ms)]
        return [*(part for part in means if part.holds(first_ms, last_ms)), *raw]

    def _row(self, at_us: int, found: dict[str, Any] | None, metric: Metric) -> dict[str, Any]:
        values = found or {}
        mean, covered_s = values.get("mean"), values.get("covered_s")
        measured = metric.kind == "measurement"
        row: dict[str, Any] = {
            "t": iso(at_us / SECOND),
            "t_s": at_us / SECOND,
            "points": values.get("points", 0),
            "mean": mean,
            "lowest": values.get("lowest"),
            "highest": values.get("highest"),
            "last": _choice(values.get("last"), metric),
            "covered_s": (covered_s or 0.0) if measured else None,
            "rise": values.get("rise") if metric.kind == "counter" else None,
            "resets": values.get("resets") if metric.kind == "counter" else None,
        }
        if metric.unit == "kW":
            row["energy_kwh"] = mean * covered_s / 3600.0 if mean is not None and covered_s else None
        return row


def _bins(  # noqa: PLR0913, PLR0917 - the window, and what of it
    parts: Sequence[Part], first_us: int, end_us: int, width_us: int, horizon_us: int, where: str
) -> str:
    """Bins of a quarter of an hour, each from the means or from raw points, never from both; narrower ones from raw."""
    raw = [part for part in parts if files.ROOM[part.span] == "raw"]
    if width_us < _QUARTER_US:
        return bins_sql(
            [part.path for part in raw],
            first_us=first_us, end_us=end_us, width_us=width_us, horizon_us=horizon_us, where=where,
        )  # fmt: skip
    means = [part for part in parts if files.ROOM[part.span] == "means"]
    rolled = {
        at_ms * MS for part in means for at_ms in range(part.at_ms, part.at_ms + SPAN_MS[part.span], SPAN_MS["quarter"])
    }
    table = source([part.path for part in means], MEANS_COLUMNS)
    from_means = f"SELECT * FROM {table} WHERE t >= {first_us} AND t < {end_us} AND ({where})"
    open_ = [at_us for at_us in range(first_us, end_us, _QUARTER_US) if at_us not in rolled]
    if not open_:
        return from_means
    begin_us = open_[0]
    needed = [part.path for part in raw if part.holds(begin_us // MS - SPAN_MS["quarter"], end_us // MS)]
    from_raw = bins_sql(
        needed, first_us=begin_us, end_us=end_us, width_us=_QUARTER_US, horizon_us=horizon_us, where=where
    )
    skipped = ", ".join(str(at_us) for at_us in sorted(rolled) if begin_us <= at_us < end_us)
    unless = f" WHERE t NOT IN ({skipped})" if skipped else ""
    return f"{from_means} UNION ALL SELECT * FROM ({from_raw}){unless}"


def _choice(value: float | None, metric: Metric) -> float | str | None:
    """The name of a choice, where the metric has choices."""
    if value is None or not metric.choices or not 0 <= value < len(metric.choices):
        return value
    return metric.choices[int(value)]


def _width_s(window_s: float) -> float:
    """A round width of bins that gives a window about as many as a screen has lines."""
    return float(next((step for step in _STEPS_S if window_s / step <= _SHOWN), _STEPS_S[-1]))
