"""The impact of a named set of failures: verdicts, totals, what is relied on, the model (sections 2, 3, 6, 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from .load import Overload, loads, overloaded, trips
from .model import Campus
from .settle import available_when, base_state, called, scenario_state


@dataclass(frozen=True)
class Impact:
    """The states and sets from which the answer follows."""

    named: frozenset[str]
    taken: frozenset[str]  # with what section 6 takes along, and what is out
    base: frozenset[str]
    final: frozenset[str]
    rounds: list[list[Overload]]
    failed: set[str] = field(default_factory=set[str])
    lost: set[str] = field(default_factory=set[str])
    degraded: set[str] = field(default_factory=set[str])
    at_risk: set[str] = field(default_factory=set[str])
    down_before: set[str] = field(default_factory=set[str])
    unaffected: set[str] = field(default_factory=set[str])
    relies_on: set[str] = field(default_factory=set[str])


def reserve(campus: Campus, asset: str, up: Set[str]) -> int | None:
    """The least (available − need) over the asset's groups (section 2); None for an asset without groups."""
    spare = [len(available_when(campus, g, up)) - g.need for g in campus.groups_of(asset)]
    return min(spare) if spare else None


def impact(
    campus: Campus,
    failed: Iterable[str],
    out: Iterable[str] = (),
    *,
    trip: bool = False,
    limit: float = 1.0,
) -> Impact:
    """Base state, scenario state, with the trips if asked, and each asset's verdict (section 2)."""
    named = frozenset(failed)
    base = frozenset(base_state(campus, out))
    final: Set[str] = scenario_state(campus, base, named, out)
    rounds: list[list[Overload]] = []
    if trip:
        rounds, final = trips(campus, base, final, limit)
    answer = Impact(named, frozenset(campus.taken_along(named, out)), base, frozenset(final), rounds)
    for asset in campus.assets:
        if asset not in base:
            answer.down_before.add(asset)
        elif asset in named:
            answer.failed.add(asset)
        elif asset not in final:
            answer.lost.add(asset)
        elif any(
            len(available_when(campus, g, final)) < len(available_when(campus, g, base))
            for g in campus.groups_of(asset)
        ):
            answer.degraded.add(asset)
            if reserve(campus, asset, final) == 0:
                answer.at_risk.add(asset)
        else:
            answer.unaffected.add(asset)
    answer.relies_on.update(called(campus, final) - called(campus, base))
    return answer


def lost_kw(campus: Campus, lost: Iterable[str]) -> float:
    """What the lost drew in the base state."""
    return float(sum(campus.number(a, "draw_kw", 0) for a in lost))


def by_label(campus: Campus, assets: Iterable[str]) -> dict[str, int]:
    return dict(Counter(campus.label(a) for a in assets))


def by_place(campus: Campus, assets: Iterable[str], label: str) -> dict[str, dict[str, int]]:
    """Counts by label within each enclosing asset of `label`."""
    found: dict[str, list[str]] = {}
    for a in assets:
        place = campus.enclosing(a, label)
        if place is not None:
            found.setdefault(place, []).append(a)
    return {place: by_label(campus, inside) for place, inside in found.items()}


def overload_rows(campus: Campus, answer: Impact, limit: float, out: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The list of the final state (section 3), base load beside it, and what each failure added.

    A failure added what the load is with it alone, nothing tripped, beyond the base; the rest they added together.
    """
    before = loads(campus, answer.base)
    alone = {f: loads(campus, scenario_state(campus, answer.base, [f], out)) for f in answer.named}
    rows: list[dict[str, Any]] = []
    for o in overloaded(campus, answer.final, limit):
        base = before[o.kind][o.id]
        added = {f: load[o.kind][o.id] - base for f, load in alone.items()}
        row = {
            "id": o.id,
            "kind": o.kind,
            "load_kw": float(o.load_kw),
            "base_load_kw": float(base),
            "rated_kw": float(o.rated_kw),
            "added_kw": {f: float(kw) for f, kw in added.items() if kw},
            "added_together_kw": float(o.load_kw - base - sum(added.values())),
        }
        rows.append(row)
    return rows


def model(campus: Campus, answer: Impact, expects: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """What the model does not know (section 8) of an impact."""
    return gaps(campus, {a for a in campus.loads() if a in answer.unaffected}, expects)


def gaps(campus: Campus, safe: Set[str], expects: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The same where `safe` are the unaffected loads. `expects`: label -> the supply types that the schema expects."""

    def unknown(asset: str) -> bool:
        have = {g.type for g in campus.groups_of(asset)}
        return any(kind not in have for kind in expects.get(campus.label(asset), ()))

    return {
        "unknown": sum(unknown(a) for a in campus.assets),
        "inferred_needs": sum(g.inferred for g in campus.groups),
        "unknown_unaffected_loads": sum(unknown(a) for a in safe),
        "inferred_unaffected_loads": sum(g.inferred for g in campus.groups if g.owner in safe),
    }
