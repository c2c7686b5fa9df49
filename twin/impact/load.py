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
    from twin.topology.model import Bools, Floats, Topology

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


def flows(topology: Topology, up: Bools) -> Flows:
    """Loads of the settled state in which exactly `up` (n) are up."""
    running = called(topology, up)
    usable = up & (~topology.standby | running)
    draw = np.where(up, topology.draw_kw, 0.0)
    ways = plan(topology)
    load = _add_up(_Taking(topology, up, usable, draw, topology.efficiency, np.zeros(len(topology))), ways.power)
    heat = own_heat(topology, up, draw, load)
    lossless = np.ones(len(topology))
    cooling = _add_up(_Taking(topology, up, usable, heat, lossless, np.zeros(len(topology))), ways.cooling)
    return Flows(load, cooling, draw, heat, running)


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


class _Taking(NamedTuple):
    """What one walk reads, and `load`, which it fills; every array is n."""

    topology: Topology
    up: Bools
    usable: Bools
    """Up and, for a standby source, called."""
    own: Floats
    efficiency: Floats
    load: Floats


def _add_up(taking: _Taking, steps: tuple[Step, ...]) -> Floats:
    """What is taken from each asset (n, kW), where each up asset takes `own` + load / `efficiency`."""
    for step in steps:
        if len(step.groups):
            _add_level(taking, step)
        for loop in step.loops:
            _add_loop(taking, loop)
    return taking.load


def _add_level(taking: _Taking, step: Step) -> None:
    topology, up, usable, own, efficiency, load = taking
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


def _add_loop(taking: _Taking, loop: int) -> None:
    """Members reached last give their load away first, so that each is complete when its turn comes."""
    topology, up, usable, own, efficiency, load = taking
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
