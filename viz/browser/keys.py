"""What the keys of the page stand for, where they do not move the camera."""

from __future__ import annotations

from typing import Final

KEYS: Final[dict[str, tuple[str, *tuple[int, ...]]]] = {
    "f": ("ask",),
    "a": ("add",),
    "o": ("take_out",),
    "i": ("isolate",),
    "h": ("hide",),
    "r": ("reset",),
    "u": ("upstream",),
    "j": ("downstream",),
    "n": ("next",),
    "z": ("fly",),
    "p": ("whole",),
    "c": ("next_colour",),
    "t": ("trace",),
    "e": ("storeys",),
    "g": ("walk",),
    "x": ("section",),
    "[": ("move_section", -1),
    "]": ("move_section", 1),
    "v": ("keep",),
    "b": ("next_kept",),
    "Home": ("whole",),
    "Escape": ("deselect",),
}
"""The action of each key, with its arguments."""
