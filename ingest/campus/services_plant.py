"""What an IT building's cells share: house boards on the ring and on 10 kV B, and the two facility water loops.

RMU (10 kV ring) → HT-A → HLV-A ⇄ HLT ⇄ HLV-B ← HT-B ← 10 kV board B

loop A   towers → chillers → header FWH-A, condenser and chilled-water pumps n+1
loop B   dry coolers → header FWH-B (warm water), pumps n+1
Each loop carries all the liquid heat of the building; inside a loop everything is n+1.
"""

from __future__ import annotations

from ingest.campus.layout import Floor
from ingest.campus.plan import Box, Plan
from ingest.campus.sizing import standard, units


def build_house_power(plan: Plan, building: str) -> None:
    """Two house boards with a bus tie, A from the 10 kV ring, B from the building's 10 kV; each can carry the plant."""
    parameters = plan.parameters
    boards = {f"{building}-HLV-A", f"{building}-HLV-B"}
    plant = {supply.target for supply in plan.supplies if supply.source in boards}
    load_kw = sum(float(plan.assets[machine].properties["draw_kw"]) for machine in sorted(plant))
    kva = standard(max(10.0, load_kw) * parameters.number("sizing_margin") / parameters.number("power_factor"))
    rated = round(kva * parameters.number("power_factor"), 3)
    tie = f"{building}-HLT"
    floors = {side: _strip(plan, f"{building}-MVR-{side}") for side in "AB"}
    for side in "AB":
        room = f"{building}-MVR-{side}"
        transformer = plan.add(
            f"{building}-HT-{side}",
            "Transformer",
            f"House transformer {side} of {building}",
            room,
            floors[side].place("Transformer"),
            rated_kva=kva,
            rated_kw=rated,
            side=side,
            rated_voltage_v=parameters.number("mv_voltage_v"),
            secondary_voltage_v=parameters.number("lv_voltage_v"),
        )
        if side == "A":
            plan.supply(transformer, [f"RMU-{building}"], carrier="cables")
        else:
            plan.supply(transformer, [f"{building}-MV-B"])
        board = plan.add(
            f"{building}-HLV-{side}",
            "Switchboard",
            f"House board {side} of {building}",
            room,
            floors[side].place("Switchboard"),
            rated_kw=rated,
            side=side,
            transfer_s=parameters.number("bus_transfer_s"),
            rated_voltage_v=parameters.number("lv_voltage_v"),
        )
        plan.supply(board, [transformer, tie], transfer=True)
        plan.system(
            f"{building}-HS-{side}",
            f"House power {side} of {building}",
            "ELECTRICAL",
            [transformer, board],
            within=building,
            side=side,
        )
    plan.add(
        tie,
        "Breaker",
        f"House bus tie of {building}",
        f"{building}-MVR-A",
        floors["A"].place("Breaker"),
        rated_kw=rated,
        normal_position="open",
    )
    plan.supply(tie, [f"{building}-HLV-A", f"{building}-HLV-B"])


def _strip(plan: Plan, room: str) -> Floor:
    """The back half of a room, behind what stands there already."""
    box = plan.assets[room].box
    if box is None:
        raise ValueError(f"{room} has no box")
    return Floor(plan.parameters, Box(box.x, box.y + 2.5, box.z, box.length, box.width - 5.0, box.height))


class _Plant:
    """Adds n+1 groups of one loop's machines, each fed by both house boards."""

    def __init__(self, plan: Plan, building: str, side: str, controllers: list[str]) -> None:
        self.plan, self.building, self.side, self.controllers = plan, building, side, controllers
        shell, roof = plan.assets[building].box, f"{building}-RF"
        if shell is None:
            raise ValueError(f"{building} has no box")
        half = shell.length / 2 - 1.0
        x = shell.x + (-half / 2 - 0.5 if side == "A" else half / 2 + 0.5)
        y = shell.y + shell.width / 2 - 9.0
        room = f"{building}-PL-{side}"
        ground = Box(round(x, 3), round(y, 3), 0.0, round(half, 3), 16.0, 5.0)
        self.room = plan.add(
            room, "Room", f"Cooling plant {side} of {building}", f"{building}-L1", ground, use="cooling"
        )
        self.ground = Floor(plan.parameters, ground)
        self.roof, self.roof_floor = (
            roof,
            Floor(
                plan.parameters,
                Box(round(x, 3), round(shell.y, 3), shell.height, round(half, 3), shell.width - 2.0, 5.0),
            ),
        )
        self.parts: list[str] = []

    def machines(  # noqa: PLR0913 - one call describes one group of machines
        self,
        label: str,
        short: str,
        thing: str,
        heat_kw: float,
        *,
        largest_kw: float,
        draw_share: float,
        on_roof: bool = False,
        water: bool = False,
        restart: str = "pump_restart_s",
    ) -> tuple[list[str], int]:
        """n+1 equal machines that carry `heat_kw`; gives their ids and n."""
        plan, parameters = self.plan, self.plan.parameters
        needed, rated = units(heat_kw, largest_kw)
        made: list[str] = []
        for index in range(needed + 1):
            machine = plan.add(
                f"{self.building}-{short}-{self.side}{index + 1}",
                label,
                f"{thing} {self.side}{index + 1} of {self.building}",
                self.roof if on_roof else self.room,
                (self.roof_floor if on_roof else self.ground).place(label),
                rated_cooling_kw=rated,
                side=self.side,
                draw_kw=round(rated * draw_share, 3),
                restart_s=parameters.number(restart),
                transfer_s=parameters.number("ats_transfer_s"),
            )
            boards = [f"{self.building}-HLV-A", f"{self.building}-HLV-B"]
            plan.supply(machine, boards if index % 2 == 0 else boards[::-1], transfer=True)
            plan.supply(machine, self.controllers, "CONTROL")
            if water:
                plan.supply(machine, [f"{self.building}-WH-A", f"{self.building}-WH-B"], "WATERSUPPLY")
            made.append(machine)
        self.parts += made
        return made, needed

    def header(self) -> str:
        """The loop's header, fed by whatever the caller connects."""
        header = self.plan.add(
            f"{self.building}-FWH-{self.side}",
            "Manifold",
            f"Facility water header {self.side} of {self.building}",
            self.room,
            self.ground.place("Manifold"),
            medium="facility water",
            side=self.side,
        )
        self.parts.append(header)
        return header


def build_plant(plan: Plan, building: str, liquid_kw: float, controllers: list[str]) -> None:
    """Add both facility water loops, each for `liquid_kw` with margin."""
    parameters = plan.parameters
    heat = liquid_kw * parameters.number("sizing_margin")
    pump_share, fan_share = parameters.number("pump_draw_share"), parameters.number("fan_draw_share")
    rejected, largest_pump = heat * (1.0 + 1.0 / parameters.number("chiller_cop")), parameters.number("pump_kw")
    a = _Plant(plan, building, "A", controllers)
    towers, towers_needed = a.machines(
        "CoolingTower",
        "CT",
        "Cooling tower",
        rejected,
        largest_kw=parameters.number("tower_kw"),
        draw_share=fan_share,
        on_roof=True,
        water=True,
    )
    condenser_pumps, condenser_needed = a.machines(
        "Pump", "CWP", "Condenser water pump", rejected, largest_kw=largest_pump, draw_share=pump_share
    )
    chillers, chillers_needed = a.machines(
        "Chiller",
        "CH",
        "Chiller",
        heat,
        largest_kw=parameters.number("chiller_kw"),
        draw_share=1.0 / parameters.number("chiller_cop"),
        restart="chiller_restart_s",
    )
    for chiller in chillers:
        plan.assets[chiller].properties["cop"] = parameters.number("chiller_cop")
        plan.supply(chiller, towers, "CONDENSERWATER", group="towers", need=towers_needed)
        plan.supply(chiller, condenser_pumps, "CONDENSERWATER", group="pumps", need=condenser_needed)
    pumps, pumps_needed = a.machines(
        "Pump", "CHP", "Chilled water pump", heat, largest_kw=largest_pump, draw_share=pump_share
    )
    header = a.header()
    plan.supply(header, chillers, "CHILLEDWATER", group="chillers", need=chillers_needed)
    plan.supply(header, pumps, "CHILLEDWATER", group="pumps", need=pumps_needed)
    first = len(towers) + len(condenser_pumps)
    plan.system(f"{building}-CWS-A", f"Condenser water of {building}", "CONDENSERWATER", a.parts[:first], side="A")
    plan.system(f"{building}-FWS-A", f"Facility water A of {building}", "CHILLEDWATER", a.parts[first:], side="A")
    b = _Plant(plan, building, "B", controllers)
    coolers, coolers_needed = b.machines(
        "DryCooler",
        "DC",
        "Dry cooler",
        heat,
        largest_kw=parameters.number("dry_cooler_kw"),
        draw_share=fan_share,
        on_roof=True,
    )
    pumps, pumps_needed = b.machines(
        "Pump", "FWP", "Facility water pump", heat, largest_kw=largest_pump, draw_share=pump_share
    )
    header = b.header()
    plan.supply(header, coolers, "CHILLEDWATER", group="coolers", need=coolers_needed)
    plan.supply(header, pumps, "CHILLEDWATER", group="pumps", need=pumps_needed)
    plan.system(f"{building}-FWS-B", f"Facility water B of {building}", "CHILLEDWATER", b.parts, side="B")
