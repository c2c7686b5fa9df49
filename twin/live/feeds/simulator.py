"""The simulator as a feed: the simulated campus reports, once in each period, as gateways would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import numpy as np

from twin.impact.timeline import Stopped
from twin.live.directory import Directory
from twin.live.facts import Facts, facts_of
from twin.live.metrics import METRICS, MOVERS, NETWORK, NUMBER, POWER, STORES
from twin.live.points import Batch, Quality, Receive
from twin.live.simulator.course import Fault
from twin.live.simulator.plant import HEAD_KPA, Plant
from twin.topology.model import DOWN, UP, Floats, Ints, Topology

if TYPE_CHECKING:
    from twin.campus import Campus

NAME: Final = "simulator"
ROTATION: Final = 3
"""With details, a third of the servers tells its temperatures and loads in each period."""
REPORTS_POWER: Final = (*POWER, *MOVERS, *NETWORK, "Server", "Meter", "Controller")
STOPPED, RUNNING = (METRICS[NUMBER["generator"]].choices.index(name) for name in ("stopped", "running"))
FAULT: Final = METRICS[NUMBER["generator"]].choices.index("fault")

Column = tuple[str, Ints, Floats]
"""Metric, assets, values."""


@dataclass(frozen=True)
class Settings:
    """How the simulated campus runs."""

    period_s: float = 10.0
    """Between two reports, in seconds of real time."""
    speed: float = 1.0
    """Simulated seconds in a real one."""
    seed: int = 1
    faults: tuple[tuple[str, float], ...] = ()
    """Ids, and the simulated second in which they fail."""
    details: bool = False
    """Also temperature, fans and processor load of every server."""
    for_s: float = float("inf")
    """Ends after so many real seconds."""


class SimulatorFeed:
    """A feed as `twin.live.feeds` defines it. Points bear the time at which they are made, whatever the speed."""

    def __init__(
        self,
        campus: Campus,
        directory: Directory,
        settings: Settings,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Raises UnknownAsset for a fault of what is no asset.

        `stopped`: whether the live process is to end. It closes the feed only when it has the directory's lock, which
        the feed holds while it works out what follows from a fault.
        """
        self._campus, self._directory, self._settings = campus, directory, settings
        self._closed, self._stopped = Event(), stopped
        self._thread = Thread(target=self._run, name=NAME, daemon=True)
        self._epoch = -1
        self._sequence = 0
        self.error: Exception | None = None
        self._build(directory.topology)

    @property
    def name(self) -> str:
        """`simulator`."""
        return NAME

    @property
    def ended(self) -> bool:
        """Whether it was closed, or its time is up."""
        return self._closed.is_set() or not (self._thread.is_alive() or self._thread.ident is None)

    def start(self, receive: Receive) -> None:
        """Begin to report."""
        self.report_to(receive)
        self._thread.start()

    def report_to(self, receive: Receive) -> None:
        """Whom `report` reports to."""
        self._receive = receive

    def close(self) -> None:
        """Stop reporting."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _is_to_end(self) -> bool:
        return self._closed.is_set() or self._stopped()

    def _build(self, topology: Topology) -> None:
        base = self._campus.base(assume_worst=True)
        store = self._campus.store if self._campus.has_store else None
        self._facts: Facts = facts_of(topology, store)
        faults = [Fault(self._campus.find(name), at_s) for name, at_s in self._settings.faults]
        self._plant = Plant(base, self._facts, faults, self._settings.seed, self._is_to_end)
        self._told = np.full(len(topology), UP, np.uint8)
        self._columns = Columns(self._plant, self._facts, details=self._settings.details)
        self._epoch = self._directory.epoch

    def _run(self) -> None:
        try:
            self._loop()
        except Stopped:
            pass  # closed while the timeline was worked out
        except Exception as error:  # noqa: BLE001 - told by the keeper, which ends
            self.error = error

    def _loop(self) -> None:
        settings, begun, due = self._settings, time.monotonic(), 0.0
        last_s = 0.0
        while not self._closed.wait(max(0.0, begun + due - time.monotonic())):
            real_s = time.monotonic() - begun
            with self._directory.lock:
                if self._epoch != self._directory.epoch:
                    self._build(self._directory.topology)
                self.report(real_s * settings.speed, time.time(), real_s - last_s)
            last_s = real_s
            due = max(due + settings.period_s, real_s)  # a machine that is too slow skips, and does not pile up
            if real_s >= settings.for_s:
                return

    def report(self, at_s: float, now_s: float, metered_s: float) -> None:
        """Report the state at a second of the simulation; `metered_s`: the real time since the last report."""
        # The simulated day begins when the simulation does, and runs at its speed.
        clock_s = now_s + at_s * (1 - 1 / self._settings.speed)
        self._plant.step(at_s, clock_s, metered_s)
        for metric, assets, values in self._conditions():
            self._send(metric, assets, values, now_s)
        for metric, assets, values in self._columns.all(self._sequence):
            self._send(metric, assets, values, now_s)
        self._sequence += 1

    def _conditions(self) -> Iterator[Column]:
        """Those that changed since they were told."""
        now = np.where(self._plant.course.up, UP, DOWN).astype(np.uint8)
        changed = np.flatnonzero(now != self._told).astype(np.int32)
        self._told = now
        if len(changed):
            yield "condition", changed, now[changed].astype(np.float64)

    def _send(self, metric: str, assets: Ints, values: Floats, now_s: float) -> None:
        if len(assets):
            count, number = len(assets), NUMBER[metric]
            good = np.full(count, Quality.GOOD, np.uint8)
            seconds = np.broadcast_to(np.float64(now_s), count)
            self._receive(Batch(NAME, number, assets, values.astype(np.float32), seconds, now_s, good, self._sequence))


class Columns:
    """What each kind of asset reports in a period."""

    def __init__(self, plant: Plant, facts: Facts, *, details: bool) -> None:
        self._plant, self._facts, self._details = plant, facts, details
        self._topology = plant.topology

        def of(*labels: str) -> Ints:
            codes = [code for code, label in enumerate(self._topology.labels) if label in labels]
            return np.flatnonzero(np.isin(self._topology.label, codes)).astype(np.int32)

        self._powered, self._metered = of(*REPORTS_POWER), of(*POWER, "Meter")
        self._cabinets, self._movers = of("Cabinet"), of(*MOVERS, "HeatExchanger")
        self._pumps, self._fans = of("Pump"), of("Pump", "CoolingTower", "DryCooler", "AirHandler")
        self._stores, self._sets = of(*STORES), of("Generator")
        self._breakers, self._valves, self._campus = of("Breaker"), of("Valve"), of("Campus")
        self._leaks = of("CDU")
        # A meter tells what the asset does that it measures; of water where that is a connection to the main.
        mains, meters = of("WaterSupply"), of("Meter")
        watery = meters[np.isin(facts.measures[meters], mains)]
        self._waters, self._mains = np.concatenate([mains, watery]), np.concatenate([mains, facts.measures[watery]])
        self._powered, self._metered = np.setdiff1d(self._powered, watery), np.setdiff1d(self._metered, watery)

    def all(self, turn: int) -> Iterator[Column]:
        """Every column of this period."""
        plant, up = self._plant, self._plant.course.up
        yield "power_kw", self._powered, plant.power_kw[self._powered]
        yield "energy_kwh", self._metered, plant.energy_kwh[self._metered]
        yield "inlet_c", self._cabinets, plant.inlet_c[self._cabinets]
        yield "cooling_kw", self._movers, plant.cooling_kw[self._movers]
        yield "flow_m3_per_h", self._movers, plant.flow_m3_per_h[self._movers]
        yield "running", self._movers, up[self._movers].astype(np.float64)
        yield "speed_percent", self._fans, 100 * plant.speed[self._fans]
        yield "pressure_kpa", self._pumps, HEAD_KPA * plant.speed[self._pumps] ** 2  # affinity law
        yield "charge_percent", self._stores, plant.charge[self._stores]
        yield "fuel_percent", self._sets, plant.fuel[self._sets]
        yield "generator", self._sets, self._generators()
        yield "breaker", self._breakers, self._positions()
        yield "outdoor_c", self._campus, np.full(len(self._campus), plant.weather.dry_bulb_c)
        yield "wet_bulb_c", self._campus, np.full(len(self._campus), plant.weather.wet_bulb_c)
        yield "valve_percent", self._valves, plant.valve_percent[self._valves]
        yield "level_percent", plant.water.tanks, plant.water.level_percent[plant.water.tanks]
        yield "flow_m3_per_h", self._waters, plant.water.flow_m3_per_h[self._mains]
        yield "water_m3", self._waters, plant.water.total_m3[self._mains]
        yield "leak", self._leaks, np.zeros(len(self._leaks))
        if self._details:
            yield from self._servers(turn % ROTATION)

    def _servers(self, turn: int) -> Iterator[Column]:
        plant = self._plant
        servers = plant.servers[turn::ROTATION]
        inlet = plant.inlet_c[servers]
        yield "inlet_c", servers, inlet
        yield "outlet_c", servers, plant.outlet_c[servers]
        yield "cpu_percent", servers, 100 * plant.load[turn::ROTATION]
        yield "fan_percent", servers, np.clip(30 + 6 * (inlet - 22), 20, 100)

    def _generators(self) -> Floats:
        plant = self._plant
        state = np.where(plant.generating[self._sets], RUNNING, STOPPED)
        return np.where(plant.course.failed[self._sets], FAULT, state).astype(np.float64)

    def _positions(self) -> Floats:
        """1: closed. One that failed stands where it should not."""
        closed = ~self._facts.normally_open[self._breakers]
        return (closed & ~self._plant.course.failed[self._breakers]).astype(np.float64)
