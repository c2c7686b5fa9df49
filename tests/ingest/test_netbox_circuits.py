"""Circuits of NetBox: fibre routes that connect what hangs on their ends.

[provider] ── C-1 ──▶ [edge-1]      [core-1] ── patch panel ── C-2 ──▶ [branch-1]
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.mapping.model import load_mapping
from ingest.readers import netbox
from ingest.records import Extract

Lists = dict[str, list[dict[str, Any]]]
ROLES = {"edge-1": "router", "core-1": "core-switch", "branch-1": "access-switch", "panel-1": "patch-panel"}
DEVICES = {name: number for number, name in enumerate(ROLES, 1)}
NUMBERS = {"C-1": 1, "C-2": 2}


def ref(names: dict[str, int], name: str) -> dict[str, Any]:
    return {"id": names[name], "display": name}


def end(kind: str, number: int, **more: Any) -> list[dict[str, Any]]:
    return [{"object_type": kind, "object_id": number, "object": {"id": number, **more}}]


def termination(number: int, circuit: str, side: str) -> dict[str, Any]:
    brief = {"id": NUMBERS[circuit], "display": circuit, "cid": circuit}
    return {"id": number, "display": f"{circuit}: Termination {side}", "circuit": brief, "term_side": side}


TERMINATIONS = [termination(1, "C-1", "Z"), termination(2, "C-2", "A"), termination(3, "C-2", "Z")]


def lists(**roles: str) -> Lists:
    def port(number: int, device: str, **more: Any) -> dict[str, Any]:
        return {"id": number, "name": f"p{number}", "device": ref(DEVICES, device), **more}

    def cable(number: int, a: list[dict[str, Any]], b: list[dict[str, Any]]) -> dict[str, Any]:
        status = {"value": "connected", "label": "Connected"}
        return {"id": number, "status": status, "a_terminations": a, "b_terminations": b}

    ends = [end("circuits.circuittermination", t["id"], **t) for t in TERMINATIONS]
    return {
        "devices": [
            {"id": DEVICES[name], "name": name, "role": {"name": role, "slug": role}}
            for name, role in (ROLES | {name.replace("_", "-"): role for name, role in roles.items()}).items()
        ],
        "interfaces": [port(1, "edge-1"), port(2, "core-1"), port(3, "branch-1")],
        "front-ports": [port(4, "panel-1", rear_port={"id": 5}, rear_port_position=1)],
        "rear-ports": [port(5, "panel-1", positions=1)],
        "cables": [
            cable(1, ends[0], end("dcim.interface", 1)),
            cable(2, end("dcim.interface", 2), end("dcim.frontport", 4)),
            cable(3, end("dcim.rearport", 5), ends[1]),
            cable(4, ends[2], end("dcim.interface", 3)),
        ],
        "circuits": [
            {"id": 1, "cid": "C-1", "status": {"value": "active", "label": "Active"}, "commit_rate": 10_000_000,
             "distance": 12.5, "distance_unit": {"value": "mi", "label": "Miles"}, "type": {"id": 1, "name": "Dark"}},
            {"id": 2, "cid": "C-2", "status": {"value": "active", "label": "Active"}, "commit_rate": None},
        ],
        "circuit-terminations": list(TERMINATIONS),
    }  # fmt: skip


def read(folder: Path, content: Lists) -> Extract:
    for name, objects in content.items():
        (folder / f"{name}.json").write_text(json.dumps({"count": len(objects), "next": None, "results": objects}))
    return netbox.read(sorted(folder.glob("*.json")), "dc", load_mapping(None))


def connections(extract: Extract) -> list[tuple[str, str]]:
    return sorted((r.source_id, r.target_id) for r in extract.relationships if r.type == "CONNECTS")


def told(extract: Extract, code: str) -> list[str]:
    return [finding.message for finding in extract.findings if finding.code == code]


ALL = [("C-1", "edge-1"), ("C-2", "branch-1"), ("core-1", "C-2")]


@pytest.mark.parametrize("missing", [(), ("circuits", "circuit-terminations")], ids=["all lists", "cables alone"])
def test_circuits_supply_what_is_at_their_ends(tmp_path: Path, missing: tuple[str, ...]) -> None:
    extract = read(tmp_path, {name: objects for name, objects in lists().items() if name not in missing})
    assert connections(extract) == ALL
    assert {record.id: record.label for record in extract.assets if record.id in NUMBERS} == {
        "C-1": "FibreRoute", "C-2": "FibreRoute",
    }  # fmt: skip
    assert not told(extract, "broken-connection")


def test_rate_and_length_of_a_circuit(tmp_path: Path) -> None:
    extract = read(tmp_path, lists())
    properties = next(record.properties for record in extract.assets if record.id == "C-1")
    assert properties["capacity_gbit_per_s"] == 10
    assert properties["route_km"] == pytest.approx(12.5 * 1.609344)


def test_a_circuit_between_equals_is_undirected(tmp_path: Path) -> None:
    extract = read(tmp_path, lists(branch_1="core-switch"))
    assert connections(extract) == [("C-1", "edge-1")]
    (message,) = told(extract, "undirected")
    assert "C-2" in message
    assert "core-1" in message
    assert "branch-1" in message


def test_circuits_that_are_not_in_service_are_left_out_and_told(tmp_path: Path) -> None:
    content = lists()
    content["circuits"][0]["status"] = {"value": "planned", "label": "Planned"}
    content["circuits"].append({"id": 3, "cid": "C-3", "status": {"value": "active", "label": "Active"}})
    extract = read(tmp_path, content)
    assert connections(extract) == ALL[1:]
    assert any("C-1" in message for message in told(extract, "status-left-out"))
    assert any("C-3" in message for message in told(extract, "circuit-open"))


def test_a_plain_router_is_nearer_to_the_border_than_a_switch(tmp_path: Path) -> None:
    content = lists()
    ports = (end("dcim.interface", 7), end("dcim.interface", 8))
    content["interfaces"] += [
        {"id": 7, "name": "p7", "device": ref(DEVICES, "branch-1")},
        {"id": 8, "name": "p8", "device": ref(DEVICES, "edge-1")},
    ]
    content["cables"].append({"id": 9, "a_terminations": ports[0], "b_terminations": ports[1]})
    assert ("edge-1", "branch-1") in connections(read(tmp_path, content))
