"""Which of the assets that are down explain the others.

The roots are a smallest set whose failure takes down all that is reported down: from the latest report to the earliest
each asset is left out that the failure of the rest takes down anyhow. So what two assets explain of each other (cycles
between power and cooling) keeps the earlier one, and nothing is left out that nothing explains.

What supplies only loads cannot take down anything else, so the plant is looked at first, and then the loads alone. Runs
of assets are left out together where the rest explains them all, which is the same as one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from twin.impact.settle import Scenario
from twin.impact.timeline import Stopped
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology


class Folding:
    """Works on a scenario at rest in the state with nothing down, and leaves it at rest.

    `stopped` is asked before each evaluation; once it says yes, `Stopped` is raised.
    """

    def __init__(self, scenario: Scenario, stopped: Callable[[], bool] = lambda: False) -> None:
        self.scenario, self.stopped = scenario, stopped
        topology = scenario.topology
        self._minor, self._chained = _minor(topology)
        assets = np.arange(len(topology), dtype=np.int32)
        self._takers, self._wholes = (
            np.repeat(assets, np.diff(s)) for s in (topology.along_start, topology.part_start)
        )

    def roots(self, down: Sequence[int]) -> list[int]:
        """The roots among what is down, given in the order in which it was reported; in that order."""
        plant = [asset for asset in down if not self._minor[asset]]
        kept = self._pruned([], plant)
        fallen = self.down_after(kept)
        loads = [asset for asset in down if self._minor[asset] and not fallen[asset]]
        alone = [asset for asset in loads if not self._chained[asset]]
        chained = [asset for asset in loads if self._chained[asset]]
        found = {*kept, *alone, *self._pruned([*kept, *alone], chained)} if chained else {*kept, *alone}
        return [asset for asset in down if asset in found]

    def explained(self, roots: Sequence[int], folded: Sequence[int]) -> dict[int, list[int]]:
        """For each of what is folded, the roots that explain it.

        These are the roots that take it down alone; where none does, those without which it would be up; where there
        are none either, all roots.
        """
        by: dict[int, list[int]] = {asset: [] for asset in folded}
        if not folded:
            return by
        for root in roots:
            if self._minor[root] and not any(self._chained[asset] for asset in folded):
                continue
            fallen = self.down_after([root])
            for asset in folded:
                if fallen[asset]:
                    by[asset].append(root)
        open_ones = [asset for asset in folded if not by[asset]]
        for root in roots if open_ones else ():
            fallen = self.down_after([other for other in roots if other != root])
            for asset in open_ones:
                if not fallen[asset]:
                    by[asset].append(root)
        return {asset: found or list(roots) for asset, found in by.items()}

    def down_after(self, failed: Iterable[int]) -> Bools:
        """Who is down when these have failed (n)."""
        if self.stopped():
            raise Stopped
        try:
            self._fail(failed)
            return self.scenario.down
        finally:
            self.scenario.undo()

    def _fail(self, failed: Iterable[int]) -> None:
        """Fail them in the scenario, until it is undone."""
        self.scenario.fail(failed)

    def _broken(self, down: Bools) -> Ints:
        """Who would go down by what is down, beside those whose groups lack suppliers and what is taken along."""
        return np.empty(0, np.int32)

    def _pruned(self, fixed: list[int], assets: list[int]) -> list[int]:
        """What is left of `assets` when each is left out, latest first, that `fixed` and the rest take down."""
        certain = self._certain(fixed, assets)
        fallen = self.down_after([*fixed, *certain])
        doubtful = [asset for asset in assets if not fallen[asset]]
        found = {*certain, *self._pruned_one_by_one([*fixed, *certain], doubtful)}
        return [asset for asset in assets if asset in found]

    def _certain(self, fixed: list[int], assets: list[int]) -> list[int]:
        """Those of `assets` that would be up even where `fixed` and all the others have failed.

        Whatever is left out, nothing takes these down; and what they take down is left out, whatever else is not. So
        only what remains (it hangs on itself in a circle) is looked at one by one: on a whole campus that has lost its
        supply, a handful of evaluations in the place of tens of thousands.
        """
        if not assets:
            return []
        scenario, topology = self.scenario, self.scenario.topology
        held = ~self.down_after(fixed)
        try:
            self._fail([*fixed, *assets])
            down, available = scenario.down, scenario.available()
        finally:
            scenario.undo()
        held[topology.group_owner[available < topology.group_need]] = False
        held[self._broken(down)] = False
        # What a failure takes along (section 6) is not told by groups.
        held[topology.along[down[self._takers]]] = False
        held[topology.part[down[self._wholes]]] = False
        return [asset for asset in assets if held[asset]]

    def _pruned_one_by_one(self, fixed: list[int], assets: list[int]) -> list[int]:
        """The same, trying."""
        kept = list(assets)
        pending = [assets[::-1]] if assets else []
        while pending:
            block = pending.pop()
            gone = set(block)
            rest = [asset for asset in kept if asset not in gone]
            if self.down_after([*fixed, *rest])[block].all():
                kept = rest
            elif len(block) > 1:
                half = len(block) // 2
                pending += [block[half:], block[:half]]
        return kept


class ForNow(Folding):
    """The same before any standby source runs, and while transfer groups change their source.

    A consumer that takes time to change (`transfer_s`) counts as down where the source that it has in the base state is
    lost. So more is down than at any moment of the timeline that begins with the same failures.
    """

    def __init__(self, scenario: Scenario, stopped: Callable[[], bool] = lambda: False) -> None:
        super().__init__(scenario, stopped)
        self._absent: list[int] = np.flatnonzero(scenario.topology.standby).tolist()
        self._owner, self._active = _slow_sources(scenario)

    @property
    def differs(self) -> bool:
        """Whether this campus has anything that is down only for now."""
        return bool(self._absent) or len(self._owner) > 0

    def split(self, roots: Sequence[int]) -> tuple[list[int], list[int]]:
        """The roots of the roots that are no mere loads, and those that may be down for now by these."""
        causes = self._pruned([], [asset for asset in roots if not self._minor[asset]])
        fallen, kept = self.down_after(causes), set(causes)
        return causes, [asset for asset in roots if fallen[asset] and asset not in kept]

    def _fail(self, failed: Iterable[int]) -> None:
        self.scenario.fail([*self._absent, *failed])
        while True:
            down = self.scenario.down
            changing = distinct(self._owner[down[self._active] & ~down[self._owner]])
            if not len(changing):
                return
            self.scenario.fail(changing.tolist())

    def _broken(self, down: Bools) -> Ints:
        return self._owner[down[self._active]]


def _slow_sources(scenario: Scenario) -> tuple[Ints, Ints]:
    """Consumers whose transfer groups take time to change, and the source that each has in the base state.

    That is the first of the suppliers that are up: no standby source before one, then by priority, then by id.
    """
    topology = scenario.topology
    slow = topology.group_transfer & (topology.transfer_s[topology.group_owner] > 0.0)
    group = np.repeat(np.arange(len(slow)), np.diff(topology.member_start))
    usable = np.flatnonzero(slow[group] & (scenario.base.fell[topology.member] == 0))
    member = topology.member[usable]
    keys = topology.ids.rank[member], topology.member_priority[usable], topology.standby[member], group[usable]
    usable = usable[np.lexsort(keys)]
    groups, first = np.unique(group[usable], return_index=True)
    return topology.group_owner[groups], topology.member[usable[first]]


def _minor(topology: Topology) -> tuple[Bools, Bools]:
    """Loads that supply nothing but such loads and take nothing along; and those of them that such loads supply."""
    minor = topology.loads & (np.diff(topology.along_start) == 0) & (np.diff(topology.part_start) == 0)
    supplier = topology.member
    consumer = np.repeat(topology.group_owner, np.diff(topology.member_start))
    while True:
        beyond = minor.copy()
        beyond[supplier[~minor[consumer]]] = False
        if (beyond == minor).all():
            break
        minor = beyond
    chained = np.zeros(len(topology), np.bool_)
    chained[consumer[minor[supplier] & minor[consumer]]] = True
    return minor, chained
