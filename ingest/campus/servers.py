"""Servers and their top-of-rack switches: the asset list and the cabling list of the IT owner, building by building.

spines (all of the building, half needed) → leaf A, leaf B → server          CONNECTS, one of two needed
rack PDU A, B → server, leaf                                                 FEEDS, one of two needed
cabinet → server, leaf                                                       COOLS
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ingest.campus.parameters import Parameters
from ingest.campus.scales import Scale, spread
from ingest.campus.tables import Counts, Table

ROLES: Final = ("AI", "cloud", "storage", "video", "messaging", "IoT")
ASSET_COLUMNS: Final = (
    "id",
    "label",
    "name",
    "parent_id",
    "serial",
    "role",
    "position_u",
    "height_u",
    "draw_kw",
    "power_hold_s",
    "cooling_hold_s",
    "restart_s",
    "mtbf_h",
    "mttr_h",
)
RELATIONSHIP_COLUMNS: Final = ("source_id", "type", "target_id", "group", "need")


@dataclass(frozen=True, slots=True)
class Fleet:
    """The servers of one IT module: how many stand in each cabinet, and which are single-corded (by running number)."""

    module: str
    per_cabinet: list[int]
    single_corded: frozenset[int]

    @property
    def count(self) -> int:
        """Servers of the module."""
        return sum(self.per_cabinet)


def server_id(module: str, cabinet: int, position: int) -> str:
    """Id of the server at `position` (from 1) of a cabinet (from 1)."""
    return f"{module}-C{cabinet:03d}-S{position:02d}"


def fleets(scale: Scale, parameters: Parameters, seed: int, building: int) -> list[Fleet]:
    """The servers of a building, module by module."""
    in_building = spread(scale.servers, scale.buildings)[building - 1]
    share = parameters.number("server_single_corded_share")
    result: list[Fleet] = []
    for index, in_module in enumerate(spread(in_building, scale.modules_per_building)):
        generator = np.random.default_rng([seed, building, index, 1])
        single = np.flatnonzero(generator.random(in_module) < share)
        result.append(
            Fleet(
                f"B{building}-M{index + 1:02d}",
                spread(in_module, scale.cabinets_per_module),
                frozenset(int(number) for number in single),
            )
        )
    return result


class ServerTables:
    """Writes servers-assets.csv and servers-relationships.csv."""

    def __init__(self, folder: Path, scale: Scale, parameters: Parameters, seed: int, counts: Counts) -> None:
        self._scale, self._parameters, self._seed, self._counts = scale, parameters, seed, counts
        self._assets = Table(folder / "servers-assets.csv.part", ASSET_COLUMNS)
        self._relationships = Table(folder / "servers-relationships.csv.part", RELATIONSHIP_COLUMNS)

    def write(self, building: int) -> None:
        """Write the rows of one building."""
        for fleet in fleets(self._scale, self._parameters, self._seed, building):
            self._module(building, fleet)

    def close(self, *, complete: bool) -> None:
        """Close both tables; what is not complete is not flushed."""
        for table in (self._assets, self._relationships):
            table.__exit__(None if complete else KeyboardInterrupt, None, None)

    def _module(self, building: int, fleet: Fleet) -> None:
        pairs = leaf_pairs(fleet.per_cabinet, self._parameters.whole("servers_per_leaf_pair"))
        for number, (first, last) in enumerate(pairs, 1):
            self._leaves(building, fleet.module, number, first, last)
        pair_of = {
            cabinet: number for number, (first, last) in enumerate(pairs, 1) for cabinet in range(first, last + 1)
        }
        self._servers(fleet, pair_of)

    def _leaves(self, building: int, module: str, number: int, first: int, last: int) -> None:
        """A pair of switches, in two different cabinets where the pair serves more than one."""
        parameters, counts = self._parameters, self._counts
        spines = [f"B{building}-SP-{n}" for n in range(1, self._scale.spines + 1)]
        need = max(1, len(spines) // 2)
        for letter, cabinet_number in (("A", first), ("B", min(first + 1, last))):
            leaf, cabinet = f"{module}-LF-{number:02d}{letter}", f"{module}-C{cabinet_number:03d}"
            self._assets.row(
                leaf,
                "NetworkDevice",
                f"Top-of-rack switch {number}{letter} of {module}",
                cabinet,
                f"LF{module}{number:02d}{letter}",
                "top of rack",
                parameters.number("cabinet_height_u"),
                1,
                parameters.number("network_device_draw_kw"),
                parameters.number("server_power_hold_s"),
                parameters.number("server_cooling_hold_s"),
                "",
                parameters.number("mtbf_h.NetworkDevice"),
                parameters.number("mttr_h.NetworkDevice"),
            )
            counts.contained("NetworkDevice")
            for cord in "AB":
                self._relationships.row(f"{cabinet}-RP{cord}", "FEEDS", leaf, "", 1)
            self._relationships.row(cabinet, "COOLS", leaf, "", 1)
            for spine in spines:
                self._relationships.row(spine, "CONNECTS", leaf, "", need)
            counts.relationships.update({"FEEDS": 2, "COOLS": 1, "CONNECTS": len(spines)})

    def _servers(self, fleet: Fleet, pair_of: dict[int, int]) -> None:
        parameters, module = self._parameters, fleet.module
        generator = np.random.default_rng([self._seed, *_numbers(module), 2])
        mean, spread_by = parameters.number("server_draw_kw"), parameters.number("server_draw_spread")
        draws = np.round(mean * (1.0 + spread_by * (2.0 * generator.random(fleet.count) - 1.0)), 3).tolist()
        roles = generator.integers(0, len(ROLES), fleet.count).tolist()
        height = parameters.whole("server_height_u")
        tail = ",".join(
            f"{parameters.number(name):g}"
            for name in (
                "server_power_hold_s",
                "server_cooling_hold_s",
                "server_restart_s",
                "mtbf_h.Server",
                "mttr_h.Server",
            )
        )
        homes = "AB"[: max(1, min(2, parameters.whole("server_network_homes")))]
        add_asset, add_relationship = self._assets.raw, self._relationships.raw
        running = feeds = 0
        for cabinet_number, count in enumerate(fleet.per_cabinet, 1):
            cabinet, leaf = f"{module}-C{cabinet_number:03d}", f"{module}-LF-{pair_of[cabinet_number]:02d}"
            for position in range(1, count + 1):
                server = f"{cabinet}-S{position:02d}"
                add_asset(
                    f"{server},Server,Server {position} of {cabinet},{cabinet},SN{server.replace('-', '')},"
                    f"{ROLES[roles[running]]},{1 + (position - 1) * height},{height},{draws[running]:g},{tail}\n"
                )
                for cord in "A" if running in fleet.single_corded else "AB":
                    add_relationship(f"{cabinet}-RP{cord},FEEDS,{server},,1\n")
                    feeds += 1
                add_relationship(f"{cabinet},COOLS,{server},,1\n")
                for home in homes:
                    add_relationship(f"{leaf}{home},CONNECTS,{server},,1\n")
                running += 1
        self._counts.contained("Server", running)
        self._counts.relationships.update({"FEEDS": feeds, "COOLS": running, "CONNECTS": running * len(homes)})


def _numbers(module: str) -> tuple[int, int]:
    building, number = module.split("-")
    return int(building[1:]), int(number[1:])


def leaf_pairs(per_cabinet: list[int], ports: int) -> list[tuple[int, int]]:
    """First and last cabinet (from 1) of each pair of switches, so that no pair has more servers than ports."""
    pairs: list[tuple[int, int]] = []
    first, load = 1, 0
    for cabinet, count in enumerate(per_cabinet, 1):
        if load and load + count > ports:
            pairs.append((first, cabinet - 1))
            first, load = cabinet, 0
        load += count
    pairs.append((first, len(per_cabinet)))
    return pairs
