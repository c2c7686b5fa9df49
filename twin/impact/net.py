"""The supply net as kernels read it: the topology's arrays by the same names."""

from __future__ import annotations

from typing import NamedTuple

from twin.impact._bundle import bundle
from twin.topology.model import Bools, Ints, Topology


@bundle
class Net(NamedTuple):
    """The topology's arrays that kernels read."""

    owner_start: Ints
    group_owner: Ints
    group_need: Ints
    loop_of_group: Ints
    supplied_start: Ints
    supplied_group: Ints
    supplied_position: Ints
    member_start: Ints
    member: Ints
    member_slot: Ints
    group_slot: Ints
    loop_start: Ints
    loop_asset: Ints
    slot_group_start: Ints
    slot_group_end: Ints
    inside_start: Ints
    inside_group: Ints
    standby: Bools
    standby_group: Ints
    along_start: Ints
    along: Ints
    part_start: Ints
    part: Ints
    whole_start: Ints
    whole: Ints


def net_of(topology: Topology) -> Net:
    """The kernels' view of a topology."""
    return Net(*(getattr(topology, name) for name in Net._fields))
