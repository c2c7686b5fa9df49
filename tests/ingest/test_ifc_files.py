"""IFC files as a whole: their schema, their identities, the mapping they are read with, and what is none."""

import re
from pathlib import Path
from typing import Any

import pytest
from ingest_ifc_builder import Builder, board, codes, properties, read, supply, ups

from ingest.merge import merge_extracts
from ingest.readers import ifc
from ingest.records import Extract
from schema.errors import BadInput


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


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("IFC2X3", ["IFC2X3_TC1"]),
        ("IFC4", ["IFC4_ADD1", "IFC4_ADD2", "IFC4_ADD2_TC1"]),
        ("IFC4X3", ["IFC4X3", "IFC4X3_TC1", "IFC4X3_ADD1"]),
    ],
)
def test_addenda_and_corrections_are_read_as_their_release(
    tmp_path: Path, schema: str, names: list[str], *, plain: bool
) -> None:
    b = Builder(schema)
    b.connect(ups(b, "U"), board(b, "L"))
    file = b.write(tmp_path / "model.ifc")
    expected = ifc.read(file, "model")
    text = file.read_text()
    for name in names:
        changed, count = re.subn(r"FILE_SCHEMA\(\('\w+'\)\)", f"FILE_SCHEMA(('{name}'))", text)
        assert count == 1
        file.write_text(changed if plain else changed.replace("DATA;", "DATA;/* for ifcopenshell */", 1))
        assert ifc.read(file, "model") == expected
    file.write_text(file.read_text().replace("IFCRELCONNECTSPORTS(", "IFCRELOLD("))
    told = [f for f in ifc.read(file, "model").findings if f.code == "schema-lost"]
    assert [(f.message.split(":")[0], f.severity) for f in told] == [("1 of IFCRELOLD were lost", "warning")]


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


def test_words_of_ifc2x3_for_boards_and_computers(tmp_path: Path) -> None:
    b = Builder("IFC2X3")
    for function in ("DISTRIBUTIONBOARD", "SWITCHBOARD", "CONSUMERUNIT"):
        b.element("IfcElectricDistributionPoint", function, DistributionPointFunction=function)
    computer = b.element("IfcFlowTerminal", "SRV")
    b.type("IfcElectricApplianceType", [computer], PredefinedType="COMPUTER")
    assert {a.id: a.label for a in read(b, tmp_path).assets if "tag" in a.properties} == {
        "DISTRIBUTIONBOARD": "PDU", "SWITCHBOARD": "Switchboard", "CONSUMERUNIT": "UtilityFeed", "SRV": "Server",
    }  # fmt: skip


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
