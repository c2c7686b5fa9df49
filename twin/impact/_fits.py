"""Whether the load that a scenario moves surely fits, so that nothing can trip and none of it need be moved."""

from __future__ import annotations

from twin.impact._case import Case, Room
from twin.impact._gain import bound_space, have_room
from twin.impact._jit import inlined_kernel, lean_kernel
from twin.impact.spread import FALLEN, takes_along
from twin.impact.sweep import degraded_alone


@lean_kernel
def is_harmless(case: Case) -> bool:  # noqa: C901, PLR0912 - one loop, as compiled code likes it
    """Whether the load that the fallen leave behind surely fits where it goes; False where this does not see it.

    Load of a fallen supplier goes to others of the same group, and from there towards the sources. Each of the others
    is taken to get all of it, and so is every way from there. Loops of power or cooling that are touched, and standby
    sources, are left to the exact way.
    """
    net, work, room, given_kw = case.net, case.work, case.room, case.given.kw
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
def quietly(case: Case, asset: int) -> int:
    """How much is degraded by one failure, if nothing falls with it and its load surely fits; else -1: not seen here.

    As `is_harmless` has it, but with all that moves put on each that gets some.
    """
    net, room, given_kw = case.net, case.room, case.given.kw
    slack, fell, counted, stamp = case.work.slack, case.work.fell, case.counted.assets, case.stamp
    if takes_along(net, asset):
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
            if not _takes(room, int(other), int(kind), float(power if kind == 0 else heat)):
                return -1
    return degraded


@lean_kernel
def fits_with_space(case: Case, place: int) -> bool:
    """Whether the load that a space leaves behind surely fits, as `quietly` has it; after `fail_held` and `spread`.

    Standby sources may be called, by groups of owners that are down too. Outside loops such a source takes part in no
    group that does not call it itself; in a loop it may, in place of what is reached later.
    """
    seen, power, heat = _left_behind(case, place)
    if not seen:
        return False
    if _all_take(case, place, power, heat):
        return True
    return bound_space(case, case.gains, place) & have_room(case.room, case.gains)


@lean_kernel
def _all_take(case: Case, place: int, power: float, heat: float) -> bool:
    """Whether each that gets some of what a space leaves behind could take all of it."""
    net, work, spaces = case.net, case.work, case.spaces
    for at in range(spaces.held.touch_start[place], spaces.held.touch_start[place + 1]):
        if spaces.left_kw[at] != 0.0 and not _group_takes(case, int(spaces.held.group[at]), power, heat):
            return False
    for at in range(work.counts[FALLEN]):
        asset = work.queue[at]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            kw = case.given.kw[net.supplied_position[edge]]
            if kw != 0.0 and not _group_takes(case, int(net.supplied_group[edge]), power, heat):
                return False
    return True


@lean_kernel
def _left_behind(case: Case, place: int) -> tuple[bool, float, float]:
    """Power and heat (kW) that a space, and what fell with it, leave to others; False first: not seen here."""
    net, work, spaces = case.net, case.work, case.spaces
    if spaces.calls[place]:
        return False, 0.0, 0.0
    power, heat = 0.0, 0.0
    for at in range(spaces.held.touch_start[place], spaces.held.touch_start[place + 1]):
        group = spaces.held.group[at]
        kind = _kind_left(case, int(group))
        if kind < 0:
            return False, 0.0, 0.0
        power += spaces.left_kw[at] if kind == 0 else 0.0
        heat += spaces.left_kw[at] if kind == 1 else 0.0
    for at in range(work.counts[FALLEN]):
        asset = work.queue[at]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            kind = _kind_left(case, int(group))
            if kind < 0 or spaces.far[group]:
                return False, 0.0, 0.0
            kw = case.given.kw[net.supplied_position[edge]]
            power += kw if kind == 0 else 0.0
            heat += kw if kind == 1 else 0.0
    return True, float(power), float(heat)


@inlined_kernel
def _kind_left(case: Case, group: int) -> int:
    """Which kind of load a group that lost suppliers takes elsewhere: 0 power, 1 heat, 2 none, -1 not seen here."""
    if case.work.fell[case.net.group_owner[group]] != 0:
        return 2
    kind = int(case.room.group_type[group])
    if kind <= 1 and case.net.loop_of_group[group] >= 0:
        return -1
    return min(kind, 2)


@inlined_kernel
def _group_takes(case: Case, group: int, power: float, heat: float) -> bool:
    """Whether each supplier that a group has left can take all that is left behind of its kind."""
    net, fell, kind = case.net, case.work.fell, int(case.room.group_type[group])
    if kind > 1 or fell[net.group_owner[group]] != 0:
        return True
    kw = power if kind == 0 else heat
    for position in range(net.member_start[group], net.member_start[group + 1]):
        other = net.member[position]
        if fell[other] == 0 and not _takes(case.room, int(other), kind, kw):
            return False
    return True


@inlined_kernel
def _takes(room: Room, asset: int, kind: int, kw: float) -> bool:
    """Whether an asset, and all that carries it, can take so much more of one kind."""
    if kind == 0:
        return bool(kw <= room.power_left[asset] and kw <= room.power_above[asset])
    return bool(kw <= room.cooling_left[asset] and kw <= room.cooling_above[asset])
