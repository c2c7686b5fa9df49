"""The kernel that fails one asset after the other, trips included, and keeps what pairs have to know of each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import bundle
from twin.impact._cascade import back, changed_calls, seed_trips, start
from twin.impact._case import Case, Gains
from twin.impact._crew import starts
from twin.impact._gain import bound_gains, forget_gains
from twin.impact._jit import kernel, lean_kernel
from twin.impact._records import grown_ints
from twin.impact.shift import Side, follow
from twin.impact.spread import FALLEN, LOOPS, spread
from twin.topology.model import Bools, Floats, Ints

MOST_BITS = 31


@bundle
class Notes(NamedTuple):
    """What is kept of one failure at work; all arrays but counts are 0 between calls.

    most: 2 n, the most that power and heat of each asset rise in any round; keys: g + L, which groups and loops are
    touched; masks: g + L, as in `Traced`; listed: these, counts[0] of them; owners: n, marks, taken: these assets,
    counts[1] of them.
    """

    most: Floats
    keys: Bools
    masks: Ints
    listed: Ints
    owners: Bools
    taken: Ints
    counts: Ints


@bundle
class Traced(NamedTuple):
    """What is known of k singles: of each, by its place in the scope, lists that stand one after the other.

    fallen: what goes down, trips included, the first `settled` of them before anything trips. keys: groups that lose
    suppliers, then (from g on) loops; masks: of a loop, which members and suppliers from outside it loses, by bits, -1
    if there are too many or standby sources change, of a group -1; owners: of such groups of power or cooling, and all
    members of such loops. moved: loads that change (2 × asset, 1 more for heat), and `most`, by how much they rise at
    the most. gained: loads that may rise beside another failure, and `gains`, by how much. tripped: how many trip.
    bounded: whether gains are known.
    """

    fallen_start: Ints
    fallen: Ints
    settled: Ints
    key_start: Ints
    keys: Ints
    masks: Ints
    owner_start: Ints
    owners: Ints
    moved_start: Ints
    moved: Ints
    most: Floats
    gained_start: Ints
    gained: Ints
    gains: Floats
    tripped: Ints
    bounded: Bools


def joined(parts: list[Traced]) -> Traced:
    """What is known of some singles, and then of others, as one."""

    def column(name: str) -> NDArray[Any]:
        pieces: list[NDArray[Any]] = [getattr(part, name) for part in parts]
        return starts(pieces) if name.endswith("_start") else np.concatenate(pieces)

    return parts[0] if len(parts) == 1 else Traced(*map(column, Traced._fields))


@kernel
def grown_floats(values: Floats, size: int) -> Floats:
    """The values in an array of at least this size."""
    if size <= len(values):
        return values
    larger = np.empty(2 * size)
    larger[: len(values)] = values
    return larger


@kernel
def trace_loads(
    case: Case, gains: Gains, notes: Notes, scope: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Floats, Ints, Ints, Floats, Ints, Bools]:
    """Fail each of `scope` by itself: the fields of `Traced`."""
    count = len(scope)
    fallen_start, key_start = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    owner_start, moved_start = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    gained_start, settled = np.zeros(count + 1, np.int32), np.zeros(count, np.int32)
    tripped, bounded = np.zeros(count, np.int32), np.zeros(count, np.bool_)
    fallen, keys, owners = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    moved, most = np.empty(1024, np.int32), np.empty(1024)
    masks = np.empty(1024, np.int32)
    gained, more = np.empty(1024, np.int32), np.empty(1024)
    work = case.work
    for place in range(count):
        settled[place], tripped[place], bounded[place] = _fail(case, gains, notes, scope[place])
        begin, end = fallen_start[place], fallen_start[place] + work.counts[FALLEN]
        fallen = grown_ints(fallen, end)
        fallen[begin:end] = work.queue[: work.counts[FALLEN]]
        fallen_start[place + 1] = end
        begin, end = key_start[place], key_start[place] + notes.counts[0]
        keys = grown_ints(keys, end)
        keys[begin:end] = notes.listed[: notes.counts[0]]
        masks = grown_ints(masks, end)
        for at in range(begin, end):
            masks[at] = notes.masks[keys[at]]
        key_start[place + 1] = end
        begin, end = owner_start[place], owner_start[place] + notes.counts[1]
        owners = grown_ints(owners, end)
        owners[begin:end] = notes.taken[: notes.counts[1]]
        owner_start[place + 1] = end
        begin = moved_start[place]
        end = begin + case.power.counts[0] + case.cooling.counts[0]
        moved, most = grown_ints(moved, end), grown_floats(most, end)
        moved_start[place + 1] = _put_moved(case, notes, tripped[place] == 0, moved, most, int(begin))
        begin, end = gained_start[place], gained_start[place] + gains.counts[0]
        gained, more = grown_ints(gained, end), grown_floats(more, end)
        gained_start[place + 1] = _put_gains(gains, gained, more, int(begin))
        _forget(case, gains, notes)
    return (
        fallen_start, fallen[: fallen_start[-1]], settled, key_start, keys[: key_start[-1]], masks[: key_start[-1]],
        owner_start, owners[: owner_start[-1]], moved_start, moved[: moved_start[-1]], most[: moved_start[-1]],
        gained_start, gained[: gained_start[-1]], more[: gained_start[-1]], tripped, bounded,
    )  # fmt: skip


@lean_kernel
def _fail(case: Case, gains: Gains, notes: Notes, asset: int) -> tuple[int, int, bool]:
    """Fail one asset until nothing trips; how many fell before anything tripped, how many tripped, and if bounded."""
    net, work, wires, power, cooling = case.net, case.work, case.wires, case.power, case.cooling
    case.named[0] = asset
    start(net, work, case.named[:1], case.taken)
    spread(net, work)
    settled, begin, tripped = work.counts[FALLEN], 0, 0
    bounded = True
    while True:
        end = work.counts[FALLEN]
        for place in range(begin, end):
            wires.usable[work.queue[place]] = False
        fresh = changed_calls(net, work, case.calls, wires.usable)
        if begin == 0:
            bounded = bound_gains(case, gains, fresh)
        _note_calls(case, notes, fresh)
        follow(wires, power, cooling, case.given, work.queue[begin:end], case.calls.fresh[:fresh])
        _note_most(power, 0, notes.most)
        _note_most(cooling, 1, notes.most)
        begin = end
        trips = seed_trips(work, power, case.room.power) + seed_trips(work, cooling, case.room.cooling)
        if trips == 0:
            break
        tripped += trips
        spread(net, work)
    for place in range(work.counts[LOOPS]):
        loop = int(work.dirty_list[place])
        if not notes.keys[len(net.group_owner) + loop]:
            _note_loop(case, notes, loop)
            notes.masks[len(net.group_owner) + loop] = _lost_of(case, loop)
    for place in range(work.counts[FALLEN]):
        other = work.queue[place]
        for edge in range(net.supplied_start[other], net.supplied_start[other + 1]):
            group = net.supplied_group[edge]
            matters = tripped > 0 or work.fell[net.group_owner[group]] == 0 or case.room.lists_standby[group]
            if net.loop_of_group[group] >= 0 or not matters:
                continue
            _note_key(notes, int(group))
            if case.room.group_type[group] <= 1:
                _note_owner(notes, int(net.group_owner[group]))
    return settled, tripped, bounded


@lean_kernel
def _note_most(side: Side, kind: int, most: Floats) -> None:
    """Keep the most that loads of one kind have risen so far."""
    for place in range(side.counts[0]):
        asset = side.changed[place]
        most[2 * asset + kind] = max(most[2 * asset + kind], side.load[asset] - side.was[asset])


@lean_kernel
def _note_key(notes: Notes, key: int) -> None:
    """List a key once."""
    if not notes.keys[key]:
        notes.keys[key] = True
        notes.masks[key] = -1
        notes.listed[notes.counts[0]] = key
        notes.counts[0] += 1


@lean_kernel
def _note_owner(notes: Notes, owner: int) -> None:
    """List an owner once."""
    if not notes.owners[owner]:
        notes.owners[owner] = True
        notes.taken[notes.counts[1]] = owner
        notes.counts[1] += 1


@lean_kernel
def _note_loop(case: Case, notes: Notes, loop: int) -> None:
    """A loop is touched, and if it carries load so are all of its members."""
    net = case.net
    _note_key(notes, len(net.group_owner) + loop)
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            if case.room.group_type[group] <= 1:
                _note_owner(notes, int(net.loop_asset[slot]))


@lean_kernel
def _lost_of(case: Case, loop: int) -> int:
    """Which members of a loop and which places of its suppliers from outside are lost, by bits; -1: too many."""
    net, fell = case.net, case.work.fell
    mask, bit = 0, 0
    for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
        if bit < MOST_BITS and fell[net.loop_asset[slot]] != 0:
            mask |= 1 << bit
        bit += 1
        for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
            for place in range(net.member_start[group], net.member_start[group + 1]):
                if net.member_slot[place] < 0:
                    if bit < MOST_BITS and fell[net.member[place]] != 0:
                        mask |= 1 << bit
                    bit += 1
    return mask if bit <= MOST_BITS else -1


@lean_kernel
def _note_calls(case: Case, notes: Notes, fresh: int) -> None:
    """Standby sources that start or stop touch the loops that they supply, and the groups that list them."""
    net = case.net
    for number in range(fresh):
        source = case.calls.fresh[number]
        for edge in range(net.supplied_start[source], net.supplied_start[source + 1]):
            group = net.supplied_group[edge]
            if net.loop_of_group[group] >= 0:
                _note_loop(case, notes, int(net.loop_of_group[group]))
            else:
                _note_key(notes, int(group))
                _note_owner(notes, int(net.group_owner[group]))


@lean_kernel
def _put_moved(case: Case, notes: Notes, last: bool, moved: Ints, most: Floats, count: int) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Write the loads that changed, `last`: in the last round, of what is up then; how many there are."""
    for kind in range(2):
        side = case.power if kind == 0 else case.cooling
        for place in range(side.counts[0]):
            asset = side.changed[place]
            if last and (case.work.fell[asset] != 0 or side.load[asset] == side.was[asset]):
                continue
            moved[count], most[count] = 2 * asset + kind, notes.most[2 * asset + kind]
            count += 1
    return count


@lean_kernel
def _put_gains(gains: Gains, gained: Ints, more: Floats, count: int) -> int:
    """Write the gains; how many there are then."""
    for place in range(gains.counts[0]):
        gained[count], more[count] = gains.listed[place], gains.kw[gains.listed[place]]
        count += 1
    return count


@lean_kernel
def _forget(case: Case, gains: Gains, notes: Notes) -> None:
    """Back to the base state, with nothing noted."""
    for place in range(case.power.counts[0]):
        notes.most[2 * case.power.changed[place]] = 0.0
    for place in range(case.cooling.counts[0]):
        notes.most[2 * case.cooling.changed[place] + 1] = 0.0
    for place in range(notes.counts[0]):
        notes.keys[notes.listed[place]] = False
    for place in range(notes.counts[1]):
        notes.owners[notes.taken[place]] = False
    notes.counts[0] = 0
    notes.counts[1] = 0
    forget_gains(gains)
    back(case)
