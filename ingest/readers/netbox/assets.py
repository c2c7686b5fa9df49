"""Sites, locations, racks, devices, panels and feeds: which label each gets, under which id, and where it stands."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ingest.mapping.sources import NetboxRule
from ingest.readers.netbox.draft import KINDS, Draft
from ingest.readers.netbox.dump import Obj
from ingest.records import ORIGIN, AssetRecord

_PARENTS = {
    "sites": (("regions", "region"),),
    "locations": (("locations", "parent"), ("sites", "site")),
    "racks": (("locations", "location"), ("sites", "site")),
    "devices": (("racks", "rack"), ("locations", "location"), ("sites", "site")),
    "power-panels": (("locations", "location"), ("sites", "site")),
    "power-feeds": (("power-panels", "power_panel"),),
    "circuit-terminations": (("circuits", "circuit"),),
}
"""Endpoint → where its objects stand: (endpoint, field), the narrowest first."""


def add_assets(draft: Draft) -> None:
    """Add all assets and CONTAINS between them."""
    kept = list(_kept(draft))
    names = _ids(draft, kept)
    unmapped: dict[str, list[str]] = {}
    for obj in kept:
        identity = names[obj]
        rule = _rule(draft, obj)
        if rule is not None and not rule.label:
            continue
        label = rule.label if rule else "Equipment"
        record = draft.record(obj, identity, label, {**(rule.properties if rule else {}), **_values(draft, obj, label)})
        if record is not None and rule is None:
            unmapped.setdefault(_role(obj) or "no role", []).append(identity)
    for obj, record in list(draft.assets.items()):
        place = _place(draft, obj)
        if place is not None and place is not record:
            draft.relate(place, "CONTAINS", record, obj)
    for role, ids in sorted(unmapped.items()):
        shown = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
        message = f"{len(ids)} devices of the role {role} kept as Equipment, no rule names them: {shown}"
        draft.dump.find("unmapped", "info", message)


def _kept(draft: Draft) -> Iterator[Obj]:
    """All objects that may become assets; what is not there yet or any more is told and left out."""
    for endpoint in ("devices", "power-feeds", "racks", "power-panels", "locations", "circuit-terminations"):
        for obj in list(draft.dump[endpoint]):  # resolving adds stubs, so that containers are complete
            for container, field in _PARENTS[endpoint]:
                draft.dump.resolve(container, obj.data.get(field), obj)
    skipped: dict[str, list[str]] = {}
    for endpoint in KINDS:
        for obj in draft.dump[endpoint]:
            status = obj.word("status")
            if status in draft.mapping.netbox.skip_status:
                skipped.setdefault(f"{endpoint} that are {status}", []).append(name_of(obj))
                continue
            yield obj
    for what, names in sorted(skipped.items()):
        shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        draft.dump.find("status-left-out", "info", f"{len(names)} {what} were left out: {shown}")


def name_of(obj: Obj) -> str:
    """What people call an object."""
    return (
        obj.text("name", "cid", "display", "display_name") or f"{KINDS.get(obj.endpoint, obj.endpoint)} {obj.id or '?'}"
    )


def _ids(draft: Draft, kept: list[Obj]) -> dict[Obj, str]:
    """An id for each object: its name where that is unique, else its name behind those of the places it stands in."""
    names = {obj: name_of(obj) for obj in kept}
    used = Counter(names.values())
    ids: dict[Obj, str] = {}
    taken: set[str] = {name for name, count in used.items() if count == 1}
    for obj in kept:
        identity = names[obj]
        if used[identity] > 1:
            identity = "/".join([*_path(draft, obj), identity])
            if identity in taken:
                identity = f"{identity} ({KINDS[obj.endpoint]} {obj.id or obj.place.row or '?'})"
            taken.add(identity)
        ids[obj] = identity
    return ids


def _path(draft: Draft, obj: Obj) -> list[str]:
    """Names of the places that an object stands in, the widest first."""
    path: list[str] = []
    at: Obj | None = obj
    seen: set[Obj] = set()
    while at is not None and at not in seen:
        seen.add(at)
        at = next(
            (
                found
                for endpoint, field in _PARENTS.get(at.endpoint, ())
                if (found := draft.dump.resolve(endpoint, at.data.get(field), at)) is not None
            ),
            None,
        )
        if at is not None and at.endpoint != "regions":
            path.append(name_of(at))
    return path[::-1]


def _role(obj: Obj) -> str:
    """What the rules call role: of a device its role, of a location or panel its type."""
    if obj.endpoint == "devices":
        return obj.word("role", "device_role")
    return obj.word("location_type") if obj.endpoint == "locations" else obj.word("panel_type")


def _rule(draft: Draft, obj: Obj) -> NetboxRule | None:
    kind, role, name = KINDS[obj.endpoint], _role(obj), name_of(obj)
    model = obj.text("device_type", "type") if kind == "device" else obj.word("type")
    words = {role, as_words(obj.data.get("role") or obj.data.get("device_role"))} if kind == "device" else {role}
    for rule in draft.mapping.netbox_object:
        if rule.kind == kind and any(rule.fits(word, model, name) for word in words):
            return rule
    return None


def as_words(value: Any) -> str:
    """The name of a role as its slug would be."""
    name = value.get("name") if isinstance(value, dict) else value  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    return "-".join(str(name).lower().split()) if isinstance(name, str) else ""


def _values(draft: Draft, obj: Obj, label: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": name_of(obj),
        "description": obj.text("description"),
        "tag": obj.text("asset_tag"),
        "serial": obj.text("serial", "serial_number"),
        "category": obj.text("role", "device_role", "location_type", "panel_type"),
        "side": obj.word("power_path").upper(),
    }
    if obj.endpoint == "devices":
        values.update(_device(draft, obj))
        if label in ("Server", "NetworkDevice", "Router"):
            values["role"] = obj.text("role", "device_role")
    elif obj.endpoint == "racks":
        values["height_units_u"] = obj.number("u_height") or obj.number("height")
    elif obj.endpoint == "power-feeds":
        values.update(_feed(draft, obj))
    elif obj.endpoint == "circuits":
        values.update(_circuit(obj))
    return values


def _device(draft: Draft, obj: Obj) -> dict[str, Any]:
    kind = draft.dump.resolve("device-types", obj.data.get("device_type") or obj.data.get("type"), obj)
    maker = obj.text("manufacturer") or (kind.text("manufacturer") if kind else "")
    height = kind.number("u_height") if kind else None
    if height is None:
        height = obj.number("u_height")  # tables of devices show it
    return {
        "manufacturer": maker,
        "model": kind.text("model", "name", "display") if kind else "",
        "height_u": height,
        "position_u": _position(draft, obj, height),
    }


def _position(draft: Draft, obj: Obj, height: float | None) -> float | None:
    """Lowest rack unit from the floor, counted from 1; racks may be numbered from the top, and from another unit."""
    position = obj.number("position")
    rack = draft.dump.resolve("racks", obj.data.get("rack"), obj)
    if position is None or rack is None:
        return None
    first = rack.number("starting_unit") or 1
    units = rack.number("u_height") or rack.number("height")
    from_floor = position - first + 1
    downwards = rack.data.get("desc_units") in (True, "true", "True", "1")
    if downwards and units is not None:
        from_floor = units - from_floor - (height or 1) + 2
    if from_floor < 0.5 or (units is not None and from_floor > units):
        draft.dump.find("bad-value", "warning", f"position {position:g} is outside its rack; not taken", obj)
        return None
    return from_floor


def _feed(draft: Draft, obj: Obj) -> dict[str, Any]:
    """Ratings of a feed. NetBox counts volt-amperes; kilowatts take a power factor, which only direct current lacks."""
    volts, amperes, share = obj.number("voltage"), obj.number("amperage"), obj.number("max_utilization")
    three = obj.word("phase") == "three-phase"
    values: dict[str, Any] = {
        "rated_voltage_v": abs(volts) if volts else None,
        "rated_current_a": amperes,
        "phases": 3 if three else 1 if obj.word("phase") else None,
    }
    direct = obj.word("supply") == "dc"
    factor = 1.0 if direct else draft.mapping.netbox.power_factor
    if not volts or not amperes or (not direct and not obj.word("phase")):
        return values
    kva = abs(volts) * amperes * (3**0.5 if three and not direct else 1.0) / 1e3
    if not direct:
        values["rated_kva"] = round(kva, 6)
        values["power_factor"] = factor
    if factor is not None:
        used = (share if share and 0 < share <= 100 else 100.0) / 100
        values["rated_kw"] = round(kva * factor * used, 6)
        said = {"voltage": volts, "amperage": amperes, "phase": obj.word("phase"), "max_utilization": share}
        origin = {"value": values["rated_kw"], "unit": "kW", "raw": said, "power_factor": factor}
        values[ORIGIN] = json.dumps({"rated_kw": origin}, ensure_ascii=False)
    return values


_KILOMETRES = {"km": 1.0, "m": 1e-3, "mi": 1.609344, "ft": 0.3048e-3}


def _circuit(obj: Obj) -> dict[str, Any]:
    """Rate and length of a circuit; NetBox counts kbit/s, and lengths in four units."""
    rate, distance = obj.number("commit_rate"), obj.number("distance")
    unit = _KILOMETRES.get(obj.word("distance_unit"))
    return {
        "category": obj.text("type", "circuit_type"),
        "capacity_gbit_per_s": rate / 1e6 if rate else None,
        "route_km": round(distance * unit, 6) if distance is not None and unit else None,
    }


def tell_ratings(draft: Draft) -> None:
    """Tell which feeds have no rating in kW, and for want of what."""
    lacking: dict[str, list[str]] = {}
    for obj, record in draft.assets.items():
        if obj.endpoint == "power-feeds" and "rated_kw" not in record.properties:
            names = {"voltage": "voltage", "amperage": "amperage"}
            missing = [word for name, word in names.items() if not obj.number(name)]
            if obj.word("supply") != "dc":
                missing += [] if obj.word("phase") else ["phase"]
                missing += [] if draft.mapping.netbox.power_factor else ["power factor ([netbox] power_factor)"]
            lacking.setdefault(", ".join(missing), []).append(record.id)
    for missing, ids in sorted(lacking.items()):
        shown = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
        message = f"{len(ids)} power feeds ({shown}) have no rating in kW, for want of: {missing}"
        draft.dump.find("no-rating", "info", message)


def _place(draft: Draft, obj: Obj) -> AssetRecord | None:
    """The narrowest place that became an asset; a feed stands where its panel does, a blade in its chassis."""
    if obj.endpoint == "devices":
        chassis = draft.dump.resolve("devices", obj.data.get("parent_device"), obj)
        if chassis is not None and chassis in draft.assets:
            return draft.assets[chassis]
    if obj.endpoint == "power-feeds":
        panel = draft.dump.resolve("power-panels", obj.data.get("power_panel"), obj)
        return _place(draft, panel) if panel is not None else None
    at: Obj | None = obj
    seen: set[Obj] = set()
    while at is not None and at not in seen:
        seen.add(at)
        for endpoint, field in _PARENTS.get(at.endpoint, ()):
            found = draft.dump.resolve(endpoint, at.data.get(field), at)
            if found is not None:
                if found in draft.assets:
                    return draft.assets[found]
                at = found
                break
        else:
            at = None
    return None
