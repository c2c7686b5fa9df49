"""What the singles of a pair touch and leave standing, and whether more of it may break (see `twin.impact._beyond`)."""

from __future__ import annotations

import numpy as np

from twin.impact._jit import inlined_kernel, lean_kernel
from twin.impact._joining import Joining
from twin.impact._ties import broken_by, write_lost


@lean_kernel
def mark_touched(it: Joining, place: int) -> None:
    """Note which records a single, marked as the one, has of what."""
    for at in range(it.singles.record_start[place], it.singles.record_start[place + 1]):
        it.marks.touched[it.records.key[at]] = at


@inlined_kernel
def touching_of(it: Joining, place: int, key: int) -> int:
    """The record of a key that the one single has, so marked; -1: none, or `place` is -1."""
    at = it.marks.touched[key]
    return int(at) if place >= 0 and it.singles.record_start[place] <= at < it.singles.record_start[place + 1] else -1


@lean_kernel
def may_break(it: Joining, place: int, beside: int) -> bool:
    """Whether something that a single touches and leaves standing may break, as of `work` and its own losses.

    beside: the one single, marked with what it touches, whose losses count as well; -1: none.
    """
    keys = it.keys
    for at in range(it.singles.record_start[place], it.singles.record_start[place + 1]):
        key = int(it.records.key[at])
        if key >= keys.parts:
            if it.work.was_dirty[key - keys.parts] and _may_break_loop(it, at, touching_of(it, beside, key)):
                return True
        elif may_lose(it, at, beside):
            return True
    return False


@inlined_kernel
def may_lose(it: Joining, record: int, beside: int) -> bool:
    """Whether the group of a record may lose more than it can spare, told by how many suppliers each takes."""
    work, records, key = it.work, it.records, it.records.key[record]
    if key >= it.keys.groups or work.slack[key] == it.keys.slack[key] or work.fell[it.net.group_owner[key]] != 0:
        return False
    other = touching_of(it, beside, int(key))
    return bool(records.many[record] + (records.many[other] if other >= 0 else 0) > work.slack[key])


@lean_kernel
def _may_break_loop(it: Joining, record: int, other: int) -> bool:
    """Whether a loop loses members to `work` and to the singles with these records of it (-1: none)."""
    records, ties, loop = it.records, it.ties, int(it.records.key[record]) - it.keys.parts
    if it.keys.width[it.keys.parts + loop] > 1:
        return True
    lost = records.mask[record] | (records.mask[other] if other >= 0 else np.uint64(0))
    ties.words[0] = np.uint64(0)
    write_lost(it.net, it.work.fell, loop, ties.words, 0)
    if ties.words[0] | lost == lost:
        return False
    ties.words[0] |= lost
    return broken_by(it.net, ties, loop, 1) > 0
