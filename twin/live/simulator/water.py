"""The water of the simulated campus: what evaporates, which mains it comes from, and tanks while no main gives any."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.live.simulator.weather import Weather, wet_share
from twin.topology.model import SUPPLIES, Bools, Floats, Ints, Topology

LITRES_PER_KWH: Final = 1.76
"""Water for a kilowatt-hour of rejected heat: 1.47 evaporate (2.45 MJ/kg), a fifth more is blown down."""
ALWAYS_WET: Final = ("CoolingTower",)
WET_WHEN_WARM: Final = ("AirHandler", "DryCooler")
"""Indirect evaporative or adiabatic: dry while it is cool outside."""
REFILL_TIMES: Final = 2.0
"""A tank takes this many times its hold to fill again."""


class Water:
    """Arrays are n, by asset; `step` goes on from one second to a later one."""

    def __init__(self, topology: Topology) -> None:
        supplied = np.zeros(len(topology), np.bool_)
        supplied[topology.group_owner[topology.group_type == SUPPLIES]] = True
        self._towers = _of(topology, supplied, *ALWAYS_WET)
        self._hybrid = _of(topology, supplied, *WET_WHEN_WARM)
        self._mains = _of(topology, ~supplied, "WaterSupply")
        self.tanks = _of(topology, supplied & (topology.supply_hold_s > 0), "Tank")
        """Those that bridge the mains."""
        self._hold_s = topology.supply_hold_s[self.tanks]
        self.flow_m3_per_h = np.zeros(len(topology))
        self.total_m3 = np.zeros(len(topology))
        self.level_percent = np.full(len(topology), 100.0)

    def store(self, passed_s: float, broken: Bools) -> None:
        """Tanks run down while nothing supplies them (`broken`, n), and fill again."""
        rate = np.where(broken[self.tanks], -1 / self._hold_s, 1 / (REFILL_TIMES * self._hold_s)) * 100.0
        self.level_percent[self.tanks] = np.clip(self.level_percent[self.tanks] + rate * passed_s, 0.0, 100.0)

    def draw(self, hours: float, cooling_kw: Floats, up: Bools, now: Weather) -> None:
        """What evaporates for this heat (n) comes from the mains that are up, alike from each."""
        rejected_kw = cooling_kw[self._towers].sum() + cooling_kw[self._hybrid].sum() * wet_share(now.dry_bulb_c)
        open_mains = self._mains[up[self._mains]]
        self.flow_m3_per_h[self._mains] = 0.0
        if len(open_mains):
            self.flow_m3_per_h[open_mains] = rejected_kw * LITRES_PER_KWH / 1000 / len(open_mains)
        self.total_m3 += self.flow_m3_per_h * hours


def _of(topology: Topology, among: Bools, *labels: str) -> Ints:
    codes = [code for code, label in enumerate(topology.labels) if label in labels]
    return np.flatnonzero(among & np.isin(topology.label, codes)).astype(np.int32)
