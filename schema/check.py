"""Checks of single values and of whole assets against the declarations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache

from schema.labels import LABELS, properties_of
from schema.model import Property
from schema.relationships import RELATIONSHIPS

Value = str | int | float | bool | datetime

_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
_INT64 = 2**63


def coerce(declared: Property, raw: object) -> Value:
    """Turn a raw value (text of a file, or a value of a workbook) into the declared kind.

    Raises ValueError whose text says what was expected, without naming the place.
    """
    match declared.kind:
        case "text":
            value: Value = _text(raw)
        case "boolean":
            value = _boolean(raw)
        case "integer":
            value = _integer(raw)
        case "number":
            value = _number(raw)
        case "time":
            value = _time(raw)
    _check_range(declared, value)
    return value


def _text(raw: object) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))  # a workbook hands the number 42 over as 42.0
    if isinstance(raw, bool):
        return "true" if raw else "false"
    text = str(raw)
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    return text


def _boolean(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = _text(raw).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{_show(raw)} is not true or false")


def _integer(raw: object) -> int:
    try:
        value = int(raw.strip()) if isinstance(raw, str) else None
    except ValueError:
        value = None
    if value is None:
        number = _number(raw, "whole number")
        if not number.is_integer():
            raise ValueError(f"{_show(raw)} is not a whole number")
        value = int(number)
    if not -_INT64 <= value < _INT64:
        raise ValueError(f"{_show(raw)} is too large for a whole number")
    return value


def _number(raw: object, expected: str = "number") -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError(f"{_show(raw)} is not a {expected}")
    if isinstance(raw, str) and "_" in raw:  # Python would read 1_000 as a number; nobody's export means that
        raise ValueError(f"{_show(raw)} is not a {expected}")
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        raise ValueError(f"{_show(raw)} is not a {expected}") from None
    if not math.isfinite(value):
        raise ValueError(f"{_show(raw)} is not a finite number")
    return value


def _time(raw: object) -> datetime:
    if isinstance(raw, datetime):
        value = raw
    else:
        try:
            value = datetime.fromisoformat(str(raw).strip())
        except ValueError:
            raise ValueError(f"{_show(raw)} is not a time in ISO 8601") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _check_range(declared: Property, value: Value) -> None:
    if declared.choices and value not in declared.choices:
        raise ValueError(f"{_show(value)} is none of {', '.join(declared.choices)}")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    if declared.minimum is not None and value < declared.minimum:
        raise ValueError(f"{_show(value)} is below {declared.minimum:g}")
    if declared.above is not None and value <= declared.above:
        raise ValueError(f"{_show(value)} is not above {declared.above:g}")
    if declared.maximum is not None and value > declared.maximum:
        raise ValueError(f"{_show(value)} is above {declared.maximum:g}")


def _show(raw: object, most: int = 40) -> str:
    text = repr(raw)
    return text if len(text) <= most else f"{text[:most]}…"


def check_properties(declared: Mapping[str, Property], properties: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (property name, what is wrong with it) for each property that is unknown or of the wrong kind."""
    for name, value in properties.items():
        known = declared.get(name)
        if known is None:
            yield name, "is not a declared property"
            continue
        try:
            coerce(known, value)
        except ValueError as error:
            yield name, str(error)


def check_asset(label: str, properties: Mapping[str, object]) -> list[tuple[str, str]]:
    """All that is wrong with an asset: pairs of property name (or "label", "id") and what is wrong."""
    if label not in LABELS:
        return [("label", f"{_show(label)} is not a label of the schema")]
    problems = list(check_properties(properties_of(label), properties))
    if not properties.get("id"):
        problems.append(("id", "is missing"))
    return problems


@cache
def relationship_properties(name: str) -> dict[str, Property]:
    """The declared properties of a relationship type, by name.

    Raises KeyError where there is no such type.
    """
    return {p.name: p for p in RELATIONSHIPS[name].properties}
