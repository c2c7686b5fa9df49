"""Questions about the design (sections 5 and 7): independence, tier, availability, black start."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from typing import Any

from .model import Campus, Group
from .scan import counted
from .settle import available_when, base_state, scenario_state, settle


def ancestors(campus: Campus, asset: str) -> set[str]:
    """Everything from which supply of any type reaches the asset."""
    seen: set[str] = set()
    waiting = [asset]
    while waiting:
        for group in campus.groups_of(waiting.pop()):
            for s in group.suppliers:
                if s not in seen:
                    seen.add(s)
                    waiting.append(s)
    return seen


def independence(campus: Campus) -> list[dict[str, Any]]:
    """Every two suppliers of a group that can spare one, their shared ancestors, and those that break the group."""
    base = base_state(campus)
    rows: list[dict[str, Any]] = []
    for group in campus.groups:
        if len(group.suppliers) <= group.need:
            continue
        for a, b in combinations(sorted(group.suppliers), 2):
            shared = ancestors(campus, a) & ancestors(campus, b)
            rows.append(
                {
                    "id": group.owner,
                    "type": group.type,
                    "group": group.name,
                    "suppliers": [a, b],
                    "shared": sorted(shared),
                    "breaks": sorted(x for x in shared if _breaks(campus, base, group, x)),
                }
            )
    return rows


def _breaks(campus: Campus, base: set[str], group: Group, single: str) -> bool:
    """Alone, that asset takes the group below its need."""
    after = settle(campus, base - {single})
    met_before = len(available_when(campus, group, base)) >= group.need
    return met_before and len(available_when(campus, group, after)) < group.need


def loads_lost(campus: Campus, removed: str) -> set[str]:
    """Loads that fail with the removal of one asset and what it takes along, itself aside."""
    base = base_state(campus)
    return {a for a in campus.loads() if a in base - scenario_state(campus, base, [removed]) and a != removed}


def unavailability(campus: Campus, load: str) -> Fraction:
    """The exact probability that other components take the load down: every state of those that can fail.

    Each component that cut sets count and that has `mtbf_h` and `mttr_h` is down with mttr / (mtbf + mttr), apart
    from all others.
    """
    base = base_state(campus)
    down: dict[str, Fraction] = {}
    for a in sorted(counted(campus) - {load}):
        mtbf, mttr = campus.number(a, "mtbf_h", None), campus.number(a, "mttr_h", None)
        if mtbf is not None and mttr is not None:
            down[a] = mttr / (mtbf + mttr)
    total = Fraction(0)
    for size in range(len(down) + 1):
        for some in combinations(down, size):
            if load not in settle(campus, base - set(some)):
                chance = Fraction(1)
                for a, q in down.items():
                    chance *= q if a in some else 1 - q
                total += chance
    return total


def black_start(campus: Campus, out: Iterable[str] = ()) -> dict[str, Any]:
    """From everything down: rounds of those whose groups are met by assets already up (section 7)."""
    never = set(campus.assets) - campus.taken_along(out)
    up: set[str] = set()
    rounds: list[list[str]] = []
    while True:
        new = {a for a in never if all(len(up & set(g.suppliers)) >= g.need for g in campus.groups_of(a))}
        if not new:
            break
        rounds.append(sorted(new))
        up |= new
        never -= new
    return {"rounds": rounds, "never": sorted(never), "deadlocks": _deadlocks(campus, never, up)}


def _deadlocks(campus: Campus, never: set[str], up: set[str]) -> list[list[str]]:
    """Cycles of assets that wait for each other: strongly connected among those that never start."""
    waits = {
        a: {s for g in campus.groups_of(a) if len(up & set(g.suppliers)) < g.need for s in g.suppliers if s in never}
        for a in never
    }

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for n in waits[waiting.pop()]:
                if n not in seen:
                    seen.add(n)
                    waiting.append(n)
        return seen

    reached = {a: reach(a) for a in never}
    cycles = {frozenset(b for b in reached[a] if a in reached[b]) for a in never if a in reached[a]}
    return sorted(sorted(c) for c in cycles)
