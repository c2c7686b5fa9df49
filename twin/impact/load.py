"""Load: how power flows along FEEDS and heat along COOLS, in one settled state.

    utility ──▶ transformer ──▶ UPS ──▶ PDU ──▶ server (draw_kw)
                 ◀── what the consumers take, plus losses: draw + load / efficiency ──

Each type is walked once from the consumers to the sources, level by level with numpy. A loop of one type is one step of
that walk; inside it load flows from the members reached later to those reached earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from twin.impact.reach import called, members_of, rounds

if TYPE_CHECKING:
    from twin.topology.model import Bools, Floats, Ints, Topology

FEEDS, COOLS = 0, 1
TOLERANCE = 1e-9
"""Relative: a load within it of a rating, or of the load before, is not above it."""


@dataclass(frozen=True, eq=False)
class Flows:
    """Loads of one settled state; every array is n, by asset."""

    load_kw: Floats
    """What its up consumers take from the asset over FEEDS."""
    cooling_load_kw: Floats
    """The same over COOLS."""
    draw_kw: Floats
    """Own draw; 0 for what is down."""
    heat_kw: Floats
    """Own heat; 0 for what is down."""
    called: Bools
    """The standby source is up and called, so that it takes load."""


@dataclass(frozen=True, eq=False)
class Step:
    """One level of the walk: groups outside loops whose owners' load is complete, and loops whose load is complete."""

    groups: Ints
    """Groups of the type, k."""
    entries: Ints
    """Their places in `Topology.member`; in a transfer group in the order of preference."""
    at: Ints
    """Entry → position of its group in `groups`."""
    starts: Ints
    """k: first entry of each group."""
    loops: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """The order in which load of each type is added up; depends on the topology alone."""

    power: tuple[Step, ...]
    cooling: tuple[Step, ...]


_plans: WeakKeyDictionary[Topology, Plan] = WeakKeyDictionary()


def plan(topology: Topology) -> Plan:
    """The walk of both types, computed once for each topology."""
    known = _plans.get(topology)
    if known is None:
        known = Plan(_steps(topology, FEEDS), _steps(topology, COOLS))
        _plans[topology] = known
    return known


def flows(topology: Topology, up: Bools) -> Flows:
    """Loads of the settled state in which exactly `up` (n) are up."""
    running = called(topology, up)
    draw = np.where(up, topology.draw_kw, 0.0)
    efficiency = topology.efficiency
    ways = plan(topology)
    load = _add_up(topology, ways.power, up, running, draw, efficiency)
    heat = own_heat(topology, up, draw, load)
    cooling = _add_up(topology, ways.cooling, up, running, heat, np.ones_like(efficiency))
    return Flows(load, cooling, draw, heat, running)


def own_heat(topology: Topology, up: Bools, draw: Floats, load: Floats) -> Floats:
    """`heat_kw`, by default own draw plus what the conversion of `load` loses; 0 for what is down (n, kW)."""
    default = draw + load * (1.0 / topology.efficiency - 1.0)
    return np.where(up, np.where(np.isnan(topology.heat_kw), default, topology.heat_kw), 0.0)


def exceeds(value: Floats, bound: Floats) -> Bools:
    """Where `value` is above `bound` by more than the relative tolerance (any shape)."""
    with np.errstate(invalid="ignore"):
        return value - bound > TOLERANCE * np.maximum(np.abs(value), np.abs(bound))


@dataclass(frozen=True)
class Overload:
    """One asset whose load of one kind is above its rating times the limit; kW."""

    asset: int
    kind: str
    """power or cooling."""
    load_kw: float
    base_load_kw: float
    rated_kw: float
    in_base: bool
    """It was overloaded in the base state already."""


def overloaded(topology: Topology, base: Flows, now: Flows, limit: float = 1.0) -> list[Overload]:
    """Every overload of the state `now`, by id and kind; those of the base included, and marked so."""
    found: list[Overload] = []
    kinds = (
        ("cooling", now.cooling_load_kw, base.cooling_load_kw, topology.rated_cooling_kw),
        ("power", now.load_kw, base.load_kw, topology.rated_kw),
    )
    for kind, load, before, rated in kinds:
        bound = ratings(rated, limit)
        over = np.flatnonzero(exceeds(load, bound))
        for asset in over.tolist():
            in_base = bool(exceeds(before[asset], bound[asset]))
            found.append(Overload(asset, kind, float(load[asset]), float(before[asset]), float(rated[asset]), in_base))
    rank = topology.ids.rank
    return sorted(found, key=lambda entry: (int(rank[entry.asset]), entry.kind))


def ratings(rated: Floats, limit: float) -> Floats:
    """What may not be exceeded: rating times limit, infinite without a rating."""
    return np.where(np.isfinite(rated), rated * limit, np.inf)


def _add_up(
    topology: Topology, steps: tuple[Step, ...], up: Bools, running: Bools, own: Floats, efficiency: Floats
) -> Floats:
    """What is taken from each asset (n, kW), where each up asset takes `own` + load / `efficiency`."""
    load = np.zeros(len(topology))
    usable = up & (~topology.standby | running)
    for step in steps:
        if len(step.groups):
            _add_level(topology, step, up, usable, own, efficiency, load)
        for loop in step.loops:
            _add_loop(topology, loop, up, usable, own, efficiency, load)
    return load


def _add_level(
    topology: Topology, step: Step, up: Bools, usable: Bools, own: Floats, efficiency: Floats, load: Floats
) -> None:
    owner = topology.group_owner[step.groups]
    taken = np.where(up[owner], own[owner] + load[owner] / efficiency[owner], 0.0) * topology.group_portion[step.groups]
    supplier = topology.member[step.entries]
    takes = usable[supplier]
    idle = topology.standby[supplier]
    if idle.any():
        others = np.add.reduceat((takes & ~idle).astype(np.int32), step.starts)
        takes &= ~idle | (others < topology.group_need[step.groups])[step.at]
    transfer = topology.group_transfer[step.groups]
    if transfer.any():
        order = np.cumsum(takes)
        before = order[step.starts] - takes[step.starts]
        takes &= ~transfer[step.at] | (order - before[step.at] == 1)
    parts = np.add.reduceat(takes.astype(np.int32), step.starts)
    each = np.divide(taken, parts, out=np.zeros_like(taken), where=parts > 0)
    np.add.at(load, supplier[takes], each[step.at[takes]])


def _add_loop(
    topology: Topology, loop: int, up: Bools, usable: Bools, own: Floats, efficiency: Floats, load: Floats
) -> None:
    """Members reached last give their load away first, so that each is complete when its turn comes."""
    reached = rounds(topology, loop, up, usable)
    first = int(topology.loop_start[loop])
    slots = {int(topology.loop_asset[slot]): slot for slot in range(first, int(topology.loop_start[loop + 1]))}
    for asset in sorted(reached, key=lambda member: -reached[member]):
        whole = float(own[asset] + load[asset] / efficiency[asset])
        slot = slots[asset]
        for group in range(int(topology.slot_group_start[slot]), int(topology.slot_group_end[slot])):
            part = takers(topology, group, usable, reached)
            for supplier in part:
                load[supplier] += whole * float(topology.group_portion[group]) / len(part)


def takers(topology: Topology, group: int, usable: Bools, reached: dict[int, int]) -> list[int]:
    """The suppliers that carry the load of one group, `reached` being the rounds in the loop of its owner, if any."""
    owner = int(topology.group_owner[group])
    candidates: list[tuple[int, int, int]] = []
    for entry in range(int(topology.member_start[group]), int(topology.member_start[group + 1])):
        supplier = int(topology.member[entry])
        if not usable[supplier]:
            continue
        if topology.member_in_loop[entry] and reached.get(supplier, reached[owner]) >= reached[owner]:
            continue
        candidates.append((int(topology.member_priority[entry]), int(topology.ids.rank[supplier]), supplier))
    others = [candidate for candidate in candidates if not topology.standby[candidate[2]]]
    part = others if len(others) >= int(topology.group_need[group]) else candidates
    if topology.group_transfer[group]:
        part = sorted(part)[:1]
    return [supplier for _, _, supplier in part]


def _steps(topology: Topology, kind: int) -> tuple[Step, ...]:
    """Waves from the consumers to the sources; the members of one loop wait for each other."""
    groups = np.flatnonzero(topology.group_type == kind).astype(np.int32)
    entries, at = members_of(topology, groups)
    # one unit an asset, or a loop of this type: units n … n + L - 1
    unit = np.arange(len(topology), dtype=np.int32)
    for loop in np.flatnonzero(topology.loop_type == kind).tolist():
        unit[topology.loop_asset[topology.loop_start[loop] : topology.loop_start[loop + 1]]] = len(topology) + loop
    outside = ~topology.member_in_loop[entries]
    supplier = unit[topology.member[entries]]
    taker = unit[topology.group_owner[groups]][at]
    size = len(topology) + len(topology.loop_type)
    waiting = np.bincount(supplier[outside], minlength=size)
    order = np.argsort(taker, kind="stable")
    starts = np.searchsorted(taker[order], np.arange(size + 1))
    concerned = np.zeros(size, np.bool_)
    concerned[taker] = True
    concerned[supplier] = True
    level = np.full(size, -1, np.int32)
    wave = np.flatnonzero(concerned & (waiting == 0))
    steps: list[Step] = []
    group_at_unit = unit[topology.group_owner[groups]]
    while len(wave):
        level[wave] = len(steps)
        steps.append(_step(topology, groups[level[group_at_unit] == len(steps)], wave))
        counts = starts[wave + 1] - starts[wave]
        places = np.repeat(starts[wave] - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        touched = order[places]
        touched = touched[outside[touched]]
        np.subtract.at(waiting, supplier[touched], 1)
        wave = np.unique(supplier[touched])
        wave = wave[waiting[wave] == 0]
    return tuple(steps)


def _step(topology: Topology, groups: Ints, wave: Ints) -> Step:
    plain = groups[topology.loop_of_group[groups] < 0]
    entries, at = members_of(topology, plain)
    if topology.group_transfer[plain].any():
        preference = np.where(topology.group_transfer[plain][at], topology.member_priority[entries], 0)
        rank = np.where(topology.group_transfer[plain][at], topology.ids.rank[topology.member[entries]], 0)
        entries = entries[np.lexsort((rank, preference, at))]
    starts = np.searchsorted(at, np.arange(len(plain)))
    loops = tuple(int(unit) - len(topology) for unit in wave[wave >= len(topology)])
    return Step(plain, entries, at, starts, loops)
