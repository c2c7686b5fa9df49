"""Units: the project's, a property's own, and what a value is worth in SI and in the unit of our property.

A value keeps no unit by itself in IFC: its measure type names a quantity, whose unit is the property's own, else the
project's. Where neither is there, the unit is unknown, and SI is never assumed.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.quantities import Scale
from ingest.readers.ifc.opening import Entity

_PREFIXES: Final = {
    "EXA": 1e18, "PETA": 1e15, "TERA": 1e12, "GIGA": 1e9, "MEGA": 1e6, "KILO": 1e3, "HECTO": 1e2, "DECA": 1e1,
    "DECI": 1e-1, "CENTI": 1e-2, "MILLI": 1e-3, "MICRO": 1e-6, "NANO": 1e-9, "PICO": 1e-12,
}  # fmt: skip

_UNIT_OF_MEASURE: Final = {
    "IfcLengthMeasure": "LENGTHUNIT",
    "IfcPositiveLengthMeasure": "LENGTHUNIT",
    "IfcNonNegativeLengthMeasure": "LENGTHUNIT",
    "IfcAreaMeasure": "AREAUNIT",
    "IfcVolumeMeasure": "VOLUMEUNIT",
    "IfcPlaneAngleMeasure": "PLANEANGLEUNIT",
    "IfcPositivePlaneAngleMeasure": "PLANEANGLEUNIT",
    "IfcPowerMeasure": "POWERUNIT",
    "IfcElectricVoltageMeasure": "ELECTRICVOLTAGEUNIT",
    "IfcElectricCurrentMeasure": "ELECTRICCURRENTUNIT",
    "IfcEnergyMeasure": "ENERGYUNIT",
    "IfcTimeMeasure": "TIMEUNIT",
    "IfcPressureMeasure": "PRESSUREUNIT",
    "IfcThermodynamicTemperatureMeasure": "THERMODYNAMICTEMPERATUREUNIT",
    "IfcVolumetricFlowRateMeasure": "VOLUMETRICFLOWRATEUNIT",
    "IfcMassMeasure": "MASSUNIT",
}


class Units:
    """The units of one file."""

    def __init__(self, assigned: list[Entity]) -> None:
        self._known: dict[int, Scale | None] = {}
        self.project: dict[str, Scale] = {}
        for unit in assigned:
            scale = self.scale(unit)
            if scale is not None:
                self.project.setdefault(scale.quantity, scale)

    @property
    def metre(self) -> float:
        """Length of the file's unit of length, in metres; 1 where it names none."""
        scale = self.project.get("LENGTHUNIT")
        return scale.factor if scale else 1.0

    @property
    def radian(self) -> float:
        """The file's unit of plane angle, in radians."""
        scale = self.project.get("PLANEANGLEUNIT")
        return scale.factor if scale else 1.0

    def scale(self, unit: Entity) -> Scale | None:
        """What a unit is worth in SI; None where it is a unit that we do not know."""
        step: int = unit.id()
        if step not in self._known:
            self._known[step] = self._scale(unit)
        return self._known[step]

    def _scale(self, unit: Entity) -> Scale | None:
        kind: str = unit.is_a()
        if kind == "IfcSIUnit":
            return _si(unit)
        if kind.startswith("IfcConversionBasedUnit"):
            measure = unit.get_argument(3)
            base = self.scale(measure.get_argument(1))
            if base is None:
                return None
            factor = float(measure.get_argument(0).get_argument(0)) * base.factor
            offset = float(unit.get_argument(4)) * factor if kind.endswith("WithOffset") else 0.0
            return Scale(unit.get_argument(1), factor, offset)
        if kind == "IfcDerivedUnit":
            factor = 1.0
            for element in unit.get_argument(0):
                base = self.scale(element.get_argument(0))
                if base is None:
                    return None
                factor *= base.factor ** int(element.get_argument(1))
            return Scale(unit.get_argument(1), factor)
        return None

    def of_value(self, measure: str, own_unit: Entity | None) -> Scale | None:
        """What a value of this measure type is counted in: its own unit first, then the project's, else None."""
        if own_unit is not None:
            return self.scale(own_unit)
        return self.project.get(_UNIT_OF_MEASURE.get(measure, ""))


def _si(unit: Entity) -> Scale:
    quantity, prefix, name = unit.get_argument(1), unit.get_argument(2), unit.get_argument(3)
    factor = _PREFIXES.get(prefix or "", 1.0)
    if name == "SQUARE_METRE":
        factor **= 2
    elif name == "CUBIC_METRE":
        factor **= 3
    elif name == "GRAM":
        factor *= 1e-3
    return Scale(quantity, factor, 273.15 if name == "DEGREE_CELSIUS" else 0.0)


def read_units(file: Any) -> Units:
    """The units that the project of a file assigns."""
    assigned: list[Entity] = []
    for project in file.by_type("IfcProject"):
        assignment = project.get_argument(8)
        if assignment is not None:
            assigned.extend(unit for unit in assignment.get_argument(0) if not unit.is_a("IfcMonetaryUnit"))
    return Units(assigned)


def dimensioned(measure: str) -> bool:
    """Whether a measure type names a quantity that has a unit."""
    return measure in _UNIT_OF_MEASURE
