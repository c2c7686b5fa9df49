"""Spines, border routers, fibre routes, and the core and edge nodes of the bay area, as the network owner lists them.

core node → fibre route (west or east duct) → border router R-1, R-2 → spines → …        one route is enough
core nodes → edge node or gateway                                                        one core node is enough
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.campus.parameters import Parameters
from ingest.campus.plan import Plan
from ingest.campus.scales import Scale
from ingest.campus.tables import Counts, Table

CORE_NODES: Final = (
    # id, city, round trip ms, links of 400G, route km
    ("CORE-GZ3", "Guangzhou", 1.3, 2, 210.0),
    ("CORE-GZ4", "Guangzhou", 1.3, 2, 214.0),
    ("CORE-GZ6", "Guangzhou", 1.35, 2, 220.0),
    ("CORE-GZ7", "Guangzhou", 1.35, 1, 224.0),
    ("CORE-SZF", "Shenzhen", 1.66, 3, 300.0),
    ("CORE-HK2", "Hong Kong", 2.1, 2, 345.0),
    ("CORE-HK3", "Hong Kong", 2.15, 1, 350.0),
)
"""Cloud zones near, documented; 13 links of 400G and the round trips to Guangzhou and Shenzhen are documented, the
spread of the links, the other round trips and the lengths are assumed."""

EDGE_NODES: Final = (
    ("EDGE-FS", "Foshan", "Guangdong", ("CORE-GZ3", "CORE-GZ6")),
    ("EDGE-DG", "Dongguan", "Guangdong", ("CORE-GZ4", "CORE-SZF")),
    ("EDGE-HZ", "Huizhou", "Guangdong", ("CORE-SZF", "CORE-GZ7")),
    ("EDGE-ZH", "Zhuhai", "Guangdong", ("CORE-GZ6", "CORE-SZF")),
    ("EDGE-ZS", "Zhongshan", "Guangdong", ("CORE-GZ3", "CORE-SZF")),
    ("EDGE-JM", "Jiangmen", "Guangdong", ("CORE-GZ4", "CORE-GZ6")),
    ("EDGE-ZQ", "Zhaoqing", "Guangdong", ("CORE-GZ3", "CORE-GZ7")),
    ("EDGE-MO", "Macao", "Macao", ("CORE-SZF", "CORE-HK2")),
    ("EDGE-HK", "Hong Kong", "Hong Kong", ("CORE-HK2", "CORE-HK3")),
    ("GATEWAY-CN", "Guangzhou", "national", ("CORE-GZ3", "CORE-GZ4")),
    ("GATEWAY-SEA", "Hong Kong", "south-east Asia", ("CORE-HK2", "CORE-HK3")),
)
DUCTS: Final = (("W", "west duct"), ("E", "east duct"))
ASSET_COLUMNS: Final = (
    "id",
    "label",
    "name",
    "parent_id",
    "city",
    "region",
    "role",
    "round_trip_ms",
    "route_km",
    "capacity_gbit_per_s",
    "draw_kw",
    "cooling_hold_s",
    "mtbf_h",
    "mttr_h",
)
RELATIONSHIP_COLUMNS: Final = ("source_id", "type", "target_id", "group", "need")


def write_network(
    folder: Path, scale: Scale, parameters: Parameters, feeds: dict[int, tuple[str, str]], counts: Counts
) -> None:
    """Write network-assets.csv and network-relationships.csv; `feeds` are the two PDUs of each building's network."""
    with (
        Table(folder / "network-assets.csv.part", ASSET_COLUMNS) as assets,
        Table(folder / "network-relationships.csv.part", RELATIONSHIP_COLUMNS) as relationships,
    ):
        _outside(assets, relationships, parameters, counts)
        _Inside(assets, relationships, parameters, feeds, counts).write(scale)


def network_feeds(plan: Plan) -> tuple[str, str]:
    """The two PDUs that feed a building's network rooms: A of its first IT module, B of its second."""
    return plan.of_label("PDU", f"{plan.name}-M01-")[0].id, plan.of_label("PDU", f"{plan.name}-M02-")[1].id


def _reliability(parameters: Parameters, label: str) -> tuple[float | str, float | str]:
    mtbf, mttr = parameters.optional(f"mtbf_h.{label}"), parameters.optional(f"mttr_h.{label}")
    return ("" if mtbf is None else mtbf), ("" if mttr is None else mttr)


def _outside(assets: Table, relationships: Table, parameters: Parameters, counts: Counts) -> None:
    routes: list[str] = []
    core = _reliability(parameters, "CoreNode")
    fibre = _reliability(parameters, "FibreRoute")
    for node, city, round_trip, links, length in CORE_NODES:
        assets.row(
            node, "CoreNode", f"Core node {city} {node[-3:]}", "", city, "", "", round_trip, "", "", "", "", *core
        )
        for index in range(min(2, links)):
            duct, name = DUCTS[index]
            route = f"FR-{node[5:]}-{duct}"
            capacity = 400.0 * (links - links // 2 if index == 0 else links // 2)
            assets.row(
                route,
                "FibreRoute",
                f"Fibre to {city} by the {name}",
                "",
                "",
                "",
                "",
                "",
                length + 12.0 * index,
                capacity,
                "",
                "",
                *fibre,
            )
            relationships.row(node, "CONNECTS", route, "", 1)
            routes.append(route)
    for node, city, region, cores in EDGE_NODES:
        assets.row(
            node,
            "EdgeNode",
            f"{'Gateway' if node.startswith('G') else 'Edge node'} {city}, {region}",
            "",
            city,
            region,
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        )
        for source in cores:
            relationships.row(source, "CONNECTS", node, "", 1)
    counts.assets.update({"CoreNode": len(CORE_NODES), "FibreRoute": len(routes), "EdgeNode": len(EDGE_NODES)})
    counts.relationships["CONNECTS"] += len(routes) + 2 * len(EDGE_NODES)
    for router in ("R-1", "R-2"):
        for route in routes:
            relationships.row(route, "CONNECTS", router, "", 1)
    counts.relationships["CONNECTS"] += 2 * len(routes)


@dataclass(frozen=True, slots=True)
class _Inside:
    """Routers and spines, in the network rooms of the buildings."""

    assets: Table
    relationships: Table
    parameters: Parameters
    feeds: dict[int, tuple[str, str]]
    counts: Counts

    def write(self, scale: Scale) -> None:
        """Write all of them."""
        self.device("R-1", "Border router 1", building=1, side="A", suppliers=())
        self.device("R-2", "Border router 2", building=min(2, scale.buildings), side="B", suppliers=())
        for building in range(1, scale.buildings + 1):
            for number in range(1, scale.spines + 1):
                self.device(
                    f"B{building}-SP-{number}",
                    f"Spine switch {number} of B{building}",
                    building=building,
                    side="AB"[(number - 1) % 2],
                    suppliers=("R-1", "R-2"),
                )

    def device(self, id: str, name: str, *, building: int, side: str, suppliers: tuple[str, ...]) -> None:  # noqa: A002
        """A router (without suppliers among these) or a spine, fed by two PDUs and cooled by its room."""
        parameters, add = self.parameters, self.relationships.row
        label, role = ("NetworkDevice", "spine") if suppliers else ("Router", "border")
        room = f"B{building}-NR-{side}"
        draw, hold = parameters.number("spine_draw_kw"), parameters.number("server_cooling_hold_s")
        reliability = _reliability(parameters, label)
        self.assets.row(id, label, name, room, "", "", role, "", "", "", draw, hold, *reliability)
        self.counts.contained(label)
        for pdu in self.feeds[building]:
            add(pdu, "FEEDS", id, "", 1)
        add(room, "COOLS", id, "", 1)
        for supplier in suppliers:
            add(supplier, "CONNECTS", id, "", 1)
        self.counts.relationships.update({"FEEDS": 2, "COOLS": 1, "CONNECTS": len(suppliers)})


def fibre_routes(duct: str) -> list[str]:
    """Ids of the fibre routes in one duct."""
    index = [letter for letter, _ in DUCTS].index(duct)
    return [f"FR-{node[5:]}-{duct}" for node, _, _, links, _ in CORE_NODES if links > index]
