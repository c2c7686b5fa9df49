"""A healthy campus has no single point of failure; each seeded defect does what the manifest says of it."""

from __future__ import annotations

import csv
import json
from collections import Counter

import numpy as np
import pytest
from campus_records import records

from ingest.campus import write
from twin.impact.blackstart import black_start
from twin.impact.impact import impact
from twin.impact.load import flows, overloaded
from twin.impact.question import Question
from twin.impact.settle import Scenario, settle_base
from twin.topology import from_records

SCALES = ["tiny", "block"]


def _campus(tmp_path_factory, scale, *, defects):
    folder = tmp_path_factory.mktemp("campus")
    write(folder, scale, 1, defects)
    assets, relationships = records(folder, scale, defects=defects)
    topology = from_records(assets, relationships)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return folder, assets, relationships, topology, manifest


@pytest.fixture(scope="module", params=SCALES)
def both(request, tmp_path_factory):
    return [_campus(tmp_path_factory, request.param, defects=defects) for defects in (False, True)]


@pytest.fixture(scope="module")
def healthy(both):
    return both[0]


@pytest.fixture(scope="module")
def faulty(both):
    return both[1]


def _dual_corded(relationships):
    servers = {r["target_id"] for r in relationships if r["type"] == "CONNECTS" and "-LF-" in r["source_id"]}
    cords = Counter(r["target_id"] for r in relationships if r["type"] == "FEEDS" and r["target_id"] in servers)
    return {server for server, count in cords.items() if count == 2}


def test_the_manifest_counts_what_is_there(healthy, faulty):
    for _, assets, relationships, _, manifest in (healthy, faulty):
        assert dict(Counter(a["label"] for a in assets)) == manifest["assets"]
        assert dict(Counter(r["type"] for r in relationships)) == manifest["relationships"]
        assert len({a["id"] for a in assets}) == len(assets)


def test_the_healthy_campus_is_sound_and_up(healthy):
    _, _, _, topology, _ = healthy
    assert not topology.problems
    base = settle_base(topology)
    assert not base.down.any()
    state = flows(topology, ~base.down)
    assert overloaded(topology, state, state) == []


def test_no_single_component_or_path_loses_a_dual_corded_server_or_a_service(healthy):
    _, assets, relationships, topology, _ = healthy
    spaces = {r["source_id"] for r in relationships if r["type"] == "CONTAINS" and "CDU" not in r["source_id"]}
    kept = _dual_corded(relationships) | {a["id"] for a in assets if a["label"] == "Service"}
    scenario = Scenario(settle_base(topology))
    for asset in assets:
        if asset["id"] in spaces or asset["label"] in {"Server", "Service", "CommonCause"}:
            continue
        scenario.fail([topology.ids.index(asset["id"])])
        lost = {topology.ids[int(index)] for index in scenario.fallen()}
        scenario.undo()
        assert not lost & kept, asset["id"]


def test_no_single_component_trips_another(healthy):
    _, assets, relationships, topology, _ = healthy
    passed = {"Server", "Service", "CommonCause", "Cabinet", "RackPDU", "NetworkDevice", "Tenant", "Meter", "Sensor"}
    spaces = {r["source_id"] for r in relationships if r["type"] == "CONTAINS" and "CDU" not in r["source_id"]}
    base = settle_base(topology)
    for asset in assets:
        if asset["label"] in passed or asset["id"] in spaces:
            continue
        question = Question((topology.ids.index(asset["id"]),), (), overload="trip")
        assert impact(question, base).to_dict()["overloaded"] == [], asset["id"]


def test_the_generators_carry_the_campus_without_the_utility(healthy):
    _, _, relationships, topology, _ = healthy
    failed = tuple(sorted(topology.ids.index(name) for name in ("UTIL-1", "UTIL-2")))
    answer = impact(Question(failed, (), overload="trip"), settle_base(topology)).to_dict()
    assert not set(answer["lost"]) & _dual_corded(relationships)
    assert answer["relies_on"] == ["GEN-SWB-1"]
    assert answer["overloaded"] == []


def test_everything_can_be_started_again(healthy):
    _, _, _, topology, _ = healthy
    none = np.empty(0, np.int32)
    assert black_start(topology, none, none).to_dict()["never"] == []


def test_power_and_cooling_depend_on_each_other(healthy):
    """UPS → PDU → air handler → power room → UPS, and board → pump → liquid loop → … while all boards are up."""
    _, _, relationships, _, _ = healthy
    edges = {(r["source_id"], r["type"], r["target_id"]) for r in relationships}
    assert {
        ("B1-M01-UPS-A", "FEEDS", "B1-M01-PDU-A"),
        ("B1-M01-PDU-A", "FEEDS", "B1-M01-PA-AH-1"),
        ("B1-M01-PA-AH-1", "COOLS", "B1-M01-PRA"),
        ("B1-M01-PRA", "COOLS", "B1-M01-UPS-A"),
    } <= edges
    assert {
        ("B1-M01-PDU-A", "FEEDS", "B1-M01-PLC-1"),
        ("B1-M01-PLC-1", "CONTROLS", "B1-M01-PA-AH-1"),
    } <= edges


def test_each_defect_loses_what_the_manifest_says(faulty):
    _, _, _, topology, manifest = faulty
    assert not topology.problems
    assert len(manifest["defects"]) >= 6
    for defect in manifest["defects"]:
        failed, out = (tuple(sorted(topology.ids.index(name) for name in defect[key])) for key in ("fail", "out"))
        question = Question(failed, out, overload=defect["overload"])
        answer = impact(question, settle_base(topology, out)).to_dict()
        assert answer["totals"]["lost"].get("Server", 0) == defect["lost_servers"], defect["id"]
        assert all(topology.ids.index(name) is not None for name in defect["assets"])


def test_without_the_defects_the_same_failures_lose_no_dual_corded_server(healthy, faulty):
    _, _, relationships, topology, _ = healthy
    dual = _dual_corded(relationships)
    for defect in faulty[4]["defects"]:
        if topology.ids.index(defect["fail"][0]) is None:
            continue  # the bridge of both ducts is itself the defect
        failed, out = (tuple(sorted(topology.ids.index(name) for name in defect[key])) for key in ("fail", "out"))
        question = Question(failed, out, overload=defect["overload"])
        assert not set(impact(question, settle_base(topology, out)).to_dict()["lost"]) & dual, defect["id"]


def test_tables_are_plain_csv(healthy):
    folder = healthy[0]
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        assert len({len(row) for row in rows}) == 1, path.name
