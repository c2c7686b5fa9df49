"""Why each lost asset is lost: the group that broke, or what took it along (sections 2 and 6).

Explanations are well founded: a loss of level k is explained by losses of levels below k, down to what the question
names.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from twin.impact.along import Along
from twin.impact.loops import Reach, reach_arrays, reach_loop
from twin.impact.settle import Base
from twin.impact.spread import FINAL
from twin.impact.wide import spans
from twin.topology.model import Bools, Ints

Because = dict[str, Any]


class Explainer:
    """Explains the lost of one scenario.

    `fell`: n, 0 = up, -1 = down in the base, k = fell at level k; taken over. `named`: what the question fails.
    """

    def __init__(self, base: Base, fell: Ints, named: tuple[int, ...]) -> None:
        self.base, self.topology = base, base.topology
        self._fell, self._named = fell, named
        self._texts: dict[tuple[int, int], tuple[str, str]] = {}

    @cached_property
    def _reach(self) -> Reach:
        return reach_arrays(self.base.net)

    @cached_property
    def _before(self) -> Ints:
        return self.base.fell.copy()

    @cached_property
    def _along(self) -> Along:
        return Along(self.topology, self._named, self.base.gone)

    def because(self, asset: int) -> Because:
        """Why a lost asset is lost, as in `because` of the answer."""
        return self.all(np.array([asset], np.int32))[asset]

    def all(self, assets: Ints) -> dict[int, Because]:
        """The same for many lost assets at once; costs what these cost, however many are lost."""
        topology = self.topology
        taken = (self._fell[assets] == 1) & self._along.takes(assets)
        rest = assets[~taken]
        groups, at = spans(topology.owner_start, rest)
        in_loop = np.bincount(at, topology.loop_of_group[groups] >= 0, minlength=len(rest)) > 0
        told = self._along.of(assets[taken])
        told.update((asset, self._broken(asset)) for asset in rest[in_loop].tolist())
        told.update(self._broken_all(rest[~in_loop]))
        return told

    def _broken_all(self, assets: Ints) -> dict[int, Because]:
        """Explanations of assets that stand in no loop."""
        topology = self.topology
        groups, at = spans(topology.owner_start, assets)
        places, of = spans(topology.member_start, groups)
        fell = self._fell[topology.member[places]]
        early = (fell > 0) & (fell < self._fell[assets][at[of]]) | (fell < 0)
        left = np.bincount(of, ~early, minlength=len(groups))
        broken = np.flatnonzero(left < topology.group_need[groups])
        chosen = broken[np.unique(at[broken], return_index=True)[1]]
        final = np.bincount(of, fell == 0, minlength=len(groups)).astype(np.int32)
        begins = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(groups)))])
        told: dict[int, Because] = {}
        suppliers = topology.member[places]
        gone = np.flatnonzero(fell > 0)
        names = dict(zip(gone.tolist(), topology.ids.many(suppliers[gone]), strict=True))
        of_gone = np.searchsorted(gone, begins)
        columns = (
            groups[chosen],
            topology.group_owner[groups[chosen]],
            final[chosen],
            of_gone[chosen],
            of_gone[chosen + 1],
        )
        gone_list = gone.tolist()
        for group, owner, left_over, first, last in zip(*(column.tolist() for column in columns), strict=True):
            told[owner] = self._told(group, left_over, sorted(names[entry] for entry in gone_list[first:last]))
        return told

    def _told(self, group: int, available: int, lost_suppliers: list[str]) -> Because:
        key = int(self.topology.group_type[group]), int(self.topology.group_name[group])
        if key not in self._texts:
            self._texts[key] = self.topology.group_text(group)
        kind, name = self._texts[key]
        return {
            "type": kind,
            "group": name,
            "need": int(self.topology.group_need[group]),
            "available": available,
            "lost_suppliers": lost_suppliers,
        }

    def _broken(self, asset: int) -> Because:
        group = self.broken_group(asset)
        left, before = self._available(group, self._fell), self._available(group, self._before)
        lost = self.topology.suppliers(group)[before & ~left]
        return self._told(group, int(left.sum()), self.topology.ids.texts(lost))

    def broken_group(self, asset: int) -> int:
        """The first group, by type and name, that losses of earlier levels alone break."""
        level = int(self._fell[asset])
        topology = self.topology
        for group in topology.groups(asset):
            if int(self._available(group, self._fell, level).sum()) < topology.group_need[group]:
                return group
        raise LookupError(f"{topology.ids[asset]} did not fall by a group")

    def _available(self, group: int, fell: Ints, level: int = FINAL) -> Bools:
        """Which suppliers of a group are available (by position), as far as losses before `level` go."""
        topology = self.topology
        places = slice(int(topology.member_start[group]), int(topology.member_start[group + 1]))
        suppliers = topology.member[places]
        up = (fell[suppliers] == 0) | (fell[suppliers] >= level)
        loop = int(topology.loop_of_group[group])
        if loop < 0:
            return up
        slots = topology.member_slot[places]
        owner = int(topology.group_owner[group])
        held, fell[owner] = int(fell[owner]), -1  # what is reached without the owner
        reach_loop(self.base.net, self._reach, fell, loop, level, False)
        fell[owner] = held
        return up & ((slots < 0) | (self._reach.rank[slots] >= 0))
