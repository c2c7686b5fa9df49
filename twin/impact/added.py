"""What each failure of a question added to an overload (section 3).

What a failure adds is the load with it alone, nothing tripped, minus the load of the base state. What the failures add
beyond the sum of that they add together: two that each leave half of a load on others may leave all of it on one. What
trips move is part of that too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from twin.impact.follow import following
from twin.impact.question import indices

if TYPE_CHECKING:
    from twin.impact.load import Overload
    from twin.impact.settle import Base
    from twin.topology.model import Floats


def added_alone(base: Base, failed: Sequence[int], entries: Sequence[Overload]) -> Floats:
    """What each of `failed` (rows) adds alone to each of `entries` (columns), kW."""
    assets = indices(entry.asset for entry in entries)
    before = np.array([entry.base_load_kw for entry in entries], np.float64)
    cooling = np.array([entry.kind == "cooling" for entry in entries], np.bool_)
    added = np.zeros((len(failed), len(entries)))
    if not len(entries):
        return added
    with following(base, many=len(failed)) as loads:
        for row, asset in enumerate(failed):
            loads.scenario.fail([asset])
            loads.advance()
            power, heat = loads.now_kw()
            added[row] = np.where(cooling, heat[assets], power[assets]) - before
            loads.undo()
            loads.scenario.undo()
    return added
