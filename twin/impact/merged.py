"""The class graph with load: what takes load from the same suppliers on the same terms takes it as one.

On top of `twin.impact.classes` the members of a class agree in suppliers, portion, policy and priorities over FEEDS and
COOLS, so that what they take goes the same ways in every state: the one that stands for them draws what all draw. They
carry nothing for others, so they never trip, and no standby source is among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.impact.classes import Weights, classes_of
from twin.impact.follow import base_flows, loads_of
from twin.impact.net import Net
from twin.impact.reach import places
from twin.impact.settle import Base
from twin.impact.shift import Loads
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


def merged(base: Base, alone: Bools, *, compile_kernels: bool) -> Merged:
    """The class graph of a base state, at its loads; those of `alone` (n) stand for themselves, and may be named."""
    topology = base.topology
    classes = classes_of(base, alone, by_load=True, compile_kernels=compile_kernels)
    stands_for, net = classes.stands_for, classes.net
    work = work_of(topology, base.fell.copy(), base.slack.copy(), base.gone)
    up = base.fell == 0
    size = len(topology)
    before = base_flows(base)
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
        heat_kw=np.where(several, heat_kw, topology.heat_kw),
    )
    return Merged(net, work, loads._replace(wires=wires), classes.counted)


def _given(topology: Topology, given_kw: Floats, stands_for: Ints) -> Floats:
    """What each supplier carries for each group (m), that of a class at the places of the one that stands for it."""
    others = np.flatnonzero(stands_for != np.arange(len(topology)))
    begin, end = (topology.member_start[topology.owner_start[others + step]] for step in (0, 1))
    instead = topology.member_start[topology.owner_start[stands_for[others]]]
    count = end - begin
    taken = np.repeat(instead - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    theirs = places(topology.member_start, places(topology.owner_start, others))
    return given_kw + np.bincount(taken, given_kw[theirs], len(given_kw))
