"""What the model does not know, for every answer (section 8): its key `model`.

The unaffected loads of an answer are those of the loads that it is about that are up in the base state and that it
does not name as affected. Where an answer gives no verdict on any load, that is all of them: none is counted as safe.
"""

from __future__ import annotations

import numpy as np

from twin.topology.model import Bools, Ints, Topology


def gaps(topology: Topology, down: Bools, affected: Ints | None = None, *, about: Ints | None = None) -> dict[str, int]:
    """How many assets lack a supply and how many groups have an inferred need, in all and of the unaffected loads.

    `down` (n): in the base state. `affected`: assets that the answer names so. `about`: what the question asks about,
    by default every load; loads and whatever else it names.
    """
    unaffected = topology.loads & ~down
    if about is not None:
        unaffected = np.zeros(len(topology), np.bool_)
        unaffected[about] = True
        unaffected &= ~down
    if affected is not None:
        unaffected[affected] = False
    owners = topology.group_owner[topology.group_inferred]
    return {
        "unknown": int(np.count_nonzero(topology.expected_unknown)),
        "inferred_needs": len(owners),
        "unknown_unaffected_loads": int(np.count_nonzero(unaffected & topology.expected_unknown)),
        "inferred_unaffected_loads": int(np.count_nonzero(unaffected[owners])),
    }
