"""The class graph: what depends on the same suppliers in the same way is counted, not walked.

A sink supplies nothing, takes nothing along, stands in no loop and belongs to no path or common cause. Sinks with
equal label, container and groups (type, name, need, suppliers) share every fate but their own failure; the first of
them stands for all. The class graph is the full one without the relationships to the others. Exact for every
scenario that names no sink, and sinks are never worth one: alone they take nothing down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact.settle import Base
from twin.impact.spread import Net, net_of
from twin.impact.wide import spans
from twin.topology.model import Bools, Floats, Ints, Topology

Words = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a base state."""

    net: Net
    sink: Bools
    """n: is a sink."""
    stands_for: Ints
    """n: the asset that stands for it; itself where it stands alone."""


class Weights(NamedTuple):
    """What each asset of the class graph counts for in a base state (n each), 0 where another stands for it."""

    assets: Ints
    servers: Ints
    draw_kw: Floats


@lru_cache(maxsize=2)
def classes_of(base: Base) -> Classes:
    """The class graph, in which what is out stands alone; kept for the base states asked about last."""
    topology = base.topology
    sink = _sinks(topology)
    sink[base.gone] = False
    stands_for = _representatives(topology, np.flatnonzero(sink).astype(np.int32))
    walked = stands_for == np.arange(len(topology))
    net = net_of(topology)
    supplied_start, kept = _without(topology.supplied_start, walked[topology.group_owner[topology.supplied_group]])
    along_start, held = _without(topology.along_start, walked[topology.along])
    net = net._replace(
        supplied_start=supplied_start,
        supplied_group=topology.supplied_group[kept],
        supplied_position=topology.supplied_position[kept],
        along_start=along_start,
        along=topology.along[held],
    )
    return Classes(net, sink, stands_for)


def weights(base: Base, classes: Classes) -> Weights:
    """How many assets and servers that are up, and how much draw, each asset of the class graph stands for."""
    topology = base.topology
    up = base.fell == 0
    servers = np.zeros(len(topology), np.bool_)
    if "Server" in topology.labels:
        servers = up & (topology.label == topology.labels.index("Server"))
    size = len(topology)
    return Weights(
        assets=np.bincount(classes.stands_for[up], minlength=size).astype(np.int32),
        servers=np.bincount(classes.stands_for[servers], minlength=size).astype(np.int32),
        draw_kw=np.bincount(classes.stands_for[up], topology.draw_kw[up], minlength=size).astype(np.float64),
    )


def _sinks(topology: Topology) -> Bools:
    some = np.diff(topology.supplied_start) > 0
    some |= np.diff(topology.along_start) > 0
    some |= np.diff(topology.part_start) > 0
    some |= np.diff(topology.whole_start) > 0
    some[topology.along[topology.along_affects]] = True
    # Held by several, or by none that takes it along: told apart by the container, so these stand alone.
    some |= np.bincount(topology.along, minlength=len(topology)) > 1
    return ~some


def _representatives(topology: Topology, sinks: Ints) -> Ints:
    """For each asset the first sink that equals it, else itself. Found by hashes, then compared in full."""
    stands_for = np.arange(len(topology), dtype=np.int32)
    if not len(sinks):
        return stands_for
    keys = _keys(topology)[sinks]
    order = np.argsort(keys, kind="stable")
    begins = np.concatenate([[True], keys[order][1:] != keys[order][:-1]])
    first = sinks[order][np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    others = sinks[order]
    equal = _equal(topology, others, first)
    stands_for[others[equal]] = first[equal]
    return stands_for


def _keys(topology: Topology) -> Words:
    """A hash of label, container and groups of each asset."""
    size, group_count = len(topology), topology.group_count
    of_member = np.repeat(np.arange(group_count), np.diff(topology.member_start))
    member = np.zeros(group_count, np.uint64)
    np.add.at(member, of_member, _mix(topology.member.astype(np.uint64) + np.uint64(1)))
    facts = (topology.group_type.astype(np.uint64) << np.uint64(32)) ^ topology.group_name.astype(np.uint64)
    group = _mix(member ^ _mix(facts) ^ _mix(topology.group_need.astype(np.uint64) + np.uint64(77)))
    owner = np.zeros(size, np.uint64)
    np.add.at(owner, topology.group_owner, group)
    place = _mix(topology.parent.astype(np.int64).astype(np.uint64))
    return _mix(owner ^ place ^ _mix(topology.label.astype(np.uint64) + np.uint64(991)))


def _mix(values: Words) -> Words:
    """Scatter 64-bit words (splitmix64)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


def _equal(topology: Topology, some: Ints, others: Ints) -> Bools:
    """Whether assets equal their partners in all that makes a class."""
    equal = (topology.label[some] == topology.label[others]) & (topology.parent[some] == topology.parent[others])
    owner = topology.owner_start
    equal &= owner[some + 1] - owner[some] == owner[others + 1] - owner[others]
    left, at = spans(owner, some[equal])
    right = spans(owner, others[equal])[0]
    same = topology.group_type[left] == topology.group_type[right]
    same &= topology.group_name[left] == topology.group_name[right]
    same &= topology.group_need[left] == topology.group_need[right]
    sizes = np.diff(topology.member_start)
    same &= sizes[left] == sizes[right]
    whole = np.flatnonzero(equal)
    equal[whole[np.bincount(at, ~same, minlength=len(whole)) > 0]] = False
    left, at = spans(owner, some[equal])
    right = spans(owner, others[equal])[0]
    left_members, of = spans(topology.member_start, left)
    right_members = spans(topology.member_start, right)[0]
    differ = topology.member[left_members] != topology.member[right_members]
    whole = np.flatnonzero(equal)
    equal[whole[np.bincount(at[of], differ, minlength=len(whole)) > 0]] = False
    return equal


def _without(start: Ints, kept: Bools) -> tuple[Ints, NDArray[np.intp]]:
    """The starts of lists of which only some entries are kept, and the places of these."""
    counts = np.concatenate([[0], np.cumsum(kept)])
    return counts[start].astype(np.int32), np.flatnonzero(kept)
