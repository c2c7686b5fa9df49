"""Ratings in kW, from apparent power or from amperes, where the source gives all that takes."""

from __future__ import annotations

from typing import Final

from ingest.records import Extract, Finding

_RATED: Final = frozenset(
    {"Transformer", "Switchboard", "TransferSwitch", "UPS", "Rectifier", "Busway", "PDU", "RackPDU", "Breaker",
     "UtilityFeed", "Generator", "Substation"}
)  # fmt: skip


def derive_ratings(extract: Extract) -> None:
    """Give each supplier of power its `rated_kw`; tell which lack something for it, by label."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for record in extract.assets:
        values = record.properties
        if record.label not in _RATED or "rated_kw" in values:
            continue
        factor: float = values.get("power_factor") or 0.0
        if "rated_kva" in values:
            missing = "" if factor else "power factor"
            kva: float = values["rated_kva"]
        elif "rated_current_a" in values:
            needed = {"rated_voltage_v": "voltage", "phases": "number of poles", "power_factor": "power factor"}
            missing = ", ".join(word for name, word in needed.items() if not values.get(name))
            kva = (
                0.0
                if missing
                else values["rated_current_a"] * values["rated_voltage_v"] * _phases(values["phases"]) / 1e3
            )
        else:
            continue
        if missing:
            lacking.setdefault((record.label, missing), []).append(record.id)
            continue
        values["rated_kw"] = round(kva * factor, 6)
    for (label, missing), ids in sorted(lacking.items()):
        names = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
        message = f"{len(ids)} of {label} ({names}) have no rating in kW, for want of: {missing}"
        extract.findings.append(Finding("no-rating", "info", message, None, tuple(ids[:20])))


def _phases(poles: int) -> float:
    """Factor from volts times amperes to volt-amperes; three poles or more are three phases."""
    return 3**0.5 if poles >= 3 else 1.0
