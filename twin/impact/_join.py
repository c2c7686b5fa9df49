"""The join of pairs: which two singles break together what neither breaks alone, and what then falls.

Where only terminal owners break (of one group, supplying nothing), the union of both singles and these is the outcome
and is counted. Where an owner breaks whose failure takes down all else that the two touch, the union with that single
is the outcome. In any other case the smaller is failed on top of the larger.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._jit import kernel, lean_kernel
from twin.impact._records import Keys, Masks, Records, Singles, Touching, grown_ints
from twin.impact.classes import Weights
from twin.impact.spread import FALLEN, HEAD, LEVELS, LOOPS, TOUCHED, Net, Work, seed, spread, take_along, unspread
from twin.impact.sweep import start_one
from twin.topology.model import Bools, Ints


@lean_kernel
def _bits(mask: int | np.uint64) -> int:
    """How many bits are set."""
    count = 0
    left = np.uint64(mask)
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@lean_kernel
def _breaks(records: Records, width: int, slack: int, mask: int, theirs: int) -> bool:
    """Whether two records of a key take more suppliers together than it can spare."""
    if width == 1:
        return _bits(np.uint64(mask) | np.uint64(theirs)) > slack
    lost = 0
    for word in range(width):
        lost += _bits(records.words[np.int64(mask) + word] | records.words[np.int64(theirs) + word])
    return lost > slack


class Met(NamedTuple):
    """The partners of one single, by place in the scope.

    by: the single that met it last; why: what for (TERMINAL < LOOP < SURE); broken: what stands for the terminal
    owners that break; owner: one that breaks and is not terminal, -1 = unknown; partners: those met, in order.
    """

    by: Ints
    why: Ints
    broken: Ints
    owner: Ints
    partners: Ints


TERMINAL, LOOP, SURE = range(3)


@kernel
def join_all(  # noqa: C901, PLR0912, PLR0913, PLR0917 - arrays
    net: Net,
    work: Work,
    assets: Ints,
    counted: Weights,
    keys: Keys,
    singles: Singles,
    records: Records,
    touching: Touching,
    taken: Ints,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Find the pairs: places of the larger and the smaller, lost, and beyond the singles."""
    one, other = np.empty(1024, np.int32), np.empty(1024, np.int32)
    lost, beyond = np.empty(1024, np.int32), np.empty(1024, np.int32)
    size = len(assets)
    none, some = np.full(size, -1, np.int32), np.empty(size, np.int32)
    met = Met(none, some, some.copy(), some.copy(), some.copy())
    place_of = np.full(len(work.fell), -1, np.int32)
    place_of[assets] = np.arange(size)
    inside, held = np.zeros(len(work.fell), np.bool_), np.full(1, -1, np.int32)
    left = counted.assets.copy()
    alone, areas = _sizes(counted, singles)
    count = 0
    for place in range(size):
        found = _meet(net, counted, keys, singles, records, touching, met, place)
        if found == 0:
            continue
        count += found
        one, other = grown_ints(one, count), grown_ints(other, count)
        lost, beyond = grown_ints(lost, count), grown_ints(beyond, count)
        count -= found
        for at in range(singles.start[place], singles.start[place + 1]):
            left[singles.fallen[at]] = 0
        for at in range(found):
            partner = met.partners[at]
            beside = int(alone[partner])
            if areas[place] & areas[partner]:
                beside = 0
                for fallen in range(singles.start[partner], singles.start[partner + 1]):
                    beside += left[singles.fallen[fallen]]
            more = beside + met.broken[partner]
            if met.why[partner] == SURE or (met.why[partner] == LOOP and beside > 0):
                owner = met.owner[partner]
                through = place_of[owner] if met.why[partner] == SURE and owner >= 0 else -1
                _hold(singles, inside, held, through)
                if _swallowed(net, keys, records, singles, inside, place) and _swallowed(
                    net, keys, records, singles, inside, partner
                ):
                    more = beside + alone[through] - _common(counted, singles, inside, left, place, partner)
                else:
                    more = _beside(net, work, assets, counted, place, partner, taken)
            if more > beside:
                one[count], other[count] = place, partner
                lost[count], beyond[count] = alone[place] + more, more - beside
                for named in (assets[place], assets[partner]):
                    if work.fell[named] != -1:
                        lost[count] -= 1
                count += 1
        for at in range(singles.start[place], singles.start[place + 1]):
            left[singles.fallen[at]] = counted.assets[singles.fallen[at]]
        unspread(net, work)
    return one[:count], other[:count], lost[:count], beyond[:count]


@lean_kernel
def _meet(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    counted: Weights,
    keys: Keys,
    singles: Singles,
    records: Records,
    touching: Touching,
    met: Met,
    place: int,
) -> int:
    """Meet the smaller singles that touch the same; returns how many may make it worse."""
    found = 0
    size = singles.start[place + 1] - singles.start[place]
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = records.key[at]
        slack, width, weight = int(keys.slack[key]), int(keys.width[key]), 0
        why = LOOP if key >= keys.parts else SURE
        if key < keys.groups and _is_terminal(net, int(net.group_owner[key])):
            why, weight = TERMINAL, int(counted.assets[net.group_owner[key]])
        for touch in range(touching.start[key], touching.start[key + 1]):
            if touching.many[touch] + records.many[at] <= slack:
                break
            partner = touching.place[touch]
            their = singles.start[partner + 1] - singles.start[partner]
            if their > size or (their == size and partner >= place):
                continue
            new = met.by[partner] != place
            if not new and met.why[partner] == SURE:
                continue
            if slack >= 0 and not _breaks(records, width, slack, records.mask[at], touching.mask[touch]):
                continue
            if new:
                met.by[partner], met.why[partner], met.broken[partner] = place, why, 0
                met.owner[partner] = -1
                met.partners[found] = partner
                found += 1
            if why == SURE and key < keys.groups and not _takes_along(net, int(net.group_owner[key])):
                met.owner[partner] = net.group_owner[key]
            met.why[partner] = max(met.why[partner], why)
            met.broken[partner] += weight
    return found


@lean_kernel
def _is_terminal(net: Net, owner: int) -> bool:
    """Whether an asset takes nothing down with it and breaks by one group alone, so that it may simply be counted."""
    groups = net.owner_start[owner + 1] - net.owner_start[owner]
    return groups == 1 and net.supplied_start[owner] == net.supplied_start[owner + 1]


@lean_kernel
def _takes_along(net: Net, asset: int) -> bool:
    """Whether the failure of an asset takes others along, so that its breaking is less than its failure."""
    along = net.along_start[asset + 1] - net.along_start[asset]
    return along + net.part_start[asset + 1] - net.part_start[asset] > 0


@lean_kernel
def _hold(singles: Singles, inside: Bools, held: Ints, place: int | Ints) -> None:
    """Mark the fallen of this single alone, -1: nothing; `held`: the one marked before."""
    if held[0] == place:
        return
    for old in range(2):
        if held[0] >= 0:
            for at in range(singles.start[held[0]], singles.start[held[0] + 1]):
                inside[singles.fallen[at]] = old == 1
        held[0] = place


@lean_kernel
def _swallowed(  # noqa: PLR0913, PLR0917 - arrays
    net: Net, keys: Keys, records: Records, singles: Singles, inside: Bools, place: int
) -> bool:
    """Whether all that a single touches is marked; if so of two, they and the marked single are the outcome."""
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = records.key[at]
        if key >= keys.groups or not inside[net.group_owner[key]]:
            return False
    return True


@lean_kernel
def _common(counted: Weights, singles: Singles, inside: Bools, left: Ints, place: int, partner: int) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """How much two singles take down of what is marked."""
    common = 0
    for at in range(singles.start[place], singles.start[place + 1]):
        if inside[singles.fallen[at]]:
            common += counted.assets[singles.fallen[at]]
    for at in range(singles.start[partner], singles.start[partner + 1]):
        if inside[singles.fallen[at]]:
            common += left[singles.fallen[at]]
    return int(common)


@kernel
def _sizes(counted: Weights, singles: Singles) -> tuple[Ints, Masks]:
    """How much each single takes down, and in which of 64 areas of the index, so that most disjoint ones show."""
    count = len(singles.start) - 1
    alone, areas = np.zeros(count, np.int32), np.zeros(count, np.uint64)
    width = len(counted.assets) // 64 + 1
    for place in range(count):
        for at in range(singles.start[place], singles.start[place + 1]):
            asset = singles.fallen[at]
            alone[place] += counted.assets[asset]
            areas[place] |= np.uint64(1) << np.uint64(asset // width)
    return alone, areas


@lean_kernel
def _beside(  # noqa: PLR0913, PLR0917 - arrays
    net: Net, work: Work, assets: Ints, counted: Weights, place: int, partner: int, taken: Ints
) -> int:
    """On top of one single, failed first if it is not yet, fail its partner: how much more falls."""
    more = 0
    if work.counts[FALLEN] == 0:
        start_one(net, work, assets[place], taken)
        spread(net, work)
    fallen, touched, loops, level = work.counts[FALLEN], work.counts[TOUCHED], work.counts[LOOPS], work.counts[LEVELS]
    taken[len(taken) - 2] = assets[place]
    taken[len(taken) - 1] = assets[partner]
    for at in range(take_along(net, work, taken[len(taken) - 2 :], taken)):
        seed(work, taken[at])
    spread(net, work)
    for at in range(fallen, work.counts[FALLEN]):
        more += int(counted.assets[work.queue[at]])
    _step_back(net, work, fallen, touched, loops)
    work.counts[LEVELS] = level
    return more


@lean_kernel
def _step_back(net: Net, work: Work, fallen: int, touched: int, loops: int) -> None:
    """Undo what fell since the counts were these."""
    fell, slack, start, supplied = work.fell, work.slack, net.supplied_start, net.supplied_group
    for at in range(fallen, work.counts[FALLEN]):
        asset = work.queue[at]
        fell[asset] = 0
        for edge in range(start[asset], start[asset + 1]):
            slack[supplied[edge]] += 1
    for at in range(touched, work.counts[TOUCHED]):
        work.mark[work.touched[at]] = False
    for at in range(loops, work.counts[LOOPS]):
        work.was_dirty[work.dirty_list[at]] = False
    work.counts[FALLEN], work.counts[HEAD] = fallen, fallen
    work.counts[TOUCHED], work.counts[LOOPS] = touched, loops
