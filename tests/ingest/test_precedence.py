"""Whose word counts for which property, in the graph: configured, recorded, told; and what sources say aside."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_ifc_builder import Builder

from ingest.report import Report
from ingest.run import Options, ingest
from twin.graph import Store

pytestmark = pytest.mark.neo4j

Import = Callable[..., Report]

RULES = """
[[precedence]]
property = ["rated_kw", "x_*"]
sources = ["survey*", "bim"]
labels = "UPS"
"""


@pytest.fixture
def load(store: Store) -> Import:
    def call(*paths: Path, mapping: Path | None = None) -> Report:
        return ingest(paths, lambda: store, Options(mapping=mapping))

    return call


def table(folder: Path, name: str, **values: Any) -> Path:
    file = folder / f"{name}-assets.csv"
    file.write_text(f"id,label,{','.join(values)}\nU,UPS,{','.join(map(str, values.values()))}\n")
    return file


def ups(store: Store) -> dict[str, Any]:
    return store.read("MATCH (a:Asset {id: 'U'}) RETURN properties(a) AS p")[0]["p"]


def conflicts(report: Report) -> list[str]:
    return [finding.message for finding in report.all_findings if finding.code == "conflict"]


def test_precedence_is_per_property_remembered_and_told(load: Import, store: Store, tmp_path: Path) -> None:
    rules = tmp_path / "mapping.toml"
    rules.write_text(RULES)
    first = table(tmp_path, "asset-list", rated_kw=100, efficiency=0.9)
    second = table(tmp_path, "survey-2", rated_kw=90, efficiency=0.8)
    report = load(first, second, mapping=rules)
    assert (ups(store)["rated_kw"], ups(store)["efficiency"]) == (90, 0.9)
    assert [line.partition("; ")[2] for line in conflicts(report)] == [
        "survey-2 has precedence for it and was kept",
        "asset-list came first and was kept",
    ]
    table(tmp_path, "survey-2", rated_kw=80, efficiency=0.8)
    load(second)  # without the mapping: the graph remembers
    assert (ups(store)["rated_kw"], ups(store)["efficiency"]) == (80, 0.9)
    rules.write_text("")
    load(first, second, mapping=rules)
    assert ups(store)["rated_kw"] == 100


def test_unchanged_files_are_read_again_when_the_mapping_changed(load: Import, store: Store, tmp_path: Path) -> None:
    rules = tmp_path / "mapping.toml"
    rules.write_text("")
    b = Builder()
    b.element("IfcPump", "U")
    model = b.write(tmp_path / "model.ifc")
    load(model, mapping=rules)
    rules.write_text('[[element]]\nclass = "IfcPump"\nlabel = "Valve"\n')
    load(model, mapping=rules)
    assert store.read("MATCH (a:Valve) RETURN a.id AS id") == [{"id": "U"}]


def test_value_unit_si_and_raw_stand_side_by_side_and_each_source_keeps_its_own(
    load: Import, store: Store, tmp_path: Path
) -> None:
    b = Builder()
    unit = b.element("IfcElectricFlowStorageDevice", "U", PredefinedType="UPS")
    b.pset(unit, "Pset_ElectricalDeviceCommon", RatedVoltage=("IfcElectricVoltageMeasure", 400.0))
    load(b.write(tmp_path / "bim.ifc"))
    origin = json.loads(ups(store)["_origin"])["rated_voltage_v"]
    assert (origin["value"], origin["unit"], origin["si"], origin["si_unit"], origin["raw"], origin["measure"]) == (
        400.0, "V", 400.0, "V", 400.0, "IfcElectricVoltageMeasure",
    )  # fmt: skip
    assert origin["said_by"] == "occurrence"
    report = load(table(tmp_path, "list", rated_voltage_v=400))
    assert not conflicts(report)
    assert "rated_voltage_v" in json.loads(ups(store)["_origin"])
    assert not load(tmp_path / "bim.ifc", tmp_path / "list-assets.csv").changed


def test_a_match_across_sources_is_found_again_and_survives_the_other_source(
    load: Import, store: Store, tmp_path: Path
) -> None:
    one, two = tmp_path / "one-assets.csv", tmp_path / "two-assets.csv"
    one.write_text("id,label,serial,rated_kw\nU,UPS,S-1,100\n")
    two.write_text("id,label,serial,efficiency\nother,UPS,S-1,0.9\n")
    load(one)
    load(two)
    assert ups(store)["_sources"] == ["one", "two"]
    assert ups(store)["_identities"] == ["two: other"]
    two.write_text("id,label,efficiency\nother,UPS,0.8\n")  # the key is gone, the identity is not
    load(two)
    assert (ups(store)["efficiency"], ups(store)["rated_kw"]) == (0.8, 100)
    one.write_text("id,label\nV,UPS\n")
    load(one)
    load(two)
    assert ups(store)["_sources"] == ["two"]
    assert [row["id"] for row in store.read("MATCH (a:Asset) RETURN a.id AS id ORDER BY id")] == ["U", "V"]
