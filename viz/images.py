"""Samples and marks of the states as images that stand in the text of a page."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import Final

from PIL import Image, ImageDraw

from viz.states import STYLES, Pattern, Rgb, State
from viz.text import mark, sample_of, swatch

SWATCH_PX: Final = (34, 20)
MARK_PX: Final = 18


@cache
def swatch_url(state: State) -> str:
    """Fill and hatch of a state as an image for the page."""
    return _url(swatch(state, *SWATCH_PX))


@cache
def band_url(fill: Rgb, pattern: Pattern) -> str:
    """Fill and hatch of a band as an image for the page."""
    return _url(sample_of(fill, pattern, *SWATCH_PX))


@cache
def mark_url(state: State) -> str:
    """Mark of a state as an image for the page; a dot in its colour where it has none."""
    scale = 4
    side = MARK_PX * scale
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    mark(ImageDraw.Draw(image), STYLES[state].mark, side / 2, side / 2, side * 0.4, STYLES[state].fill)
    return _url(image.resize((MARK_PX * 2, MARK_PX * 2), Image.Resampling.LANCZOS))


def _url(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
