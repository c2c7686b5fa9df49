"""What the topology is built from: columns of assets and of relationships, from records or from the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from twin.topology.model import CONDITIONS, NUMBERS, TYPES, Bools, Codes, Floats, Ints
from twin.topology.strings import Texts

CONTAINS, PART_OF, AFFECTS = range(len(TYPES), len(TYPES) + 3)
"""Codes of the types that carry no supply, after the supply types."""

CODES = {name: code for code, name in enumerate((*TYPES, "CONTAINS", "PART_OF", "AFFECTS"))}
TEXTS = ("name", "global_id", "serial")
PLACES = ("x_m", "y_m", "z_m", "length_m", "width_m", "height_m", "rotation_deg")


@dataclass(eq=False)
class AssetColumns:
    """One entry an asset, in any order."""

    id: Sequence[str] | Texts
    label: list[str]
    numbers: dict[str, Floats]
    """Each of `NUMBERS`, NaN where absent."""
    standby: Bools
    condition: Codes
    texts: Mapping[str, Sequence[str] | Texts]
    """Each of `TEXTS`, empty where absent."""
    places: dict[str, NDArray[np.float32]]
    """Each of `PLACES`, NaN where absent."""
    schematic: Bools


@dataclass(eq=False)
class RelationshipColumns:
    """One entry a relationship, in any order; ends are positions in the asset columns."""

    source: Ints
    target: Ints
    type: Codes
    """By `CODES`."""
    group: Ints
    """Position in `group_names`."""
    group_names: list[str]
    need: Ints
    transfer: Bools
    priority: Ints
    portion: Floats
    """NaN where absent."""
    inferred: Bools


def asset_columns(records: Iterable[Mapping[str, Any]]) -> AssetColumns:
    """Columns of records `{"id", "label", …properties}`; None and absent are the same."""
    rows = list(records)
    return AssetColumns(
        id=[row["id"] for row in rows],
        label=[row["label"] for row in rows],
        numbers={name: _floats(rows, name) for name in NUMBERS},
        standby=np.array([bool(row.get("standby")) for row in rows], np.bool_),
        condition=np.array([condition_code(row.get("condition")) for row in rows], np.uint8),
        texts={name: [row.get(name) or "" for row in rows] for name in TEXTS},
        places={name: _floats(rows, name).astype(np.float32) for name in PLACES},
        schematic=np.array([row.get("placement") == "schematic" for row in rows], np.bool_),
    )


def condition_code(text: object) -> int:
    """The code of a stored condition; what is not one of `CONDITIONS` counts as up."""
    return CONDITIONS.index(text) if text in CONDITIONS else 0


def _floats(rows: list[Mapping[str, Any]], name: str) -> Floats:
    values = [row.get(name) for row in rows]
    return np.array([float("nan") if value is None or value == "" else float(value) for value in values], np.float64)


def relationship_columns(assets: AssetColumns, records: Iterable[Mapping[str, Any]]) -> RelationshipColumns:
    """Columns of records `{"source_id", "type", "target_id", …properties}`; other types are left out.

    Raises BadInput where an end is no asset.
    """
    place = {text: number for number, text in enumerate(assets.id)}
    rows = [row for row in records if row["type"] in CODES]
    for row in rows:
        for end in (row["source_id"], row["target_id"]):
            if end not in place:
                raise BadInput(f"{row['type']} {row['source_id']} → {row['target_id']}: no asset {end}")
    names: dict[str, int] = {}
    return RelationshipColumns(
        source=np.array([place[row["source_id"]] for row in rows], np.int32),
        target=np.array([place[row["target_id"]] for row in rows], np.int32),
        type=np.array([CODES[row["type"]] for row in rows], np.uint8),
        group=np.array([names.setdefault(row.get("group") or "", len(names)) for row in rows], np.int32),
        group_names=list(names),
        need=np.array([_whole(row.get("need"), 1) for row in rows], np.int32),
        transfer=np.array([row.get("policy") == "transfer" for row in rows], np.bool_),
        priority=np.array([_whole(row.get("priority"), 0) for row in rows], np.int32),
        portion=_floats(rows, "portion"),
        inferred=np.array([bool(row.get("need_inferred")) for row in rows], np.bool_),
    )


def _whole(value: object, default: int) -> int:
    return default if value is None or value == "" else int(value)  # type: ignore[call-overload]
