"""Pages of the graph: what a query for each brings, and how it becomes arrays.

Rows with the same facts come as one, with a list of what differs: a record for each asset costs four times as much, in
the driver alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadModel
from twin.topology.columns import CODES, PLACES, TEXTS, condition_code
from twin.topology.model import NUMBERS, Bools, Codes, Floats, Ints
from twin.topology.strings import Texts

Rows = list[dict[str, Any]]

_OWN = ("draw_kw", "heat_kw", "x_m", "y_m", "z_m")
"""Numbers that each asset is likely to have for itself; assets that agree in all others come in one row."""

_SHARED = ("standby", "placement", *(name for name in (*NUMBERS, *PLACES) if name not in _OWN))
_SUPPLY = ("group", "need", "policy", "priority", "portion", "need_inferred")

# Seeking by number reads only the page, without an index. collect() leaves out nulls, so a column says what stands for
# none; the condition, which is no fact of the campus, is sparse: where it stands, and what it is.
ASSETS = f"""
UNWIND range($first, $last) AS number
MATCH (a:Asset) WHERE id(a) = number
WITH number, labels(a) AS labels, properties(a) AS p WHERE p.id IS NOT NULL
RETURN labels, [{", ".join(f"p.{name}" for name in _SHARED)}] AS shared, collect(number) AS number, collect(p.id) AS id,
       {", ".join(f"collect(coalesce(p.{name}, '')) AS {name}" for name in TEXTS)},
       {", ".join(f"collect(coalesce(p.{name}, 0.0 / 0.0)) AS {name}" for name in _OWN)},
       collect(p.condition) AS condition,
       collect(CASE WHEN p.condition IS NULL THEN null ELSE number END) AS conditioned
"""
RELATIONSHIPS = f"""
UNWIND range($first, $last) AS number
MATCH (a)-[r:{"|".join(CODES)}]->(b) WHERE id(r) = number
RETURN type(r) AS type, [{", ".join(f"r.{name}" for name in _SUPPLY)}] AS facts,
       collect(id(a)) AS source, collect(id(b)) AS target
"""


class _Page:
    """Columns of a page; each is an array or packed texts."""

    def digest(self) -> bytes:
        """16 bytes that change with what the analysis and the pictures read."""
        state = hashlib.blake2b(digest_size=16)
        for field in fields(self):  # pyright: ignore[reportArgumentType] - subclasses are dataclasses
            value = getattr(self, field.name)
            if field.name != "condition":
                for part in (value.buffer, value.offsets) if isinstance(value, Texts) else (value,):
                    state.update(np.asarray(part).tobytes() + b"|")
        return state.digest()


@dataclass(frozen=True, eq=False)
class AssetPage(_Page):
    """Assets, by their number in the database."""

    number: NDArray[np.int64]
    id: Texts
    label: Texts
    name: Texts
    global_id: Texts
    serial: Texts
    numbers: Floats
    """A row for each of `NUMBERS`."""
    places: NDArray[np.float32]
    """A row for each of `PLACES`."""
    standby: Bools
    schematic: Bools
    condition: Codes
    strange: int
    """Assets whose id is no text."""

    @classmethod
    def of(cls, rows: Rows) -> AssetPage:
        """From what `ASSETS` returns."""
        rows.sort(key=lambda row: row["number"][0])
        sizes = [len(row["number"]) for row in rows]
        shared = {name: [row["shared"][place] for row in rows] for place, name in enumerate(_SHARED)}
        own = {name: _floats(_chained(rows, name)) for name in _OWN}

        def column(name: str) -> Floats:
            return own[name] if name in own else np.repeat(_floats(shared[name]), sizes)

        number = np.array(_chained(rows, "number"), np.int64)
        ids = _chained(rows, "id")
        return cls(
            number=number,
            id=_texts(ids),
            label=_texts(
                [_own_label(row["labels"]) for row, size in zip(rows, sizes, strict=True) for _ in range(size)]
            ),
            **{name: _texts(_chained(rows, name)) for name in TEXTS},
            numbers=np.stack([column(name) for name in NUMBERS]),
            places=np.stack([column(name) for name in PLACES]).astype(np.float32),
            standby=np.repeat(np.array([value is True for value in shared["standby"]], np.bool_), sizes),
            schematic=np.repeat(np.array([value == "schematic" for value in shared["placement"]], np.bool_), sizes),
            condition=_conditions(rows, number),
            strange=sum(not isinstance(value, str) for value in ids),
        )


def _chained(rows: Rows, name: str) -> list[Any]:
    return [value for row in rows for value in row[name]]


def _texts(values: list[Any]) -> Texts:
    """Packed; what somebody wrote by hand as something else counts as its text."""
    return Texts.of(values if set(map(type, values)) <= {str} else list(map(str, values)))


def _floats(values: list[Any]) -> Floats:
    """Numbers, NaN for what is absent; a text that somebody wrote by hand counts as absent."""
    if set(map(type, values)) <= {float}:
        return np.array(values, np.float64)
    return np.array([value if isinstance(value, int | float) else np.nan for value in values], np.float64)


def _own_label(labels: list[str]) -> str:
    """The label beside Asset; of several the first by name."""
    return min((name for name in labels if name != "Asset"), default="Asset")


def _conditions(rows: Rows, number: NDArray[np.int64]) -> Codes:
    codes = np.zeros(len(number), np.uint8)
    stated = dict(zip(_chained(rows, "conditioned"), _chained(rows, "condition"), strict=True))
    if stated:
        codes[:] = [condition_code(stated.get(one)) for one in number.tolist()]
    return codes


@dataclass(frozen=True, eq=False)
class RelationshipPage(_Page):
    """Ends by the database's number, then by place. Of F different facts, `fact` says which each relationship has."""

    source: NDArray[np.signedinteger[Any]]
    target: NDArray[np.signedinteger[Any]]
    fact: Ints
    type: Codes
    """F, as all that follows."""
    group: Texts
    need: Ints
    transfer: Bools
    priority: Ints
    portion: Floats
    inferred: Bools

    @classmethod
    def of(cls, rows: Rows) -> RelationshipPage:
        """From what `RELATIONSHIPS` returns. Raises BadModel."""
        rows.sort(key=lambda row: (row["type"], repr(row["facts"])))
        facts = {name: [row["facts"][place] for row in rows] for place, name in enumerate(_SUPPLY)}
        return cls(
            source=np.array(_chained(rows, "source"), np.int64),
            target=np.array(_chained(rows, "target"), np.int64),
            fact=np.repeat(np.arange(len(rows), dtype=np.int32), [len(row["source"]) for row in rows]),
            type=np.array([CODES[row["type"]] for row in rows], np.uint8),
            group=_texts(["" if value is None else value for value in facts["group"]]),
            need=_wholes(facts, "need", 1),
            transfer=np.array([value == "transfer" for value in facts["policy"]], np.bool_),
            priority=_wholes(facts, "priority", 0),
            portion=_floats(facts["portion"]),
            inferred=np.array([value is True for value in facts["need_inferred"]], np.bool_),
        )

    def between(self, place: Ints) -> RelationshipPage:
        """The same with its ends by place; without those that have an end that is no asset.

        That may also be one that came or went between the pages; then the graph's bookmark has moved.
        """
        source, target = (place[np.minimum(ends, len(place) - 1)] for ends in (self.source, self.target))
        kept = (source >= 0) & (target >= 0)
        return replace(self, source=source[kept], target=target[kept], fact=self.fact[kept])


_INT32 = 2**31


def _wholes(facts: Mapping[str, list[Any]], name: str, default: int) -> Ints:
    """Whole numbers. Raises BadModel where somebody wrote something else by hand."""
    values = [default if value is None else value for value in facts[name]]
    wrong = next((value for value in values if type(value) is not int or not -_INT32 <= value < _INT32), None)
    if wrong is not None:
        raise BadModel([f"a supply relationship has the {name} {wrong!r}, which is no whole number of fitting size"])
    return np.array(values, np.int32)
