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
    """The asset, and everything from which supply of any type reaches it: where A feeds B, they share A."""
    seen = {asset}
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
    alone = {x: settle(campus, base - {x}) for x in campus.assets}
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
                    "breaks": sorted(x for x in shared if _breaks(campus, group, base, alone[x])),
                }
            )
    return rows


def _breaks(campus: Campus, group: Group, base: set[str], after: set[str]) -> bool:
    """The group was met, and a failure alone takes it below its need."""
    met_before = len(available_when(campus, group, base)) >= group.need
    return met_before and len(available_when(campus, group, after)) < group.need


SPACES = ("Campus", "Building", "Module", "Storey", "Room", "Cabinet")
KINDS = {"PowerPath": "path", "CoolingLoop": "path", "CommonCause": "common_cause"}


def tier(campus: Campus) -> dict[str, Any]:
    """Which single removals and failures lose a load (section 5): of components, paths and common causes.

    Each with what it takes along (section 6); what is removed is itself no loss. A planned removal is one of a
    component or path; a failure may also be a common cause. Spaces are neither.
    """
    base = base_state(campus)
    findings: list[dict[str, Any]] = []
    for asset in sorted(base):
        if campus.label(asset) in SPACES:
            continue
        after = scenario_state(campus, base, [asset])
        lost = {a for a in campus.loads() if a in base and a not in after} - {asset}
        if lost:
            kind = KINDS.get(campus.label(asset), "component")
            findings.append({"kind": kind, "removed": [asset], "lost": sorted(lost)})
    return {
        "concurrently_maintainable": all(f["kind"] == "common_cause" for f in findings),
        "fault_tolerant": not findings,
        "findings": findings,
    }


def unavailability(campus: Campus, load: str, unknown: int) -> Fraction:
    """The exact probability that other components take the load down: every state of those that can fail.

    Each component that cut sets count is down with mttr / (mtbf + mttr), apart from all others; one without
    `mtbf_h` or `mttr_h` with `unknown`.
    """
    base = base_state(campus)
    down: dict[str, Fraction] = {}
    for a in sorted(base & counted(campus) - {load}):
        mtbf, mttr = campus.number(a, "mtbf_h", None), campus.number(a, "mttr_h", None)
        down[a] = Fraction(unknown) if mtbf is None or mttr is None else mttr / (mtbf + mttr)
    certain = {a for a, q in down.items() if q == 1}
    some = {a: q for a, q in down.items() if 0 < q < 1}
    total = Fraction(0)
    for size in range(len(some) + 1):
        for failed in combinations(some, size):
            if load not in settle(campus, base - certain - set(failed)):
                chance = Fraction(1)
                for a, q in some.items():
                    chance *= q if a in failed else 1 - q
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
