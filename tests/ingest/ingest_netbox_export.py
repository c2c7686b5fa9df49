"""A small export of NetBox as lists of objects, and what tests ask of the extract that is read from it.

panel A ─▶ feed A1 ─▶ [pdu-a] ─▶ PSU1 [srv-1] PSU2 ◀─ [pdu-b] ◀─ feed B1 ◀─ panel B
[core-1] ── [tor-1] ── [srv-1]
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.mapping.model import load_mapping
from ingest.readers import netbox
from ingest.records import Extract

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
