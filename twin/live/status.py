"""What `twin live status` tells, and the sources that have gone silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from twin.live.alarms import Alarms
from twin.live.tally import Tally

SILENT: Final = "silent"
"""Kind of the alarm for a source all of whose points are stale."""

Staleness: TypeAlias = Mapping[str, tuple[int, int]]
"""Source → points that it sent last and that can be stale, and how many of these are."""


def status(tally: Tally, staleness: Staleness, alarms: Alarms, now_s: float) -> dict[str, Any]:
    """The document of `twin live status --json`; counts since the start, staleness and alarms as they are now."""
    sources, rates = tally.sources, tally.rates(now_s)
    rows: list[dict[str, Any]] = []
    for source in sources:
        held, stale = staleness.get(source.name, (0, 0))
        share = round(stale / held, 6) if held else 0.0
        rate = round(rates.get(source.name, 0.0), 3)
        rows.append({**source.to_dict(), "points_per_s": rate, "stale": stale, "stale_share": share})
    return {
        "points": sum(source.points for source in sources),
        "points_per_s": round(rates[""], 3),
        "unknown": sum(source.unknown for source in sources),
        "malformed": sum(source.malformed for source in sources),
        "gaps": sum(source.gaps for source in sources),
        "stale": sum(row["stale"] for row in rows),
        "alarms": sum(not alarm.explained_by for alarm in alarms.open),
        "sources": rows,
    }


def silent_sources(tally: Tally, staleness: Staleness, alarms: Alarms, now_s: float) -> None:
    """Raise an alarm for each source of which nothing is fresh any more, and clear it when it speaks again.

    Alarms of sources of which nothing is held any more (those of another feed, before) are cleared too.
    """
    for alarm in alarms.open:
        if alarm.kind == SILENT and alarm.id not in staleness:
            alarms.clear(SILENT, alarm.id, now_s)
    for source in tally.sources:
        held, stale = staleness.get(source.name, (0, 0))
        if held and stale == held:
            text = f"source {source.name} is silent: all its {held:,} points are stale"
            alarms.raise_(SILENT, source.name, "warning", text, source.last_s or now_s)
        else:
            alarms.clear(SILENT, source.name, now_s)
