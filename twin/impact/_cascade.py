"""One capacity scenario: settled, loaded, tripped until nothing trips, and undone."""

from __future__ import annotations

from twin.impact._case import Calls, Case
from twin.impact._fits import is_harmless
from twin.impact._gain import bound_gains, have_room
from twin.impact._jit import lean_kernel
from twin.impact.net import Net
from twin.impact.shift import Side, follow, unfollow
from twin.impact.spread import FALLEN, Work, calling_groups, seed, seed_all, spread, take_along, takes_along, unspread
from twin.topology.model import Bools, Floats, Ints

TOLERANCE = 1e-9
"""As in `twin.impact.load`; kernels see constants of their own module."""


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
def cascade(case: Case) -> tuple[int, int]:
    """Move load in a settled scenario and trip until nothing trips; how many tripped, and in how many rounds."""
    net, work, wires, power, cooling = case.net, case.work, case.wires, case.power, case.cooling
    tripped, rounds, begin = 0, 0, 0
    while True:
        fresh = changed_calls(net, work, case.calls, wires.usable)
        end = work.counts[FALLEN]
        follow(wires, power, cooling, case.given, work.queue[begin:end], case.calls.fresh[:fresh])
        begin = end
        trips = seed_trips(work, power, case.room.power) + seed_trips(work, cooling, case.room.cooling)
        if trips == 0:
            return tripped, rounds
        tripped += trips
        rounds += 1
        spread(net, work)


@lean_kernel
def surely_fits(case: Case) -> bool:
    """Whether nothing can trip in a settled scenario: by what is left behind, or by all that each load can gain."""
    return is_harmless(case) or _gains_fit(case)


@lean_kernel
def _gains_fit(case: Case) -> bool:
    """Whether all that each load can gain fits. Nothing is moved."""
    work, usable, room, gains, fresh = case.work, case.wires.usable, case.room, case.gains, case.calls.fresh
    for place in range(work.counts[FALLEN]):
        usable[work.queue[place]] = False
    changed = changed_calls(case.net, work, case.calls, usable)
    fits = bound_gains(case, gains, changed) & have_room(room, gains)
    for number in range(changed):
        usable[fresh[number]] = not usable[fresh[number]]
    return fits


@lean_kernel
def start(net: Net, work: Work, named: Ints, taken: Ints) -> None:
    """Seed what is named, and what it takes along; `taken`: n, working array."""
    alone = True
    for asset in named:
        if takes_along(net, asset):
            alone = False
    if alone:
        seed_all(work, named)
    else:
        count = take_along(net, work, named, taken)
        seed_all(work, taken[:count])


@lean_kernel
def simulate(case: Case, named: Ints, exact: bool) -> tuple[int, int, int]:
    """Fail what is named, and trip until nothing trips; undone by `back`.

    `exact`: load is moved also where it surely fits. How many tripped, in how many rounds (-1: nothing had to be
    moved), and how many of the named were up.
    """
    work, taken = case.work, case.taken
    own = 0
    many = 0
    for asset in named:
        if case.single[asset]:
            taken[len(taken) - 1 - many] = asset
            many += 1
            if work.fell[asset] == 0:
                own += 1
    if many == 0:
        return 0, -1, 0
    start(case.net, work, taken[len(taken) - many :], taken)
    spread(case.net, work)
    if not exact and surely_fits(case):
        return 0, -1, own
    tripped, rounds = cascade(case)
    return tripped, rounds, own


@lean_kernel
def back(case: Case) -> None:
    """Undo a scenario and its loads."""
    unfollow(case.power, case.cooling, case.given)
    for place in range(case.work.counts[FALLEN]):
        case.wires.usable[case.work.queue[place]] = True
    for number in range(len(case.calls.sources)):
        case.wires.usable[case.calls.sources[number]] = case.runs[number]
    unspread(case.net, case.work)
