"""Which singles meet, so that their pair may be worse: those that touch the same group, part or loop."""

from __future__ import annotations

import numpy as np

from twin.impact._jit import lean_kernel
from twin.impact._joining import Joining
from twin.impact._records import Records
from twin.impact._ties import broken_by
from twin.impact.net import Net

SOFT, SURE = 1, 4
"""Why a pair is not simply counted: an owner breaks that others may hang on; it must be settled."""


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
def _broken(it: Joining, key: int, mask: np.uint64, theirs: np.uint64) -> int:
    """How many members of a loop two records of it break, first of `ties.broken`."""
    words, width = it.ties.words, int(it.keys.width[key])
    if width == 1:
        both = mask | theirs
        if both in (mask, theirs):
            return 0
        words[0] = both
    else:
        for word in range(width):
            words[word] = it.records.words[np.int64(mask) + word] | it.records.words[np.int64(theirs) + word]
    return broken_by(it.net, it.ties, key - it.keys.parts, width)


@lean_kernel
def _is_terminal(net: Net, owner: int) -> bool:
    """Whether an asset takes nothing down with it and breaks by one group alone, so that it may simply be counted."""
    groups = net.owner_start[owner + 1] - net.owner_start[owner]
    return groups == 1 and net.supplied_start[owner] == net.supplied_start[owner + 1]


@lean_kernel
def meet(it: Joining, place: int) -> int:
    """Meet the smaller singles that touch the same; returns how many may make it worse, `met.used`: owners listed."""
    records, keys = it.records, it.keys
    found = 0
    it.met.used[0] = 0
    for at in range(it.singles.record_start[place], it.singles.record_start[place + 1]):
        key = records.key[at]
        why, weight, owner = SOFT if key >= keys.parts else SURE, 0, -1
        if key < keys.groups:
            owner, why = int(it.net.group_owner[key]), SOFT
            if _is_terminal(it.net, owner):
                why, weight = 0, int(it.counted.assets[owner])
        found = _meet_at(it, place, at, found, owner, why, weight)
    return found


@lean_kernel
def _meet_at(it: Joining, place: int, at: int, found: int, owner: int, why: int, weight: int) -> int:  # noqa: PLR0913, PLR0917 - scalars
    """Meet those that touch the key of one record; how many are met then."""
    singles, records, touching, met = it.singles, it.records, it.touching, it.met
    key, mask = int(records.key[at]), records.mask[at]
    slack, width = int(it.keys.slack[key]), int(it.keys.width[key])
    size, all_known = singles.start[place + 1] - singles.start[place], it.alike.known[place]
    for touch in range(touching.start[key], touching.start[key + 1]):
        if touching.many[touch] + records.many[at] <= slack:
            break
        partner = touching.place[touch]
        their = singles.start[partner + 1] - singles.start[partner]
        if their > size or (their == size and partner >= place) or (all_known and it.alike.known[partner]):
            continue
        new = met.by[partner] != place
        if not new and met.why[partner] >= SURE:
            continue
        members = 0
        if slack < 0:
            members = _broken(it, key, mask, touching.mask[touch])
        if members == 0 and (slack < 0 or not _breaks(records, width, slack, mask, touching.mask[touch])):
            continue
        if new:
            met.by[partner] = place
            met.why[partner], met.broken[partner], met.head[partner] = 0, 0, -1
            met.partners[found] = partner
            found += 1
        met.why[partner] |= why
        met.broken[partner] += weight
        if owner >= 0:
            _list(it, int(partner), owner)
        for member in range(members):
            _list(it, int(partner), int(it.ties.broken[member]))
    return found


@lean_kernel
def _list(it: Joining, partner: int, owner: int) -> None:
    """Note an owner that breaks with a partner; a pair of which not all find room is settled."""
    met, at = it.met, it.met.used[0]
    if at == len(met.owners):
        met.why[partner] |= SURE
        return
    met.owners[at], met.after[at] = owner, met.head[partner]
    met.head[partner] = at
    met.used[0] += 1
