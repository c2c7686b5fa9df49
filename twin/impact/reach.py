"""Rounds in which the members of a loop of one type are reached from outside, and the standby sources that are called.

    U1 ──▶ A ⇄ B ◀── U2      both in round 1; without U2, B is reached in round 2, through A.

Plain Python and numpy: loops are small, and standby sources few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.topology.model import Bools, Ints, Topology


def rounds(topology: Topology, loop: int, up: Bools, gives: Bools, without: int = -1) -> dict[int, int]:
    """The round of each member of the loop that is reached; members that are not reached are absent.

    `up` (n): who may be reached; `gives` (n): who may supply, that is up and no idle standby source.
    `without` (an asset) is left out, as if it were down.
    """
    missing: dict[int, int] = {}
    unmet: dict[int, int] = {}
    for slot in range(int(topology.loop_start[loop]), int(topology.loop_start[loop + 1])):
        asset = int(topology.loop_asset[slot])
        if asset != without and up[asset]:
            unmet[slot] = _unmet_from_outside(topology, slot, gives, missing)
    frontier = [slot for slot, groups in unmet.items() if not groups]
    reached: dict[int, int] = {}
    number = 0
    while frontier:
        number += 1
        following: list[int] = []
        for slot in frontier:
            reached[int(topology.loop_asset[slot])] = number
        for slot in frontier:
            if not gives[topology.loop_asset[slot]]:
                continue
            for group in topology.inside_group[topology.inside_start[slot] : topology.inside_start[slot + 1]].tolist():
                if group not in missing:
                    continue
                missing[group] -= 1
                if missing[group] == 0:
                    owner = int(topology.group_slot[group])
                    unmet[owner] -= 1
                    if unmet[owner] == 0:
                        following.append(owner)
        frontier = following
    return reached


def _unmet_from_outside(topology: Topology, slot: int, gives: Bools, missing: dict[int, int]) -> int:
    """How many groups of the slot are not met from outside the loop alone; `missing` is set for each of its groups."""
    count = 0
    for group in range(int(topology.slot_group_start[slot]), int(topology.slot_group_end[slot])):
        entries = slice(int(topology.member_start[group]), int(topology.member_start[group + 1]))
        outside = gives[topology.member[entries]] & ~topology.member_in_loop[entries]
        missing[group] = int(topology.group_need[group]) - int(np.count_nonzero(outside))
        count += missing[group] > 0
    return count


def called(topology: Topology, up: Bools) -> Bools:
    """The standby sources (n) that are up and called in a settled state.

    A source is called by a group that lists it when, as long as no standby source runs, fewer than `need` of the
    group's other suppliers are available; the state of the group's owner does not matter.
    """
    groups = topology.standby_group
    calling = np.zeros(len(topology), np.bool_)
    if not len(groups):
        return calling
    gives = up & ~topology.standby
    entries, at = members_of(topology, groups)
    counts = np.bincount(at, gives[topology.member[entries]], len(groups)).astype(np.int32)
    for position in np.flatnonzero(topology.loop_of_group[groups] >= 0).tolist():
        counts[position] = _available_in_loop(topology, int(groups[position]), up, gives)
    short = counts < topology.group_need[groups]
    sources = topology.member[entries][short[at]]
    calling[sources] = True
    return calling & up & topology.standby


def _available_in_loop(topology: Topology, group: int, up: Bools, gives: Bools) -> int:
    """How many suppliers that `gives` allows are available to the owner of a group inside a loop."""
    reached = rounds(topology, int(topology.loop_of_group[group]), up, gives, int(topology.group_owner[group]))
    count = 0
    for entry in range(int(topology.member_start[group]), int(topology.member_start[group + 1])):
        supplier = int(topology.member[entry])
        count += bool(gives[supplier]) and (not topology.member_in_loop[entry] or supplier in reached)
    return count


def members_of(topology: Topology, groups: Ints) -> tuple[Ints, Ints]:
    """The places in `member` of these groups, one group after the other, and of each the position in `groups`."""
    sizes = topology.member_start[groups + 1] - topology.member_start[groups]
    at = np.repeat(np.arange(len(groups), dtype=np.int32), sizes)
    return places(topology.member_start, groups), at


def places(starts: Ints, which: NDArray[np.signedinteger[Any]]) -> Ints:
    """The places `starts[i]:starts[i + 1]` of all i in `which`, one after the other."""
    sizes = starts[which + 1] - starts[which]
    ends = np.cumsum(sizes, dtype=np.int32)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts[which] - ends + sizes, sizes) + np.arange(total, dtype=np.int32)


def lists_of(starts: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The places of the lists of these rows, one list after the other, and where each begins."""
    sizes = starts[rows + 1] - starts[rows]
    begin = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    places = np.arange(begin[-1], dtype=np.int32) + np.repeat(starts[rows] - begin[:-1], sizes)
    return places.astype(np.int32), begin
