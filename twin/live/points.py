"""Points on their way from a feed into the live state and into history: columns of one metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twin.topology.model import Floats, Ints
from twin.topology.strings import Ids

Values: TypeAlias = NDArray[np.float32]
Qualities: TypeAlias = NDArray[np.uint8]

NO_SEQUENCE = -1


class Quality(IntEnum):
    """How far a value may be believed; uint8 in arrays.

    Sparkplug B's 0, 192 and 500 are BAD, GOOD and STALE; OPC UA's uncertain is UNCERTAIN. NONE: nothing ever came.
    """

    NONE = 0
    STALE = 1
    """Its source says so (Sparkplug B: the device died). That a point is older than its time to live is not stored."""
    BAD = 2
    UNCERTAIN = 3
    GOOD = 4


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """k points of one metric from one message of one source. Whoever receives it must not change the arrays.

    Assets are indices of the topology that the live process has loaded; ids that it does not know were counted and
    left out before. An asset may occur more than once: the later place is the later point.
    """

    source: str
    """Who sent it: SOURCE of the topic, group/node of Sparkplug B, `simulator`, `replay`."""
    metric: int
    """Number in `twin.live.metrics.METRICS`."""
    assets: Ints
    """k: asset indices, int32."""
    values: Values
    """k: float32, in the metric's unit, or the number of the choice; NaN: the value was withdrawn (null)."""
    source_s: Floats
    """k: when it was measured, by the source's clock; seconds since 1970."""
    receive_s: float
    """When it came in here; seconds since 1970."""
    quality: Qualities
    """k: `Quality`."""
    sequence: int = NO_SEQUENCE
    """The message's number, counted by source and metric; NO_SEQUENCE where the source counts none."""

    def __len__(self) -> int:
        return len(self.assets)


Receive: TypeAlias = Callable[[Batch], None]
"""What a feed hands its batches to. Must be quick, and is called by one thread of a feed at a time."""


class Sink(Protocol):
    """Something beside the live state that takes every point: the recorder of history."""

    def receive(self, batch: Batch) -> None:
        """Take a batch, those points included that the state keeps out as late. Must be quick, and not raise."""
        ...

    def new_ids(self, ids: Ids) -> None:
        """The topology has changed: indices are places in these ids from here on."""
        ...

    def close(self) -> None:
        """Write what is still in memory."""
        ...
