"""The records of pairs: of each single its fallen, and what it touches without taking it down."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import Rows, bundle
from twin.impact._crew import starts
from twin.impact._jit import kernel, lean_kernel
from twin.impact._ties import write_lost
from twin.impact.net import Net
from twin.impact.spread import FALLEN, LOOPS, Work, spread_fallen, take_along, takes_along, unspread
from twin.impact.sweep import start_one
from twin.topology.model import Bools, Ints

Masks = NDArray[np.uint64]


@bundle
class Records(NamedTuple):
    """What singles touch without taking it down: key (group, then part, then loop), place in scope, which suppliers.

    mask: what is lost of a key by bits, of a loop as `twin.impact._ties` has them; of a wide key, where its words begin
    in `words`. many: how many suppliers these are; 0 of a loop.
    """

    key: Ints
    place: Ints
    mask: Masks
    many: Ints
    words: Masks


@bundle
class Singles(NamedTuple):
    """The fallen of each single: `fallen[start[place]:start[place + 1]]`, and its records likewise."""

    start: Ints
    fallen: Ints
    record_start: Ints


@bundle
class Touching(NamedTuple):
    """The records by key, most lost first: `place[start[key]:start[key + 1]]`, and `mask` and `many` alike."""

    start: Ints
    place: Ints
    mask: Masks
    many: Ints


@bundle
class Keys(NamedTuple):
    """What can be spared of each key; -1, loops: it depends on which are lost together."""

    slack: Ints
    width: Ints
    """Words that its suppliers take; or a part's paths and loops, or a loop's members and suppliers from outside."""
    begin: Ints
    """Where the words of a key begin among those of all."""
    groups: int
    parts: int
    """Key of the first part and of the first loop."""


def keys_of(net: Net, work: Work) -> Keys:
    """Groups first, then parts, then loops; `work` at rest."""
    loops = np.full(len(net.loop_start) - 1, -1)
    slack = np.concatenate([work.slack, work.remaining - 1, loops]).astype(np.int32)
    loop = np.repeat(net.loop_of_group, np.diff(net.member_start))
    outside = np.bincount(loop[(loop >= 0) & (net.member_slot < 0)], minlength=len(loops))
    size = np.concatenate([np.diff(net.member_start), np.diff(net.whole_start), np.diff(net.loop_start) + outside])
    width = np.maximum((size + 63) // 64, 1).astype(np.int32)
    begin = np.concatenate([[0], np.cumsum(width)]).astype(np.int32)
    groups = len(work.slack)
    return Keys(slack, width, begin, groups, groups + len(work.fell))


@kernel
def grown_rows(rows: Rows, size: int) -> Rows:
    """The rows in an array of at least this many."""
    if size <= len(rows):
        return rows
    larger = np.empty((2 * size, rows.shape[1]), np.int32)
    larger[: len(rows)] = rows
    return larger


@kernel
def grown_ints(values: Ints, size: int) -> Ints:
    """The values in an array of at least this size."""
    if size <= len(values):
        return values
    larger = np.empty(2 * size, np.int32)
    larger[: len(values)] = values
    return larger


@kernel
def grown_masks(values: Masks, size: int) -> Masks:
    """The masks in an array of at least this size."""
    if size <= len(values):
        return values
    larger = np.empty(2 * size, np.uint64)
    larger[: len(values)] = values
    return larger


@kernel
def by_key(records: Records, stands: Ints, keys: int) -> tuple[Ints, Ints, Masks, Ints]:
    """The fields of `Touching`: the records by key, then most lost first; two passes of counting.

    `stands`: the single that stands for each; only those that stand for themselves are listed.
    """
    most, size = 0, 0
    for at in range(len(records.key)):
        most = max(most, records.many[at])
    by_count = np.zeros(most + 2, np.int32)
    start = np.zeros(keys + 1, np.int32)
    for at in range(len(records.key)):
        if stands[records.place[at]] == records.place[at]:
            by_count[most - records.many[at] + 1] += 1
            start[records.key[at] + 1] += 1
            size += 1
    for lost in range(most + 1):
        by_count[lost + 1] += by_count[lost]
    for key in range(keys):
        start[key + 1] += start[key]
    order = np.empty(size, np.int32)
    for at in range(len(records.key)):
        lost = most - records.many[at]
        if stands[records.place[at]] == records.place[at]:
            order[by_count[lost]] = at
            by_count[lost] += 1
    following = start.copy()
    place, mask, count = np.empty(size, np.int32), np.empty(size, np.uint64), np.empty(size, np.int32)
    for at in order:
        to = following[records.key[at]]
        following[records.key[at]] += 1
        place[to], mask[to], count[to] = records.place[at], records.mask[at], records.many[at]
    return start, place, mask, count


@kernel
def trace(
    net: Net, work: Work, assets: Ints, keys: Keys, taken: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Masks, Ints, Masks]:
    """Fail one asset after the other; the fields of `Singles`, its fallen, and then those of `Records`."""
    start = np.zeros(len(assets) + 1, np.int32)
    record_start = np.zeros(len(assets) + 1, np.int32)
    fallen = np.empty(1024, np.int32)
    key, where, mask = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.uint64)
    lost, words = np.empty(1024, np.int32), np.empty(1024, np.uint64)
    hurt = np.zeros(keys.begin[-1], np.uint64)
    hurts = np.zeros(keys.parts, np.int32)
    named = np.zeros(len(work.fell), np.bool_)
    count, wide = 0, 0
    for place in range(len(assets)):
        begin = start[place]
        start_one(net, work, assets[place], taken)
        spread_fallen(net, work)
        end = begin + work.counts[FALLEN]
        fallen = grown_ints(fallen, end)
        fallen[begin:end] = work.queue[: work.counts[FALLEN]]
        start[place + 1] = end
        first = count
        most = count + work.counts[LOOPS]
        for at in range(begin, end):
            asset = fallen[at]
            most += net.supplied_start[asset + 1] - net.supplied_start[asset]
            most += net.part_start[asset + 1] - net.part_start[asset]
        key, where, mask = grown_ints(key, most), grown_ints(where, most), grown_masks(mask, most)
        lost = grown_ints(lost, most)
        count = _note_groups(net, work, keys, hurt, hurts, key, count)
        count = _note_parts(net, work, keys, hurt, hurts, key, count, assets[place], taken, named)
        for at in range(work.counts[LOOPS]):
            loop = int(work.dirty_list[at])
            if is_alive(net, work, loop):
                key[count] = keys.parts + loop
                count += 1
                write_lost(net, work.fell, loop, hurt, int(keys.begin[keys.parts + loop]))
        needed = wide
        for at in range(first, count):
            if keys.width[key[at]] > 1:
                needed += int(keys.width[key[at]])
        words = grown_masks(words, int(needed))
        for at in range(first, count):
            where[at] = place
            lost[at] = 0
            if key[at] < keys.parts:
                lost[at] = hurts[key[at]]
                hurts[key[at]] = 0
            begin_word, width = keys.begin[key[at]], keys.width[key[at]]
            mask[at] = hurt[begin_word]
            if width > 1:
                mask[at] = np.uint64(wide)
                words[wide : wide + width] = hurt[begin_word : begin_word + width]
                wide += width
            hurt[begin_word : begin_word + width] = np.uint64(0)
        record_start[place + 1] = count
        unspread(net, work)
    return (
        start,
        fallen[: start[-1]],
        record_start,
        key[:count],
        where[:count],
        mask[:count],
        lost[:count],
        words[:wide],
    )


def joined(parts: list[tuple[Any, ...]], keys: Keys) -> tuple[Singles, Records]:
    """What `trace` found of some singles, and then of others, as one."""
    start, fallen, record_start, key, place, mask, many, words = zip(*parts, strict=True)
    of_key = np.concatenate(key)
    sizes = [len(part) for part in key]
    singles_before = np.cumsum([0, *(len(part) - 1 for part in start[:-1])])
    words_before = np.cumsum([0, *(len(part) for part in words[:-1])])
    places = np.concatenate(place) + np.repeat(singles_before, sizes).astype(np.int32)
    masks = np.concatenate(mask)
    masks += np.where(keys.width[of_key] > 1, np.repeat(words_before, sizes), 0).astype(np.uint64)
    return (
        Singles(starts(start), np.concatenate(fallen), starts(record_start)),
        Records(of_key, places, masks, np.concatenate(many), np.concatenate(words)),
    )


@lean_kernel
def is_alive(net: Net, work: Work, loop: int) -> bool:
    """Whether a member of a loop is up, so that one more failure may take it down."""
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):  # noqa: SIM110 - a kernel knows no generators
        if work.fell[net.loop_asset[slot]] == 0:
            return True
    return False


@lean_kernel
def _note_groups(net: Net, work: Work, keys: Keys, hurt: Masks, hurts: Ints, key: Ints, count: int) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Note the groups outside loops of up owners that lost suppliers: their key once, which ones in `hurt`."""
    for at in range(work.counts[FALLEN]):
        asset = work.queue[at]
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            if work.fell[net.group_owner[group]] != 0 or net.loop_of_group[group] >= 0:
                continue
            if hurts[group] == 0:
                key[count] = group
                count += 1
            position = net.supplied_position[edge] - net.member_start[group]
            hurts[group] += 1
            hurt[keys.begin[group] + position // 64] |= np.uint64(1) << np.uint64(position % 64)
    return count


@lean_kernel
def _note_parts(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    work: Work,
    keys: Keys,
    hurt: Masks,
    hurts: Ints,
    key: Ints,
    count: int,
    asset: int,
    taken: Ints,
    named: Bools,
) -> int:
    """Note the parts of which some paths and loops are taken and others are not; `named`: n, all False.

    One that falls all the same matters only for what it takes along itself when it is taken.
    """
    if not takes_along(net, asset):
        return count
    taken[len(taken) - 1] = asset
    many = take_along(net, work, taken[len(taken) - 1 :], taken)
    for at in range(many):
        named[taken[at]] = True
    for at in range(many):
        whole = taken[at]
        for edge in range(net.part_start[whole], net.part_start[whole + 1]):
            part = net.part[edge]
            if named[part] or work.seen[part] or (work.fell[part] != 0 and not takes_along(net, int(part))):
                continue
            if hurts[keys.groups + part] == 0:
                key[count] = keys.groups + part
                count += 1
            for other in range(net.whole_start[part], net.whole_start[part + 1]):
                if net.whole[other] == whole:
                    position = other - net.whole_start[part]
                    hurts[keys.groups + part] += 1
                    hurt[keys.begin[keys.groups + part] + position // 64] |= np.uint64(1) << np.uint64(position % 64)
    for at in range(many):
        named[taken[at]] = False
    return count
