"""What the objects of NetBox and Nautobot mean: power chains, network, racks; nothing guessed, nothing lost."""

from pathlib import Path
from typing import Any

import pytest
from ingest_netbox_export import (
    NETWORK,
    POWER,
    choice,
    device,
    edges,
    feed,
    four,
    labels,
    lists,
    port,
    properties,
    read,
    ref,
    three,
    told,
)


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


def test_repeated_ids_and_missing_ends_are_told(tmp_path: Path) -> None:
    content = lists()
    content["devices"].append(device(1, "again", "server"))
    content["power-ports"].append(port(50, (99, "nobody"), "PSU"))
    content["cables"].append({"id": 60, **four("circuittermination", 1, "interface", 3)})
    extract = read(tmp_path / "dc", content)
    assert told(extract, "repeated-id")
    assert "there is no nobody in devices" in told(extract, "missing-end")[0]
    assert len(told(extract, "broken-connection")) == 1
