"""What falls if just some assets break, kept: the same few break with many pairs (see `twin.impact._join`).

For a set S that breaks with a pair, the outcome is both singles and all that falls with S alone, unless the three touch
something together that this leaves standing: the counts of its losses are added up, which is at worst too careful.

A piece of the pool: how many stand in S, fall, and are touched; S; the fallen; and of what is touched the key and how
many suppliers of the group are lost. A loop is touched with 0 if nothing but its own members of S is lost to it.
"""

from __future__ import annotations

from twin.impact._jit import lean_kernel
from twin.impact._joining import COUNT, Joining
from twin.impact.fold import mixed
from twin.impact.spread import FALLEN, seed, spread, unspread

HEAD = 3
"""Numbers at the head of a piece."""


@lean_kernel
def beyond_closed(it: Joining, place: int, partner: int, size: int, from_loops: int) -> int:
    """What falls beside both singles if the first `size` of the queue break; -1 where there is a doubt.

    The first `from_loops` of them broke by the loop that `marks.through` tells.
    """
    singles, marks, keys, pool = it.singles, it.marks, it.keys, it.closed.pool
    piece = _piece(it, size)
    if piece < 0:
        return -1
    marks.tick[0] += 1
    tick = int(marks.tick[0])
    floor = tick << COUNT
    for at in range(singles.start[partner], singles.start[partner + 1]):
        marks.stamp[singles.fallen[at]] = tick
    for at in range(singles.record_start[partner], singles.record_start[partner + 1]):
        marks.taking[it.records.key[at]] = floor + max(int(it.records.many[at]), 1)
    begin = piece + HEAD + size
    end = begin + pool[piece + 1]
    for at in range(end, end + 2 * pool[piece + 2], 2):
        key = pool[at]
        theirs = max(marks.taking[key] - floor, 0)
        if key < keys.parts:
            owner = it.net.group_owner[key]
            if marks.left[owner] == 0 or marks.stamp[owner] == tick:
                continue
            if pool[at + 1] + marks.hurting[key] + theirs > keys.slack[key]:
                return -1
        elif (theirs > 0 or marks.touched[key - keys.parts] == place) and (
            pool[at + 1] > 0 or not _broke_by(it, int(key - keys.parts), size, from_loops)
        ):
            return -1
    total = 0
    for at in range(begin, end):
        if marks.stamp[pool[at]] != tick:
            total += marks.left[pool[at]]
    return int(total)


@lean_kernel
def _broke_by(it: Joining, loop: int, size: int, from_loops: int) -> bool:
    """Whether all of S that supply others in a loop broke by that loop, which was settled as of both singles."""
    net = it.net
    for at in range(size):
        asset = it.marks.queue[at]
        if at < from_loops and it.marks.through[asset] == loop:
            continue
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            if net.loop_of_group[net.supplied_group[edge]] == loop:
                return False
    return True


@lean_kernel
def _piece(it: Joining, size: int) -> int:
    """Where the piece of the first `size` of the queue begins, made now if it is not there; -1: there is no room."""
    closed, queue, table = it.closed, it.marks.queue, it.closed.table
    total = 0
    for at in range(size):
        closed.spot[queue[at]] = at
        total += mixed(int(queue[at]))
    at = total & (len(table) - 1)
    while table[at] >= 0:
        if _is_piece_of(it, int(table[at]), size):
            return int(table[at])
        at = (at + 1) & (len(table) - 1)
    if 2 * closed.used[1] > len(table):
        return -1
    begin = int(closed.used[0])
    for place in range(size):
        seed(closed.work, int(queue[place]))
    spread(it.net, closed.work)
    end = _write(it, begin, size)
    unspread(it.net, closed.work)
    if end < 0:
        return -1
    table[at] = begin
    closed.used[0] = end
    closed.used[1] += 1
    return begin


@lean_kernel
def _is_piece_of(it: Joining, piece: int, size: int) -> bool:
    """Whether a piece is that of the first `size` of the queue, whose places are in `spot`."""
    closed, queue = it.closed, it.marks.queue
    if closed.pool[piece] != size:
        return False
    for at in range(piece + HEAD, piece + HEAD + size):
        asset = closed.pool[at]
        if closed.spot[asset] >= size or queue[closed.spot[asset]] != asset:
            return False
    return True


@lean_kernel
def _write(it: Joining, begin: int, size: int) -> int:
    """Write the piece of what has fallen in the closed work; returns its end, -1 if it has no room."""
    net, work, pool, marks, spot = it.net, it.closed.work, it.closed.pool, it.marks, it.closed.spot
    fallen = int(work.counts[FALLEN])
    room = HEAD + size + fallen
    for at in range(fallen):
        asset = work.queue[at]
        room += 2 * int(net.supplied_start[asset + 1] - net.supplied_start[asset])
    if begin + room > len(pool):
        return -1
    pool[begin], pool[begin + 1] = size, fallen
    for at in range(size):
        pool[begin + HEAD + at] = marks.queue[at]
    first = begin + HEAD + size + fallen
    for at in range(fallen):
        pool[first - fallen + at] = work.queue[at]
    marks.tick[0] += 1
    floor = int(marks.tick[0]) << COUNT
    end = first
    for at in range(fallen):
        asset = work.queue[at]
        is_named = spot[asset] < size and marks.queue[spot[asset]] == asset
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            key = int(net.supplied_group[edge])
            if work.fell[net.group_owner[key]] != 0:
                continue
            lost = 1
            if net.loop_of_group[key] >= 0:
                lost = 0 if is_named and net.member_slot[net.supplied_position[edge]] >= 0 else 1
                key = it.keys.parts + int(net.loop_of_group[key])
            if marks.taking[key] < floor:
                marks.taking[key] = floor
                pool[end] = key
                end += 2
            marks.taking[key] += lost
    for at in range(first, end, 2):
        pool[at + 1] = marks.taking[pool[at]] - floor
    pool[begin + 2] = (end - first) // 2
    return end
