"""Text and panels over a picture, drawn with Pillow: exact sizes, crisp letters, the hatches of the states."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from viz.states import STYLES, Pattern, Rgb, State, ink_on, pattern_ink

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
INK: Final[Rgb] = (28, 32, 38)
MUTED: Final[Rgb] = (96, 104, 114)
PANEL: Final[Rgb] = (255, 255, 255)
RULE: Final[Rgb] = (214, 219, 225)
# Fonts with Chinese, Japanese and Korean characters, where Debian, Fedora, macOS and Windows keep them.
WIDE_FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)


@functools.cache
def font(size: int, *, bold: bool = False, wide: bool = False) -> Font:
    """A sans-serif font; `wide` for text beyond Latin, Greek and Cyrillic, where the machine has one."""
    if wide:
        for candidate in WIDE_FONTS:
            if Path(candidate).exists():
                return ImageFont.truetype(candidate, size)
    found = importlib.util.find_spec("matplotlib")
    if found and found.origin:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name
        if path.exists():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def face(text: str, size: int, *, bold: bool = False) -> Font:
    """The font that can write this text."""
    return font(size, bold=bold, wide=any(ord(letter) >= 0x2E80 for letter in text))


def width_of(text: str, size: int, *, bold: bool = False) -> int:
    """Pixels that a line of text takes."""
    return round(face(text, size, bold=bold).getlength(text))


def fit(text: str, size: int, room: int, *, bold: bool = False) -> str:
    """The text, shortened in the middle with an ellipsis if it is wider than `room` pixels."""
    if width_of(text, size, bold=bold) <= room:
        return text
    for keep in range(len(text) - 1, 1, -1):
        short = text[: (keep + 1) // 2].rstrip() + "…" + text[len(text) - keep // 2 :].lstrip()
        if width_of(short, size, bold=bold) <= room:
            return short
    return "…"


def wrap(text: str, size: int, room: int, lines: int, *, bold: bool = False) -> list[str]:
    """The text in at most so many lines of `room` pixels; the last is shortened if it must be."""
    out: list[str] = []
    words = text.split()
    while words:
        if len(out) == lines - 1:
            out.append(fit(" ".join(words), size, room, bold=bold))
            break
        take = 1
        while take < len(words) and width_of(" ".join(words[: take + 1]), size, bold=bold) <= room:
            take += 1
        out.append(fit(" ".join(words[:take]), size, room, bold=bold))
        words = words[take:]
    return out


def write(  # noqa: PLR0913
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    *,
    colour: Rgb = INK,
    bold: bool = False,
    anchor: str = "ls",
) -> None:
    """One line of text; `anchor` as in Pillow, by default the left end of the baseline."""
    draw.text(at, text, font=face(text, size, bold=bold), fill=colour, anchor=anchor)


def swatch(state: State, width: int, height: int) -> Image.Image:
    """A sample of a state's fill and hatch, as boxes in the scene have it."""
    style = STYLES[state]
    return sample_of(style.fill, style.pattern, width, height)


def sample_of(fill: Rgb, pattern: Pattern, width: int, height: int) -> Image.Image:
    """A sample of a fill with a hatch."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = fill
    pixels[pattern_ink(pattern, width, height)] = ink_on(fill)
    return Image.fromarray(pixels)


def mark(  # noqa: PLR0913, PLR0917
    draw: ImageDraw.ImageDraw, name: str, x: float, y: float, r: float, fill: Rgb, edge: Rgb = INK
) -> None:
    """The mark of a state around (x, y) with radius r: its shape alone tells the state."""
    white: Rgb = (255, 255, 255)
    match name:
        case "cross":
            draw.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=white)
            d = r * 0.5
            draw.line((x - d, y - d, x + d, y + d), fill=white, width=max(2, round(r / 3)))
            draw.line((x - d, y + d, x + d, y - d), fill=white, width=max(2, round(r / 3)))
        case "down":
            draw.polygon([(x - r, y - r * 0.8), (x + r, y - r * 0.8), (x, y + r)], fill=fill, outline=edge)
        case "up":
            draw.polygon([(x - r, y + r * 0.8), (x + r, y + r * 0.8), (x, y - r)], fill=fill, outline=edge)
        case "diamond":
            draw.polygon([(x - r, y), (x, y - r), (x + r, y), (x, y + r)], fill=fill, outline=edge)
        case "square":
            d = r * 0.8
            draw.rectangle((x - d, y - d, x + d, y + d), fill=fill, outline=edge)
        case "ring":
            draw.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=edge, width=2)
        case "check":
            draw.line([(x - r * 0.8, y), (x - r * 0.2, y + r * 0.7), (x + r * 0.9, y - r * 0.7)], fill=edge, width=2)
        case _:
            pass
