"""What is measured: the power of assets in kW and the water that comes in, from live state or from history.

An asset's reading is its own point, else that of the first meter, by id, that MEASURES it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from schema.errors import BadInput
from twin.live.metrics import METRICS, NUMBER, POWER_KW
from twin.topology.model import Floats, Topology

if TYPE_CHECKING:
    from twin.graph.store import Store

LEAST_COVERED: Final = 0.95
"""A reading of history must cover this share of the window; else its meter counts as missing."""
COUNTERS_FROM_S: Final = 86_400.0
"""From this window on a counter's rise stands for the mean power: the intervals lost at both ends weigh little."""

_MEASURES: Final = (
    "MATCH (m:Meter)-[r:MEASURES]->(a:Asset) WHERE m.id IS NOT NULL AND a.id IS NOT NULL "
    "RETURN m.id AS meter, a.id AS asset, coalesce(r.metric, '') AS metric ORDER BY meter, asset"
)
_POWER_METRICS: Final = frozenset({"", "power_kw", "energy_kwh"})
_WATER_METRICS: Final = frozenset({"", "water_m3", "flow_m3_per_h"})


class Measures(NamedTuple):
    """Which meter measures which asset, by index, and what (empty: not said)."""

    meter: int
    asset: int
    metric: str


@dataclass(frozen=True, eq=False)
class Readings:
    """By asset index (n); NaN where nothing is measured."""

    power_kw: Floats
    """What a consumer draws; what leaves a piece of the power train."""
    water_m3_per_h: Floats
    """What flows in at a connection to the water main."""
    since_s: float | None = None
    """None: now, from live state."""
    until_s: float | None = None
    bad: dict[Path, str] = field(default_factory=dict[Path, str])
    """Files of history that could not be read, with the reason."""


def measures(store: Store, topology: Topology) -> list[Measures]:
    """The meters of the graph that the topology knows."""
    found: list[Measures] = []
    for row in store.read(_MEASURES):
        meter, asset = topology.ids.index(row["meter"]), topology.ids.index(row["asset"])
        if meter is not None and asset is not None:
            found.append(Measures(meter, asset, str(row["metric"])))
    return found


def with_meters(own: Floats, meters: Iterable[Measures], metrics: frozenset[str]) -> Floats:
    """Own readings, and where there is none that of the first meter that has one (n)."""
    found = own.copy()
    for meter, asset, metric in meters:
        if metric in metrics and np.isnan(found[asset]):
            found[asset] = own[meter]
    return found


def live_readings(topology: Topology, home: Path, meters: Sequence[Measures]) -> Readings:
    """What live state says now. Raises Unreachable where no live process is."""
    from twin.live.base import aligned  # noqa: PLC0415 - not for history
    from twin.live.reader import open_state  # noqa: PLC0415

    state = open_state(home)
    places, now_s = state.places(topology), time.time()
    power, flow = (aligned(state.values(metric, now_s), places) for metric in (POWER_KW, NUMBER["flow_m3_per_h"]))
    return Readings(with_meters(power, meters, _POWER_METRICS), with_meters(flow, meters, _WATER_METRICS))


def recorded_readings(
    topology: Topology, home: Path, meters: Sequence[Measures], since_s: float, until_s: float
) -> Readings:
    """Means over a window of history, widened to quarters of an hour.

    Raises BadInput where there is no history, or no such window.
    """
    from twin.live.history.question import QUARTER_S, History  # noqa: PLC0415 - not for live state
    from twin.live.history.spans import iso  # noqa: PLC0415

    history = History(home)
    if not since_s < min(until_s, history.now_s):
        raise BadInput(f"--since {iso(since_s)} is not before --until {iso(until_s)}")
    since_s = since_s // QUARTER_S * QUARTER_S
    until_s = float(min(-(-until_s // QUARTER_S) * QUARTER_S, round(history.now_s)))
    window_s = until_s - since_s
    bad: dict[Path, str] = {}

    def means(name: str) -> Floats:
        found = history.totals(METRICS[NUMBER[name]], since_s, until_s)
        bad.update(found.bad)
        kept = {key: mean for key, mean in found.mean.items() if found.covered_s[key] >= LEAST_COVERED * window_s}
        return _by_index(topology, kept)

    def rises(name: str) -> Floats:
        found = history.totals(METRICS[NUMBER[name]], since_s, until_s)
        bad.update(found.bad)
        return _by_index(topology, found.rise) / (window_s / 3600.0)

    power, flow = means("power_kw"), means("flow_m3_per_h")
    if window_s >= COUNTERS_FROM_S:
        power = np.where(np.isnan(power), rises("energy_kwh"), power)
        flow = np.where(np.isnan(flow), rises("water_m3"), flow)
    power, flow = with_meters(power, meters, _POWER_METRICS), with_meters(flow, meters, _WATER_METRICS)
    return Readings(power, flow, since_s, until_s, bad)


def _by_index(topology: Topology, values: dict[str, float]) -> Floats:
    found = np.full(len(topology), np.nan)
    for text, value in values.items():
        asset = topology.ids.index(text)
        if asset is not None:
            found[asset] = value
    return found
