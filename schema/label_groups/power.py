"""The power train, from the utility to the rack."""

from __future__ import annotations

from typing import Final

from schema.model import Label, Property
from schema.properties import ELECTRICAL_PROPERTIES, number, text


def _power(  # noqa: PLR0913 - a declaration names all its parts
    name: str,
    description: str,
    *,
    ifc: tuple[str, ...] = (),
    brick: str = "",
    properties: tuple[Property, ...] = (),
    expects: tuple[str, ...] = ("FEEDS",),
) -> Label:
    return Label(
        name=name,
        domain="power",
        description=description,
        ifc=ifc,
        brick=brick,
        expects=expects,
        properties=(*ELECTRICAL_PROPERTIES, *properties),
    )


POWER_LABELS: Final = (
    _power(
        "UtilityFeed",
        "An incoming line of the public grid.",
        ifc=("IfcElectricDistributionBoard.CONSUMERUNIT",),
        expects=(),
        properties=(text("operator", "Grid operator."),),
    ),
    _power(
        "Substation", "A substation on site (110/10 kV).", ifc=("IfcDistributionBoard.USERDEFINED",), brick="Substation"
    ),
    _power(
        "Generator",
        "A generator set, or its common board where `standby` stands.",
        ifc=("IfcElectricGenerator.ENGINEGENERATOR",),
        brick="Generator",
        expects=("SUPPLIES",),
        properties=(text("fuel", "What it burns."),),
    ),
    _power(
        "Transformer",
        "A transformer.",
        ifc=("IfcTransformer.VOLTAGE",),
        brick="Transformer",
        properties=(number("secondary_voltage_v", "V", "Rated voltage of the secondary side."),),
    ),
    _power(
        "Switchboard",
        "Switchgear or a main distribution board.",
        ifc=(
            "IfcDistributionBoard.SWITCHBOARD",
            "IfcElectricDistributionBoard",
            "IfcElectricDistributionPoint",
        ),
        brick="Switchgear",
    ),
    _power(
        "TransferSwitch",
        "An automatic or static transfer switch (ATS, STS).",
        ifc=("IfcSwitchingDevice.SELECTORSWITCH",),
        brick="Automatic_Tranfer_Switch_Equipment",
    ),
    _power(
        "UPS",
        "An uninterruptible power supply; its battery is its power_hold_s.",
        ifc=("IfcElectricFlowStorageDevice.UPS",),
        brick="UPS",
    ),
    _power(
        "Rectifier",
        "A 240 V HVDC rectifier cabinet with its battery as power_hold_s.",
        ifc=("IfcTransformer.RECTIFIER",),
        brick="Rectifier",
    ),
    _power(
        "Battery",
        "A battery; it is never a supplier of the source that it bridges.",
        ifc=("IfcElectricFlowStorageDevice.BATTERY",),
        brick="Battery",
        expects=(),
        properties=(
            number("capacity_kwh", "kWh", "Usable energy."),
            text("bridges", "Id of the UPS or rectifier whose power_hold_s it gives."),
        ),
    ),
    _power("Busway", "A busbar trunking.", ifc=("IfcCableSegment.BUSBARSEGMENT",), brick="Bus_Riser"),
    _power("PDU", "A power distribution unit.", ifc=("IfcDistributionBoard.DISTRIBUTIONBOARD",), brick="PDU"),
    _power(
        "RackPDU",
        "The power strip of a cabinet.",
        ifc=("IfcDistributionBoard.DISTRIBUTIONBOARD", "IfcOutlet.POWEROUTLET"),
        brick="Rack_PDU",
    ),
    _power(
        "Breaker",
        "A circuit breaker.",
        ifc=("IfcProtectiveDevice.CIRCUITBREAKER",),
        brick="Breaker_Panel",
        properties=(text("normal_position", "Where it stands in normal operation.", choices=("open", "closed")),),
    ),
)
