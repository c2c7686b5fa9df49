"""Failures that take others along (section 6), as what they touch outside.

All that a space holds falls by name, so that nothing has to spread within it. What counts are the groups outside that
lose suppliers to it, and how many: found once for each base, and then a space is failed in as many steps as it holds
assets and touches groups, instead of one for each relationship inside. On the full campus that is an eighth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._bundle import bundle
from twin.impact._jit import kernel, lean_kernel
from twin.impact.net import Net
from twin.impact.spread import DIRTY, FALLEN, LEVELS, TOUCHED, Work, take_along, takes_along, touch_loop
from twin.topology.model import Bools, Floats, Ints


@bundle
class Held(NamedTuple):
    """Of each of k failures that take others along; of the others nothing.

    start: k + 1; asset: it and all that it takes along, as far as they are up. touch_start: k + 1; group: those outside
    that lose suppliers to these; times: how many.
    """

    start: Ints
    asset: Ints
    touch_start: Ints
    group: Ints
    times: Ints


@kernel
def held_by(net: Net, work: Work, named: Ints) -> tuple[Ints, Ints]:
    """`start` and `asset` of `Held` for these in the base state, where `work` is at rest."""
    start = np.zeros(len(named) + 1, np.int32)
    assets, found = np.empty(1024, np.int32), np.empty(len(work.fell), np.int32)
    held = 0
    for place in range(len(named)):
        asset = named[place]
        if takes_along(net, int(asset)):
            many = take_along(net, work, named[place : place + 1], found)
            while held + many > len(assets):
                assets = np.append(assets, np.empty(len(assets), np.int32))
            for one in found[:many]:
                if work.fell[one] == 0:
                    assets[held] = one
                    held += 1
        start[place + 1] = held
    return start, assets[:held].copy()


@kernel
def touched_by(net: Net, start: Ints, asset: Ints) -> tuple[Ints, Ints, Ints]:
    """`touch_start`, `group` and `times` of `Held`."""
    touch_start, groups = np.zeros(len(start), np.int32), np.empty((1024, 2), np.int32)
    is_held, lost = np.zeros(len(net.owner_start), np.bool_), np.zeros(len(net.group_owner), np.int32)
    touched = 0
    for place in range(len(start) - 1):
        held = asset[start[place] : start[place + 1]]
        for one in held:
            is_held[one] = True
        for one in held:
            for edge in range(net.supplied_start[one], net.supplied_start[one + 1]):
                group = net.supplied_group[edge]
                if not is_held[net.group_owner[group]]:
                    if lost[group] == 0:
                        if touched == len(groups):
                            groups = np.append(groups, np.empty_like(groups), axis=0)
                        groups[touched, 0] = group
                        touched += 1
                    lost[group] += 1
        for at in range(touch_start[place], touched):
            groups[at, 1] = lost[groups[at, 0]]
            lost[groups[at, 0]] = 0
        for one in held:
            is_held[one] = False
        touch_start[place + 1] = touched
    return touch_start, groups[:touched, 0].copy(), groups[:touched, 1].copy()


@kernel
def left_by(net: Net, held: Held, given_kw: Floats, far: Bools) -> tuple[Floats, Bools]:
    """What each of `held.group` got from what is held (kW), and which failures take suppliers of groups in `far` (g).

    given_kw: by place in `net.member`.
    """
    left_kw, got_kw = np.zeros(len(held.group)), np.zeros(len(net.group_owner))
    calls = np.zeros(len(held.start) - 1, np.bool_)
    for place in range(len(calls)):
        for one in held.asset[held.start[place] : held.start[place + 1]]:
            for edge in range(net.supplied_start[one], net.supplied_start[one + 1]):
                group = net.supplied_group[edge]
                got_kw[group] += given_kw[net.supplied_position[edge]]
                calls[place] |= far[group]
        for at in range(held.touch_start[place], held.touch_start[place + 1]):
            left_kw[at] = got_kw[held.group[at]]
        for one in held.asset[held.start[place] : held.start[place + 1]]:
            for edge in range(net.supplied_start[one], net.supplied_start[one + 1]):
                got_kw[net.supplied_group[edge]] = 0.0
    return left_kw, calls


@lean_kernel
def fail_held(net: Net, work: Work, held: Held, place: int) -> None:
    """Take down what the failure at this place holds, at rest; what breaks outside stands in the queue to be spread.

    What it holds does not: it is up again after `unspread` and `restore_held`.
    """
    fell, slack, mark = work.fell, work.slack, work.mark
    for at in range(held.start[place], held.start[place + 1]):
        fell[held.asset[at]] = 1
    for at in range(held.touch_start[place], held.touch_start[place + 1]):
        group = held.group[at]
        owner = net.group_owner[group]
        slack[group] -= held.times[at]
        if net.loop_of_group[group] >= 0:
            work.counts[DIRTY] += touch_loop(work, int(net.loop_of_group[group]))
        elif not mark[owner]:
            mark[owner] = True
            work.touched[work.counts[TOUCHED]] = owner
            work.counts[TOUCHED] += 1
        if slack[group] < 0 and fell[owner] == 0:
            fell[owner] = 2
            work.queue[work.counts[FALLEN]] = owner
            work.counts[FALLEN] += 1
    work.counts[LEVELS] = 2


@lean_kernel
def restore_held(work: Work, held: Held, place: int) -> None:
    """What the failure at this place holds is up again, and supplies what it supplied."""
    for at in range(held.start[place], held.start[place + 1]):
        work.fell[held.asset[at]] = 0
    for at in range(held.touch_start[place], held.touch_start[place + 1]):
        work.slack[held.group[at]] += held.times[at]
