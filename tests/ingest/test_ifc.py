"""What IFC connects: ports, flow, panels, systems, batteries, needs; and what stands inside what."""

from pathlib import Path
from typing import Any

import pytest
from ingest_ifc_builder import SCHEMAS, Builder, board, codes, parts, properties, read, supply, ups

from ingest.checks import groups_of, vital_cords
from ingest.records import Place, RelationshipRecord


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


@pytest.mark.parametrize("schema", SCHEMAS)
def test_controllers_control_and_sensors_measure_what_the_file_says(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    old = schema == "IFC2X3"
    pump = b.element("IfcFlowMovingDevice" if old else "IfcPump", "P")
    controls = [
        b.element("IfcDistributionControlElement" if old else kind, tag)
        for tag, kind in (("PLC", "IfcController"), ("T", "IfcSensor"), ("A", "IfcAlarm"))
    ]
    if old:
        b.type("IfcPumpType", [pump], PredefinedType="CIRCULATOR")
        b.type("IfcControllerType", controls[:1], PredefinedType="NOTDEFINED")
        b.type("IfcSensorType", controls[1:2], PredefinedType="TEMPERATURESENSOR")
    b.root("IfcRelFlowControlElements", RelatedControlElements=controls, RelatingFlowElement=pump)
    b.root("IfcRelConnectsElements", RelatingElement=controls[0], RelatedElement=pump)
    extract = read(b, tmp_path)
    assert supply(extract) == [("PLC", "CONTROLS", "P"), ("T", "MEASURES", "P")]
    assert "undirected" in codes(extract)


@pytest.mark.parametrize("how", ["IfcRelAggregates", "IfcRelNests", "IfcRelAssignsToGroup"])
def test_circuits_are_part_of_the_system_that_holds_them(tmp_path: Path, how: str) -> None:
    b = Builder()
    main, strips = board(b, "L"), [board(b, f"S{n}") for n in (1, 2)]
    for strip in strips:
        b.connect(main, strip)
    circuits = [b.system("IfcDistributionCircuit", s.Tag, [s], "ELECTRICAL") for s in strips]
    if how == "IfcRelAssignsToGroup":
        whole = b.system("IfcDistributionSystem", "LV", [main, *circuits], "ELECTRICAL")
    else:
        whole = b.system("IfcDistributionSystem", "LV", [main], "ELECTRICAL")
        b.root(how, RelatingObject=whole, RelatedObjects=circuits)
    top = b.system("IfcDistributionSystem", "All", [whole])
    extract = read(b, tmp_path)
    assert parts(extract, whole.GlobalId) == ["L", *(c.GlobalId for c in circuits)]
    assert parts(extract, top.GlobalId) == [whole.GlobalId]
    assert {a.id: a.label for a in extract.assets}[top.GlobalId] == "PowerPath"
    assert not {"empty-system"} & set(codes(extract))


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


def not_read(b: Builder, tmp_path: Path) -> set[str]:
    return {finding.message for finding in read(b, tmp_path).findings if finding.code == "not-read"}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_zones_and_references_to_other_spaces_are_told_as_not_read(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    panel = board(b, "L")
    space = b.root("IfcSpace", "R1", CompositionType="ELEMENT")
    b.aggregate(b.building, [space])
    b.root("IfcRelReferencedInSpatialStructure", RelatedElements=[panel], RelatingStructure=space)
    for name in ("Z1", "Z2"):
        b.system("IfcZone", name, [space])
    assert not_read(b, tmp_path) == {
        "2 of IfcZone were not read: groups of spaces",
        "1 of IfcRelReferencedInSpatialStructure were not read: spaces that something only passes through or serves",
    }


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_building_that_a_system_serves_from_outside_is_told_as_not_read(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    other = b.root("IfcBuilding", "B2", CompositionType="ELEMENT")
    system = b.system("IfcSystem", "S", [ups(b, "U"), board(b, "L")])
    b.root("IfcRelServicesBuildings", RelatingSystem=system, RelatedBuildings=[b.building, other])
    told = "1 of IfcRelServicesBuildings were not read: buildings that a system serves and no part of it stands in"
    assert not_read(b, tmp_path) == {told}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_reference_to_where_things_stand_anyway_is_not_told(tmp_path: Path, schema: str) -> None:
    """Nothing is lost: the part stands there, and the system has it as a part. A wall is no asset."""
    b = Builder(schema)
    panel, wall = board(b, "L"), b.element("IfcWall", "W")
    space = b.root("IfcSpace", "R1", CompositionType="ELEMENT")
    b.aggregate(b.building, [space])
    inner = b.system("IfcSystem", "circuit", [panel])
    system = b.system("IfcSystem", "S", [inner])
    b.root("IfcRelServicesBuildings", RelatingSystem=system, RelatedBuildings=[b.building])
    b.root("IfcRelReferencedInSpatialStructure", RelatedElements=[panel], RelatingStructure=b.building)
    b.root("IfcRelReferencedInSpatialStructure", RelatedElements=[wall], RelatingStructure=space)
    assert not_read(b, tmp_path) == set()
