"""The timeline (section 4): a literal simulation from one instant to the next.

Times are exact fractions of a second. Losses, returns and starts follow the rules one by one; nothing is clever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from .model import Campus, Group
from .settle import available, base_state, called, enough

HOLDS = {"FEEDS": "power_hold_s", "COOLS": "cooling_hold_s", "SUPPLIES": "supply_hold_s"}


class Change(NamedTuple):
    """One line of the timeline."""

    at_s: Fraction
    id: str
    state: str


@dataclass
class State:
    """What the simulation remembers between two instants."""

    up: set[str]
    stays_down: set[str]
    running: set[str]
    first_run: dict[str, Fraction] = field(default_factory=dict[str, Fraction])  # when first available
    starting: dict[str, Fraction] = field(default_factory=dict[str, Fraction])  # when the start began
    empty: set[str] = field(default_factory=set[str])
    broken: dict[tuple[str, str], Fraction] = field(default_factory=dict[tuple[str, str], Fraction])
    met: dict[str, Fraction] = field(default_factory=dict[str, Fraction])  # a down asset's groups, without a pause
    active: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    break_until: dict[tuple[str, str, str], Fraction] = field(default_factory=dict[tuple[str, str, str], Fraction])
    told: list[Change] = field(default_factory=list[Change])


class Simulation:
    """One question; `run` answers it."""

    def __init__(
        self,
        campus: Campus,
        failed: Iterable[str],
        out: Iterable[str] = (),
        later: Mapping[Fraction, Iterable[str]] | None = None,
    ) -> None:
        """`later`: further failures by second, what each takes along included."""
        self.campus = campus
        self.later = {at: set(assets) for at, assets in (later or {}).items()}
        self.now = Fraction(0)
        base = base_state(campus, out)
        running = called(campus, base)
        self.named = set(failed)
        taken = campus.taken_along(self.named, out)
        self.state = State(up=set(base), stays_down=taken, running=running)
        self.state.first_run = dict.fromkeys(running, Fraction(0))
        self.transfers = [g for g in campus.groups if g.policy == "transfer"]
        while self._follow():  # the sources that are active at t = 0, from none
            pass
        self.state.break_until.clear()
        self._note_clocks()
        self.taken = taken & base

    # What is available, met, called (sections 1 and 4)

    def _usable(self, asset: str) -> bool:
        """Up; a standby source counts only while it runs."""
        return asset in self.state.up and (not self.campus.standby(asset) or asset in self.state.running)

    def _group_met(self, group: Group, some: Set[str]) -> bool:
        if not enough(group, some):
            return False
        if group.policy != "transfer":
            return True
        transfer_s = self.campus.number(group.owner, "transfer_s", Fraction(0))
        return self.state.break_until.get(group.key, self.now) <= self.now and (
            transfer_s == 0 or self.state.active.get(group.key) in some
        )

    def _available(self, group: Group) -> set[str]:
        return available(self.campus, group, usable=self._usable, met=self._group_met)

    def _is_met(self, group: Group) -> bool:
        return self._group_met(group, self._available(group))

    def _broken_types(self, asset: str) -> set[str]:
        return {g.type for g in self.campus.groups_of(asset) if not self._is_met(g)}

    def _calls(self) -> set[str]:
        """A standby source is called while a group that lists it has fewer than `need` non-standby suppliers."""
        calls: set[str] = set()
        for group in self.campus.groups:
            if any(self.campus.standby(s) for s in group.suppliers):
                others = {s for s in self._available(group) if not self.campus.standby(s)}
                if not enough(group, others):
                    calls |= {s for s in group.suppliers if self.campus.standby(s)}
        return calls

    # Clocks

    def _note_clocks(self) -> None:
        """Start and stop the clocks of holds and restarts as groups break and are met again."""
        s = self.state
        for asset in self.campus.assets:
            broken = self._broken_types(asset)
            for kind in {g.type for g in self.campus.groups_of(asset)}:
                if kind in broken:
                    s.broken.setdefault((asset, kind), self.now)
                else:
                    s.broken.pop((asset, kind), None)  # holds refill at once
            if asset in s.up or broken:
                s.met.pop(asset, None)
            else:
                s.met.setdefault(asset, self.now)

    def _hold_s(self, asset: str, kind: str) -> Fraction:
        return self.campus.number(asset, HOLDS[kind], Fraction(0)) if kind in HOLDS else Fraction(0)

    def _restart_at(self, asset: str) -> Fraction | None:
        if asset in self.state.up or asset in self.state.stays_down or asset not in self.state.met:
            return None
        return self.state.met[asset] + self.campus.number(asset, "restart_s", Fraction(0))

    def _start_at(self, asset: str) -> Fraction:
        return self.state.starting[asset] + self.campus.number(asset, "start_s", Fraction(0))

    def _empty_at(self, asset: str) -> Fraction | None:
        run_s = self.campus.number(asset, "run_s", None)
        if run_s is None or asset not in self.state.first_run or asset in self.state.empty:
            return None
        return self.state.first_run[asset] + run_s

    # Changes

    def _tell(self, asset: str, state: str) -> None:
        self.state.told.append(Change(self.now, asset, state))

    def _take_down(self, assets: Iterable[str], *, quiet: Set[str] = frozenset()) -> None:
        for asset in sorted(assets):
            self.state.up.discard(asset)
            self.state.running.discard(asset)
            self.state.starting.pop(asset, None)  # must be called and started anew
            if asset not in quiet:
                self._tell(asset, "lost")

    def _return_supply(self) -> bool:
        """What comes back now: restarts and starts that are complete, and breaks that end by themselves."""
        back = {a for a in self.campus.assets if (at := self._restart_at(a)) is not None and at <= self.now}
        runs = {a for a in self.state.starting if self._start_at(a) <= self.now}
        for asset in sorted(back):
            self.state.up.add(asset)
            self._tell(asset, "up")
        for asset in sorted(runs):
            del self.state.starting[asset]
            self.state.running.add(asset)
            self.state.first_run.setdefault(asset, self.now)
            self._tell(asset, "running")
        return bool(back or runs)

    def _begin_starts(self) -> bool:
        begun = {
            a
            for a in self._calls()
            if a in self.state.up and a not in self.state.running | self.state.empty | self.state.starting.keys()
        }
        self.state.starting.update(dict.fromkeys(begun, self.now))
        return bool(begun)

    def _supply_returns(self) -> None:
        """Returns and starts, until nothing more comes back in this instant."""
        self._note_clocks()
        while True:
            while self._return_supply():
                self._note_clocks()
            if not self._begin_starts():
                return

    def _expire(self) -> None:
        """Holds and runs that end now."""
        falls = {
            a
            for (a, kind), since in self.state.broken.items()
            if a in self.state.up and 0 < self._hold_s(a, kind) <= self.now - since
        }
        runs_out = {a for a in self.campus.assets if (at := self._empty_at(a)) is not None and at <= self.now}
        for asset in sorted(runs_out):
            self.state.empty.add(asset)
            self.state.running.discard(asset)
            self.state.starting.pop(asset, None)
            if asset in self.state.up:  # empty is told of sources that stand there and could run, not of lost ones
                self._tell(asset, "empty")
        self._take_down(falls)
        self._note_clocks()

    def _spread(self) -> None:
        """Losses without a hold, round by round; starts that take no time come before each."""
        while True:
            self._supply_returns()
            falls = {a for (a, kind) in self.state.broken if a in self.state.up and self._hold_s(a, kind) == 0}
            if not falls:
                return
            self._take_down(falls)
            self._note_clocks()

    def _follow(self) -> bool:
        """The active sources follow, one after the other by consumer and group."""
        changed = False
        for group in self.transfers:
            some = self._available(group)
            if not some:
                continue
            best = min(some, key=lambda a: (self.campus.standby(a), group.suppliers[a], a))
            old = self.state.active.get(group.key)
            if best != old:
                if old is not None and old not in some:
                    transfer_s = self.campus.number(group.owner, "transfer_s", Fraction(0))
                    self.state.break_until[group.key] = self.now + transfer_s
                self.state.active[group.key] = best
                changed = True
        return changed

    def _fail(self) -> None:
        """Later failures of this instant: after what returns and expires, before losses spread."""
        failing = self.later.pop(self.now, set())
        self.state.stays_down |= failing
        self._take_down(failing & self.state.up)
        self._note_clocks()

    def _instant(self) -> None:
        while True:
            self._supply_returns()
            self._expire()
            self._fail()
            self._spread()
            if not self._follow():
                return
            self._note_clocks()

    def _next(self) -> Fraction | None:
        s = self.state
        times = [since + self._hold_s(a, kind) for (a, kind), since in s.broken.items() if a in s.up]
        times += [at for a in self.campus.assets if (at := self._restart_at(a)) is not None]
        times += [self._start_at(a) for a in s.starting]
        times += [at for a in self.campus.assets if (at := self._empty_at(a)) is not None]
        times += list(s.break_until.values())
        times += list(self.later)
        return min((t for t in times if t > self.now), default=None)

    def run(self, until_s: float = 86_400.0) -> list[Change]:
        """Every change up to and including `until_s`, in order of time."""
        self._take_down(self.taken, quiet=self.named)
        self._instant()
        while (at := self._next()) is not None and at <= Fraction(str(until_s)):
            self.now = at
            self._instant()
        return self.state.told


def timeline(campus: Campus, failed: Iterable[str], out: Iterable[str] = (), until_s: float = 86_400.0) -> list[Change]:
    """Who is lost, up again, running or empty, and when (section 4)."""
    return Simulation(campus, failed, out).run(until_s)
