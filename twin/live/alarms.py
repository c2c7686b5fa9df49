"""The alarms: raised once however often they are reported, acknowledged, cleared, and kept across restarts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from twin.live.place import read_json, write_json

CLEARED_KEPT: Final = 1_000
FLAPPING_S: Final = 60.0
"""An alarm that comes back within this time is the same alarm, counted once more."""

Key = tuple[str, str]
"""Kind and asset id."""


@dataclass
class Alarm:
    """Something that a person should know, until it clears and is acknowledged."""

    kind: str
    """`down`, `out`, a metric that is beyond a limit, or `silent` (a source that sends nothing any more)."""
    id: str
    """The asset, or the source."""
    severity: str
    text: str
    since_s: float
    consequence: dict[str, Any] = field(default_factory=dict[str, Any])
    explained_by: list[str] = field(default_factory=list[str])
    """Assets whose being down explains it: it is folded under them."""
    count: int = 1
    """How often it was raised."""
    cleared_s: float | None = None
    acknowledged_s: float | None = None

    @property
    def key(self) -> Key:
        """What makes it the same alarm."""
        return self.kind, self.id

    @property
    def open(self) -> bool:
        """Whether its cause is still there."""
        return self.cleared_s is None

    def to_dict(self) -> dict[str, Any]:
        """As `twin live alarms --json` shows it; consequence and explanation are the alarm's own."""
        return {name: getattr(self, name) for name in _NAMES}


_NAMES: Final = tuple(entry.name for entry in fields(Alarm))


class Alarms:
    """All that are open, and the last that were cleared."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._open: dict[Key, Alarm] = {}
        self._cleared: dict[Key, Alarm] = {}
        self._changed = False
        self._ended: set[Key] = set()
        kept: list[Any] = read_json(path).get("alarms", []) if path else []
        for document in kept:
            alarm = _read(document)
            if alarm is not None:
                (self._open if alarm.open else self._cleared)[alarm.key] = alarm

    @property
    def open(self) -> list[Alarm]:
        """Those whose cause is still there, oldest first."""
        return sorted(self._open.values(), key=lambda alarm: (alarm.since_s, alarm.key))

    @property
    def all(self) -> list[Alarm]:
        """Open ones, then cleared ones, newest first."""
        return [*self.open, *sorted(self._cleared.values(), key=lambda alarm: -(alarm.cleared_s or 0))]

    def find(self, kind: str, asset_id: str) -> Alarm | None:
        """The open alarm of this kind and asset."""
        return self._open.get((kind, asset_id))

    def raise_(self, kind: str, asset_id: str, severity: str, text: str, since_s: float) -> Alarm:
        """The open alarm, made where there is none yet; a worse severity asks for acknowledgement again."""
        key = (kind, asset_id)
        alarm = self._open.get(key)
        if alarm is None:
            alarm = self._back(key, since_s) or Alarm(kind, asset_id, severity, text, since_s)
            self._open[key] = alarm
            self._changed = True
        if (alarm.severity, alarm.text) != (severity, text):
            if severity == "critical" != alarm.severity:
                alarm.acknowledged_s = None
            alarm.severity, alarm.text = severity, text
            self._changed = True
        return alarm

    def begin_anew(self, now_s: float) -> None:
        """Clear all: nothing of what was reported to an earlier process is known; nor does any of them come back.

        The same report from another feed, or from a simulation that runs once more, is an alarm of its own.
        """
        for kind, asset_id in list(self._open):
            self.clear(kind, asset_id, now_s)
        self._ended = set(self._cleared)

    def _back(self, key: Key, now_s: float) -> Alarm | None:
        known = self._cleared.get(key)
        if known is None or key in self._ended or now_s - (known.cleared_s or 0.0) > FLAPPING_S:
            return None
        del self._cleared[key]
        known.cleared_s = None
        known.count += 1
        return known

    def describe(self, alarm: Alarm, consequence: Mapping[str, Any], explained_by: Iterable[str]) -> None:
        """Add what it means, and what explains it."""
        found = dict(consequence), sorted(explained_by)
        if (alarm.consequence, alarm.explained_by) != found:
            alarm.consequence, alarm.explained_by = found
            self._changed = True

    def clear(self, kind: str, asset_id: str, now_s: float) -> None:
        """Its cause is gone; it is kept among the cleared ones."""
        alarm = self._open.pop((kind, asset_id), None)
        if alarm is None:
            return
        alarm.cleared_s = now_s
        self._cleared.pop(alarm.key, None)
        self._cleared[alarm.key] = alarm
        self._ended.discard(alarm.key)
        while len(self._cleared) > CLEARED_KEPT:
            del self._cleared[next(iter(self._cleared))]
        self._changed = True

    def acknowledge(self, ids: Iterable[str] | None, now_s: float) -> int:
        """Note that somebody has seen the alarms of these assets (None: all); returns how many that were new to."""
        wanted = None if ids is None else set(ids)
        fresh = [a for a in self.all if a.acknowledged_s is None and (wanted is None or a.id in wanted)]
        for alarm in fresh:
            alarm.acknowledged_s = now_s
        self._changed |= bool(fresh)
        return len(fresh)

    def save(self) -> None:
        """Write them where they are kept, if anything changed since."""
        if self._changed and self._path is not None:
            write_json(self._path, {"alarms": [alarm.to_dict() for alarm in self.all]})
        self._changed = False


def _read(document: Any) -> Alarm | None:
    """An alarm of the file; None where somebody else wrote it."""
    if not isinstance(document, dict) or set(document) != set(_NAMES):  # pyright: ignore[reportUnknownArgumentType]
        return None
    return Alarm(**document)  # pyright: ignore[reportUnknownArgumentType]
