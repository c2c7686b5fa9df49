"""Power and heat, overload, trips (section 3), in exact fractions."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from fractions import Fraction

from .model import Campus, Group, exact
from .settle import available_when, called, enough, settle

TOLERANCE = 1 + Fraction(1, 10**9)
KINDS = {"power": ("FEEDS", "rated_kw"), "cooling": ("COOLS", "rated_cooling_kw")}


@dataclass(frozen=True)
class Overload:
    """One asset above its rating in one quantity."""

    id: str
    kind: str
    load_kw: Fraction
    rated_kw: Fraction


def _round_of(campus: Campus, up: Set[str], loop: Set[str], kind: str, running: Set[str]) -> dict[str, int]:
    """In which round each up member of a loop is reached (section 3).

    Round 1: met from outside the loop alone; round n: with the members of earlier rounds. Met by those that can
    take part: a standby source only if called.
    """

    def carries(supplier: str) -> bool:
        return supplier in up and (not campus.standby(supplier) or supplier in running)

    turn: dict[str, int] = {}
    number = 0
    while True:
        number += 1
        new = {
            member
            for member in loop
            if member in up and member not in turn
            if all(
                enough(g, {s for s in g.suppliers if carries(s) and (s not in loop or s in turn)})
                for g in campus.groups_of(member, kind)
            )
        }
        if not new:
            return turn
        turn.update(dict.fromkeys(new, number))


def takes_part(campus: Campus, up: Set[str], group: Group, running: Set[str]) -> list[str]:
    """The suppliers of a group that carry its load (section 3)."""
    some = {s for s in available_when(campus, group, up) if not campus.standby(s) or s in running}
    loop = campus.loop(group.owner, group.type)
    if loop:
        turn = _round_of(campus, up, loop, group.type, running)
        some = {s for s in some if s not in loop or (s in turn and turn[s] < turn[group.owner])}
    others = {s for s in some if not campus.standby(s)}
    if len(others) >= group.need:
        some = others
    return sorted(some)


def _shares(campus: Campus, up: Set[str], group: Group, running: Set[str]) -> dict[str, Fraction]:
    """The fraction of the group's load that each supplier carries (policies of section 3)."""
    some = takes_part(campus, up, group, running)
    if not some:
        return {}
    if group.policy == "transfer":
        best = min(some, key=lambda s: (group.suppliers[s], s))
        return {best: Fraction(1)}
    return {s: Fraction(1, len(some)) for s in some}


def _flow(
    campus: Campus, up: Set[str], kind: str, own: dict[str, Fraction], gain: dict[str, Fraction]
) -> dict[str, Fraction]:
    """Load of every asset over one type: what its up consumers take from it.

    A consumer takes own + load × gain; each of its groups takes its portion. Load flows away from the sources,
    so that the recursion ends.
    """
    running = called(campus, up)
    taken_by: dict[str, list[tuple[str, Fraction]]] = {a: [] for a in campus.assets}
    for group in campus.groups:
        if group.type == kind and group.owner in up:
            for supplier, share in _shares(campus, up, group, running).items():
                taken_by[supplier].append((group.owner, group.portion * share))
    known: dict[str, Fraction] = {}

    def load(asset: str) -> Fraction:
        if asset not in known:
            known[asset] = sum(((own[c] + load(c) * gain[c]) * part for c, part in taken_by[asset]), start=Fraction(0))
        return known[asset]

    return {a: load(a) for a in campus.assets}


def loads(campus: Campus, up: Set[str]) -> dict[str, dict[str, Fraction]]:
    """`power` and `cooling` load in kW of every asset (section 3); power first, heat second."""
    zero, one = Fraction(0), Fraction(1)
    draw = {a: campus.number(a, "draw_kw", zero) if a in up else zero for a in campus.assets}
    gain = {a: 1 / campus.number(a, "efficiency", one) for a in campus.assets}
    power = _flow(campus, up, "FEEDS", draw, gain)
    heat = {
        a: campus.number(a, "heat_kw", draw[a] + power[a] * (gain[a] - 1)) if a in up else zero for a in campus.assets
    }
    cooling = _flow(campus, up, "COOLS", heat, dict.fromkeys(campus.assets, one))
    return {"power": power, "cooling": cooling}


def overloaded(campus: Campus, up: Set[str], limit: float = 1.0) -> list[Overload]:
    """Those above rating × limit, with the relative tolerance of section 3; no rating means unlimited."""
    load = loads(campus, up)
    found: list[Overload] = []
    for kind, (_, rating) in KINDS.items():
        for asset in sorted(campus.assets):
            rated = campus.number(asset, rating, None)
            if rated is not None and load[kind][asset] > rated * exact(limit) * TOLERANCE:
                found.append(Overload(asset, kind, load[kind][asset], rated))
    return sorted(found, key=lambda o: (o.id, o.kind))


def trips(
    campus: Campus, base: Set[str], up: Iterable[str], limit: float = 1.0
) -> tuple[list[list[Overload]], set[str]]:
    """What trips in each round, and the state that stays (section 3).

    What was overloaded in the base state, in the same quantity, trips only if that load is higher than there.
    """
    before = {(o.id, o.kind): o.load_kw for o in overloaded(campus, base, limit)}
    up = set(up)
    rounds: list[list[Overload]] = []
    while True:
        tripped = [
            o
            for o in overloaded(campus, up, limit)
            if (o.id, o.kind) not in before or o.load_kw > before[(o.id, o.kind)] * TOLERANCE
        ]
        if not tripped:
            return rounds, up
        rounds.append(tripped)
        up = settle(campus, up - {o.id for o in tripped})
