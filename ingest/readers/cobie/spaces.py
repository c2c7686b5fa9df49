"""Facility, floors, spaces and zones: where things are."""

from __future__ import annotations

from ingest.readers.cobie.book import Row
from ingest.readers.cobie.draft import Draft, names_in, unit_of
from ingest.records import AssetRecord

_LEAST_M = 1.0  # across; what is smaller than that in the unit that it names is no building


def read_spaces(draft: Draft) -> AssetRecord | None:
    """Add buildings, storeys, rooms and zones; return the first facility."""
    facilities = [_facility(draft, row) for row in draft.book["Facility"] if row.text("Name")]
    facility = next((record for record in facilities if record is not None), None)
    if len(draft.book["Facility"]) > 1:
        draft.find("several-facilities", "warning", "names several facilities; all floors were put into the first")
    _check_lengths(draft)
    for row in draft.book["Floor"]:
        _floor(draft, row, facility)
    for row in draft.book["Space"]:
        _space(draft, row, facility)
    _zones(draft)
    return facility


def _facility(draft: Draft, row: Row) -> AssetRecord | None:
    values = {
        "name": row.text("Name"),
        "description": row.text("Description", "ProjectDescription"),
        "global_id": draft.global_id("Facility", row, "ExternalFacilityIdentifier"),
    }
    if draft.lengths is None:
        draft.lengths = unit_of(row, "LinearUnits")
        if draft.lengths is None or draft.lengths.quantity != "LENGTHUNIT":
            draft.lengths = None
            draft.find("unit-unknown", "warning", "names no unit of length that is known", row, "LinearUnits")
    return draft.add("Facility", row, row.text("Name"), "Building", values)


def _check_lengths(draft: Draft) -> None:
    """Take no lengths where the whole building would be smaller than a person in the unit that it names."""
    spans: list[float] = []
    for axis in ("CoordinateXAxis", "CoordinateYAxis"):
        found = [value for row in draft.book["Coordinate"] if (value := row.number_of(axis)) is not None]
        if found:
            spans.append(max(found) - min(found))
    elevations = [value for row in draft.book["Floor"] if (value := row.number_of("Elevation")) is not None]
    if elevations:
        spans.append(max(elevations) - min(elevations))
    widest = max(spans, default=0.0)
    if widest and draft.lengths is not None and widest * draft.lengths.factor < _LEAST_M:
        row = draft.book["Facility"].rows[0]
        message = f"says {row.text('LinearUnits')}, but then all of it is {widest * draft.lengths.factor:.3g} m wide; "
        draft.find("unit-doubtful", "warning", message + "lengths and places were not taken", row, "LinearUnits")
        draft.lengths = None


def _floor(draft: Draft, row: Row, facility: AssetRecord | None) -> None:
    name = draft.name_of(row)
    if not name:
        return
    values = {
        "name": name,
        "description": row.text("Description"),
        "global_id": draft.global_id("Floor", row, "ExtIdentifier", "ExternalIdentifier"),
        "elevation_m": draft.metres(row.number_of("Elevation")),
    }
    record = draft.add("Floor", row, name, "Storey", values)
    if record is not None and facility is not None:
        draft.relate(facility, "CONTAINS", record, row)


def _space(draft: Draft, row: Row, facility: AssetRecord | None) -> None:
    name = draft.name_of(row)
    if not name:
        return
    values = {
        "name": name,
        "description": row.text("Description"),
        "tag": row.text("RoomTag"),
        "use": row.text("Category").rpartition(": ")[2],
        "global_id": draft.global_id("Space", row, "ExtIdentifier", "ExternalIdentifier"),
    }
    record = draft.add("Space", row, name, "Room", values)
    if record is None:
        return
    floor = row.text("FloorName")
    parent = draft.get("Floor", floor) if floor else None
    if floor and parent is None:
        draft.find("missing-end", "warning", f"there is no floor {floor}", row, "FloorName")
    if parent or facility:
        draft.relate(parent or facility, "CONTAINS", record, row)  # pyright: ignore[reportArgumentType]


def _zones(draft: Draft) -> None:
    """Zones that a rule of the mapping names; the others are counted. One zone spans many rows."""
    passed: set[str] = set()
    for row in draft.book["Zone"]:
        name, category = row.text("Name"), row.text("Category")
        rule = next((rule for rule in draft.mapping.zone if rule.fits(category, name)), None)
        if rule is None or not rule.label:
            passed.add(name)
            continue
        zone = draft.get("Zone", name) or draft.add(
            "Zone", row, name, rule.label, {"name": name, "description": row.text("Description"), **rule.properties}
        )
        if zone is None or rule.label != "CommonCause":
            continue
        for space in names_in(row.raw("SpaceNames"), lambda text: draft.get("Space", text)):
            room = draft.get("Space", space)
            if room is not None:
                draft.relate(zone, "AFFECTS", room, row)
            else:
                draft.find("missing-end", "warning", f"there is no space {space}", row, "SpaceNames")
    if passed:
        names = ", ".join(sorted(passed)[:5]) + (" …" if len(passed) > 5 else "")
        draft.find("zone-left-out", "info", f"{len(passed)} zones left out, no rule [[zone]] names them: {names}")
