"""The IFC files are valid, and say what the plan says."""

from __future__ import annotations

import uuid
from io import StringIO

import ifcopenshell
import ifcopenshell.guid
import ifcopenshell.util.placement
import ifcopenshell.validate
import pytest
from campus_records import plans
from hypothesis import given
from hypothesis import strategies as st

from ingest.campus import spf, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("campus")
    write(path, "tiny", 1)
    return path


@pytest.fixture(scope="module")
def building(folder):
    return ifcopenshell.open(folder / "B1.ifc")


@pytest.mark.parametrize("name", ["plant", "B1"])
def test_the_file_is_valid_by_schema_and_express_rules(folder, name):
    logger = ifcopenshell.validate.json_logger()
    ifcopenshell.validate.validate(str(folder / f"{name}.ifc"), logger, express_rules=True)
    assert logger.statements == []


def test_global_ids_are_unique_and_the_site_is_the_same_in_every_file(folder, building):
    plant = ifcopenshell.open(folder / "plant.ifc")
    for file in (plant, building):
        ids = [root.GlobalId for root in file.by_type("IfcRoot")]
        assert len(ids) == len(set(ids))
    assert plant.by_type("IfcSite")[0].GlobalId == building.by_type("IfcSite")[0].GlobalId
    shared = {r.GlobalId for r in plant.by_type("IfcRoot")} & {r.GlobalId for r in building.by_type("IfcRoot")}
    assert shared == {plant.by_type("IfcSite")[0].GlobalId}


def test_every_connection_joins_a_source_to_a_sink_and_some_are_written_against_the_flow(building):
    plan = plans("tiny")[1]
    connections = building.by_type("IfcRelConnectsPorts")
    batteries = sum(1 for asset in plan.assets.values() if asset.battery_of)
    assert len(connections) == sum(s.carrier == "ifc" for s in plan.supplies) + batteries
    directions = [(c.RelatingPort.FlowDirection, c.RelatedPort.FlowDirection) for c in connections]
    assert set(directions) == {("SOURCE", "SINK"), ("SINK", "SOURCE")}
    ports = [p.id() for c in connections for p in (c.RelatingPort, c.RelatedPort)]
    assert len(ports) == len(set(ports)) == len(building.by_type("IfcDistributionPort"))


def test_the_connections_are_those_of_the_plan(building):
    plan = plans("tiny")[1]
    owner = {p.id(): n.RelatingObject.Tag for n in building.by_type("IfcRelNests") for p in n.RelatedObjects}
    found = set()
    for connection in building.by_type("IfcRelConnectsPorts"):
        ends = {p.FlowDirection: p for p in (connection.RelatingPort, connection.RelatedPort)}
        found.add((owner[ends["SOURCE"].id()], owner[ends["SINK"].id()], ends["SINK"].SystemType))
    meant = {(s.source, s.target, s.medium) for s in plan.supplies if s.carrier == "ifc"}
    batteries = {(a.id, a.battery_of, "ELECTRICAL") for a in plan.assets.values() if a.battery_of}
    assert found == meant | batteries


def test_ring_cables_realize_connections(folder):
    plant = ifcopenshell.open(folder / "plant.ifc")
    realized = [c.RealizingElement.Tag for c in plant.by_type("IfcRelConnectsPorts") if c.RealizingElement]
    assert sorted(realized) == ["RING-C-1", "RING-C-1"]


def test_placements_and_boxes_are_those_of_the_plan(building):
    plan = plans("tiny")[1]
    elements = {e.Tag: e for e in building.by_type("IfcElement")}
    for asset in plan.assets.values():
        if asset.box is None or asset.id not in elements:
            continue
        element = elements[asset.id]
        matrix = ifcopenshell.util.placement.get_local_placement(element.ObjectPlacement)
        assert matrix[:3, 3].tolist() == pytest.approx([asset.box.x, asset.box.y, asset.box.z], abs=1e-3)
        turned = -1.0 if asset.box.rotation == 180.0 else 1.0
        assert matrix[0, 0] == pytest.approx(turned)
        solid = element.Representation.Representations[0].Items[0]
        size = (solid.SweptArea.XDim, solid.SweptArea.YDim, solid.Depth)
        assert size == pytest.approx((asset.box.length, asset.box.width, asset.box.height))


def test_modules_are_prefabricated_assemblies_in_spaces(building):
    modules = building.by_type("IfcElementAssembly")
    assert {m.AssemblyPlace for m in modules} == {"FACTORY"}
    it_box = next(m for m in modules if m.Tag == "B1-M01")
    assert it_box.ContainedInStructure[0].RelatingStructure.Name == "B1-M01-HALL"
    parts = {part.is_a() for part in it_box.IsDecomposedBy[0].RelatedObjects}
    assert parts == {"IfcFurniture", "IfcCableSegment", "IfcPipeFitting"}


def test_dual_corded_loads_have_their_ports_in_two_circuits(building):
    rack = next(e for e in building.by_type("IfcDistributionBoard") if e.Tag == "B1-M01-C001-RPB")
    assert not rack.HasAssignments
    (port,) = rack.IsNestedBy[0].RelatedObjects
    assert [g.RelatingGroup.Name for g in port.HasAssignments] == ["B1-M01-PATH-B"]


@given(st.text(max_size=40))
def test_text_is_read_back_as_it_was(value):
    value = "".join(c for c in value if c.isprintable())
    stream = StringIO()
    writer = spf.SpfWriter(stream, "x", "2026-01-01T00:00:00")
    writer.line(f"IFCPERSON({spf.text(value)},$,$,$,$,$,$,$)")
    writer.close()
    file = ifcopenshell.file.from_string(stream.getvalue())
    assert file.by_type("IfcPerson")[0].Identification == value


@given(st.integers(min_value=0), st.text())
def test_global_ids_are_ifc_identifiers(seed, key):
    made = spf.global_id(seed, key.encode("utf-8", "ignore").decode())
    assert len(made) == 22
    assert ifcopenshell.guid.compress(uuid.UUID(hex=ifcopenshell.guid.expand(made)).hex) == made


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, "1."), (-0.0, "0."), (0.1 + 0.2, "0.3"), (1e-9, "0."), (1234.5678, "1234.5678")]
)
def test_reals_carry_no_noise(value, shown):
    assert spf.real(value) == shown
