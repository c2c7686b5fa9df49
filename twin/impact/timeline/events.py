"""One line of a timeline, and why it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """A change of one asset.

    `because`, by state:

    - lost: the group that broke, `{"type", "group", "need", "available", "lost_suppliers", "since_s"}`: the first by
      type and name of those whose type was broken for longer than it is held; `since_s` is when that clock started,
      `lost_suppliers` are those available at the start and not now, and `"transfer": true` is added while the group
      changes its source. Or what took it down at 0 s, `{"type": "CONTAINS" | "AFFECTS" | "PART_OF", "by": [id]}`.
    - up: `{"type": "MET", "since_s"}`, since when all its groups are met without a pause.
    - running: `{"type": "CALLED", "by": id, "group_type", "group", "since_s"}`, the first group that called, and when.
    - empty: `{"type": "RUN_S", "since_s", "run_s"}`, since when and for how long it was available.
    """

    at_s: float
    id: str
    state: str
    """lost, up, running or empty."""
    because: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As `--json` shows it."""
        return {"at_s": self.at_s, "id": self.id, "state": self.state, "because": dict(self.because)}
