"""The public samples of IFC, where they are."""

from pathlib import Path

import pytest
from ingest_ifc_builder import supply
from ingest_samples import sample

from ingest.mapping.model import load_mapping
from ingest.merge import merge_extracts
from ingest.readers import cobie, ifc
from schema.errors import BadInput


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
