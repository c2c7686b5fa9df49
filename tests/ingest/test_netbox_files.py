"""The forms in which lists of NetBox come: JSON in one file or many, pages, CSV, answers of the REST API."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from ingest_netbox_export import (
    CABLES,
    NETWORK,
    POWER,
    Lists,
    device,
    edges,
    feed,
    labels,
    lists,
    properties,
    read,
    ref,
    three,
    told,
)

from ingest.mapping.model import load_mapping
from ingest.read import read_source
from ingest.readers import netbox
from ingest.sources import resolve
from schema.errors import BadInput


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
