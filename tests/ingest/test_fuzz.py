"""Exports that are cut off, shuffled, of the wrong types or mad: read as far as it goes, or refused in one line.

Each example is a small good export of one kind, mutated; whatever comes of it, no exception but those that a person can
do something about, no second line, and a place in the text.
"""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_ifc_builder import Builder
from test_cobie import sheets, workbook
from test_netbox import lists

from ingest.mapping.model import load_mapping
from ingest.merge import merge_extracts
from ingest.read import read_source
from ingest.records import Extract
from ingest.sources import resolve
from schema.errors import BadInput

pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLES = settings(max_examples=120)

VALUES: tuple[Any, ...] = (
    None, "", "n/a", 0, -1, 1e308, True, [], {}, [[]], {"id": 1}, {"name": None}, "x" * 2000, "\x00",
    "é\u202e", "1e999",
)  # fmt: skip


def check(folder: Path, name: str) -> Extract | None:
    """Read what is in a folder: an extract that can be merged, or one line that names the file."""
    try:
        sources, _ = resolve([folder])
        extracts = [extract for source in sources for extract in read_source(source)]
        merge_extracts(extracts, {})
    except BadInput as error:
        assert "\n" not in str(error)
        assert name in str(error)
        return None
    for extract in extracts:
        for finding in extract.findings:
            assert "\n" not in str(finding)
        for record in extract.assets:
            assert record.id
            assert record.id.isprintable()
    return extracts[0] if extracts else None


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def flip(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randrange(1, 12)):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def shuffle(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def drop(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(min(len(lines) - 1, rng.randrange(1, 4))):
        del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def repeat(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return b"\n".join(lines)


def point_elsewhere(rng: random.Random, data: bytes) -> bytes:
    """IFC: references to other entities, or to none."""
    return re.sub(rb"#\d+(?=[,)])", lambda found: b"#%d" % rng.randrange(120) if rng.random() < 0.1 else found[0], data)


def wrong_types(rng: random.Random, data: bytes) -> bytes:
    """IFC: attributes of another type."""
    words = (b"$", b"*", b"'x'", b"3.5", b"(1.,2.)", b".T.", b"1e400", b"#3", b"-")
    return re.sub(rb"\$|-?\d+\.\d*", lambda found: rng.choice(words) if rng.random() < 0.1 else found[0], data)


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (cut, flip, shuffle, drop, repeat)
IFC_MUTATIONS = (*MUTATIONS, point_elsewhere, wrong_types, wrong_types)


def small_model(path: Path) -> bytes:
    b = Builder()
    unit = b.element(
        "IfcElectricFlowStorageDevice", "U", PredefinedType="UPS", ObjectPlacement=b.placement(1, 2, 3, b.site)
    )
    board = b.element("IfcDistributionBoard", "L", PredefinedType="SWITCHBOARD")
    b.box(unit, 1.0, 2.0, 3.0)
    b.connect(unit, board, realizing=b.element("IfcCableSegment", "C", PredefinedType="CABLESEGMENT"))
    b.pset(unit, "Pset_ElectricalDeviceCommon", RatedVoltage=("IfcElectricVoltageMeasure", 400.0))
    b.type("IfcElectricFlowStorageDeviceType", [unit], PredefinedType="UPS")
    b.system("IfcDistributionSystem", "A", [unit, board], "ELECTRICAL")
    return b.write(path / "base.ifc").read_bytes()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return small_model(tmp_path_factory.mktemp("base"))


@EXAMPLES
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(IFC_MUTATIONS))
def test_ifc(model: bytes, tmp_path_factory: pytest.TempPathFactory, seed: int, kind: Any) -> None:
    folder = tmp_path_factory.mktemp("ifc")
    (folder / "x.ifc").write_bytes(kind(random.Random(seed), model))
    check(folder, "x.ifc")


@EXAMPLES
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(MUTATIONS))
def test_workbook_as_bytes(tmp_path_factory: pytest.TempPathFactory, seed: int, kind: Any) -> None:
    folder = tmp_path_factory.mktemp("xlsx")
    file = workbook(folder, sheets())
    file.write_bytes(kind(random.Random(seed), file.read_bytes()))
    check(folder, "hall.xlsx")


def mad(rng: random.Random, value: Any) -> Any:
    """A JSON value with some of its parts replaced, dropped, repeated or put elsewhere."""
    if rng.random() < 0.04:
        return rng.choice(VALUES)
    if isinstance(value, dict):
        return {(k if rng.random() > 0.02 else rng.choice(list(value))): mad(rng, v) for k, v in value.items()}
    if isinstance(value, list):
        items = [mad(rng, item) for item in value if rng.random() > 0.02]
        if items and rng.random() < 0.1:
            items.insert(rng.randrange(len(items)), rng.choice(items))
        return items
    return value


@EXAMPLES
@given(seed=st.integers(0, 2**32), one_file=st.booleans())
def test_netbox(tmp_path_factory: pytest.TempPathFactory, seed: int, one_file: bool) -> None:
    folder = tmp_path_factory.mktemp("nb")
    content = mad(random.Random(seed), lists())
    content = content if isinstance(content, dict) else {}
    files = {"devices": content} if one_file else {k: v for k, v in content.items() if isinstance(k, str)}
    for name, value in (files or {"devices": []}).items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    check(folder, ".json")


@EXAMPLES
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(MUTATIONS))
def test_json_as_bytes(tmp_path_factory: pytest.TempPathFactory, seed: int, kind: Any) -> None:
    folder = tmp_path_factory.mktemp("json")
    text = json.dumps(lists(), indent=1).encode()
    (folder / "dump.json").write_bytes(kind(random.Random(seed), text))
    check(folder, "dump.json")


CELLS: tuple[Any, ...] = (
    *(v for v in VALUES if isinstance(v, (str, int, float))),
    "R1",
    "Pump 1",
    "=1+1",
    "1900-12-31",
)


@EXAMPLES
@given(seed=st.integers(0, 2**32))
def test_cobie_cells(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = random.Random(seed)
    content = sheets(
        System=[["Name", "Category", "ComponentNames"], ["S", "Cooling", "Pump 1"], ["s", "Cooling", "Pump 2"]],
        Connection=[["Name", "ConnectionType", "RowName1", "RowName2"], ["c", "Supply", "Pump 1", "Pump 2"]],
        Attribute=[["Name", "SheetName", "RowName", "Value", "Unit"], ["Voltage", "Component", "Panel 1", 400.0, "V"]],
        Assembly=[["Name", "SheetName", "ParentName", "ChildNames"], ["a", "Component", "Panel 1", "Pump 1, Pump 2"]],
    )
    for name in list(content):
        if rng.random() < 0.1:
            del content[name]
            continue
        for row in content[name]:
            for at in range(len(row)):
                if rng.random() < 0.06:
                    row[at] = rng.choice(CELLS)
    folder = tmp_path_factory.mktemp("cells")
    for name, rows in content.items():
        lines = (",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows)
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    check(folder, folder.name)


TABLES = {
    "assets.csv": "id,label,name,parent_id,draw_kw\nC,Campus,Campus,,\nU,UPS,Ups,C,\nS,Server,Server,C,0.5\n",
    "relationships.csv": "source_id,type,target_id,group,need\nU,FEEDS,S,,1\n",
}


@EXAMPLES
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(MUTATIONS), name=st.sampled_from(sorted(TABLES)))
def test_tables(tmp_path_factory: pytest.TempPathFactory, seed: int, kind: Any, name: str) -> None:
    folder = tmp_path_factory.mktemp("csv")
    for file, text in TABLES.items():
        data = text.encode()
        (folder / file).write_bytes(kind(random.Random(seed), data) if file == name else data)
    check(folder, name)


@EXAMPLES
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(MUTATIONS))
def test_mapping(tmp_path_factory: pytest.TempPathFactory, seed: int, kind: Any) -> None:
    file = tmp_path_factory.mktemp("toml") / "rules.toml"
    text = (Path(__file__).parents[2] / "ingest" / "mapping" / "default.toml").read_bytes()
    file.write_bytes(kind(random.Random(seed), text))
    try:
        load_mapping(file)
    except BadInput as error:
        assert all(line.startswith(str(file)) for line in str(error).splitlines())
