"""The class graph with load: sinks that share their suppliers take their load as one.

On top of `twin.impact.classes` the sinks of a class agree in portion, policy and priorities, so that what they take
goes the same ways in every state: the one that stands for them draws what all draw. A sink carries nothing for
others, so it never trips, and its failure alone moves no load onto anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.impact.classes import Weights, classes_of, weights
from twin.impact.follow import base_flows, loads_of
from twin.impact.reach import places
from twin.impact.settle import Base
from twin.impact.shift import Loads
from twin.impact.spread import Net, Work, net_of, work_of
from twin.impact.wide import spans
from twin.topology.model import Bools, Floats, Ints, Topology


@dataclass(frozen=True, eq=False)
class Merged:
    """Working arrays of one scenario at a time on the class graph; at rest between questions."""

    net: Net
    work: Work
    loads: Loads
    counted: Weights
    """What each asset stands for."""
    single: Bools
    """n: stands for itself alone, so that it may be named."""


@lru_cache(maxsize=2)
def merged(base: Base, named: bytes = b"") -> Merged:
    """The class graph of a base state, at its loads; kept for the bases asked about last.

    `named`: the indices (int32) of assets that must stand for themselves alone.
    """
    topology = base.topology
    stands_for = _alike(topology, classes_of(base).stands_for)
    if named:
        stands_for = _apart(stands_for, np.frombuffer(named, np.int32))
    alone = stands_for == np.arange(len(topology))
    net = _without_others(topology, alone)
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
        supplied_start=net.supplied_start,
        supplied_group=net.supplied_group,
        supplied_position=net.supplied_position,
        draw_kw=np.where(several, draw_kw, topology.draw_kw),
        heat_kw=np.where(several, heat_kw, topology.heat_kw),
    )
    counted = weights(base, replace(classes_of(base), stands_for=stands_for))
    return Merged(net, work, loads._replace(wires=wires), counted, alone & ~several)


def _alike(topology: Topology, stands_for: Ints) -> Ints:
    """The classes without those that take their load in another way than the one that stands for them."""
    others = np.flatnonzero(stands_for != np.arange(len(topology))).astype(np.int32)
    chosen = stands_for[others]
    left, at = spans(topology.owner_start, others)
    right = spans(topology.owner_start, chosen)[0]
    same = topology.group_portion[left] == topology.group_portion[right]
    same &= topology.group_transfer[left] == topology.group_transfer[right]
    theirs, of = spans(topology.member_start, left)
    ours = spans(topology.member_start, right)[0]
    differs = topology.member_priority[theirs] != topology.member_priority[ours]
    same &= np.bincount(of, differs, minlength=len(left)) == 0
    different = np.bincount(at, ~same, minlength=len(others)) > 0
    stands_for = stands_for.copy()
    stands_for[others[different]] = others[different]
    return stands_for


def _apart(stands_for: Ints, named: Ints) -> Ints:
    """The classes without these assets: the first of the others stands for the rest."""
    size = len(stands_for)
    rest = np.ones(size, np.bool_)
    rest[named] = False
    everything = np.arange(size, dtype=np.int32)
    first = np.full(size, size, np.int32)
    np.minimum.at(first, stands_for[rest], everything[rest])
    return np.where(rest, first[stands_for], everything).astype(np.int32)


def _without_others(topology: Topology, alone: Bools) -> Net:
    """The net without the relationships to sinks for which another stands."""
    net = net_of(topology)
    start, kept = _kept(topology.supplied_start, alone[topology.group_owner[topology.supplied_group]])
    along_start, held = _kept(topology.along_start, alone[topology.along])
    return net._replace(
        supplied_start=start,
        supplied_group=topology.supplied_group[kept],
        supplied_position=topology.supplied_position[kept],
        along_start=along_start,
        along=topology.along[held],
    )


def _kept(start: Ints, which: Bools) -> tuple[Ints, NDArray[np.intp]]:
    counts = np.concatenate([[0], np.cumsum(which)])
    return counts[start].astype(np.int32), np.flatnonzero(which)


def _given(topology: Topology, given_kw: Floats, stands_for: Ints) -> Floats:
    """What each supplier carries for each group (m), that of a class at the places of the one that stands for it."""
    others = np.flatnonzero(stands_for != np.arange(len(topology)))
    begin, end = (topology.member_start[topology.owner_start[others + step]] for step in (0, 1))
    instead = topology.member_start[topology.owner_start[stands_for[others]]]
    count = end - begin
    taken = np.repeat(instead - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    theirs = places(topology.member_start, places(topology.owner_start, others))
    return given_kw + np.bincount(taken, given_kw[theirs], len(given_kw))
