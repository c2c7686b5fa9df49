"""The join of pairs: which two singles break together what neither breaks alone, and what then falls.

The outcome is the union of both singles, and what breaks, and what falls with that. In order of their cost:

- only terminal owners break (of one group, supplying nothing): these are counted;
- others break, or members of a loop that both touch: from these on the losses are followed, group by group, against
  what the larger single takes of each group and the most that the smaller takes of any group of that type;
- where more than a few fall with what breaks, what falls with just these is kept for other pairs, and counted;
- where that leaves a doubt, or a part, or another loop, the smaller is failed on top of the larger.
"""

from __future__ import annotations

import numpy as np

from twin.impact._beyond import beside_alone, follow_on, settled
from twin.impact._bundle import Rows
from twin.impact._jit import kernel, lean_kernel
from twin.impact._joining import Joining
from twin.impact._meet import LOOP, SOFT, SURE, meet
from twin.impact.spread import FALLEN, spread, unspread
from twin.impact.sweep import start_one


@kernel
def join_all(it: Joining) -> Rows:
    """Find the pairs, a row each: places of the larger and the smaller, lost, and beyond the singles."""
    rows = np.empty((1024, 4), np.int32)
    measure(it)
    count = 0
    for place in range(len(it.assets)):
        found = meet(it, place)
        if found == 0:
            continue
        if count + found > len(rows):
            larger = np.empty((2 * (count + found), 4), np.int32)
            larger[:count] = rows[:count]
            rows = larger
        count = _write(it, place, found, rows, count)
    return rows[:count]


@lean_kernel
def measure(it: Joining) -> None:
    """Write to `it.sizes`, all 0, how much each single takes down, where, and the most of any group of each type."""
    singles, records, sizes = it.singles, it.records, it.sizes
    count = len(singles.start) - 1
    width = len(it.counted.assets) // 64 + 1
    for place in range(count):
        for at in range(singles.start[place], singles.start[place + 1]):
            asset = singles.fallen[at]
            sizes.alone[place] += it.counted.assets[asset]
            sizes.areas[place] |= np.uint64(1) << np.uint64(asset // width)
        for at in range(singles.record_start[place], singles.record_start[place + 1]):
            if records.key[at] < it.keys.groups:
                kind = 6 * place + int(it.group_type[records.key[at]])
                sizes.most[kind] = max(sizes.most[kind], records.many[at])


@lean_kernel
def _write(it: Joining, place: int, found: int, rows: Rows, count: int) -> int:
    """Write the rows of one single with the partners met that are worse; how many rows there are then."""
    work, met, alone, assets = it.work, it.met, it.sizes.alone, it.assets
    _note(it, place, True)
    for at in range(found):
        partner = int(met.partners[at])
        beside = beside_alone(it, place, partner)
        why = int(met.why[partner])
        more = int(met.broken[partner])
        if why & LOOP and work.counts[FALLEN] == 0:
            start_one(it.net, work, assets[place], it.taken)
            spread(it.net, work)
        if SOFT <= why < SURE and beside > 0:
            on_top = follow_on(it, place, partner)
            more, why = max(on_top, 0), 0 if on_top >= 0 else SURE
        if why >= SURE:
            more = settled(it, place, partner) - beside
        if more > 0:
            named = int(work.fell[assets[place]] != -1) + int(work.fell[assets[partner]] != -1)
            rows[count, 0], rows[count, 1] = place, partner
            rows[count, 2], rows[count, 3] = alone[place] + beside + more - named, more
            count += 1
    _note(it, place, False)
    unspread(it.net, work)
    return count


@lean_kernel
def _note(it: Joining, place: int, on: bool) -> None:
    """Write to `marks` what the single at `place` takes down and touches, or take it off again."""
    singles, records, keys, marks, counted = it.singles, it.records, it.keys, it.marks, it.counted
    for at in range(singles.start[place], singles.start[place + 1]):
        asset = singles.fallen[at]
        marks.left[asset] = 0 if on else counted.assets[asset]
    for at in range(singles.record_start[place], singles.record_start[place + 1]):
        key = records.key[at]
        if key >= keys.parts:
            marks.touched[key - keys.parts] = place
        elif key < keys.groups:
            marks.hurting[key] = records.many[at] if on else 0
