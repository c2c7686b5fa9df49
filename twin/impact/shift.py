"""The kernels of load that follows a settled state: only what changes is worked out, and can be undone.

What each place in `member` carries for its group is kept (`Given.kw`), so that load is moved by differences. Assets
whose consumption or suppliers changed wait in one list for each level of the walk from the consumers to the sources; a
loop of one type waits as one.

Compiled code pays for every tuple of arrays that it hands to another function. So the inner loops stand in one function
each, and what they call often takes single arrays.
"""

from __future__ import annotations

from typing import NamedTuple

from twin.impact._bundle import bundle
from twin.impact._jit import lean_kernel
from twin.topology.model import Bools, Codes, Floats, Ints


@bundle
class Wires(NamedTuple):
    """What the kernels of load read: arrays of `Topology` by the same names, and two that follow the scenario.

    usable: n, up and no standby source that is not called. fell: n, as in `Work`.
    """

    member_start: Ints
    member: Ints
    member_slot: Ints
    member_priority: Ints
    group_owner: Ints
    group_type: Codes
    group_need: Ints
    group_portion: Floats
    group_transfer: Bools
    group_slot: Ints
    supplied_start: Ints
    supplied_group: Ints
    supplied_position: Ints
    loop_start: Ints
    loop_asset: Ints
    slot_group_start: Ints
    slot_group_end: Ints
    standby: Bools
    draw_kw: Floats
    heat_kw: Floats
    efficiency: Floats
    rank: Ints
    usable: Bools
    fell: Ints


@bundle
class Side(NamedTuple):
    """One type: its groups, its load, the journal of it, and who waits to take.

    begin, end: n, the groups of each asset. unit: n, the asset itself, n + its loop, or -1 for what takes nothing.
    level: n + L, of each unit. load: n, kW. was: n, the value in the base state of those in `changed[:counts[0]]`,
    which `listed` marks. head, after: first unit that waits at each level, and the next one, -1 ends the list;
    waits: n + L, unit is in one. turn: S, round of the members of the loop at work. order: n, the members at work.
    """

    begin: Ints
    end: Ints
    unit: Ints
    level: Ints
    load: Floats
    was: Floats
    listed: Bools
    changed: Ints
    counts: Ints
    head: Ints
    after: Ints
    waits: Bools
    turn: Ints
    order: Ints


@bundle
class Given(NamedTuple):
    """What each supplier carries for each group (m, kW), with its journal as in `Side`."""

    kw: Floats
    was: Floats
    listed: Bools
    changed: Ints
    counts: Ints


class Loads(NamedTuple):
    """All that the kernels of load work on; taken apart before they are called."""

    wires: Wires
    power: Side
    cooling: Side
    given: Given


@lean_kernel
def wait(unit: int, level: Ints, head: Ints, after: Ints, waits: Bools) -> None:
    """Put a unit on the waiting list of its level; -1 takes nothing."""
    if unit >= 0 and not waits[unit]:
        waits[unit] = True
        after[unit] = head[level[unit]]
        head[level[unit]] = unit


@lean_kernel
def set_load(asset: int, kw: float, side: Side) -> None:
    """Change a load, and note what it was."""
    if not side.listed[asset]:
        side.listed[asset] = True
        side.was[asset] = side.load[asset]
        side.changed[side.counts[0]] = asset
        side.counts[0] += 1
    side.load[asset] = kw


@lean_kernel
def drain(wires: Wires, side: Side, given: Given, power_load: Floats, of_heat: bool) -> None:  # noqa: C901, PLR0912, PLR0915 - see the top
    """Work off the waiting lists of one type, from the consumers to the sources."""
    member_start, member, member_slot, group_slot = (
        wires.member_start,
        wires.member,
        wires.member_slot,
        wires.group_slot,
    )
    group_need, standby, usable, fell = wires.group_need, wires.standby, wires.usable, wires.fell
    draw, heat, efficiency = wires.draw_kw, wires.heat_kw, wires.efficiency
    portion, transfer, priority, rank = wires.group_portion, wires.group_transfer, wires.member_priority, wires.rank
    begin, end, unit_of, level_of, load, turn = side.begin, side.end, side.unit, side.level, side.load, side.turn
    was, listed, changed, counts = side.was, side.listed, side.changed, side.counts
    head, after, waits, order = side.head, side.after, side.waits, side.order
    given_kw, given_was, given_listed = given.kw, given.was, given.listed
    given_changed, given_counts = given.changed, given.counts
    for level in range(len(head)):
        while head[level] >= 0:
            unit = head[level]
            head[level] = after[unit]
            many = 1
            if unit < len(unit_of):
                order[0] = unit
                waits[unit] = False
            else:
                many = prepare_loop(wires, side, given, unit - len(unit_of))
            for number in range(many):
                asset = order[number]
                total = 0.0
                is_up = fell[asset] == 0
                if is_up and not of_heat:
                    total = draw[asset] + load[asset] / efficiency[asset]
                elif is_up and heat[asset] == heat[asset]:
                    total = heat[asset] + load[asset]
                elif is_up:  # own draw and conversion loss
                    total = draw[asset] + power_load[asset] * (1.0 / efficiency[asset] - 1.0) + load[asset]
                for group in range(begin[asset], end[asset]):
                    first, last = member_start[group], member_start[group + 1]
                    own_turn = turn[group_slot[group]] if unit >= len(unit_of) else 0
                    firm, called = 0, 0
                    for place in range(first, last if is_up else first):
                        slot = member_slot[place]
                        if usable[member[place]] and (slot < 0 or 0 < turn[slot] < own_turn):
                            if standby[member[place]]:
                                called += 1
                            else:
                                firm += 1
                    with_called = firm < group_need[group]
                    parts = firm + called if with_called else firm
                    best = -1
                    if transfer[group] and is_up:
                        parts = 1
                        for place in range(first, last):
                            slot, supplier = member_slot[place], member[place]
                            if not usable[supplier] or (slot >= 0 and not 0 < turn[slot] < own_turn):
                                continue
                            if standby[supplier] and not with_called:
                                continue
                            if (
                                best < 0
                                or priority[place] < priority[best]
                                or (priority[place] == priority[best] and rank[supplier] < rank[member[best]])
                            ):
                                best = place
                    for place in range(first, last):
                        slot, supplier = member_slot[place], member[place]
                        if not is_up and fell[supplier] != 0:
                            continue  # both are down: what the one gave the other is left as it is, the loads are none
                        part = 0.0
                        chosen = (not standby[supplier] or with_called) and (best < 0 or best == place)
                        if is_up and chosen and usable[supplier] and (slot < 0 or 0 < turn[slot] < own_turn):
                            part = total * portion[group] / parts
                        change = part - given_kw[place]
                        if change == 0.0:
                            continue
                        if not given_listed[place]:
                            given_listed[place] = True
                            given_was[place] = given_kw[place]
                            given_changed[given_counts[0]] = place
                            given_counts[0] += 1
                        given_kw[place] = part
                        if not listed[supplier]:
                            listed[supplier] = True
                            was[supplier] = load[supplier]
                            changed[counts[0]] = supplier
                            counts[0] += 1
                        load[supplier] += change
                        if abs(load[supplier]) <= 1e-12 * abs(change):
                            load[supplier] = 0.0  # a remainder of binary fractions
                        wait(int(unit_of[supplier]), level_of, head, after, waits)
            if unit >= len(unit_of):
                waits[unit] = False


@lean_kernel
def prepare_loop(wires: Wires, side: Side, given: Given, loop: int) -> int:
    """Let members take nothing from each other, and put them in `side.order`, those reached last first; their number.

    Those that are not reached come last: they are down, and take nothing.
    """
    first, last = wires.loop_start[loop], wires.loop_start[loop + 1]
    for slot in range(first, last):
        for group in range(wires.slot_group_start[slot], wires.slot_group_end[slot]):
            for place in range(wires.member_start[group], wires.member_start[group + 1]):
                if wires.member_slot[place] < 0 or given.kw[place] == 0.0:
                    continue
                if not given.listed[place]:
                    given.listed[place] = True
                    given.was[place] = given.kw[place]
                    given.changed[given.counts[0]] = place
                    given.counts[0] += 1
                supplier = wires.member[place]
                left = side.load[supplier] - given.kw[place]
                set_load(supplier, 0.0 if abs(left) <= 1e-12 * given.kw[place] else left, side)
                given.kw[place] = 0.0
    many = 0
    for turn in range(turns(wires, side.turn, loop), -1, -1):
        for slot in range(first, last):
            if side.turn[slot] == turn:
                side.order[many] = wires.loop_asset[slot]
                many += 1
    return many


@lean_kernel
def turns(wires: Wires, turn: Ints, loop: int) -> int:
    """The round in which each slot of a loop is reached, 0 = never; returns the last round."""
    first, last = wires.loop_start[loop], wires.loop_start[loop + 1]
    for slot in range(first, last):
        turn[slot] = 0
    number = 0
    news = True
    while news:
        news = False
        number += 1
        for slot in range(first, last):
            if turn[slot] == 0 and wires.fell[wires.loop_asset[slot]] == 0 and is_met(wires, turn, slot, number):
                turn[slot] = number
                news = True
    return number - 1


@lean_kernel
def is_met(wires: Wires, turn: Ints, slot: int, number: int) -> bool:
    """Whether the groups of a slot are met from outside the loop and by members reached before round `number`."""
    for group in range(wires.slot_group_start[slot], wires.slot_group_end[slot]):
        count = 0
        for place in range(wires.member_start[group], wires.member_start[group + 1]):
            other = wires.member_slot[place]
            if wires.usable[wires.member[place]] and (other < 0 or 0 < turn[other] < number):
                count += 1
        if count < wires.group_need[group]:
            return False
    return True


@lean_kernel
def follow(wires: Wires, power: Side, cooling: Side, given: Given, fallen: Ints, fresh: Ints) -> None:  # noqa: PLR0913, PLR0917 - see the top
    """Move load after the losses `fallen`; `fresh`: standby sources that were called, or no longer are."""
    for asset in fallen:
        wires.usable[asset] = False
        wait(int(power.unit[asset]), power.level, power.head, power.after, power.waits)
        wait(int(cooling.unit[asset]), cooling.level, cooling.head, cooling.after, cooling.waits)
    wake_consumers(wires, power, 0, fallen)
    wake_consumers(wires, power, 0, fresh)
    wake_consumers(wires, cooling, 1, fallen)
    wake_consumers(wires, cooling, 1, fresh)
    drain(wires, power, given, power.load, False)
    for place in range(power.counts[0]):
        unit = int(cooling.unit[power.changed[place]])
        wait(unit, cooling.level, cooling.head, cooling.after, cooling.waits)
    drain(wires, cooling, given, power.load, True)
    for asset in fallen:
        if power.load[asset] != 0.0:
            set_load(asset, 0.0, power)
        if cooling.load[asset] != 0.0:
            set_load(asset, 0.0, cooling)


@lean_kernel
def wake_consumers(wires: Wires, side: Side, kind: int, assets: Ints) -> None:
    """Let everything that these assets supply over one type wait to take anew."""
    supplied_start, supplied_group = wires.supplied_start, wires.supplied_group
    group_owner, group_type = wires.group_owner, wires.group_type
    for asset in assets:
        for edge in range(supplied_start[asset], supplied_start[asset + 1]):
            group = supplied_group[edge]
            if group_type[group] == kind:
                wait(int(side.unit[group_owner[group]]), side.level, side.head, side.after, side.waits)


@lean_kernel
def unfollow(power: Side, cooling: Side, given: Given) -> None:
    """Back to the loads of the base state; `usable` is left to the caller."""
    restore(power)
    restore(cooling)
    for number in range(given.counts[0]):
        place = given.changed[number]
        given.kw[place] = given.was[place]
        given.listed[place] = False
    given.counts[0] = 0


@lean_kernel
def restore(side: Side) -> None:
    """Back to the loads of one type in the base state."""
    for place in range(side.counts[0]):
        asset = side.changed[place]
        side.load[asset] = side.was[asset]
        side.listed[asset] = False
    side.counts[0] = 0
