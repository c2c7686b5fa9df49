"""Which IFC4.3 class, predefined type and object type an asset of each label is exported as."""

from __future__ import annotations

from typing import Final, NamedTuple


class IfcClass(NamedTuple):
    """An element class; `object_type` says what class and predefined type leave open."""

    name: str
    predefined: str
    object_type: str = ""


ELEMENTS: Final[dict[str, IfcClass]] = {
    "Cabinet": IfcClass("IfcFurniture", "TECHNICALCABINET"),
    "UtilityFeed": IfcClass("IfcDistributionBoard", "CONSUMERUNIT", "UtilityFeed"),
    "Substation": IfcClass("IfcDistributionBoard", "USERDEFINED", "Substation"),
    "Generator": IfcClass("IfcElectricGenerator", "ENGINEGENERATOR"),
    "Transformer": IfcClass("IfcTransformer", "VOLTAGE"),
    "Switchboard": IfcClass("IfcDistributionBoard", "SWITCHBOARD"),
    "TransferSwitch": IfcClass("IfcSwitchingDevice", "SELECTORSWITCH", "TransferSwitch"),
    "UPS": IfcClass("IfcElectricFlowStorageDevice", "UPS"),
    "Rectifier": IfcClass("IfcTransformer", "RECTIFIER"),
    "Battery": IfcClass("IfcElectricFlowStorageDevice", "BATTERY"),
    "Busway": IfcClass("IfcCableSegment", "BUSBARSEGMENT"),
    "PDU": IfcClass("IfcDistributionBoard", "DISTRIBUTIONBOARD", "PDU"),
    "RackPDU": IfcClass("IfcDistributionBoard", "DISTRIBUTIONBOARD", "RackPDU"),
    "Breaker": IfcClass("IfcProtectiveDevice", "CIRCUITBREAKER"),
    "Chiller": IfcClass("IfcChiller", "WATERCOOLED"),
    "CoolingTower": IfcClass("IfcCoolingTower", "MECHANICALINDUCEDDRAFT"),
    "DryCooler": IfcClass("IfcCondenser", "AIRCOOLED", "DryCooler"),
    "Pump": IfcClass("IfcPump", "ENDSUCTION"),
    "HeatExchanger": IfcClass("IfcHeatExchanger", "PLATE"),
    "CDU": IfcClass("IfcUnitaryEquipment", "USERDEFINED", "CDU"),
    "Manifold": IfcClass("IfcPipeFitting", "JUNCTION", "Manifold"),
    "AirHandler": IfcClass("IfcUnitaryEquipment", "AIRHANDLER"),
    "Valve": IfcClass("IfcValve", "ISOLATING"),
    "WaterSupply": IfcClass("IfcDistributionChamberElement", "METERCHAMBER", "WaterSupply"),
    "Tank": IfcClass("IfcTank", "STORAGE"),
    "Controller": IfcClass("IfcController", "PROGRAMMABLE"),
    "Meter": IfcClass("IfcFlowMeter", "ENERGYMETER"),
    "Sensor": IfcClass("IfcSensor", "TEMPERATURESENSOR"),
    "Server": IfcClass("IfcCommunicationsAppliance", "COMPUTER"),
    "NetworkDevice": IfcClass("IfcCommunicationsAppliance", "NETWORKAPPLIANCE"),
    "Router": IfcClass("IfcCommunicationsAppliance", "ROUTER"),
    "CoreNode": IfcClass("IfcCommunicationsAppliance", "NETWORKAPPLIANCE", "CoreNode"),
    "EdgeNode": IfcClass("IfcCommunicationsAppliance", "NETWORKAPPLIANCE", "EdgeNode"),
    "FibreRoute": IfcClass("IfcCableSegment", "OPTICALCABLESEGMENT", "FibreRoute"),
}
OTHER: Final = IfcClass("IfcBuildingElementProxy", "USERDEFINED")

CABLE: Final = IfcClass("IfcCableSegment", "CABLESEGMENT")
PIPE: Final = IfcClass("IfcPipeSegment", "RIGIDSEGMENT")

GROUPS: Final = frozenset({"CommonCause", "Service", "Tenant"})
"""Labels of what is no thing in space."""

SPATIAL: Final = frozenset({"Campus", "Building", "Storey", "Room"})

MODULE_TYPES: Final = {
    "IT": "T-Block IT box",
    "power": "T-Block power box",
    "cooling": "T-Block cooling box",
    "generator": "Generator box",
}


def element_class(label: str, medium: str) -> IfcClass:
    """The class of an element; a segment is a cable or a pipe by what it carries."""
    if label == "Segment":
        return CABLE if medium == "power" else PIPE
    return ELEMENTS.get(label) or OTHER._replace(object_type=label)
