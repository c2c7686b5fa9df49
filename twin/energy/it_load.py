"""What the IT takes, measured as near to it as the readings allow: that place is the category of the PUE.

| category | the IT load is measured at |
|---|---|
| PUE3 | the IT equipment itself, or the rack PDUs that feed it |
| PUE2 | the output of PDUs, or the busways behind them |
| PUE1 | the output of UPS and rectifiers |

A zone is IT that shares places of measurement; within it one place is chosen, the best at which nothing is missing, so
that nothing is counted twice. What is not IT and hangs below a place (an air handler on a PDU) is measured itself and
taken off, with the losses on its way; where it is not measured, the place cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.energy.network import Network
from twin.topology.model import Bools, Floats, Ints

LEVELS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("PUE3", ()),
    ("PUE3", ("RackPDU",)),
    ("PUE2", ("Busway",)),
    ("PUE2", ("PDU",)),
    ("PUE1", ("UPS", "Rectifier")),
)
"""Category, and the labels at which it is measured; none: at the IT equipment itself. Best first."""


@dataclass(eq=False)
class ItLoad:
    """The IT load: what each of k places of measurement carries of it, for which equipment."""

    kw: Floats
    """k."""
    category: list[str]
    """k."""
    place: Ints
    """p pairs: number of a place …"""
    member: Ints
    """… and an IT asset below it."""
    missing: list[int]
    """Assets whose readings would complete it: the fewest in each zone."""
    unmeasured: Bools
    """n: IT of zones that cannot be measured."""

    @property
    def complete(self) -> bool:
        """Whether there is IT, and all of it is measured."""
        return bool(len(self.kw)) and not self.unmeasured.any()

    def within(self, inside: Bools) -> tuple[float | None, str | None]:
        """The IT load of a space (kW) and the lowest category in it.

        None where a zone in it is not measured, or a place carries IT of other spaces too.
        """
        here = np.bincount(self.place, inside[self.member], len(self.kw))
        wholly = here == np.bincount(self.place, minlength=len(self.kw))
        some = np.flatnonzero(here > 0)
        lowest = min((self.category[number] for number in some.tolist()), default=None)
        if not len(some) or (self.unmeasured & inside).any() or not wholly[some].all():
            return None, lowest
        return float(self.kw[some].sum()), lowest


@dataclass(eq=False)
class _Zone:
    """IT that shares places of measurement: classes of equipment with the same suppliers."""

    members: list[int]
    places: list[dict[int, set[int]] | None]
    """By level: place → IT below it; None where not all of the zone hangs below such places."""


def it_load(network: Network, power_kw: Floats) -> ItLoad:
    """The IT load by the readings `power_kw` (n, NaN: none)."""
    other = network.draws & ~network.is_it
    below_kw = network.load_of(np.where(other, np.nan_to_num(power_kw), 0.0))
    kw: list[float] = []
    categories: list[str] = []
    pairs: list[tuple[int, int]] = []
    missing: list[int] = []
    unmeasured = np.zeros(len(power_kw), np.bool_)
    for zone in _zones(network):
        options = [_option(network, power_kw, zone, level) for level in range(len(LEVELS))]
        best = next((level for level, lacking in enumerate(options) if lacking == []), None)
        if best is None:
            missing += min((lacking for lacking in options if lacking is not None), key=len)
            unmeasured[zone.members] = True
            continue
        for place, members in (zone.places[best] or {}).items():
            pairs += [(len(kw), member) for member in members]
            kw.append(float(power_kw[place]) - (float(below_kw[place]) if best else 0.0))
            categories.append(LEVELS[best][0])
    both = np.array(pairs, np.int32).reshape(-1, 2)
    return ItLoad(np.array(kw), categories, both[:, 0], both[:, 1], missing, unmeasured)


def _option(network: Network, power_kw: Floats, zone: _Zone, level: int) -> list[int] | None:
    """What is missing to measure a zone at a level; None where the level is no option."""
    places = zone.places[level]
    if places is None:
        return None
    missing = [place for place in places if np.isnan(power_kw[place])]
    if level:
        missing += [asset for asset in _others_below(network, places) if np.isnan(power_kw[asset])]
    return missing


def _others_below(network: Network, places: dict[int, set[int]]) -> list[int]:
    """What draws power below these places and is no IT."""
    seen = set(places)
    stack = list(places)
    found: list[int] = []
    while stack:
        for consumer in network.consumers(stack.pop()):
            if consumer not in seen and not network.is_it[consumer]:
                seen.add(consumer)
                stack.append(consumer)
                if network.draws[consumer]:
                    found.append(consumer)
    return sorted(found)


def _zones(network: Network) -> list[_Zone]:
    """The zones of all IT that is up."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for asset in np.flatnonzero(network.is_it & network.up).tolist():
        suppliers = tuple(network.suppliers(asset))
        alike.setdefault(suppliers or (-1 - asset,), []).append(asset)
    climbs = [_Climb(network, labels) for _, labels in LEVELS]
    union = _Union()
    places_of: list[tuple[tuple[int, ...], list[set[int] | None]]] = []
    for suppliers in alike:
        fed = suppliers[0] >= 0
        places: list[set[int] | None] = [None, *(climb.from_all(suppliers) if fed else None for climb in climbs[1:])]
        places_of.append((suppliers, places))
        together = [place for chosen in places if chosen for place in sorted(chosen)] or [suppliers[0]]
        for place in together:
            union.join(together[0], place)
    zones: dict[int, _Zone] = {}
    for suppliers, places in places_of:
        members = alike[suppliers]
        first = next((min(chosen) for chosen in places if chosen), suppliers[0])
        zone = zones.setdefault(union.root(first), _Zone([], [{} for _ in LEVELS]))
        zone.members += members
        own = zone.places[0]
        if own is not None:
            own.update((member, {member}) for member in members)
        for level in range(1, len(LEVELS)):
            chosen, known = places[level], zone.places[level]
            if chosen is None:
                zone.places[level] = None
            elif known is not None:
                for place in chosen:
                    known.setdefault(place, set()).update(members)
    return list(zones.values())


class _Climb:
    """From a supplier up to the first assets with these labels, on every way; None where a way has none."""

    def __init__(self, network: Network, labels: tuple[str, ...]) -> None:
        self._network = network
        self._wanted = network.labelled(labels)
        self._known: dict[int, set[int] | None] = {}

    def from_all(self, assets: tuple[int, ...]) -> set[int] | None:
        found: set[int] = set()
        for asset in assets:
            places = self._from(asset)
            if places is None:
                return None
            found |= places
        return found

    def _from(self, asset: int) -> set[int] | None:
        if asset not in self._known:
            self._known[asset] = None  # a loop above the last place leads nowhere
            suppliers = tuple(self._network.suppliers(asset))
            self._known[asset] = {asset} if self._wanted[asset] else self.from_all(suppliers) if suppliers else None
        return self._known[asset]


class _Union:
    """Sets of numbers that grow together."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def root(self, number: int) -> int:
        while (parent := self._parent.setdefault(number, number)) != number:
            self._parent[number] = self._parent[parent]
            number = parent
        return number

    def join(self, one: int, other: int) -> None:
        self._parent[self.root(one)] = self.root(other)
