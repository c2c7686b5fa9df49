"""The kernels of a settled state in numpy, a level at a time: what a process without numba runs instead of them.

Ten thousand losses take milliseconds this way, where the kernels as plain Python take a tenth of a second. Same
contract, same levels; within a level the order of the queue differs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twin.impact.net import Net
from twin.impact.spread import (
    DIRTY,
    FALLEN,
    HEAD,
    LEVELS,
    LOOPS,
    TOUCHED,
    Work,
    drop_unreached,
    list_degraded,
    seed_all,
    spread,
    take_along,
    touch_loop,
    unspread,
)
from twin.topology.model import Ints


def spans(start: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """All places `start[key]:start[key + 1]` one after the other, and for each the position of its key."""
    begins, counts = start[keys], start[keys + 1] - start[keys]
    at = np.repeat(np.arange(len(keys), dtype=np.int32), counts)
    first = np.cumsum(counts) - counts
    return (np.arange(len(at), dtype=np.int32) - first[at] + begins[at]).astype(np.int32), at


def wide_seed_all(work: Work, assets: Ints) -> None:
    """`seed_all`."""
    fresh = _once(assets[work.fell[assets] == 0])
    _fall(work, fresh, int(work.counts[LEVELS]) + 1)


def wide_spread(net: Net, work: Work) -> None:
    """`spread`."""
    counts = work.counts
    level, dirty = int(counts[LEVELS]) + 1, int(counts[DIRTY])
    while counts[HEAD] < counts[FALLEN] or dirty:
        level += 1
        frontier = work.queue[counts[HEAD] : counts[FALLEN]]
        counts[HEAD] = counts[FALLEN]
        groups = net.supplied_group[spans(net.supplied_start, frontier)[0]]
        np.subtract.at(work.slack, groups, 1)
        owners, loop = net.group_owner[groups], net.loop_of_group[groups]
        _touch(work, owners[loop < 0])
        dirty += sum(touch_loop(work, number) for number in np.unique(loop[loop >= 0]).tolist())
        _fall(work, _once(owners[(work.slack[groups] < 0) & (work.fell[owners] == 0)]), level)
        if dirty:
            counts[FALLEN] = drop_unreached(net, work, level, int(counts[FALLEN]))
            dirty = 0
    counts[LEVELS], counts[DIRTY] = level, 0


def wide_unspread(net: Net, work: Work) -> None:
    """`unspread`."""
    fallen = work.queue[: work.counts[FALLEN]]
    work.fell[fallen] = 0
    np.add.at(work.slack, net.supplied_group[spans(net.supplied_start, fallen)[0]], 1)
    work.mark[work.touched[: work.counts[TOUCHED]]] = False
    work.was_dirty[work.dirty_list[: work.counts[LOOPS]]] = False
    work.counts[:] = 0


def wide_take_along(net: Net, work: Work, assets: Ints, out: Ints) -> int:
    """`take_along`."""
    seen, remaining = work.seen.copy(), work.remaining.copy()
    fresh = _once(assets[~seen[assets]])
    count = 0
    while len(fresh):
        seen[fresh] = True
        out[count : count + len(fresh)] = fresh
        count += len(fresh)
        held = net.along[spans(net.along_start, fresh)[0]]
        parts = net.part[spans(net.part_start, fresh)[0]]
        np.subtract.at(remaining, parts, 1)
        found = np.concatenate([held, parts[remaining[parts] == 0]])
        fresh = _once(found[~seen[found]])
    return count


def wide_list_degraded(work: Work, listed: Ints) -> int:
    """`list_degraded`."""
    touched = work.touched[: work.counts[TOUCHED]]
    found = touched[work.fell[touched] == 0]
    listed[: len(found)] = found
    return len(found)


def _once(assets: Ints) -> Ints:
    """Each once, in the order of their first places."""
    first = np.unique(assets, return_index=True)[1]
    return assets[np.sort(first)]


def _fall(work: Work, assets: Ints, level: int) -> None:
    begin = int(work.counts[FALLEN])
    work.fell[assets] = level
    work.queue[begin : begin + len(assets)] = assets
    work.counts[FALLEN] += len(assets)


def _touch(work: Work, owners: Ints) -> None:
    fresh = _once(owners[~work.mark[owners]])
    begin = int(work.counts[TOUCHED])
    work.mark[fresh] = True
    work.touched[begin : begin + len(fresh)] = fresh
    work.counts[TOUCHED] += len(fresh)


WIDE: dict[Any, Callable[..., Any]] = {
    list_degraded: wide_list_degraded,
    seed_all: wide_seed_all,
    spread: wide_spread,
    take_along: wide_take_along,
    unspread: wide_unspread,
}
"""What stands for which kernel in a process without numba."""
