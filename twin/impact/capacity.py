"""Capacity questions: every single failure, or every pair, with overloads that trip (section 3).

`sweep` and `pairs` simulate: a failure more can save others, so no rule derives a pair from its singles. A scenario is
cut short in one case only: when the load that it moves surely fits everywhere, even if every supplier that gets some
got all of it. That test looks at the fallen and their direct neighbours (see `_room`), and where that is not enough
follows what is added (`twin.impact._gain`). It is exact because it only ever says "surely fits", and property tests
compare with the simulation of all. Both run on the class graph with load
(`twin.impact.merged`): sinks that share their suppliers fall together, and take their load as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from twin.impact._capacity import scan
from twin.impact._case import Calls, Case, Room, Spaces, for_thread, no_gains
from twin.impact._crew import SHARES, crew, share_out, spans
from twin.impact._held import Held, held_by, left_by, touched_by
from twin.impact._jit import compiled, plain
from twin.impact._keep import keep
from twin.impact.classes import idle
from twin.impact.follow import base_flows
from twin.impact.load import Flows, ratings
from twin.impact.load_plan import Walk, plan
from twin.impact.loops import outside
from twin.impact.merged import Merged, merged
from twin.impact.reach import places
from twin.impact.settle import Base
from twin.impact.spread import FINAL
from twin.impact.sweep import chosen, is_compiled, levels

if TYPE_CHECKING:
    from twin.impact.net import Net
    from twin.topology.model import Bools, Floats, Ints, Topology

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class CapacityScan:
    """One row a set of failures, k in all."""

    sets: Ints
    """k × 1 or k × 2: the assets named."""
    lost: Ints
    """k: lost in the end, trips included, the named ones not."""
    tripped: Ints
    """k: how many tripped."""
    rounds: Ints
    """k: in how many rounds."""
    servers: Ints
    """k: how many of the lost are servers."""
    degraded: Ints
    lost_kw: Floats
    """k: what the lost drew in the base state."""
    simulated: int
    """For how many sets the load had to be moved; for the others it surely fits."""


def sweep(
    base: Base, scope: Ints, *, limit: float = 1.0, exact: bool = False, progress: Progress | None = None
) -> CapacityScan:
    """The capacity-aware impact of every single asset of `scope`, each once; `exact` leaves out the short cuts."""
    use = is_compiled(scan, base.topology, len(scope), None)
    parts = _parts(base, limit, scope.astype(np.int32), use)
    return _scan(scope.reshape(-1, 1).astype(np.int32), parts, exact=exact, progress=progress)


def pairs(
    base: Base, scope: Ints, *, limit: float = 1.0, exact: bool = False, progress: Progress | None = None
) -> CapacityScan:
    """The capacity-aware impact of every pair of two assets of `scope`, k (k − 1) / 2 rows."""
    first, second = np.triu_indices(len(scope), 1)
    sets = np.column_stack([scope[first], scope[second]]).astype(np.int32)
    alone = np.zeros(len(base.topology), np.bool_)
    alone[scope] = True
    prepared = prepared_for(base, limit, alone)
    whole = _Part(np.arange(len(sets), dtype=np.int32), prepared.number[sets], prepared)
    return _scan(sets, [whole], exact=exact, progress=progress)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What all scenarios of a question share, for one question at a time."""

    cases: tuple[Case, ...]
    """One for each thread."""
    number: Ints
    """n: the class of each asset."""
    assets: Ints
    """The asset that stands for each class."""
    lock: Lock


@dataclass(frozen=True, eq=False)
class _Part:
    """Sets of failures that share a class graph."""

    places: Ints
    """k: their places among all sets."""
    named: Ints
    """k × 1 or k × 2: the classes named."""
    prepared: Prepared


@keep
def _parts(base: Base, limit: float, scope: Ints, use: bool) -> list[_Part]:
    """The scope of a sweep in parts."""
    topology = base.topology
    walked = np.zeros(len(topology), np.bool_)
    walked[scope] = True
    parts: list[_Part] = []
    room = _room(topology, base_flows(base), limit)
    for part in levels(topology, walked & ~idle(topology)):
        places = np.flatnonzero(part[scope]).astype(np.int32)
        prepared = _prepared(base, limit, part, room, use)
        parts.append(_Part(places, prepared.number[scope[places]].reshape(-1, 1), prepared))
    return parts


def prepared_for(base: Base, limit: float, alone: Bools) -> Prepared:
    """For questions that name none but those of `alone` (n)."""
    use = is_compiled(scan, base.topology, int(alone.sum()), None)
    return _one_part(base, limit, alone, use)


@keep
def _one_part(base: Base, limit: float, alone: Bools, use: bool) -> Prepared:
    return _prepared(base, limit, alone, _room(base.topology, base_flows(base), limit), use)


def _prepared(base: Base, limit: float, alone: Bools, room: Room, use: bool) -> Prepared:
    topology, before = base.topology, base_flows(base)
    sources = np.flatnonzero(topology.standby).astype(np.int32)
    graph = merged(base, alone, limit=limit, compile_kernels=use)
    classes = graph.classes
    size = len(classes.assets)
    calling = base.calling[classes.calling]
    calls = Calls(
        classes.number[sources],
        calling,
        np.zeros(len(calling), np.bool_),
        np.zeros(size, np.bool_),
        np.zeros(len(sources), np.int32),
    )
    case = Case(
        classes.net,
        graph.work,
        *graph.loads,
        calls,
        _room_of(room, graph),
        no_gains(size, len(graph.work.slack), len(graph.work.dirty)),
        classes.counted,
        _spaces(graph, np.flatnonzero(alone[classes.assets]).astype(np.int32), calls.sources, use),
        single=alone[classes.assets],
        runs=before.called[sources],
        available=base.available[classes.groups],
        taken=np.empty(size, np.int32),
        stamp=np.empty(size, np.int32),
        named=np.empty(2, np.int32),
    )
    others = (for_thread(case) for _ in range(1, crew(compiled=use)))
    return Prepared((case, *others), classes.number, classes.assets, Lock())


def _spaces(graph: Merged, named: Ints, sources: Ints, use: bool) -> Spaces:
    """Of those that may be named, what takes others along; `sources`: the classes of standby sources."""
    net, run = graph.classes.net, compiled if use else plain
    at = np.full(len(graph.classes.assets), -1, np.int32)
    along = named[(np.diff(net.along_start) + np.diff(net.part_start))[named] > 0]
    at[along] = np.arange(len(along))
    far = _far(net, graph.work.fell, sources)
    start, asset = run(held_by)(net, graph.work, along)
    held = Held(start, asset, *run(touched_by)(net, start, asset))
    left_kw, calls = run(left_by)(net, held, graph.loads.given.kw, far)
    return Spaces(at, held, left_kw, far, calls)


def _far(net: Net, fell: Ints, sources: Ints) -> Bools:
    """`far` of `Spaces`, in the base state.

    A group of a loop that enough others supply from outside uses no standby source as long as these stay up.
    """
    far = np.zeros(len(net.group_owner), np.bool_)
    for source in sources.tolist():
        groups = net.supplied_group[net.supplied_start[source] : net.supplied_start[source + 1]]
        in_loops = groups[net.loop_of_group[groups] >= 0].tolist()
        far[groups] |= any(outside(net, fell, group, FINAL, True) < net.group_need[group] for group in in_loops)
    return far


def _room_of(room: Room, graph: Merged) -> Room:
    """The same for the classes; those of several never trip, and what all can take is that of one of them."""
    assets, groups = graph.classes.assets, graph.classes.groups
    power, cooling, power_left, cooling_left = (
        np.where(graph.several, np.inf, bound[assets])
        for bound in (room.power, room.cooling, room.power_left, room.cooling_left)
    )
    return Room(
        power,
        cooling,
        power_left,
        cooling_left,
        room.power_above[assets],
        room.cooling_above[assets],
        room.lists_standby[groups],
        room.group_type[groups],
        np.zeros(2 * len(assets)),
        np.zeros(len(assets), np.int32),
    )


def _scan(sets: Ints, parts: Sequence[_Part], *, exact: bool, progress: Progress | None) -> CapacityScan:
    """What the kernel counts of k sets of failures; those that are in no part lose nothing."""
    rows, lost_kw = np.zeros((len(sets), 5), np.int32), np.zeros(len(sets))
    run = chosen(scan, len(sets), None)
    threads = min((len(part.prepared.cases) for part in parts), default=1)
    shares = [(part, span) for part in parts for span in spans(len(part.places), threads * SHARES)]

    def work(thread: int, first: int, end: int) -> int:
        return sum(
            run(part.prepared.cases[thread], part.places[span], part.named[span], exact, rows, lost_kw)
            for part, span in shares[first:end]
        )

    def tell(done: int, count: int) -> None:
        if progress:
            progress("capacity", done * len(sets) // count, len(sets))

    with ExitStack() as locks:
        for prepared in sorted((part.prepared for part in parts), key=id):  # so that no two wait for each other
            locks.enter_context(prepared.lock)
            for case in prepared.cases:
                case.stamp[:] = -1
        simulated = sum(share_out(len(shares), threads, work, shares=len(shares), progress=progress and tell))
    lost, tripped, rounds, servers, degraded = rows.T
    return CapacityScan(sets, lost, tripped, rounds, servers, degraded, lost_kw, simulated)


def _room(topology: Topology, before: Flows, limit: float) -> Room:
    """What each asset can carry more, by itself and with all that carries it in turn.

    More load x on an asset means x / efficiency more over its FEEDS groups, whose portions add up to 1, and
    x × (1 / efficiency − 1) more heat; more heat x means x times its COOLS portions together. However it splits, an
    asset above gets at most x times the product of these factors on the way with the largest, and from several assets
    at most their sum times the largest product of all. So the least of "what is left / product" is a safe bound for the
    sum. Heat that moves and heat from losses get half of what is left each; the losses of one way add up, so that
    each asset on it gets its part of that half. A way meets each step of the walk once, and there at most all members
    of one loop.
    """
    power_most = ratings(topology.rated_kw, limit)
    cooling_most = ratings(topology.rated_cooling_kw, limit)
    power_left = power_most - before.load_kw
    cooling_left = np.where(np.isfinite(cooling_most), (cooling_most - before.cooling_load_kw) / 2, np.inf)
    ways = plan(topology)
    portions = np.zeros(len(topology))
    cools = np.flatnonzero(topology.group_type == 1)
    np.add.at(portions, topology.group_owner[cools], topology.group_portion[cools])
    cooling_above = _above(topology, ways.cooling, cooling_left, portions, np.full(len(topology), np.inf))
    own = np.isnan(topology.heat_kw)
    sizes = np.diff(topology.loop_start)
    longest = sum(max([1, *sizes[list(step.loops)].tolist()]) for step in ways.power.steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(own, 1.0 / topology.efficiency - 1.0, 0.0)
        heat_left = np.where(losses > 0, cooling_above / losses / longest, np.inf)
    power_above = _above(topology, ways.power, power_left, 1.0 / topology.efficiency, heat_left)
    lists = np.zeros(topology.group_count, np.bool_)
    lists[topology.standby_group] = True
    with_standby = np.setdiff1d(topology.loop_of_group[topology.standby_group], [-1])
    lists |= np.isin(topology.loop_of_group, with_standby)
    count = len(topology)
    return Room(
        power_most,
        cooling_most,
        power_left,
        cooling_left,
        np.minimum(power_above, heat_left),
        cooling_above,
        lists,
        topology.group_type,
        np.zeros(2 * count),
        np.zeros(count, np.int32),
    )


def _above(topology: Topology, walk: Walk, left: Floats, factor: Floats, also: Floats) -> Floats:
    """How much more each asset may take in for others (n), so that nothing above it is overloaded.

    `left`: n, what each can carry itself, `also`: n, another bound on that; `factor`: n, what is taken for one kW more.
    """
    above = np.full(len(topology), np.inf)
    itself = np.minimum(left, also)
    for step in reversed(walk.steps):
        for loop in step.loops:
            _above_loop(topology, loop, itself, factor, above)
        if not len(step.groups):
            continue
        supplier = topology.member[step.entries]
        least = np.minimum.reduceat(np.minimum(itself[supplier], above[supplier]), step.starts)
        owner = topology.group_owner[step.groups]
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = np.where(factor[owner] > 0, least / factor[owner], np.inf)
        np.minimum.at(above, owner, bound)
    return above


def _above_loop(topology: Topology, loop: int, itself: Floats, factor: Floats, above: Floats) -> None:
    """Every member of a loop as if all that it takes in went through all the others, and then all ways out."""
    first, last = int(topology.loop_start[loop]), int(topology.loop_start[loop + 1])
    members = topology.loop_asset[first:last]
    entries = places(topology.member_start, np.flatnonzero(topology.loop_of_group == loop))
    outside = topology.member[entries[~topology.member_in_loop[entries]]]
    fits = np.concatenate([itself[members], itself[outside], above[outside]])
    above[members] = fits.min() / np.prod(np.maximum(factor[members], 1.0))
