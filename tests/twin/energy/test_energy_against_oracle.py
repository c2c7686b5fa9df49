"""PUE, category and shares against power added up by hand, with perfect meters at random places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.energy import Plant
from twin.energy.answer import energy
from twin.energy.readings import Measures, Readings, with_meters
from twin.topology import from_records

LEVELS = [
    ("PUE3", ("Server", "NetworkDevice")),
    ("PUE3", ("RackPDU",)),
    ("PUE2", ("Busway",)),
    ("PUE2", ("PDU",)),
    ("PUE1", ("UPS",)),
]


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    """Buildings with modules on two sides; air handlers on PDUs and on boards; losses in UPS and transformers."""
    kw = st.floats(0.1, 500.0)
    share = st.floats(0.7, 1.0)
    plant = Plant()
    plant.add("CAMPUS", "Campus", "")
    plant.add("SUB", "Building", "CAMPUS")
    utilities = [plant.add(f"UTIL-{n}", "UtilityFeed", "SUB") for n in range(draw(st.integers(1, 2)))]
    for b in range(draw(st.integers(1, 2))):
        building = plant.add(f"B{b}", "Building", "CAMPUS")
        boards = [
            plant.add(f"B{b}-SWB-{s}", "Switchboard", building, [utilities[k % len(utilities)]], efficiency=draw(share))
            for k, s in enumerate("AB")
        ]
        plant.add(f"B{b}-CH", "Chiller", building, boards, draw(kw))
        for m in range(draw(st.integers(1, 2))):
            module = plant.add(f"B{b}-M{m}", "Module", building)
            strips: dict[str, list[str]] = {}
            for side, board in zip("AB", boards, strict=True):
                name = f"{module}-{{}}-{side}"
                ups = plant.add(name.format("UPS"), "UPS", building, [board], efficiency=draw(share))
                pdu = plant.add(name.format("PDU"), "PDU", building, [ups])
                busway = plant.add(name.format("BW"), "Busway", module, [pdu], efficiency=draw(share))
                strips[side] = [plant.add(f"{name.format('R')}{r}", "RackPDU", module, [busway]) for r in range(2)]
                if draw(st.booleans()):
                    plant.add(name.format("AH"), "AirHandler", building, [pdu], draw(kw))
                if draw(st.booleans()):
                    plant.add(name.format("PLC"), "Controller", building, [ups], draw(kw))
            for r in range(2):
                for n in range(draw(st.integers(1, 2))):
                    cords = [strips[side][r] for side in ("AB" if draw(st.booleans()) else "A")]
                    label = "Server" if n == 0 else "NetworkDevice"
                    plant.add(f"{module}-S{r}{n}", label, module, cords, draw(kw))
            for side in "AB":
                if not plant.feeds(strips[side][1]):
                    plant.add(f"{module}-S{side}", "Server", module, [strips[side][1]], draw(kw))
    return plant


def answer(plant: Plant, readings: dict[str, float], water: dict[str, float] | None = None):
    assets, relationships = plant.records()
    assets += [{"id": name, "label": "WaterSupply"} for name in water or {}]
    topology = from_records(assets, relationships)
    power, flow = np.full(len(topology), np.nan), np.full(len(topology), np.nan)
    for array, values in ((power, readings), (flow, water or {})):
        for name, value in values.items():
            array[topology.ids.index(name)] = value
    return energy(topology, np.ones(len(topology), np.bool_), Readings(power, flow))


def carries_it(plant: Plant, name: str) -> bool:
    return plant.out(name, dict.fromkeys(plant.it(), 1.0)) > 0.0


def kept(plant: Plant, labels) -> dict[str, float]:
    wanted = {"UtilityFeed", "Switchboard", "Chiller", "AirHandler", "Controller", *labels}
    return {name: kw for name, kw in plant.true_readings().items() if plant.labels[name] in wanted}


@settings(max_examples=40)
@given(plant=plants(), levels=st.sets(st.integers(0, 4), min_size=1))
def test_pue_and_its_category(plant, levels):
    labels = {label for level in levels for label in LEVELS[level][1]}
    found = answer(plant, kept(plant, labels))
    category, places = LEVELS[min(levels)]
    total = sum(plant.out(name, plant.draw) for name in plant.labels if plant.labels[name] == "UtilityFeed")
    load = plant.it_at([name for name in plant.true_readings() if plant.labels[name] in places])
    assert found.missing == []
    assert found.campus.total_kw == pytest.approx(total)
    assert found.campus.it_kw == pytest.approx(load)
    assert found.campus.pue == pytest.approx(total / load)
    assert found.category == f"{category} interim"
    cooling = {"Chiller", "AirHandler"}
    assert found.campus.cooling_kw == pytest.approx(
        sum(kw for name, kw in plant.draw.items() if plant.labels[name] in cooling)
    )


@settings(max_examples=40)
@given(plant=plants(), level=st.integers(0, 4), data=st.data())
def test_without_one_of_its_meters_there_is_no_pue_and_the_meter_is_named(plant, level, data):
    readings = kept(plant, LEVELS[level][1])
    needed = [
        name
        for name in readings
        if (plant.labels[name] in {"UtilityFeed", *LEVELS[level][1]} and (level == 0 or carries_it(plant, name)))
        or (plant.labels[name] == "AirHandler" and level >= 3)
        or (plant.labels[name] == "Controller" and level == 4)
    ]
    gone = data.draw(st.sampled_from(sorted(needed)))
    del readings[gone]
    found = answer(plant, readings)
    if plant.labels[gone] == "UtilityFeed":
        # The boards behind stand for it where it alone feeds them.
        behind = [name for name, suppliers in plant.fed_by.items() if gone in suppliers]
        assert all(plant.fed_by[name] == [gone] for name in behind)
        total = sum(readings[name] for name in behind) + sum(
            kw for name, kw in readings.items() if plant.labels[name] == "UtilityFeed"
        )
        assert found.campus.total_kw == pytest.approx(total)
        return
    assert found.campus.pue is None
    assert found.category is None
    assert found.to_dict()["pue"] is None
    assert found.missing
    truth = plant.true_readings()
    completed = answer(plant, {**readings, **{name: truth[name] for name in found.missing}})
    assert completed.campus.pue is not None


@settings(max_examples=40)
@given(plant=plants(), level=st.integers(0, 4))
def test_buildings_and_modules(plant, level):
    found = answer(plant, kept(plant, LEVELS[level][1]))
    for shares, label in ((found.by_building, "Building"), (found.by_module, "Module")):
        spaces = {s for s in plant.labels if plant.labels[s] == label and any(plant.within(i, s) for i in plant.it())}
        assert set(shares) == spaces
    for name, share in found.by_building.items():
        boards = [i for i in plant.labels if plant.labels[i] == "Switchboard" and plant.within(i, name)]
        places = [i for i in plant.labels if plant.labels[i] in LEVELS[level][1] and plant.within(i, name)]
        assert share.total_kw == pytest.approx(sum(plant.out(board, plant.draw) for board in boards))
        assert share.it_kw == pytest.approx(plant.it_at(places))
        assert share.losses_kw == pytest.approx(share.total_kw - share.it_kw - share.cooling_kw)
        assert share.category == LEVELS[level][0]
    for name, share in found.by_module.items():
        if level <= 2:
            places = [i for i in plant.labels if plant.labels[i] in LEVELS[level][1] and plant.within(i, name)]
            assert share.it_kw == pytest.approx(plant.it_at(places))
            assert share.total_kw == pytest.approx(sum(found_reading(plant, place) for place in places))


def found_reading(plant: Plant, name: str) -> float:
    return plant.draw[name] or plant.out(name, plant.draw)


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4))
@settings(max_examples=10)
def test_wue_is_litres_a_kwh(first, second):
    plant = small()
    found = answer(plant, plant.true_readings(), {"CITY-1": first, "CITY-2": second})
    assert found.wue == pytest.approx((first + second) * 1000.0 / 10.0)


def test_a_water_main_without_a_meter_is_named():
    plant = small()
    assets = {"CITY-1": 1.0, "CITY-2": float("nan")}
    found = answer(plant, plant.true_readings(), assets)
    assert (found.wue, found.missing) == (None, ["CITY-2"])
    assert found.campus.pue is not None


def small() -> Plant:
    plant = Plant()
    plant.add("B1", "Building", "")
    plant.add("UTIL", "UtilityFeed", "")
    plant.add("PDU", "PDU", "B1", ["UTIL"], efficiency=0.8)
    plant.add("S", "Server", "B1", ["PDU"], draw=10.0)
    return plant


def test_a_worked_example():
    """10 kW of IT behind a PDU that gives 8 of 10: 12.5 kW come in, PUE 1.25."""
    found = answer(small(), small().true_readings()).to_dict()
    assert found == {
        "question": {"failed": [], "out": [], "basis": "power now"},
        "pue": 1.25,
        "category": "PUE3 interim",
        "wue": None,
        "it_kw": 10.0,
        "total_kw": 12.5,
        "by_building": {
            "B1": {
                "pue": 1.0, "category": "PUE3", "it_kw": 10.0, "total_kw": 10.0, "cooling_kw": 0.0, "losses_kw": 0.0,
            }
        },
        "by_module": {},
        "missing_meters": [],
    }  # fmt: skip


def test_a_standby_generator_without_a_meter_is_named_unless_its_board_has_one():
    plant = small()
    plant.add("GEN", "Generator", "")
    plant.add("GEN-SWB", "Switchboard", "", ["GEN"])
    plant.fed_by["PDU"].append("GEN-SWB")
    readings = {"UTIL": 12.5, "S": 10.0}
    assert answer(plant, readings).missing == ["GEN"]
    found = answer(plant, {**readings, "GEN-SWB": 0.0})
    assert (found.missing, found.campus.pue) == ([], 1.25)


def test_a_year_is_no_longer_interim():
    assets, relationships = small().records()
    topology = from_records(assets, relationships)
    power = np.full(len(topology), np.nan)
    for name, kw in small().true_readings().items():
        power[topology.ids.index(name)] = kw
    up, water = np.ones(len(topology), np.bool_), np.full(len(topology), np.nan)
    for days, category in ((364, "PUE3 interim"), (365, "PUE3")):
        found = energy(topology, up, Readings(power, water, 0.0, days * 86_400.0))
        assert found.category == category


def test_a_meter_stands_for_what_it_measures_and_own_points_come_first():
    own = np.array([np.nan, 5.0, 7.0, np.nan])
    meters = [Measures(1, 0, "power_kw"), Measures(2, 0, ""), Measures(1, 2, "power_kw"), Measures(2, 3, "inlet_c")]
    found = with_meters(own, meters, frozenset({"", "power_kw"}))
    assert np.array_equal(found, [5.0, 5.0, 7.0, np.nan], equal_nan=True)
