"""From points to bins: how long the points of a bin hold, and what that makes of them.

- A good point (quality GOOD or UNCERTAIN, with a value) holds from its time to the next point of its series, whatever
  that one's quality, and at most for the metric's time to live. Time that nothing holds is a gap: it is in no mean and
  no energy, and `covered_s` says how much is not.
- `mean` is weighted by time: the integral over what is held, over how long it is. It is for measurements alone.
- A counter's `rise` is the sum of the steps up from good point to good point of one bin. A step down is a counter that
  began anew: it adds nothing and counts as a reset. From bin to bin the step is from `last` to `first`.
- Of points of one series and one time, the one that came last counts.

Times in SQL are whole microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from twin.live.history.database import RAW_COLUMNS, source
from twin.live.metrics import METRICS
from twin.live.points import Quality

MS: Final = 1_000
SECOND: Final = 1_000_000
MEANS_COLUMNS: Final = (
    "metric VARCHAR, id VARCHAR, t BIGINT, points INTEGER, covered_s FLOAT, mean FLOAT, lowest FLOAT, highest FLOAT, "
    "first FLOAT, last FLOAT, rise FLOAT, resets INTEGER"
)
LONGEST_HOLD_S: Final = max(metric.ttl_s for metric in METRICS if metric.kind == "measurement")

_HOLDS: Final = ", ".join(
    f"('{metric.name}', {int(metric.ttl_s * SECOND) if metric.kind == 'measurement' else 0}, "
    f"{'true' if metric.kind == 'counter' else 'false'})"
    for metric in METRICS
)


def points_sql(paths: Sequence[Path], where: str) -> str:
    """All points of these files that meet a condition, with the file's number `f` in the order of being written."""
    tables = [f"SELECT *, {number}::USMALLINT AS f FROM {source([path])}" for number, path in enumerate(paths)]
    together = " UNION ALL ".join(tables) or f"SELECT *, 0::USMALLINT AS f FROM {source([], RAW_COLUMNS)}"
    return f"SELECT * FROM ({together}) WHERE {where}"


def bins_sql(  # noqa: PLR0913 - what its name says
    paths: Sequence[Path], *, first_us: int, end_us: int, width_us: int, horizon_us: int, where: str = "true"
) -> str:
    """The bins of `width_us` from `first_us` up to `end_us`, as `MEANS_COLUMNS`; nothing holds beyond `horizon_us`.

    `first_us` and `end_us` are multiples of the width. `where` narrows down `metric` and `id`.
    """
    back_us = int(LONGEST_HOLD_S) * SECOND
    chosen = points_sql(paths, f"t >= {first_us - back_us} AND t < {end_us} AND ({where})")
    return f"""
    WITH holds(metric, hold, counter) AS (VALUES {_HOLDS}),
    followed AS (
        SELECT *, lead(t) OVER (PARTITION BY metric, id ORDER BY t, f) AS next FROM ({chosen})
    ),
    clean AS (
        SELECT metric, id, t, value, counter, quality >= {int(Quality.UNCERTAIN)} AND NOT isnan(value) AS good,
            greatest(t, least(coalesce(next, {horizon_us}), t + hold, {horizon_us})) AS ends
        FROM followed JOIN holds USING (metric)
        WHERE next IS DISTINCT FROM t
    ),
    pieces AS (
        SELECT metric, id, t, value, ends, t >= {first_us} AS inside,
            unnest(range(
                greatest(t, {first_us}) // {width_us},
                greatest(t, least(ends, {end_us}) - 1) // {width_us} + 1
            )) * {width_us} AS bin
        FROM clean WHERE good AND NOT counter AND (t >= {first_us} OR ends > {first_us})
    ),
    weighed AS (
        SELECT metric, id, t, value, bin, inside AND t >= bin AS own,
            least(ends, bin + {width_us}) - greatest(t, bin) AS held
        FROM pieces
    ),
    levels AS (
        SELECT metric, id, bin AS t, (count(*) FILTER (own))::INTEGER AS points, (sum(held) / 1e6)::FLOAT AS covered_s,
            (sum(held * value::DOUBLE) / nullif(sum(held), 0))::FLOAT AS mean,
            min(value) FILTER (own) AS lowest, max(value) FILTER (own) AS highest,
            arg_min(value, t) FILTER (own) AS first, arg_max(value, t) FILTER (own) AS last,
            NULL::FLOAT AS rise, NULL::INTEGER AS resets
        FROM weighed GROUP BY metric, id, bin
    ),
    steps AS (
        SELECT metric, id, t, value, t // {width_us} * {width_us} AS bin,
            value::DOUBLE - lag(value) OVER (PARTITION BY metric, id, t // {width_us} ORDER BY t) AS step
        FROM clean WHERE good AND counter AND t >= {first_us}
    ),
    counters AS (
        SELECT metric, id, bin AS t, count(*)::INTEGER AS points, NULL::FLOAT AS covered_s, NULL::FLOAT AS mean,
            min(value) AS lowest, max(value) AS highest, arg_min(value, t) AS first, arg_max(value, t) AS last,
            coalesce(sum(step) FILTER (step > 0), 0)::FLOAT AS rise, (count(*) FILTER (step < 0))::INTEGER AS resets
        FROM steps GROUP BY metric, id, bin
    )
    SELECT * FROM levels UNION ALL SELECT * FROM counters
    """
