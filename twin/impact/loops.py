"""Loops of one type: what is reached from outside, and what without whom (section 1 of the semantics).

A member of a loop is *reached* if it is up and its groups of the loop's type are met by up suppliers outside the
loop, or by members reached in turn. What keeps a consumer c up are the members reached without c. c itself is up as
far as this type goes if and only if it is reached: a proof of c never needs c. So one least fixpoint settles a
loop; the sets "without c" are needed only to count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import lean_kernel
from twin.impact.net import Net
from twin.topology.model import Ints


@bundle
class Reach(NamedTuple):
    """Working arrays over slots (S) and groups (g) of the loop last settled.

    rank: S, the order in which it was reached, -1 = not. queue: S, slots in that order. short: g, suppliers still
    missing. early: g, suppliers that the owner's own reaching rests on: outside, or reached before it. unmet: S,
    groups not met. hurt: S, working mark. lane: S, working queue.
    """

    rank: Ints
    queue: Ints
    short: Ints
    early: Ints
    unmet: Ints
    hurt: Ints
    lane: Ints


def reach_arrays(net: Net) -> Reach:
    """Fresh working arrays."""
    slots, groups = len(net.loop_asset), len(net.group_owner)
    slot, group = (lambda: np.zeros(slots, np.int32)), (lambda: np.zeros(groups, np.int32))
    return Reach(slot(), slot(), group(), group(), slot(), slot(), slot())


@lean_kernel
def is_up(fell: Ints, asset: int, level: int) -> bool:
    """Whether an asset is up as far as losses before `level` go."""
    return fell[asset] == 0 or fell[asset] >= level


@lean_kernel
def reach_loop(net: Net, reach: Reach, fell: Ints, loop: int, level: int, without_standby: bool) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Settle a loop from outside: `reach.rank` of its slots; returns how many are reached.

    `without_standby`: as long as no standby source runs.
    """
    first, last = net.loop_start[loop], net.loop_start[loop + 1]
    tail = first
    for slot in range(first, last):
        reach.rank[slot] = -1
        reach.unmet[slot] = 0
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            short = net.group_need[group] - outside(net, fell, group, level, without_standby)
            reach.short[group] = short
            if short > 0:
                reach.unmet[slot] += 1
        if reach.unmet[slot] == 0 and _may(net, fell, slot, level, without_standby):
            reach.rank[slot] = tail - first
            reach.queue[tail] = slot
            tail += 1
    head = first
    while head < tail:
        slot = reach.queue[head]
        head += 1
        for edge in range(net.inside_start[slot], net.inside_start[slot + 1]):
            group = net.inside_group[edge]
            reach.short[group] -= 1
            if reach.short[group] == 0:
                other = net.group_slot[group]
                reach.unmet[other] -= 1
                if reach.unmet[other] == 0 and _may(net, fell, int(other), level, without_standby):
                    reach.rank[other] = tail - first
                    reach.queue[tail] = other
                    tail += 1
    return tail - first


@lean_kernel
def _may(net: Net, fell: Ints, slot: int, level: int, without_standby: bool) -> bool:
    asset = net.loop_asset[slot]
    return is_up(fell, asset, level) and not (without_standby and net.standby[asset])


@lean_kernel
def outside(net: Net, fell: Ints, group: int, level: int, without_standby: bool) -> int:
    """How many up suppliers of a group stand outside its owner's loop."""
    count = 0
    for place in range(net.member_start[group], net.member_start[group + 1]):
        if net.member_slot[place] < 0:
            asset = net.member[place]
            if is_up(fell, asset, level) and not (without_standby and net.standby[asset]):
                count += 1
    return count


@lean_kernel
def count_loop(  # noqa: PLR0913, PLR0917 - arrays
    net: Net, reach: Reach, fell: Ints, loop: int, level: int, without_standby: bool, available: Ints
) -> None:
    """Write to `available` how many suppliers each group of the loop has: outside, or reached without its owner.

    Who is reached without c is found from one settling: what rested on c, directly or in turn, is hurt, and is
    healed again from what is not hurt. Cost: for each c its hurt, not the whole loop.
    """
    reach_loop(net, reach, fell, loop, level, without_standby)
    first, last = net.loop_start[loop], net.loop_start[loop + 1]
    for slot in range(first, last):
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            reach.early[group] = outside(net, fell, group, level, without_standby)
            for place in range(net.member_start[group], net.member_start[group + 1]):
                other = net.member_slot[place]
                if other >= 0 and 0 <= reach.rank[other] < reach.rank[slot]:
                    reach.early[group] += 1
    for slot in range(first, last):
        hurt = 0
        if reach.rank[slot] >= 0:
            hurt = _hurt_without(net, reach, slot)
            _heal(net, reach, fell, slot, hurt, level, without_standby)
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            available[group] = _whole(net, reach, fell, group, level, without_standby)
        for place in range(hurt):
            other = reach.lane[place]
            reach.hurt[other] = 0
            _rest(net, reach, other, 1)


@lean_kernel
def _rest(net: Net, reach: Reach, slot: int, change: int) -> None:
    """Change the early suppliers of those that may rest on this slot."""
    for edge in range(net.inside_start[slot], net.inside_start[slot + 1]):
        group = net.inside_group[edge]
        if reach.rank[net.group_slot[group]] > reach.rank[slot]:
            reach.early[group] += change


@lean_kernel
def _hurt_without(net: Net, reach: Reach, slot: int) -> int:
    """Mark a reached slot and all whose reaching rested on it in turn; they are `reach.lane[:returned]`."""
    reach.lane[0] = slot
    reach.hurt[slot] = 1
    head, tail = 0, 1
    while head < tail:
        gone = reach.lane[head]
        head += 1
        _rest(net, reach, gone, -1)
        for edge in range(net.inside_start[gone], net.inside_start[gone + 1]):
            group = net.inside_group[edge]
            other = net.group_slot[group]
            later = reach.rank[other] > reach.rank[gone]
            if later and reach.hurt[other] == 0 and reach.early[group] < net.group_need[group]:
                reach.hurt[other] = 1
                reach.lane[tail] = other
                tail += 1
    return tail


@lean_kernel
def _whole(net: Net, reach: Reach, fell: Ints, group: int, level: int, without_standby: bool) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Suppliers of a group: up ones outside, and reached ones that are not hurt."""
    count = outside(net, fell, group, level, without_standby)
    for place in range(net.member_start[group], net.member_start[group + 1]):
        other = net.member_slot[place]
        if other >= 0 and reach.rank[other] >= 0 and reach.hurt[other] == 0:
            count += 1
    return count


@lean_kernel
def _heal(net: Net, reach: Reach, fell: Ints, without: int, hurt: int, level: int, without_standby: bool) -> None:  # noqa: PLR0913, PLR0917 - arrays
    """Reach again what is hurt from what is not, leaving out the slot `without`. Uses `reach.queue` as its queue."""
    tail = 0
    for place in range(1, hurt):
        slot = reach.lane[place]
        reach.unmet[slot] = 0
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            short = net.group_need[group] - _whole(net, reach, fell, group, level, without_standby)
            reach.short[group] = short
            if short > 0:
                reach.unmet[slot] += 1
    for place in range(1, hurt):
        slot = reach.lane[place]
        if reach.unmet[slot] == 0:
            reach.queue[tail] = slot
            tail += 1
    for place in range(tail):
        reach.hurt[reach.queue[place]] = 0
    head = 0
    while head < tail:
        slot = reach.queue[head]
        head += 1
        for edge in range(net.inside_start[slot], net.inside_start[slot + 1]):
            group = net.inside_group[edge]
            other = net.group_slot[group]
            if other == without or reach.hurt[other] == 0:
                continue
            reach.short[group] -= 1
            if reach.short[group] == 0:
                reach.unmet[other] -= 1
                if reach.unmet[other] == 0:
                    reach.hurt[other] = 0
                    reach.queue[tail] = other
                    tail += 1
