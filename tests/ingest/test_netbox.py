"""NetBox and Nautobot: lists of every release and form, power chains, network, racks; nothing guessed, nothing lost.

panel A ─▶ feed A1 ─▶ [pdu-a] ─▶ PSU1 [srv-1] PSU2 ◀─ [pdu-b] ◀─ feed B1 ◀─ panel B
[core-1] ── [tor-1] ── [srv-1]
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.mapping.model import load_mapping
from ingest.read import read_source
from ingest.readers import netbox
from ingest.records import Extract
from ingest.sources import resolve
from schema.errors import BadInput

Lists = dict[str, list[dict[str, Any]]]


def ref(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "display": name, "name": name}


def choice(value: str) -> dict[str, str]:
    return {"value": value, "label": value.capitalize()}


def device(number: int, name: str, role: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "name": name, "role": {"id": 1, "name": role, "slug": role}, "status": choice("active"),
        "device_type": {"id": 7, "model": "M-7", "manufacturer": ref(3, "Maker")}, "site": ref(1, "DC1"),
        "rack": ref(1, "R1"), **more,
    }  # fmt: skip


def feed(number: int, name: str, panel: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "name": name, "power_panel": ref(panel, f"panel {'?AB'[panel]}"), "status": choice("active"),
        "type": choice("primary"), "supply": choice("ac"), "phase": choice("three-phase"), "voltage": 400,
        "amperage": 32, "max_utilization": 80, **more,
    }  # fmt: skip


def port(number: int, owner: tuple[int, str], name: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "device": ref(*owner), "name": name, **more}


CABLES = [
    ("powerport", 11, "powerfeed", 1), ("powerfeed", 2, "powerport", 12), ("powerport", 1, "poweroutlet", 1),
    ("poweroutlet", 2, "powerport", 2), ("interface", 1, "interface", 2), ("interface", 4, "interface", 3),
]  # fmt: skip


def four(a: str, a_id: int, b: str, b_id: int) -> dict[str, Any]:
    return {
        f"{side}_terminations": [{"object_type": f"dcim.{kind}", "object_id": number, "object": {"id": number}}]
        for side, kind, number in (("a", a, a_id), ("b", b, b_id))
    }


def three(a: str, a_id: int, b: str, b_id: int) -> dict[str, Any]:
    return {
        "termination_a_type": f"dcim.{a}", "termination_a_id": a_id, "termination_b_type": f"dcim.{b}",
        "termination_b_id": b_id,
    }  # fmt: skip


def lists(cable: Callable[..., dict[str, Any]] = four, **more: Any) -> Lists:
    base: Lists = {
        "sites": [{"id": 1, "name": "DC1"}],
        "locations": [{"id": 1, "name": "Hall 1", "site": ref(1, "DC1")}],
        "racks": [{"id": 1, "name": "R1", "site": ref(1, "DC1"), "location": ref(1, "Hall 1"), "u_height": 42}],
        "devices": [
            device(1, "srv-1", "server", position=10.0, serial="S-1", asset_tag="T-1"),
            device(2, "pdu-a", "pdu"),
            device(3, "pdu-b", "pdu"),
            device(4, "tor-1", "tor", position=42),
            device(5, "core-1", "core-switch", rack=None),
        ],
        "power-panels": [
            {"id": n, "name": f"panel {'?AB'[n]}", "site": ref(1, "DC1"), "location": ref(1, "Hall 1")} for n in (1, 2)
        ],
        "power-feeds": [feed(1, "A1", 1), feed(2, "B1", 2)],
        "power-ports": [
            port(1, (1, "srv-1"), "PSU1", allocated_draw=200, maximum_draw=500),
            port(2, (1, "srv-1"), "PSU2", allocated_draw=200, maximum_draw=500),
            port(11, (2, "pdu-a"), "inlet", maximum_draw=11000),
            port(12, (3, "pdu-b"), "inlet"),
        ],
        "power-outlets": [
            port(1, (2, "pdu-a"), "1", power_port=ref(11, "inlet")),
            port(2, (3, "pdu-b"), "1", power_port=ref(12, "inlet")),
        ],
        "interfaces": [
            port(1, (1, "srv-1"), "eth0"),
            port(2, (4, "tor-1"), "e1"),
            port(3, (4, "tor-1"), "e48"),
            port(4, (5, "core-1"), "e1"),
        ],
        "cables": [{"id": n, "status": choice("connected"), **cable(*ends)} for n, ends in enumerate(CABLES)],
    }
    base.update({name.replace("_", "-"): value for name, value in more.items()})
    return base


def read(folder: Path, content: Lists, mapping: str = "") -> Extract:
    folder.mkdir(exist_ok=True)
    for name, objects in content.items():
        (folder / f"{name}.json").write_text(json.dumps({"count": len(objects), "next": None, "results": objects}))
    rules = folder.parent / "rules.toml"
    rules.write_text(mapping)
    return netbox.read(sorted(folder.glob("*.json")), "dc", load_mapping(rules))


def labels(extract: Extract) -> dict[str, str]:
    return {record.id: record.label for record in extract.assets}


def properties(extract: Extract, identity: str) -> dict[str, Any]:
    return next(record.properties for record in extract.assets if record.id == identity)


def edges(extract: Extract, *kinds: str) -> list[tuple[str, str]]:
    return sorted((r.source_id, r.target_id) for r in extract.relationships if r.type in kinds)


def told(extract: Extract, code: str) -> list[str]:
    return [str(finding) for finding in extract.findings if finding.code == code]


POWER = [
    ("A1", "pdu-a"), ("B1", "pdu-b"), ("panel A", "A1"), ("panel B", "B1"), ("pdu-a", "srv-1"), ("pdu-b", "srv-1"),
]  # fmt: skip
NETWORK = [("core-1", "tor-1"), ("tor-1", "srv-1")]


@pytest.mark.parametrize("cable", [three, four], ids=["one termination an end", "lists of terminations"])
def test_power_chains_and_network_of_both_forms_of_cables(tmp_path: Path, cable: Any) -> None:
    extract = read(tmp_path / "dc", lists(cable))
    assert labels(extract) == {
        "DC1": "Building", "Hall 1": "Room", "R1": "Cabinet", "srv-1": "Server", "pdu-a": "RackPDU",
        "pdu-b": "RackPDU", "tor-1": "NetworkDevice", "core-1": "NetworkDevice", "panel A": "PDU", "panel B": "PDU",
        "A1": "Breaker", "B1": "Breaker",
        **{identity: "PowerPath" for identity in labels(extract) if "PATH" in identity},
    }  # fmt: skip
    assert edges(extract, "FEEDS") == POWER
    assert edges(extract, "CONNECTS") == NETWORK
    assert ("Hall 1", "R1") in edges(extract, "CONTAINS")
    assert ("R1", "srv-1") in edges(extract, "CONTAINS")
    assert ("DC1", "core-1") in edges(extract, "CONTAINS")
    assert ("Hall 1", "A1") in edges(extract, "CONTAINS")


def test_two_circuits_stand_in_for_one_another(tmp_path: Path) -> None:
    extract = read(tmp_path / "dc", lists())
    cords = [r for r in extract.relationships if r.type == "FEEDS" and r.target_id == "srv-1"]
    assert [(r.properties["need"], r.properties["need_inferred"]) for r in cords] == [(1, True), (1, True)]
    content = lists()
    content["cables"][1].update(four("powerfeed", 1, "powerport", 12))  # on one feed
    extract = read(tmp_path / "dc", content)
    assert {r.properties["need"] for r in extract.relationships if r.target_id == "srv-1" and r.type == "FEEDS"} == {2}


def test_ratings_take_volts_amperes_phase_and_power_factor(tmp_path: Path) -> None:
    extract = read(tmp_path / "dc", lists())
    values = properties(extract, "A1")
    assert values["rated_kva"] == pytest.approx(400 * 32 * 3**0.5 / 1e3)
    assert "rated_kw" not in values
    assert "power factor" in told(extract, "no-rating")[0]
    extract = read(tmp_path / "dc", lists(), "[netbox]\npower_factor = 0.9\n")
    assert properties(extract, "A1")["rated_kw"] == pytest.approx(400 * 32 * 3**0.5 / 1e3 * 0.9 * 0.8)
    direct = feed(1, "A1", 1, supply=choice("dc"), voltage=-48, amperage=100, max_utilization=50)
    extract = read(tmp_path / "dc", lists(power_feeds=[direct]))
    assert properties(extract, "A1")["rated_kw"] == pytest.approx(2.4)
    assert properties(extract, "A1")["rated_voltage_v"] == 48
    bare = feed(1, "A1", 1, amperage=None)
    assert "amperage" in told(read(tmp_path / "dc", lists(power_feeds=[bare])), "no-rating")[0]


def test_draws_and_ratings_of_inlets(tmp_path: Path) -> None:
    extract = read(tmp_path / "dc", lists())
    assert properties(extract, "srv-1")["draw_kw"] == 0.4
    assert told(extract, "draw-summed")
    assert properties(extract, "pdu-a")["rated_kw"] == 11
    assert "draw_kw" not in properties(extract, "pdu-a")


@pytest.mark.parametrize(
    ("rack", "position", "expected"),
    [
        ({}, 10, 10),
        ({"desc_units": True}, 1, 41),  # two units from the top
        ({"starting_unit": 5}, 5, 1),
        ({}, 99, None),
        ({}, None, None),
    ],
)
def test_rack_units_are_counted_from_the_floor(tmp_path: Path, rack: Any, position: Any, expected: Any) -> None:
    content = lists(device_types=[{"id": 7, "model": "M-7", "u_height": 2}])
    content["racks"][0].update(rack)
    content["devices"][0]["position"] = position
    values = properties(read(tmp_path / "dc", content), "srv-1")
    assert values.get("position_u") == expected
    assert values["height_u"] == 2


def test_properties_of_a_device(tmp_path: Path) -> None:
    values = properties(read(tmp_path / "dc", lists()), "srv-1")
    assert (values["serial"], values["tag"], values["model"], values["manufacturer"], values["role"]) == (
        "S-1", "T-1", "M-7", "Maker", "server",
    )  # fmt: skip


def test_network_without_direction_is_told_and_left_out(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(6, "tor-2", "tor"))
    content["interfaces"].append(port(5, (6, "tor-2"), "e48"))
    content["interfaces"].append(port(6, (4, "tor-1"), "e47"))
    content["cables"].append({"id": 90, **four("interface", 5, "interface", 6)})
    extract = read(tmp_path / "dc", content)
    assert edges(extract, "CONNECTS") == NETWORK
    assert "tor-1 or tor-2" in told(extract, "undirected")[0]
    content["interfaces"][-1]["label"] = "Uplink to the other"
    assert ("tor-2", "tor-1") in edges(read(tmp_path / "dc", content), "CONNECTS")


def test_management_interfaces_carry_no_service(tmp_path: Path) -> None:
    content = lists()
    content["interfaces"][0]["mgmt_only"] = True
    extract = read(tmp_path / "dc", content)
    assert edges(extract, "CONNECTS") == [("core-1", "tor-1")]
    assert told(extract, "management-left-out")


def test_links_of_one_bundle_stand_in_for_one_another(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(6, "tor-2", "tor"))
    content["interfaces"] += [port(5, (6, "tor-2"), "e1"), port(6, (1, "srv-1"), "eth1")]
    content["cables"].append({"id": 90, **four("interface", 5, "interface", 6)})
    needs = {
        r.properties["need"]
        for r in read(tmp_path / "dc", content).relationships
        if r.type == "CONNECTS" and r.target_id == "srv-1"
    }
    assert needs == {2}
    for interface in (content["interfaces"][0], content["interfaces"][-1]):
        interface["lag"] = ref(77, "bond0")
    needs = {
        r.properties["need"]
        for r in read(tmp_path / "dc", content).relationships
        if r.type == "CONNECTS" and r.target_id == "srv-1"
    }
    assert needs == {1}


@pytest.mark.parametrize("new", [False, True])
def test_patch_panels_are_passed_through(tmp_path: Path, new: bool) -> None:
    content = lists()
    panels = ((20, "patch-1"), (21, "patch-2"))
    content["devices"] += [device(number, name, "patch-panel") for number, name in panels]
    content["rear-ports"] = [port(n, panels[n], "rear", positions=2) for n in (0, 1)]

    def front(number: int, panel: int, position: int) -> dict[str, Any]:
        behind = {"rear_port": ref(panel, "rear"), "rear_port_position": position}
        listed = {"rear_ports": [{"position": 1, "rear_port": panel, "rear_port_position": position}]}
        return port(number, panels[panel], f"f{position}", **(listed if new else behind))

    content["front-ports"] = [front(0, 0, 1), front(1, 0, 2), front(2, 1, 1), front(3, 1, 2)]
    content["cables"][4] = {"id": 4, **four("interface", 1, "frontport", 1)}
    content["cables"] += [
        {"id": 70, **four("rearport", 0, "rearport", 1)},
        {"id": 71, **four("frontport", 3, "interface", 2)},
    ]
    extract = read(tmp_path / "dc", content)
    assert edges(extract, "CONNECTS") == NETWORK
    assert labels(extract)["patch-1"] == "Equipment"


def test_outlets_on_different_inlets_need_each_of_them(tmp_path: Path) -> None:
    content = lists()
    content["power-ports"].append(port(13, (2, "pdu-a"), "inlet 2"))
    content["power-outlets"].append(port(3, (2, "pdu-a"), "2", power_port=ref(13, "inlet 2")))
    content["power-feeds"].append(feed(3, "A2", 1))
    content["cables"].append({"id": 80, **four("powerfeed", 3, "powerport", 13)})
    extract = read(tmp_path / "dc", content)
    assert {r.properties["need"] for r in extract.relationships if r.target_id == "pdu-a" and r.type == "FEEDS"} == {2}
    assert told(extract, "split-inlets")


def test_blades_are_fed_as_their_chassis(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(8, "blade-1", "blade", parent_device=ref(1, "srv-1")))
    extract = read(tmp_path / "dc", content)
    assert ("pdu-a", "blade-1") in edges(extract, "FEEDS")
    assert ("srv-1", "blade-1") in edges(extract, "CONTAINS")
    assert all(
        r.properties.get("inferred") for r in extract.relationships if r.type == "FEEDS" and r.target_id == "blade-1"
    )


def test_what_is_planned_is_left_out_and_told(tmp_path: Path) -> None:
    content = lists()
    content["devices"][2]["status"] = choice("planned")
    content["cables"][4]["status"] = choice("planned")
    extract = read(tmp_path / "dc", content)
    assert "pdu-b" not in labels(extract)
    assert ("tor-1", "srv-1") not in edges(extract, "CONNECTS")
    assert len(told(extract, "status-left-out")) == 2


def test_roles_that_no_rule_names_are_kept_and_listed(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(9, "thing", "coffee-machine"))
    extract = read(tmp_path / "dc", content)
    assert labels(extract)["thing"] == "Equipment"
    assert "coffee-machine" in told(extract, "unmapped")[0]
    rules = '[[netbox_object]]\nkind = "device"\nrole = "coffee*"\nlabel = "Tank"\n'
    assert labels(read(tmp_path / "dc", content, rules))["thing"] == "Tank"


def test_names_that_repeat_get_their_place_in_front(tmp_path: Path) -> None:
    content = lists()
    content["sites"].append({"id": 2, "name": "DC2"})
    content["racks"].append({"id": 2, "name": "R1", "site": ref(2, "DC2")})
    content["devices"].append(
        {**device(6, "x", "server"), "name": None, "display": None, "site": ref(2, "DC2"), "rack": ref(2, "R1")}
    )
    extract = read(tmp_path / "dc", content)
    assert {"DC1/Hall 1/R1", "DC2/R1", "device 6"} <= set(labels(extract))


def test_nautobot_panel_types_paths_and_references_by_id(tmp_path: Path) -> None:
    content = lists()
    content["location-types"] = [{"id": "lt", "name": "Building"}]
    content["roles"] = [{"id": "ro", "name": "Server"}]
    content["statuses"] = [{"id": "st", "name": "Active"}]
    content["locations"] = [{"id": 1, "name": "Hall 1", "location_type": {"id": "lt"}}]
    content["sites"] = []
    content["devices"][0].update(role={"id": "ro"}, status={"id": "st"})
    hall = {"location": {"id": 1}}
    content["power-panels"] = [
        {"id": 1, "name": "panel A", "panel_type": choice("utility"), "power_path": choice("a"), **hall},
        {"id": 2, "name": "panel B", "panel_type": choice("switchgear"), "power_path": choice("b"), **hall},
    ]  # fmt: skip
    content["power-feeds"].append(feed(5, "tie", 1, destination_panel={"id": 2}))
    extract = read(tmp_path / "dc", content)
    assert [labels(extract)[n] for n in ("panel A", "panel B", "Hall 1", "srv-1")] == [
        "UtilityFeed", "Switchboard", "Building", "Server",
    ]  # fmt: skip
    assert properties(extract, "panel B")["side"] == "B"
    assert properties(extract, "A1")["side"] == "A"
    assert ("tie", "panel B") in edges(extract, "FEEDS")


@pytest.mark.parametrize("form", ["one object", "nested", "plain lists", "by url"])
def test_json_in_one_file_or_many(tmp_path: Path, form: str) -> None:
    content = lists()
    file = tmp_path / "dump.json"
    if form == "one object":
        file.write_text(json.dumps({name.replace("-", "_"): objects for name, objects in content.items()}))
        files = [file]
    elif form == "nested":
        file.write_text(json.dumps({"dcim": {name: {"results": objects} for name, objects in content.items()}}))
        files = [file]
    elif form == "plain lists":
        files = [tmp_path / f"netbox_{name}.json" for name in content]
        for one, objects in zip(files, content.values(), strict=True):
            one.write_text(json.dumps(objects))
    else:
        every = [
            {**o, "url": f"https://netbox.example/api/dcim/{name}/{o['id']}/"}
            for name, objects in content.items()
            for o in objects
        ]
        file.write_text(json.dumps(every))
        files = [file]
    extract = netbox.read(files, "dc", load_mapping())
    assert edges(extract, "FEEDS") == POWER
    assert edges(extract, "CONNECTS") == NETWORK


def table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("form", ["import", "export", "ids"])
def test_csv_exports(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "dc9"
    folder.mkdir()
    content = lists()
    owners = {"powerport": "power-ports", "poweroutlet": "power-outlets", "interface": "interfaces"}

    def end(kind: str, number: int) -> tuple[str, str]:
        if kind == "powerfeed":
            found = next(o for o in content["power-feeds"] if o["id"] == number)
            return found["power_panel"]["name"], found["name"]
        found = next(o for o in content[owners[kind]] if o["id"] == number)
        return found["device"]["name"], found["name"]

    cables: list[dict[str, Any]] = []
    for a, a_id, b, b_id in CABLES:
        (a_device, a_name), (b_device, b_name) = end(a, a_id), end(b, b_id)
        if form == "import":
            cables.append({"side_a_device": a_device, "side_a_type": f"dcim.{a}", "side_a_name": a_name,
                           "side_b_device": b_device, "side_b_type": f"dcim.{b}", "side_b_name": b_name})  # fmt: skip
        elif form == "export":
            cables.append(
                {"Device A": a_device, "Termination A": a_name, "Device B": b_device, "Termination B": b_name}
            )
        else:
            cables.append(three(a, a_id, b, b_id))
    devices = [
        {
            "Name": d["name"],
            "Status": "Active",
            "Site": "DC1",
            "Location": "Hall 1",
            "Rack": (d["rack"] or {}).get("name", "—"),
            "Role": d["role"]["name"].capitalize(),
            "Manufacturer": "Maker",
            "Type": "M-7",
            "ID": d["id"],
        }
        for d in content["devices"]
    ]
    table(folder / "netbox_devices.csv", devices)
    table(folder / "netbox_cables.csv", cables)
    numbers = {"voltage": "400", "amperage": "32", "max_utilization": "80"}
    words = {"status": "Active", "phase": "Three-phase", "supply": "AC", **numbers}
    feeds = [
        {"id": f["id"], "name": f["name"], "power_panel": f["power_panel"]["name"]} for f in content["power-feeds"]
    ]
    table(folder / "netbox_power feeds.csv", [{**one, **words} for one in feeds])
    for name in ("power-ports", "power-outlets", "interfaces"):
        rows = [{"id": o["id"], "device": o["device"]["name"], "name": o["name"]} for o in content[name]]
        table(folder / f"netbox_{name.replace('-', ' ')}.csv", rows)
    sources, _ = resolve([folder])
    assert [source.name for source in sources] == ["dc9"]
    (extract,) = read_source(sources[0])
    assert extract.kind == "netbox"
    assert edges(extract, "FEEDS") == POWER
    assert edges(extract, "CONNECTS") == NETWORK
    assert properties(extract, "A1")["rated_kva"] == pytest.approx(400 * 32 * 3**0.5 / 1e3)
    assert told(extract, "list-missing")


def test_connections_of_the_ports_stand_in_for_missing_cables(tmp_path: Path) -> None:
    content = lists()
    del content["cables"]
    content["power-ports"][0].update(connected_endpoints_type="dcim.poweroutlet", connected_endpoints=[ref(1, "1")])
    content["power-ports"][2].update(connected_endpoint_type="dcim.powerfeed", connected_endpoint=ref(1, "A1"))
    extract = read(tmp_path / "dc", content)
    assert edges(extract, "FEEDS") == [("A1", "pdu-a"), ("panel A", "A1"), ("panel B", "B1"), ("pdu-a", "srv-1")]
    assert told(extract, "cables-missing")


def test_one_page_of_a_longer_list_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "devices.json"
    file.write_text(json.dumps({"count": 2, "next": "https://x/?offset=1", "results": [device(1, "a", "server")]}))
    extract = netbox.read([file], "dc", load_mapping())
    assert "one page of devices" in told(extract, "list-cut-off")[0]


def test_pages_of_a_list_are_one_list(tmp_path: Path) -> None:
    folder = tmp_path / "dc"
    folder.mkdir()
    for number in (1, 2, 3):
        more = f"https://x/api/dcim/devices/?offset={number}" if number < 3 else None
        page = {"count": 3, "next": more, "previous": None, "results": [device(number, f"s-{number}", "server")]}
        (folder / f"devices-{number}.json").write_text(json.dumps(page))
    (source,) = resolve([folder])[0]
    (extract,) = read_source(source)
    assert {name for name, label in labels(extract).items() if label == "Server"} == {"s-1", "s-2", "s-3"}
    assert not told(extract, "list-cut-off")
    (folder / "devices-2.json").unlink()
    (extract,) = read_source(resolve([folder])[0][0])
    assert told(extract, "list-cut-off") == [
        f"{folder / 'devices-1.json'}: is one page of devices; the rest of the list is not there (2 of 3 in all files)"
    ]


def as_the_api_says(kind: str, number: int, name: str, device: int, **more: Any) -> dict[str, Any]:
    """An end of a cable with all the fields that the REST API of NetBox 4 gives out, most of them empty."""
    at = "https://netbox.example/"
    return {
        "id": number, "url": f"{at}api/dcim/{kind}/{number}/", "display_url": f"{at}dcim/{kind}/{number}/",
        "display": name, "name": name, "label": "", "module": None, "type": None, "description": "", "color": "",
        "device": {"id": device, "url": f"{at}api/dcim/devices/{device}/", "display": f"d-{device}",
                   "name": f"d-{device}", "description": ""},
        "mark_connected": False, "cable": None, "cable_end": "", "link_peers": [], "link_peers_type": None,
        "connected_endpoints": None, "connected_endpoints_type": None, "connected_endpoints_reachable": None,
        "owner": None, "tags": [], "custom_fields": {}, "created": "2025-01-01T00:00:00.000000Z",
        "last_updated": "2025-01-01T00:00:00.000000Z", "_occupied": False, **more,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["ends of paths", "peers of cables", "peers of cables, 2.x"])
def test_ends_as_the_rest_api_gives_them_out(tmp_path: Path, form: str) -> None:
    """Connected ends stand nested, with a cable of their own by its id, and a path may be out of service."""

    def far(kind: str, number: int, name: str) -> dict[str, Any]:
        endpoint = {"poweroutlet": "power-outlets", "powerfeed": "power-feeds"}[kind]
        end = {
            "id": number, "url": f"https://netbox.example/api/dcim/{endpoint}/{number}/", "display": name,
            "name": name, "cable": 77, "description": "", "_occupied": True,
        }  # fmt: skip
        cable = {"id": 77, "url": "https://netbox.example/api/dcim/cables/77/", "display": "#77", "label": ""}
        if form == "ends of paths":
            ends = {"connected_endpoints": [end], "connected_endpoints_type": f"dcim.{kind}"}
            return {"cable": cable, "cable_end": "B", "connected_endpoints_reachable": True, **ends}
        if form == "peers of cables":
            return {"cable": cable, "cable_end": "B", "link_peers": [end], "link_peers_type": f"dcim.{kind}"}
        return {"cable": cable, "cable_peer": end, "cable_peer_type": f"dcim.{kind}"}

    idle = {**far("poweroutlet", 2, "2"), "connected_endpoints_reachable": False}
    content: Lists = {
        "sites": [{"id": 1, "name": "DC1", "region": None, "group": None, "latitude": None, "asns": []}],
        "locations": [{"id": 1, "name": "Hall 1", "site": ref(1, "DC1"), "parent": None, "tenant": None}],
        "power-panels": [{"id": 1, "name": "panel A", "site": ref(1, "DC1"), "location": None}],
        "power-feeds": [feed(1, "A1", 1, rack=None, cable=None, tenant=None)],
        "devices": [
            device(1, "d-1", "server", rack=None, location=None, position=None, face=None, parent_device=None),
            device(2, "d-2", "pdu", rack=None, platform=None, primary_ip=None, cluster=None, asset_tag=None),
            device(3, "d-3", "server", rack=None, serial=""),
        ],
        "power-ports": [
            as_the_api_says("power-ports", 1, "PSU1", 1, **far("poweroutlet", 1, "1")),
            as_the_api_says("power-ports", 2, "inlet", 2, **far("powerfeed", 1, "A1")),
            as_the_api_says("power-ports", 3, "PSU1", 3, **idle),
        ],
        "power-outlets": [
            as_the_api_says("power-outlets", n, str(n), 2, power_port=ref(2, "inlet"), feed_leg=None) for n in (1, 2)
        ],
    }  # fmt: skip
    extract = read(tmp_path / "dc", content)
    assert edges(extract, "FEEDS") == [("A1", "d-2"), ("d-2", "d-1"), ("panel A", "A1")]
    assert "the connections of 1 ports are not in service" in told(extract, "status-left-out")[0]
    assert not [finding for finding in extract.findings if finding.severity == "error"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"), ("{", "line 1, column 2"), ("[]", "holds no list"), ("3", "holds no list"),
        ('{"a": 1}', "holds no list"), ("[" * 100_000, "is not JSON"), ('{"devices": [1, "x"]}', "holds no list"),
    ],
)  # fmt: skip
def test_files_that_are_no_export_are_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "dump.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=words) as error:
        netbox.read([file], "dc", load_mapping())
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_repeated_ids_and_missing_ends_are_told(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(1, "again", "server"))
    content["power-ports"].append(port(50, (99, "nobody"), "PSU"))
    content["cables"].append({"id": 60, **four("circuittermination", 1, "interface", 3)})
    extract = read(tmp_path / "dc", content)
    assert told(extract, "repeated-id")
    assert "there is no nobody in devices" in told(extract, "missing-end")[0]
    assert len(told(extract, "broken-connection")) == 1
