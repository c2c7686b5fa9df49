"""Power: panel → feed → inlet of a PDU → its outlets → inlets of devices, collapsed to FEEDS between assets.

panel P ──▶ feed A1 ──cable── inlet [ PDU-A ] outlet ──cable── PSU1 [ server ]
"""

from __future__ import annotations

from typing import Any

from ingest.readers.netbox.cables import Links
from ingest.readers.netbox.draft import Draft
from ingest.readers.netbox.dump import Obj, as_text
from ingest.records import AssetRecord
from schema.labels import LABELS


def relate_power(draft: Draft, links: Links) -> None:
    """Add FEEDS, draws and the ratings of PDUs."""
    _panels(draft)
    undirected = loose = 0
    inlets: dict[str, dict[Obj, set[str]]] = {}
    for port in draft.dump["power-ports"]:
        device = draft.device_of(port)
        if device is None:
            continue
        peers = links.get(port, [])
        loose += not peers
        for peer in peers:
            supplier = _supplier(draft, peer)
            if peer.endpoint == "power-ports":
                undirected += 1
            elif supplier is not None and supplier is not device:
                draft.relate(supplier, "FEEDS", device, port)
                inlets.setdefault(device.id, {}).setdefault(port, set()).add(supplier.id)
    _blades(draft)
    _split(draft, inlets)
    _loads(draft)
    _circuits(draft)
    if undirected:
        message = f"{undirected // 2 or 1} cables join two power ports, which tells no direction; they were left out"
        draft.dump.find("undirected", "warning", message)
    if loose:
        draft.dump.find("port-open", "info", f"{loose} power ports lead nowhere")
    _loose_feeds(draft, links)


def _supplier(draft: Draft, peer: Obj) -> AssetRecord | None:
    if peer.endpoint == "power-outlets":
        return draft.device_of(peer)
    return draft.assets.get(peer) if peer.endpoint == "power-feeds" else None


def _panels(draft: Draft) -> None:
    """Panels feed their feeds; in Nautobot a feed may lead to another panel."""
    for feed in draft.dump["power-feeds"]:
        record = draft.assets.get(feed)
        if record is None:
            continue
        panel = draft.dump.resolve("power-panels", feed.data.get("power_panel"), feed)
        if panel is not None and panel in draft.assets:
            draft.relate(draft.assets[panel], "FEEDS", record, feed)
            side = draft.assets[panel].properties.get("side")
            if side:
                record.properties.setdefault("side", side)
        target = draft.dump.resolve("power-panels", feed.data.get("destination_panel"), feed)
        if target is not None and target in draft.assets and target is not panel:
            draft.relate(record, "FEEDS", draft.assets[target], feed)


def _blades(draft: Draft) -> None:
    """What sits in a chassis and has no inlet of its own is fed as the chassis is."""
    fed: dict[str, list[str]] = {}
    for supplier, consumer in draft.edges.get("FEEDS", {}):
        fed.setdefault(consumer, []).append(supplier)
    by_id = {record.id: record for record in draft.assets.values()}
    count = 0
    for obj, record in list(draft.assets.items()):
        chassis = draft.dump.resolve("devices", obj.data.get("parent_device"), obj)
        if obj.endpoint != "devices" or chassis is None or record.id in fed or chassis not in draft.assets:
            continue
        for supplier in fed.get(draft.assets[chassis].id, ()):
            draft.relate(by_id[supplier], "FEEDS", record, obj, inferred=True)
            count += 1
    if count:
        draft.dump.find("inferred-from-chassis", "info", f"{count} connections of blades are those of their chassis")


def _split(draft: Draft, inlets: dict[str, dict[Obj, set[str]]]) -> None:
    """A PDU whose outlets hang on different inlets needs each of them."""
    used: dict[str, set[Obj]] = {}
    for outlet in draft.dump["power-outlets"]:
        device = draft.device_of(outlet)
        port = _inlet(draft, outlet)
        if device is not None and port is not None:
            used.setdefault(device.id, set()).add(port)
    split: list[str] = []
    for identity, ports in used.items():
        suppliers = {s for port in ports for s in inlets.get(identity, {}).get(port, ())}
        if len(ports) < 2 or len(suppliers) < 2:
            continue
        split.append(identity)
        members = [r for (_, target), r in draft.edges["FEEDS"].items() if target == identity]
        for record in members:
            record.properties.update(need=len({r.source_id for r in members}), need_inferred=True)
    if split:
        shown = ", ".join(split[:5]) + (" …" if len(split) > 5 else "")
        message = f"the outlets of {len(split)} devices hang on different inlets, so that all are needed: {shown}"
        draft.dump.find("split-inlets", "info", message)


def _inlet(draft: Draft, outlet: Obj) -> Obj | None:
    reference: Any = outlet.data.get("power_port")
    nested = isinstance(reference, dict) and not reference.get("id")  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    if nested or (isinstance(reference, str) and not reference.isdigit()):
        return draft.dump.port("power-ports", outlet.text("device"), as_text(reference))
    return draft.dump.resolve("power-ports", reference, outlet)


def _loads(draft: Draft) -> None:
    """Draw of loads: what their inlets are allocated, in watts, together; rating of what passes power on: the most.

    The inlets of a PDU carry its load together, of a transfer switch one carries all at a time.
    """
    passing = {device.id for outlet in draft.dump["power-outlets"] if (device := draft.device_of(outlet))}
    several: dict[str, int] = {}
    inlets: dict[str, tuple[AssetRecord, list[float], list[float]]] = {}
    for port in draft.dump["power-ports"]:
        device = draft.device_of(port)
        if device is None:
            continue
        _, allocated, most = inlets.setdefault(device.id, (device, [], []))
        allocated.append(max(port.number("allocated_draw") or 0.0, 0.0))
        most.append(max(port.number("maximum_draw") or 0.0, 0.0))
        several[device.id] = several.get(device.id, 0) + bool(allocated[-1])
    for identity, (device, allocated, most) in inlets.items():
        if identity in passing or LABELS[device.label].domain == "power":
            watts = max(most) if device.label == "TransferSwitch" else sum(most)
            if watts:
                device.properties.setdefault("rated_kw", round(watts / 1e3, 6))
        elif any(allocated):
            device.properties.setdefault("draw_kw", round(sum(allocated) / 1e3, 6))
    added = [identity for identity, count in several.items() if count > 1 and identity not in passing]
    if added:
        message = f"the draws of {len(added)} devices are the sums of what their inlets are allocated: {added[0]}"
        draft.dump.find("draw-summed", "info", f"{message}{' …' if len(added) > 1 else ''}")


def _circuits(draft: Draft) -> None:
    """Each supplier belongs to the feeds (or, without any, the sources) above it: those tell A from B."""
    feeds = {record.id for obj, record in draft.assets.items() if obj.endpoint == "power-feeds"}
    above: dict[str, list[str]] = {}
    for supplier, consumer in draft.edges.get("FEEDS", {}):
        above.setdefault(consumer, []).append(supplier)
    known: dict[str, set[str]] = {}

    def circuits(identity: str) -> set[str]:
        if identity not in known:
            known[identity] = set()
            seen, stack = {identity}, [identity]
            while stack:
                at = stack.pop()
                if at in feeds or not above.get(at):
                    known[identity].add(at)
                    continue
                fresh = [one for one in above[at] if one not in seen]
                seen.update(fresh)
                stack.extend(fresh)
        return known[identity]

    for supplier, consumer in draft.edges.get("FEEDS", {}):
        draft.membership[supplier, "FEEDS", consumer] = circuits(supplier)


def _loose_feeds(draft: Draft, links: Links) -> None:
    fed = {supplier for supplier, _ in draft.edges.get("FEEDS", {})}
    loose = [r.id for obj, r in draft.assets.items() if obj.endpoint == "power-feeds" and r.id not in fed]
    if loose and links:
        shown = ", ".join(loose[:5]) + (" …" if len(loose) > 5 else "")
        draft.dump.find("feed-open", "info", f"{len(loose)} power feeds feed nothing: {shown}")
