"""Every single, every pair, every triple (section 5): sweep, pairs, cut sets, single points, maintenance check."""

from __future__ import annotations

from collections.abc import Iterable, Set
from itertools import combinations
from typing import Any

from .impact import impact, lost_kw
from .model import Campus
from .settle import base_state, scenario_state, settle


def sweep(campus: Campus, labels: Iterable[str] | None = None, out: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Scope: the labels named, else every asset but servers, spaces and common causes included."""
    rows: list[dict[str, Any]] = []
    for asset in campus.assets:
        if campus.label(asset) in labels if labels is not None else campus.label(asset) != "Server":
            answer = impact(campus, [asset], out)
            rows.append(
                {
                    "id": asset,
                    "label": campus.label(asset),
                    "lost": len(answer.lost),
                    "lost_servers": sum(campus.label(a) == "Server" for a in answer.lost),
                    "lost_kw": lost_kw(campus, answer.lost),
                    "degraded": len(answer.degraded),
                }
            )
    return sorted(rows, key=lambda r: (-r["lost"], r["id"]))


def pairs(campus: Campus, labels: Iterable[str] | None = None, out: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Pairs that take down more than the union of what each takes down alone."""
    if labels is not None:
        scope = {a for a in campus.assets if campus.label(a) in set(labels)}
    else:
        scope = {a for a in campus.consumers if campus.label(a) != "Server"}
    base = base_state(campus, out)
    alone = {a: base - scenario_state(campus, base, [a], out) for a in scope}
    rows: list[dict[str, Any]] = []
    for a, b in combinations(sorted(scope), 2):
        down = base - scenario_state(campus, base, [a, b], out)
        beyond = down - alone[a] - alone[b]
        if beyond:
            rows.append({"pair": [a, b], "lost": len(down - {a, b}), "beyond_singles": len(beyond)})
    return sorted(rows, key=lambda r: (-r["lost"], r["pair"]))


def counted(campus: Campus) -> set[str]:
    """What cut sets count: spaces, common causes and power paths left out."""
    return {a for a in campus.assets if not campus.is_space(a) and campus.label(a) not in ("CommonCause", "PowerPath")}


def cut_sets(campus: Campus, asset: str, order: int = 3, out: Iterable[str] = ()) -> list[list[str]]:
    """The minimal sets that take the asset down, each member failing alone, without what it would take along."""
    base = base_state(campus, out)
    members = sorted((counted(campus) & base) - {asset})
    found: list[set[str]] = []
    if asset not in base:
        return []
    for size in range(1, order + 1):
        for some in combinations(members, size):
            if not any(cut <= set(some) for cut in found) and asset not in settle(campus, base - set(some)):
                found.append(set(some))
    return sorted(sorted(cut) for cut in found)


def single_points(campus: Campus, out: Iterable[str] = ()) -> dict[str, list[str]]:
    """The order-1 cut sets of each load: component -> the loads."""
    found: dict[str, list[str]] = {}
    for load in campus.loads():
        for (single,) in cut_sets(campus, load, 1, out):
            found.setdefault(single, []).append(load)
    return {single: sorted(loads) for single, loads in found.items()}


def _loads_lost(campus: Campus, state: Set[str], single: str) -> set[str]:
    after = settle(campus, state - {single})
    return {a for a in campus.loads() if a in state and a not in after and a != single}


def check(campus: Campus, removed: Iterable[str], out: Iterable[str] = ()) -> dict[str, Any]:
    """May this be taken out now, given what is out."""
    removed = set(removed)
    base = base_state(campus, out)
    after = scenario_state(campus, base, removed, out)
    lost = {a for a in campus.loads() if a in base and a not in after} - removed
    points: dict[str, list[str]] = {}
    for single in sorted(counted(campus) & after):
        more = _loads_lost(campus, after, single) - _loads_lost(campus, base, single)
        if more:
            points[single] = sorted(more)
    verdict = "no" if lost else "yes_with_single_points" if points else "yes"
    return {"verdict": verdict, "lost": sorted(lost), "single_points": points}
