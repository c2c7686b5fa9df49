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
from twin.energy.zones import Pairs, Zones, apart, at_or_below, hanging, zones_of
from twin.topology.distinct import distinct
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
    level: Ints
    """k: number of the level at which the place measures; its category is `LEVELS[level][0]`."""
    place: Ints
    """p pairs: number of a place …"""
    member: Ints
    """… and an IT asset below it."""
    missing: Ints
    """Assets whose readings would complete it: the fewest in each zone."""
    unmeasured: Bools
    """n: IT of zones that cannot be measured."""

    @classmethod
    def nothing(cls, count: int) -> ItLoad:
        """No place yet, for `count` assets."""
        none = np.empty(0, np.int32)
        return cls(np.empty(0), none, none, none, none, np.zeros(count, np.bool_))

    @property
    def complete(self) -> bool:
        """Whether there is IT, and all of it is measured."""
        return bool(len(self.kw)) and not self.unmeasured.any()

    @property
    def category(self) -> str | None:
        """The lowest category of all places."""
        return _lowest(self.level)

    def by_space(self, of: Ints) -> dict[int, tuple[float | None, str | None]]:
        """The IT load of spaces (kW), and the lowest category in each; `of` (n): the space of each asset, or -1.

        None where a zone in it is not measured, or a place carries IT of other spaces too.
        """
        count = int(of.max(initial=-1)) + 2
        both = distinct(self.place * np.int64(count) + (of[self.member] + 1))
        place, space = both // count, both % count - 1
        shared = np.bincount(place, minlength=len(self.kw))[place] > 1
        unknown = np.zeros(count, np.bool_)
        unknown[space[shared] + 1] = True
        unknown[of[self.unmeasured] + 1] = True
        kw = np.bincount(space + 1, self.kw[place], count)
        found: dict[int, tuple[float | None, str | None]] = {}
        order = np.argsort(space, kind="stable")
        spaces, begins = np.unique(space[order], return_index=True)
        for number, places in zip(spaces.tolist(), np.split(place[order], begins)[1:], strict=True):
            load = None if unknown[number + 1] else float(kw[number + 1])
            found[number] = load, _lowest(self.level[places])
        return found


def _lowest(levels: Ints) -> str | None:
    return LEVELS[int(levels.max())][0] if len(levels) else None


def it_load(network: Network, power_kw: Floats) -> ItLoad:
    """The IT load by the readings `power_kw` (n, NaN: none)."""
    other, unmeasured = network.draws & ~network.is_it, np.isnan(power_kw)
    below_kw = network.load_of(np.where(other, np.nan_to_num(power_kw), 0.0))
    zones = zones_of(network, [labels for _, labels in LEVELS])
    lacking = _lacking(network, zones, other & unmeasured, unmeasured)
    never = np.iinfo(np.int64).max
    counts = np.stack([np.bincount(zone, minlength=zones.count) for zone, _ in lacking])
    counts = np.where(zones.possible, counts, never)
    best, measured = counts.argmin(axis=0), counts.min(axis=0, initial=never) == 0
    load = ItLoad.nothing(len(power_kw))
    members = np.flatnonzero(zones.zone >= 0)
    load.unmeasured[members] = ~measured[zones.zone[members]]
    for level, ((zone, asset), (place, leader)) in enumerate(zip(lacking, zones.places, strict=True)):
        load.missing = np.append(load.missing, asset[((best == level) & ~measured)[zone]])
        chosen = ((best == level) & measured)[zones.zone[leader]]
        places, numbers = np.unique(place[chosen], return_inverse=True)
        # At the IT itself each piece is its own place; elsewhere a leader brings those that it stands for.
        below, by = zones.led.of_many(leader[chosen]) if level else (leader[chosen], np.arange(len(numbers)))
        load.place = np.append(load.place, (numbers[by] + len(load.kw)).astype(np.int32))
        load.member = np.append(load.member, below)
        load.kw = np.append(load.kw, power_kw[places] - (below_kw[places] if level else 0.0))
        load.level = np.append(load.level, np.full(len(places), level, np.int32))
    return load


def _lacking(network: Network, zones: Zones, others: Bools, unmeasured: Bools) -> list[Pairs]:
    """By level pairs (zone, asset), each once: what is not measured and would have to be.

    `others` (n): what draws power, is no IT and is not measured.
    """
    top = at_or_below(network, distinct(np.concatenate([place for place, _ in zones.places[1:]])))
    asset, feeder = hanging(network, np.flatnonzero(others).astype(np.int32), top)
    count = np.int64(len(unmeasured))
    found: list[Pairs] = []
    for level, (place, leader) in enumerate(zones.places):
        zone_of = np.full(len(unmeasured), -1, np.int32)
        zone_of[place] = zones.zone[leader]
        dark = np.flatnonzero((zone_of >= 0) & unmeasured).astype(np.int32)
        here = zone_of[feeder] >= 0 if level else np.zeros(len(feeder), np.bool_)
        zone = np.append(zone_of[dark], zone_of[feeder[here]])
        found.append(apart(distinct(zone * count + np.append(dark, asset[here])), count))
    return found
