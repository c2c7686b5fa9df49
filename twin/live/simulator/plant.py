"""The physics of the simulated campus, vectorised: one step from the state of one second to that of a later one.

servers: day curve, noise ─▶ power ─▶ rolled up through efficiencies by the engine ─▶ heat ─▶ pumps, chillers, towers by
load and weather ─▶ temperatures, flows; batteries and fuel by who is without supply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.impact.load import flows
from twin.impact.settle import Base
from twin.live.facts import Facts
from twin.live.metrics import MOVERS, POWER, STORES
from twin.live.simulator.course import Course, Fault
from twin.live.simulator.water import Water
from twin.live.simulator.weather import DAY_S, Weather, compressor_share, weather
from twin.topology.model import COOLS, FEEDS, SUPPLIES, Bools, Floats, Ints, Topology

IDLE: Final = 0.4
"""Power of an idle server over that of a busy one (Barroso, Hölzle, Ranganathan: The Datacenter as a Computer)."""
MEAN_LOAD: Final = 0.5
SWING: Final = 0.2
BUSIEST_S: Final = 20 * 3600.0
"""Interactive load peaks in the evening."""
STEADY: Final = 0.3
"""Share of servers without a day curve (training, batch), at `STEADY_LOAD`."""
STEADY_LOAD: Final = 0.85
NOISE: Final = 0.05
NOISE_S: Final = 300.0
SUPPLY_C: Final = 24.0
ALLOWED_C: Final = 35.0
"""ASHRAE class A2; reached when the thermal hold of an asset has run out."""
THERMAL_HOLD_S: Final = 300.0
"""Where an asset states none."""
RECOVERY_S: Final = 180.0
SERVER_RISE_K: Final = 12.0
WATER_RISE_K: Final = 6.0
WATER_KJ_PER_M3_K: Final = 4_180.0
HEAD_KPA: Final = 250.0
CHARGE_TIMES: Final = 10.0
"""A battery takes this many times its hold to charge."""
TANK_S: Final = 24 * 3600.0
"""A generator's fuel at full load, where `run_s` states none."""

Values = NDArray[np.float32]


class Plant:
    """The campus at one second; `step` goes on to another. Arrays are n, by asset."""

    def __init__(
        self,
        base: Base,
        facts: Facts,
        faults: Sequence[Fault],
        seed: int,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopped`: as `twin.impact.timeline.Play` asks it."""
        self.topology: Topology = base.topology
        self.facts = facts
        self.course = Course(base, faults, stopped)
        self._rng = np.random.default_rng(seed)
        count = len(self.topology)
        self.servers = self._of("Server")
        self._movers = self._are(*MOVERS)
        self._train = self._are(*POWER)
        self._sets = self._of("Generator")
        self._generator = self._are("Generator")
        self._chillers = self._of("Chiller")
        self._fans = self._of("Pump", "CoolingTower", "DryCooler", "AirHandler")
        self._stores = self._of(*STORES)
        self._cooled = self._of("Server", "Cabinet")
        self._steady = self._rng.random(len(self.servers)) < STEADY
        self._noise = self._rng.normal(0.0, NOISE, len(self.servers))
        self._carried = flows(self.topology, self.course.up)
        self._design = self._carried.cooling_load_kw
        self._hold_s = _battery_hold_s(self.topology, facts)
        self.at_s = 0.0
        self.load = np.full(len(self.servers), MEAN_LOAD)
        """Load of each of `servers`, 0 to 1."""
        self.power_kw = np.zeros(count)
        self.energy_kwh = np.zeros(count)
        self.water = Water(base.topology)
        self.speed = np.zeros(count)
        self.cooling_kw = np.zeros(count)
        self.inlet_c = np.full(count, SUPPLY_C)
        self.charge = np.full(count, 100.0)
        self.fuel = np.full(count, 100.0)
        self.weather: Weather = weather(0.0)

    def step(self, to_s: float, clock_s: float, metered_s: float | None = None) -> bool:
        """Go on to `to_s` seconds after the start, when the simulated clock shows `clock_s`; whether anybody went.

        `metered_s`: the time over which meters count, where that is not the simulated one.
        """
        passed_s, moved = max(to_s - self.at_s, 0.0), False
        for moment_s in [*self.course.moments(self.at_s, to_s), to_s]:
            # What runs down or warms up does so as things were until the moment at which they change.
            for change in (self._charge, self._burn, self._warm, self._store):
                change(max(moment_s - self.at_s, 0.0))
            self.at_s = moment_s
            moved |= self.course.advance(moment_s)
        self.weather = weather(clock_s)
        self._work(passed_s, clock_s)
        self._carry()
        hours = (passed_s if metered_s is None else metered_s) / 3600
        self.energy_kwh += self.power_kw * hours
        self.water.draw(hours, self.cooling_kw, self.course.up, self.weather)
        return moved

    def _are(self, *labels: str) -> Bools:
        return np.isin(
            self.topology.label, [code for code, label in enumerate(self.topology.labels) if label in labels]
        )

    def _of(self, *labels: str) -> Ints:
        return np.flatnonzero(self._are(*labels)).astype(np.int32)

    def _work(self, passed_s: float, clock_s: float) -> None:
        """Load of the servers: a day curve or steady, with noise that forgets itself in minutes."""
        keep = np.exp(-passed_s / NOISE_S)
        fresh = self._rng.normal(0.0, NOISE, len(self.servers))
        self._noise = keep * self._noise + np.sqrt(1 - keep * keep) * fresh
        day = MEAN_LOAD + SWING * np.cos(2 * np.pi * ((clock_s % DAY_S) - BUSIEST_S) / DAY_S)
        self.load = np.clip(np.where(self._steady, STEADY_LOAD, day) + self._noise, 0.0, 1.0)

    def _carry(self) -> None:
        """Draws of everything, rolled up: the engine's own load computation over who gives power now."""
        topology, up = self.topology, self.course.up
        draw = topology.draw_kw * up
        draw[self.servers] *= IDLE + (1 - IDLE) * self.load
        # Cooling follows the heat of the step before: water takes its time.
        ratio = self.cooling_share
        self.speed[self._fans] = (np.clip(ratio, 0.4, 1.0) * up)[self._fans]
        draw[self._fans] *= self.speed[self._fans] ** 3  # affinity law
        draw[self._chillers] *= (np.clip(ratio, 0.0, 1.2) * compressor_share(self.weather.wet_bulb_c))[self._chillers]
        # A standby source that does not run yet gives nothing, so to the engine it is down.
        self._carried = flows(replace(topology, draw_kw=draw), self.course.usable)
        carried = self._carried
        self.cooling_kw = carried.cooling_load_kw
        self.power_kw = np.where(self._train, carried.load_kw, draw) * up
        meters = np.flatnonzero(self.facts.measures >= 0)
        self.power_kw[meters] = self.power_kw[self.facts.measures[meters]]

    def _charge(self, passed_s: float) -> None:
        """Batteries give while what they bridge has no supply, and charge again afterwards."""
        bridged = self.facts.bridges[self._stores]
        bridged = np.where(bridged >= 0, bridged, self._stores)
        hold_s = np.maximum(self._hold_s[bridged], 1.0)
        broken = self._broken(FEEDS)[bridged]
        rate = np.where(broken, -1 / hold_s, 1 / (CHARGE_TIMES * hold_s)) * 100.0
        self.charge[self._stores] = np.clip(self.charge[self._stores] + rate * passed_s, 0.0, 100.0)

    def _burn(self, passed_s: float) -> None:
        """Fuel of the sets that run, by their load."""
        sets = self._sets
        run_s = np.where(np.isfinite(self.topology.run_s[sets]), self.topology.run_s[sets], TANK_S)
        rated = self.topology.rated_kw[sets]
        share = np.where(
            np.isfinite(rated) & (rated > 0), self._carried.load_kw[sets] / np.where(rated > 0, rated, 1), 0.5
        )
        running = self.generating[sets]
        burned = np.where(running, np.clip(share, 0.1, 1.0) * passed_s / run_s * 100.0, 0.0)
        self.fuel[sets] = np.maximum(self.fuel[sets] - burned, 0.0)

    def _store(self, passed_s: float) -> None:
        self.water.store(passed_s, self._broken(SUPPLIES))

    @property
    def generating(self) -> Bools:
        """Generator sets and boards that run (n): called themselves, or feeding a board that was."""
        running = self.course.running.copy()
        supplier = self.topology.member
        consumer = np.repeat(self.topology.group_owner, np.diff(self.topology.member_start))
        running[supplier[running[consumer] & self._generator[supplier]]] = True
        return running & self.course.up

    def _warm(self, passed_s: float) -> None:
        """What has lost its cooling warms up to the allowed temperature within its thermal hold; the rest recovers."""
        cooled = self._cooled
        without = (self._broken(COOLS) | ~self._sheltered())[cooled]
        hold_s = self.topology.cooling_hold_s[cooled]
        rise = (ALLOWED_C - SUPPLY_C) / np.where(hold_s > 0, hold_s, THERMAL_HOLD_S) * passed_s
        warm = np.minimum(self.inlet_c[cooled] + rise, ALLOWED_C + 10.0)
        calm = SUPPLY_C + (self.inlet_c[cooled] - SUPPLY_C) * np.exp(-passed_s / RECOVERY_S)
        self.inlet_c[cooled] = np.where(without & self.course.up[cooled], warm, calm)

    def _sheltered(self) -> Bools:
        """Whether the cooling of the space that holds an asset is there (n)."""
        parent = self.topology.parent
        broken = self._broken(COOLS)
        return np.where(parent >= 0, ~broken[np.maximum(parent, 0)], True)

    def _broken(self, kind: int) -> Bools:
        """Who has a group of this type with too few suppliers that give (n)."""
        topology = self.topology
        gives = self.course.usable
        counts = np.add.reduceat(gives[topology.member].astype(np.int32), topology.member_start[:-1])
        broken = (counts < topology.group_need) & (topology.group_type == kind)
        found = np.zeros(len(topology), np.bool_)
        found[topology.group_owner[broken]] = True
        return found

    @property
    def outlet_c(self) -> Floats:
        """Temperature at which air or water leaves (n)."""
        rated = self.topology.draw_kw
        share = np.divide(self.power_kw, rated, out=np.zeros(len(rated)), where=rated > 0)
        return self.inlet_c + np.where(self._movers, -WATER_RISE_K, SERVER_RISE_K * np.minimum(share, 1.2))

    @property
    def flow_m3_per_h(self) -> Floats:
        """Water that carries the heat, at a rise of `WATER_RISE_K` (n)."""
        return self.cooling_kw * 3600 / (WATER_KJ_PER_M3_K * WATER_RISE_K)

    @property
    def valve_percent(self) -> Floats:
        """Opening of a valve: linear with the heat that its water carries, full at the design (n)."""
        return 100.0 * np.clip(self.cooling_share, 0.0, 1.0) * self.course.up

    @property
    def cooling_share(self) -> Floats:
        """Heat that is carried, of the design (n); 1 where none is designed."""
        return np.divide(self.cooling_kw, self._design, out=np.ones(len(self._design)), where=self._design > 0)


def _battery_hold_s(topology: Topology, facts: Facts) -> Floats:
    """The hold that a full battery gives (n)."""
    hold = topology.power_hold_s.copy()
    batteries = np.flatnonzero(facts.bridges >= 0)
    hold[batteries] = topology.power_hold_s[facts.bridges[batteries]]
    return hold
