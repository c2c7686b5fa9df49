"""Settled states: who is up before the question, and in its scenario, with an exact undo (sections 1, 2 and 6).

    base = settle_base(topology)                     # nothing out
    base = settle_base(topology, [asset, …])         # out, with what section 6 takes along (along=False: these alone)
    scenario = Scenario(base)                        # working arrays, reusable; one for each thread
    scenario.fail([asset, …])                        # the same for failures; may be called again to fail more
    scenario.lost(), scenario.degraded(), scenario.down, scenario.available()
    scenario.undo()                                  # back to the base state

Other kernels call `seed`, `spread` and `unspread` of `twin.impact.spread` on `base.net` and `scenario.work`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ParamSpec, TypeVar

import numpy as np

from twin.impact._jit import compiled, is_at_hand, is_loaded
from twin.impact.net import Net, net_of
from twin.impact.spread import (
    DIRTY,
    FALLEN,
    LOOPS,
    calling_groups,
    count_loops,
    list_degraded,
    note_degraded,
    seed_all,
    spread,
    take_along,
    unspread,
    work_of,
)
from twin.impact.wide import WIDE
from twin.topology.model import Bools, Ints, Topology

P = ParamSpec("P")
R = TypeVar("R")


LARGE = 20_000
"""Campuses from this many assets on are worth the compiler, whatever is asked."""


@dataclass(frozen=True, eq=False)
class Base:
    """A settled state before the question."""

    topology: Topology
    net: Net
    out: Ints
    """The assets that are out, sorted."""
    gone: Ints
    """These and what they take along."""
    fell: Ints
    """n: 0 = up, -1 = down."""
    slack: Ints
    """g: up suppliers − need, whether or not they are available in a loop."""
    available: Ints
    """g: available suppliers, exact."""
    calling: Bools
    """For each of `topology.standby_group`: calls its standby sources."""

    @property
    def down(self) -> Bools:
        """n: down in this state."""
        return self.fell != 0

    @cached_property
    def down_assets(self) -> Ints:
        """Those down in this state, ascending."""
        return np.flatnonzero(self.fell).astype(np.int32)


def is_worth_it(function: Callable[..., object], topology: Topology) -> bool:
    """Whether a kernel runs compiled unasked: where numba is loaded, and on a small campus only if it is at hand."""
    return is_loaded() if len(topology) >= LARGE else is_at_hand(function)


class Scenario:
    """Working arrays for one scenario after another on a base. Not for several threads at once."""

    def __init__(self, base: Base, *, compile_kernels: bool | None = None) -> None:
        self.base = base
        self.topology = base.topology
        self.net = base.net
        self.work = work_of(base.net, base.fell.copy(), base.slack.copy(), base.gone)
        self.compile_kernels = compile_kernels
        self._listed = np.empty(len(base.topology), np.int32)

    def kernel(self, function: Callable[P, R]) -> Callable[P, R]:
        """A kernel as this scenario runs it: compiled if asked for, else in numpy or Python.

        By default compiled where numba is loaded anyway, and on a small campus only if it need not be made first.
        """
        use = self.compile_kernels
        if use is None:
            use = is_worth_it(function, self.topology)
        return compiled(function) if use else WIDE.get(function, function)

    def expand(self, assets: Iterable[int]) -> Ints:
        """The assets and all that their failure takes along (section 6), but for what is out already."""
        count = self.kernel(take_along)(self.net, self.work, np.fromiter(assets, np.int32), self._listed)
        return self._listed[:count].copy()

    def fail(self, assets: Iterable[int], *, along: bool = True) -> None:
        """Take assets down, with what they take along, and let the losses spread."""
        seeds = self.expand(assets) if along else np.fromiter(assets, np.int32)
        self.kernel(seed_all)(self.work, seeds)
        self.kernel(spread)(self.net, self.work)

    def undo(self) -> None:
        """Back to the base state."""
        self.kernel(unspread)(self.net, self.work)

    @property
    def down(self) -> Bools:
        """n: down in the scenario state (a fresh array)."""
        return self.work.fell != 0

    def fallen(self) -> Ints:
        """Those that are up in the base and down in the scenario, named ones included, in the order of their fall."""
        return self.work.queue[: self.work.counts[FALLEN]].copy()

    def available(self) -> Ints:
        """g: available suppliers of every group in the scenario state, exact (a fresh array)."""
        self.kernel(count_loops)(self.net, self.work)
        loop = self.topology.loop_of_group
        counted = (loop >= 0) & self.work.was_dirty[loop] if len(self.work.was_dirty) else loop >= 0
        available = np.where(loop >= 0, self.base.available, self.work.slack + self.topology.group_need)
        available[counted] = self.work.available[counted]
        return available.astype(np.int32)

    def degraded(self) -> Ints:
        """Those up in both states of which a group has fewer available suppliers than in the base state."""
        self.kernel(note_degraded)(self.net, self.work, self.base.available)
        return self._listed[: self.kernel(list_degraded)(self.work, self._listed)].copy()

    def calling(self) -> Bools:
        """For each of `topology.standby_group`: whether it calls its standby sources."""
        calling = np.empty(len(self.topology.standby_group), np.bool_)
        self.kernel(calling_groups)(self.net, self.work, self.base.calling, calling)
        return calling


def settle_base(  # noqa: PLR0913 - what the question takes
    topology: Topology,
    out: Iterable[int] = (),
    *,
    down: Iterable[int] = (),
    along: bool = True,
    start: Base | None = None,
    compile_kernels: bool | None = None,
) -> Base:
    """The settled state in which `out` and `down` (by live state) are out, with what they take along.

    `start` saves work: the state with nothing out.
    """
    begin = start or _nothing_out(topology, compile_kernels)
    named = np.unique(np.fromiter(out, np.int32)).astype(np.int32)
    absent = np.union1d(named, np.fromiter(down, np.int32)).astype(np.int32)
    if not len(absent):
        return begin
    scenario = Scenario(begin, compile_kernels=compile_kernels)
    gone = scenario.expand(absent) if along else absent
    scenario.fail(gone, along=False)
    return _settled(scenario, named, gone)


def _settled(scenario: Scenario, out: Ints, gone: Ints) -> Base:
    """The scenario's state as a base; the scenario is used up."""
    available, calling = scenario.available(), scenario.calling()
    fell = np.where(scenario.work.fell != 0, -1, 0).astype(np.int32)
    return Base(scenario.topology, scenario.net, out, gone, fell, scenario.work.slack, available, calling)


def _nothing_out(topology: Topology, compile_kernels: bool | None) -> Base:
    """Everything up, but what loops do not reach from outside, and what depends on that."""
    none = np.empty(0, np.int32)
    fell = np.zeros(len(topology), np.int32)
    slack = np.diff(topology.member_start) - topology.group_need
    calling = np.zeros(len(topology.standby_group), np.bool_)
    all_up = Base(topology, net_of(topology), none, none, fell, slack, slack + topology.group_need, calling)
    scenario = Scenario(all_up, compile_kernels=compile_kernels)
    count = len(topology.loop_type)
    scenario.work.dirty[:] = True
    scenario.work.was_dirty[:] = True
    scenario.work.dirty_list[:] = np.arange(count)
    scenario.work.counts[[LOOPS, DIRTY]] = count
    scenario.kernel(spread)(scenario.net, scenario.work)
    return _settled(scenario, none, none)
