"""Quantities and units: what a unit that a person or a program wrote is worth in SI, and in the unit of our property.

A unit that is not known stays unknown; nothing here assumes SI.
"""

from __future__ import annotations

from math import degrees, pi
from typing import Final, NamedTuple


class Scale(NamedTuple):
    """From a unit to SI: value × factor + offset. `quantity` is named as in IFC."""

    quantity: str
    factor: float
    offset: float = 0.0


OURS: Final[dict[str, tuple[str, float, float]]] = {
    "kW": ("POWERUNIT", 1e-3, 0.0),
    "kVA": ("POWERUNIT", 1e-3, 0.0),
    "V": ("ELECTRICVOLTAGEUNIT", 1.0, 0.0),
    "A": ("ELECTRICCURRENTUNIT", 1.0, 0.0),
    "kWh": ("ENERGYUNIT", 1 / 3.6e6, 0.0),
    "m": ("LENGTHUNIT", 1.0, 0.0),
    "m²": ("AREAUNIT", 1.0, 0.0),
    "m³": ("VOLUMEUNIT", 1.0, 0.0),
    "m³/h": ("VOLUMETRICFLOWRATEUNIT", 3600.0, 0.0),
    "kPa": ("PRESSUREUNIT", 1e-3, 0.0),
    "s": ("TIMEUNIT", 1.0, 0.0),
    "h": ("TIMEUNIT", 1 / 3600, 0.0),
    "°": ("PLANEANGLEUNIT", degrees(1.0), 0.0),
    "°C": ("THERMODYNAMICTEMPERATUREUNIT", 1.0, -273.15),
}
"""Unit of our property → (quantity, factor and offset from SI)."""

APPARENT: Final = "APPARENTPOWERUNIT"
"""Volt-amperes: the same dimension as watts, but without a power factor they are no watts."""

SI: Final[dict[str, str]] = {
    "POWERUNIT": "W",
    APPARENT: "VA",
    "ELECTRICVOLTAGEUNIT": "V",
    "ELECTRICCURRENTUNIT": "A",
    "ENERGYUNIT": "J",
    "LENGTHUNIT": "m",
    "AREAUNIT": "m²",
    "VOLUMEUNIT": "m³",
    "VOLUMETRICFLOWRATEUNIT": "m³/s",
    "PRESSUREUNIT": "Pa",
    "TIMEUNIT": "s",
    "PLANEANGLEUNIT": "rad",
    "THERMODYNAMICTEMPERATUREUNIT": "K",
}
"""Quantity → its unit in SI."""

_FOOT, _INCH, _GALLON = 0.3048, 0.0254, 3.785411784e-3  # exact by definition (international yard, US gallon)
_WRITTEN: Final[dict[tuple[str, float, float], str]] = {
    ("POWERUNIT", 1.0, 0.0): "W watt watts",
    ("POWERUNIT", 1e3, 0.0): "kW kilowatt kilowatts",
    ("POWERUNIT", 1e6, 0.0): "MW megawatt megawatts",
    (APPARENT, 1.0, 0.0): "va volt-ampere voltampere volt-amperes",
    (APPARENT, 1e3, 0.0): "kva",
    (APPARENT, 1e6, 0.0): "MVA",
    ("POWERUNIT", 1e-3, 0.0): "mW milliwatt milliwatts",
    ("POWERUNIT", 0.29307107, 0.0): "btu/h btu/hr btuh",  # international table British thermal unit
    ("POWERUNIT", 3516.8528, 0.0): "tr ton-refrigeration tonrefrigeration refrigerationtons",  # 12,000 Btu/h
    ("POWERUNIT", 745.69987, 0.0): "hp horsepower",
    ("ELECTRICVOLTAGEUNIT", 1.0, 0.0): "V volt volts vac vdc",
    ("ELECTRICVOLTAGEUNIT", 1e3, 0.0): "kv kilovolt kilovolts",
    ("ELECTRICVOLTAGEUNIT", 1e-3, 0.0): "mV millivolt millivolts",
    ("ELECTRICCURRENTUNIT", 1.0, 0.0): "A amp amps ampere amperes",
    ("ELECTRICCURRENTUNIT", 1e3, 0.0): "kA kiloampere kiloamperes",
    ("ELECTRICCURRENTUNIT", 1e-3, 0.0): "mA milliamp milliamps milliampere milliamperes",
    ("ENERGYUNIT", 1.0, 0.0): "J joule joules",
    ("ENERGYUNIT", 1e3, 0.0): "kJ kilojoule kilojoules",
    ("ENERGYUNIT", 1e6, 0.0): "MJ megajoule megajoules",
    ("ENERGYUNIT", 3600.0, 0.0): "Wh watthour watthours",
    ("ENERGYUNIT", 3.6e6, 0.0): "kWh kilowatthour kilowatthours",
    ("LENGTHUNIT", 1.0, 0.0): "m meter meters metre metres",
    ("LENGTHUNIT", 1e-3, 0.0): "mm millimeter millimeters millimetre millimetres",
    ("LENGTHUNIT", 1e-2, 0.0): "cm centimeter centimeters centimetre centimetres",
    ("LENGTHUNIT", _FOOT, 0.0): "ft foot feet",
    ("LENGTHUNIT", _INCH, 0.0): "in inch inches",
    ("AREAUNIT", 1.0, 0.0): "m2 m² sqm squaremeter squaremeters squaremetre squaremetres",
    ("AREAUNIT", 1e-6, 0.0): "mm2 mm² squaremillimeters squaremillimetres",
    ("AREAUNIT", _FOOT**2, 0.0): "ft2 ft² sqft squarefoot squarefeet",
    ("VOLUMEUNIT", 1.0, 0.0): "m3 m³ cubicmeter cubicmeters cubicmetre cubicmetres",
    ("VOLUMEUNIT", 1e-3, 0.0): "L liter liters litre litres",
    ("VOLUMEUNIT", _FOOT**3, 0.0): "ft3 ft³ cubicfoot cubicfeet",
    ("VOLUMEUNIT", _GALLON, 0.0): "gal gallon gallons",
    ("VOLUMETRICFLOWRATEUNIT", 1.0, 0.0): "m3/s m³/s",
    ("VOLUMETRICFLOWRATEUNIT", 1 / 3600, 0.0): "m3/h m³/h m3/hr m³/hr",
    ("VOLUMETRICFLOWRATEUNIT", 1e-3, 0.0): "L/s liter/s litre/s",
    ("VOLUMETRICFLOWRATEUNIT", 1e-3 / 60, 0.0): "L/min",
    ("VOLUMETRICFLOWRATEUNIT", 1e-3 / 3600, 0.0): "L/h L/hr",
    ("VOLUMETRICFLOWRATEUNIT", _GALLON / 60, 0.0): "gpm gal/min",
    ("VOLUMETRICFLOWRATEUNIT", _FOOT**3 / 60, 0.0): "cfm ft3/min",
    ("PRESSUREUNIT", 1.0, 0.0): "Pa pascal pascals",
    ("PRESSUREUNIT", 1e3, 0.0): "kPa kilopascal kilopascals",
    ("PRESSUREUNIT", 1e5, 0.0): "bar",
    ("PRESSUREUNIT", 6894.757293, 0.0): "psi",
    ("TIMEUNIT", 1.0, 0.0): "s sec second seconds",
    ("TIMEUNIT", 60.0, 0.0): "min minute minutes",
    ("TIMEUNIT", 3600.0, 0.0): "h hr hour hours",
    ("PLANEANGLEUNIT", pi / 180, 0.0): "° deg degree degrees",
    ("PLANEANGLEUNIT", 1.0, 0.0): "rad radian radians",
    ("THERMODYNAMICTEMPERATUREUNIT", 1.0, 0.0): "K kelvin",
    ("THERMODYNAMICTEMPERATUREUNIT", 1.0, 273.15): "°C C degc celsius degreescelsius",
    ("THERMODYNAMICTEMPERATUREUNIT", 5 / 9, 459.67 * 5 / 9): "°F F degf fahrenheit degreesfahrenheit",
}  # fmt: skip
_EXACT: Final = {word: Scale(*scale) for scale, words in _WRITTEN.items() for word in words.split()}
_FOLDED: Final[dict[str, Scale | None]] = {}
for _word, _scale in _EXACT.items():  # what differs only in case and means two things (MW, mW) is known only as written
    _key = _word.casefold()
    _FOLDED[_key] = _scale if _FOLDED.get(_key, _scale) == _scale else None


def scale_of(unit: str) -> Scale | None:
    """What a unit as somebody wrote it is worth in SI; None where it is not known, or could mean two things."""
    word = "".join(unit.split())
    return _EXACT.get(word) or _FOLDED.get(word.casefold())


def in_ours(value: float, scale: Scale, wanted: str) -> float | None:
    """A value in the unit of our property (`wanted`); None where it is of another quantity."""
    quantity, factor, offset = OURS[wanted]
    if scale.quantity != quantity and not (wanted == "kVA" and scale.quantity == APPARENT):
        return None
    return (value * scale.factor + scale.offset) * factor + offset


# Revit computes in feet: what it exports without a unit is off by a power of the foot.
# Watts, volts and volt-amperes come out as ft²·kg/s³ (per ampere): 1 V is 1 / 0.3048² = 10.763910 of them.
REVIT_POWER: Final = 1 / _FOOT**2
_NOMINAL_V: Final = frozenset(
    {12, 24, 48, 100, 110, 115, 120, 125, 127, 200, 208, 220, 230, 240, 250, 277, 347, 380, 400, 415, 440, 480, 575,
     600, 690, 2400, 3300, 4160, 6000, 6600, 10_000, 11_000, 12_470, 13_800, 20_000, 22_000, 33_000, 35_000,
     66_000, 110_000}
)  # fmt: skip


def nominal_voltage(value: float, tolerance: float = 2e-3) -> int | None:
    """The nominal voltage that a value is, within a relative tolerance; None where it is none that grids use."""
    return next((nominal for nominal in sorted(_NOMINAL_V) if abs(value - nominal) <= tolerance * nominal), None)


def revit_volts(value: float) -> int | None:
    """The nominal voltage that a value is in Revit's internal unit, where it is no nominal voltage as it stands."""
    return None if nominal_voltage(value) is not None else nominal_voltage(value / REVIT_POWER)
