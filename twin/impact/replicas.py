"""Cut sets of loads on replicas, such as services on servers: all counted, as many listed as asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from twin.impact._families import BITS, LARGEST_ELEMENT, MASK
from twin.impact._loadsets import LoadSets
from twin.impact._problem import countable, runner
from twin.impact._weigh import weigh
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology

UNLIMITED = 1 << 62


@dataclass(frozen=True, eq=False)
class ReplicaSets:
    """The cut sets of one load on replicas."""

    members: Ints
    """k × 3: the listed sets by asset index, -1 where a set has fewer members."""
    counts: NDArray[np.int64]
    """4: how many sets there are of order 0 to 3, listed or not."""


def hosts_of(topology: Topology, down: Bools, target: int) -> Ints:
    """The suppliers of a load's only group that are up."""
    group = int(topology.owner_start[target])
    suppliers = topology.suppliers(group)
    return suppliers[~down[suppliers]]


def replica_sets(  # noqa: PLR0913 - the load, and how to answer
    topology: Topology, down: Bools, sets: LoadSets, target: int, *, order: int, limit: int | None
) -> ReplicaSets:
    """The cut sets of one replicated load; `sets` holds those of its hosts."""
    hosts = hosts_of(topology, down, target)
    failures = len(hosts) - int(topology.group_need[topology.owner_start[target]]) + 1
    walks, host_class = np.unique([sets.walk_of(int(host)) for host in hosts], return_inverse=True)
    begin, members = sets.of_walks(walks.astype(np.int32))
    assets = distinct(np.concatenate([members[members >= 0], hosts]))
    if len(assets) > LARGEST_ELEMENT:
        raise BadInput(f"cut sets reach over {LARGEST_ELEMENT} assets at most, not {len(assets)}")
    elements = np.sort(np.where(members >= 0, np.searchsorted(assets, members) + 1, 0), axis=1).astype(np.int64)
    keys = (elements[:, 0] << (2 * BITS)) | (elements[:, 1] << BITS) | elements[:, 2]
    may = countable(topology)[hosts]
    listed, counts = runner(len(keys))(weigh)(
        keys,
        np.repeat(np.arange(len(walks), dtype=np.int32), np.diff(begin)),
        np.bincount(host_class, minlength=len(walks)).astype(np.int32),
        np.where(may, np.searchsorted(assets, hosts) + 1, 0).astype(np.int32),
        host_class.astype(np.int32),
        failures,
        order,
        UNLIMITED if limit is None else limit,
    )
    found = np.stack([listed & MASK, (listed >> BITS) & MASK, listed >> (2 * BITS)], axis=1)
    return ReplicaSets(np.concatenate([np.full(1, -1, np.int32), assets.astype(np.int32)])[found], counts)
