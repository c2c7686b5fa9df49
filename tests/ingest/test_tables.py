"""What the reader of tables makes of good and of bad files."""

from pathlib import Path

import pytest
import xlsxwriter

from ingest.read import read_source
from ingest.records import Extract
from ingest.sources import resolve, source_name
from schema.errors import BadInput


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name.replace('__', '-')}.csv").write_text(text, encoding="utf-8")
    return folder


def read(*paths: Path) -> Extract:
    sources, _ = resolve(paths)
    (source,) = sources
    (extract,) = read_source(source)
    return extract


def told(extract: Extract) -> list[tuple[str, int | None, str | None]]:
    return [(f.code, f.place.row, f.place.column) for f in extract.findings if f.place]


def test_order_of_columns_is_free_and_empty_is_no_value(tmp_path: Path) -> None:
    extract = read(write(tmp_path / "x", assets="draw_kw,parent_id,label,id\n1.5,,Server,S1\n,S0,Server,S2\n"))
    assert [(a.id, a.label, a.properties) for a in extract.assets] == [
        ("S1", "Server", {"draw_kw": 1.5}),
        ("S2", "Server", {}),
    ]
    assert [(r.source_id, r.type, r.target_id) for r in extract.relationships] == [("S0", "CONTAINS", "S2")]
    assert extract.source == "x"
    assert not extract.findings


def test_byte_order_mark_quotes_and_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "a-assets.csv"
    file.write_bytes('\ufeffid,label,name\r\n1,UPS,"Ups ""A"", hall\n2"\r\n\r\n'.encode())
    extract = read(file)
    assert extract.source == "a"
    assert extract.assets[0].properties == {"name": 'Ups "A", hall\n2'}


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (",Server,,", "missing-id", "id"),
        ("A,Sever,,", "unknown-label", "label"),
        ("A,,,", "unknown-label", "label"),
        ("A,Server,lots,", "bad-value", "draw_kw"),
        ("A,Server,nan,", "bad-value", "draw_kw"),
        ("A,Server,-1,", "bad-value", "draw_kw"),
        ("A,Server,1_0,", "bad-value", "draw_kw"),
        ("A,Server,,perhaps", "bad-value", "standby"),
        ("A,Server,,,surplus", "too-many-cells", None),
        ('"A\x01",Server,,', "bad-id", "id"),
    ],
)
def test_bad_row_of_assets_is_dropped_and_told(tmp_path: Path, row: str, code: str, column: str | None) -> None:
    extract = read(write(tmp_path / "x", assets=f"id,label,draw_kw,standby\nGOOD,Server,1,true\n{row}\n"))
    assert [a.id for a in extract.assets] == ["GOOD"]
    assert told(extract) == [(code, 3, column)]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("A,FEED,B,,", "unknown-type", "type"),
        ("A,,B,,", "unknown-type", "type"),
        (",FEEDS,B,,", "missing-end", "source_id"),
        ("A,FEEDS,,,", "missing-end", "target_id"),
        ("A,FEEDS,B,many,", "bad-value", "need"),
        ("A,FEEDS,B,1.5,", "bad-value", "need"),
        ("A,FEEDS,B,1,split", "bad-value", "policy"),
    ],
)
def test_bad_row_of_relationships_is_dropped_and_told(tmp_path: Path, row: str, code: str, column: str) -> None:
    extract = read(write(tmp_path / "x", relationships=f"source_id,type,target_id,need,policy\n{row}\nU,FEEDS,S,2,\n"))
    assert [(r.source_id, r.properties) for r in extract.relationships] == [("U", {"need": 2})]
    assert told(extract) == [(code, 2, column)]


def test_unknown_column_is_passed_over_and_told(tmp_path: Path) -> None:
    extract = read(write(tmp_path / "x", assets="id,label,colour\nA,Server,red\n"))
    assert [a.properties for a in extract.assets] == [{}]
    assert told(extract) == [("unknown-column", 1, "colour")]


def test_cell_of_a_column_that_the_label_lacks_is_passed_over_and_told(tmp_path: Path) -> None:
    extract = read(write(tmp_path / "x", assets="id,label,cop,fuel\nA,Chiller,5,diesel\nB,Chiller,5,\n"))
    assert [a.properties for a in extract.assets] == [{"cop": 5.0}, {"cop": 5.0}]
    assert told(extract) == [("foreign-column", 2, "fuel")]


def test_needs_below_one_are_loaded(tmp_path: Path) -> None:
    extract = read(write(tmp_path / "x", relationships="source_id,type,target_id,need\nA,FEEDS,B,0\n"))
    assert extract.relationships[0].properties == {"need": 0}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "no header"),
        (b"id,name\nA,B\n", "the column label is missing"),
        (b"id;label\nA;UPS\n", "semicolons"),
        (b"id,label,id\nA,UPS,B\n", "occurs 2 times"),
        (b"id,label\nA,UPS\xff\n", "not UTF-8"),
        ("id,label\nA,UPS\n".encode("utf-16"), "not UTF-8"),
        (b'id,label\nA,"UPS\n', "is not CSV"),
        (b"id,label\nA," + b"x" * (1 << 21) + b"\n", "is not CSV"),
        (b"id,,label\nA,,UPS\n", "column 2 has no name"),
    ],
)
def test_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "assets.csv"
    file.write_bytes(content)
    with pytest.raises(BadInput) as error:
        read(file)
    assert words in str(error.value)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_column_of_relationships_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "x", assets="id,label\nA,UPS\n", relationships="source_id,type\nA,FEEDS\n")
    with pytest.raises(BadInput, match=r"relationships\.csv: the column target_id is missing"):
        read(folder)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    for path, words in ((tmp_path / "none.csv", "no such file"), (tmp_path / "empty", "holds no file")):
        with pytest.raises(BadInput, match=words):
            resolve([path])
    with pytest.raises(BadInput, match="cannot tell what it is"):
        resolve([tmp_path / "notes.txt"])


def test_sources_are_named_after_their_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "hall", assets="", relationships="", dc__assets="", dc__relationships="")
    sources, _ = resolve([folder])
    assert {s.name: [f.name for f in s.files] for s in sources} == {
        "hall": ["assets.csv", "relationships.csv"],
        "dc": ["dc-assets.csv", "dc-relationships.csv"],
    }
    assert source_name(tmp_path / "B1.ifc") == "B1"
    (one,), _ = resolve([folder], "all")
    assert one.name == "all"
    assert len(one.files) == 4


def test_table_of_assets_alone_does_not_speak_of_relationships(tmp_path: Path) -> None:
    folder = write(tmp_path / "x", assets="id,label\nA,UPS\n")
    assert read(folder / "assets.csv").partial == "relationships"
    assert read(folder).partial == ""


def test_workbook_has_the_same_tables_as_sheets(tmp_path: Path) -> None:
    file = tmp_path / "site.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        assets = book.add_worksheet("assets")
        for row, cells in enumerate(
            [["id", "label", "serial", "draw_kw"], [7, "Server", 987530700, 0.5], ["U", "UPS"]]
        ):
            assets.write_row(row, 0, cells)
        relationships = book.add_worksheet("relationships")
        relationships.write_row(0, 0, ["source_id", "type", "target_id", "need"])
        relationships.write_row(1, 0, ["U", "FEEDS", 7, 1])
        book.add_worksheet("notes").write(0, 0, "nothing")
    extract = read(file)
    assert extract.source == "site"
    assert [(a.id, a.properties) for a in extract.assets] == [("7", {"serial": "987530700", "draw_kw": 0.5}), ("U", {})]
    assert [(r.source_id, r.target_id, r.properties) for r in extract.relationships] == [("U", "7", {"need": 1})]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"plain text"])
def test_broken_workbook_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "site.xlsx"
    file.write_bytes(content)
    with pytest.raises(BadInput) as error:
        read(file)
    assert "\n" not in str(error.value)


def test_formula_without_a_value_is_told_and_one_with_a_value_is_read(tmp_path: Path) -> None:
    file = tmp_path / "site.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        assets = book.add_worksheet("assets")
        assets.write_row(0, 0, ["id", "label", "draw_kw"])
        assets.write_row(1, 0, ["A", "Server"])
        assets.write_formula(1, 2, "=1/4", None, 0.25)
        assets.write_row(2, 0, ["B", "Server"])
        assets.write_formula(2, 2, "=1/4", None, "")
        assets.write_row(3, 0, ["C", "Server", 0.5])
        notes = book.add_worksheet("notes")
        notes.write_formula(0, 0, "=1/4", None, "")
    extract = read(file)
    assert [(a.id, a.properties) for a in extract.assets] == [
        ("A", {"draw_kw": 0.25}),
        ("B", {}),
        ("C", {"draw_kw": 0.5}),
    ]
    (finding,) = extract.findings
    assert finding.code == "formula-without-value"
    assert str(finding.place) == f"{file}, sheet assets, row 3, column C"


def test_stray_cell_in_the_last_corner_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "site.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        assets = book.add_worksheet("assets")
        assets.write_row(0, 0, ["id", "label"])
        assets.write(1_048_575, 16_383, "x")
    with pytest.raises(BadInput, match="sheet assets, cell XFD1048576: stands so far out"):
        read(file)


def test_header_alone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "site-assets.csv"
    file.write_text("id,label\n")
    assert [finding.code for finding in read(file).findings] == ["no-rows"]


def test_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "site-assets.csv"
    file.write_bytes("id,label,name\nA,Room,Raum\nB,Room,Gebäude\n".encode("cp1252"))
    with pytest.raises(BadInput, match=r"line 3: is not UTF-8 \(byte 0xe4 in 'B,Room,Gebäude'\); save it as UTF-8"):
        read(file)
    file.write_text("id,label\nA,Room\n", encoding="utf-16")
    with pytest.raises(BadInput, match="UTF-16; save it as UTF-8"):
        read(file)


def test_workbook_without_our_sheets_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "site.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        book.add_worksheet("Sheet1").write(0, 0, "id")
    with pytest.raises(BadInput, match="has no sheet assets or relationships"):
        read(file)
