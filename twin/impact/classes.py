"""The class graph: what shares every fate is counted, not walked.

Whoever a question may fail by itself stands alone. Of all others those that share every fate (`twin.impact.fold`) are
one class; the first of them stands for all, supplies what all supply, and counts for as many. The servers of a
cabinet on the same rack PDUs and switches are one, and a service on two of them loses two replicas with it. The class
graph is the full one with the relationships of each class gathered at one member; a group keeps as many suppliers as
it has, some of them the same. Exact for every scenario that names none but those that stand alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import compiled, kernel, plain
from twin.impact._keep import keep
from twin.impact.fold import Facts, fold
from twin.impact.most_load import never_overloaded, suppliers_of, terms_of_load
from twin.impact.net import Net
from twin.impact.reach import lists_of
from twin.impact.spread import Work, work_of
from twin.topology.model import Bools, Floats, Ints, Topology

if TYPE_CHECKING:
    from twin.impact.settle import Base


@dataclass(frozen=True, eq=False)
class Classes:
    """The class graph of a base state for one choice of who stands alone: C classes, numbered by themselves.

    Small campuses of a few thousand classes fit the processor's cache, where their places in the whole do not.
    """

    net: Net
    assets: Ints
    """C: the asset that stands for each class, ascending."""
    number: Ints
    """n: the class of each asset."""
    groups: Ints
    """The groups of `net` by their numbers in the topology."""
    entries: Ints
    """The places of `net.member` in `Topology.member`."""
    calling: Ints
    """The places of `net.standby_group` in `Topology.standby_group`."""
    counted: Weights

    def at_rest(self, base: Base) -> Work:
        """Working arrays for one scenario at a time, in the base state."""
        return work_of(self.net, base.fell[self.assets], base.slack[self.groups], self.number[base.gone])


@bundle
class Weights(NamedTuple):
    """What each class counts for in a base state (C each)."""

    assets: Ints
    servers: Ints
    draw_kw: Floats


@keep
def classes_of(base: Base, alone: Bools, *, limit: float | None = None, compile_kernels: bool) -> Classes:
    """The class graph in which those of `alone` (n) stand alone; kept for the questions asked last.

    `limit`: load counts, and overloads above it trip. Members of a class then take their load from suppliers of the
    same classes on the same terms; and none of them can ever trip.
    """
    topology = base.topology
    may = ~alone & (base.fell == 0)
    may[topology.loop_asset] = False
    may &= np.diff(topology.part_start) == 0  # of a path's parts it matters which path is taken
    carries, terms = np.zeros(topology.group_count, np.bool_), np.zeros(len(topology), np.int32)
    if limit is not None:
        carries, terms, shares = _with_load(base, limit)
        may &= shares
    taker_start, taker = _takers(topology)
    named = {name: getattr(topology, name) for name in Facts._fields if hasattr(topology, name)}
    facts = Facts(**named, taker_start=taker_start, taker=taker, carries=carries, terms=terms)
    run = compiled if compile_kernels else plain
    stands_for = run(fold)(facts, may)
    return _compact(base, stands_for, run(by_source))


@keep
def _with_load(base: Base, limit: float) -> tuple[Bools, Ints, Bools]:
    """Which groups carry load (g), on what terms each asset passes it on (n), and which may then share a class (n)."""
    topology = base.topology
    carries = topology.group_type <= 1
    may = ~topology.standby & never_overloaded(topology, limit)
    may[suppliers_of(topology, carries & topology.group_transfer)] = False  # the lowest of their ids decides
    return carries, terms_of_load(topology), may


def _compact(base: Base, stands_for: Ints, sort: Callable[[Ints, int], tuple[Ints, Ints]]) -> Classes:
    """The graph of those that stand for themselves, numbered by themselves."""
    topology = base.topology
    assets = np.flatnonzero(stands_for == np.arange(len(topology))).astype(np.int32)
    count = len(assets)
    number = np.full(len(topology), -1, np.int32)
    number[assets] = np.arange(count, dtype=np.int32)
    number = number[stands_for]
    groups, owner_start = lists_of(topology.owner_start, assets)
    entries, member_start = lists_of(topology.member_start, groups)
    group = np.full(topology.group_count + 1, -1, np.int32)
    group[groups] = np.arange(len(groups), dtype=np.int32)
    member = number[topology.member[entries]]
    supplied_start, position = sort(member, count)
    owner = np.repeat(np.arange(len(groups), dtype=np.int32), np.diff(member_start))
    calling = np.flatnonzero(group[topology.standby_group] >= 0).astype(np.int32)
    slots = group[topology.slot_group_start]
    walked = np.zeros(len(topology), np.bool_)
    walked[assets] = True
    held, along_start = _links(topology.along_start, topology.along, number, walked, sort)
    part, part_start = _links(topology.part_start, topology.part, number, walked, sort)
    wholes, whole_start = lists_of(topology.whole_start, assets)
    net = Net(
        owner_start=owner_start,
        group_owner=number[topology.group_owner[groups]],
        group_need=topology.group_need[groups],
        loop_of_group=topology.loop_of_group[groups],
        supplied_start=supplied_start,
        supplied_group=owner[position],
        supplied_position=position,
        member_start=member_start,
        member=member,
        member_slot=topology.member_slot[entries],
        group_slot=topology.group_slot[groups],
        loop_start=topology.loop_start,
        loop_asset=number[topology.loop_asset],
        slot_group_start=slots,
        slot_group_end=slots + topology.slot_group_end - topology.slot_group_start,
        inside_start=topology.inside_start,
        inside_group=group[topology.inside_group],
        standby=topology.standby[assets],
        standby_group=group[topology.standby_group[calling]],
        along_start=along_start,
        along=held,
        part_start=part_start,
        part=part,
        whole_start=whole_start,
        whole=number[topology.whole[wholes]],
    )
    return Classes(net, assets, number, groups, entries, calling, _weights(base, number, count))


def _links(
    start: Ints, listed: Ints, number: Ints, walked: Bools, sort: Callable[[Ints, int], tuple[Ints, Ints]]
) -> tuple[Ints, Ints]:
    """What each class takes along of those that stand for themselves, and where the list of each begins."""
    holder = np.repeat(number, np.diff(start))
    kept = np.flatnonzero(walked[listed])
    begins, order = sort(holder[kept], int(walked.sum()))
    return number[listed[kept[order]]], begins


def _weights(base: Base, number: Ints, count: int) -> Weights:
    """How many assets and servers that are up, and how much draw, each class stands for."""
    topology = base.topology
    up = base.fell == 0
    servers = np.zeros(len(topology), np.bool_)
    if "Server" in topology.labels:
        servers = up & (topology.label == topology.labels.index("Server"))
    return Weights(
        assets=np.bincount(number[up], minlength=count).astype(np.int32),
        servers=np.bincount(number[servers], minlength=count).astype(np.int32),
        draw_kw=np.bincount(number[up], topology.draw_kw[up], minlength=count).astype(np.float64),
    )


def idle(topology: Topology) -> Bools:
    """The assets (n) that alone take nothing down: they supply nothing and take nothing along."""
    some = np.diff(topology.supplied_start) > 0
    some |= np.diff(topology.along_start) > 0
    some |= np.diff(topology.part_start) > 0
    return ~some


def _takers(topology: Topology) -> tuple[Ints, Ints]:
    """What takes each asset along: where its list begins (n + 1), and the lists."""
    everything = np.arange(len(topology), dtype=np.int32)
    holder = np.repeat(everything, np.diff(topology.along_start))
    part = np.repeat(everything, np.diff(topology.whole_start))
    taken = np.concatenate([topology.along, part])
    order = np.argsort(taken, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(taken, minlength=len(topology)))])
    return start.astype(np.int32), np.concatenate([holder, topology.whole])[order].astype(np.int32)


@kernel
def by_source(source: Ints, count: int) -> tuple[Ints, Ints]:
    """Where the places of each source begin (count + 1), and the places in that order; a sort by counting."""
    start = np.zeros(count + 1, np.int32)
    for asset in source:
        start[asset + 1] += 1
    for asset in range(count):
        start[asset + 1] += start[asset]
    following = start.copy()
    order = np.empty(len(source), np.int32)
    for place in range(len(source)):
        order[following[source[place]]] = place
        following[source[place]] += 1
    return start, order
