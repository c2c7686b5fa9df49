"""What flows between two assets by their trade, and the order of a path's parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from schema.labels import LABELS

_BY_DOMAIN: Final = {
    "power": "FEEDS",
    "cooling": "COOLS",
    "fluid": "SUPPLIES",
    "control": "CONTROLS",
    "network": "CONNECTS",
}


def by_trade(source: str, target: str) -> str | None:
    """The type of supply between two labels: what the trade of the supplier carries, else that of the consumer."""
    return _BY_DOMAIN.get(LABELS[source].domain) or _BY_DOMAIN.get(LABELS[target].domain)


def in_flow_order(parts: list[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Parts of a path so that suppliers come before what they supply; otherwise, and in rings, in the order given."""
    rank = {part: at for at, part in enumerate(parts)}
    following: dict[str, list[str]] = {}
    waiting = dict.fromkeys(parts, 0)
    for source, target in edges:
        if source in rank and target in rank and source != target:
            following.setdefault(source, []).append(target)
            waiting[target] += 1
    ordered: list[str] = []
    left = dict(rank)
    ready = [part for part in parts if not waiting[part]]
    while left:
        if not ready:  # a ring: begin with what was named first
            ready = [min(left, key=left.__getitem__)]
        part = min(ready, key=rank.__getitem__)
        ready.remove(part)
        if part not in left:
            continue
        del left[part]
        ordered.append(part)
        for target in following.get(part, ()):
            waiting[target] -= 1
            if not waiting[target] and target in left:
                ready.append(target)
    return ordered
