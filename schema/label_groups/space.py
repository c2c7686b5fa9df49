"""Spaces, paths, and what stands for several assets at once."""

from __future__ import annotations

from typing import Final

from schema.model import Label
from schema.properties import flag, number, text, whole

_PATH_PROPERTIES = (
    text("side", "The redundant side: A, B, C …"),
    text("system_type", "Predefined type of the IFC system, where it comes from one."),
    flag("complete", "Whether it reaches from a source to the last distribution before the loads."),
    flag(
        "traced",
        "True where the source file names no such path, so that it was traced along the connections.",
    ),
)

SPACE_LABELS: Final = (
    Label(
        name="Campus",
        domain="space",
        description="The whole site.",
        ifc=("IfcSite",),
        brick="Site",
        properties=(
            number("area_m2", "m²", "Area of the site."),
            number("latitude_deg", "°", "Latitude of the campus origin.", minimum=-90, maximum=90),
            number("longitude_deg", "°", "Longitude of the campus origin.", minimum=-180, maximum=180),
            number(
                "true_north_deg",
                "°",
                "From true north to the campus y axis, counter-clockwise.",
                minimum=None,
            ),
        ),
    ),
    Label(
        name="Building",
        domain="space",
        description="A building, a plant building or a yard with equipment.",
        ifc=("IfcBuilding",),
        brick="Building",
    ),
    Label(
        name="Module",
        domain="space",
        description="A prefabricated module (T-Block): IT box, power box, cooling box or generator box.",
        ifc=("IfcElementAssembly", "IfcBuilding.PARTIAL"),
        properties=(text("kind", "What it houses.", indexed=True, choices=("IT", "power", "cooling", "generator")),),
    ),
    Label(
        name="Storey",
        domain="space",
        description="A storey of a building.",
        ifc=("IfcBuildingStorey",),
        brick="Floor",
        properties=(number("elevation_m", "m", "Height of its floor, campus coordinates.", minimum=None),),
    ),
    Label(
        name="Room",
        domain="space",
        description="A room, hall or yard area.",
        ifc=("IfcSpace",),
        brick="Room",
        properties=(text("use", "What the room is for: power, cooling, IT, battery, network …"),),
    ),
    Label(
        name="Cabinet",
        domain="space",
        description="A cabinet (rack). It can be cooled, and contains rack PDUs, which are fed, and servers.",
        ifc=("IfcFurniture.TECHNICALCABINET", "IfcSystemFurnitureElement"),
        brick="Rack",
        properties=(
            number("height_units_u", "U", "Usable rack units."),
            text("row", "Row that it stands in."),
            whole("position", "Position in its row, from 1.", minimum=None),
        ),
    ),
    Label(
        name="PowerPath",
        domain="path",
        description="One way of the power from source to last distribution; its parts are PART_OF it, in order.",
        ifc=("IfcDistributionSystem.ELECTRICAL", "IfcDistributionCircuit"),
        brick="Electrical_System",
        properties=_PATH_PROPERTIES,
    ),
    Label(
        name="CoolingLoop",
        domain="path",
        description="One cooling circuit; its parts are PART_OF it, in order.",
        ifc=("IfcDistributionSystem.CHILLEDWATER", "IfcDistributionSystem.CONDENSERWATER"),
        brick="Chilled_Water_Loop",
        properties=_PATH_PROPERTIES,
    ),
    Label(
        name="CommonCause",
        domain="organisation",
        description="Something whose failure takes down all it AFFECTS: a flood zone, a firmware batch, a trench.",
        properties=(text("cause", "Kind of cause: fire, flood, firmware, works …"),),
    ),
    Label(
        name="Segment",
        domain="path",
        description="A run of cable or pipe, or a fitting, between two pieces of equipment.",
        ifc=(
            "IfcCableSegment",
            "IfcCableCarrierSegment",
            "IfcPipeSegment",
            "IfcDuctSegment",
            "IfcPipeFitting",
        ),
        properties=(
            text("medium", "What it carries: power, water, air, data …"),
            text("side", "The redundant side that it belongs to."),
            number("run_length_m", "m", "Length of the run."),
        ),
    ),
    Label(
        name="Equipment",
        domain="path",
        description="What no rule of the mapping gives a label of its own, kept under what its source calls it.",
        properties=(text("category", "Category, class or role that its source gives it.", indexed=True),),
    ),
)
