"""The topology as the simulation reads it: memory views, because single elements of numpy arrays are slow to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.topology.model import Topology

FEEDS, COOLS, SUPPLIES = range(3)


class Reading:
    """Views of the arrays of a topology by the same names, and how long each type is held."""

    def __init__(self, topology: Topology) -> None:
        def view(values: NDArray[Any]) -> memoryview[Any]:
            return memoryview(cast("Any", np.ascontiguousarray(values)))

        self.topology = topology
        self.rank: memoryview[int] = view(topology.ids.rank)
        self.standby: memoryview[bool] = view(topology.standby)
        self.owner_start: memoryview[int] = view(topology.owner_start)
        self.group_owner: memoryview[int] = view(topology.group_owner)
        self.group_type: memoryview[int] = view(topology.group_type)
        self.group_need: memoryview[int] = view(topology.group_need)
        self.group_transfer: memoryview[bool] = view(topology.group_transfer)
        self.member_start: memoryview[int] = view(topology.member_start)
        self.member: memoryview[int] = view(topology.member)
        self.member_priority: memoryview[int] = view(topology.member_priority)
        self.member_in_loop: memoryview[bool] = view(topology.member_in_loop)
        self.supplied_start: memoryview[int] = view(topology.supplied_start)
        self.supplied_group: memoryview[int] = view(topology.supplied_group)
        self.loop_of_group: memoryview[int] = view(topology.loop_of_group)
        self.loop_start: memoryview[int] = view(topology.loop_start)
        self.loop_asset: memoryview[int] = view(topology.loop_asset)
        self.loop_type: memoryview[int] = view(topology.loop_type)
        self.group_slot: memoryview[int] = view(topology.group_slot)
        self.slot_group_start: memoryview[int] = view(topology.slot_group_start)
        self.slot_group_end: memoryview[int] = view(topology.slot_group_end)
        self.inside_start: memoryview[int] = view(topology.inside_start)
        self.inside_group: memoryview[int] = view(topology.inside_group)
        self.start_s: memoryview[float] = view(topology.start_s)
        self.run_s: memoryview[float] = view(topology.run_s)
        self.transfer_s: memoryview[float] = view(topology.transfer_s)
        self.restart_s: memoryview[float] = view(topology.restart_s)
        self.holds: dict[int, memoryview[float]] = {
            FEEDS: view(topology.power_hold_s),
            COOLS: view(topology.cooling_hold_s),
            SUPPLIES: view(topology.supply_hold_s),
        }
        lists = np.zeros(topology.group_count, np.bool_)
        lists[topology.standby_group] = True
        self.lists_standby: memoryview[bool] = view(lists)

    def hold_s(self, asset: int, kind: int) -> float:
        """How long an asset stays up while its groups of a type are broken."""
        return self.holds[kind][asset] if kind in self.holds else 0.0

    def is_slow(self, group: int) -> bool:
        """The group is broken while it changes its source, so that its active source matters."""
        return self.group_transfer[group] and self.transfer_s[self.group_owner[group]] > 0

    def groups(self, asset: int, kind: int) -> list[int]:
        """The groups of one type of an asset."""
        return [g for g in range(self.owner_start[asset], self.owner_start[asset + 1]) if self.group_type[g] == kind]

    def kinds(self, asset: int) -> set[int]:
        """The types of the groups of an asset."""
        return {self.group_type[g] for g in range(self.owner_start[asset], self.owner_start[asset + 1])}

    def entries(self, group: int) -> range:
        """The places of a group's suppliers in `member`."""
        return range(self.member_start[group], self.member_start[group + 1])
