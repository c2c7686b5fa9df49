"""How good an export is, file by file: shares that can be counted, and one score from them (docs/ingest.md).

A share is (good, all). A measure that a file has nothing for is left out, and the weights of the others count for more,
so that two exports of the same thing can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.records import Extract, Finding
from schema.labels import LABELS, expects, properties_of
from schema.supply import SUPPLY_TYPES

WEIGHTS: Final = {"kept": 40, "sound": 20, "connected": 15, "stated": 10, "rated": 10, "placed": 5}
"""Weight of each measure in the score."""

MEANING: Final = {
    "kept": "of what the file names was kept (nothing of it was an error)",
    "sound": "of what was kept raised no warning",
    "connected": "of the supplies that its assets are expected to have are there",
    "stated": "of its supply relationships state what others had to be inferred",
    "rated": "of its equipment that can be overloaded has a rating",
    "placed": "of its assets have a place in space",
}
_SUPPLY: Final = frozenset(SUPPLY_TYPES)
_POWER: Final = frozenset(
    name for name, label in LABELS.items() if label.domain == "power" and "rated_kva" in properties_of(name)
)
_COOLING: Final = frozenset({"Chiller", "CoolingTower", "DryCooler", "CDU", "AirHandler", "HeatExchanger"})
_NOWHERE: Final = frozenset({"PowerPath", "CoolingLoop", "CommonCause", "Service", "Tenant"})


@dataclass(slots=True)
class Quality:
    """Shares of one file by measure: (good, all)."""

    shares: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    @property
    def score(self) -> float:
        """From 0 to 100: the weighted mean of the shares that the file has something for."""
        counted = {name: good / total for name, (good, total) in self.shares.items() if total}
        weight = sum(WEIGHTS[name] for name in counted)
        if not weight:
            return 100.0
        score = 100 * sum(WEIGHTS[name] * share for name, share in counted.items()) / weight
        return min(round(score, 1), 99.9 if any(share < 1 for share in counted.values()) else 100.0)

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the score, and [good, all] of each measure."""
        return {"score": self.score, **{name: list(share) for name, share in self.shares.items()}}


def from_dict(document: Mapping[str, Any]) -> Quality:
    """The quality that `Quality.to_dict` wrote."""
    return Quality({name: (said[0], said[1]) for name, said in document.items() if name in WEIGHTS})


@dataclass(slots=True)
class _Counts:
    things: int = 0
    supplies: int = 0
    inferred: int = 0
    expected: int = 0
    there: int = 0
    rateable: int = 0
    rated: int = 0
    placeable: int = 0
    placed: int = 0


def measure(
    extracts: Sequence[Extract], supplied: set[tuple[str, str]], findings: Iterable[Finding]
) -> dict[str, Quality]:
    """The quality of each file of the extracts; `supplied` holds (consumer, type) of the whole campus."""
    counts: dict[str, _Counts] = {file: _Counts() for extract in extracts for file in extract.files}
    for extract in extracts:
        _count_assets(extract, supplied, counts)
        _count_relationships(extract, counts)
    levels: dict[tuple[str, str], int] = {}
    for finding in (*findings, *(f for extract in extracts for f in extract.findings)):
        if finding.place is not None:
            key = (_file(finding.place.file), finding.severity)
            levels[key] = levels.get(key, 0) + 1
    return {
        file: _quality(count, levels.get((file, "error"), 0), levels.get((file, "warning"), 0))
        for file, count in counts.items()
    }


def _file(place: str) -> str:
    return place.partition(", sheet ")[0]


def _count_assets(extract: Extract, supplied: set[tuple[str, str]], counts: dict[str, _Counts]) -> None:
    expected = {label: expects(label) for label in LABELS}
    spatial = extract.kind == "ifc" or any("x_m" in record.properties for record in extract.assets)
    file, count = "", _Counts()
    for record in extract.assets:
        if record.place.file is not file:
            file = record.place.file
            count = counts.setdefault(_file(file), _Counts())
        count.things += 1
        for name in expected[record.label]:
            count.expected += 1
            count.there += (record.id, name) in supplied
        values = record.properties
        if record.label in _POWER:
            count.rateable += 1
            count.rated += "rated_kw" in values or "rated_kva" in values
        elif record.label in _COOLING:
            count.rateable += 1
            count.rated += "rated_cooling_kw" in values
        if spatial and record.label not in _NOWHERE:
            count.placeable += 1
            count.placed += "x_m" in values or "position_u" in values


def _count_relationships(extract: Extract, counts: dict[str, _Counts]) -> None:
    file, count = "", _Counts()
    for record in extract.relationships:
        if record.place.file is not file:
            file = record.place.file
            count = counts.setdefault(_file(file), _Counts())
        count.things += 1
        if record.type in _SUPPLY:
            count.supplies += 1
            values = record.properties
            count.inferred += "need_inferred" in values or "inferred" in values


def _quality(count: _Counts, errors: int, warnings: int) -> Quality:
    doubtful = min(warnings, count.things)
    return Quality(
        {
            "kept": (count.things, count.things + errors),
            "sound": (count.things - doubtful, count.things),
            "connected": (count.there, count.expected),
            "stated": (count.supplies - count.inferred, count.supplies),
            "rated": (count.rated, count.rateable),
            "placed": (count.placed, count.placeable),
        }
    )
