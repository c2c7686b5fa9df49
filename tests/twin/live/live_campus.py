"""A small campus with live state: two UPS, dual-corded servers, a breaker; and points that a test delivers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.campus import Campus
from twin.live.directory import Head
from twin.live.keeper import Keeper
from twin.live.metrics import NUMBER
from twin.topology import from_records

ASSETS: list[dict[str, Any]] = [
    {"id": "UTIL", "label": "UtilityFeed"},
    {"id": "UPS-A", "label": "UPS", "power_hold_s": 600.0},
    {"id": "UPS-B", "label": "UPS", "power_hold_s": 600.0},
    {"id": "BRK-A", "label": "Breaker"},
    {"id": "PDU-A", "label": "PDU"},
    {"id": "PDU-B", "label": "PDU"},
    {"id": "CAB", "label": "Cabinet"},
    *({"id": f"S{i}", "label": "Server", "draw_kw": 1.0} for i in range(4)),
    {"id": "SINGLE", "label": "Server", "draw_kw": 2.0},
]


def _feeds(source: str, target: str) -> dict[str, Any]:
    return {"source_id": source, "type": "FEEDS", "target_id": target}


RELATIONSHIPS = [
    _feeds("UTIL", "UPS-A"),
    _feeds("UTIL", "UPS-B"),
    _feeds("UPS-A", "BRK-A"),
    _feeds("BRK-A", "PDU-A"),
    _feeds("UPS-B", "PDU-B"),
    *(_feeds(pdu, f"S{i}") for i in range(4) for pdu in ("PDU-A", "PDU-B")),
    _feeds("PDU-A", "SINGLE"),
    *({"source_id": "CAB", "type": "CONTAINS", "target_id": name} for name in ("S0", "S1", "S2", "S3", "SINGLE")),
]


def campus() -> Campus:
    return Campus.of(from_records(ASSETS, RELATIONSHIPS))


def keeper(home: Path, **options: Any) -> Keeper:
    return Keeper(campus(), home, "played", **options)


def say(  # noqa: PLR0917 - a point
    kept: Keeper, metric: str, ids: Sequence[str], values: Sequence[Any], at_s: float | None = None, seq: int = -1
) -> None:
    """Deliver a column as a feed would."""
    now_s = time.time()
    head = Head("bms", NUMBER[metric], now_s, seq)
    with kept.directory.lock:
        batch = kept.directory.batch(head, list(ids), list(values), np.array(now_s if at_s is None else at_s))
        if batch is not None:
            kept.receive(batch)
