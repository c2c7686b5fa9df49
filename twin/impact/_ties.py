"""What of a loop of one type is lost, by bits, and which of its members that takes down (see `twin.impact._join`).

The bits of a loop are its members, slot by slot, each followed by the suppliers from outside of its groups. What is
reached depends on nothing else, so that it is settled once for each set of bits that pairs leave.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import bundle
from twin.impact._jit import lean_kernel
from twin.impact.fold import MASK, mixed
from twin.impact.loops import reach_loop
from twin.impact.net import Net
from twin.impact.spread import FINAL, Work
from twin.topology.model import Ints

KEPT_TIES = 1 << 19
"""Numbers that tell what falls with the bits met so far; what finds no room there is settled each time."""
HEAD = 4
"""Numbers at the head of an entry: the loop, two halves of its bits, how many members it takes down."""


@bundle
class Ties(NamedTuple):
    """What the loops lose.

    work: one of its own, at rest. words: what is lost of one loop; broken: the members that this takes down. table:
    where entries of `pool` begin, by their hash, -1: free. used: how much of the pool, and how many entries.
    """

    work: Work
    words: NDArray[np.uint64]
    broken: Ints
    table: Ints
    pool: Ints
    used: Ints


def ties_of(net: Net, work: Work, width: int) -> Ties:
    """Working arrays; `work`: of the same net, at rest; `width`: the words that a loop takes at most."""
    return Ties(
        work,
        np.zeros(width, np.uint64),
        np.zeros(len(net.loop_asset), np.int32),
        np.full(1 << 15, -1, np.int32),
        np.empty(KEPT_TIES, np.int32),
        np.zeros(2, np.int32),
    )


@lean_kernel
def write_lost(net: Net, fell: Ints, loop: int, words: NDArray[np.uint64], begin: int) -> None:
    """Set the bits of what of a loop is down, from the word `begin` on; all of them 0 before."""
    bit = 0
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        if fell[net.loop_asset[slot]] != 0:
            words[begin + bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
        bit += 1
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            for place in range(net.member_start[group], net.member_start[group + 1]):
                if net.member_slot[place] < 0:
                    if fell[net.member[place]] != 0:
                        words[begin + bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
                    bit += 1


@lean_kernel
def broken_by(net: Net, ties: Ties, loop: int, width: int) -> int:
    """Which members fall with what `ties.words` say is lost, first of `ties.broken`; how many."""
    if width > 1:
        return _settle(net, ties, loop)
    low, high = _halves(ties.words[0])
    at = mixed((mixed(low) + 31 * mixed(high) + loop) & MASK) & (len(ties.table) - 1)
    pool = ties.pool
    while ties.table[at] >= 0:
        entry = ties.table[at]
        if pool[entry] == loop and pool[entry + 1] == low and pool[entry + 2] == high:
            for place in range(pool[entry + 3]):
                ties.broken[place] = pool[entry + HEAD + place]
            return int(pool[entry + 3])
        at = (at + 1) & (len(ties.table) - 1)
    count = _settle(net, ties, loop)
    entry = ties.used[0]
    if entry + HEAD + count <= len(pool) and 2 * ties.used[1] < len(ties.table):
        pool[entry], pool[entry + 1], pool[entry + 2], pool[entry + 3] = loop, low, high, count
        for place in range(count):
            pool[entry + HEAD + place] = ties.broken[place]
        ties.table[at] = entry
        ties.used[0] += HEAD + count
        ties.used[1] += 1
    return count


@lean_kernel
def _halves(word: np.uint64) -> tuple[int, int]:
    """The bits of a word as two numbers of 32 bits with a sign."""
    low, high = np.int64(word & np.uint64(0xFFFFFFFF)), np.int64(word >> np.uint64(32))
    return int(low) - (1 << 31), int(high) - (1 << 31)


@lean_kernel
def _settle(net: Net, ties: Ties, loop: int) -> int:
    """Settle a loop as of `ties.words`; the members that fall, first of `ties.broken`."""
    work = ties.work
    _lose(net, ties, loop, 0, FINAL - 1)
    reach_loop(net, work.reach, work.fell, loop, FINAL, False)
    count = 0
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        asset = net.loop_asset[slot]
        if work.fell[asset] == 0 and work.reach.rank[slot] < 0:
            ties.broken[count] = asset
            count += 1
    _lose(net, ties, loop, FINAL - 1, 0)
    return count


@lean_kernel
def _lose(net: Net, ties: Ties, loop: int, before: int, after: int) -> None:
    """Change what is lost of a loop from one level to another."""
    fell, words = ties.work.fell, ties.words
    bit = 0
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        if (words[bit // 64] >> np.uint64(bit % 64)) & np.uint64(1) and fell[net.loop_asset[slot]] == before:
            fell[net.loop_asset[slot]] = after
        bit += 1
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            for place in range(net.member_start[group], net.member_start[group + 1]):
                if net.member_slot[place] < 0:
                    supplier = net.member[place]
                    if (words[bit // 64] >> np.uint64(bit % 64)) & np.uint64(1) and fell[supplier] == before:
                        fell[supplier] = after
                    bit += 1
