"""Load: how power flows along FEEDS and heat along COOLS, in one settled state.

    utility ──▶ transformer ──▶ UPS ──▶ PDU ──▶ server (draw_kw)
                 ◀── what the consumers take, plus losses: draw + load / efficiency ──

Each type is walked once from the consumers to the sources, level by level with numpy. A loop of one type is one step of
that walk; inside it load flows from the members reached later to those reached earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.impact.load_plan import Step, plan
from twin.impact.reach import called, rounds

if TYPE_CHECKING:
    from twin.topology.model import Bools, Floats, Ints, Topology

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
    given_kw: Floats
    """m: what each supplier carries for each group; place by place as in `Topology.member`."""


def flows(topology: Topology, up: Bools) -> Flows:
    """Loads of the settled state in which exactly `up` (n) are up."""
    running = called(topology, up)
    usable = up & (~topology.standby | running)
    draw = np.where(up, topology.draw_kw, 0.0)
    ways = plan(topology)
    given = np.zeros(len(topology.member))
    load = _add_up(
        _Taking(topology, up, usable, draw, topology.efficiency, np.zeros(len(topology)), given), ways.power.steps
    )
    heat = own_heat(topology, up, draw, load)
    lossless = np.ones(len(topology))
    cooling = _add_up(_Taking(topology, up, usable, heat, lossless, np.zeros(len(topology)), given), ways.cooling.steps)
    return Flows(load, cooling, draw, heat, running, given)


def own_heat(topology: Topology, up: Bools, draw: Floats, load: Floats) -> Floats:
    """`heat_kw`, by default own draw plus what the conversion of `load` loses; 0 for what is down (n, kW)."""
    default = draw + load * (1.0 / topology.efficiency - 1.0)
    return np.where(up, np.where(np.isnan(topology.heat_kw), default, topology.heat_kw), 0.0)


def exceeds(value: Floats | float, bound: Floats | float) -> Bools:
    """Where `value` is above `bound` by more than the relative tolerance (any shape)."""
    with np.errstate(invalid="ignore"):
        return np.asarray(value - bound > TOLERANCE * np.maximum(np.abs(value), np.abs(bound)))


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
    everything = np.arange(len(topology), dtype=np.int32)
    return overloads_among(everything, topology, base, (now.load_kw, now.cooling_load_kw), limit)


def overloads_among(
    assets: Ints, topology: Topology, base: Flows, now: tuple[Floats, Floats], limit: float
) -> list[Overload]:
    """The overloads of some assets at the power and cooling loads `now` (n each), by id and kind."""
    found: list[Overload] = []
    power, cooling = now
    kinds = (
        ("power", power, base.load_kw, topology.rated_kw),
        ("cooling", cooling, base.cooling_load_kw, topology.rated_cooling_kw),
    )
    for kind, load, before, rated in kinds:
        bound = ratings(rated[assets], limit)
        over = np.flatnonzero(exceeds(load[assets], bound))
        in_base = exceeds(before[assets[over]], bound[over])
        for asset, already in zip(assets[over].tolist(), in_base.tolist(), strict=True):
            loads = float(load[asset]), float(before[asset])
            found.append(Overload(asset, kind, *loads, float(rated[asset]), already))
    rank = topology.ids.rank
    return sorted(found, key=lambda entry: (int(rank[entry.asset]), entry.kind))


def ratings(rated: Floats, limit: float) -> Floats:
    """What may not be exceeded: rating times limit, infinite without a rating."""
    with np.errstate(over="ignore"):  # beyond all numbers is infinite
        return np.where(np.isfinite(rated), rated * limit, np.inf)


class _Taking(NamedTuple):
    """What one walk reads, and `load`, which it fills; every array is n."""

    topology: Topology
    up: Bools
    usable: Bools
    """Up and, for a standby source, called."""
    own: Floats
    efficiency: Floats
    load: Floats
    given: Floats
    """m, as in `Flows`."""


def _add_up(taking: _Taking, steps: tuple[Step, ...]) -> Floats:
    """What is taken from each asset (n, kW), where each up asset takes `own` + load / `efficiency`."""
    for step in steps:
        if len(step.groups):
            _add_level(taking, step)
        for loop in step.loops:
            _add_loop(taking, loop)
    return taking.load


def _add_level(taking: _Taking, step: Step) -> None:
    topology, up, usable, own, efficiency, load, given = taking
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
    carried = each[step.at] * takes
    given[step.entries] = carried
    load += np.bincount(supplier, carried, len(load))


def _add_loop(taking: _Taking, loop: int) -> None:
    """Members reached last give their load away first, so that each is complete when its turn comes."""
    topology, up, usable, own, efficiency, load, given = taking
    reached = rounds(topology, loop, up, usable)
    first = int(topology.loop_start[loop])
    slots = {int(topology.loop_asset[slot]): slot for slot in range(first, int(topology.loop_start[loop + 1]))}
    for asset in sorted(reached, key=lambda member: -reached[member]):
        whole = float(own[asset] + load[asset] / efficiency[asset])
        slot = slots[asset]
        for group in range(int(topology.slot_group_start[slot]), int(topology.slot_group_end[slot])):
            part = takers(topology, group, usable, reached)
            for place in part:
                given[place] = whole * float(topology.group_portion[group]) / len(part)
                load[topology.member[place]] += given[place]


def takers(topology: Topology, group: int, usable: Bools, reached: dict[int, int]) -> list[int]:
    """The places in `member` that carry the load of one group of a loop; `reached`: the rounds of its members."""
    owner = int(topology.group_owner[group])
    candidates: list[tuple[int, int, int]] = []
    for place in range(int(topology.member_start[group]), int(topology.member_start[group + 1])):
        supplier = int(topology.member[place])
        if not usable[supplier]:
            continue
        if topology.member_in_loop[place] and reached.get(supplier, reached[owner]) >= reached[owner]:
            continue
        candidates.append((int(topology.member_priority[place]), int(topology.ids.rank[supplier]), place))
    others = [candidate for candidate in candidates if not topology.standby[topology.member[candidate[2]]]]
    part = others if len(others) >= int(topology.group_need[group]) else candidates
    if topology.group_transfer[group]:
        part = sorted(part)[:1]
    return [place for _, _, place in part]
