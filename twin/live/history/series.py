"""The answer for one point: its bins, what they add up to, and what was not measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from twin.live.history.spans import iso
from twin.live.metrics import Metric

_SLACK: Final = 0.005
"""A bin that lacks less than this share is no gap."""


@dataclass(frozen=True)
class Series:
    """The bins of one point over a window; see `to_dict` for what it says."""

    asset: str
    metric: Metric
    since_s: float
    until_s: float
    every_s: float
    now_s: float
    rows: list[dict[str, Any]]
    recorded_until_s: float | None
    raw_since_s: float | None
    bad: dict[Path, str] = field(default_factory=dict[Path, str])

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin history --json`. `covered_s` and `energy_kwh` count what was measured, never gaps."""
        covered = math.fsum(row["covered_s"] or 0.0 for row in self.rows)
        weighed = math.fsum(row["mean"] * row["covered_s"] for row in self.rows if row["covered_s"])
        measured = self.metric.kind == "measurement"
        return {
            "question": {
                "asset": self.asset,
                "metric": self.metric.name,
                "since": iso(self.since_s),
                "until": iso(self.until_s),
                "every_s": self.every_s,
            },
            "unit": self.metric.unit,
            "kind": self.metric.kind,
            "points": sum(row["points"] for row in self.rows),
            "mean": weighed / covered if covered else None,
            "energy_kwh": weighed / 3600.0 if covered and self.metric.unit == "kW" else None,
            "rise": self._rise(),
            "resets": sum(row["resets"] or 0 for row in self.rows) if self.metric.kind == "counter" else None,
            "covered_s": round(covered, 3) if measured else None,
            "gaps": self.gaps() if measured else [],
            "recorded_until": None if self.recorded_until_s is None else iso(round(self.recorded_until_s)),
            "raw_since": None if self.raw_since_s is None else iso(round(self.raw_since_s)),
            "bad_files": [{"file": str(path), "reason": reason} for path, reason in sorted(self.bad.items())],
            "rows": self.rows,
        }

    def _rise(self) -> float | None:
        rises = [row["rise"] for row in self.rows if row["rise"] is not None]
        return math.fsum(rises) if rises else None

    def gaps(self) -> list[dict[str, Any]]:
        """Runs of bins of which a part is not measured, with how much of them that is, in seconds."""
        found: list[dict[str, Any]] = []
        open_ = False
        for row in self.rows:
            begin_s = row["t_s"]
            length_s = min(begin_s + self.every_s, self.now_s) - begin_s
            missing_s = length_s - (row["covered_s"] or 0.0)
            if missing_s <= length_s * _SLACK:
                open_ = False
                continue
            if not open_:
                found.append({"since": iso(begin_s), "until": "", "missing_s": 0.0})
                open_ = True
            found[-1]["until"] = iso(begin_s + length_s)
            found[-1]["missing_s"] = round(found[-1]["missing_s"] + missing_s, 3)
        return found
