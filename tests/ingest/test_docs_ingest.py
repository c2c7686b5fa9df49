"""The mappings that the pages show load, and do what the pages say."""

import re
from pathlib import Path

import pytest
from ingest_ifc_builder import Builder

from ingest.mapping.model import load_mapping
from ingest.readers import ifc
from schema.errors import BadInput

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", ["mapping.md", "netbox.md", "ifc.md", "cobie.md"])
def test_every_mapping_shown_loads(tmp_path: Path, page: str) -> None:
    for number, text in enumerate(blocks(page)):
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        load_mapping(file)
    assert page in ("ifc.md", "cobie.md") or blocks(page)


def test_every_pitfall_names_tests_that_are_there() -> None:
    page = (DOCS / "pitfalls.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 19))
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    there = {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for row in rows:
        named = set(re.findall(r"`(test_\w+)`", row)) - {file.stem for file in files}
        assert named
        assert named <= there


def test_the_example_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text(blocks("mapping.md")[0])
    b = Builder()
    ups = {side: b.element("IfcElectricFlowStorageDevice", f"UPS-{side}", PredefinedType="UPS") for side in "AB"}
    server = b.element("IfcCommunicationsAppliance", "S", PredefinedType="COMPUTER")
    rack = b.element("IfcBuildingElementProxy", "Rack 7")
    for unit in ups.values():
        b.connect(unit, server)
    b.pset(ups["A"], "Vendor_UPS", Output=("IfcReal", 500.0))
    chillers = [b.element("IfcChiller", f"CH-{n}") for n in range(3)]
    header = b.element("IfcPump", "P")
    for chiller in chillers:
        b.connect(chiller, header, "CHILLEDWATER")
    extract = ifc.read(b.write(tmp_path / "hall.ifc"), "hall", rules)
    records = {record.id: record for record in extract.assets}
    assert records[rack.Tag].label == "Cabinet"
    assert records["UPS-A"].properties["rated_kw"] == 500.0
    assert [records[f"UPS-{side}"].properties["side"] for side in "AB"] == ["A", "B"]
    needs = {(r.target_id, r.properties["need"]) for r in extract.relationships if r.type in ("FEEDS", "COOLS")}
    assert needs == {("S", 1), ("P", 2)}
    assert not any(r.properties.get("need_inferred") for r in extract.relationships)


def test_mistakes_are_one_line_each_and_name_the_entry(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        '[[element]]\nclass = "IfcPump"\nlabel = "Pmup"\n\n[[element]]\nclass = "IfcFan"\nlabl = "Pump"\n\n'
        '[[need]]\ntype = "FEEDS"\nneed = 1\nspare = 2\n\n[[property]]\nset = "A"\nname = "b"\nto = "colour"\n\n'
        '[[netbox_object]]\nkind = "rack"\nlabel = "Cabinet"\nproperties = { height_units_u = "tall" }\n'
    )
    with pytest.raises(BadInput) as error:
        load_mapping(file)
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{file}, [[") for line in lines)
    for words in (
        "did you mean Pump?",
        "labl: there is no such key",
        "label: is missing",
        "need and spare",
        "'colour'",
        "height_units_u",
    ):
        assert sum(words in line for line in lines) == 1
