"""The class graph with load: what takes load from the same suppliers on the same terms takes it as one.

On top of `twin.impact.classes` the members of a class agree over FEEDS and COOLS, supplier by supplier, in class,
portion and policy, and in how they pass on what they carry (efficiency, heat of their own or not). They are up or down
together, so that what all take is split as what each takes: load is linear as long as nothing changes its state. The
one that stands for them draws what all draw and carries what all carry. That would not tell when one of them trips; so
only what can never be overloaded (`twin.impact.most_load`) shares a class. No standby source is among them, and no
supplier of a transfer group, where the lowest id decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.impact.classes import Classes, classes_of
from twin.impact.follow import base_flows, journal, side_of
from twin.impact.load_plan import COOLS, FEEDS, plan
from twin.impact.most_load import suppliers_of
from twin.impact.settle import Base
from twin.impact.shift import Given, Loads, Side, Wires
from twin.impact.spread import Work
from twin.topology.model import Bools, Floats, Topology


@dataclass(frozen=True, eq=False)
class Merged:
    """Working arrays of one scenario at a time on the class graph; at rest between questions."""

    classes: Classes
    work: Work
    loads: Loads
    several: Bools
    """C: it stands for more than one asset, and never trips."""


def merged(base: Base, alone: Bools, *, limit: float, compile_kernels: bool) -> Merged:
    """The class graph of a base state, at its loads; those of `alone` (n) stand for themselves, and may be named."""
    topology, before = base.topology, base_flows(base)
    classes = classes_of(base, alone, limit=limit, compile_kernels=compile_kernels)
    assets, work = classes.assets, classes.at_rest(base)
    up = np.flatnonzero(base.fell == 0)
    several = np.bincount(classes.number, minlength=len(assets)) > 1
    heat = np.where(np.isnan(topology.heat_kw), topology.draw_kw, topology.heat_kw)

    def in_all(kw: Floats) -> Floats:
        """C: of all that are up of a class together."""
        return np.bincount(classes.number[up], kw[up], minlength=len(assets)).astype(np.float64)

    usable = (base.fell == 0) & (before.called | ~topology.standby)
    net = classes.net
    named = {name: getattr(net, name) for name in Wires._fields if hasattr(net, name)}
    wires = Wires(
        **named,
        member_priority=topology.member_priority[classes.entries],
        group_type=topology.group_type[classes.groups],
        group_portion=topology.group_portion[classes.groups],
        group_transfer=topology.group_transfer[classes.groups],
        draw_kw=np.where(several, in_all(topology.draw_kw), topology.draw_kw[assets]),
        heat_kw=np.where(several & ~_from_losses(topology)[assets], in_all(heat), topology.heat_kw[assets]),
        efficiency=topology.efficiency[assets],
        rank=topology.ids.rank[assets],
        usable=usable[assets],
        fell=work.fell,
    )
    power = _side(topology, classes, FEEDS, in_all(before.load_kw))
    cooling = _side(topology, classes, COOLS, in_all(before.cooling_load_kw))
    given = Given(*journal(_given(topology, classes, before.given_kw)))
    return Merged(classes, work, Loads(wires, power, cooling, given), several)


def _from_losses(topology: Topology) -> Bools:
    """Whose heat (n) is what it draws and loses of what it carries: NaN stays, and goes by what all of a class draw."""
    carries = np.zeros(len(topology), np.bool_)
    carries[suppliers_of(topology, topology.group_type <= COOLS)] = True
    return carries & np.isnan(topology.heat_kw)


def _side(topology: Topology, classes: Classes, kind: int, load: Floats) -> Side:
    """The working arrays of one type, at the loads given (C, kW).

    A class is worked off at the last level of its members: then all that take from any of them have done so.
    """
    walk = plan(topology).power if kind == FEEDS else plan(topology).cooling
    size, count = len(topology), len(classes.assets)
    level = np.full(count, -1, np.int32)
    np.maximum.at(level, classes.number, walk.level[:size])
    of_kind = np.flatnonzero(topology.group_type[classes.groups] == kind).astype(np.int32)
    loops = np.flatnonzero(topology.loop_type == kind)
    net = classes.net
    members = [net.loop_asset[net.loop_start[loop] : net.loop_start[loop + 1]] for loop in loops.tolist()]
    levels = np.concatenate([level, walk.level[size:]])
    return side_of(net, of_kind, dict(zip(loops.tolist(), members, strict=True)), levels, len(walk.steps), load)


def _given(topology: Topology, classes: Classes, given_kw: Floats) -> Floats:
    """What each supplier carries for each group, place by place as in `net.member`, for all of a class together."""
    net, owner_start = classes.net, topology.owner_start
    begin = topology.member_start[owner_start[:-1]]
    count = topology.member_start[owner_start[1:]] - begin
    instead = net.member_start[net.owner_start[classes.number]]
    place = np.repeat(instead - begin, count) + np.arange(len(given_kw))
    return np.bincount(place, given_kw, minlength=len(net.member)).astype(np.float64)
