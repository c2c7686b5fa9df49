"""Topologies and what belongs to them on disk: the snapshot, and a second file with names and places."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from twin.topology.build import frozen
from twin.topology.columns import PLACES, TEXTS, AssetColumns
from twin.topology.model import Bools, Ints, Topology
from twin.topology.snapshot import Array, load_arrays, save_arrays
from twin.topology.strings import Ids, Texts

FILE, DETAILS = "topology.bin", "details.bin"
_TABLES = ("ids", "names")
_TEXTS = ("labels", "problems", "need_problems")


@dataclass(frozen=True, eq=False)
class Placement:
    """Boxes in campus coordinates, metres; float32 arrays by asset index, NaN = unknown.

    x_m, y_m, z_m: centre of the base. rotation_deg: about z, counter-clockwise. `schematic`: not from a source.
    """

    x_m: NDArray[np.float32]
    y_m: NDArray[np.float32]
    z_m: NDArray[np.float32]
    length_m: NDArray[np.float32]
    width_m: NDArray[np.float32]
    height_m: NDArray[np.float32]
    rotation_deg: NDArray[np.float32]
    schematic: Bools


@dataclass(frozen=True, eq=False)
class Details:
    """What the analysis does not read: names for look-ups and words, boxes for pictures; by asset index."""

    version: str
    name: Ids
    global_id: Ids
    serial: Ids
    placement: Placement


def details_of(version: str, assets: AssetColumns, order: Ints) -> Details:
    """The details in the order of the topology's index (`index_order`)."""
    texts = {name: frozen(Ids.of(Texts.of(assets.texts[name]).taken(order))) for name in TEXTS}
    places = {name: frozen(assets.places[name][order]) for name in PLACES}
    return Details(version, **texts, placement=Placement(**places, schematic=frozen(assets.schematic[order])))


def save(topology: Topology, folder: Path, details: Details | None = None) -> None:
    """Write the snapshot of a topology.

    Without `details` those of an earlier save stay; they are only used with the topology of their version.
    """
    arrays: dict[str, Array] = {}
    for field in fields(topology):
        value = getattr(topology, field.name)
        if isinstance(value, Ids):
            arrays |= _pieces(field.name, value)
        elif isinstance(value, np.ndarray):
            arrays[field.name] = value
    if details is not None:
        _save_details(details, folder)
    save_arrays(folder / FILE, arrays, {name: getattr(topology, name) for name in (*_TEXTS, "version")})


def load(folder: Path) -> Topology | None:
    """The topology of the snapshot, or None where there is none that can be trusted."""
    found = load_arrays(folder / FILE)
    if found is None:
        return None
    arrays, texts = found
    values: dict[str, Any] = {name: tuple(texts[name]) for name in _TEXTS} | {"version": texts["version"]}
    values |= {name: _joined(name, arrays) for name in _TABLES}
    values |= {name: array for name, array in arrays.items() if "." not in name}
    if values.keys() != {field.name for field in fields(Topology)}:
        return None
    return Topology(**values)


def load_details(folder: Path, version: str) -> Details | None:
    """The details saved with the topology of this version, or None."""
    found = load_arrays(folder / DETAILS)
    if found is None or found[1]["version"] != version:
        return None
    arrays = found[0]
    places = {name: arrays[name] for name in (*PLACES, "schematic")}
    return Details(version, *(_joined(name, arrays) for name in TEXTS), placement=Placement(**places))


def _save_details(details: Details, folder: Path) -> None:
    arrays: dict[str, Array] = {}
    for name in TEXTS:
        arrays |= _pieces(name, cast("Ids", getattr(details, name)))
    arrays |= {name: getattr(details.placement, name) for name in (*PLACES, "schematic")}
    save_arrays(folder / DETAILS, arrays, {"version": details.version})


def _pieces(name: str, table: Ids) -> dict[str, Array]:
    return {f"{name}.{field.name}": getattr(table, field.name) for field in fields(table)}


def _joined(name: str, arrays: dict[str, Array]) -> Ids:
    return Ids(**{field.name: arrays[f"{name}.{field.name}"] for field in fields(Ids)})
