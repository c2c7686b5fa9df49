"""How each asset is drawn: as a space, as equipment, as a cabinet, in a rack, or not at all."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.topology.model import Topology


class Kind(IntEnum):
    """How an asset is drawn."""

    CAMPUS = 0
    BUILDING = 1
    STOREY = 2
    MODULE = 3
    ROOM = 4
    EQUIPMENT = 5
    CABINET = 6
    IN_RACK = 7
    LOGICAL = 8


KIND_OF: Final = {
    "Campus": Kind.CAMPUS,
    "Building": Kind.BUILDING,
    "Storey": Kind.STOREY,
    "Module": Kind.MODULE,
    "Room": Kind.ROOM,
    "Cabinet": Kind.CABINET,
    # What has no body: it is counted and named, and drawn only through its parts.
    "PowerPath": Kind.LOGICAL,
    "CoolingLoop": Kind.LOGICAL,
    "Service": Kind.LOGICAL,
    "Tenant": Kind.LOGICAL,
    "CommonCause": Kind.LOGICAL,
}
SPACES: Final = (Kind.CAMPUS, Kind.BUILDING, Kind.STOREY, Kind.MODULE, Kind.ROOM)
BODIES: Final = (Kind.EQUIPMENT, Kind.CABINET, Kind.IN_RACK, Kind.MODULE, Kind.ROOM)


def kinds(topology: Topology) -> NDArray[np.uint8]:
    """Kind of every asset, uint8[n]: by label; equipment that stands in a cabinet is in the rack."""
    by_label = np.array([KIND_OF.get(label, Kind.EQUIPMENT) for label in topology.labels], np.uint8)
    kind = by_label[topology.label]
    racked = (topology.parent >= 0) & (kind == Kind.EQUIPMENT)
    racked[racked] = kind[topology.parent[racked]] == Kind.CABINET
    kind[racked] = Kind.IN_RACK
    return kind
