"""Numbers, lists and labels as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def shown(value: Any) -> str:
    """One value as people read it: thousands separated, three digits of a small number, dash for none."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 0.1 or not value else f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(part) for part in value)  # pyright: ignore[reportUnknownVariableType]
    return str(value)


def plural(count: int, noun: str) -> str:
    """Write "1 Server", "7 Servers", "2 Busways"; a label stays recognisable."""
    if count == 1:
        return f"1 {noun}"
    ending = "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    if noun.isupper() or noun[-2:].isupper():  # UPS, CDU, RackPDU
        ending = "" if noun.endswith("S") else "s"
    elif noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}{ending}"


def counts(by_label: Mapping[str, int], most: int | None = None) -> str:
    """Write {"Server": 7, "Cabinet": 1} as "7 Servers, 1 Cabinet", the most first."""
    ordered = sorted(by_label.items(), key=lambda item: (-item[1], item[0]))
    parts = [plural(count, label) for label, count in ordered[:most]]
    if most is not None and len(ordered) > most:
        parts.append(f"{sum(count for _, count in ordered[most:]):,} others")
    return ", ".join(parts)


def names(ids: Sequence[str], most: int = 6) -> str:
    """Write ids as a list that ends in "and N more" where it is long."""
    text = ", ".join(ids[:most])
    return text if len(ids) <= most else f"{text} and {len(ids) - most:,} more"


def is_text(value: str) -> bool:
    """Whether it can be written: what a shell passes on that is no UTF-8 becomes surrogates, which cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def clipped(value: str, most: int = 200) -> str:
    """In quotes, unprintable characters escaped, on one line of bearable length."""
    return repr(value if len(value) <= most else value[:most] + "…")
