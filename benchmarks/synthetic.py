"""A campus of the stated size made straight from arrays, to measure the engine without exports or a database.

```
utility A, B ─▶ 2 boards a building ─▶ 2 UPS a module ─▶ 2 busways a row ─▶ 2 PDUs a rack ─▶ servers (A or B)
5 chillers a building (need 4) ─▶ 2 CDUs a module ─▶ cooling loop a row ─▶ cabinet ─▶ servers
core pair ─▶ ring of 24 switches a building (both ways) ─▶ 2 switches a rack ─▶ servers ─▶ services (2 of 3)
```
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.topology.build import build
from twin.topology.columns import CODES, PLACES, TEXTS, AssetColumns, RelationshipColumns
from twin.topology.model import NUMBERS, Topology

BUILDINGS, MODULES, ROWS, RACKS, SERVERS = 4, 10, 14, 20, 20
RING = 24


class _Maker:
    def __init__(self) -> None:
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.edges: list[tuple[int, int, str, int]] = []

    def asset(self, label: str, id_: str) -> int:
        self.ids.append(id_)
        self.labels.append(label)
        return len(self.ids) - 1

    def supply(self, kind: str, sources: list[int], target: int, need: int = 1) -> None:
        self.edges += [(source, target, kind, need) for source in sources]


def campus(scale: float = 1.0) -> Topology:
    """About 300,000 × scale assets and 700,000 × scale supply relationships."""
    make = _Maker()
    root = make.asset("Campus", "C")
    sides = [make.asset("UtilityFeed", f"U-{side}") for side in "AB"]
    cores = [make.asset("CoreNode", f"CORE-{side}") for side in "AB"]
    servers: list[int] = []
    for number in range(max(1, round(BUILDINGS * scale))):
        servers += _building(make, f"B{number}", root, sides, cores)
    rng = np.random.default_rng(1)
    for number in range(len(servers) // 60):
        service = make.asset("Service", f"SVC-{number}")
        hosts = rng.choice(len(servers), 3, replace=False).tolist()  # of a list it would copy the list each time
        make.supply("HOSTS", [servers[host] for host in hosts], service, 2)
    return build(*_columns(make))


def _building(make: _Maker, name: str, root: int, sides: list[int], cores: list[int]) -> list[int]:
    building = make.asset("Building", name)
    make.supply("CONTAINS", [root], building)
    boards: list[int] = []
    for side, feed in zip("AB", sides, strict=True):
        board = make.asset("Switchboard", f"{name}-MSB-{side}")
        generators = [make.asset("Generator", f"{name}-GEN-{side}{i}") for i in range(2)]
        make.supply("FEEDS", [feed, *generators], board)
        boards.append(board)
    chillers = [make.asset("Chiller", f"{name}-CH-{i}") for i in range(5)]
    for i, chiller in enumerate(chillers):
        make.supply("FEEDS", [boards[i % 2]], chiller)
    header = make.asset("Pump", f"{name}-HDR")
    make.supply("COOLS", chillers, header, 4)
    make.supply("FEEDS", boards, header)
    ring = [make.asset("Router", f"{name}-SW-{i}") for i in range(RING)]
    for i, switch in enumerate(ring):
        make.supply("CONNECTS", [ring[i - 1], ring[(i + 1) % RING], *([cores[i % 2]] if i % 6 == 0 else [])], switch)
        make.supply("FEEDS", boards, switch)
    servers: list[int] = []
    for number in range(MODULES):
        module = make.asset("Module", f"{name}-M{number:02}")
        make.supply("CONTAINS", [building], module)
        servers += _module(make, f"{name}-M{number:02}", module, boards, header, ring)
    make.supply("CONTAINS", [building], header)
    return servers


def _module(make: _Maker, name: str, module: int, boards: list[int], header: int, ring: list[int]) -> list[int]:  # noqa: PLR0913, PLR0917 - the parts of one rack row
    servers: list[int] = []
    ups = [make.asset("UPS", f"{name}-UPS-{side}") for side in "AB"]
    cdus = [make.asset("CDU", f"{name}-CDU-{i}") for i in range(2)]
    for unit, board in zip(ups, boards, strict=True):
        make.supply("FEEDS", [board], unit)
        make.supply("CONTAINS", [module], unit)
    for unit in cdus:
        make.supply("COOLS", [header], unit)
        make.supply("FEEDS", ups, unit)
    for row in range(ROWS):
        loop = make.asset("CoolingLoop", f"{name}-R{row:02}-LOOP")
        make.supply("COOLS", cdus, loop)
        busways = [make.asset("Busway", f"{name}-R{row:02}-BW-{side}") for side in "AB"]
        for busway, unit in zip(busways, ups, strict=True):
            make.supply("FEEDS", [unit], busway)
        for rack in range(RACKS):
            servers += _rack(make, f"{name}-R{row:02}-{rack:02}", module, busways, loop, ring)
    return servers


def _rack(make: _Maker, name: str, module: int, busways: list[int], loop: int, ring: list[int]) -> list[int]:  # noqa: PLR0913, PLR0917 - the parts of one rack row
    cabinet = make.asset("Cabinet", name)
    make.supply("CONTAINS", [module], cabinet)
    make.supply("COOLS", [loop], cabinet)
    pdus = [make.asset("RackPDU", f"{name}-PDU-{side}") for side in "AB"]
    for pdu, busway in zip(pdus, busways, strict=True):
        make.supply("FEEDS", [busway], pdu)
        make.supply("CONTAINS", [cabinet], pdu)
    place = int(name[-2:])
    tor = [make.asset("NetworkDevice", f"{name}-TOR-{i}") for i in range(2)]
    for i, switch in enumerate(tor):
        make.supply("CONNECTS", [ring[(place + 12 * i) % RING]], switch)
        make.supply("FEEDS", pdus, switch)
        make.supply("CONTAINS", [cabinet], switch)
    servers = [make.asset("Server", f"{name}-S{i:02}") for i in range(SERVERS)]
    for i, server in enumerate(servers):
        make.supply("FEEDS", [pdus[i % 2]] if i > SERVERS - 10 else pdus, server)
        make.supply("CONTAINS", [cabinet], server)
        make.supply("COOLS", [cabinet], server)
        if i % 3 == 0:
            make.supply("CONNECTS", tor, server)
    return servers


def _columns(make: _Maker) -> tuple[AssetColumns, RelationshipColumns]:
    count = len(make.ids)
    numbers: dict[str, Any] = {name: np.full(count, np.nan) for name in NUMBERS}
    server = np.array([label == "Server" for label in make.labels])
    numbers["draw_kw"][server] = 0.35
    labels = np.array(make.labels)
    assets = AssetColumns(
        id=make.ids,
        label=make.labels,
        numbers=numbers,
        standby=labels == "Generator",
        condition=np.zeros(count, np.uint8),
        texts={name: [""] * count for name in TEXTS},
        places={name: np.full(count, np.nan, np.float32) for name in PLACES},
        schematic=np.zeros(count, np.bool_),
    )
    source, target, kind, need = (list(column) for column in zip(*make.edges, strict=True))
    size = len(make.edges)
    return assets, RelationshipColumns(
        source=np.array(source, np.int32),
        target=np.array(target, np.int32),
        type=np.array([CODES[name] for name in kind], np.uint8),
        group=np.zeros(size, np.int32),
        group_names=[""],
        need=np.array(need, np.int32),
        transfer=np.zeros(size, np.bool_),
        priority=np.zeros(size, np.int32),
        portion=np.full(size, np.nan),
        inferred=np.zeros(size, np.bool_),
    )
