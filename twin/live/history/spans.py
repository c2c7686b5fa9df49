"""What people write for times and durations: 2h, 15min, 7d, now, 2026-11-22T21:00."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from schema.errors import BadInput

_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_557_600.0}
_DURATION: Final = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(_UNITS)})", re.ASCII)
_SUCH_AS: Final = "90s, 15min, 2h, 7d, 4w or 1y"


def duration_s(text: str, option: str) -> float:
    """Seconds of 90s, 15min, 2h, 7d, 4w or 1y. Raises BadInput, which names the option."""
    found = _DURATION.fullmatch(text.strip())
    value = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0.0 < value < 1e10:
        raise BadInput(f"{option} {text!r}: expected a duration such as {_SUCH_AS}")
    return value


def moment_s(text: str, now_s: float, option: str) -> float:
    """Seconds since 1970 of a duration ago, of `now`, or of an ISO 8601 time (UTC where it names no zone).

    Raises BadInput, which names the option.
    """
    text = text.strip()
    if text == "now":
        return now_s
    if _DURATION.fullmatch(text):
        return now_s - duration_s(text, option)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{option} {text!r}: expected how long ago ({_SUCH_AS}), now, or a time such as 2026-11-22T21:00 (UTC)"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def iso(at_s: float) -> str:
    """A time as people and programs read it: UTC, with as many decimals as it has."""
    text = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="auto")
    return text.replace("+00:00", "Z")
