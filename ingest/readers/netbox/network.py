"""Network: which of two connected devices reaches the network through the other.

Roles in the order of the mapping's `tiers` tell up from down; an interface called an uplink does so as well. Two
devices of one tier, or of none, stay undirected and are told.
"""

from __future__ import annotations

from ingest.mapping.entries import matches
from ingest.readers.netbox.cables import Patches
from ingest.readers.netbox.draft import Draft
from ingest.readers.netbox.dump import Obj
from ingest.records import AssetRecord
from schema.labels import LABELS

End = tuple[Obj, AssetRecord]
"""An interface, and the device that it belongs to."""


def relate_network(draft: Draft, patched: Patches) -> None:
    """Add CONNECTS from the device nearer to the border to the other."""
    undirected: dict[tuple[str, str], Obj] = {}
    managed = within = 0
    done: set[tuple[Obj, Obj]] = set()
    bundles: dict[tuple[str, str], set[str]] = {}
    for port in draft.dump["interfaces"]:
        for peer in patched.far(port, "interfaces"):
            if (peer, port) in done or (port, peer) in done:
                continue
            done.add((port, peer))
            if _management(port) or _management(peer):
                managed += 1
                continue
            here, there = draft.device_of(port), draft.device_of(peer)
            if here is None or there is None or here is there:
                continue
            if _stacked(draft, port, peer):
                within += 1
                continue
            nearer = upper(draft, (port, here), (peer, there))
            if nearer is None:
                undirected.setdefault((min(here.id, there.id), max(here.id, there.id)), port)
                continue
            supplier, consumer, own = (here, there, peer) if nearer is here else (there, here, port)
            draft.relate(supplier, "CONNECTS", consumer, port)
            bundles.setdefault((supplier.id, consumer.id), set()).add(own.text("lag"))
    _bundled(draft, bundles)
    if managed:
        draft.dump.find("management-left-out", "info", f"{managed} connections of management interfaces were left out")
    if within:
        message = f"{within} connections between members of one virtual chassis were left out"
        draft.dump.find("stack-left-out", "info", message)
    for (one, other), port in list(undirected.items())[:50]:
        message = f"nothing tells whether {one} or {other} is nearer to the network's border; CONNECTS was left out"
        draft.dump.find("undirected", "warning", message, port)
    if len(undirected) > 50:
        draft.dump.find("undirected", "warning", f"{len(undirected) - 50} more undirected connections are not listed")


def _management(port: Obj) -> bool:
    return port.data.get("mgmt_only") in (True, "true", "True", "1")


def _stacked(draft: Draft, port: Obj, peer: Obj) -> bool:
    """Whether both interfaces belong to members of one virtual chassis: a stack supplies as one, not itself."""
    devices = [draft.dump.resolve("devices", end.data.get("device"), end) for end in (port, peer)]
    stacks = [device.text("virtual_chassis") if device else "" for device in devices]
    return bool(stacks[0]) and stacks[0] == stacks[1]


def upper(draft: Draft, one: End, other: End) -> AssetRecord | None:
    """The device nearer to the border; None where nothing tells."""
    up = [_is_uplink(draft, port) for port, _ in (one, other)]
    if up[0] != up[1]:
        return other[1] if up[0] else one[1]
    tiers = [_tier(draft, record) for _, record in (one, other)]
    if tiers[0] is None or tiers[1] is None or tiers[0] == tiers[1]:
        return None
    return one[1] if tiers[0] < tiers[1] else other[1]


def _is_uplink(draft: Draft, port: Obj) -> bool:
    patterns = draft.mapping.netbox.uplink
    return any(matches(text, patterns) for text in (port.text("name"), port.text("label"), port.text("description")))


def _tier(draft: Draft, record: AssetRecord) -> int | None:
    """Rank of a device from the border down; loads are below all network devices, whose unknown roles have none."""
    tiers = draft.mapping.netbox.tiers
    if LABELS[record.label].domain != "network":
        return None if record.label == "Equipment" else len(tiers)
    role = "-".join(str(record.properties.get("role", "")).lower().split())
    return next((rank for rank, patterns in enumerate(tiers) if matches(role, patterns)), None)


def _bundled(draft: Draft, bundles: dict[tuple[str, str], set[str]]) -> None:
    """Links of one consumer's bundle (LAG) to several suppliers stand in for one another."""
    of: dict[str, list[tuple[str, set[str]]]] = {}
    for (supplier, consumer), lags in bundles.items():
        of.setdefault(consumer, []).append((supplier, lags))
    for consumer, entries in of.items():
        together = set[str]().union(*(lags for _, lags in entries))
        if len(together) == 1 and "" not in together:
            for supplier, _ in entries:
                draft.membership[supplier, "CONNECTS", consumer] = {supplier}
