"""Load that follows a scenario: kept up to date from one settled state to the next, and undone with it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from twin.impact._jit import is_at_hand
from twin.impact._keep import keep
from twin.impact.load import Flows, Overload, flows, overloaded, overloads_among
from twin.impact.load_plan import COOLS, FEEDS, Walk, plan
from twin.impact.reach import members_of
from twin.impact.settle import LARGE, Base, Scenario
from twin.impact.shift import Given, Loads, Side, Wires, follow, unfollow
from twin.impact.spread import FALLEN

if TYPE_CHECKING:
    from twin.impact.net import Net
    from twin.topology.model import Bools, Floats, Ints, Topology


class Following:
    """The loads of a scenario: `advance` after each `fail`, `undo` beside its undo. Exact, as `load.flows` is.

    Work is in proportion to what changes, so that one failure costs microseconds where `load.flows` costs milliseconds.
    """

    def __init__(self, scenario: Scenario, base: Flows) -> None:
        """`scenario` at rest; `base`: the loads of its base state."""
        topology = scenario.topology
        self.scenario = scenario
        self.base = base
        self.loads = loads_of(topology, base, scenario.work.fell, base.given_kw)
        self._entries, self._at = members_of(topology, topology.standby_group)
        self._sources = np.flatnonzero(topology.standby).astype(np.int32)
        self._running = base.called.copy()
        self._done = 0
        self._over_in_base: dict[float, Ints] = {}

    def advance(self) -> None:
        """Move load after the losses since the last call."""
        work = self.scenario.work
        fallen = work.queue[self._done : int(work.counts[FALLEN])].copy()
        self._done += len(fallen)
        self.scenario.kernel(follow)(*self.loads, fallen, self._call())

    def _call(self) -> Ints:
        """Bring up to date which standby sources run; returns those that changed."""
        if not len(self._sources):
            return self._sources
        topology, fell = self.scenario.topology, self.scenario.work.fell
        now = np.zeros(len(topology), np.bool_)
        now[topology.member[self._entries[self.scenario.calling()[self._at]]]] = True
        now = now[self._sources] & (fell[self._sources] == 0)
        changed = self._sources[now != self._running[self._sources]]
        self._running[changed] ^= True
        self.loads.wires.usable[self._sources] = now
        return changed

    def overloaded(self, limit: float) -> list[Overload]:
        """Every overload now, by id and kind; those of the base included, and marked so."""
        if limit not in self._over_in_base:
            before = overloaded(self.scenario.topology, self.base, self.base, limit)
            self._over_in_base[limit] = np.array([entry.asset for entry in before], np.int32)
        power, cooling = self.loads.power, self.loads.cooling
        changed = [side.changed[: side.counts[0]] for side in (power, cooling)]
        suspects = np.unique(np.concatenate([*changed, self._over_in_base[limit]]))
        return overloads_among(suspects, self.scenario.topology, self.base, (power.load, cooling.load), limit)

    def now_kw(self) -> tuple[Floats, Floats]:
        """Power and cooling load of each asset now (n each); they change with the next call."""
        return self.loads.power.load, self.loads.cooling.load

    def undo(self) -> None:
        """Back to the loads of the base state; before the scenario's own undo."""
        self.scenario.kernel(unfollow)(*self.loads[1:])
        fallen = self.scenario.work.queue[: self._done]
        self.loads.wires.usable[fallen] = ~self.scenario.topology.standby[fallen]
        self.loads.wires.usable[self._sources] = self._running[self._sources] = self.base.called[self._sources]
        self._done = 0


def loads_of(topology: Topology, before: Flows, fell: Ints, given_kw: Floats) -> Loads:
    """What the kernels work on, at rest in a base state; `fell` (n) follows the scenario."""
    usable = (fell == 0) & (before.called | ~topology.standby)
    power = _side(topology, FEEDS, before.load_kw)
    cooling = _side(topology, COOLS, before.cooling_load_kw)
    return Loads(wires_of(topology, usable, fell), power, cooling, Given(*journal(given_kw)))


def wires_of(topology: Topology, usable: Bools, fell: Ints) -> Wires:
    """What the kernels read of a topology and of a scenario (`usable` and `fell`, n)."""
    named = {name: getattr(topology, name) for name in Wires._fields if hasattr(topology, name)}
    return Wires(**named, rank=topology.ids.rank, usable=usable, fell=fell)


def _side(topology: Topology, kind: int, load: Floats) -> Side:
    walk: Walk = plan(topology).power if kind == FEEDS else plan(topology).cooling
    groups = np.flatnonzero(topology.group_type == kind).astype(np.int32)
    loops = {
        number: topology.loop_asset[topology.loop_start[number] : topology.loop_start[number + 1]]
        for number in np.flatnonzero(topology.loop_type == kind).tolist()
    }
    return side_of(topology, groups, loops, walk.level, len(walk.steps), load)


def side_of(  # noqa: PLR0913, PLR0917 - what is known of one type
    net: Net | Topology, groups: Ints, loops: Mapping[int, Ints], level: Ints, steps: int, load: Floats
) -> Side:
    """The working arrays of one type, at the loads given (n, kW).

    `groups`: of that type; `loops`: the members of each loop of it; `level`: of each asset, then of each loop.
    """
    begin, end = groups_of(net, groups, len(load))
    unit = np.where(begin < end, np.arange(len(load), dtype=np.int32), np.int32(-1))
    for number, members in loops.items():
        unit[members] = len(load) + number
    return Side(
        begin,
        end,
        unit,
        level,
        *journal(load),
        np.full(steps, -1, np.int32),
        np.empty(len(level), np.int32),
        np.zeros(len(level), np.bool_),
        np.zeros(len(net.loop_asset), np.int32),
        np.empty(len(load), np.int32),
    )


def groups_of(net: Net | Topology, groups: Ints, count: int) -> tuple[Ints, Ints]:
    """The first of these groups of each asset, and the one after the last (both n; equal where there is none)."""
    owner = net.group_owner[groups]
    begin = np.zeros(count, np.int32)
    end = np.zeros(count, np.int32)
    begin[owner[::-1]] = groups[::-1]
    end[owner] = groups + 1
    return begin, end


def journal(values: Floats) -> tuple[Floats, Floats, Bools, Ints, Ints]:
    """Values that are changed in place, and the empty journal of what they were."""
    count = len(values)
    return (
        values.copy(),
        np.empty(count),
        np.zeros(count, np.bool_),
        np.empty(count, np.int32),
        np.zeros(1, np.int32),
    )


class Refigured:
    """The same as `Following`, worked out anew at each step with numpy: for a process without numba."""

    def __init__(self, scenario: Scenario, base: Flows) -> None:
        self.scenario = scenario
        self.base = self.now = base

    def advance(self) -> None:
        """Work out the loads after the losses so far."""
        self.now = flows(self.scenario.topology, self.scenario.work.fell == 0)

    def overloaded(self, limit: float) -> list[Overload]:
        """Every overload now, by id and kind; those of the base included, and marked so."""
        return overloaded(self.scenario.topology, self.base, self.now, limit)

    def now_kw(self) -> tuple[Floats, Floats]:
        """Power and cooling load of each asset now (n each)."""
        return self.now.load_kw, self.now.cooling_load_kw

    def undo(self) -> None:
        """Back to the loads of the base state."""
        self.now = self.base


_base_flows: WeakKeyDictionary[Base, Flows] = WeakKeyDictionary()


def base_flows(base: Base) -> Flows:
    """Loads of a base state; worked out once for each."""
    known = _base_flows.get(base)
    if known is None:
        known = _base_flows[base] = flows(base.topology, base.fell == 0)
    return known


def adopt(base: Base, known: Flows) -> None:
    """Take over the loads of a base state that were worked out earlier."""
    _base_flows[base] = known


class _Kept:
    """The loads of one base state with a scenario of their own, for one thread at a time."""

    def __init__(self, base: Base, *, compiled: bool) -> None:
        self.lock = Lock()
        kind = Following if compiled else Refigured
        self.following = kind(Scenario(base, compile_kernels=compiled or None), base_flows(base))


@keep
def _kept(base: Base, compiled: bool) -> _Kept:
    return _Kept(base, compiled=compiled)


COMPILE_FROM = 50
"""So many scenarios of a large campus are worth loading the compiler's kernels."""


@contextmanager
def following(base: Base, *, many: int = 1) -> Generator[Following | Refigured]:
    """The loads of a base state, at rest, with a scenario to fail; kept for the bases asked about last.

    `many`: how many scenarios will be failed one after the other.
    """
    kept = _kept(base, is_at_hand(follow) or (many >= COMPILE_FROM and len(base.topology) >= LARGE))
    with kept.lock:
        try:
            yield kept.following
        finally:
            kept.following.undo()
            kept.following.scenario.undo()
