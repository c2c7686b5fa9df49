"""What a capacity scenario works on: the settled state, its loads, and what each asset can carry more."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle, copy_of
from twin.impact._held import Held
from twin.impact.classes import Weights
from twin.impact.net import Net
from twin.impact.shift import Given, Side, Wires
from twin.impact.spread import Work
from twin.topology.model import Bools, Codes, Floats, Ints


@bundle
class Calls(NamedTuple):
    """Which standby sources run.

    sources: all of them. before: for each of `Net.standby_group`, whether it calls in the base state. calling, marked
    (n) and fresh (as long as sources) are working arrays, `marked` all False between calls.
    """

    sources: Ints
    before: Bools
    calling: Bools
    marked: Bools
    fresh: Ints


@bundle
class Room(NamedTuple):
    """How much more an asset can carry (n, kW; below 0 where it is overloaded, infinite without a rating).

    power, cooling: the rating times the limit. power_left, cooling_left: what is left of it. power_above,
    cooling_above: how much more it may take, so that nothing that carries it is overloaded, wherever it goes then.
    lists_standby: g, it or another group of its loop lists a standby source; group_type: g. extra: 2 n, power and
    heat that an asset gets, 0 between calls; receivers: n; both are working arrays.
    """

    power: Floats
    cooling: Floats
    power_left: Floats
    cooling_left: Floats
    power_above: Floats
    cooling_above: Floats
    lists_standby: Bools
    group_type: Codes
    extra: Floats
    receivers: Ints


@bundle
class Gains(NamedTuple):
    """The gains of one failure, and what finding them takes.

    kw: 2 n, power and heat of each asset; listed: those places of it that are not 0, counts[0] of them; touched: g,
    which groups were seen; groups: those, counts[1] of them; through: n, what goes through the members of one loop;
    rerouted: L, loops whose ways the failure changes. All but `listed` and `groups` are 0 between calls.
    """

    kw: Floats
    listed: Ints
    touched: Bools
    groups: Ints
    through: Floats
    rerouted: Bools
    counts: Ints


@bundle
class Spaces(NamedTuple):
    """The failures that take others along.

    at: n, the place of each in `held`, or -1. left_kw: what each of `held.group` gets at rest from what is held. far:
    g, whether it lists a standby source that a loop may use as well, wherever that is called. calls: by place, whether
    what is held supplies such a group.
    """

    at: Ints
    held: Held
    left_kw: Floats
    far: Bools
    calls: Bools


@bundle
class Case(NamedTuple):
    """All that a scenario works on, at rest between two of them.

    single: n, whether an asset may be named, else it is a sink, and takes nothing down. runs: for each of
    `calls.sources`, whether it runs in the base state. counted: what each asset stands for. available: g, available
    suppliers in the base state. Working arrays: taken, n; stamp, n, -1 before the first of those that are named alone
    and each once; named, 2.
    """

    net: Net
    work: Work
    wires: Wires
    power: Side
    cooling: Side
    given: Given
    calls: Calls
    room: Room
    gains: Gains
    counted: Weights
    spaces: Spaces
    single: Bools
    runs: Bools
    available: Ints
    taken: Ints
    stamp: Ints
    named: Ints


def for_thread(case: Case) -> Case:
    """The same case for another thread: on copies of what scenarios write; what they only read is shared."""
    read: list[object] = [case.net, case.counted, case.spaces, case.single, case.runs, case.available]
    read += [getattr(case.wires, name) for name in Wires._fields if name not in {"usable", "fell"}]
    read += [value for side in (case.power, case.cooling) for value in (side.begin, side.end, side.unit, side.level)]
    read += [getattr(case.room, name) for name in Room._fields if name not in {"extra", "receivers"}]
    journals = [case.given.was, case.given.changed, case.gains.listed, case.gains.groups, case.taken, case.stamp]
    for side in (case.power, case.cooling):
        journals += [side.was, side.changed, side.after, side.order]
    return copy_of(case, *read, blank=journals)


def no_gains(count: int, groups: int, loops: int) -> Gains:
    """Working arrays for so many assets, groups and loops."""
    return Gains(
        kw=np.zeros(2 * count),
        listed=np.zeros(2 * count, np.int32),
        touched=np.zeros(groups, np.bool_),
        groups=np.zeros(groups, np.int32),
        through=np.zeros(count),
        rerouted=np.zeros(loops, np.bool_),
        counts=np.zeros(2, np.int32),
    )
