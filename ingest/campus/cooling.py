"""The cooling of a cell: air handlers for the hall and the power rooms, and two liquid loops where it is liquid-cooled.

MCC-A/B → AH-i (n+1, n needed) → hall → cabinet → server          every cell
building header A → valve → HX ┐
                     CDU pumps ┴→ CDU-A → loop A's row manifolds ┐
                                  CDU-B → loop B's row manifolds ┴→ cabinet (either loop carries all of it)
"""

from __future__ import annotations

from ingest.campus.cell import Cell
from ingest.campus.plan import Box
from ingest.campus.rows import row_box
from ingest.campus.sizing import standard, units


def build_cooling(cell: Cell) -> None:
    """Add controllers, air handlers and, where the cell is liquid-cooled, CDUs and row manifolds."""
    _controllers(cell)
    _hall_air(cell)
    for side in "AB":
        _power_room_air(cell, side)
    if cell.liquid:
        for side in "AB":
            _liquid_loop(cell, side)


def cooling_heat_kw(cell: Cell) -> tuple[float, float]:
    """Design heat of the cell that goes to air and to liquid."""
    liquid = cell.plan.parameters.number("liquid_share") if cell.liquid else 0.0
    return cell.design_kw * (1.0 - liquid), cell.design_kw * liquid


def controllers(cell: Cell) -> list[str]:
    """Ids of the cell's two controllers; either is enough."""
    return [f"{cell.id}-PLC-1", f"{cell.id}-PLC-2"]


def _controllers(cell: Cell) -> None:
    for index, (controller, side) in enumerate(zip(controllers(cell), "AB", strict=True)):
        cell.plan.add(
            controller,
            "Controller",
            cell.name(f"Controller {index + 1}"),
            f"{cell.id}-P{side}",
            cell.floors[side].place("Controller"),
            draw_kw=cell.plan.parameters.number("controller_draw_kw"),
        )
        cell.plan.supply(controller, cell.restartable)


def _air_handler(cell: Cell, id: str, name: str, *, box: str, floor: str, rated_kw: float) -> str:  # noqa: A002, PLR0913
    parameters = cell.plan.parameters
    return cell.plan.add(
        id,
        "AirHandler",
        cell.name(name),
        box,
        cell.floors[floor].place("AirHandler"),
        rated_cooling_kw=rated_kw,
        draw_kw=round(rated_kw * parameters.number("air_handler_draw_share"), 3),
        restart_s=parameters.number("pump_restart_s"),
        supply_hold_s=parameters.number("air_handler_sump_s"),
        transfer_s=parameters.number("ats_transfer_s"),
        medium="air",
    )


def _hall_air(cell: Cell) -> None:
    plan, margin = cell.plan, cell.plan.parameters.number("sizing_margin")
    heat_kw = cooling_heat_kw(cell)[0] * margin
    needed, rated = units(heat_kw, plan.parameters.number("air_handler_kw"), 2)
    handlers: list[str] = []
    for index in range(needed + 1):
        handler = _air_handler(
            cell,
            f"{cell.id}-AH-{index + 1}",
            f"Air handler {index + 1}",
            box=f"{cell.id}-CB",
            floor="C",
            rated_kw=rated,
        )
        boards = cell.motor_boards if index % 2 == 0 else cell.motor_boards[::-1]
        plan.supply(handler, boards, transfer=True)
        plan.supply(handler, [f"{cell.building}-WH-A", f"{cell.building}-WH-B"], "WATERSUPPLY")
        plan.supply(handler, controllers(cell), "CONTROL")
        handlers.append(handler)
    plan.supply(cell.hall, handlers, "AIRCONDITIONING", need=needed, carrier="zones")


def _power_room_air(cell: Cell, side: str) -> None:
    """Two air handlers for a power room, one needed, fed by what they keep cool and by a motor board."""
    plan = cell.plan
    rated = standard(max(5.0, cell.design_kw * plan.parameters.number("power_room_heat_share")))
    handlers = [
        _air_handler(
            cell,
            f"{cell.id}-P{side}-AH-{n}",
            f"Air handler {n} of power room {side}",
            box=f"{cell.id}-P{side}",
            floor=side,
            rated_kw=rated,
        )
        for n in (1, 2)
    ]
    for index, handler in enumerate(handlers):
        plan.supply(handler, cell.restartable if index == 0 else cell.restartable[::-1], transfer=True)
        plan.supply(handler, [f"{cell.building}-WH-A", f"{cell.building}-WH-B"], "WATERSUPPLY")
        plan.supply(handler, controllers(cell), "CONTROL")
    plan.supply(f"{cell.id}-PR{side}", handlers, "AIRCONDITIONING", carrier="zones")


def _liquid_loop(cell: Cell, side: str) -> None:
    plan, parameters = cell.plan, cell.plan.parameters
    heat_kw = cooling_heat_kw(cell)[1] * parameters.number("sizing_margin")
    count, rated = units(heat_kw, parameters.number("cdu_kw"))
    loop: list[str] = []
    cdus: list[str] = []
    floor, box = cell.floors["C"], f"{cell.id}-CB"
    valve = plan.add(
        f"{cell.id}-V-{side}",
        "Valve",
        cell.name(f"Isolating valve {side}"),
        box,
        floor.place("Valve"),
        normal_position="open",
        medium="chilled water",
        side=side,
    )
    plan.supply(valve, [f"{cell.building}-FWH-{side}"], "CHILLEDWATER")
    for index in range(count):
        cdu = f"{cell.id}-CDU-{side}{index + 1}"
        _cdu(cell, cdu, side, rated, valve)
        cdus.append(cdu)
        loop += [f"{cdu}-HX", f"{cdu}-P1", f"{cdu}-P2", cdu]
    for row in range(len(cell.rows)):
        manifold = plan.add(
            f"{cell.id}-MAN-{row + 1:02d}{side}",
            "Manifold",
            cell.name(f"Row manifold {row + 1}{side}"),
            cell.id,
            _manifold_box(cell, row, side),
            medium="coolant",
            side=side,
        )
        plan.supply(manifold, cdus, "CHILLEDWATER", need=count)
        loop.append(manifold)
    plan.system(f"{cell.id}-TCS-{side}", cell.name(f"Liquid loop {side}"), "CHILLEDWATER", loop, side=side)


def _manifold_box(cell: Cell, row: int, side: str) -> Box:
    length, width, height = cell.plan.parameters.size_m("Manifold")
    return row_box(cell, row, (0.45 if side == "A" else -0.45), 0.0, (length, width, height))


def _cdu(cell: Cell, cdu: str, side: str, rated_kw: float, valve: str) -> None:
    """A CDU with its plate heat exchanger and two pumps, one needed, on two PDUs."""
    plan, parameters = cell.plan, cell.plan.parameters
    floor, box = cell.floors["C"], f"{cell.id}-CB"
    plan.add(
        cdu,
        "CDU",
        cell.name(f"CDU {cdu.rsplit('-', 1)[1]}"),
        box,
        floor.place("CDU"),
        rated_cooling_kw=rated_kw,
        draw_kw=parameters.number("cdu_draw_kw"),
        supply_c=parameters.number("cdu_supply_c"),
        side=side,
    )
    exchanger = plan.add(
        f"{cdu}-HX",
        "HeatExchanger",
        cell.name(f"Heat exchanger of {cdu}"),
        cdu,
        floor.place("HeatExchanger"),
        rated_cooling_kw=rated_kw,
        side=side,
    )
    plan.supply(exchanger, [valve], "CHILLEDWATER")
    pumps = [
        plan.add(
            f"{cdu}-P{n}",
            "Pump",
            cell.name(f"Pump {n} of {cdu}"),
            cdu,
            floor.place("Pump"),
            rated_cooling_kw=rated_kw,
            draw_kw=round(rated_kw * parameters.number("cdu_pump_draw_share"), 3),
            side=side,
            restart_s=parameters.number("pump_restart_s"),
        )
        for n in (1, 2)
    ]
    for pump, supplier in zip(pumps, cell.auxiliary, strict=True):
        plan.supply(pump, [supplier])
    plan.supply(cdu, [exchanger], "CHILLEDWATER", group="exchanger")
    plan.supply(cdu, pumps, "CHILLEDWATER", group="pumps")
    plan.supply(cdu, cell.auxiliary)
    plan.supply(cdu, controllers(cell), "CONTROL")
