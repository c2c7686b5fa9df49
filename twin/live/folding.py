"""Which of the assets that are down explain the others.

The roots are a smallest set whose failure takes down all that is reported down: from the latest report to the earliest
each asset is left out that the failure of the rest takes down anyhow. So what two assets explain of each other (cycles
between power and cooling) keeps the earlier one, and nothing is left out that nothing explains.

What supplies only loads cannot take down anything else, so the plant is looked at first, and then the loads alone. Runs
of assets are left out together where the rest explains them all, which is the same as one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from twin.impact.settle import Scenario
from twin.topology.model import Bools, Topology


class Folding:
    """Works on a scenario at rest in the state with nothing down, and leaves it at rest."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._minor, self._chained = _minor(scenario.topology)

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

    def without(self, absent: list[int], roots: Sequence[int]) -> tuple[list[int], list[int]]:
        """The roots apart that are left when these assets are taken for absent, and those that the others explain."""
        causes = self._pruned(absent, [asset for asset in roots if not self._minor[asset]])
        fallen, kept = self.down_after([*absent, *causes]), set(causes)
        return causes, [asset for asset in roots if fallen[asset] and asset not in kept]

    def explained(
        self, roots: Sequence[int], folded: Sequence[int], absent: Sequence[int] = ()
    ) -> dict[int, list[int]]:
        """For each of what is folded, the roots that explain it, where `absent` are taken for absent.

        These are the roots that take it down alone; where none does, those without which it would be up; where there
        are none either, all roots.
        """
        by: dict[int, list[int]] = {asset: [] for asset in folded}
        if not folded:
            return by
        for root in roots:
            if self._minor[root] and not any(self._chained[asset] for asset in folded):
                continue
            fallen = self.down_after([*absent, root])
            for asset in folded:
                if fallen[asset]:
                    by[asset].append(root)
        open_ones = [asset for asset in folded if not by[asset]]
        for root in roots if open_ones else ():
            fallen = self.down_after([*absent, *(other for other in roots if other != root)])
            for asset in open_ones:
                if not fallen[asset]:
                    by[asset].append(root)
        return {asset: found or list(roots) for asset, found in by.items()}

    def down_after(self, failed: Iterable[int]) -> Bools:
        """Who is down when these have failed (n)."""
        try:
            self.scenario.fail(failed)
            return self.scenario.down
        finally:
            self.scenario.undo()

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
            scenario.fail([*fixed, *assets])
            down, available = scenario.down, scenario.available()
        finally:
            scenario.undo()
        held[topology.group_owner[available < topology.group_need]] = False
        # What a failure takes along (section 6) is not told by groups.
        takers = np.repeat(np.arange(len(topology)), np.diff(topology.along_start))
        held[topology.along[down[takers]]] = False
        wholes = np.repeat(np.arange(len(topology)), np.diff(topology.part_start))
        held[topology.part[down[wholes]]] = False
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
