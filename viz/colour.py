"""What boxes are coloured by: state, power against rating, or temperature; each band has a colour and a hatch."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viz.look import Look
from viz.model import Model, States
from viz.reading import Reading
from viz.states import BAND, Pattern, Rgb, State, palette, texel_end

if TYPE_CHECKING:
    from twin.topology.model import Topology


class Colour(Enum):
    """What colours tell."""

    STATE = "state"
    LOAD = "load"
    TEMPERATURE = "temperature"


@dataclass(frozen=True)
class Band:
    """Values below `below` (and not in a band before): colour, hatch, and words of the legend."""

    below: float
    fill: Rgb
    pattern: Pattern
    text: str


# From light to dark, so that more is darker in black and white too; above the rating the hatch of what failed.
LOAD: Final = (
    Band(0.4, (254, 237, 200), Pattern.PLAIN, "below 40 % of rating"),
    Band(0.6, (253, 190, 110), Pattern.DOTS, "40–60 %"),
    Band(0.8, (230, 130, 40), Pattern.LEVEL, "60–80 %"),
    Band(1.0 + 1e-9, (166, 70, 10), Pattern.UPRIGHT, "80–100 %"),
    Band(np.inf, (70, 20, 40), Pattern.CROSSED, "above rating"),
)
# ASHRAE TC 9.9, Thermal Guidelines for Data Processing Environments (2021): air at the inlet, recommended 18 to 27 °C,
# allowed up to 32 °C for class A1 and up to 35 °C for A2.
TEMPERATURE: Final = (
    Band(18.0, (60, 110, 190), Pattern.LEVEL, "below 18 °C"),
    Band(27.0, (198, 219, 239), Pattern.PLAIN, "18–27 °C, recommended"),
    Band(32.0, (253, 190, 110), Pattern.DOTS, "27–32 °C, allowed A1"),
    Band(35.0, (220, 100, 40), Pattern.UPRIGHT, "32–35 °C, allowed A2"),
    Band(np.inf, (110, 10, 30), Pattern.CROSSED, "above 35 °C"),
)
BANDS: Final = {Colour.LOAD: LOAD, Colour.TEMPERATURE: TEMPERATURE}
TITLES: Final = {Colour.LOAD: "Power against rating", Colour.TEMPERATURE: "Temperature at the inlet"}
# States that say more than any value.
KEPT: Final = np.array([State.MAINTENANCE, State.DOWN_BEFORE, State.LOST, State.FAILED], np.uint8)


class Quantities:
    """Power and temperature of every asset: measured where live state has them, power else as the model has it."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.measured_kw: NDArray[np.float64] | None = None
        self.inlet_c: NDArray[np.float64] | None = None
        self._worked_out: tuple[bytes, NDArray[np.float64]] | None = None

    def take(self, reading: Reading) -> None:
        """Take over measured values."""
        self.measured_kw, self.inlet_c = reading.power_kw, reading.inlet_c

    def power_kw(self, state: States) -> NDArray[np.float64]:
        """Power through each asset, float64[n] kW: measured, else load and own draw in this state."""
        up = (state < State.LOST) & (state != State.MAINTENANCE) & (state != State.DOWN_BEFORE)
        key = up.tobytes()
        if self._worked_out is None or self._worked_out[0] != key:
            from twin.impact.load import flows  # noqa: PLC0415 - only where load is asked for

            found = flows(self.topology, up)
            self._worked_out = key, found.load_kw + found.draw_kw
        power = self._worked_out[1]
        if self.measured_kw is None:
            return power
        return np.where(np.isnan(self.measured_kw), power, self.measured_kw)

    def value(self, colour: Colour, state: States) -> NDArray[np.float64]:
        """Share of the rating, or °C, float64[n]; NaN where unknown."""
        if colour == Colour.TEMPERATURE:
            found = self.inlet_c
            return np.full(len(self.topology), np.nan) if found is None else found
        rated = self.topology.rated_kw
        return np.where(np.isfinite(rated) & (rated > 0), self.power_kw(state) / np.maximum(rated, 1e-9), np.nan)


def coloured(model: Model, look: Look, colour: Colour, quantities: Quantities) -> None:
    """Give a look the codes and the palette of what it is coloured by."""
    look.banded = colour
    if colour == Colour.STATE:
        look.shown, look.palette, look.own = model.rolled(look.state), palette(), look.state
        return
    value = quantities.value(colour, look.state)
    edges = np.array([band.below for band in BANDS[colour]])
    code = (np.digitize(value, edges[:-1]) + BAND).astype(np.uint8)
    code[np.isnan(value)] = 0
    look.own = np.where(np.isin(look.state, KEPT), look.state, np.where(code == 0, np.uint8(State.UNKNOWN), code))
    # A space shows its highest band; the worst of the states where one of its loads is down.
    rolled = model.worst(code)
    down = model.rolled(np.where(np.isin(look.state, KEPT), look.state, np.uint8(0)).astype(np.uint8))
    shown = np.where(rolled == 0, np.uint8(State.UNKNOWN), rolled)
    look.shown = np.where(down > 0, down, shown).astype(np.uint8)
    look.palette = banded_palette(colour)


@functools.cache
def banded_palette(colour: Colour) -> NDArray[np.uint8]:
    """The palette with the bands of a quantity, uint8[256, 4]."""
    table = palette().copy()
    for number, band in enumerate(BANDS[colour]):
        table[BAND + number] = (*band.fill, texel_end(band.pattern))
    return table
