"""What flows between two assets by their trade, and the order of a path's parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
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


Followers = Mapping[str, Sequence[str]]
"""Supplier → what it supplies, once for each connection."""


def followers(edges: Iterable[tuple[str, str]]) -> Followers:
    """What each supplier of (supplier, consumer) supplies, in their order."""
    found: dict[str, list[str]] = {}
    for source, target in edges:
        found.setdefault(source, []).append(target)
    return found


def in_flow_order(parts: list[str], supplied: Followers) -> list[str]:
    """Parts of a path so that suppliers come before what they supply; otherwise, and in rings, in the order given.

    `supplied` may hold more than the parts: it is made once for all paths of a file.
    """
    rank = {part: at for at, part in enumerate(parts)}
    following: dict[str, list[str]] = {}
    waiting = dict.fromkeys(parts, 0)
    for source in rank:
        for target in supplied.get(source, ()):
            if target in rank and source != target:
                following.setdefault(source, []).append(target)
                waiting[target] += 1
    ordered: dict[str, None] = {}
    ready = [rank[part] for part in parts if not waiting[part]]
    heapify(ready)
    first = 0  # of those that are left, in the order given
    while len(ordered) < len(rank):
        if not ready:  # a ring: begin with what was named first
            while parts[first] in ordered:
                first += 1
            ready.append(rank[parts[first]])
        part = parts[heappop(ready)]
        if part in ordered:
            continue
        ordered[part] = None
        for target in following.get(part, ()):
            waiting[target] -= 1
            if not waiting[target] and target not in ordered:
                heappush(ready, rank[target])
    return list(ordered)
