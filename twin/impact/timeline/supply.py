"""What is available and what is met at one moment of the timeline.

Only what changed is kept: counts of suppliers, active sources and reached members begin as in the base state and are
worked out when something touches them for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from twin.impact.timeline.reading import Reading

if TYPE_CHECKING:
    from twin.topology.model import Bools

Key = tuple[int, int]
"""An asset and one supply type of its groups."""


class Moment(NamedTuple):
    """Who is up and who supplies (both by asset), the breaks under way, the active sources of slow transfer groups."""

    up: Sequence[int]
    gives: Sequence[int]
    breaks: set[int]
    active: Mapping[int, int | None]


class Supply:
    """Who is up and who supplies, and which groups are met."""

    def __init__(self, reading: Reading, up: Bools, gives: Bools) -> None:
        """`up` and `gives` (n) as in the base state; `gives`: up, and no idle standby source."""
        self.net = reading
        self.up = bytearray(up.tobytes())
        self.gives = bytearray(gives.tobytes())
        self.breaks: set[int] = set()
        self._active: dict[int, int | None] = {}
        self._now = Moment(self.up, self.gives, self.breaks, self._active)
        self._active_in_base: dict[int, int | None] = {}
        self._base = Moment(bytes(self.up), bytes(self.gives), set(), self._active_in_base)
        self._have: dict[int, int] = {}
        self._firm: dict[int, int] = {}
        self._loops_begun: set[int] = set()
        self._loops_changed: set[int] = set()
        self._reached: dict[int, set[int]] = {}
        self._touched: set[Key] = set()
        self._calls: set[int] = set()
        self._moved: set[int] = set()

    # What may have changed since it was last asked

    def take_touched(self) -> set[Key]:
        """Keys whose groups may be met, or broken, since the last call."""
        self._flush()
        taken, self._touched = self._touched, set()
        return taken

    def take_calls(self) -> set[int]:
        """Groups that may call their standby sources since the last call."""
        self._flush()
        taken, self._calls = self._calls, set()
        return taken

    def take_moved(self) -> set[int]:
        """Slow transfer groups whose active source may have to follow since the last call."""
        self._flush()
        taken, self._moved = self._moved, set()
        return taken

    def _flush(self) -> None:
        changed, self._loops_changed = self._loops_changed, set()
        for loop in changed:
            for group in self._loop_groups(loop):
                self._touch_group(group)

    # Changes

    def set_up(self, asset: int, *, is_up: bool) -> None:
        """An asset went down or came back; for a standby source `set_gives` follows on its own."""
        self.up[asset] = is_up
        net = self.net
        for group in range(net.owner_start[asset], net.owner_start[asset + 1]):
            if net.loop_of_group[group] >= 0:
                self._touch_loop(net.loop_of_group[group])
        if not net.standby[asset]:
            self.set_gives(asset, gives=is_up)
        elif is_up:
            self._calls.update(net.supplied_group[net.supplied_start[asset] : net.supplied_start[asset + 1]])

    def set_gives(self, asset: int, *, gives: bool) -> None:
        """An asset begins or ceases to supply."""
        if self.gives[asset] == gives:
            return
        net, step = self.net, 1 if gives else -1
        for edge in range(net.supplied_start[asset], net.supplied_start[asset + 1]):
            group = net.supplied_group[edge]
            if net.loop_of_group[group] >= 0:
                self._touch_loop(net.loop_of_group[group])
                continue
            if group not in self._have:
                self._have[group] = sum(self._base.gives[net.member[entry]] for entry in net.entries(group))
            self._have[group] += step
            self._touch_group(group)
            if net.lists_standby[group] and not net.standby[asset]:
                self._firm[group] = self._firm_count(group) + step
        self.gives[asset] = gives

    def set_break(self, group: int, *, under_way: bool) -> None:
        """A transfer group begins or ends to be broken while it changes its source."""
        if under_way:
            self.breaks.add(group)
        else:
            self.breaks.discard(group)
        self._moved_source(group)

    def set_active(self, group: int, source: int) -> None:
        """A transfer group has another active source."""
        self._active[group] = source
        self._moved_source(group)

    def _moved_source(self, group: int) -> None:
        if self.net.loop_of_group[group] >= 0:
            self._touch_loop(self.net.loop_of_group[group])
        else:
            self._touch_group(group)

    def _touch_group(self, group: int) -> None:
        self._touched.add((self.net.group_owner[group], self.net.group_type[group]))
        if self.net.lists_standby[group]:
            self._calls.add(group)
        if self.net.is_slow(group):
            self._moved.add(group)

    def _touch_loop(self, loop: int) -> None:
        self._loops_changed.add(loop)
        self._reached.pop(loop, None)

    def _loop_groups(self, loop: int) -> Iterable[int]:
        net = self.net
        for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
            yield from range(net.slot_group_start[slot], net.slot_group_end[slot])

    # What is available

    def available(self, group: int) -> list[int]:
        """The suppliers available to a group's owner now."""
        return self._available(group, self._now)

    def available_in_base(self, group: int) -> list[int]:
        """The suppliers that were available to a group's owner before the failure."""
        return self._available(group, self._base)

    def _available(self, group: int, moment: Moment) -> list[int]:
        net, loop, gives = self.net, self.net.loop_of_group[group], moment.gives
        if loop < 0:
            return [net.member[entry] for entry in net.entries(group) if gives[net.member[entry]]]
        self._begin_loop(loop)
        reached = self._reach(loop, moment, net.group_owner[group])
        return [
            net.member[entry]
            for entry in net.entries(group)
            if gives[net.member[entry]] and (not net.member_in_loop[entry] or net.member[entry] in reached)
        ]

    def is_called(self, group: int) -> bool:
        """The group has fewer than `need` non-standby suppliers available."""
        if self.net.loop_of_group[group] >= 0:
            firm = sum(not self.net.standby[supplier] for supplier in self.available(group))
        else:
            firm = self._firm_count(group)
        return firm < self.net.group_need[group]

    def _firm_count(self, group: int) -> int:
        if group not in self._firm:
            net = self.net
            members = (net.member[entry] for entry in net.entries(group))
            self._firm[group] = sum(self._base.gives[asset] for asset in members if not net.standby[asset])
        return self._firm[group]

    # What is met

    def is_met(self, key: Key) -> bool:
        """All groups of that type of the asset are met."""
        asset, kind = key
        net = self.net
        for group in range(net.owner_start[asset], net.owner_start[asset + 1]):
            if net.group_type[group] != kind:
                continue
            if self.up[asset] and net.loop_of_group[group] >= 0:
                # a proof that it is reached never needs itself
                return asset in self.reached(net.loop_of_group[group])
            if not self.is_group_met(group):
                return False
        return True

    def is_group_met(self, group: int) -> bool:
        """Enough suppliers are available, and a transfer group's active source is, with no break under way."""
        if self.net.loop_of_group[group] < 0 and not self.net.is_slow(group):
            if group not in self._have:
                return len(self.available(group)) >= self.net.group_need[group]
            return self._have[group] >= self.net.group_need[group]
        some = self.available(group)
        if len(some) < self.net.group_need[group]:
            return False
        return not self.net.is_slow(group) or (group not in self.breaks and self.active(group) in some)

    def active(self, group: int) -> int | None:
        """The active source of a transfer group; at first the best of those available in the base state."""
        if self.net.loop_of_group[group] >= 0:
            self._begin_loop(self.net.loop_of_group[group])
        elif group not in self._active:
            self._active[group] = self.best(self.available_in_base(group), group)
        return self._active[group]

    def best(self, some: list[int], group: int) -> int | None:
        """The best of some suppliers of a group: non-standby before standby, then priority, then id as text."""
        if not some:
            return None
        net = self.net
        order = {net.member[entry]: net.member_priority[entry] for entry in net.entries(group)}
        return min(some, key=lambda asset: (net.standby[asset], order[asset], net.rank[asset]))

    # Loops of one type

    def reached(self, loop: int) -> set[int]:
        """The members of a loop that are up and reached from outside now."""
        if loop not in self._reached:
            self._begin_loop(loop)
            self._reached[loop] = self._reach(loop, self._now, -1)
        return self._reached[loop]

    def _begin_loop(self, loop: int) -> None:
        """The active sources of a loop's slow transfer groups in the base state, from none, one after the other."""
        if loop in self._loops_begun:
            return
        self._loops_begun.add(loop)
        slow = [group for group in self._loop_groups(loop) if self.net.is_slow(group)]
        slow.sort(key=lambda group: (self.net.rank[self.net.group_owner[group]], group))
        first = self._active_in_base
        first.update(dict.fromkeys(slow, None))
        for _ in range(len(slow) + 1):
            changed = False
            for group in slow:
                best = self.best(self.available_in_base(group), group)
                if best is not None and best != first[group]:
                    first[group] = best
                    changed = True
            if not changed:
                break
        self._active.update((group, first[group]) for group in slow)

    def _reach(self, loop: int, moment: Moment, without: int) -> set[int]:
        """The members of a loop that are up and reached from outside, as if `without` were not there."""
        net = self.net
        missing: dict[int, int] = {}
        unmet: dict[int, int] = {}
        for slot in range(net.loop_start[loop], net.loop_start[loop + 1]):
            asset = net.loop_asset[slot]
            if asset == without or not moment.up[asset]:
                continue
            for group in range(net.slot_group_start[slot], net.slot_group_end[slot]):
                missing[group] = self._missing_from_outside(group, moment)
            groups = range(net.slot_group_start[slot], net.slot_group_end[slot])
            unmet[slot] = sum(missing[group] > 0 for group in groups)
        queue = [slot for slot, count in unmet.items() if count == 0]
        for slot in queue:
            asset = net.loop_asset[slot]
            if not moment.gives[asset]:
                continue
            for group in net.inside_group[net.inside_start[slot] : net.inside_start[slot + 1]]:
                if group not in missing or (net.is_slow(group) and moment.active[group] != asset):
                    continue
                missing[group] -= 1
                if missing[group] == 0:
                    owner = net.group_slot[group]
                    unmet[owner] -= 1
                    if unmet[owner] == 0:
                        queue.append(owner)
        return {net.loop_asset[slot] for slot in queue}

    def _missing_from_outside(self, group: int, moment: Moment) -> int:
        """Suppliers that a group needs beside those outside the loop; a slow transfer group needs its active one."""
        net, gives = self.net, moment.gives
        outside = [net.member[e] for e in net.entries(group) if not net.member_in_loop[e] and gives[net.member[e]]]
        if not net.is_slow(group):
            return net.group_need[group] - len(outside)
        if group in moment.breaks:
            return len(net.member) + 1
        return 0 if moment.active[group] in outside else 1
