"""Values of IFC: units, types and occurrences, who said them, and ratings from amperes."""

import json
from pathlib import Path
from typing import Any

import pytest
from ingest_ifc_builder import Builder, board, codes, properties, read

from ingest.records import ORIGIN, Extract


def test_units_the_own_one_first_then_the_project_s_else_unknown(tmp_path: Path) -> None:
    b = Builder()
    kilowatt = b.file.create_entity("IfcSIUnit", UnitType="POWERUNIT", Prefix="KILO", Name="WATT")
    set_name = "Pset_ElectricGeneratorTypeCommon"
    for tag, value in (
        ("G1", ("IfcPowerMeasure", 2_200_000.0)),
        ("G2", ("IfcPowerMeasure", 2_200.0, kilowatt)),
        ("G3", ("IfcReal", 2_200.0)),
        ("G4", ("IfcElectricVoltageMeasure", 2_200.0)),
    ):
        b.pset(
            b.element("IfcElectricGenerator", tag, PredefinedType="ENGINEGENERATOR"), set_name, MaximumPowerOutput=value
        )
    extract = read(b, tmp_path)
    assert [properties(extract, f"G{n}").get("rated_kw") for n in (1, 2, 3, 4)] == [2200.0, 2200.0, None, None]
    assert codes(extract).count("unit-unknown") == 2


def test_unit_that_the_project_does_not_declare_is_not_taken_for_si(tmp_path: Path) -> None:
    b = Builder(power=False)
    board_ = board(b, "L")
    b.pset(board_, "Pset_ElectricalDeviceCommon", RatedVoltage=("IfcElectricVoltageMeasure", 2238.89))
    extract = read(b, tmp_path)
    assert "rated_voltage_v" not in properties(extract, "L")
    assert "unit-unknown" in codes(extract)


def origins(extract: Extract, identity: str) -> dict[str, Any]:
    return json.loads(properties(extract, identity)[ORIGIN])


def test_value_unit_si_and_raw_are_kept_side_by_side(tmp_path: Path) -> None:
    b = Builder()
    kilowatt = b.file.create_entity("IfcSIUnit", UnitType="POWERUNIT", Prefix="KILO", Name="WATT")
    generator = b.element("IfcElectricGenerator", "G", PredefinedType="ENGINEGENERATOR")
    b.pset(generator, "Pset_ElectricGeneratorTypeCommon", MaximumPowerOutput=("IfcPowerMeasure", 2_200.0, kilowatt))
    assert origins(read(b, tmp_path), "G")["rated_kw"] == {
        "set": "Pset_ElectricGeneratorTypeCommon", "said_by": "occurrence", "value": 2200.0, "unit": "kW",
        "si": 2_200_000.0, "si_unit": "W", "raw": 2200.0, "measure": "IfcPowerMeasure", "name": "MaximumPowerOutput",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "code", "volts"),
    [
        (("IfcReal", 2238.89336667562), "unit-unknown", "208 V"),
        (("IfcReal", 1291.669), "unit-unknown", "120 V"),
        (("IfcElectricVoltageMeasure", 2238.89336667562), "unit-doubtful", "208 V"),
        (("IfcLabel", "230"), "unit-unknown", ""),
        (("IfcLabel", "n/a"), "bad-value", ""),
        (("IfcReal", 230.0), "unit-unknown", ""),
    ],
)
def test_internal_units_of_revit_are_noticed_and_never_taken(tmp_path: Path, value: Any, code: str, volts: str) -> None:
    b = Builder()
    b.pset(board(b, "L"), "Pset_ElectricalDeviceCommon", RatedVoltage=value)
    extract = read(b, tmp_path)
    assert "rated_voltage_v" not in properties(extract, "L")
    (finding,) = [f for f in extract.findings if f.code == code]
    assert volts in finding.message


@pytest.mark.parametrize("volts", [400.0, 10_000.0, 208.0, 12_345.0])
def test_declared_voltages_are_taken_as_they_are(tmp_path: Path, volts: float) -> None:
    b = Builder()
    b.pset(board(b, "L"), "Pset_ElectricalDeviceCommon", RatedVoltage=("IfcElectricVoltageMeasure", volts))
    assert properties(read(b, tmp_path), "L")["rated_voltage_v"] == volts


def test_text_with_its_unit_is_a_value(tmp_path: Path) -> None:
    b = Builder()
    b.pset(board(b, "L"), "Pset_ElectricalDeviceCommon", RatedVoltage=("IfcLabel", "0.48 kV"))
    assert properties(read(b, tmp_path), "L")["rated_voltage_v"] == 480.0


def test_unit_of_the_mapping_stands_in_where_the_file_names_none(tmp_path: Path) -> None:
    b = Builder()
    b.pset(board(b, "L"), "Vendor", Volts=("IfcReal", 400.0), Amps=("IfcElectricCurrentMeasure", 5.0))
    mapping = tmp_path / "m.toml"
    mapping.write_text('[[property]]\nset = "Vendor"\nname = "Volts"\nto = "rated_voltage_v"\nunit = "V"\n')
    assert properties(read(b, tmp_path, mapping), "L")["rated_voltage_v"] == 400.0


def test_who_spoke_is_recorded(tmp_path: Path) -> None:
    b = Builder()
    one, two = (b.element("IfcChiller", tag, PredefinedType="WATERCOOLED") for tag in ("CH1", "CH2"))
    kind = b.type("IfcChillerType", [one, two], PredefinedType="WATERCOOLED")
    b.pset(kind, "Pset_ChillerTypeCommon", NominalCapacity=("IfcPowerMeasure", 1e6), NominalEfficiency=("IfcReal", 6.0))
    b.pset(two, "Pset_ChillerTypeCommon", NominalCapacity=("IfcPowerMeasure", 8e5), NominalEfficiency=("IfcReal", 5.0))
    extract = read(b, tmp_path)
    assert {name: origin["said_by"] for name, origin in origins(extract, "CH1").items()} == {
        "rated_cooling_kw": "type", "cop": "type",
    }  # fmt: skip
    assert origins(extract, "CH2")["cop"] == {
        "set": "Pset_ChillerTypeCommon",
        "said_by": "occurrence",
        "type_said": 6.0,
    }
    assert origins(extract, "CH2")["rated_cooling_kw"]["type_said"] == 1000.0


def test_occurrence_overrides_its_type_property_by_property(tmp_path: Path) -> None:
    b = Builder()
    one, two = (b.element("IfcChiller", tag, PredefinedType="WATERCOOLED") for tag in ("CH1", "CH2"))
    kind = b.type("IfcChillerType", [one, two], PredefinedType="WATERCOOLED")
    b.pset(kind, "Pset_ChillerTypeCommon", NominalCapacity=("IfcPowerMeasure", 1e6), NominalEfficiency=("IfcReal", 6.0))
    b.pset(two, "Pset_ChillerTypeCommon", NominalCapacity=("IfcPowerMeasure", 8e5))
    extract = read(b, tmp_path)
    assert (properties(extract, "CH1")["rated_cooling_kw"], properties(extract, "CH2")["rated_cooling_kw"]) == (
        1000.0,
        800.0,
    )
    assert properties(extract, "CH2")["cop"] == 6.0
    assert codes(extract).count("type-overridden") == 1


def test_rating_in_kw_from_amperes_takes_volts_poles_and_power_factor(tmp_path: Path) -> None:
    b = Builder()
    full = {
        "RatedCurrent": ("IfcElectricCurrentMeasure", 1000.0),
        "RatedVoltage": ("IfcElectricVoltageMeasure", 400.0),
        "NumberOfPoles": ("IfcInteger", 3),
        "PowerFactor": ("IfcNormalisedRatioMeasure", 0.9),
    }
    b.pset(board(b, "L1"), "Pset_ElectricalDeviceCommon", **full)
    b.pset(board(b, "L2"), "Pset_ElectricalDeviceCommon", **{k: v for k, v in full.items() if k != "PowerFactor"})
    extract = read(b, tmp_path)
    assert properties(extract, "L1")["rated_kw"] == pytest.approx(3**0.5 * 400 * 1000 * 0.9 / 1000)
    assert "rated_kw" not in properties(extract, "L2")
    assert "no-rating" in codes(extract)
