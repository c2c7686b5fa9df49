"""One asset as live state has it, as a document: what it is said to be, and the last value of each of its points."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from schema.errors import UnknownAsset
from twin.live.limits import SEVERITIES
from twin.live.metrics import METRICS
from twin.live.points import Quality
from twin.live.reader import LiveState, Seen
from twin.topology.model import CONDITIONS, Ints, Topology

if TYPE_CHECKING:
    from collections.abc import Mapping

ARRAYS: Final = ("seen", "stale", "alarm", "condition", "condition_s")
"""The arrays of assets that `row` reads."""
_STALE: Final = ("fresh", "stale", "never")


def of_topology(state: LiveState, places: Ints | None) -> dict[str, np.ndarray[Any, Any]]:
    """`ARRAYS` by the index of a topology; what live state does not know yet is up and never heard of."""
    arrays = state.assets(*ARRAYS)
    if places is None:
        return arrays
    known = places >= 0
    found = {name: np.where(known, array[places], np.zeros(1, array.dtype)) for name, array in arrays.items()}
    found["stale"] = np.where(known, found["stale"], _STALE.index("never"))
    return found


def row(topology: Topology, asset: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """What an asset is said to be; `values`: its entries of `ARRAYS`."""
    return {
        "id": topology.ids[asset],
        "label": topology.label_of(asset),
        "condition": CONDITIONS[values["condition"]],
        "condition_since_s": values["condition_s"] or None,
        "seen": Seen(values["seen"]).name.lower(),
        "stale": _STALE[values["stale"]],
        "alarm": SEVERITIES[int(values["alarm"])] or None,
    }


def asset_document(topology: Topology, asset: int, state: LiveState, places: Ints | None) -> dict[str, Any]:
    """The row of an asset, with its last values by metric. Raises UnknownAsset where live state does not know it yet.

    `places`: as `LiveState.places` gives them.
    """
    there = asset if places is None else int(places[asset])
    if there < 0:
        raise UnknownAsset(f"live state does not know {topology.ids[asset]!r} yet; ask again")
    arrays, now_s = state.assets(*ARRAYS), time.time()
    values = {METRICS[metric].name: _value(metric, point, now_s) for metric, point in state.points(there).items()}
    told = row(topology, asset, {name: array[there].item() for name, array in arrays.items()})
    return {**told, "at_s": now_s, "values": dict(sorted(values.items()))}


def _value(metric: int, point: Mapping[str, Any], now_s: float) -> dict[str, Any]:
    known = METRICS[metric]
    number: float = point["value"]
    value: float | str | None = number if np.isfinite(number) else None
    if value is not None and known.choices and 0 <= number < len(known.choices):
        value = known.choices[int(number)]
    return {
        "value": value,
        "unit": known.unit,
        "kind": known.kind,
        "source_s": point["source_s"],
        "received_s": point["receive_s"],
        "quality": Quality(point["quality"]).name.lower(),
        "stale": now_s - point["receive_s"] > known.ttl_s or point["quality"] == Quality.STALE,
    }
