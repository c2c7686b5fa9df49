"""Numbers as people write them into cells: 1 250, 7,5, 1,250.5, 2.5 MVA. What could mean two numbers is none."""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

_BLANKS: Final = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))")
_POINT: Final = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")
_COMMA: Final = re.compile(r"[-+]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)?(?:,[0-9]*)?(?:[eE][-+]?[0-9]+)?")
_MEASURE: Final = re.compile(
    r"\s*([-+]?[0-9.,](?:[0-9.,]|[\s'’](?=[0-9]{3}(?![0-9])))*(?:[eE][-+]?[0-9]+)?)\s*(\D.*?)?\s*"
)


def numeral(text: str, decimal: str = "") -> float | None:
    """The number that a text is, None where it is none or, as 4,000 is, could be two.

    `decimal`: the sign before decimals, a point or a comma, where it is known. Without it, a text with a point alone
    has decimals behind it.
    """
    plain = _BLANKS.sub("", text.strip())
    pointed = _number(plain.replace(",", "")) if _POINT.fullmatch(plain) else None
    commaed = _number(plain.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(plain) else None
    if decimal:
        return commaed if decimal == "," else pointed
    if "," not in plain and pointed is not None:
        return pointed
    found = {number for number in (pointed, commaed) if number is not None}
    return found.pop() if len(found) == 1 else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def measure(text: str, decimal: str = "") -> tuple[float, str] | None:
    """A number and the unit behind it, "" where there is none; None where the text does not begin with one number."""
    found = _MEASURE.fullmatch(text)
    number = numeral(found[1], decimal) if found else None
    return None if found is None or number is None else (number, found[2] or "")


def refusal(text: str) -> str:
    """Why `measure` finds nothing in a text."""
    if measure(text, ".") and measure(text, ","):
        return f"{text!r} could be two numbers"
    return f"{text!r} is no number"
