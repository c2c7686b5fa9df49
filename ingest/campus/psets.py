"""Where the exports keep each property: standard property sets where one exists, our own where none does.

The mapping of the ingest mirrors these constants (docs/reference-campus.md shows them as a table).
"""

from __future__ import annotations

from typing import Final, NamedTuple

SUPPLY_SET: Final = "CampusTwin_Supply"
"""On the consumer's sink ports: Group, Need, Policy, Priority, Portion. No standard set carries redundancy."""

ASSET_SET: Final = "CampusTwin_Asset"
"""On elements and spaces: properties of the schema, under their own names and units, that no standard set carries."""


RECORD_SET: Final = "CampusTwin_Record"
"""In an export of the graph: each object as the graph has it, which ingest takes at its word (docs/export.md)."""


class Standard(NamedTuple):
    """A property of a standard set: its measure type, and what a value of ours is multiplied by to be in SI."""

    set: str
    name: str
    measure: str
    factor: float = 1.0


STANDARD: Final[dict[tuple[str, str], Standard]] = {
    ("Transformer", "rated_kva"): Standard(
        "Pset_TransformerTypeCommon", "MaximumApparentPower", "IFCPOWERMEASURE", 1e3
    ),
    ("Transformer", "rated_voltage_v"): Standard(
        "Pset_TransformerTypeCommon", "PrimaryVoltage", "IFCELECTRICVOLTAGEMEASURE"
    ),
    ("Transformer", "secondary_voltage_v"): Standard(
        "Pset_TransformerTypeCommon", "SecondaryVoltage", "IFCELECTRICVOLTAGEMEASURE"
    ),
    ("Generator", "rated_kw"): Standard(
        "Pset_ElectricGeneratorTypeCommon", "MaximumPowerOutput", "IFCPOWERMEASURE", 1e3
    ),
    ("Chiller", "rated_cooling_kw"): Standard("Pset_ChillerTypeCommon", "ChillerCapacity", "IFCPOWERMEASURE", 1e3),
    ("CoolingTower", "rated_cooling_kw"): Standard(
        "Pset_CoolingTowerTypeCommon", "NominalCapacity", "IFCPOWERMEASURE", 1e3
    ),
    ("Tank", "volume_m3"): Standard("Pset_TankTypeCommon", "EffectiveCapacity", "IFCVOLUMEMEASURE"),
    ("*", "rated_voltage_v"): Standard("Pset_ElectricalDeviceCommon", "RatedVoltage", "IFCELECTRICVOLTAGEMEASURE"),
    ("*", "power_factor"): Standard("Pset_ElectricalDeviceCommon", "PowerFactor", "IFCNORMALISEDRATIOMEASURE"),
    ("*", "serial"): Standard("Pset_ManufacturerOccurrence", "SerialNumber", "IFCIDENTIFIER"),
}
"""(label or *, property of the schema) → where the standard keeps it."""

ON_THE_TYPE: Final = frozenset({"Transformer", "Generator", "Chiller", "CoolingTower", "Tank"})
"""Labels whose standard sets stand on the type object, as catalogues export them; occurrences inherit them."""


def standard(label: str, name: str) -> Standard | None:
    """Where the standard keeps a property, None where it does not."""
    return STANDARD.get((label, name)) or STANDARD.get(("*", name))
