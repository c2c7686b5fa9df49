"""Every relationship type, with its properties and the ends that are expected of it."""

from __future__ import annotations

from typing import Final

from schema.labels import LABELS
from schema.model import Ends, Property, RelationshipType
from schema.properties import flag, number, text, whole

_ALL = tuple(LABELS)


def _domain(*domains: str) -> tuple[str, ...]:
    return tuple(name for name, label in LABELS.items() if label.domain in domains)


_POWER = (*_domain("power"), "Segment")
_COOLING = (*_domain("cooling"), "Segment")
_FLUID = (*_domain("fluid"), "Segment")
_EQUIPMENT = (*_domain("power", "cooling", "fluid", "control", "compute", "network"), "Segment", "Equipment")
_NETWORK = (*_domain("network"), "Segment")

SUPPLY_PROPERTIES: Final = (
    text("group", "The suppliers of one type and group stand in for one another; default empty."),
    Property(
        name="need",
        kind="integer",
        description="How many distinct available suppliers the group must have, from 1 to all of them; default 1. "
        "Contradictions load, are reported, and are refused by the analysis.",
    ),
    text(
        "policy",
        "How load falls on the suppliers: shared equally (default), or all on the best one that is there (ATS, STS).",
        choices=("share", "transfer"),
    ),
    whole("priority", "In a transfer group the lowest is preferred; default 0.", minimum=None),
    Property(
        name="portion",
        kind="number",
        description="Part of the consumer's take that this group carries; default 1 / number of its FEEDS groups for "
        "FEEDS, 1 otherwise.",
    ),
    flag("need_inferred", "True where the source states no need, so that the ingest inferred one."),
    flag("inferred", "True where the source states no such connection, so that the ingest inferred it."),
    text("side", "The redundant side: A, B, C …"),
)

_DECLARED = (
    RelationshipType(
        name="FEEDS",
        description="Electric power flows from the supplier to the consumer.",
        supply=True,
        properties=SUPPLY_PROPERTIES,
        ends=(Ends(sources=_POWER, targets=(*_EQUIPMENT, "Cabinet")),),
    ),
    RelationshipType(
        name="COOLS",
        description="The supplier takes up the consumer's heat.",
        supply=True,
        properties=SUPPLY_PROPERTIES,
        ends=(
            Ends(
                sources=(*_COOLING, "CoolingLoop"),
                targets=(*_EQUIPMENT, "Cabinet", "Room", "Module", "CoolingLoop"),
            ),
            Ends(sources=("Cabinet", "Room", "Module"), targets=(*_EQUIPMENT, "Cabinet")),
        ),
    ),
    RelationshipType(
        name="SUPPLIES",
        description="Water, fuel or air flows from the supplier to the consumer.",
        supply=True,
        properties=SUPPLY_PROPERTIES,
        ends=(Ends(sources=(*_FLUID, "Pump", "Valve", "Manifold"), targets=_EQUIPMENT),),
    ),
    RelationshipType(
        name="CONTROLS",
        description="The consumer needs the supplier's control signals.",
        supply=True,
        properties=SUPPLY_PROPERTIES,
        ends=(Ends(sources=("Controller", "Sensor", "NetworkDevice"), targets=_EQUIPMENT),),
    ),
    RelationshipType(
        name="CONNECTS",
        description="The consumer reaches the network through the supplier.",
        supply=True,
        properties=SUPPLY_PROPERTIES,
        ends=(Ends(sources=_NETWORK, targets=(*_NETWORK, "Server", "Controller", "Meter", "Sensor", "Service")),),
    ),
    RelationshipType(
        name="HOSTS",
        description="The server, or another service, runs a replica of the service.",
        supply=True,
        properties=SUPPLY_PROPERTIES,
        ends=(Ends(sources=("Server", "Service"), targets=("Service",)),),
    ),
    RelationshipType(
        name="CONTAINS",
        description="From a space to what stands in it, which the failure of the space takes down.",
        ends=(
            Ends(sources=("Campus", "Building", "Module", "Storey", "Room"), targets=_ALL),
            Ends(sources=("Cabinet",), targets=_EQUIPMENT),
            Ends(
                sources=("CDU", "AirHandler", "Chiller", "Switchboard", "PDU", "UPS", "Rectifier"),
                targets=_EQUIPMENT,
            ),
            Ends(sources=("Server", "NetworkDevice", "Router"), targets=_domain("compute", "network")),
        ),
    ),
    RelationshipType(
        name="PART_OF",
        description="From a component to the path or loop that it is a part of. "
        "Where a path fails, so do those of its parts that belong to no other that still stands.",
        properties=(whole("position", "Place along the path, from the source, from 1."),),
        ends=(Ends(sources=(*_EQUIPMENT, "PowerPath", "CoolingLoop"), targets=("PowerPath", "CoolingLoop")),),
    ),
    RelationshipType(
        name="AFFECTS",
        description="From a common cause to what it takes down.",
        ends=(Ends(sources=("CommonCause",), targets=_ALL),),
    ),
    RelationshipType(
        name="OWNS",
        description="From a tenant to what it uses.",
        ends=(Ends(sources=("Tenant",), targets=("Service", "Cabinet", "Server", "Module", "Room")),),
    ),
    RelationshipType(
        name="MEASURES",
        description="From a meter or sensor to the asset that it measures.",
        properties=(text("metric", "Which metric of the asset it measures."),),
        ends=(Ends(sources=("Meter", "Sensor"), targets=_ALL),),
    ),
)

RELATIONSHIPS: Final[dict[str, RelationshipType]] = {declared.name: declared for declared in _DECLARED}
"""Relationship types between assets, by name."""

RECORD_LABELS: Final[dict[str, tuple[Property, ...]]] = {
    "Scenario": (
        Property(name="name", kind="text", required=True, indexed=True, description="Unique name."),
        Property(name="saved_at", kind="time", description="When it was saved."),
        text("question", "The question, as JSON."),
        number("lost_kw", "kW", "What the lost drew in the base state."),
    ),
    "Source": (
        Property(name="name", kind="text", required=True, indexed=True, description="Unique name."),
        text("kind", "ifc, tables, cobie, netbox …"),
        text("files", "The files of the last import."),
        Property(name="imported_at", kind="time", description="When the last import ended."),
    ),
}
"""Labels that are no assets, with their properties: saved questions, and the exports that the campus came from."""

RECORD_RELATIONSHIPS: Final[dict[str, str]] = {
    "FAILED": "Scenario → asset that the question fails.",
    "OUT": "Scenario → asset that is out before the question.",
    "LOST": "Scenario → asset that is lost.",
    "DEGRADED": "Scenario → asset that is degraded.",
}
"""Relationship types of saved scenarios."""
