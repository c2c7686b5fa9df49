"""What flows into a part of the campus: the first measured pieces behind its boundary, on the ways that carry power."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.energy.network import Network
from twin.topology.model import Bools, Floats


class Inflow(NamedTuple):
    """What comes in (kW), None where it cannot be told; then `missing` names what would have to be measured."""

    kw: float | None
    missing: list[int]


def campus_inflow(network: Network, power_kw: Floats) -> Inflow:
    """Power at all sources: utility feeds, generators and whatever else feeds others and is fed by nothing.

    A source without a reading is replaced by what it feeds, where that is measured and fed by sources alone.
    """
    sources = set(network.sources.tolist())
    counted: set[int] = set()
    missing: list[int] = []
    for source in sorted(sources):
        if not np.isnan(power_kw[source]):
            counted.add(source)
        elif network.up[source]:
            behind = network.consumers(source)
            if all(_stands_for(network, power_kw, consumer, sources) for consumer in behind):
                counted.update(behind)
            else:
                missing.append(source)
    # What is counted behind one source may be fed by a measured one as well: that would count twice.
    double = [asset for asset in counted - sources if any(s in counted for s in network.suppliers(asset))]
    missing += sorted({s for asset in double for s in network.suppliers(asset) if s not in counted})
    if missing or not sources:
        return Inflow(None, sorted(set(missing)))
    return Inflow(float(sum(power_kw[asset] for asset in counted)), [])


def _stands_for(network: Network, power_kw: Floats, consumer: int, sources: set[int]) -> bool:
    return not np.isnan(power_kw[consumer]) and set(network.suppliers(consumer)) <= sources


def region_inflow(network: Network, power_kw: Floats, inside: Bools) -> float | None:
    """Power that flows into a space (kW), `inside` being what it contains (n).

    None where something on the way is not measured, where readings overlap, or where power passes through what is
    measured to somewhere else.
    """
    supplier, consumer = network.active
    stack: list[int] = np.unique(consumer[inside[consumer] & ~inside[supplier]]).tolist()
    sources = network.sources
    stack += sources[inside[sources] & network.up[sources]].tolist()
    passed: set[int] = set()
    counted: set[int] = set()
    while stack:
        asset = stack.pop()
        if asset in passed or asset in counted:
            continue
        if not np.isnan(power_kw[asset]):
            counted.add(asset)
            continue
        passed.add(asset)
        taken = network.taken.get(asset, [])
        if not all(inside[one] for one in taken) or (not taken and network.draws[asset]):
            return None
        stack += taken
    # What is fed from inside by a piece that was not passed is in another reading already.
    if any(inside[one] and one not in passed for asset in counted for one in network.given.get(asset, [])):
        return None
    leaving = np.unique(supplier[inside[supplier] & ~inside[consumer]]).tolist()
    return None if set(leaving) - passed else float(sum(power_kw[asset] for asset in counted))
