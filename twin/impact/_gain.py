"""How much load one settled failure can bring to each asset at the most, whatever else fails beside it.

`bound_gains` follows only what is added, never what is taken off. What the failure moves within a group is worked out
as it is. From there on every supplier is taken to get as much as in any state: a group of need k is met by k suppliers
or more, so that none of them carries more than one part in k; in a loop of FEEDS all that is added goes through every
member. So the gains of two failures add up to a bound for both (`twin.impact.worse_pairs` says when).
"""

from __future__ import annotations

from twin.impact._case import Case, Gains, Room
from twin.impact._jit import inlined_kernel, lean_kernel
from twin.impact.shift import Side, turns, wait
from twin.impact.spread import FALLEN, LOOPS


@lean_kernel
def bound_gains(case: Case, it: Gains, fresh: int) -> bool:
    """Write to `it` the gains of the settled failure in `case.work`, before its load is moved.

    fresh: how many standby sources changed, as in `case.calls`. False if there is no bound: a loop of COOLS is met.
    """
    net, work = case.net, case.work
    bounded = True
    for place in range(work.counts[FALLEN]):
        asset = work.queue[place]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            _move_once(case, it, int(net.supplied_group[edge]))
    for place in range(work.counts[LOOPS]):
        bounded &= _reroute_later(case, it, int(work.dirty_list[place]))
    for number in range(fresh):
        source = case.calls.fresh[number]
        for edge in range(net.supplied_start[source], net.supplied_start[source + 1]):
            if net.loop_of_group[net.supplied_group[edge]] >= 0:
                bounded &= _reroute_later(case, it, int(net.loop_of_group[net.supplied_group[edge]]))
    return bounded & _climb_both(case, it)


@lean_kernel
def bound_space(case: Case, it: Gains, place: int) -> bool:
    """Write to `it` the gains of a space, after `fail_held` and `spread`; False if there is no bound.

    Only where no group in a loop takes load in another way than before, but of owners that are down.
    """
    net, work, held = case.net, case.work, case.spaces.held
    for at in range(held.touch_start[place], held.touch_start[place + 1]):
        _move_once(case, it, int(held.group[at]))
    for number in range(work.counts[FALLEN]):
        asset = work.queue[number]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            _move_once(case, it, int(net.supplied_group[edge]))
    return _climb_both(case, it)


@lean_kernel
def have_room(room: Room, it: Gains) -> bool:
    """Whether each that gains can carry it; the gains are forgotten."""
    fits = True
    for place in range(it.counts[0]):
        asset = it.listed[place] // 2
        left = room.power_left[asset] if it.listed[place] % 2 == 0 else room.cooling_left[asset]
        fits &= it.kw[it.listed[place]] <= max(left, 0.0)
    forget_gains(it)
    return bool(fits)


@lean_kernel
def forget_gains(it: Gains) -> None:
    """Back to none."""
    for place in range(it.counts[0]):
        it.kw[it.listed[place]] = 0.0
    for place in range(it.counts[1]):
        it.touched[it.groups[place]] = False
    it.counts[0] = 0
    it.counts[1] = 0


@lean_kernel
def _reroute_later(case: Case, it: Gains, loop: int) -> bool:
    """Note that a loop takes other ways; False if it carries heat."""
    first = case.net.loop_asset[case.net.loop_start[loop]]
    if case.power.unit[first] == len(case.power.unit) + loop:
        it.rerouted[loop] = True
        wait(len(case.power.unit) + loop, case.power.level, case.power.head, case.power.after, case.power.waits)
    return case.cooling.unit[first] != len(case.cooling.unit) + loop


@lean_kernel
def _add(it: Gains, side: Side, asset: int, kind: int, kw: float) -> None:
    """A gain of an asset, which then waits to take more."""
    if kw > 0.0:
        if it.kw[2 * asset + kind] == 0.0:
            it.listed[it.counts[0]] = 2 * asset + kind
            it.counts[0] += 1
        it.kw[2 * asset + kind] += kw
        wait(int(side.unit[asset]), side.level, side.head, side.after, side.waits)


@inlined_kernel
def _move_once(case: Case, it: Gains, group: int) -> None:
    """What a group outside loops that lost suppliers takes elsewhere, if that was not noted before."""
    kind = int(case.room.group_type[group])
    if kind <= 1 and case.net.loop_of_group[group] < 0 and not it.touched[group]:
        it.touched[group] = True
        it.groups[it.counts[1]] = group
        it.counts[1] += 1
        if case.work.fell[case.net.group_owner[group]] == 0:
            _move(case, it, group, kind)


@lean_kernel
def _move(case: Case, it: Gains, group: int, kind: int) -> None:
    """What the suppliers of a group that are left get more, with what its owner takes in the base state.

    A group that can spare two may lose others to another failure: then each gets the most that it ever can. So does
    each supplier of a transfer group, in place of the one that is best.
    """
    net, fell, standby, kw = case.net, case.work.fell, case.wires.standby, case.given.kw
    need = net.group_need[group]
    total, firm, called = 0.0, 0, 0
    for place in range(net.member_start[group], net.member_start[group + 1]):
        total += kw[place]
        if fell[net.member[place]] == 0:
            called += standby[net.member[place]]
            firm += not standby[net.member[place]]
    with_called = firm < need
    parts = firm + called if with_called else firm
    if case.available[group] - need >= 2 or case.wires.group_transfer[group]:
        with_called, parts = True, need
    for place in range(net.member_start[group], net.member_start[group + 1]):
        other = net.member[place]
        if fell[other] == 0 and (with_called or not standby[other]):
            gain = total / parts - kw[place]
            if kind == 0:
                _add(it, case.power, int(other), 0, gain)
            else:
                _add(it, case.cooling, int(other), 1, gain)


@lean_kernel
def _climb_both(case: Case, it: Gains) -> bool:
    """Let all that gain power, then all that gain heat, take as much more; False where a loop of COOLS gains."""
    bounded = _climb(case, it, case.power, 0)
    cooling = case.cooling
    for place in range(it.counts[0]):
        wait(int(cooling.unit[it.listed[place] // 2]), cooling.level, cooling.head, cooling.after, cooling.waits)
    return bounded & _climb(case, it, cooling, 1)


@lean_kernel
def _climb(case: Case, it: Gains, side: Side, kind: int) -> bool:
    """Let all that gain take as much more, level by level; False where a loop of COOLS gains."""
    net, wires, fell, head = case.net, case.wires, case.work.fell, side.head
    bounded = True
    for level in range(len(head)):
        while head[level] >= 0:
            unit = head[level]
            head[level] = side.after[unit]
            if unit >= len(side.unit):
                bounded &= kind == 0
                if kind == 0:
                    _through_loop(case, it, unit - len(side.unit))
                side.waits[unit] = False
                continue
            side.waits[unit] = False
            if fell[unit] != 0:
                continue
            more = it.kw[2 * unit] / wires.efficiency[unit]
            if kind == 1:
                own = wires.heat_kw[unit] != wires.heat_kw[unit]
                more = it.kw[2 * unit + 1] + (more - it.kw[2 * unit] if own else 0.0)
            for group in range(side.begin[unit], side.end[unit]):
                part = more * wires.group_portion[group] / net.group_need[group]
                for place in range(net.member_start[group], net.member_start[group + 1]):
                    if fell[net.member[place]] == 0:
                        _add(it, side, int(net.member[place]), kind, part)
    return bounded


@lean_kernel
def _through_loop(case: Case, it: Gains, loop: int) -> None:
    """All that members of a loop of FEEDS gain goes through every one, and as much of it out as a group may take."""
    net, wires, fell, side = case.net, case.wires, case.work.fell, case.power
    total, factor = 0.0, 1.0
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        member = net.loop_asset[slot]
        if fell[member] == 0:
            total += it.kw[2 * member]
            factor *= max(1.0, 1.0 / wires.efficiency[member])
    total *= factor
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        member = net.loop_asset[slot]
        if fell[member] != 0:
            continue
        _add(it, side, int(member), 0, float(total - it.kw[2 * member]))
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            part = total * wires.group_portion[group] / net.group_need[group]
            for place in range(net.member_start[group], net.member_start[group + 1]):
                if net.member_slot[place] < 0 and fell[net.member[place]] == 0:
                    _add(it, side, int(net.member[place]), 0, part)
    if it.rerouted[loop]:
        it.rerouted[loop] = False
        _reroute(case, it, loop)


@lean_kernel
def _reroute(case: Case, it: Gains, loop: int) -> None:
    """What other ways through a loop add, at the loads that its members have to carry in the base state."""
    net, wires, side, kw = case.net, case.wires, case.power, case.given.kw
    first, last = net.loop_start[loop], net.loop_start[loop + 1]
    for slot in range(first, last):
        it.through[net.loop_asset[slot]] += side.load[net.loop_asset[slot]]
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            for place in range(net.member_start[group], net.member_start[group + 1]):
                if net.member_slot[place] >= 0:
                    it.through[net.member[place]] -= kw[place]
    for turn in range(turns(wires, side.turn, loop), 0, -1):
        for slot in range(first, last):
            if side.turn[slot] != turn:
                continue
            member = net.loop_asset[slot]
            total = wires.draw_kw[member] + max(it.through[member], 0.0) / wires.efficiency[member]
            for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
                _reroute_group(case, it, int(group), turn, total * wires.group_portion[group])
    for slot in range(first, last):
        it.through[net.loop_asset[slot]] = 0.0


@lean_kernel
def _reroute_group(case: Case, it: Gains, group: int, turn: int, total: float) -> None:
    """Share out what a member of a loop, reached in a turn, takes over one group; all to each in a transfer group."""
    net, wires, side, kw = case.net, case.wires, case.power, case.given.kw
    firm, called = 0, 0
    for place in range(net.member_start[group], net.member_start[group + 1]):
        slot, other = net.member_slot[place], net.member[place]
        if wires.usable[other] and (slot < 0 or 0 < side.turn[slot] < turn):
            called += wires.standby[other]
            firm += not wires.standby[other]
    with_called = firm < net.group_need[group]
    parts = firm + called if with_called else firm
    if wires.group_transfer[group]:
        with_called, parts = True, 1
    for place in range(net.member_start[group], net.member_start[group + 1]):
        slot, other = net.member_slot[place], net.member[place]
        if not wires.usable[other] or (slot >= 0 and not 0 < side.turn[slot] < turn):
            continue
        if with_called or not wires.standby[other]:
            if slot >= 0:
                it.through[other] += total / parts
            _add(it, side, int(other), 0, total / parts - kw[place])
