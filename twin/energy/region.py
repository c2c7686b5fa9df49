"""What flows into a part of the campus: the first measured pieces behind its boundary, on the ways that carry power."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.energy.network import Network
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Floats, Ints


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
            behind = network.consumers[source].tolist()
            if all(_stands_for(network, power_kw, consumer, sources) for consumer in behind):
                counted.update(behind)
            else:
                missing.append(source)
    # What is counted behind one source may be fed by a measured one as well: that would count twice.
    feeding = {asset: network.suppliers[asset].tolist() for asset in counted - sources}
    double = [asset for asset, suppliers in feeding.items() if any(s in counted for s in suppliers)]
    missing += sorted({s for asset in double for s in feeding[asset] if s not in counted})
    if missing or not sources:
        return Inflow(None, sorted(set(missing)))
    return Inflow(float(sum(power_kw[asset] for asset in counted)), [])


def _stands_for(network: Network, power_kw: Floats, consumer: int, sources: set[int]) -> bool:
    return not np.isnan(power_kw[consumer]) and set(network.suppliers[consumer].tolist()) <= sources


class Boundaries:
    """The boundaries of spaces of one kind: `of` (n) is the space of each asset, or -1."""

    def __init__(self, network: Network, power_kw: Floats, of: Ints) -> None:
        self._network, self._power_kw, self._of = network, power_kw, of
        supplier, consumer = network.active
        crossing = of[supplier] != of[consumer]
        self._supplier, self._consumer = supplier[crossing], consumer[crossing]

    def inflow(self, space: int) -> float | None:
        """Power that flows into a space (kW).

        None where something on the way is not measured, where readings overlap, or where power passes through what is
        measured to somewhere else.
        """
        network, inside = self._network, self._of == space
        sources = network.sources
        sources = sources[inside[sources] & network.up[sources]]
        entering = self._consumer[inside[self._consumer]]
        wave = distinct(np.concatenate([entering, sources]))
        passed, counted = np.zeros(len(inside), np.bool_), np.zeros(len(inside), np.bool_)
        while len(wave):
            measured = ~np.isnan(self._power_kw[wave])
            counted[wave[measured]] = True
            wave = wave[~measured]
            passed[wave] = True
            taken, place = network.taken.of_many(wave)
            ends = np.bincount(place, minlength=len(wave)) == 0
            if not inside[taken].all() or network.draws[wave[ends]].any():
                return None
            wave = distinct(taken[~(passed[taken] | counted[taken])])
        readings = np.flatnonzero(counted).astype(np.int32)
        # What is fed from inside by a piece that was not passed is in another reading already.
        if _any(inside & ~passed, network.given.of_many(readings)[0]):
            return None
        leaving = self._supplier[inside[self._supplier]]
        return None if _any(~passed, leaving) else float(self._power_kw[readings].sum())


def _any(which: Bools, assets: Ints) -> bool:
    return bool(which[assets].any())
