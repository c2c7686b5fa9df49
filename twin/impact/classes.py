"""The class graph: what shares every fate is counted, not walked.

Whoever a question may fail by itself stands alone. Of all others those that share every fate (`twin.impact.fold`) are
one class; the first of them stands for all, supplies what all supply, and counts for as many. The servers of a
cabinet on the same rack PDUs and switches are one, and a service on two of them loses two replicas with it. The class
graph is the full one with the relationships of each class gathered at one member; a group keeps as many suppliers as
it has, some of them the same. Exact for every scenario that names none but those that stand alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import compiled, kernel, plain
from twin.impact.fold import Facts, fold
from twin.impact.most_load import never_overloaded, suppliers_of, terms_of_load
from twin.impact.net import Net, net_of
from twin.topology.model import Bools, Floats, Ints, Topology

if TYPE_CHECKING:
    from twin.impact.settle import Base


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a base state for one choice of who stands alone."""

    net: Net
    stands_for: Ints
    """n: the asset that stands for it; itself where it stands alone."""
    counted: Weights


@bundle
class Weights(NamedTuple):
    """What each asset of the class graph counts for in a base state (n each), 0 where another stands for it."""

    assets: Ints
    servers: Ints
    draw_kw: Floats


def classes_of(base: Base, alone: Bools, *, limit: float | None = None, compile_kernels: bool) -> Classes:
    """The class graph in which those of `alone` (n) stand alone; kept for the questions asked last.

    `limit`: load counts, and overloads above it trip. Members of a class then take their load from suppliers of the
    same classes on the same terms; and none of them can ever trip.
    """
    return _classes(base, np.packbits(alone).tobytes(), limit, compile_kernels)


@lru_cache(maxsize=6)
def _classes(base: Base, packed: bytes, limit: float | None, compile_kernels: bool) -> Classes:
    topology = base.topology
    alone = np.unpackbits(np.frombuffer(packed, np.uint8), count=len(topology)).astype(np.bool_)
    may = ~alone & (base.fell == 0)
    may[topology.loop_asset] = False
    may &= np.diff(topology.part_start) == 0  # of a path's parts it matters which path is taken
    carries, terms = np.zeros(topology.group_count, np.bool_), np.zeros(len(topology), np.int32)
    if limit is not None:
        carries, terms = topology.group_type <= 1, terms_of_load(topology)
        may &= ~topology.standby & never_overloaded(topology, limit)
        may[suppliers_of(topology, carries & topology.group_transfer)] = False  # the lowest of their ids decides
    taker_start, taker = _takers(topology)
    named = {name: getattr(topology, name) for name in Facts._fields if hasattr(topology, name)}
    facts = Facts(**named, taker_start=taker_start, taker=taker, carries=carries, terms=terms)
    run = compiled if compile_kernels else plain
    sort, stands_for = run(by_source), run(fold)(facts, may)
    walked = stands_for == np.arange(len(topology))
    of_member = np.repeat(np.arange(topology.group_count, dtype=np.int32), np.diff(topology.member_start))
    member = stands_for[topology.member]
    kept = np.flatnonzero(walked[topology.group_owner[of_member]]).astype(np.int32)
    supplied_start, order = sort(member[kept], len(topology))
    holder = np.repeat(stands_for, np.diff(topology.along_start))
    held = np.flatnonzero(walked[topology.along]).astype(np.int32)
    along_start, along_order = sort(holder[held], len(topology))
    position = kept[order]
    net = net_of(topology)._replace(
        member=member,
        supplied_start=supplied_start,
        supplied_group=of_member[position],
        supplied_position=position,
        along_start=along_start,
        along=topology.along[held[along_order]],
    )
    return Classes(net, stands_for, _weights(base, stands_for))


def _weights(base: Base, stands_for: Ints) -> Weights:
    """How many assets and servers that are up, and how much draw, each asset of the class graph stands for."""
    topology = base.topology
    up = base.fell == 0
    servers = np.zeros(len(topology), np.bool_)
    if "Server" in topology.labels:
        servers = up & (topology.label == topology.labels.index("Server"))
    size = len(topology)
    return Weights(
        assets=np.bincount(stands_for[up], minlength=size).astype(np.int32),
        servers=np.bincount(stands_for[servers], minlength=size).astype(np.int32),
        draw_kw=np.bincount(stands_for[up], topology.draw_kw[up], minlength=size).astype(np.float64),
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
