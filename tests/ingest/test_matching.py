"""The same asset in several sources: by which key, how sure, and what is kept apart and listed."""

from pathlib import Path
from typing import Any

import pytest

from ingest.mapping.sources import Matching
from ingest.merge import Known, Others, merge_extracts
from ingest.plan import Incoming, plan
from ingest.records import IDENTITIES, AssetRecord, Extract, Place, RelationshipRecord


def extract(source: str, *assets: tuple[str, str, dict[str, Any]], kind: str = "ifc", **parents: str) -> Extract:
    place = Place(f"{source}.file")
    records = [AssetRecord(i, label, dict(p), place, kind in ("cobie", "netbox")) for i, label, p in assets]
    contains = [RelationshipRecord(parent, "CONTAINS", child, {}, place) for child, parent in parents.items()]
    return Extract(source, kind, (place.file,), records, contains)


def settle(*extracts: Extract, **rules: float) -> list[list[str]]:
    merge_extracts(extracts, {}, others=Others(Matching(**rules)))
    return [[record.id for record in one.assets] for one in extracts]


def told(one: Extract, code: str) -> list[str]:
    return [finding.message for finding in one.findings if finding.code == code]


@pytest.mark.parametrize("key", ["global_id", "tag", "serial"])
def test_a_key_that_is_unique_on_both_sides_merges(key: str) -> None:
    a = extract("bim", ("x1", "UPS", {key: "K-1"}), ("x2", "Room", {}), x1="x2")
    b = extract("list", ("U-A", "UPS", {key: "K-1", "rated_kw": 5.0}), ("L", "Server", {}), kind="tables")
    b.relationships.append(RelationshipRecord("U-A", "FEEDS", "L", {}, Place("r")))
    assert settle(a, b) == [["x1", "x2"], ["x1", "L"]]
    assert b.assets[0].properties[IDENTITIES] == ["list: U-A"]
    assert [(r.source_id, r.target_id) for r in b.relationships] == [("x1", "L")]
    (line,) = told(b, "matched")
    assert key in line
    assert "U-A = x1" in line


def test_global_id_is_stronger_than_tag_and_tag_than_serial() -> None:
    a = extract("bim", ("x1", "UPS", {"tag": "T"}), ("x2", "UPS", {"serial": "S"}), ("x3", "UPS", {"global_id": "G"}))
    b = extract("list", ("u", "UPS", {"tag": "T", "serial": "S"}), ("v", "UPS", {"global_id": "G", "tag": "T"}))
    assert settle(a, b) == [["x1", "x2", "x3"], ["x2", "x3"]]
    assert any("occurs 2 times in this source" in line for line in told(b, "doubtful-match"))


@pytest.mark.parametrize(
    ("here", "there", "why"),
    [
        (("UPS", {"serial": "S"}), ("Pump", {"serial": "S"}), "it is a Pump here and a UPS there"),
        (("UPS", {"serial": "S", "tag": "A"}), ("UPS", {"serial": "S", "tag": "B"}), "their tag differ"),
    ],
)
def test_what_contradicts_is_kept_apart_and_listed(here: Any, there: Any, why: str) -> None:
    a, b = extract("bim", ("x", *here)), extract("list", ("y", *there))
    assert settle(a, b) == [["x"], ["y"]]
    (line,) = told(b, "doubtful-match")
    assert why in line


def test_a_serial_that_repeats_merges_nothing() -> None:
    a = extract("bim", ("x", "Pump", {"serial": "5489"}))
    b = extract("cobie", *((f"p{n}", "Pump", {"serial": "5489"}) for n in range(39)), kind="cobie")
    assert settle(a, b)[1] == [f"p{n}" for n in range(39)]
    assert all("occurs 39 times" in line for line in told(b, "doubtful-match"))


def test_a_name_merges_in_the_same_place_only() -> None:
    a = extract("bim", ("r", "Room", {"global_id": "G"}), ("x", "Pump", {"name": "P1"}), x="r")
    b = extract("list", ("q", "Room", {"global_id": "G"}), ("y", "Pump", {"name": "P1"}), y="q")
    c = extract("other", ("o", "Room", {}), ("z", "Pump", {"name": "P1"}), z="o")
    d = extract("third", ("w", "Pump", {"name": "P1"}))
    assert settle(a, b, c, d) == [["r", "x"], ["r", "x"], ["o", "z"], ["w"]]
    assert not told(c, "doubtful-match")


def test_a_name_alone_is_doubtful_unless_the_mapping_says_otherwise() -> None:
    def two() -> tuple[Extract, Extract]:
        return extract("bim", ("x", "Pump", {"name": "P1"})), extract("list", ("w", "Pump", {"name": "p1 "}))

    a, b = two()
    assert settle(a, b) == [["x"], ["w"]]
    assert "below 0.7" in told(b, "doubtful-match")[0]
    assert settle(*two(), least=0.5) == [["x"], ["x"]]


def test_labels_that_know_nothing_better_give_way_in_either_order() -> None:
    for first, second in (("Equipment", "PDU"), ("PDU", "Equipment")):
        a = extract("one", ("x", first, {"tag": "T", "name": "n"}))
        b = extract("two", ("y", second, {"tag": "T", "name": "n"}))
        assert settle(a, b) == [["x"], ["x"]]
        assert b.assets[0].label == "PDU"


def test_same_global_id_with_another_label_is_the_same_thing_and_told() -> None:
    a = extract("bim", ("x", "Chiller", {"global_id": "G"}))
    b = extract("list", ("y", "Pump", {"global_id": "G", "rated_head_kpa": 3.0, "draw_kw": 1.0}))
    assert settle(a, b) == [["x"], ["x"]]
    assert b.assets[0].label == "Chiller"
    assert told(b, "label-conflict")


def test_the_same_name_in_two_places_is_two_things_where_ids_are_names() -> None:
    a = extract("one", ("F1", "Building", {}), ("101", "Room", {}), kind="cobie", **{"101": "F1"})
    b = extract("two", ("F2", "Building", {}), ("101", "Room", {}), kind="cobie", **{"101": "F2"})
    assert settle(a, b) == [["F1", "101"], ["F2", "two:101"]]
    assert told(b, "id-clash")


def test_what_a_source_called_an_asset_before_is_remembered() -> None:
    a = extract("list", ("U-A", "UPS", {"rated_kw": 4.0}))
    graph = {"x1": Known("UPS", "G", ("bim", "list"))}
    merge_extracts([a], graph, others=Others(identities={"x1": ["list: U-A"]}))
    assert [record.id for record in a.assets] == ["x1"]
    assert a.assets[0].properties[IDENTITIES] == ["list: U-A"]


def test_one_target_takes_one_record() -> None:
    a = extract("bim", ("x", "UPS", {"tag": "T", "serial": "S"}))
    b = extract("list", ("p", "UPS", {"tag": "T"}), ("q", "UPS", {"serial": "S"}))
    assert settle(a, b) == [["x"], ["x", "q"]]
    assert "was taken for it already" in told(b, "doubtful-match")[0]


def test_matching_stays_within_its_files(tmp_path: Path) -> None:
    a = extract("one", ("x", "UPS", {"tag": "T"}), ("y", "UPS", {"tag": "T"}))
    assert settle(a) == [["x", "y"]]
    assert not a.findings


def test_category_that_stood_in_for_a_label_is_no_loss() -> None:
    a = extract("bim", ("x", "Sensor", {"global_id": "G"}))
    b = extract("list", ("y", "Equipment", {"global_id": "G", "category": "21-75: Smoke Detectors"}))
    settle(a, b)
    assert "category" not in b.assets[0].properties
    assert not told(b, "foreign-property")


@pytest.mark.parametrize(
    ("here", "there", "conflict"),
    [
        ("23-30 10: Doors", "doors", False),
        ("23-30 10: Doors", "23-30 10 Doors", False),
        ("IfcDoor", "23-30 10: Doors", False),
        ("Doors", "Windows", True),
        ("23-30 10", "23-30 20", True),
    ],
)
def test_classifications_in_two_spellings_are_no_conflict(here: str, there: str, conflict: bool) -> None:
    for one, other in ((here, there), (there, here)):
        records = {s: AssetRecord("x", "Equipment", {"category": c}, Place(s)) for s, c in (("a", one), ("b", other))}
        incoming = [Incoming[str](source, {"x": record}, lambda _: True) for source, record in records.items()]
        found = plan({}, incoming, lambda source: (0, source == "b"), lambda _: {})
        assert [f.code for f in found.findings] == ["conflict"] * conflict
        assert found.new["x"].properties["category"] == one
