"""Cooling, water, fuel and air."""

from __future__ import annotations

from typing import Final

from schema.model import Label, Property
from schema.properties import FLUID_PROPERTIES, number, text


def _cooling(  # noqa: PLR0913 - a declaration names all its parts
    name: str,
    description: str,
    *,
    ifc: tuple[str, ...],
    brick: str = "",
    expects: tuple[str, ...] = (),
    properties: tuple[Property, ...] = (),
) -> Label:
    return Label(
        name=name,
        domain="cooling",
        description=description,
        ifc=ifc,
        brick=brick,
        expects=expects,
        properties=(*FLUID_PROPERTIES, *properties),
    )


COOLING_LABELS: Final = (
    _cooling(
        "Chiller",
        "A chiller. Its draw is stored or measured, not derived from its load.",
        ifc=("IfcChiller",),
        brick="Chiller",
        expects=("FEEDS",),
        properties=(number("cop", "", "Coefficient of performance at rating."),),
    ),
    _cooling(
        "CoolingTower",
        "An evaporative cooling tower.",
        ifc=("IfcCoolingTower",),
        brick="Cooling_Tower",
        expects=("FEEDS", "SUPPLIES"),
    ),
    _cooling(
        "DryCooler",
        "A dry cooler.",
        ifc=("IfcCondenser.AIRCOOLED", "IfcEvaporativeCooler"),
        brick="Dry_Cooler",
        expects=("FEEDS",),
    ),
    _cooling("Pump", "A pump.", ifc=("IfcPump",), brick="Pump", expects=("FEEDS",)),
    _cooling("HeatExchanger", "A heat exchanger.", ifc=("IfcHeatExchanger.PLATE",), brick="Heat_Exchanger"),
    _cooling(
        "CDU",
        "A coolant distribution unit for liquid-cooled cabinets.",
        ifc=("IfcUnitaryEquipment.USERDEFINED",),
        expects=("FEEDS", "COOLS"),
        properties=(number("supply_c", "°C", "Supply temperature of the secondary side.", minimum=None),),
    ),
    _cooling("Manifold", "A manifold or header.", ifc=("IfcPipeFitting.JUNCTION",)),
    _cooling(
        "AirHandler",
        "An air handler (CRAH, CRAC, indirect evaporative).",
        ifc=("IfcUnitaryEquipment.AIRHANDLER", "IfcUnitaryEquipment.AIRCONDITIONINGUNIT"),
        brick="Computer_Room_Air_Handler",
        expects=("FEEDS",),
        properties=(number("rated_air_m3_per_h", "m³/h", "Rated air flow."),),
    ),
    _cooling(
        "Valve",
        "A valve.",
        ifc=("IfcValve",),
        brick="Valve",
        properties=(text("normal_position", "Where it stands in normal operation.", choices=("open", "closed")),),
    ),
    Label(
        name="WaterSupply",
        domain="fluid",
        description="A connection to the public water main.",
        ifc=("IfcFlowTerminal",),
        brick="Water_System",
        properties=FLUID_PROPERTIES,
    ),
    Label(
        name="Tank",
        domain="fluid",
        description="A tank or basin (water, fuel).",
        ifc=("IfcTank",),
        brick="Storage_Tank",
        properties=(*FLUID_PROPERTIES, number("volume_m3", "m³", "Usable volume.")),
    ),
)
