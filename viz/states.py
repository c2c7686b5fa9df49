"""The states that a picture tells apart, each by a colour and by a second cue that survives without colour.

The colours are those of Okabe and Ito (2008), which people with the common kinds of colour blindness can tell
apart; the patterns and marks say the same to everybody else, on a black-and-white print too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
INK: Final = 0.55


class State(IntEnum):
    """What an asset is in a picture; higher is worse, so that the worst of a space is its maximum."""

    GHOST = 0
    WORKING = 1
    UNKNOWN = 2
    STALE = 3
    MAINTENANCE = 4
    DOWN_BEFORE = 5
    DEGRADED = 6
    AT_RISK = 7
    LOST = 8
    FAILED = 9


class Pattern(IntEnum):
    """Hatches, drawn in the picture's own pixels: see `pattern_ink` and the shader in mesh.py.

    FLAT is shaded little; DASHED is for lines.
    """

    PLAIN = 0
    STRIPES = 1
    CROSSED = 2
    DOTS = 3
    UPRIGHT = 4
    LEVEL = 5
    FLAT = 6
    DASHED = 7


@dataclass(frozen=True)
class Style:
    """How a state looks: fill, hatch, mark beside labels, and the words of the legend."""

    fill: Rgb
    pattern: Pattern
    mark: str
    word: str
    meaning: str

    @property
    def ink(self) -> Rgb:
        """Colour of the hatch."""
        return ink_on(self.fill)


def ink_on(fill: Rgb) -> Rgb:
    """Colour of a hatch: white on the dark fills, else the fill darkened; the shader does the same."""
    red, green, blue = fill
    if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.42 * 255:
        return (255, 255, 255)
    return (round(red * INK), round(green * INK), round(blue * INK))


STYLES: Final[dict[State, Style]] = {
    State.GHOST: Style((229, 233, 237), Pattern.FLAT, "", "not affected", "outside the question"),
    State.WORKING: Style((150, 205, 187), Pattern.PLAIN, "check", "still working", "not affected"),
    State.UNKNOWN: Style((245, 245, 245), Pattern.DOTS, "ring", "unknown", "no state known"),
    State.STALE: Style((190, 222, 242), Pattern.LEVEL, "ring", "stale", "no recent reading"),
    State.MAINTENANCE: Style((0, 114, 178), Pattern.LEVEL, "square", "out", "taken out"),
    State.DOWN_BEFORE: Style((125, 125, 125), Pattern.LEVEL, "square", "down before", "down before the question"),
    State.DEGRADED: Style((240, 228, 66), Pattern.DOTS, "diamond", "degraded", "up, with fewer suppliers than before"),
    State.AT_RISK: Style((204, 121, 167), Pattern.UPRIGHT, "up", "at risk", "up, the next failure takes it down"),
    State.LOST: Style((213, 94, 0), Pattern.STRIPES, "down", "lost", "down because of the failure"),
    State.FAILED: Style((24, 24, 24), Pattern.CROSSED, "cross", "failed", "named by the question, or reported down"),
}

POWER: Final[Rgb] = (0, 114, 178)
COOLING: Final[Rgb] = (86, 180, 233)
SUPPLY: Final[Rgb] = (120, 108, 88)
NETWORK: Final[Rgb] = (150, 150, 150)
SURVIVING: Final[Rgb] = (0, 158, 115)

AFFECTED: Final = (State.FAILED, State.LOST, State.AT_RISK, State.DEGRADED)


FLOOR: Final = 12
GHOST_FLOOR: Final = 13
PAD: Final = 14
BAND: Final = 32
"""Codes beside the states: floors, the ground of a building, the first of the bands of a quantity."""
FLOOR_FILL: Final[Rgb] = (253, 253, 253)
GHOST_FLOOR_FILL: Final[Rgb] = (229, 233, 238)
PAD_FILL: Final[Rgb] = (249, 250, 251)
SHADOW_FILL: Final[Rgb] = (214, 219, 225)


@functools.cache
def palette() -> NDArray[np.uint8]:
    """Texels by code, uint8[256, 4]: red, green, blue, and 16 × (pattern + 1)."""
    table = np.zeros((256, 4), np.uint8)
    for state, style in STYLES.items():
        table[state] = (*style.fill, texel_end(style.pattern))
    table[FLOOR] = (*FLOOR_FILL, texel_end(Pattern.PLAIN))
    table[GHOST_FLOOR] = (*GHOST_FLOOR_FILL, texel_end(Pattern.PLAIN))
    table[PAD] = (*PAD_FILL, texel_end(Pattern.PLAIN))
    return table


def texel_end(pattern: Pattern) -> int:
    """Last byte of a texel with this hatch."""
    return 16 * (int(pattern) + 1)


def pattern_ink(pattern: Pattern, width: int, height: int) -> NDArray[np.bool_]:
    """Where a hatch puts ink, bool[height, width], in pixels from the lower left as in the shader."""
    y, x = np.mgrid[height - 1 : -1 : -1, 0:width].astype(np.float64) + 0.5
    match pattern:
        case Pattern.PLAIN | Pattern.FLAT | Pattern.DASHED:
            return np.zeros((height, width), np.bool_)
        case Pattern.STRIPES:
            return np.mod(x + y, 7.0) < 2.2
        case Pattern.CROSSED:
            return (np.mod(x + y, 11.0) < 1.6) | (np.mod(x - y, 11.0) < 1.6)
        case Pattern.DOTS:
            return np.hypot(np.mod(x, 6.0) - 3.0, np.mod(y, 6.0) - 3.0) < 1.2
        case Pattern.UPRIGHT:
            return np.mod(x, 6.0) < 1.2
        case Pattern.LEVEL:
            return np.mod(y, 5.0) < 1.5


def of_verdict(  # noqa: PLR0913 - one argument for each verdict
    n: int,
    *,
    failed: Iterable[int] = (),
    lost: Iterable[int] = (),
    degraded: Iterable[int] = (),
    at_risk: Iterable[int] = (),
    down_before: Iterable[int] = (),
    out: Iterable[int] = (),
    otherwise: State = State.WORKING,
) -> NDArray[np.uint8]:
    """State of every asset, uint8[n], from the index sets of an impact answer; the worse verdict wins."""
    state = np.full(n, otherwise, np.uint8)
    for value, indices in (
        (State.DOWN_BEFORE, down_before),
        (State.MAINTENANCE, out),
        (State.DEGRADED, degraded),
        (State.AT_RISK, at_risk),
        (State.LOST, lost),
        (State.FAILED, failed),
    ):
        state[indices if isinstance(indices, np.ndarray) else list(indices)] = value
    return state
