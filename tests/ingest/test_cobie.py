"""COBie: what becomes of its sheets, and what stands for no value; the public workbooks where they are."""

import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from ingest_samples import sample

from ingest.mapping.model import load_mapping
from ingest.read import read_source
from ingest.readers import cobie
from ingest.records import DOCUMENTS, ORIGIN, Extract
from ingest.sources import resolve
from schema.errors import BadInput

Sheets = dict[str, list[list[Any]]]

GLOBAL_ID = "2h405XijT83A$BX7w5ki4b"


def sheets(**more: list[list[Any]]) -> Sheets:
    """A small export: two pumps and a panel on one floor; `more` replaces sheets."""
    base: Sheets = {
        "Facility": [["Name", "LinearUnits", "ExternalFacilityIdentifier"], ["Hall 1", "meters", "n/a"]],
        "Floor": [["Name", "Elevation"], ["L1", 0.0], ["L2", 4.5]],
        "Space": [["Name", "Category", "FloorName"], ["R1", "13-11: Plant", "L1"], ["R2", "n/a", "L2"]],
        "Type": [
            ["Name", "Category", "Manufacturer", "ModelNumber", "ExtObject"],
            ["Pump type", "23-60 30 21: Pumps", "sales@pumps.example", "P-9", "IfcPumpType "],
            ["Panel type", "23-80 30 11 17: Distribution Boards and Control Panels", "n/a", "n/a", "n/a"],
            ["Chair type", "23-40 20 14 14 11: Chairs", "n/a", "n/a", "n/a"],
        ],
        "Component": [
            ["Name", "TypeName", "Space", "SerialNumber", "TagNumber", "ExtIdentifier"],
            ["Pump 1", "Pump type", "R1", 987530700.0, "n/a", GLOBAL_ID],
            ["Pump 2", "Pump type", "R1, R2", "SerialNumber", "n/a", 4711.0],
            ["Panel 1", "Panel type", "R2", "n/a", "LP-1", "n/a"],
            ["Chair 1", "Chair type", "R2", "1900-12-31", "n/a", "n/a"],
        ],
        "Contact": [["Email", "Company"], ["sales@pumps.example", "Pumps Ltd"]],
    }
    return {**base, **more}


def workbook(folder: Path, content: Sheets) -> Path:
    file = folder / "hall.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        for name, rows in content.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return file


def read(folder: Path, mapping: Path | None = None, **more: list[list[Any]]) -> Extract:
    return cobie.read([workbook(folder, sheets(**more))], "hall", load_mapping(mapping))


def labels(extract: Extract) -> dict[str, str]:
    return {record.id: record.label for record in extract.assets}


def properties(extract: Extract, identity: str) -> dict[str, Any]:
    return next(record.properties for record in extract.assets if record.id == identity)


def edges(extract: Extract, *kinds: str) -> list[tuple[str, str, str]]:
    return sorted((r.source_id, r.type, r.target_id) for r in extract.relationships if r.type in kinds)


def told(extract: Extract, code: str) -> list[str]:
    return [str(finding) for finding in extract.findings if finding.code == code]


def test_sheets_become_spaces_and_assets(tmp_path: Path) -> None:
    extract = read(tmp_path)
    assert labels(extract) == {
        "Hall 1": "Building", "L1": "Storey", "L2": "Storey", "R1": "Room", "R2": "Room", "Pump 1": "Pump",
        "Pump 2": "Pump", "LP-1": "PDU", "Chair 1": "Equipment",
    }  # fmt: skip
    assert edges(extract, "CONTAINS") == sorted(
        (a, "CONTAINS", b)
        for a, b in (
            ("Hall 1", "L1"), ("Hall 1", "L2"), ("L1", "R1"), ("L2", "R2"), ("R1", "Pump 1"), ("R1", "Pump 2"),
            ("R2", "LP-1"), ("R2", "Chair 1"),
        )
    )  # fmt: skip
    pump = properties(extract, "Pump 1")
    assert (pump["serial"], pump["global_id"], pump["model"], pump["manufacturer"]) == (
        "987530700", GLOBAL_ID, "P-9", "Pumps Ltd",
    )  # fmt: skip
    assert properties(extract, "L2")["elevation_m"] == 4.5


def test_what_stands_for_no_value_is_none(tmp_path: Path) -> None:
    extract = read(tmp_path)
    assert "serial" not in properties(extract, "Pump 2")  # the column's own name
    assert "global_id" not in properties(extract, "Pump 2")  # a number
    assert "serial" not in properties(extract, "Chair 1")  # a day that never was
    assert "use" not in properties(extract, "R2")
    (line,) = told(extract, "bad-global-id")
    assert "1 external identifiers of Component" in line


def test_what_no_rule_names_is_kept_and_listed(tmp_path: Path) -> None:
    extract = read(tmp_path)
    assert properties(extract, "Chair 1")["category"] == "23-40 20 14 14 11: Chairs"
    (line,) = told(extract, "unmapped")
    assert "Chair 1" in line
    rules = tmp_path / "rules.toml"
    rules.write_text('[[component]]\ncategory = "23-40 20 14*"\nname = "chair*"\nlabel = "Tenant"\n')
    assert labels(read(tmp_path, rules))["Chair 1"] == "Tenant"


def test_list_of_spaces_is_one_place_and_told(tmp_path: Path) -> None:
    assert "Pump 2 stands in 2 spaces; it was put into R1, not into R2" in told(read(tmp_path), "several-spaces")[0]
    extract = read(tmp_path, Space=[["Name", "FloorName"], ["R1, R2", "L1"], ["R1", "L1"]])
    assert ("R1, R2", "CONTAINS", "Pump 2") in edges(extract, "CONTAINS")  # a name that holds a comma
    assert any("there is no space R2" in line for line in told(extract, "missing-end"))


def test_repeated_serials_are_told(tmp_path: Path) -> None:
    rows = [["Name", "TypeName", "SerialNumber"], *([f"P{n}", "Pump type", 5489.0] for n in range(39))]
    (line,) = told(read(tmp_path, Component=rows), "repeated-serial")
    assert "5489 stands at 39 components" in line


def test_system_over_many_rows_and_names_that_collide(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        System=[
            ["Name", "Category", "ComponentNames"],
            ["Loop 1", "n/a", "Pump 1"],
            ["Loop 1", "21-51 51 14: Cooling", "Pump 2"],
            ["loop 1", "21-51 51 14: Cooling", "Pump 2,Pump 1"],
            ["Power", "21-61: Electrical", "Panel 1"],
            ["Fire", "21-51 11 11: Fire", "Panel 1"],
        ],
    )
    assert edges(extract, "PART_OF") == [
        ("LP-1", "PART_OF", "Power"), ("Pump 1", "PART_OF", "Loop 1"), ("Pump 1", "PART_OF", "loop 1"),
        ("Pump 2", "PART_OF", "Loop 1"), ("Pump 2", "PART_OF", "loop 1"),
    ]  # fmt: skip
    assert labels(extract)["Loop 1"] == "CoolingLoop"
    assert labels(extract)["Power"] == "PowerPath"
    assert "differ only in case" in told(extract, "system-names-collide")[0]
    assert "Fire (1)" in told(extract, "system-left-out")[0]


@pytest.mark.parametrize(
    ("row", "expected", "code"),
    [
        (["Supply", "Component", "Pump 1", "Pump 2", "", ""], [("Pump 1", "COOLS", "Pump 2")], ""),
        (["Flow", "Component", "Pump 1", "Pump 2", "inlet", "outlet"], [("Pump 2", "COOLS", "Pump 1")], ""),
        (["Flow", "Component", "Pump 1", "Pump 2", "outlet 1", "n/a"], [("Pump 1", "COOLS", "Pump 2")], ""),
        (["Flow", "Component", "Pump 1", "Pump 2", "outlet", "outlet"], [], "undirected"),
        (["Return", "Component", "Pump 1", "Pump 2", "", ""], [], "return-flow"),
        (["Control", "Component", "Panel 1", "Pump 2", "", ""], [("LP-1", "CONTROLS", "Pump 2")], ""),
        (["Supply", "Component", "Panel 1", "Pump 2", "", ""], [("LP-1", "FEEDS", "Pump 2")], ""),
        (["Supply", "Component", "Pump 1", "Pump 1", "", ""], [], "self-connection"),
        (["Supply", "Component", "Pump 1", "nobody", "", ""], [], "missing-end"),
        (["Supply", "Component", "Chair 1", "Chair 1 ", "", ""], [], "self-connection"),
    ],
)
def test_connections_have_a_direction(tmp_path: Path, row: list[Any], expected: Any, code: str) -> None:
    header = ["ConnectionType", "SheetName", "RowName1", "RowName2", "PortName1", "PortName2", "Name"]
    extract = read(tmp_path, Connection=[header, [*row, "c"]])
    assert edges(extract, "FEEDS", "COOLS", "CONTROLS", "SUPPLIES") == expected
    assert not code or told(extract, code)


def test_realizing_element_stands_in_between_and_needs_are_inferred(tmp_path: Path) -> None:
    header = ["Name", "ConnectionType", "SheetName", "RowName1", "RowName2", "RealizingElement"]
    rows = [header, ["c", "Supply", "Component", "Panel 1", "Pump 2", "Chair 1"]]
    extract = read(tmp_path, Connection=rows)
    assert edges(extract, "FEEDS") == [("Chair 1", "FEEDS", "Pump 2"), ("LP-1", "FEEDS", "Chair 1")]
    assert all(r.properties["need_inferred"] for r in extract.relationships if r.type == "FEEDS")


def test_assemblies_contain_their_children(tmp_path: Path) -> None:
    rows = [["Name", "SheetName", "ParentName", "ChildNames"], ["A", "Component", "Panel 1", "Pump 1, Pump 2"]]
    extract = read(tmp_path, Assembly=[*rows, ["B", "Type", "Pump type", "x"]])
    assert ("LP-1", "CONTAINS", "Pump 1") in edges(extract, "CONTAINS")
    assert ("R1", "CONTAINS", "Pump 1") not in edges(extract, "CONTAINS")
    assert told(extract, "assembly-left-out")


def test_attributes_with_units_and_what_was_written_beside(tmp_path: Path) -> None:
    header = ["Name", "SheetName", "RowName", "Value", "Unit", "ExtObject"]
    extract = read(
        tmp_path,
        Attribute=[
            header,
            ["Voltage", "Type", "Panel type", 0.4, "kV", "n/a"],
            ["Voltage", "Component", "Panel 1", 480.0, "Volts", "n/a"],
            ["Current", "Component", "Panel 1", "100", "Amp", "n/a"],
            ["Current", "Component", "Panel 1", "a lot", "Amp", "n/a"],
            ["Water Flow", "Component", "Pump 1", 2.0, "L/s", "n/a"],
            ["Water Flow", "Component", "Pump 2", 2.0, "n/a", "n/a"],
            ["PowerFactor", "Component", "Panel 1", 0.9, "n/a", "Pset_ElectricalDeviceCommon"],
            ["Paint", "Component", "Panel 1", "red", "n/a", "n/a"],
        ],
    )
    panel = properties(extract, "LP-1")
    assert (panel["rated_voltage_v"], panel["rated_current_a"], panel["power_factor"]) == (480.0, 100.0, 0.9)
    origin = json.loads(panel[ORIGIN])["rated_voltage_v"]
    assert (origin["raw"], origin["raw_unit"], origin["si"], origin["said_by"]) == ("480", "Volts", 480.0, "component")
    assert properties(extract, "Pump 1")["rated_flow_m3_per_h"] == pytest.approx(7.2)
    assert "rated_flow_m3_per_h" not in properties(extract, "Pump 2")
    assert "no unit is no unit of rated_flow_m3_per_h" in told(extract, "unit-unknown")[0]
    assert "'a lot' is no number" in told(extract, "bad-value")[0]


def test_rating_takes_volts_amperes_poles_and_power_factor(tmp_path: Path) -> None:
    header = ["Name", "SheetName", "RowName", "Value", "Unit"]
    rows = [
        ["Voltage", "Component", "Panel 1", 400.0, "V"],
        ["Current", "Component", "Panel 1", 100.0, "A"],
        ["NumberOfPoles", "Component", "Panel 1", 3, "each"],
    ]
    extract = read(tmp_path, Attribute=[header, *rows])
    assert "rated_kw" not in properties(extract, "LP-1")
    assert "power factor" in told(extract, "no-rating")[0]
    extract = read(tmp_path, Attribute=[header, *rows, ["PowerFactor", "Type", "Panel type", 0.9, "n/a"]])
    assert properties(extract, "LP-1")["rated_kw"] == pytest.approx(3**0.5 * 400 * 100 * 0.9 / 1000)


def test_voltage_in_the_internal_unit_of_revit_is_not_taken(tmp_path: Path) -> None:
    header = ["Name", "SheetName", "RowName", "Value", "Unit"]
    extract = read(tmp_path, Attribute=[header, ["Voltage", "Component", "Panel 1", 2238.89, "Volts"]])
    assert "rated_voltage_v" not in properties(extract, "LP-1")
    assert "208 V in Revit's unit" in told(extract, "unit-doubtful")[0]


def test_lengths_that_make_a_dolls_house_are_not_taken(tmp_path: Path) -> None:
    facility = [["Name", "LinearUnits"], ["Hall 1", "millimeters"]]
    floors = [["Name", "Elevation"], ["L1", 0.0], ["L2", 9.25]]
    extract = read(tmp_path, Facility=facility, Floor=floors)
    assert "elevation_m" not in properties(extract, "L2")
    assert "says millimeters" in told(extract, "unit-doubtful")[0]


def test_coordinates_become_boxes(tmp_path: Path) -> None:
    header = ["Name", "Category", "SheetName", "RowName", "CoordinateXAxis", "CoordinateYAxis", "CoordinateZAxis"]
    rows = [
        ["a", "box-lowerleft", "Space", "R1", 0.0, 0.0, 0.0],
        ["b", "box-upperright", "Space", "R1", 10.0, 6.0, 3.0],
        ["c", "point", "Component", "Pump 1", 2.0, 3.0, 0.5],
    ]
    extract = read(tmp_path, Coordinate=[header, *rows])
    room = properties(extract, "R1")
    assert [room[n] for n in ("x_m", "y_m", "z_m", "length_m", "width_m", "height_m")] == [5, 3, 0, 10, 6, 3]
    assert properties(extract, "Pump 1")["placement"] == "source"


def test_documents_are_kept_beside_and_other_sheets_counted(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        Document=[
            ["Name", "SheetName", "RowName", "Directory", "File"],
            ["Manual", "Type", "Pump type", "doc", "p.pdf"],
            ["Test", "Component", "Pump 1", "n/a", "n/a"],
        ],
        Spare=[["Name"], ["filter"]],
        Job=[["Name"], ["clean"], ["oil"]],
    )
    assert properties(extract, "Pump 1")[DOCUMENTS] == ["Manual (doc/p.pdf)", "Test"]
    assert properties(extract, "Pump 2")[DOCUMENTS] == ["Manual (doc/p.pdf)"]
    assert "1 of Spare, 2 of Job" in told(extract, "sheet-left-out")[0]


def test_zones_become_common_causes_where_the_mapping_says_so(tmp_path: Path) -> None:
    zones = [["Name", "Category", "SpaceNames"], ["F1", "Fire Alarm Zone", "R1"], ["F1", "Fire Alarm Zone", "R2"]]
    assert "1 zones left out" in told(read(tmp_path, Zone=zones), "zone-left-out")[0]
    rules = tmp_path / "rules.toml"
    rules.write_text('[[zone]]\ncategory = "fire*"\nproperties = { cause = "fire" }\n')
    extract = read(tmp_path, rules, Zone=zones)
    assert edges(extract, "AFFECTS") == [("F1", "AFFECTS", "R1"), ("F1", "AFFECTS", "R2")]


def test_sheets_as_csv_files_are_one_source(tmp_path: Path) -> None:
    folder = tmp_path / "hall-7"
    folder.mkdir()
    for name, rows in sheets().items():
        lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    sources, _ = resolve([folder])
    assert [source.name for source in sources] == ["hall-7"]
    (extract,) = read_source(sources[0])
    assert extract.kind == "cobie"
    assert labels(extract)["LP-1"] == "PDU"
    assert properties(extract, "Pump 1")["serial"] == "987530700"


def test_headers_may_repeat_be_unnamed_or_missing(tmp_path: Path) -> None:
    rows = [["Name", "TypeName", "", "Name", "Space"], ["P", "Pump type", "x", "other", "R1"], ["", "", "", "", ""]]
    extract = read(tmp_path, Component=rows)
    assert "P" in labels(extract)
    assert told(extract, "repeated-column")
    extract = read(tmp_path, Component=[["Title"], ["P"]])
    assert "has no column Name" in told(extract, "missing-column")[0]


def test_titles_above_the_header_and_blanks_in_names_of_columns(tmp_path: Path) -> None:
    rows = [["Components of Hall 1"], [], ["Name", "Type Name", "space", "Tag_Number"], ["P", "Pump type", "R1", "T-1"]]
    extract = read(tmp_path, Component=rows)
    assert labels(extract)["T-1"] == "Pump"
    assert edges(extract, "CONTAINS")[-1] == ("R1", "CONTAINS", "T-1")
    assert not told(extract, "missing-column")


def test_values_with_their_unit_and_a_comma(tmp_path: Path) -> None:
    header = ["Name", "SheetName", "RowName", "Value", "Unit"]
    values = ["0,4 kV", "4,000"]
    rows = [["Voltage", "Component", "Panel 1", values[0], "n/a"], ["Current", "Component", "Panel 1", values[1], "A"]]
    extract = read(tmp_path, Attribute=[header, *rows])
    assert properties(extract, "LP-1")["rated_voltage_v"] == 400
    assert "rated_current_a" not in properties(extract, "LP-1")
    assert "'4,000' could be two numbers" in told(extract, "bad-value")[0]


def test_names_of_types_stand_in_for_categories(tmp_path: Path) -> None:
    names = {
        "Standby Diesel Generator": "Generator", "LV Switchboard": "Switchboard", "STS 400A": "TransferSwitch",
        "CRAH-100": "AirHandler", "RPP 1": "PDU", "Dry-type transformer": "Transformer", "Chilled water pump": "Pump",
        "Water cooled chiller": "Chiller", "Heat pump": "Equipment", "Steps": "Equipment", "Upstand": "Equipment",
    }  # fmt: skip
    kinds = [["Name", "Category"], *([name, "n/a"] for name in names)]
    extract = read(tmp_path, Type=kinds, Component=[["Name", "TypeName"], *([f"c {name}", name] for name in names)])
    found = labels(extract)
    assert {name: found[f"c {name}"] for name in names} == names


def test_the_type_of_a_connection_tells_what_flows(tmp_path: Path) -> None:
    header = ["Name", "ConnectionType", "SheetName", "RowName1", "RowName2"]
    words = {"Power": "FEEDS", "Chilled water": "COOLS", "Water": "SUPPLIES", "Data": "CONNECTS"}
    for word, kind in words.items():
        extract = read(tmp_path, Connection=[header, ["c", word, "Component", "Chair 1", "Pump 1"]])
        assert edges(extract, kind) == [("Chair 1", kind, "Pump 1")]
    chairs = [["Name", "TypeName"], ["Chair 1", "Chair type"], ["Chair 2", "Chair type"]]
    bolted = [header, ["c", "Bolted", "Component", "Chair 1", "Chair 2"]]
    extract = read(tmp_path, Component=chairs, Connection=bolted)
    assert told(extract, "unknown-medium")


def test_workbook_without_the_sheets_that_matter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has none of the sheets"):
        cobie.read([workbook(tmp_path, {"Component": [["a"], ["b"]][:0], "Type": []})], "x", load_mapping())


@pytest.mark.samples
@pytest.mark.parametrize(("name", "components", "rooms", "parts"), [("Clinic", 5071, 269, 157), ("Duplex", 232, 22, 0)])
def test_public_workbooks(name: str, components: int, rooms: int, parts: int) -> None:
    extract = cobie.read([sample(f"bsc_{name}-Handover_COBie.xlsx")], name, load_mapping())
    spaces = {"Building", "Storey", "Room", "CoolingLoop"}
    assert sum(label not in spaces for label in labels(extract).values()) == components
    assert sum(label == "Room" for label in labels(extract).values()) == rooms
    assert len(edges(extract, "PART_OF")) == parts
    assert not [finding for finding in extract.findings if finding.severity == "error"]
    assert len({record.id for record in extract.assets}) == len(extract.assets)
    if name == "Duplex":
        assert any("987530700 stands at 6" in line for line in told(extract, "repeated-serial"))
        assert any("Apartment b Heating differ only in case" in line for line in told(extract, "system-names-collide"))
    else:
        assert any("stands at 39 components" in line for line in told(extract, "repeated-serial"))
        assert any("says millimeters" in line for line in told(extract, "unit-doubtful"))
