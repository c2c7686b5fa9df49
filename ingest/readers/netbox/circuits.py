"""Circuits of providers: fibre routes between the devices at their two ends, or from outside to a device.

provider ── circuit ──▶ router        the other end is at no device of this export: the circuit supplies the router
core ──▶ circuit ──▶ router           both are: from the device nearer to the network's border to the other
"""

from __future__ import annotations

from ingest.readers.netbox.cables import Patches
from ingest.readers.netbox.draft import Draft
from ingest.readers.netbox.dump import Obj
from ingest.readers.netbox.network import End, upper
from ingest.records import AssetRecord


def relate_circuits(draft: Draft, patched: Patches) -> None:
    """Add CONNECTS to and from each circuit that became an asset; one whose direction nothing tells is listed."""
    ends: dict[Obj, dict[Obj, list[End]]] = {}  # circuit → its terminations
    for port in draft.dump["interfaces"]:
        device = draft.device_of(port)
        for reached in patched.far(port, "circuit-terminations") if device else ():
            circuit = draft.dump.resolve("circuits", reached.data.get("circuit"), reached)
            if device and circuit in draft.assets:
                ends.setdefault(circuit, {}).setdefault(reached, []).append((port, device))
    idle: list[str] = []
    for obj, record in draft.assets.items():
        if obj.endpoint != "circuits":
            continue
        if obj in ends:
            _relate(draft, record, obj, list(ends[obj].values()))
        else:
            idle.append(record.id)
    if idle:
        shown = ", ".join(idle[:3]) + (" …" if len(idle) > 3 else "")
        draft.dump.find("circuit-open", "info", f"{len(idle)} circuits are cabled to no device: {shown}")


def _relate(draft: Draft, circuit: AssetRecord, obj: Obj, sides: list[list[End]]) -> None:
    if len(sides) == 1:
        for port, device in sides[0]:
            draft.relate(circuit, "CONNECTS", device, port)
        return
    for one in sides[0]:
        for other in sides[1]:
            nearer = upper(draft, one, other)
            if nearer is None:
                message = f"nothing tells which end of circuit {circuit.id}, {one[1].id} or {other[1].id}, is nearer to"
                draft.dump.find("undirected", "warning", f"{message} the network's border; CONNECTS was left out", obj)
                continue
            above, below = (one, other) if nearer is one[1] else (other, one)
            draft.relate(above[1], "CONNECTS", circuit, above[0])
            draft.relate(circuit, "CONNECTS", below[1], below[0])
