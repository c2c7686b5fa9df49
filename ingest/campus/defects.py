"""Known mistakes, seeded on request, each of a kind that real audits find.

Every defect changes the plan of building 1 before it is written, and says which failure shows it.
"""

from __future__ import annotations

from typing import Final

from ingest.campus.manifest import Defect
from ingest.campus.network import fibre_routes
from ingest.campus.plan import Plan, Supply
from ingest.campus.scales import Scale
from ingest.campus.servers import Fleet

MISWIRED_CABINETS: Final = (3, 4, 5)
"""Cabinets of the first row of module 1 that hold no top-of-rack switch."""


def seed_defects(plan: Plan, scale: Scale, servers: list[Fleet]) -> list[Defect]:
    """Change the plan of building 1, whose modules have these servers, and list what was changed."""
    in_module = [fleet.count for fleet in servers]
    return [
        _both_cords_on_one_busway(plan, servers[0]),
        _air_handlers_on_one_board(plan, in_module[1]),
        _cdu_pumps_on_one_pdu(plan, in_module[0]),
        _plant_pumps_on_one_board(plan),
        _under_rated_ups(plan, in_module[0]),
        _missing_need(plan),
        _no_generator(plan),
        _one_controller(plan, in_module[1]),
        Defect(
            "both-fibre-ducts-on-one-bridge",
            "the west and the east fibre duct cross the river on one bridge",
            "works on the bridge cut the campus off: every route is lost, so every server is unreachable",
            [*fibre_routes("W"), *fibre_routes("E")],
            ["CC-BRIDGE"],
            lost_servers=scale.servers,
        ),
    ]


def _into(plan: Plan, target: str, type: str, group: str = "") -> list[Supply]:  # noqa: A002
    return [s for s in plan.supplies if (s.target, s.type, s.group) == (target, type, group)]


def _both_cords_on_one_busway(plan: Plan, fleet: Fleet) -> Defect:
    cabinets = [f"B1-M01-C{number:03d}" for number in MISWIRED_CABINETS]
    for cabinet in cabinets:
        (cord,) = _into(plan, f"{cabinet}-RPB", "FEEDS")
        cord.source = "B1-M01-BW-01A"
    row = sum(s.source == "B1-M01-BW-01A" and s.target.endswith("-RPA") for s in plan.supplies)
    before = [sum(fleet.per_cabinet[:number]) for number in range(row + 1)]
    miswired = sum(fleet.per_cabinet[number - 1] for number in MISWIRED_CABINETS)
    first, last = before[MISWIRED_CABINETS[0] - 1], before[MISWIRED_CABINETS[-1]]
    single_corded = sum(number < before[row] and not first <= number < last for number in fleet.single_corded)
    return Defect(
        "both-cords-on-one-busway",
        "rack PDU B of three cabinets is tapped from busway 1A instead of 1B",
        "the loss of that one busway takes their dual-corded servers down, besides the single-corded ones of the row",
        [*(f"{cabinet}-RPB" for cabinet in cabinets), "B1-M01-BW-01A"],
        ["B1-M01-BW-01A"],
        lost_servers=miswired + single_corded,
    )


def _drop(plan: Plan, dropped: list[Supply]) -> None:
    gone = {id(supply) for supply in dropped}
    plan.supplies = [supply for supply in plan.supplies if id(supply) not in gone]


def _single_feed(plan: Plan, targets: list[str], board: str) -> None:
    """Let these consumers have one supply only."""
    for target in targets:
        feeds = _into(plan, target, "FEEDS")
        keep = next(feed for feed in feeds if feed.source == board)
        keep.policy, keep.priority = "", None
        _drop(plan, [feed for feed in feeds if feed is not keep])


def _air_handlers_on_one_board(plan: Plan, servers: int) -> Defect:
    handlers = [asset.id for asset in plan.of_label("AirHandler", "B1-M02-AH-")]
    _single_feed(plan, handlers, "B1-M02-MCC-A")
    return Defect(
        "air-handlers-on-one-board",
        "the second supply of all air handlers of hall 2 was never connected",
        "the loss of motor board A stops the hall's cooling",
        handlers,
        ["B1-M02-MCC-A"],
        lost_servers=servers,
    )


def _cdu_pumps_on_one_pdu(plan: Plan, servers: int) -> Defect:
    pumps = [asset.id for asset in plan.of_label("Pump", "B1-M01-CDU-")]
    for pump in pumps:
        for feed in _into(plan, pump, "FEEDS"):
            feed.source = "B1-M01-PDU-A"
    return Defect(
        "cdu-pumps-on-one-pdu",
        "both pumps of every CDU of module 1 hang on PDU A",
        "the loss of PDU A stops both liquid loops, and with them the whole module",
        pumps,
        ["B1-M01-PDU-A"],
        lost_servers=servers,
    )


def _plant_pumps_on_one_board(plan: Plan) -> Defect:
    pumps = [asset.id for asset in plan.of_label("Pump", "B1-FWP-B")]
    _single_feed(plan, pumps, "B1-HLV-A")
    return Defect(
        "pumps-of-one-loop-on-one-board",
        "all pumps of facility water loop B are fed by house board A alone",
        "the loss of house board A takes loop B; loop A carries on, at risk",
        pumps,
        ["B1-HLV-A"],
        lost_servers=0,
    )


def _under_rated_ups(plan: Plan, servers: int) -> Defect:
    ups = plan.assets["B1-M01-UPS-B"]
    ups.properties["rated_kw"] = round(float(ups.properties["rated_kw"]) * 0.4, 3)
    return Defect(
        "under-rated-ups",
        "UPS B of module 1 has 40 % of the rating of its twin",
        "when side A is lost, UPS B is overloaded; where overloads trip, the module is lost",
        ["B1-M01-UPS-B"],
        ["B1-M01-UPS-A"],
        overload="trip",
        lost_servers=servers,
    )


def _missing_need(plan: Plan) -> Defect:
    dry_coolers = _into(plan, "B1-FWH-B", "COOLS", "coolers")
    for supply in dry_coolers:
        supply.need, supply.group = None, ""
    return Defect(
        "missing-need",
        "the export of header B of the facility water does not say how many dry coolers it needs",
        "the ingest infers that it needs all and says so: the spare does not count, one dry cooler takes loop B",
        ["B1-FWH-B", *(supply.source for supply in dry_coolers)],
        [dry_coolers[0].source],
        lost_servers=0,
    )


def _no_generator(plan: Plan) -> Defect:
    generator = next(s for s in _into(plan, "B1-MV-B", "FEEDS") if s.source.startswith("GEN-SWB"))
    _drop(plan, [generator])
    return Defect(
        "board-without-generator",
        "10 kV board B of building 1 is not connected to a generator board",
        "with its incomer and the bus tie out nothing feeds it; low-voltage ties keep the loads up, at risk",
        ["B1-MV-B"],
        ["B1-MVQ-B"],
        out=["B1-MVT"],
        lost_servers=0,
    )


def _one_controller(plan: Plan, servers: int) -> Defect:
    handlers = [asset.id for asset in plan.of_label("AirHandler", "B1-M02-AH-")]
    for handler in handlers:
        _drop(plan, [s for s in _into(plan, handler, "CONTROLS") if s.source == "B1-M02-PLC-2"])
    return Defect(
        "one-controller",
        "the air handlers of hall 2 listen to controller 1 only",
        "the loss of controller 1 stops the hall's cooling",
        handlers,
        ["B1-M02-PLC-1"],
        lost_servers=servers,
    )
