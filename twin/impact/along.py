"""What a failure takes along, and by whom (section 6), told round by round."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from twin.impact.reach import places
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology

KINDS = ("AFFECTS", "CONTAINS", "PART_OF")
_AFFECTS, _CONTAINS, _PART_OF = range(3)
FEW = 10_000
"""Assets that are sorted sooner than marked among all."""


def taken_by(topology: Topology, named: Iterable[int], gone: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Why each asset that `named` take along is down, when `gone` are out already: `{"type", "by": ids}`.

    What several take in one round is told by the type that comes first in the alphabet, with all that took it so.
    """
    return Along(topology, named, gone).all()


class Along:
    """What `named` take along when `gone` are out already; told of as many as are asked for, as `taken_by` has it."""

    def __init__(self, topology: Topology, named: Iterable[int], gone: Iterable[int]) -> None:
        known = np.zeros(len(topology), np.bool_)
        known[np.fromiter(gone, np.int32)] = True
        known[np.fromiter(named, np.int32)] = True
        left = np.diff(topology.whole_start)
        fresh = np.flatnonzero(known).astype(np.int32)
        rounds = [np.empty((3, 0), np.int32)]
        while len(fresh):
            found = _round(topology, fresh, known, left)
            rounds.append(found)
            fresh = _once(found[0], len(topology))
            known[fresh] = True
        self._topology = topology
        self._rows = np.concatenate(rounds, axis=1)
        """Asset, kind and by whom."""
        self._is_taken = np.zeros(len(topology), np.bool_)
        self._is_taken[self._rows[0]] = True

    def takes(self, assets: Ints) -> Bools:
        """Which of these are taken along."""
        return self._is_taken[assets]

    def all(self) -> dict[int, dict[str, Any]]:
        """Of everything that is taken along."""
        return _told(self._topology, self._rows)

    def of(self, assets: Ints) -> dict[int, dict[str, Any]]:
        """Of those of these assets that are taken along."""
        wanted = np.zeros(len(self._topology), np.bool_)
        wanted[assets] = True
        return _told(self._topology, self._rows[:, wanted[self._rows[0]]])


def _round(topology: Topology, fresh: Ints, known: Bools, left: Ints) -> Ints:
    """What `fresh` take along that is not `known`: three rows, asset, kind and by whom.

    `left` (n), paths and loops of each part that are not taken, is counted down.
    """
    place = places(topology.along_start, fresh)
    asset, by = topology.along[place], _sources(topology.along_start, fresh)
    kind = np.where(topology.along_affects[place], _AFFECTS, _CONTAINS)
    kept = ~known[asset]
    if (kind == _AFFECTS).any():
        affected = np.zeros(len(topology), np.bool_)
        affected[asset[kind == _AFFECTS]] = True
        kept &= (kind == _AFFECTS) | ~affected[asset]
    asset, kind, by = asset[kept], kind[kept], by[kept]
    parts = topology.part[places(topology.part_start, fresh)]
    np.subtract.at(left, parts, 1)
    whole = _once(parts[(left[parts] == 0) & ~known[parts]], len(topology))
    if len(whole):
        whole = np.setdiff1d(whole, asset).astype(np.int32)
    owner, wholes = _sources(topology.whole_start, whole), topology.whole[places(topology.whole_start, whole)]
    rows = (asset, owner), (kind, np.full(len(owner), _PART_OF)), (by, wholes)
    return np.stack([np.concatenate(row) for row in rows]).astype(np.int32)


def _once(assets: Ints, count: int) -> Ints:
    """Each of these once, ascending; `count`: n."""
    if len(assets) < FEW:
        return distinct(assets)
    mask = np.zeros(count, np.bool_)
    mask[assets] = True
    return np.flatnonzero(mask).astype(np.int32)


def _sources(start: Ints, keys: Ints) -> Ints:
    """For each of `places(start, keys)` the key."""
    return np.repeat(keys, start[keys + 1] - start[keys])


def _told(topology: Topology, taken: Ints) -> dict[int, dict[str, Any]]:
    ids = topology.ids
    order = np.lexsort((ids.rank[taken[2]], taken[0]))
    asset, kind, by = taken[:, order]
    who, number = np.unique(by, return_inverse=True)
    names = ids.many(who)
    told: dict[int, dict[str, Any]] = {}
    for one, code, place in zip(asset.tolist(), kind.tolist(), number.tolist(), strict=True):
        known = told.get(one)
        if known is None:
            told[one] = {"type": KINDS[code], "by": [names[place]]}
        else:
            known["by"].append(names[place])
    return told
