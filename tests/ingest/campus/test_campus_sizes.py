"""The sizes are exact, the campus fits its land, and everything stands where it is said to stand."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from campus_records import plans

from ingest.campus import SCALES, defaults, write
from ingest.campus.loads import site_load
from ingest.campus.scales import spread
from ingest.campus.servers import fleets, leaf_pairs
from ingest.campus.site import MU_M2

SIZES = {"tiny": (2, 40, 260), "block": (4, 300, 2_000)}


@pytest.mark.parametrize("scale", SIZES)
def test_written_sizes_are_exact(tmp_path, scale):
    manifest = write(tmp_path, scale, 3)
    modules = [a for p in plans(scale) for a in p.of_label("Module") if a.properties["kind"] == "IT"]
    assert (len(modules), manifest.assets["Cabinet"], manifest.assets["Server"]) == SIZES[scale]
    assert manifest.assets["RackPDU"] == 2 * manifest.assets["Cabinet"]


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "cabinets", "servers"), [("building", 5_000, 33_000), ("full", 30_000, 200_000)])
def test_large_sizes_are_exact(tmp_path, scale, cabinets, servers):
    manifest = write(tmp_path, scale, 3)
    assert (manifest.assets["Cabinet"], manifest.assets["Server"]) == (cabinets, servers)
    rows = (tmp_path / "servers-assets.csv").read_bytes().count(b",Server,")
    assert rows == servers
    if scale == "full":
        assert sum(1 for name in manifest.files if name.startswith("B") and name.endswith(".ifc")) == 6
        assert manifest.assets["Service"] == 2_000
        assert 290_000 < sum(manifest.assets.values()) < 330_000


def test_full_campus_has_75_to_90_mw_of_it_on_about_230_mu():
    scale, parameters = SCALES["full"], defaults()
    it_mw = scale.servers * parameters.number("server_draw_kw") / 1000.0
    assert 75.0 <= it_mw <= 90.0
    buildings = [asset.box for plan in plans("full") for asset in plan.of_label("Building")]
    boxes = [box for box in buildings if box is not None]
    width = max(b.x + b.length / 2 for b in boxes) - min(b.x - b.length / 2 for b in boxes)
    depth = max(b.y + b.width / 2 for b in boxes) - min(b.y - b.width / 2 for b in boxes)
    land_m2 = parameters.number("site_area_mu") * MU_M2
    assert 0.85 * land_m2 < width * depth < 1.05 * land_m2


def test_generators_of_the_full_campus_are_blocks_of_12_plus_1():
    load = site_load(SCALES["full"], defaults())
    assert load.needed == 12
    assert load.set_kw == 2200.0
    assert load.blocks * load.needed * load.set_kw >= load.load_kw
    site = plans("full")[0]
    assert len(site.of_label("Generator")) == load.blocks * 13


@pytest.mark.parametrize("scale", ["tiny", "block", "building"])
def test_equipment_stands_inside_what_contains_it(scale):
    for plan in plans(scale):
        for asset in plan.assets.values():
            parent = plan.assets.get(asset.parent)
            if asset.box is None or parent is None or parent.box is None or parent.label == "CDU":
                continue
            inner, outer = asset.box, parent.box
            assert abs(inner.x - outer.x) + inner.length / 2 <= outer.length / 2 + 0.01, asset.id
            assert abs(inner.y - outer.y) + inner.width / 2 <= outer.width / 2 + 0.01, asset.id
            assert inner.z >= outer.z - 0.01, asset.id


def test_cabinets_do_not_overlap():
    for plan in plans("block"):
        places = Counter((a.box.x, a.box.y, a.box.z) for a in plan.of_label("Cabinet") if a.box)
        assert not places or max(places.values()) == 1


def test_servers_are_spread_evenly():
    assert spread(7, 3) == [3, 2, 2]
    made = fleets(SCALES["tiny"], defaults(), 1, 1)
    assert [fleet.count for fleet in made] == [130, 130]
    assert set(made[0].per_cabinet) == {6, 7}


def test_no_pair_of_switches_serves_more_servers_than_it_has_ports():
    per_cabinet = [7, 7, 7, 7, 7, 7, 7, 6, 6]
    pairs = leaf_pairs(per_cabinet, 48)
    assert pairs == [(1, 6), (7, 9)]
    assert all(sum(per_cabinet[first - 1 : last]) <= 48 for first, last in pairs)


def test_from_block_on_every_train_and_the_loops_of_one_type_occur():
    plan = plans("block")[1]
    assert {a.id for a in plan.of_label("UPS", "B1-M01")} == {"B1-M01-UPS-A", "B1-M01-UPS-B"}  # 2N
    parallel = [s for s in plan.supplies if s.target == "B1-M02-OUT-A" and s.type == "FEEDS"]
    assert {(s.need, len(parallel)) for s in parallel} == {(3, 4)}  # N+1
    assert len(plan.of_label("UPS", "B1-M03")) == 4  # 4N/3
    cords = {s.target: s.source for s in plan.supplies if s.target.startswith("B1-M03-BW")}
    assert {cords["B1-M03-BW-01A"], cords["B1-M03-BW-01B"]} == {"B1-M03-PDU-1", "B1-M03-PDU-2"}
    assert {cords["B1-M03-BW-02A"], cords["B1-M03-BW-02B"]} == {"B1-M03-PDU-3", "B1-M03-PDU-4"}
    assert plan.of_label("Rectifier", "B1-M04")  # HVDC and direct utility
    assert [s.source for s in plan.supplies if s.target == "B1-M04-PDU-B"] == ["B1-M04-LVB-B"]
    site = plans("block")[0]
    feeds = {(s.source, s.target) for s in (*site.supplies, *plan.supplies) if s.type == "FEEDS"}
    for one, other in (("RMU-B1", "RMU-SITE"), ("B1-MV-A", "B1-MVT"), ("B1-M01-LVB-A", "B1-M01-LVT")):
        assert {(one, other), (other, one)} <= feeds


def test_the_manifest_says_what_was_written(tmp_path):
    manifest = write(tmp_path, "tiny", 5)
    document = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert document == manifest.to_dict()
    assert document["totals"]["assets"] == sum(document["assets"].values())
    assert {f.name for f in tmp_path.iterdir()} == {*document["files"], "manifest.json"}
    assert all((tmp_path / name).stat().st_size == entry["bytes"] for name, entry in document["files"].items())
    flags = {parameter["flag"] for parameter in document["parameters"]}
    assert flags == {"documented", "typical", "derived", "assumed"}
    assert all(parameter["source"] for parameter in document["parameters"])
