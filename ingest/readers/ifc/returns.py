"""Closed circuits: the pipe that brings the warm water back supplies nothing.

Pipes run in circles, cooling does not. Where a circuit leads back into the machine that takes its heat away, taking
that connection for a supply would make a loop that nothing outside reaches, so that all of it would be down.
"""

from __future__ import annotations

from typing import Final

from ingest.flow import Followers, followers
from ingest.records import Extract, Finding

_MAKERS: Final = ("CoolingTower", "DryCooler", "Chiller", "HeatExchanger")
"""Where the heat of a circuit goes, from the last to the first."""


def drop_returns(extract: Extract, edges: dict[str, list[tuple[str, str]]]) -> None:
    """Take the return connections out of the extract, and out of `edges` (by type, each supplier and consumer)."""
    pairs = edges.get("COOLS")
    if not pairs:
        return
    labels = {record.id: record.label for record in extract.assets}
    following = followers(pairs)
    arriving = followers((target, source) for source, target in pairs)
    returns: set[tuple[str, str]] = set()
    for kind in _MAKERS:
        for maker in sorted(target for target in arriving if labels.get(target) == kind):
            downstream = _downstream(maker, following, returns)
            returns.update((source, maker) for source in arriving[maker] if source in downstream)
    if not returns:
        return
    edges["COOLS"] = [pair for pair in pairs if pair not in returns]
    extract.relationships = [
        r for r in extract.relationships if r.type != "COOLS" or (r.source_id, r.target_id) not in returns
    ]
    for source, target in sorted(returns):
        message = f"{source} → {target} brings the flow back in a closed circuit; it supplies nothing and was left out"
        extract.findings.append(Finding("return-flow", "info", message, None, (source, target)))


def _downstream(start: str, following: Followers, without: set[tuple[str, str]]) -> set[str]:
    seen: set[str] = set()
    stack = [start]
    while stack:
        at = stack.pop()
        for target in following.get(at, ()):
            if target not in seen and (at, target) not in without:
                seen.add(target)
                stack.append(target)
    return seen
