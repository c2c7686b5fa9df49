"""CSV as the programs export it: tables of NetBox with their headings, and Nautobot's columns of natural keys."""

import csv
from pathlib import Path
from typing import Any

import pytest
from ingest_netbox_export import Lists, device, edges, labels, lists, properties, read, ref, told

from ingest.mapping.model import load_mapping
from ingest.readers import netbox
from ingest.records import Extract


def tables(folder: Path, prefix: str, content: dict[str, list[dict[str, Any]]]) -> Extract:
    files: list[Path] = []
    for name, rows in content.items():
        files.append(folder / f"{prefix}_{name}.csv")
        heads = list(dict.fromkeys(column for row in rows for column in row))
        with files[-1].open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.DictWriter(stream, heads)
            writer.writeheader()
            writer.writerows(rows)
    return netbox.read(files, "dc", load_mapping())


NETBOX: dict[str, list[dict[str, Any]]] = {
    "power panels": [{"Name": "MSB-A", "Site": "DC1"}],
    "power feeds": [
        {"Name": "A1", "Power Panel": "MSB-A", "Status": "Active", "Supply": "AC", "Voltage": "400", "Amperage": "32",
         "Phase": "Three-phase", "Max Utilization": "80%"}
    ],
    "racks": [{"Name": "R1", "Site": "DC1", "Height": "47U", "Descending Units": "False"}],
    "devices": [
        {"Name": name, "Status": "Active", "Site": "DC1", "Rack": "R1", "Role": role, "Type": "M-7", "U Height": "2.0",
         "Position": position}
        for name, role, position in (("pdu-a", "PDU", "—"), ("srv-1", "Server", "3.0"), ("tor-1", "ToR Switch", "46.0"))
    ],
    "power ports": [{"Name": "In", "Device": "pdu-a", "Maximum draw": "22000"}, {"Name": "PSU1", "Device": "srv-1"}],
    "power outlets": [{"Name": "1", "Device": "pdu-a", "Power Port": "In"}],
    "interfaces": [
        {"Name": "p1", "Device": "tor-1", "Management Only": "False"},
        {"Name": "p2", "Device": "tor-1", "Management Only": "False"},
        {"Name": "eth0", "Device": "srv-1", "Management Only": "False"},
        {"Name": "idrac", "Device": "srv-1", "Management Only": "True"},
    ],
    "cables": [
        {"Device A": a_device, "Termination A": a, "Device B": b_device, "Termination B": b}
        for a_device, a, b_device, b in (
            ("", "A1", "pdu-a", "In"), ("srv-1", "PSU1", "pdu-a", "1"), ("srv-1", "eth0", "tor-1", "p1"),
            ("tor-1", "p2", "srv-1", "idrac"),
        )
    ],
}  # fmt: skip


def test_tables_of_netbox_say_the_same_as_its_lists(tmp_path: Path) -> None:
    extract = tables(tmp_path, "netbox", NETBOX)
    assert edges(extract, "FEEDS") == [("A1", "pdu-a"), ("MSB-A", "A1"), ("pdu-a", "srv-1")]
    assert properties(extract, "R1")["height_units_u"] == 47
    assert properties(extract, "srv-1")["height_u"] == 2
    assert properties(extract, "A1")["rated_kva"] == pytest.approx(400 * 32 * 3**0.5 / 1e3)
    assert edges(extract, "CONNECTS") == [("tor-1", "srv-1")]
    assert told(extract, "management-left-out")
    assert not told(extract, "broken-connection")


def test_a_feed_whose_name_repeats_is_no_end_of_a_cable_by_name_alone(tmp_path: Path) -> None:
    content = {**NETBOX, "power feeds": [*NETBOX["power feeds"], {**NETBOX["power feeds"][0], "Power Panel": "MSB-B"}]}
    content["power panels"] = [{"Name": name, "Site": "DC1"} for name in ("MSB-A", "MSB-B")]
    extract = tables(tmp_path, "netbox", content)
    assert ("pdu-a", "srv-1") in edges(extract, "FEEDS")
    assert not [consumer for _, consumer in edges(extract, "FEEDS") if consumer == "pdu-a"]
    assert told(extract, "broken-connection")


NAUTOBOT: dict[str, list[dict[str, Any]]] = {
    "locations": [
        {"name": "Campus", "location_type__name": "Campus", "parent__name": "NoObject", "status__name": "Active"},
        {"name": "B1", "location_type__name": "Building", "parent__name": "Campus", "status__name": "Active"},
        {"name": "Hall", "location_type__name": "Room", "parent__name": "B1", "status__name": "Active"},
    ],
    "racks": [{"name": "R1", "location__name": "Hall", "location__parent__name": "B1", "rack_group__name": "Row A",
               "rack_group__location__name": "Hall", "status__name": "Active", "u_height": "42"}],
    "devices": [
        {"name": name, "status__name": status, "role__name": role, "device_type__model": "M-7",
         "device_type__manufacturer__name": "Maker", "location__name": "Hall", "location__parent__name": "B1",
         "rack__name": "R1", "rack__location__name": "Hall", "position": "3", "asset_tag": "NULL"}
        for name, status, role in (
            ("pdu-a", "Active", "PDU"), ("srv-1", "Active", "Server"), ("new", "Planned", "Server"),
        )
    ],
    "power-panels": [{"name": "UPS-A", "panel_type": "ups", "location__name": "B1"}],
    "power-feeds": [
        {"id": "f1", "name": "A1", "power_panel__name": "UPS-A", "power_panel__location__name": "B1",
         "status__name": "Active", "destination_panel__name": "NoObject", "power_path": "a"}
    ],
    "power-ports": [
        {"id": "p1", "device__name": "pdu-a", "name": "In"}, {"id": "p2", "device__name": "srv-1", "name": "P1"},
    ],
    "power-outlets": [{"id": "o1", "device__name": "pdu-a", "name": "1", "power_port__name": "In",
                       "power_port__device__name": "pdu-a"}],
    "cables": [
        {"termination_a_type": f"dcim.{a}", "termination_a_id": a_id, "termination_b_type": f"dcim.{b}",
         "termination_b_id": b_id, "status__name": "Connected"}
        for a, a_id, b, b_id in (("powerfeed", "f1", "powerport", "p1"), ("poweroutlet", "o1", "powerport", "p2"))
    ],
}  # fmt: skip


def test_natural_keys_of_nautobot_name_objects(tmp_path: Path) -> None:
    extract = tables(tmp_path, "nautobot", NAUTOBOT)
    assert {i: label for i, label in labels(extract).items() if label != "PowerPath"} == {
        "Campus": "Campus", "B1": "Building", "Hall": "Room", "R1": "Cabinet", "pdu-a": "RackPDU", "srv-1": "Server",
        "UPS-A": "UPS", "A1": "Breaker",
    }  # fmt: skip
    assert edges(extract, "FEEDS") == [("A1", "pdu-a"), ("UPS-A", "A1"), ("pdu-a", "srv-1")]
    assert {("Campus", "B1"), ("B1", "Hall"), ("Hall", "R1"), ("R1", "srv-1")} <= set(edges(extract, "CONTAINS"))
    assert properties(extract, "srv-1")["manufacturer"] == "Maker"
    assert properties(extract, "srv-1")["model"] == "M-7"
    assert told(extract, "status-left-out")
    assert not told(extract, "missing-end")


def stack(other: int) -> Lists:
    content = lists()
    content["devices"] += [
        device(n, name, "tor-switch", virtual_chassis=ref(chassis, f"stack {chassis}"))
        for n, name, chassis in ((71, "sw-1", 1), (72, "sw-2", other))
    ]
    content["interfaces"] += [
        {"id": n, "name": f"isl{n}", "device": ref(n, name)} for n, name in ((71, "sw-1"), (72, "sw-2"))
    ]
    ends = {
        f"{side}_terminations": [{"object_type": "dcim.interface", "object_id": n}]
        for side, n in (("a", 71), ("b", 72))
    }
    content["cables"].append({"id": 99, **ends})
    return content


def test_links_within_a_stack_supply_nothing(tmp_path: Path) -> None:
    extract = read(tmp_path / "one", stack(1))
    assert told(extract, "stack-left-out")
    assert not told(extract, "undirected")
    assert told(read(tmp_path / "two", stack(2)), "undirected")


def test_a_transfer_switch_is_rated_as_one_of_its_inlets(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(81, "sts-1", "sts"))
    content["power-ports"] += [
        {"id": n, "name": name, "device": ref(81, "sts-1"), "maximum_draw": 7000} for n, name in ((81, "A"), (82, "B"))
    ]
    content["power-outlets"].append({"id": 81, "name": "1", "device": ref(81, "sts-1")})
    assert properties(read(tmp_path, content), "sts-1")["rated_kw"] == 7
