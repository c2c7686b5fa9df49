"""Zones of IT: equipment that shares places of measurement, at each of several levels of the power train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.energy.network import Neighbours, Network
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints


class Pairs(NamedTuple):
    """Pairs of whole numbers, as two arrays of one length."""

    first: Ints
    second: Ints


def apart(keys: np.ndarray, count: np.int64) -> Pairs:
    """The pairs whose keys are first × count + second."""
    return Pairs((keys // count).astype(np.int32), (keys % count).astype(np.int32))


@dataclass(frozen=True, eq=False)
class Zones:
    """All IT that is up, by zones 0 … count-1. Of IT with the same suppliers one piece, the leader, stands for all."""

    count: int
    zone: Ints
    """n: the zone of each asset that is IT and up, else -1."""
    possible: Bools
    """levels × count: all of the zone hangs below places of the level."""
    places: list[Pairs]
    """By level: places, and the leaders below each; a place is of one zone."""
    led: Neighbours
    """For each leader those it stands for, itself among them."""


def zones_of(network: Network, levels: Sequence[tuple[str, ...]]) -> Zones:
    """The zones for `levels`, the labels of places of measurement; no labels: each piece of IT is its own place."""
    from scipy.sparse import coo_matrix  # noqa: PLC0415 - a tenth of a second
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    count = len(network.topology)
    members = np.flatnonzero(network.is_it & network.up).astype(np.int32)
    _, first, class_of = np.unique(_alike(network, members), return_index=True, return_inverse=True)
    leaders = members[first]
    below = [_places_above(network, leaders, network.labelled(labels)) if labels else None for labels in levels]
    ends = [pairs for pairs in below if pairs is not None]
    # Where no level leads anywhere, the first supplier holds those together that hang on it.
    alone = network.fed.copy()
    for pairs in ends:
        alone[pairs.second] = False
    lonely = leaders[alone[leaders]]
    ends.append(Pairs(network.suppliers.other[network.suppliers.start[lonely]], lonely))
    place, leader = (np.concatenate(end) for end in zip(*ends, strict=True))
    # IT may feed IT: as a leader it is another node than as a supplier.
    graph = coo_matrix((np.ones(len(place), np.int8), (place, leader + count)), (2 * count, 2 * count))
    component = connected_components(graph, directed=False)[1]
    kinds, zone_of_class = np.unique(component[leaders + count], return_inverse=True)
    zone = np.full(count, -1, np.int32)
    zone[members] = zone_of_class[class_of]
    possible = np.ones((len(levels), len(kinds)), np.bool_)
    places: list[Pairs] = []
    for level, pairs in enumerate(below):
        if pairs is None:
            places.append(Pairs(members, members))
            continue
        without = np.ones(count, np.bool_)
        without[pairs.second] = False
        possible[level, zone[leaders[without[leaders]]]] = False
        inside = possible[level, zone[pairs.second]]
        places.append(Pairs(pairs.first[inside], pairs.second[inside]))
    return Zones(len(kinds), zone, possible, places, Neighbours.of(count, leaders[class_of], members))


def hanging(network: Network, assets: Ints, below: Bools) -> Pairs:
    """Pairs (asset, what feeds it at any distance by a way without IT), as far up as what is `below` (n)."""
    count = np.int64(len(network.topology))
    wave = Pairs(assets, assets)
    known = np.empty(0, np.int64)
    while len(wave.first):
        supplier, place = network.suppliers.of_many(wave.second)
        inside = below[supplier] & ~network.is_it[supplier]
        found = distinct(wave.first[place[inside]] * count + supplier[inside])
        found = found[~np.isin(found, known, assume_unique=True)]
        known = np.sort(np.concatenate([known, found]))
        wave = apart(found, count)
    return apart(known, count)


def at_or_below(network: Network, places: Ints) -> Bools:
    """Which assets are among these or are fed by them, at any distance (n)."""
    found = np.zeros(len(network.topology), np.bool_)
    wave = places
    while len(wave):
        found[wave] = True
        consumers = network.consumers.of_many(wave)[0]
        wave = distinct(consumers[~found[consumers]])
    return found


def _alike(network: Network, members: Ints) -> Ints:
    """A number for each member, the same for those with the same suppliers; without suppliers nobody is alike."""
    start, count = network.suppliers.start, np.int64(len(network.topology) + 1)
    sizes = network.suppliers.counts[members]
    codes = np.where(sizes > 0, 0, np.arange(1, len(members) + 1))
    for step in range(int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes > step)
        key = np.zeros(len(members), np.int64)
        key[longer] = network.suppliers.other[start[members[longer]] + step] + 1
        codes = np.unique(codes * count + key, return_inverse=True)[1]
    return codes.astype(np.int32)


def _places_above(network: Network, leaders: Ints, wanted: Bools) -> Pairs:
    """Pairs (first asset that is `wanted` (n) on the way up, leader), for leaders all of whose ways lead to one."""
    leads = _all_ways_lead(network, wanted)
    count = np.int64(len(network.topology))
    supplier, place = network.suppliers.of_many(leaders)
    fails = np.bincount(place, ~leads[supplier], len(leaders)) > 0
    keep = ~fails[place]
    wave = Pairs(supplier[keep], leaders[place[keep]])
    found: list[Pairs] = []
    while len(wave.first):
        there = wanted[wave.first]
        found.append(Pairs(wave.first[there], wave.second[there]))
        further, place = network.suppliers.of_many(wave.first[~there])
        wave = apart(distinct(further * count + wave.second[~there][place]), count)
    if not found:
        return wave
    both = distinct(np.concatenate([pairs.first * count + pairs.second for pairs in found]))
    return apart(both, count)


def _all_ways_lead(network: Network, wanted: Bools) -> Bools:
    """From which assets every way up comes to one that is `wanted`, itself included; a way in a loop leads nowhere."""
    consumers = np.flatnonzero(network.fed & network.feeding & ~wanted).astype(np.int32)
    leads = wanted.copy()
    while len(consumers):
        supplier, place = network.suppliers.of_many(consumers)
        more = np.bincount(place, ~leads[supplier], len(consumers)) == 0
        if not more.any():
            break
        leads[consumers[more]] = True
        consumers = consumers[~more]
    return leads
