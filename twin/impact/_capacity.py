"""The kernels of capacity questions: one scenario after the other, settled, loaded, tripped, undone."""

from __future__ import annotations

from typing import NamedTuple

from twin.impact._jit import inlined_kernel, lean_kernel
from twin.impact.classes import Weights
from twin.impact.shift import Given, Side, Wires, follow, unfollow
from twin.impact.spread import (
    FALLEN,
    TOUCHED,
    Net,
    Work,
    calling_groups,
    note_degraded,
    seed,
    seed_all,
    spread,
    take_along,
    unspread,
)
from twin.impact.sweep import degraded_alone
from twin.topology.model import Bools, Codes, Floats, Ints

TOLERANCE = 1e-9
"""As in `twin.impact.load`; kernels see constants of their own module."""


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


@lean_kernel
def is_above(value: float, bound: float) -> bool:
    """Above it by more than the relative tolerance."""
    return value - bound > TOLERANCE * max(abs(value), abs(bound))


@lean_kernel
def changed_calls(net: Net, work: Work, calls: Calls, usable: Bools) -> int:
    """Bring `usable` of the standby sources up to date; the changed ones stand first in `calls.fresh`; their number."""
    if len(calls.sources) == 0:
        return 0
    calling_groups(net, work, calls.before, calls.calling)
    for number in range(len(net.standby_group)):
        if calls.calling[number]:
            group = net.standby_group[number]
            for place in range(net.member_start[group], net.member_start[group + 1]):
                calls.marked[net.member[place]] = True
    count = 0
    for source in calls.sources:
        runs = calls.marked[source] and work.fell[source] == 0
        if runs != usable[source]:
            usable[source] = runs
            calls.fresh[count] = source
            count += 1
    for number in range(len(net.standby_group)):
        if calls.calling[number]:
            group = net.standby_group[number]
            for place in range(net.member_start[group], net.member_start[group + 1]):
                calls.marked[net.member[place]] = False
    return count


@lean_kernel
def seed_trips(work: Work, side: Side, bound: Floats) -> int:
    """Take down what is overloaded, and was not in the base state, or carries more than there; their number.

    What carries as much as in the base state never trips, so that only changed loads are looked at.
    """
    trips = 0
    for place in range(side.counts[0]):
        asset = side.changed[place]
        load, before, most = float(side.load[asset]), float(side.was[asset]), float(bound[asset])
        if work.fell[asset] == 0 and is_above(load, most) and (not is_above(before, most) or is_above(load, before)):
            seed(work, asset)
            trips += 1
    return trips


@lean_kernel
def cascade(  # noqa: PLR0913, PLR0917 - compiled code pays for tuples in tuples
    net: Net, work: Work, wires: Wires, power: Side, cooling: Side, given: Given, calls: Calls, room: Room
) -> tuple[int, int]:
    """Move load in a settled scenario and trip until nothing trips; how many tripped, and in how many rounds."""
    tripped, rounds, begin = 0, 0, 0
    while True:
        fresh = changed_calls(net, work, calls, wires.usable)
        end = work.counts[FALLEN]
        follow(wires, power, cooling, given, work.queue[begin:end], calls.fresh[:fresh])
        begin = end
        trips = seed_trips(work, power, room.power) + seed_trips(work, cooling, room.cooling)
        if trips == 0:
            return tripped, rounds
        tripped += trips
        rounds += 1
        spread(net, work)


@lean_kernel
def is_harmless(  # noqa: C901, PLR0912 - one loop, as compiled code likes it
    net: Net, work: Work, given_kw: Floats, room: Room
) -> bool:
    """Whether the load that the fallen leave behind surely fits where it goes; False where this does not see it.

    Load of a fallen supplier goes to others of the same group, and from there towards the sources. Each of the others
    is taken to get all of it, and so is every way from there. Loops of power or cooling that are touched, and standby
    sources, are left to the exact way.
    """
    harmless, count, moved_power, moved_heat = True, 0, 0.0, 0.0
    for place in range(work.counts[FALLEN]):
        asset = work.queue[place]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            kind = room.group_type[group]
            if room.lists_standby[group] or (kind <= 1 and net.loop_of_group[group] >= 0):
                harmless = False
            kw = given_kw[net.supplied_position[edge]]
            if kind > 1 or kw == 0.0 or work.fell[net.group_owner[group]] != 0:
                continue
            if kind == 0:
                moved_power += kw
            else:
                moved_heat += kw
            for other in range(net.member_start[group], net.member_start[group + 1]):
                supplier = net.member[other]
                if work.fell[supplier] == 0:
                    if room.extra[2 * supplier] == 0.0 and room.extra[2 * supplier + 1] == 0.0:
                        room.receivers[count] = supplier
                        count += 1
                    room.extra[2 * supplier + kind] += kw
    for number in range(count):
        supplier = room.receivers[number]
        power, heat = room.extra[2 * supplier], room.extra[2 * supplier + 1]
        if power > room.power_left[supplier] or heat > room.cooling_left[supplier]:
            harmless = False
        if power > 0.0 and moved_power > room.power_above[supplier]:
            harmless = False
        if heat > 0.0 and moved_heat > room.cooling_above[supplier]:
            harmless = False
        room.extra[2 * supplier] = 0.0
        room.extra[2 * supplier + 1] = 0.0
    return harmless


@lean_kernel
def back(  # noqa: PLR0913, PLR0917 - compiled code pays for tuples in tuples
    net: Net, work: Work, wires: Wires, power: Side, cooling: Side, given: Given, calls: Calls, runs: Bools
) -> None:
    """Undo a scenario and its loads; `runs`: for each of `calls.sources`, whether it runs in the base state."""
    unfollow(power, cooling, given)
    for place in range(work.counts[FALLEN]):
        wires.usable[work.queue[place]] = True
    for number in range(len(calls.sources)):
        wires.usable[calls.sources[number]] = runs[number]
    unspread(net, work)


@lean_kernel
def start(net: Net, work: Work, named: Ints, taken: Ints) -> None:
    """Seed what is named, and what it takes along; `taken`: n, working array."""
    alone = True
    for asset in named:
        if net.along_start[asset] < net.along_start[asset + 1] or net.part_start[asset] < net.part_start[asset + 1]:
            alone = False
    if alone:
        seed_all(work, named)
    else:
        count = take_along(net, work, named, taken)
        seed_all(work, taken[:count])


@lean_kernel
def simulate(  # noqa: PLR0913, PLR0917 - compiled code pays for tuples in tuples
    net: Net,
    work: Work,
    wires: Wires,
    power: Side,
    cooling: Side,
    given: Given,
    calls: Calls,
    room: Room,
    single: Bools,
    named: Ints,
    exact: bool,
    taken: Ints,
) -> tuple[int, int, int]:
    """Fail what is named, and trip until nothing trips; undone by `back`.

    `single`: n, whether it may be named, else it is a sink, and takes nothing down. `exact`: load is moved also where
    it surely fits. `taken`: n, working array. How many tripped, in how many rounds (-1: nothing had to be moved), and
    how many of the named were up.
    """
    own = 0
    many = 0
    for asset in named:
        if single[asset]:
            taken[len(taken) - 1 - many] = asset
            many += 1
            if work.fell[asset] == 0:
                own += 1
    if many == 0:
        return 0, -1, 0
    start(net, work, taken[len(taken) - many :], taken)
    spread(net, work)
    if not exact and is_harmless(net, work, given.kw, room):
        return 0, -1, own
    tripped, rounds = cascade(net, work, wires, power, cooling, given, calls, room)
    return tripped, rounds, own


@inlined_kernel
def quietly(  # noqa: C901, PLR0913, PLR0917 - arrays, and one loop
    net: Net, counted: Ints, given_kw: Floats, room: Room, slack: Ints, fell: Ints, stamp: Ints, asset: int
) -> int:
    """How much is degraded by one failure, if nothing falls with it and its load surely fits; else -1: not seen here.

    As `is_harmless` has it, but with all that moves put on each that gets some.
    """
    if net.along_start[asset] < net.along_start[asset + 1] or net.part_start[asset] < net.part_start[asset + 1]:
        return -1
    start, supplied, owner_of = net.supplied_start, net.supplied_group, net.group_owner
    degraded = degraded_alone(start, supplied, owner_of, net.loop_of_group, slack, fell, counted, stamp, asset)
    if degraded < 0 or fell[asset] != 0:
        return degraded
    power, heat = 0.0, 0.0
    for edge in range(start[asset], start[asset + 1]):
        group = supplied[edge]
        if room.lists_standby[group]:
            return -1
        if room.group_type[group] == 0:
            power += given_kw[net.supplied_position[edge]]
        elif room.group_type[group] == 1:
            heat += given_kw[net.supplied_position[edge]]
    for edge in range(start[asset], start[asset + 1]):
        group = supplied[edge]
        kind = room.group_type[group]
        if kind > 1 or given_kw[net.supplied_position[edge]] == 0.0:
            continue
        for place in range(net.member_start[group], net.member_start[group + 1]):
            other = net.member[place]
            if other == asset or fell[other] != 0:
                continue
            if kind == 0 and (power > room.power_left[other] or power > room.power_above[other]):
                return -1
            if kind == 1 and (heat > room.cooling_left[other] or heat > room.cooling_above[other]):
                return -1
    return degraded


@lean_kernel
def scan(  # noqa: PLR0913, PLR0917 - compiled code pays for tuples in tuples
    net: Net,
    work: Work,
    wires: Wires,
    power: Side,
    cooling: Side,
    given: Given,
    calls: Calls,
    room: Room,
    single: Bools,
    runs: Bools,
    counted: Weights,
    available: Ints,
    sets: Ints,
    exact: bool,
    taken: Ints,
    stamp: Ints,
    rows: Ints,
    draw_kw: Floats,
) -> int:
    """Every set of failures in `sets` (k × size) by itself; how many needed load to be moved.

    rows: k × 5, lost, tripped, rounds, lost servers, degraded. draw_kw: k, what the lost drew. Both begin at 0.
    `available`: g, available suppliers in the base state. `stamp`: n, -1 before the first set of those that are named
    alone and each once.
    """
    moved = 0
    for number in range(len(sets)):
        if not exact and sets.shape[1] == 1 and single[sets[number, 0]]:
            degraded = quietly(net, counted.assets, given.kw, room, work.slack, work.fell, stamp, int(sets[number, 0]))
            if degraded >= 0:
                rows[number, 4] = degraded
                continue
        tripped, rounds, own = simulate(
            net, work, wires, power, cooling, given, calls, room, single, sets[number], exact, taken
        )
        moved += rounds >= 0
        rows[number, 0] = -own
        rows[number, 1] = tripped
        rows[number, 2] = max(rounds, 0)
        for place in range(work.counts[FALLEN]):
            fallen = work.queue[place]
            rows[number, 0] += counted.assets[fallen]
            rows[number, 3] += counted.servers[fallen]
            draw_kw[number] += counted.draw_kw[fallen]
        for asset in sets[number]:
            if single[asset] and work.fell[asset] > 0:
                rows[number, 3] -= counted.servers[asset]
                draw_kw[number] -= counted.draw_kw[asset]
        note_degraded(net, work, available)
        for place in range(work.counts[TOUCHED]):
            if work.fell[work.touched[place]] == 0:
                rows[number, 4] += counted.assets[work.touched[place]]
        back(net, work, wires, power, cooling, given, calls, runs)
    return moved


@lean_kernel
def fallen_of(  # noqa: PLR0913, PLR0917 - compiled code pays for tuples in tuples
    net: Net,
    work: Work,
    wires: Wires,
    power: Side,
    cooling: Side,
    given: Given,
    calls: Calls,
    room: Room,
    single: Bools,
    runs: Bools,
    counted: Weights,
    named: Ints,
    taken: Ints,
) -> int:
    """Write to `taken` what a set of failures takes down, itself included; how many. All as in `scan`."""
    simulate(net, work, wires, power, cooling, given, calls, room, single, named, False, taken)
    count = 0
    for place in range(work.counts[FALLEN]):
        taken[count] = work.queue[place]
        if counted.assets[taken[count]] > 0:
            count += 1
    back(net, work, wires, power, cooling, given, calls, runs)
    return count


@lean_kernel
def _flip(work: Work, assets: Ints) -> None:
    """Mark what is down of these by a negative level, or take the mark off again."""
    for asset in assets:
        work.fell[asset] = -work.fell[asset]


@lean_kernel
def beside(  # noqa: PLR0913, PLR0917 - compiled code pays for tuples in tuples
    net: Net,
    work: Work,
    wires: Wires,
    power: Side,
    cooling: Side,
    given: Given,
    calls: Calls,
    room: Room,
    single: Bools,
    runs: Bools,
    counted: Weights,
    first: int,
    seconds: Ints,
    fallen_start: Ints,
    fallen: Ints,
    known: Bools,
    taken: Ints,
    named: Ints,
    rows: Ints,
) -> None:
    """Each pair of `first` with one of `seconds`: rows (k × 4) of lost, beyond the singles, tripped, rounds.

    `fallen[fallen_start[i]:fallen_start[i + 1]]`: what the i-th of `seconds` takes down alone. known: n, what `first`
    takes down alone. named: 2, working array.
    """
    for number in range(len(seconds)):
        named[0], named[1] = first, seconds[number]
        tripped, rounds, own = simulate(
            net, work, wires, power, cooling, given, calls, room, single, named, False, taken
        )
        lost, beyond = -own, 0
        _flip(work, fallen[fallen_start[number] : fallen_start[number + 1]])
        for place in range(work.counts[FALLEN]):
            asset = work.queue[place]
            lost += counted.assets[asset]
            if work.fell[asset] > 0 and not known[asset]:
                beyond += counted.assets[asset]
        rows[number, 0], rows[number, 1], rows[number, 2], rows[number, 3] = lost, beyond, tripped, max(rounds, 0)
        _flip(work, fallen[fallen_start[number] : fallen_start[number + 1]])
        back(net, work, wires, power, cooling, given, calls, runs)
