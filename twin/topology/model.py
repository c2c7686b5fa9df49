"""The compiled campus: integer indices and flat arrays, read-only, with a version.

Index order: depth first along CONTAINS, children by id, so that the servers of a cabinet and the cabinets of a module
stand side by side. Lists of variable length are pairs of arrays: what belongs to i is `x[x_start[i]:x_start[i + 1]]`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.topology.strings import Ids

TYPES = ("FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS")
"""The supply types by their code, in the order of `schema.SUPPLY_TYPES`."""

FEEDS, COOLS, SUPPLIES, CONTROLS, CONNECTS, HOSTS = range(6)
UP, DOWN, OUT = range(3)
CONDITIONS = ("up", "down", "out")

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

NUMBERS: dict[str, float] = {
    "draw_kw": 0.0,
    "heat_kw": float("nan"),
    "efficiency": 1.0,
    "rated_kw": float("inf"),
    "rated_cooling_kw": float("inf"),
    "power_hold_s": 0.0,
    "cooling_hold_s": 0.0,
    "supply_hold_s": 0.0,
    "start_s": 0.0,
    "run_s": float("inf"),
    "transfer_s": 0.0,
    "restart_s": 0.0,
    "mtbf_h": float("nan"),
    "mttr_h": float("nan"),
}
"""The numeric properties that the analysis reads, with the value of an absent one (NaN: no value)."""


@dataclass(frozen=True, eq=False)
class Topology:
    """n assets, g groups, m members (distinct suppliers, summed over the groups), S slots (places in loops)."""

    version: str
    ids: Ids
    labels: tuple[str, ...]
    label: Codes
    """n: index into `labels`."""
    loads: Bools
    """n: the schema marks the label as a load."""

    draw_kw: Floats
    heat_kw: Floats
    """NaN: own draw and conversion loss."""
    efficiency: Floats
    rated_kw: Floats
    rated_cooling_kw: Floats
    power_hold_s: Floats
    cooling_hold_s: Floats
    supply_hold_s: Floats
    start_s: Floats
    run_s: Floats
    transfer_s: Floats
    restart_s: Floats
    mtbf_h: Floats
    mttr_h: Floats
    standby: Bools
    condition: Codes
    """n: index into `CONDITIONS`, as stored when the copy was made; not part of the version."""

    owner_start: Ints
    """n + 1: groups of each asset; sorted by owner, text of the type, name."""
    group_owner: Ints
    group_type: Codes
    """g: index into `TYPES`."""
    group_name: Ints
    """g: number in `names`."""
    names: Ids
    group_need: Ints
    """g: where the relationships disagree, all suppliers (see `need_problems`)."""
    group_transfer: Bools
    group_portion: Floats
    """g: share of what the owner takes over that type; defaults resolved."""
    group_inferred: Bools
    member_start: Ints
    """g + 1: distinct suppliers of each group, sorted by index."""
    member: Ints
    member_priority: Ints
    """m: the lowest where a supplier is listed twice."""
    supplied_start: Ints
    """n + 1: what each asset supplies."""
    supplied_group: Ints
    supplied_position: Ints
    """m: index into `member` of that supply."""

    loop_start: Ints
    """L + 1: slots of each loop, a strongly connected component of one type."""
    loop_asset: Ints
    """S: the asset that stands there; sorted by index within the loop."""
    loop_type: Codes
    loop_of_group: Ints
    """g: loop of the group's type in which its owner stands, or -1."""
    group_slot: Ints
    """g: slot of the owner in that loop, or -1."""
    member_in_loop: Bools
    """m: the supplier stands in the same loop."""
    member_slot: Ints
    """m: slot of the supplier there, or -1."""
    slot_group_start: Ints
    """S: first group of the loop's type of that asset."""
    slot_group_end: Ints
    inside_start: Ints
    """S + 1: groups of the same loop that the slot's asset supplies."""
    inside_group: Ints
    standby_group: Ints
    """Groups that list a standby source, ascending."""

    parent: Ints
    """n: the asset that contains it (the first by id), or -1."""
    along_start: Ints
    """n + 1: what its own failure takes along directly by CONTAINS or AFFECTS."""
    along: Ints
    along_affects: Bools
    """By AFFECTS rather than CONTAINS."""
    part_start: Ints
    """n + 1: parts (PART_OF) of each path or loop."""
    part: Ints
    whole_start: Ints
    """n + 1: paths and loops of each part."""
    whole: Ints
    building: Ints
    """n: the Building that holds it (itself, where it is one), or -1."""
    module: Ints

    problems: tuple[str, ...]
    """Contradictions that every question refuses, one line each, with ids."""
    need_problems: tuple[str, ...]
    """Relationships of one group that disagree about `need`: refused unless the worst is assumed."""
    expected_unknown: Bools
    """n: lacks a supply type that its label expects."""

    def __len__(self) -> int:
        return len(self.label)

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        return len(self.group_owner)

    def groups(self, asset: int) -> range:
        """The groups of an asset."""
        return range(int(self.owner_start[asset]), int(self.owner_start[asset + 1]))

    def suppliers(self, group: int) -> Ints:
        """The distinct suppliers of a group, by index."""
        return self.member[self.member_start[group] : self.member_start[group + 1]]

    def label_of(self, asset: int) -> str:
        """The label of an asset."""
        return self.labels[int(self.label[asset])]

    def group_text(self, group: int) -> tuple[str, str]:
        """Type and name of a group."""
        return TYPES[int(self.group_type[group])], self.names[int(self.group_name[group])]
