"""The weather of the simulated campus, and what it asks of its cooling."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

DAY_S: Final = 86_400.0
YEAR_S: Final = 365.2425 * DAY_S
MEAN_C: Final = 15.0
YEARLY_C: Final = 9.0
DAILY_C: Final = 4.0
"""A subtropical highland: mean, and half the way from the coldest to the warmest month and hour."""
COLDEST_DAY_S: Final = 20 * DAY_S
COLDEST_HOUR_S: Final = 5 * 3600.0
HUMIDITY_PERCENT: Final = 75.0
HUMIDITY_SWING: Final = 15.0

DESIGN_WET_BULB_C: Final = 26.0
CHILLED_C: Final = 16.0
"""Chilled water as it leaves the chiller, °C."""
APPROACH_K: Final = 8.0
"""From the wet bulb to the condensing temperature: tower and condenser together."""
FREE_BELOW_C: Final = CHILLED_C - 6.0
"""Below this wet bulb the towers alone cool the water (plate exchanger and tower approach of 6 K)."""
DRY_BELOW_C: Final = 18.0
WET_OVER_K: Final = 8.0
"""From dry to fully wet operation of an evaporative cooler."""
FREE_SHARE: Final = 0.08
"""What a chiller draws then: its pumps and controls."""


class Weather(NamedTuple):
    """Outdoors at a moment."""

    dry_bulb_c: float
    wet_bulb_c: float
    humidity_percent: float


def weather(at_s: float) -> Weather:
    """The weather at a time of the year (seconds since 1970, UTC)."""
    year = -math.cos(2 * math.pi * ((at_s % YEAR_S) - COLDEST_DAY_S) / YEAR_S)
    day = -math.cos(2 * math.pi * ((at_s % DAY_S) - COLDEST_HOUR_S) / DAY_S)
    dry = MEAN_C + YEARLY_C * year + DAILY_C * day
    humidity = HUMIDITY_PERCENT - HUMIDITY_SWING * day
    return Weather(dry, wet_bulb_c(dry, humidity), humidity)


def wet_bulb_c(dry_c: float, humidity_percent: float) -> float:
    """Wet bulb from dry bulb and relative humidity: Stull, J. Appl. Meteor. Climatol. 50 (2011), eq. 1; ±1 K."""
    h = humidity_percent
    return (
        dry_c * math.atan(0.151977 * math.sqrt(h + 8.313659))
        + math.atan(dry_c + h)
        - math.atan(h - 1.676331)
        + 0.00391838 * h**1.5 * math.atan(0.023101 * h)
        - 4.686035
    )


def wet_share(dry_c: float) -> float:
    """The share of heat that evaporative air handlers and coolers reject with water: none while it is cool."""
    return min(max((dry_c - DRY_BELOW_C) / WET_OVER_K, 0.0), 1.0)


def compressor_share(wet_bulb: float) -> float:
    """What a chiller draws for the same heat, of what it draws at the design wet bulb.

    Carnot: work is in proportion to the lift from chilled to condensing temperature.
    """
    if wet_bulb <= FREE_BELOW_C:
        return FREE_SHARE
    design = DESIGN_WET_BULB_C + APPROACH_K - CHILLED_C
    return min(max((wet_bulb + APPROACH_K - CHILLED_C) / design, FREE_SHARE), 1.2)
