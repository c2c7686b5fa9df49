"""The class graph with load: what takes load from the same suppliers on the same terms takes it as one.

On top of `twin.impact.classes` the members of a class agree over FEEDS and COOLS, supplier by supplier, in class,
portion and policy, and in how they pass on what they carry (efficiency, heat of their own or not). They are up or down
together, so that what all take is split as what each takes: load is linear as long as nothing changes its state. The
one that stands for them draws what all draw and carries what all carry. That would not tell when one of them trips; so
only what can never be overloaded (`twin.impact.most_load`) shares a class. No standby source is among them, and no
supplier of a transfer group, where the lowest id decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.impact.classes import Weights, classes_of
from twin.impact.follow import base_flows, loads_of
from twin.impact.most_load import suppliers_of
from twin.impact.net import Net
from twin.impact.reach import places
from twin.impact.settle import Base
from twin.impact.shift import Loads, Side
from twin.impact.spread import Work, work_of
from twin.topology.model import Bools, Floats, Ints, Topology


@dataclass(frozen=True, eq=False)
class Merged:
    """Working arrays of one scenario at a time on the class graph; at rest between questions."""

    net: Net
    work: Work
    loads: Loads
    counted: Weights
    """What each asset stands for."""
    several: Bools
    """n: it stands for others besides itself, and never trips."""


def merged(base: Base, alone: Bools, *, limit: float, compile_kernels: bool) -> Merged:
    """The class graph of a base state, at its loads; those of `alone` (n) stand for themselves, and may be named."""
    topology = base.topology
    classes = classes_of(base, alone, limit=limit, compile_kernels=compile_kernels)
    stands_for, net = classes.stands_for, classes.net
    work = work_of(topology, base.fell.copy(), base.slack.copy(), base.gone)
    up = base.fell == 0
    size = len(topology)
    before = base_flows(base)
    carried = [np.bincount(stands_for, kw, minlength=size) for kw in (before.load_kw, before.cooling_load_kw)]
    before = replace(before, load_kw=carried[0], cooling_load_kw=carried[1])
    heat = np.where(np.isnan(topology.heat_kw), topology.draw_kw, topology.heat_kw)
    several = np.bincount(stands_for, minlength=size) > 1
    draw_kw = np.bincount(stands_for[up], topology.draw_kw[up], minlength=size)
    heat_kw = np.bincount(stands_for[up], heat[up], minlength=size)
    loads = loads_of(topology, before, work.fell, _given(topology, before.given_kw, stands_for))
    wires = loads.wires._replace(
        member=net.member,
        supplied_start=net.supplied_start,
        supplied_group=net.supplied_group,
        supplied_position=net.supplied_position,
        draw_kw=np.where(several, draw_kw, topology.draw_kw),
        heat_kw=np.where(several & ~_from_losses(topology), heat_kw, topology.heat_kw),
    )
    power, cooling = (_later(side, stands_for) for side in (loads.power, loads.cooling))
    return Merged(net, work, Loads(wires, power, cooling, loads.given), classes.counted, several)


def _from_losses(topology: Topology) -> Bools:
    """Whose heat (n) is what it draws and loses of what it carries: NaN stays, and goes by what all of a class draw."""
    carries = np.zeros(len(topology), np.bool_)
    carries[suppliers_of(topology, topology.group_type <= 1)] = True
    return carries & np.isnan(topology.heat_kw)


def _later(side: Side, stands_for: Ints) -> Side:
    """A class is worked off at the last level of its members: then all that take from any of them have done so."""
    level = side.level.copy()
    np.maximum.at(level, stands_for, side.level[: len(stands_for)])
    return side._replace(level=level)


def _given(topology: Topology, given_kw: Floats, stands_for: Ints) -> Floats:
    """What each supplier carries for each group (m), that of a class at the places of the one that stands for it."""
    others = np.flatnonzero(stands_for != np.arange(len(topology)))
    begin, end = (topology.member_start[topology.owner_start[others + step]] for step in (0, 1))
    instead = topology.member_start[topology.owner_start[stands_for[others]]]
    count = end - begin
    taken = np.repeat(instead - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    theirs = places(topology.member_start, places(topology.owner_start, others))
    return given_kw + np.bincount(taken, given_kw[theirs], len(given_kw))
