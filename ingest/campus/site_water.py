"""The make-up water of the campus: two plants, either of which is enough."""

from __future__ import annotations

from ingest.campus.layout import yard_floor
from ingest.campus.meters import WATER, add_meter
from ingest.campus.plan import Plan
from ingest.campus.scales import Scale


def build_water(plan: Plan, scale: Scale) -> None:
    """Add both water plants, with the pipes to the buildings: A from plant 1, B from plant 2."""
    parameters = plan.parameters
    mains = [
        plan.add(
            f"CITY-{n}",
            "WaterSupply",
            f"Public water main {n}",
            f"WAT-{n}-L1",
            yard_floor(plan, f"WAT-{n}", 60.0, 10.0).place("WaterSupply"),
            medium="water",
        )
        for n in (1, 2)
    ]
    for main in mains:
        add_meter(plan, main, "facility total", WATER)
    for number, side in enumerate("AB", 1):
        storey = f"WAT-{number}-L1"
        yard, floor = yard_floor(plan, f"WAT-{number}", 72.0, 26.0), yard_floor(plan, f"WAT-{number}", 18.0, 30.0)
        tank = plan.add(
            f"WAT-TK-{number}",
            "Tank",
            f"Make-up water tank {number}",
            storey,
            yard.place("Tank"),
            medium="water",
            volume_m3=parameters.number("water_tank_m3"),
            supply_hold_s=parameters.number("water_tank_hold_s"),
        )
        plan.supply(tank, mains if number == 1 else mains[::-1], "WATERSUPPLY")
        controller = plan.add(
            f"WAT-PLC-{number}",
            "Controller",
            f"Controller of water plant {number}",
            storey,
            floor.place("Controller"),
            draw_kw=parameters.number("controller_draw_kw"),
        )
        plan.supply(controller, ["SITE-LVB-A", "SITE-LVB-B"])
        pumps: list[str] = []
        for letter in ("1", "2"):
            pump = plan.add(
                f"WAT-P-{number}{letter}",
                "Pump",
                f"Make-up water pump {number}{letter}",
                storey,
                floor.place("Pump"),
                draw_kw=parameters.number("water_pump_draw_kw") * scale.buildings,
                transfer_s=parameters.number("ats_transfer_s"),
                restart_s=parameters.number("pump_restart_s"),
                medium="water",
            )
            boards = ["SITE-LVB-A", "SITE-LVB-B"]
            plan.supply(pump, boards if letter == "1" else boards[::-1], transfer=True)
            plan.supply(pump, [tank], "WATERSUPPLY")
            plan.supply(pump, [controller], "CONTROL")
            pumps.append(pump)
        header = plan.add(
            f"WAT-H-{side}",
            "Manifold",
            f"Make-up water header {side}",
            storey,
            floor.place("Manifold"),
            medium="water",
            side=side,
        )
        plan.supply(header, pumps, "WATERSUPPLY")
        pipes: list[str] = []
        for building in range(1, scale.buildings + 1):
            pipe = plan.add(
                f"PIPE-B{building}-{side}",
                "Segment",
                f"Make-up water pipe {side} to building {building}",
                storey,
                floor.place("Segment"),
                medium="water",
                side=side,
            )
            plan.supply(pipe, [header], "WATERSUPPLY")
            pipes.append(pipe)
        plan.system(f"WAT-WS-{side}", f"Make-up water {side}", "WATERSUPPLY", [tank, *pumps, header, *pipes], side=side)
