"""The eighteen pitfalls of IFC, each on a small file; and the public samples, where they are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ingest_ifc_builder import Builder
from ingest_samples import sample

from ingest.checks import groups_of, vital_cords
from ingest.mapping.model import load_mapping
from ingest.merge import merge_extracts
from ingest.readers import cobie, ifc
from ingest.records import ORIGIN, Extract, Place, RelationshipRecord
from schema.errors import BadInput

SCHEMAS = ("IFC2X3", "IFC4", "IFC4X3")


def read(builder: Builder, tmp_path: Path, mapping: Path | None = None) -> Extract:
    return ifc.read(builder.write(tmp_path / "model.ifc"), "model", mapping)


def supply(extract: Extract) -> list[tuple[str, str, str]]:
    kinds = ("CONTAINS", "PART_OF")
    return sorted((r.source_id, r.type, r.target_id) for r in extract.relationships if r.type not in kinds)


def parts(extract: Extract, path: str) -> list[str]:
    found = [
        (r.properties["position"], r.source_id)
        for r in extract.relationships
        if r.target_id == path and r.type == "PART_OF"
    ]
    return [part for _, part in sorted(found)]


def properties(extract: Extract, identity: str) -> dict[str, Any]:
    return next(a.properties for a in extract.assets if a.id == identity)


def codes(extract: Extract) -> list[str]:
    return [f.code for f in extract.findings]


def ups(builder: Builder, tag: str, **attributes: Any) -> Any:
    if builder.schema == "IFC2X3":
        entity = builder.element("IfcEnergyConversionDevice", tag, **attributes)
        builder.type("IfcTransformerType", [entity], PredefinedType="NOTDEFINED")
        return entity
    return builder.element("IfcElectricFlowStorageDevice", tag, PredefinedType="UPS", **attributes)


def board(builder: Builder, tag: str, **attributes: Any) -> Any:
    if builder.schema == "IFC2X3":
        return builder.element(
            "IfcElectricDistributionPoint", tag, DistributionPointFunction="SWITCHBOARD", **attributes
        )
    kind = "IfcElectricDistributionBoard" if builder.schema == "IFC4" else "IfcDistributionBoard"
    return builder.element(kind, tag, PredefinedType="SWITCHBOARD", **attributes)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("against", [False, True])
@pytest.mark.parametrize("connected", [False, True])
def test_flow_direction_orients_and_ports_are_owned_either_way(
    tmp_path: Path, schema: str, against: bool, connected: bool
) -> None:
    b = Builder(schema)
    b.connect(ups(b, "U"), board(b, "L"), against=against, connected=connected)
    extract = read(b, tmp_path)
    assert supply(extract) == [("U", "FEEDS", "L")]
    assert {a.id: a.label for a in extract.assets if a.id in "UL"} == {
        "U": "Transformer" if schema == "IFC2X3" else "UPS",
        "L": "Switchboard",
    }


@pytest.mark.parametrize(
    ("directions", "edges", "code"),
    [
        (("SOURCEANDSINK", "SOURCEANDSINK"), [], "undirected"),
        (("NOTDEFINED", "NOTDEFINED"), [], "undirected"),
        (("SOURCE", "SOURCE"), [], "contradictory-direction"),
        (("SOURCE", "NOTDEFINED"), [("U", "FEEDS", "L")], ""),
        (("SOURCEANDSINK", "SINK"), [("U", "FEEDS", "L")], ""),
        (("SINK", "SOURCE"), [("L", "FEEDS", "U")], ""),
    ],
)
def test_what_has_no_direction_stays_without_and_is_told(
    tmp_path: Path, directions: tuple[str, str], edges: list[Any], code: str
) -> None:
    b = Builder()
    b.connect(ups(b, "U"), board(b, "L"), directions=directions)
    extract = read(b, tmp_path)
    assert supply(extract) == edges
    assert not code or code in codes(extract)


def test_owner_that_no_rule_names_is_kept_when_it_has_ports(tmp_path: Path) -> None:
    b = Builder()
    proxy = b.element("IfcBuildingElementProxy", "X")
    b.element("IfcBuildingElementProxy", "Y")
    b.connect(ups(b, "U"), proxy)
    extract = read(b, tmp_path)
    assert supply(extract) == [("U", "FEEDS", "X")]
    assert {a.id: a.label for a in extract.assets}["X"] == "Segment"
    assert "Y" not in {a.id for a in extract.assets}
    assert {"unmapped-with-ports", "class-left-out"} <= set(codes(extract))


def test_panel_names_stand_in_where_there_are_no_ports(tmp_path: Path) -> None:
    b = Builder("IFC4")
    panel, pump = board(b, "LP-1"), b.element("IfcPump", "PU")
    b.pset(panel, "Pset_Revit", **{"Panel Name": ("IfcLabel", "Panel 1")})
    b.pset(pump, "Electrical", **{"Panel": ("IfcText", "panel 1"), "Circuit Number": ("IfcText", "7")})
    extract = read(b, tmp_path)
    assert supply(extract) == [("LP-1", "FEEDS", "PU")]
    (feeds,) = [r for r in extract.relationships if r.type == "FEEDS"]
    assert feeds.properties["inferred"] is True
    assert "inferred-from-panel" in codes(extract)


def test_panel_whose_class_no_rule_names_feeds_what_no_rule_names(tmp_path: Path) -> None:
    b = Builder("IFC4")
    panel, light = b.element("IfcBuildingElementProxy", "LP-1"), b.element("IfcLightFixture", "LF")
    b.pset(panel, "Revit", **{"Panel Name": ("IfcLabel", "Panel 1")})
    b.pset(light, "Revit", Panel=("IfcLabel", "Panel 1"))
    b.element("IfcLightFixture", "alone")
    extract = read(b, tmp_path)
    assert supply(extract) == [("LP-1", "FEEDS", "LF")]
    assert properties(extract, "LF")["category"] == "IfcLightFixture"
    assert "alone" not in {a.id for a in extract.assets}
    assert "unmapped-with-panel" in codes(extract)


def test_cords_made_into_groups_of_one_each_are_warned_of() -> None:
    feeds = [RelationshipRecord(f"P-{side}", "FEEDS", "S", {"group": side}, Place("x")) for side in "AB"]
    (finding,) = vital_cords(groups_of(feeds), {"S": "Server"})
    assert (finding.code, finding.severity, finding.ids) == ("vital-cords", "warning", ("S",))
    together = [RelationshipRecord(f"P-{side}", "FEEDS", "S", {"group": "ac"}, Place("x")) for side in "AB"]
    assert not list(vital_cords(groups_of(together), {"S": "Server"}))


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


def test_things_in_a_cabinet_are_contained_through_aggregation(tmp_path: Path) -> None:
    b = Builder()
    assembly = b.element("IfcElementAssembly", "M1", ObjectType="T-Block IT box", AssemblyPlace="FACTORY")
    cabinet = b.element("IfcFurniture", "C1", inside=assembly, PredefinedType="TECHNICALCABINET")
    unnamed = b.element("IfcBuildingElementProxy", "shelf", inside=cabinet)
    b.element("IfcCommunicationsAppliance", "S1", inside=unnamed, PredefinedType="COMPUTER")
    extract = read(b, tmp_path)
    contains = {r.target_id: r.source_id for r in extract.relationships if r.type == "CONTAINS"}
    assert (contains["S1"], contains["C1"], contains["M1"]) == ("C1", "M1", b.building.GlobalId)
    assert properties(extract, "M1")["kind"] == "IT"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_things_nested_in_a_cabinet_stand_where_it_stands(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    kind, more = ("IfcFurnishingElement", {}) if schema == "IFC2X3" else ("IfcSystemFurnitureElement", {})
    cabinet = b.element(kind, "C1", ObjectType="Cabinet", **more)
    strip = b.root("IfcBuildingElementProxy", "RP", Tag="RP")
    b.root("IfcRelNests", RelatingObject=cabinet, RelatedObjects=[strip])
    b.connect(ups(b, "U"), strip)
    rules = tmp_path / "rules.toml"
    rules.write_text(f'[[element]]\nclass = "{kind}"\nlabel = "Cabinet"\n')
    extract = read(b, tmp_path, rules)
    contains = {r.target_id: r.source_id for r in extract.relationships if r.type == "CONTAINS"}
    assert (contains["RP"], contains["C1"]) == ("C1", b.building.GlobalId)


def test_draft_schemas_are_refused_and_let_in_on_request(tmp_path: Path) -> None:
    b = Builder()
    b.connect(ups(b, "U"), board(b, "L"))
    file = b.write(tmp_path / "draft.ifc")
    file.write_text(file.read_text().replace("IFC4X3_ADD2", "IFC4X3_RC3").replace("'IFC4X3'", "'IFC4X3_RC3'"))
    with pytest.raises(BadInput, match="IFC4X3_RC3, a draft"):
        ifc.read(file, "draft")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("prerelease = true\n")
    extract = ifc.read(file, "draft", mapping)
    assert supply(extract) == [("U", "FEEDS", "L")]
    assert "prerelease" in codes(extract)
    file.write_text(file.read_text().replace("IFCRELCONNECTSPORTS(", "IFCRELOLD("))
    extract = ifc.read(file, "draft", mapping)
    assert [f.message for f in extract.findings if f.code == "prerelease-lost"] == [
        "1 of IFCRELOLD were lost: IFC 4.3 knows no such class, or not with these attributes"
    ]


def test_repeated_global_ids_and_tags_are_told(tmp_path: Path) -> None:
    b = Builder()
    one, two, three = (board(b, tag) for tag in ("L", "L", "K"))
    three.GlobalId = one.GlobalId
    extract = read(b, tmp_path)
    assert {"repeated-tag", "repeated-global-id"} <= set(codes(extract))
    assert {one.GlobalId, two.GlobalId, "K"} <= {a.id for a in extract.assets}


def test_step_numbers_name_nothing(tmp_path: Path) -> None:
    """Another export of the same model numbers its lines anew: it is the same, and nothing changes."""
    b = Builder()
    b.connect(ups(b, "U"), b.element("IfcDistributionBoard", None, PredefinedType="SWITCHBOARD"))
    file = b.write(tmp_path / "model.ifc")
    before = ifc.read(file, "model")
    file.write_text(re.sub(r"#(\d+)", lambda found: f"#{9_000 - int(found[1])}", file.read_text()))
    after = ifc.read(file, "model")
    assert {a.id: (a.label, a.properties) for a in after.assets} == {
        a.id: (a.label, a.properties) for a in before.assets
    }
    assert len(supply(before)) == 1
    assert supply(after) == supply(before)
    assert sorted(codes(after)) == sorted(codes(before))


def test_battery_becomes_the_hold_of_its_ups_and_supplies_nothing(tmp_path: Path) -> None:
    b = Builder()
    u, store = ups(b, "U"), b.element("IfcElectricFlowStorageDevice", "BAT", PredefinedType="BATTERY")
    b.pset(u, "CampusTwin_Asset", rated_kw=("IfcReal", 100.0))
    b.pset(store, "CampusTwin_Asset", capacity_kwh=("IfcReal", 25.0))
    b.connect(store, u)
    b.connect(u, board(b, "L"))
    extract = read(b, tmp_path)
    assert supply(extract) == [("U", "FEEDS", "L")]
    assert properties(extract, "U")["power_hold_s"] == 900.0
    assert properties(extract, "BAT")["bridges"] == "U"
    assert "battery" in codes(extract)


def test_battery_without_figures_is_told(tmp_path: Path) -> None:
    b = Builder()
    b.connect(b.element("IfcElectricFlowStorageDevice", "BAT", PredefinedType="BATTERY"), ups(b, "U"))
    extract = read(b, tmp_path)
    assert supply(extract) == []
    assert "battery-no-hold" in codes(extract)


def test_needs_that_nobody_states_are_inferred_from_systems_and_sides(tmp_path: Path) -> None:
    b = Builder()
    a1, b1, c1, c2 = (ups(b, tag) for tag in ("UA", "UB", "UC1", "UC2"))
    x, y, z = (board(b, tag) for tag in ("X", "Y", "Z"))
    b.system("IfcDistributionSystem", "A", [a1], "ELECTRICAL")
    b.system("IfcDistributionSystem", "B", [b1], "ELECTRICAL")
    for source, target in ((a1, x), (b1, x), (c1, y), (c2, y), (a1, z)):
        b.connect(source, target)
    extract = read(b, tmp_path)
    needs = {(r.source_id, r.target_id): r.properties for r in extract.relationships if r.type == "FEEDS"}
    assert {key: values["need"] for key, values in needs.items()} == {
        ("UA", "X"): 1,
        ("UB", "X"): 1,
        ("UC1", "Y"): 2,
        ("UC2", "Y"): 2,
        ("UA", "Z"): 1,
    }
    assert all(values["need_inferred"] for values in needs.values())
    assert "need-inferred" in codes(extract)


def test_redundancy_of_the_consumer_s_port_is_taken(tmp_path: Path) -> None:
    b = Builder()
    one, two, target = ups(b, "U1"), ups(b, "U2"), board(b, "L")
    for number, source in enumerate((one, two)):
        _, sink = b.connect(source, target)
        b.pset(
            sink,
            "CampusTwin_Supply",
            Group=("IfcLabel", "main"),
            Need=("IfcInteger", 1),
            Policy=("IfcLabel", "transfer"),
            Priority=("IfcInteger", number),
        )
    extract = read(b, tmp_path)
    stated = [r.properties for r in extract.relationships if r.type == "FEEDS"]
    assert stated == [{"group": "main", "need": 1, "policy": "transfer", "priority": n} for n in (0, 1)]


def test_cable_that_realizes_a_connection_stands_in_the_chain(tmp_path: Path) -> None:
    b = Builder()
    cable = b.element("IfcCableSegment", "CBL", PredefinedType="CABLESEGMENT")
    shared = b.element("IfcCableSegment", "TRAY", PredefinedType="CABLESEGMENT")
    u1, u2, l1, l2 = ups(b, "U1"), ups(b, "U2"), board(b, "L1"), board(b, "L2")
    b.connect(u1, l1, realizing=cable)
    b.connect(u1, l2, realizing=shared)
    b.connect(u2, l1, realizing=shared)
    extract = read(b, tmp_path)
    assert supply(extract) == [
        ("CBL", "FEEDS", "L1"),
        ("U1", "FEEDS", "CBL"),
        ("U1", "FEEDS", "L2"),
        ("U2", "FEEDS", "L1"),
    ]
    assert "shared-segment" in codes(extract)


def test_systems_become_paths_and_loops_in_the_order_of_the_flow(tmp_path: Path) -> None:
    b = Builder()
    feed = b.element("IfcDistributionBoard", "UT", PredefinedType="CONSUMERUNIT")
    transformer = b.element("IfcTransformer", "TR", PredefinedType="VOLTAGE")
    main, strip = board(b, "L"), b.element("IfcDistributionBoard", "RP", ObjectType="RackPDU")
    for source, target in ((feed, transformer), (transformer, main), (main, strip)):
        b.connect(source, target)
    path = b.system("IfcDistributionCircuit", "same name", [main, feed, transformer], "ELECTRICAL")
    chiller, pump = b.element("IfcChiller", "CH"), b.element("IfcPump", "P")
    b.connect(chiller, pump, "CHILLEDWATER")
    loop = b.system("IfcDistributionSystem", "Same Name", [pump, chiller], "CHILLEDWATER")
    extract = read(b, tmp_path)
    assert parts(extract, path.GlobalId) == ["UT", "TR", "L"]
    assert parts(extract, loop.GlobalId) == ["CH", "P"]
    assert properties(extract, path.GlobalId)["complete"] is True
    assert {a.id: a.label for a in extract.assets}[loop.GlobalId] == "CoolingLoop"


def test_paths_are_traced_where_the_file_names_none(tmp_path: Path) -> None:
    b = Builder()
    module = b.element("IfcElementAssembly", "M1", ObjectType="T-Block IT box")
    for side in "AB":
        utility = b.element("IfcDistributionBoard", f"UT-{side}", PredefinedType="CONSUMERUNIT")
        u = ups(b, f"U-{side}")
        bar = b.element("IfcCableSegment", f"BW-{side}", PredefinedType="BUSBARSEGMENT")
        strip = b.element("IfcDistributionBoard", f"RP-{side}", inside=module, ObjectType="RackPDU")
        for source, target in ((utility, u), (u, bar), (bar, strip)):
            b.connect(source, target)
    extract = read(b, tmp_path)
    assert parts(extract, "M1-PATH-A") == ["UT-A", "U-A", "BW-A"]
    assert parts(extract, "M1-PATH-B") == ["UT-B", "U-B", "BW-B"]
    assert properties(extract, "M1-PATH-A")["complete"] is True
    assert "paths-traced" in codes(extract)


def test_return_pipe_of_a_closed_circuit_supplies_nothing(tmp_path: Path) -> None:
    b = Builder()
    chiller, pump, handler = (
        b.element(kind, tag) for kind, tag in (("IfcChiller", "CH"), ("IfcPump", "P"), ("IfcUnitaryEquipment", "AH"))
    )
    for source, target in ((chiller, handler), (handler, pump), (pump, chiller)):
        b.connect(source, target, "CHILLEDWATER")
    extract = read(b, tmp_path)
    assert ("P", "COOLS", "CH") not in supply(extract)
    assert ("CH", "COOLS", "AH") in supply(extract)
    assert "return-flow" in codes(extract)


@pytest.mark.parametrize(("prefix", "scale"), [(None, 1.0), ("MILLI", 1000.0)])
def test_placement_and_box_are_metres_in_campus_coordinates(tmp_path: Path, prefix: str | None, scale: float) -> None:
    b = Builder(length_prefix=prefix)
    b.building.ObjectPlacement = b.placement(100 * scale, 0, 0, b.site, turn=(0, 1, 0))
    placement = b.placement(10 * scale, 2 * scale, 3 * scale, b.building)
    b.box(board(b, "L", ObjectPlacement=placement), 0.6 * scale, 1.2 * scale, 2.2 * scale)
    values = properties(read(b, tmp_path), "L")
    assert (values["x_m"], values["y_m"], values["z_m"]) == (98.0, 10.0, 3.0)
    assert (values["length_m"], values["width_m"], values["height_m"]) == (0.6, 1.2, 2.2)
    assert values["rotation_deg"] == 90.0
    assert values["placement"] == "source"


def placed_at(b: Builder, tmp_path: Path, x: float, y: float) -> tuple[float, float, float, float]:
    """Place and rotation of a board that stands at (x, y, 0) of the file."""
    board(b, "L", ObjectPlacement=b.placement(x, y, 0))
    values = properties(read(b, tmp_path), "L")
    return values["x_m"], values["y_m"], values["z_m"], values["rotation_deg"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_true_north_turns_the_file_so_that_it_is_along_y(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    b.context.TrueNorth = b.file.create_entity("IfcDirection", (1.0, 0.0))  # north is along x
    assert placed_at(b, tmp_path, 10.0, 2.0) == (-2.0, 10.0, 0.0, 90.0)


@pytest.mark.parametrize(
    ("prefix", "scale", "map_unit", "expected"),
    [
        (None, None, False, (100.0 - 2.0, 200.0 + 10.0)),
        ("MILLI", 0.001, False, (100.0 - 2.0, 200.0 + 10.0)),
        ("MILLI", None, False, (100.0 - 2.0, 200.0 + 10.0)),
        ("MILLI", 1.0, False, (100.0 - 2.0, 200.0 + 10.0)),  # which would be a campus of kilometres: doubtful
        (None, 1 / 0.3048, True, (30.48 - 2.0, 60.96 + 10.0)),
        (None, 0.9996, False, (100.0 - 1.9992, 200.0 + 9.996)),
    ],
)
def test_map_conversion_places_the_file_on_the_map(
    tmp_path: Path, prefix: str | None, scale: float | None, map_unit: bool, expected: tuple[float, float]
) -> None:
    b = Builder("IFC4", length_prefix=prefix)
    make = b.file.create_entity
    foot = None
    if map_unit:
        metre = make("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
        size = make("IfcMeasureWithUnit", make("IfcLengthMeasure", 0.3048), metre)
        dimensions = make("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0)
        foot = make("IfcConversionBasedUnit", dimensions, "LENGTHUNIT", "FOOT", size)
    crs = make("IfcProjectedCRS", "EPSG:25832", MapUnit=foot)
    make("IfcMapConversion", b.context, crs, 100.0, 200.0, 5.0, 0.0, 1.0, scale)
    # What the conversion says of the grid counts, and true north says nothing more.
    b.context.TrueNorth = make("IfcDirection", (0.5, 0.5))
    milli = 1000.0 if prefix else 1.0
    x, y, z, turn = placed_at(b, tmp_path, 10.0 * milli, 2.0 * milli)
    assert (x, y) == pytest.approx(expected)
    assert z == pytest.approx(5.0 * (0.3048 if map_unit else 1.0))
    assert turn == 90.0


def test_property_set_stands_in_for_the_map_conversion_in_ifc2x3(tmp_path: Path) -> None:
    b = Builder("IFC2X3")
    numbers = {
        "Eastings": 100.0,
        "Northings": 200.0,
        "OrthogonalHeight": 5.0,
        "XAxisAbscissa": 0.0,
        "XAxisOrdinate": 1.0,
    }
    b.pset(b.site, "ePset_MapConversion", **{name: ("IfcReal", value) for name, value in numbers.items()})
    assert placed_at(b, tmp_path, 10.0, 2.0) == (98.0, 210.0, 5.0, 90.0)


def test_global_id_that_is_none_is_told_and_names_nothing(tmp_path: Path) -> None:
    b = Builder()
    board(b, None).GlobalId = "2aUc0\x1bQrtLYqyOs0qLuQL7"
    extract = read(b, tmp_path)
    assert "bad-global-id" in codes(extract)
    assert all(asset.id.isprintable() for asset in extract.assets)
    assert all(str(finding).isprintable() for finding in extract.findings)


def test_same_tag_in_two_models_is_two_assets(tmp_path: Path) -> None:
    extracts: list[Extract] = []
    for name in ("B1", "B2"):
        b = Builder()
        b.connect(ups(b, "U"), board(b, "L"))
        extracts.append(ifc.read(b.write(tmp_path / f"{name}.ifc"), name))
    merge_extracts(extracts, {})
    assert supply(extracts[0]) == [("U", "FEEDS", "L")]
    assert supply(extracts[1]) == [("B2:U", "FEEDS", "B2:L")]
    assert codes(extracts[1]).count("id-clash") == 2


def test_mapping_of_the_user_comes_first(tmp_path: Path) -> None:
    b = Builder()
    entity = b.element("IfcBuildingElementProxy", "STS-1", ObjectType="Static switch")
    b.pset(entity, "Vendor", Rating=("IfcPowerMeasure", 5e5))
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[[element]]\nclass = "IfcBuildingElementProxy"\nname = "STS-*"\nlabel = "TransferSwitch"\n'
        '[[property]]\nset = "Vendor"\nname = "Rating"\nto = "rated_kw"\n'
    )
    extract = read(b, tmp_path, mapping)
    assert {a.id: a.label for a in extract.assets}["STS-1"] == "TransferSwitch"
    assert properties(extract, "STS-1")["rated_kw"] == 500.0


@pytest.mark.parametrize(
    ("text", "words"),
    [("a = ", "is not TOML"), ('[[element]]\nclass="X"\nlabel="Foo"', "is not a label"), ("colour = 1", "colour")],
)
def test_wrong_mapping_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(text)
    with pytest.raises(BadInput) as error:
        read(Builder(), tmp_path, mapping)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"", "is empty"),
        (lambda data: data[: len(data) // 2], "is cut off"),
        (lambda data: b"solid cube\n" + data[40:], "is no IFC file"),
        (lambda data: data.replace(b"IFC4X3", b"IFC5"), "follows IFC5"),
        (lambda data: data.replace(b"FILE_SCHEMA", b"FILE_NOTHING"), "names no IFC schema"),
    ],
)
def test_what_is_no_whole_ifc_file_is_one_line(tmp_path: Path, change: Any, words: str) -> None:
    b = Builder()
    b.connect(ups(b, "U"), board(b, "L"))
    file = b.write(tmp_path / "x.ifc")
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(BadInput) as error:
        ifc.read(file, "x")
    assert words in str(error.value)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "connections", "loops"),
    [("bim2sim_hvac_heating.ifc", 228, 9), ("bim2sim_B01_2_connected.ifc", 0, 0), ("osb_RioleringTestArkey.ifc", 0, 0)],
)
def test_public_files_with_ports(name: str, connections: int, loops: int) -> None:
    extract = ifc.read(sample(name), "s")
    left_out = sum(f.code == "return-flow" for f in extract.findings)
    assert len(supply(extract)) + left_out == connections
    assert sum(a.label == "CoolingLoop" for a in extract.assets) == loops
    assert not [f for f in extract.findings if f.severity == "error"]


@pytest.mark.samples
def test_public_file_of_a_draft_schema(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text("prerelease = true\n")
    with pytest.raises(BadInput, match="IFC4X3_RC3"):
        ifc.read(sample("rail_UT_PCC_1.ifc"), "rail")
    extract = ifc.read(sample("rail_UT_PCC_1.ifc"), "rail", mapping)
    assert sum(a.label == "Segment" for a in extract.assets) == 33


@pytest.mark.samples
@pytest.mark.parametrize(
    ("number", "name", "undirected"), [(2, "connected", 4), (4, "noConnection", 0), (5, "mixConnection", 2)]
)
def test_public_files_whose_ports_have_no_direction(number: int, name: str, undirected: int) -> None:
    extract = ifc.read(sample(f"bim2sim_B01_{number}_{name}.ifc"), "s")
    assert supply(extract) == []
    assert sum(a.label == "Segment" for a in extract.assets) == 5
    told = [f.message for f in extract.findings if f.code == "undirected"]
    assert [int(message.split()[0]) for message in told] == ([undirected] if undirected else [])


@pytest.mark.samples
def test_public_file_without_ports_is_fed_from_its_panels() -> None:
    extract = ifc.read(sample("duplex_Electrical.ifc"), "duplex")
    panels = {a.id: str(a.properties["name"]).split(":")[2] for a in extract.assets if a.label in ("PDU", "Controller")}
    assert {name for identity, name in panels.items() if any(s == identity for s, _, _ in supply(extract))} == {
        "Unit A Panelboard", "Unit B Panelboard", "Fire Alarm Panel",
    }  # fmt: skip
    assert len(supply(extract)) == 91
    assert not [f for f in extract.findings if f.severity == "error"]


@pytest.mark.samples
def test_public_file_in_internal_units_of_revit_gives_no_voltage(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[[element]]\nclass = "IfcElement"\nlabel = "Breaker"\n'
        '[[property]]\nset = "*"\nname = ["*Voltage"]\nto = "rated_voltage_v"\n'
    )
    extract = ifc.read(sample("duplex_Electrical.ifc"), "duplex", mapping)
    told = [f.message for f in extract.findings if f.code == "unit-unknown"]
    assert sum("it would be 120 V" in message for message in told) >= 15
    assert sum("it would be 208 V" in message for message in told) == 2
    assert not [a for a in extract.assets if "rated_voltage_v" in a.properties]


@pytest.mark.samples
def test_public_model_and_workbook_of_one_building_are_matched() -> None:
    model = ifc.read(sample("xbim_Duplex-Handover.ifc"), "bim")
    electrical = ifc.read(sample("duplex_Electrical.ifc"), "electrical")
    sheets = cobie.read([sample("bsc_Duplex-Handover_COBie.xlsx")], "cobie", load_mapping())
    merge_extracts([model, electrical, sheets], {})
    told = [int(f.message.split()[0]) for f in sheets.findings if f.code == "matched"]
    assert sum(told) == 126
    rooms = [{a.id for a in one.assets if a.label == "Room"} for one in (model, sheets)]
    assert rooms[0] == rooms[1]
    assert not [f for f in sheets.findings if f.code in ("doubtful-match", "label-conflict")]
