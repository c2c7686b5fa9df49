"""The simulated campus: loads roll up, faults follow the timeline, batteries run down and charge, the seed decides."""

from __future__ import annotations

import numpy as np
import pytest
from live_campus import ASSETS, RELATIONSHIPS, keeper

from schema.errors import BadInput, UnknownAsset
from twin.campus import Campus
from twin.impact.timeline import Stopped
from twin.live.facts import facts_of
from twin.live.feeds.simulator import Settings, SimulatorFeed
from twin.live.simulator.course import Fault, fault
from twin.live.simulator.plant import Plant
from twin.live.simulator.weather import compressor_share, weather, wet_bulb_c, wet_share
from twin.topology import from_records

GENERATOR = {"id": "GEN", "label": "Generator", "standby": True, "start_s": 20.0, "run_s": 3600.0, "rated_kw": 100.0}
TO_UPS = [{"source_id": "GEN", "type": "FEEDS", "target_id": name} for name in ("UPS-A", "UPS-B")]


def plant(*faults: tuple[str, float], seed: int = 1, generator: bool = False) -> Plant:
    assets = [*ASSETS, GENERATOR] if generator else ASSETS
    topology = from_records(assets, [*RELATIONSHIPS, *TO_UPS] if generator else RELATIONSHIPS)
    base = Campus.of(topology).base()
    told = [Fault(topology.ids.index(name), at_s) for name, at_s in faults]
    return Plant(base, facts_of(topology, None), told, seed)


def at(made: Plant, name: str) -> int:
    return made.topology.ids.index(name)


def test_what_passes_through_is_what_is_drawn():
    made = plant()
    made.step(10.0, 0.0)
    drawn = sum(made.power_kw[at(made, name)] for name in ("S0", "S1", "S2", "S3", "SINGLE"))
    assert made.power_kw[at(made, "UTIL")] == pytest.approx(drawn)
    assert 0.4 * 6 <= drawn <= 6
    made.step(3610.0, 3600.0)
    assert made.energy_kwh[at(made, "UTIL")] == pytest.approx(made.power_kw[at(made, "UTIL")], rel=0.01)


def test_a_battery_runs_down_while_the_supply_is_away_and_then_its_loads_are_lost():
    made = plant(("UTIL", 100.0))
    made.step(100.0, 0.0)
    made.step(400.0, 0.0)
    assert made.charge[at(made, "UPS-A")] == pytest.approx(50.0)
    assert made.course.up[at(made, "S0")]
    assert made.power_kw[at(made, "UTIL")] == 0.0
    made.step(701.0, 0.0)
    assert made.charge[at(made, "UPS-A")] == 0.0
    assert not made.course.up[at(made, "S0")]
    assert made.power_kw[at(made, "S0")] == 0.0


def test_a_generator_starts_takes_the_load_and_burns_fuel_while_the_battery_charges_again():
    made = plant(("UTIL", 0.0), generator=True)
    made.step(10.0, 0.0)
    assert not made.generating[at(made, "GEN")]
    low = made.charge[at(made, "UPS-A")]
    made.step(21.0, 0.0)
    assert made.generating[at(made, "GEN")]
    made.step(1021.0, 0.0)
    assert made.power_kw[at(made, "GEN")] > 2
    assert made.fuel[at(made, "GEN")] < 100.0
    assert made.charge[at(made, "UPS-A")] > low
    assert made.course.up[at(made, "S0")]


def test_a_second_fault_counts_from_its_own_time():
    made = plant(("UPS-A", 10.0), ("UPS-B", 500.0))
    made.step(499.0, 0.0)
    assert made.course.up[at(made, "S0")]
    assert not made.course.up[at(made, "SINGLE")]
    made.step(500.0, 0.0)
    assert not made.course.up[at(made, "S0")]


WATER = [
    *({"id": name, "label": "WaterSupply"} for name in ("CITY-1", "CITY-2")),
    {"id": "TANK", "label": "Tank", "supply_hold_s": 1000.0},
    {"id": "TOWER", "label": "CoolingTower", "draw_kw": 1.0},
    {"id": "AHU", "label": "AirHandler", "draw_kw": 1.0},
    {"id": "S", "label": "Server", "draw_kw": 100.0},
    {"id": "T", "label": "Server", "draw_kw": 50.0},
]
PIPES = [
    ("CITY-1", "SUPPLIES", "TANK"),
    ("CITY-2", "SUPPLIES", "TANK"),
    ("TANK", "SUPPLIES", "TOWER"),
    ("TANK", "SUPPLIES", "AHU"),
    ("TOWER", "COOLS", "S"),
    ("AHU", "COOLS", "T"),
]


def test_water_evaporates_with_the_heat_comes_from_the_mains_that_are_up_and_tanks_bridge_them():
    topology = from_records(WATER, [{"source_id": a, "type": kind, "target_id": b} for a, kind, b in PIPES])
    told = [Fault(topology.ids.index("CITY-1"), 100.0), Fault(topology.ids.index("CITY-2"), 200.0)]
    made = Plant(Campus.of(topology).base(), facts_of(topology, None), told, 1)
    winter_s, summer_s = 20 * 86_400.0, 200 * 86_400.0 + 50_000
    mains = [at(made, "CITY-1"), at(made, "CITY-2")]
    flow = made.water.flow_m3_per_h

    made.step(1.0, winter_s)
    made.step(90.0, winter_s)  # cooling follows the heat of the step before
    assert flow[mains].sum() == pytest.approx(made.power_kw[at(made, "S")] * 1.76e-3, rel=0.05)
    assert flow[mains[0]] == flow[mains[1]] > 0
    made.step(95.0, summer_s)
    both = made.power_kw[at(made, "S")] + made.power_kw[at(made, "T")]
    assert flow[mains].sum() == pytest.approx(both * 1.76e-3, rel=0.05)
    before = made.water.total_m3[mains].sum()
    made.step(150.0, winter_s)
    assert flow[mains[0]] == 0 < flow[mains[1]]
    assert made.water.total_m3[mains].sum() == pytest.approx(before + flow[mains].sum() * 55 / 3600)
    made.step(700.0, winter_s)
    assert flow[mains].sum() == 0
    assert made.water.level_percent[at(made, "TANK")] == pytest.approx(50.0)
    assert made.course.up[at(made, "S")]
    made.step(1300.0, winter_s)
    assert made.water.level_percent[at(made, "TANK")] == 0.0
    assert not made.course.up[at(made, "S")]


def test_the_same_seed_gives_the_same_campus():
    loads = []
    for seed in (1, 1, 2):
        made = plant(seed=seed)
        made.step(10.0, 0.0)
        loads.append(made.load.tolist())
    assert loads[0] == loads[1] != loads[2]


def test_the_feed_reports_conditions_once_and_the_live_process_sees_the_fault(tmp_path):
    kept = keeper(tmp_path)
    try:
        feed = SimulatorFeed(kept.campus, kept.directory, Settings(faults=(("UPS-A", 5.0),)))
        feed.report_to(kept.receive)
        for second in (0.0, 10.0, 20.0):
            feed.report(second, 1_800_000_000.0 + second, 10.0)
        kept.step(1_800_000_021.0)
        roots = [alarm.id for alarm in kept.alarms.open if not alarm.explained_by and alarm.kind == "down"]
        assert roots == ["UPS-A"]
        assert {alarm.id for alarm in kept.alarms.open if alarm.kind == "down"} == {"UPS-A", "BRK-A", "PDU-A", "SINGLE"}
        assert not np.isnan(kept.state.file.rows[0]["value"]).any()
        with pytest.raises(UnknownAsset):
            SimulatorFeed(kept.campus, kept.directory, Settings(faults=(("nobody", 0.0),)))
    finally:
        kept.close()


def test_a_live_process_that_is_told_to_end_does_not_wait_for_what_follows_from_a_fault(tmp_path):
    kept = keeper(tmp_path)
    try:
        settings = Settings(faults=(("UTIL", 5.0),))
        feed = SimulatorFeed(kept.campus, kept.directory, settings, stopped=lambda: True)
        feed.report_to(kept.receive)
        with pytest.raises(Stopped):
            feed.report(10.0, 0.0, 10.0)
        assert kept.tally.sources == [], "nothing was reported"
    finally:
        kept.close()


def test_faults_are_read():
    assert fault("UPS-A") == ("UPS-A", 0.0)
    assert fault("UPS-A@30") == ("UPS-A", 30.0)
    assert fault("a@b") == ("a@b", 0.0)
    with pytest.raises(BadInput, match="seconds after the start"):
        fault("UPS-A@-1")


def test_weather_is_that_of_the_source_and_cold_air_cools_for_free():
    assert wet_bulb_c(20.0, 50.0) == pytest.approx(13.7, abs=0.1)  # Stull 2011, the worked example
    summer, winter = weather(200 * 86_400.0 + 50_000), weather(20 * 86_400.0)
    assert summer.dry_bulb_c > winter.dry_bulb_c + 15
    assert compressor_share(26.0) == pytest.approx(1.0)
    assert (wet_share(10.0), wet_share(22.0), wet_share(40.0)) == (0.0, 0.5, 1.0)
    assert compressor_share(5.0) < 0.1 < compressor_share(15.0) < 0.5
