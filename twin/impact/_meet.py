"""Which singles meet, so that their pair may be worse: those that touch the same group, part or loop."""

from __future__ import annotations

import numpy as np

from twin.impact._jit import lean_kernel
from twin.impact._joining import Joining
from twin.impact._records import Records
from twin.impact.net import Net

SOFT, LOOP, SURE = 1, 2, 4
"""Why a pair is not simply counted: an owner breaks that others hang on; both touch a loop; it must be settled."""


@lean_kernel
def _bits(mask: np.uint64) -> int:
    """How many bits are set."""
    count = 0
    left = mask
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@lean_kernel
def _breaks(records: Records, width: int, slack: int, mask: np.uint64, theirs: np.uint64) -> bool:
    """Whether two records of a key take more suppliers together than it can spare."""
    if width == 1:
        return _bits(mask | theirs) > slack
    lost = 0
    for word in range(width):
        lost += _bits(records.words[np.int64(mask) + word] | records.words[np.int64(theirs) + word])
    return lost > slack


@lean_kernel
def _is_terminal(net: Net, owner: int) -> bool:
    """Whether an asset takes nothing down with it and breaks by one group alone, so that it may simply be counted."""
    groups = net.owner_start[owner + 1] - net.owner_start[owner]
    return groups == 1 and net.supplied_start[owner] == net.supplied_start[owner + 1]


@lean_kernel
def meet(it: Joining, place: int) -> int:
    """Meet the smaller singles that touch the same; returns how many may make it worse."""
    singles, records, touching, keys, met, known = it.singles, it.records, it.touching, it.keys, it.met, it.known
    found, listed = 0, 0
    size = singles.start[place + 1] - singles.start[place]
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = records.key[at]
        slack, width, weight, owner = int(keys.slack[key]), int(keys.width[key]), 0, -1
        why = LOOP if key >= keys.parts else SURE
        if key < keys.groups:
            owner, why = it.net.group_owner[key], SOFT
            if _is_terminal(it.net, int(owner)):
                why, weight = 0, int(it.counted.assets[owner])
        for touch in range(touching.start[key], touching.start[key + 1]):
            if touching.many[touch] + records.many[at] <= slack:
                break
            partner = touching.place[touch]
            their = singles.start[partner + 1] - singles.start[partner]
            if their > size or (their == size and partner >= place) or (known[place] and known[partner]):
                continue
            new = met.by[partner] != place
            if not new and met.why[partner] >= SURE:
                continue
            if slack >= 0 and not _breaks(records, width, slack, records.mask[at], touching.mask[touch]):
                continue
            if new:
                met.by[partner] = place
                met.why[partner], met.broken[partner], met.head[partner] = 0, 0, -1
                met.partners[found] = partner
                found += 1
            met.why[partner] |= why
            met.broken[partner] += weight
            if owner >= 0 and listed == len(met.owners):
                met.why[partner] |= SURE
            elif owner >= 0:
                met.owners[listed], met.after[listed] = owner, met.head[partner]
                met.head[partner] = listed
                listed += 1
    return found
