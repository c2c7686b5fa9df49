"""The clock: one instant after the other, each with returns first, expiries second, losses last (section 4).

    instant: supply returns ─▶ holds and runs expire ─▶ losses spread ─▶ active sources follow

Event-driven: an instant looks only at what changed since the last one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.impact.reach import called
from twin.impact.timeline.events import Event
from twin.impact.timeline.reading import Reading
from twin.impact.timeline.supply import Key, Supply

if TYPE_CHECKING:
    from twin.topology.model import Bools, Topology

SAME_INSTANT_S = 1e-9
"""Times nearer than this are one instant: sums of seconds in binary differ in their last digits."""

RESTART, START, BREAK, HOLD, RUN, FAIL = range(6)
Timer = tuple[float, int, Any, float]
"""When, what kind, of what (asset, group or key), and since when the clock runs that set it."""


def simulate(  # noqa: PLR0913 - what fails, and when
    topology: Topology,
    up: Bools,
    named: Iterable[int],
    along: Mapping[int, Mapping[str, Any]],
    until_s: float = 86_400.0,
    *,
    later: Iterable[tuple[float, Iterable[int]]] = (),
) -> list[Event]:
    """Every change up to and including `until_s` after `named` fail in the settled base state `up` (n).

    `along`: what the named take along (section 6), with the reason of each. The named are not told, what they take
    along is told as lost at 0 s; both stay down. `later`: further failures with the second of each, what they take
    along included; these are told as lost, without a reason.
    """
    return Simulation(topology, up, until_s).run(set(named), along, later)


class Simulation:
    """One timeline on its way; what is told, and why, is for those who derive from it to change."""

    def __init__(self, topology: Topology, up: Bools, until_s: float) -> None:
        self.topology = topology
        self.net = Reading(topology)
        self.until_s = until_s
        self.now = 0.0
        running = called(topology, up)
        self.supply = Supply(self.net, up, up & (~topology.standby | running))
        self.stays_down = bytearray((~up).tobytes())
        self.told: list[Event] = []
        self.timers: list[Timer] = []
        self.pending: set[Key] = set()
        """Keys found broken in this instant before losses may spread."""
        self.broken: dict[Key, float] = {}
        self.met: dict[int, float] = {}
        """Since when all groups of a down asset are met."""
        self.starting: dict[int, float] = {}
        self.callers: dict[int, int] = {}
        """Standby source → the group that called it."""
        self.first_run: dict[int, float] = {}
        self.empty: set[int] = set()
        self.breaks_since: dict[int, float] = {}
        for source in np.flatnonzero(running).tolist():
            self._note_first_run(source)

    def run(
        self, named: Set[int], along: Mapping[int, Mapping[str, Any]], later: Iterable[tuple[float, Iterable[int]]] = ()
    ) -> list[Event]:
        """Fail what is named and taken along, then go from instant to instant."""
        self.begin(named, along, later)
        self.go_on(self.until_s)
        return self.told

    def begin(
        self, named: Set[int], along: Mapping[int, Mapping[str, Any]], later: Iterable[tuple[float, Iterable[int]]]
    ) -> None:
        """The first instant."""
        for at_s, failed in later:
            heapq.heappush(self.timers, (at_s, FAIL, tuple(failed), at_s))
        reasons: dict[int, Mapping[str, Any]] = {}
        for asset in named | along.keys():
            self.stays_down[asset] = True
            if self.supply.up[asset]:
                reasons[asset] = along.get(asset, {})
        self.lose(reasons, quiet=named)
        self._instant([])

    def go_on(self, to_s: float) -> None:
        """Go from instant to instant, up to and including a time."""
        while self.timers and self.timers[0][0] <= to_s + SAME_INSTANT_S:
            self.now = self.timers[0][0]
            self._instant(self._due())

    def _due(self) -> list[Timer]:
        """Take off the timers of this instant."""
        due: list[Timer] = []
        while self.timers and self.timers[0][0] <= self.now + SAME_INSTANT_S:
            due.append(heapq.heappop(self.timers))
        return due

    def _instant(self, due: list[Timer]) -> None:
        self._complete([timer for timer in due if timer[1] in {RESTART, START, BREAK}])
        self._return()
        due += self._due()  # a run of no length ends in the instant in which it began
        self._expire([timer for timer in due if timer[1] in {HOLD, RUN}])
        self._fail([timer[2] for timer in due if timer[1] == FAIL])
        self._spread()
        while self._follow():
            self._return()
            self._spread()

    def _fail(self, due: Iterable[Iterable[int]]) -> None:
        """Failures that come later than the first."""
        failed = {asset for assets in due for asset in assets}
        for asset in failed:
            self.stays_down[asset] = True
            self.met.pop(asset, None)
        self.lose({asset: {} for asset in failed if self.supply.up[asset]})

    # Supply returns

    def _complete(self, due: list[Timer]) -> None:
        """Restarts, starts and changes of source that end now, unless they were broken off."""
        back: list[int] = []
        for _, kind, what, since in due:
            if kind == BREAK:
                if self.breaks_since.get(what) == since:
                    del self.breaks_since[what]
                    self.supply.set_break(what, under_way=False)
            elif kind == RESTART and self.met.get(what) == since:
                back.append(what)
            elif kind == START and self.starting.get(what) == since:
                self._run(what)
        self._come_up(back)

    def _return(self) -> None:
        """Everything that supply brings back without delay, with the starts that take no time."""
        while True:
            while self._note_met():
                pass
            if not self._call():
                return

    def _note_met(self) -> bool:
        """Stop the clocks of what is met again; whether something came up."""
        touched = self.supply.take_touched()
        met = {key for key in touched if self.supply.is_met(key)}
        # What is pending and untouched is as broken as it was.
        self.pending |= touched
        self.pending -= met
        for key in met:
            self.broken.pop(key, None)
        back: list[int] = []
        for asset in {asset for asset, _ in met}:
            if self.supply.up[asset] or self.stays_down[asset] or asset in self.met or not self._all_met(asset):
                continue
            self.met[asset] = self.now
            if self.net.restart_s[asset] > 0:
                self._set_timer(self.net.restart_s[asset], RESTART, asset, self.now)
            else:
                back.append(asset)
        self._come_up(back)
        return bool(back)

    def _all_met(self, asset: int) -> bool:
        keys = {(asset, kind) for kind in self.net.kinds(asset)}
        return not any(key in self.broken or key in self.pending for key in keys)

    def _come_up(self, assets: Iterable[int]) -> None:
        for asset in self._in_order(assets):
            since = self.met.pop(asset)
            self.supply.set_up(asset, is_up=True)
            self.tell(asset, "up", {"type": "MET", "since_s": since})

    def _call(self) -> bool:
        """Begin the starts of called standby sources; whether one runs at once."""
        at_once: list[int] = []
        for group in sorted(self.supply.take_calls()):
            if not self.supply.is_called(group):
                continue
            for entry in self.net.entries(group):
                source = self.net.member[entry]
                if self._may_start(source):
                    self.starting[source] = self.now
                    self.callers[source] = group
                    if self.net.start_s[source] > 0:
                        self._set_timer(self.net.start_s[source], START, source, self.now)
                    else:
                        at_once.append(source)
        for source in self._in_order(at_once):
            self._run(source)
        return bool(at_once)

    def _may_start(self, source: int) -> bool:
        if not self.net.standby[source] or not self.supply.up[source] or self.supply.gives[source]:
            return False
        return source not in self.starting and source not in self.empty

    def _run(self, source: int) -> None:
        since = self.starting.pop(source)
        self._note_first_run(source)
        self.supply.set_gives(source, gives=True)
        group = self.callers[source]
        kind, name = self.topology.group_text(group)
        caller = self.topology.ids[self.net.group_owner[group]]
        because = {"type": "CALLED", "by": caller, "group_type": kind, "group": name, "since_s": since}
        self.tell(source, "running", because)

    def _note_first_run(self, source: int) -> None:
        if source not in self.first_run:
            self.first_run[source] = self.now
            self._set_timer(self.net.run_s[source], RUN, source, self.now)

    # Holds and runs expire

    def _expire(self, due: list[Timer]) -> None:
        falls: dict[int, Mapping[str, Any]] = {}
        for _, kind, what, since in sorted(due, key=lambda timer: (timer[1], timer[2])):
            if kind == HOLD and self.broken.get(what) == since and self.supply.up[what[0]]:
                falls.setdefault(what[0], self.broken_group(what))
        for source in self._in_order(what for _, kind, what, _ in due if kind == RUN):
            self.empty.add(source)
            self.starting.pop(source, None)
            self.supply.set_gives(source, gives=False)
            # What failed or is lost has been told; that it could not run any more is no news.
            if self.supply.up[source]:
                because = {"type": "RUN_S", "since_s": self.first_run[source], "run_s": self.net.run_s[source]}
                self.tell(source, "empty", because)
        self.lose(falls)

    # Losses spread

    def _spread(self) -> None:
        """Losses without a hold, round by round; before each, the starts that take no time."""
        while True:
            self._return()
            falls: dict[int, Mapping[str, Any]] = {}
            pending, self.pending = self.pending, set()
            for key in sorted(pending):
                asset, kind = key
                self.met.pop(asset, None)
                if key not in self.broken:
                    self.broken[key] = self.now
                    hold_s = self.net.hold_s(asset, kind)
                    if hold_s > 0 and self.supply.up[asset]:
                        self._set_timer(hold_s, HOLD, key, self.now)
                if self.supply.up[asset] and self.net.hold_s(asset, kind) <= 0:
                    falls.setdefault(asset, self.broken_group(key))
            if not falls:
                return
            self.lose(falls)

    def lose(self, reasons: Mapping[int, Mapping[str, Any]], quiet: Set[int] = frozenset()) -> None:
        """Take assets down, each for its reason; `quiet` ones are not told."""
        for asset in self._in_order(reasons):
            self.supply.set_up(asset, is_up=False)
            self.supply.set_gives(asset, gives=False)
            self.starting.pop(asset, None)
            if asset not in quiet:
                self.tell(asset, "lost", reasons[asset])

    def broken_group(self, key: Key) -> dict[str, Any]:
        """The first broken group of a type, as it stands now."""
        group = next(group for group in self.net.groups(*key) if not self.supply.is_group_met(group))
        kind, name = self.topology.group_text(group)
        left = self.supply.available(group)
        gone = set(self.supply.available_in_base(group)) - set(left)
        because: dict[str, Any] = {
            "type": kind,
            "group": name,
            "need": self.net.group_need[group],
            "available": len(left),
            "lost_suppliers": [self.topology.ids[asset] for asset in self._in_order(gone)],
            "since_s": self.broken.get(key, self.now),
        }
        if len(left) >= self.net.group_need[group]:
            because["transfer"] = True
        return because

    # Active sources follow

    def _follow(self) -> bool:
        """Active sources follow, one group after the other; whether one changed."""
        changed = False
        for group in sorted(self.supply.take_moved(), key=self._turn):
            some = self.supply.available(group)
            best, old = self.supply.best(some, group), self.supply.active(group)
            if best is None or best == old:
                continue
            if old is not None and old not in some:
                self.supply.set_break(group, under_way=True)
                self.breaks_since[group] = self.now
                self._set_timer(self.net.transfer_s[self.net.group_owner[group]], BREAK, group, self.now)
            self.supply.set_active(group, best)
            changed = True
        return changed

    def _turn(self, group: int) -> tuple[int, int]:
        """Groups in the order of their owner's id, then type and name."""
        return self.net.rank[self.net.group_owner[group]], group

    # Small things

    def _set_timer(self, after_s: float, kind: int, what: int | Key, since: float) -> None:
        at_s = self.now + after_s
        if at_s <= self.until_s + SAME_INSTANT_S:
            heapq.heappush(self.timers, (at_s, kind, what, since))

    def tell(self, asset: int, state: str, because: Mapping[str, Any]) -> None:
        """Tell a change of this instant."""
        self.told.append(Event(self.now, self.topology.ids[asset], state, because))

    def _in_order(self, assets: Iterable[int]) -> list[int]:
        return sorted(assets, key=self.net.rank.__getitem__)
