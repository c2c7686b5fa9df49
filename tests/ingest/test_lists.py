"""Lists with columns of their own: what each column becomes, units, places, suppliers, and what is wrong with them.

[UPS-1] ──▶ [PDU-1A] ──▶ [SRV-1] ◀── [PDU-1B] ◀── [UPS-2]      Hall 1 / R07, Hall 2 / R07
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.merge import merge_extracts
from ingest.read import read_source
from ingest.records import Extract
from ingest.sources import resolve
from schema.errors import BadInput

MAPPING = """
[[asset_list]]
file = "register*"
sheet = "Equipment*"
delimiter = ";"
header_row = 2
id = "Asset No."
type = "Kind"
labels = { "ups*" = "UPS", "pdu" = "PDU", "*server*" = "Server", "chair" = "" }
columns = { name = "Description", draw_kw = "Load [W]", rated_kw = "Rating" }
place = [{ column = "Hall", label = "Room" }, { column = "Row", label = "Cabinet" }]

[[asset_list.supply]]
type = "FEEDS"
column = ["Feed A", "Feed B"]
separator = "+"
group = "power"
need = 1
"""
HEADER = ["Asset No.", "Kind", "Description", "Hall", "Row", "Load [W]", "Rating", "Feed A", "Feed B", "Remark"]
ROWS = [
    ["UPS-1", "UPS", "UPS one", "Plant", "", "", "0.5 MW", "", "", ""],
    ["UPS-2", "UPS", "UPS two", "Plant", "", "", "500kW", "", "", ""],
    ["PDU-1A", "PDU", "", "Hall 1", "", "", "", "UPS one", "", ""],
    ["PDU-1B", "PDU", "", "Hall 1", "", "", "", "UPS-2", "", ""],
    ["SRV-1", "1U server", "", "Hall 1", "R07", "400", "", "PDU-1A", "PDU-1B", "a remark"],
    ["SRV-2", "2U server", "", "Hall 2", "R07", "0.6 kW", "", "PDU-1A + PDU-1B", "", ""],
]


def csv_file(folder: Path, rows: Iterable[Iterable[str]] = ROWS, header: list[str] = HEADER) -> Path:
    path = folder / "register-2026.csv"
    lines = [["Register of assets"], header, *rows]
    path.write_text("\n".join(";".join(line) for line in lines), encoding="utf-8")
    return path


def read(path: Path, rules: str = MAPPING) -> Extract:
    mapping = path.parent / "rules.toml"
    mapping.write_text(rules, encoding="utf-8")
    (source,), _ = resolve([path])
    (extract,) = read_source(source, mapping)
    return extract


def edges(extract: Extract, kind: str) -> set[tuple[str, str]]:
    return {(r.source_id, r.target_id) for r in extract.relationships if r.type == kind}


def told(extract: Extract, code: str) -> list[str]:
    return [str(finding) for finding in extract.findings if finding.code == code]


def properties(extract: Extract, identity: str) -> dict[str, Any]:
    return next(record.properties for record in extract.assets if record.id == identity)


def workbook(folder: Path) -> Path:
    path = folder / "register.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Notes")
        sheet = book.add_worksheet("Equipment 2026")
        for number, line in enumerate([["Register of assets"], HEADER, *ROWS]):
            sheet.write_row(number, 0, [float(cell) if cell == "400" else cell for cell in line])
    return path


@pytest.mark.parametrize("write", [csv_file, workbook], ids=["CSV", "workbook"])
def test_columns_become_assets_places_and_supply(tmp_path: Path, write: Any) -> None:
    extract = read(write(tmp_path))
    assert {record.id: record.label for record in extract.assets} == {
        "UPS-1": "UPS", "UPS-2": "UPS", "PDU-1A": "PDU", "PDU-1B": "PDU", "SRV-1": "Server", "SRV-2": "Server",
        "Plant": "Room", "Hall 1": "Room", "Hall 2": "Room", "Hall 1/R07": "Cabinet", "Hall 2/R07": "Cabinet",
    }  # fmt: skip
    assert edges(extract, "CONTAINS") == {
        ("Plant", "UPS-1"), ("Plant", "UPS-2"), ("Hall 1", "PDU-1A"), ("Hall 1", "PDU-1B"), ("Hall 1", "Hall 1/R07"),
        ("Hall 2", "Hall 2/R07"), ("Hall 1/R07", "SRV-1"), ("Hall 2/R07", "SRV-2"),
    }  # fmt: skip
    assert edges(extract, "FEEDS") == {
        ("UPS-1", "PDU-1A"), ("UPS-2", "PDU-1B"), ("PDU-1A", "SRV-1"), ("PDU-1B", "SRV-1"),
        ("PDU-1A", "SRV-2"), ("PDU-1B", "SRV-2"),
    }  # fmt: skip
    assert all(r.properties == {"group": "power", "need": 1} for r in extract.relationships if r.type == "FEEDS")
    assert not [finding for finding in extract.findings if finding.severity == "error"]


def test_units_stand_in_the_header_in_the_cell_or_in_the_rule(tmp_path: Path) -> None:
    extract = read(csv_file(tmp_path))
    assert properties(extract, "SRV-1")["draw_kw"] == 0.4
    assert properties(extract, "SRV-2")["draw_kw"] == 0.6
    assert properties(extract, "UPS-1")["rated_kw"] == properties(extract, "UPS-2")["rated_kw"] == 500
    bare = [[*ROWS[0][:6], "250", *ROWS[0][7:]]]
    extract = read(csv_file(tmp_path, bare))
    assert properties(extract, "UPS-1")["rated_kw"] == 250
    assert "names no unit and was read in kW" in told(extract, "unit-assumed")[0]
    extract = read(
        csv_file(tmp_path, bare),
        MAPPING.replace("[[asset_list.supply]]", 'units = { rated_kw = "W" }\n[[asset_list.supply]]'),
    )
    assert properties(extract, "UPS-1")["rated_kw"] == 0.25
    assert not told(extract, "unit-assumed")


def test_decimals_behind_a_comma(tmp_path: Path) -> None:
    rows = [[*ROWS[4][:5], "1.250,5", *ROWS[4][6:]], [*ROWS[5][:5], "0,6 kW", *ROWS[5][6:]]]
    extract = read(csv_file(tmp_path, rows))
    assert properties(extract, "SRV-1")["draw_kw"] == 1.2505
    assert properties(extract, "SRV-2")["draw_kw"] == 0.6
    rows[0][5] = "4,000"
    for sign, kilowatts in ((",", 0.004), (".", 4.0)):
        extract = read(csv_file(tmp_path, rows[:1]), MAPPING.replace("header_row", f'decimal = "{sign}"\nheader_row'))
        assert properties(extract, "SRV-1")["draw_kw"] == kilowatts


def test_cells_that_are_merged_down_hold_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Equipment")
        for number, line in enumerate([["Register"], HEADER, *ROWS[2:5]]):
            sheet.write_row(number, 0, line)
        sheet.merge_range(0, 0, 0, 5, "Register of assets")
        sheet.merge_range(2, 3, 4, 3, "Hall 1")
    assert edges(read(path), "CONTAINS") == {
        ("Hall 1", "PDU-1A"), ("Hall 1", "PDU-1B"), ("Hall 1", "R07"), ("R07", "SRV-1"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "at", "words"),
    [
        ("four", 5, "row 3, column Load [W]: 'four' is no number"),
        ("9 kVA", 5, "row 3, column Load [W]: '9 kVA' in kVA is no value in kW"),
        ("-4", 5, "row 3, column Load [W]"),
        ("4,000", 5, "'4,000' could be two numbers; decimal = "),
        ("", 0, "row 3, column Asset No.: the id is missing"),
        ("x" * 2000, 0, "is longer than"),
    ],
)
def test_a_bad_cell_drops_its_row_and_is_named(tmp_path: Path, cell: str, at: int, words: str) -> None:
    bad = list(ROWS[4])
    bad[at] = cell
    extract = read(csv_file(tmp_path, [bad, ROWS[2]]))
    assert [record.id for record in extract.assets if record.label in ("Server", "PDU")] == ["PDU-1A"]
    (line,) = [str(finding) for finding in extract.findings if finding.severity == "error"]
    assert words in line


def test_what_no_rule_names_is_kept_or_left_out_and_told(tmp_path: Path) -> None:
    rows = [
        ["FAN", "Fan", "", "", "", "", "5 kW", "", "", ""],
        ["C", "Chair", "", "Hall 9", "", "", "", "", "", ""],
        [],
    ]
    extract = read(csv_file(tmp_path, rows))
    assert {record.id: record.label for record in extract.assets} == {"FAN": "Equipment"}
    assert properties(extract, "FAN")["category"] == "Fan"
    assert told(extract, "unmapped") == ["assets of the type Fan kept as Equipment: 1"]
    assert told(extract, "row-left-out") == ["rows of the type Chair left out, as the mapping says: 1"]


def test_values_that_a_label_has_no_property_for_are_told(tmp_path: Path) -> None:
    rules = MAPPING.replace('name = "Description"', 'name = "Description", role = "Remark"')
    rows = [["UPS-1", "UPS", "", "", "", "", "", "", "", "a remark"], ROWS[4]]
    extract = read(csv_file(tmp_path, rows), rules)
    assert properties(extract, "SRV-1")["role"] == "a remark"
    assert told(extract, "foreign-column") == ["values of Remark passed over, as UPS has no role: 1"]


def test_what_a_list_supplies(tmp_path: Path) -> None:
    rules = MAPPING.replace('separator = "+"', 'separator = "+"\ndirection = "to"')
    rows = [["UPS-1", "UPS", "", "", "", "", "", "PDU-1A+PDU-1B", "", ""]]
    assert edges(read(csv_file(tmp_path, rows), rules), "FEEDS") == {("UPS-1", "PDU-1A"), ("UPS-1", "PDU-1B")}


def test_suppliers_whose_need_nobody_states_are_all_needed(tmp_path: Path) -> None:
    extract = read(csv_file(tmp_path), MAPPING.replace('group = "power"\nneed = 1\n', ""))
    needs = {r.target_id: r.properties for r in extract.relationships if r.target_id == "SRV-1" and r.type == "FEEDS"}
    assert needs == {"SRV-1": {"need": 2, "need_inferred": True}}
    assert told(extract, "need-inferred")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("Kind", "Kin"), "row 2: the column Kind is missing; did you mean Kin?"),
        (("Remark", "Kind"), "row 2: the column Kind occurs 2 times"),
    ],
)
def test_a_header_that_the_rule_does_not_fit_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    header = [change[1] if name == change[0] else name for name in HEADER]
    with pytest.raises(BadInput) as error:
        read(csv_file(tmp_path, header=header))
    assert words in str(error.value)
    assert "register-2026.csv" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('type = "Kind"\n', "", "needs label, or type (a column) with labels"),
        ('"pdu" = "PDU"', '"pdu" = "PDUU"', "did you mean PDU?"),
        ("need = 1", "need = 0", "greater than or equal to 1"),
        ('name = "Description"', 'nam = "Description"', "has no property 'nam'"),
        ("separator", "separatr", "there is no such key"),
    ],
)
def test_mistakes_in_a_rule_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(BadInput) as error:
        read(csv_file(tmp_path), MAPPING.replace(old, new, 1))
    assert words in str(error.value)
    assert "[[asset_list]] number 1 (file 'register*')" in str(error.value)


def test_a_list_without_a_rule_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"needs an \[\[asset_list\]\]"):
        read(csv_file(tmp_path, header=["Asset, No."]), "")


def test_a_workbook_without_such_a_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"names none of its sheets \(Notes, Equipment 2026\)"):
        read(workbook(tmp_path), MAPPING.replace("Equipment*", "Assets"))


CELLS = st.sampled_from(
    [
        "",
        "UPS-1",
        "UPS",
        "1U server",
        "Hall 1",
        "0.4",
        "500 kW",
        "1e999",
        "-1",
        "nan",
        "9 parsec",
        "\x00",
        "\u202e",
        "x" * 2000,
    ]
)


@given(rows=st.lists(st.lists(CELLS, max_size=12), max_size=12))
@settings(max_examples=60)
def test_whatever_the_cells_hold_each_row_is_an_asset_or_is_told(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    extract = read(csv_file(tmp_path_factory.mktemp("list"), rows))
    kept = sum(record.place.row is not None and not record.named for record in extract.assets)
    left_out = sum(finding.message.count("the row was dropped") for finding in extract.findings)
    assert kept + left_out == sum(any(cell.strip() for cell in row) for row in rows)
    merge_extracts([extract], {})
