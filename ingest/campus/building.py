"""One IT building: its storeys, its T-Block cells, its medium voltage, network rooms and shared services."""

from __future__ import annotations

from math import ceil

from ingest.campus.cell import TINY_TRAINS, TRAINS, Cell, depth_m, raise_boxes, width_m
from ingest.campus.cooling import build_cooling, cooling_heat_kw
from ingest.campus.layout import Floor
from ingest.campus.meters import add_meter
from ingest.campus.parameters import Parameters
from ingest.campus.plan import Box, Plan
from ingest.campus.power import build_power
from ingest.campus.rows import build_rows
from ingest.campus.scales import Scale
from ingest.campus.services_plant import build_house_power, build_plant
from ingest.campus.sizing import standard

STRIP_M = 14.0
PLANT_M = 18.0
CORRIDOR_M = 3.0
_ROOMS = (
    ("MVR-A", "10 kV room A", "power"),
    ("MVR-B", "10 kV room B", "power"),
    ("NR-A", "Network room A", "network"),
    ("NR-B", "Network room B", "network"),
    ("SR-A", "Service room A", "control"),
    ("SR-B", "Service room B", "control"),
)


def plan_building(scale: Scale, parameters: Parameters, number: int, blocks: int) -> Plan:
    """The plan of IT building `number` (from 1), backed by so many generator blocks, in campus coordinates."""
    building = f"B{number}"
    plan = Plan(building, parameters)
    cells = _shell(plan, scale, number)
    _medium_voltage(plan, number, blocks, sum(cell.design_kw for cell in cells))
    _water_headers(plan, building)
    for cell in cells:
        raise_boxes(cell)
        build_power(cell)
        build_cooling(cell)
        build_rows(cell)
        _meters(cell)
    _house(plan, building, cells)
    return plan


def footprint_m(scale: Scale, parameters: Parameters) -> tuple[float, float]:
    """Extent of an IT building east–west and north–south."""
    columns, rows_of_cells = _arrangement(scale)
    cell_width, cell_depth = _cell_size(scale, parameters)
    return (
        columns * (cell_width + 1.0) + 1.0,
        rows_of_cells * (cell_depth + CORRIDOR_M) + STRIP_M + PLANT_M,
    )


def origin_m(parameters: Parameters, number: int) -> tuple[float, float]:
    """Lower-left corner of IT building `number`: three to a row, from the south-west."""
    row, column = divmod(number - 1, 3)
    return column * parameters.number("building_pitch_x_m"), row * parameters.number("building_pitch_y_m")


def _arrangement(scale: Scale) -> tuple[int, int]:
    per_storey = ceil(scale.modules_per_building / scale.storeys)
    rows_of_cells = 2 if per_storey > 4 else 1
    return ceil(per_storey / rows_of_cells), rows_of_cells


def _cell_size(scale: Scale, parameters: Parameters) -> tuple[float, float]:
    cabinets = scale.cabinets_per_module
    per_row = min(parameters.whole("cabinets_per_row"), ceil(cabinets / 2))
    return width_m(per_row), depth_m(ceil(cabinets / per_row), parameters.number("row_pitch_m"))


def _shell(plan: Plan, scale: Scale, number: int) -> list[Cell]:
    """Building, storeys and the cells' places."""
    parameters, building = plan.parameters, f"B{number}"
    height = parameters.number("storey_height_m")
    x0, y0 = origin_m(parameters, number)
    width, depth = footprint_m(scale, parameters)
    middle = (x0 + width / 2, y0 + depth / 2)
    plan.add(
        building,
        "Building",
        f"IT building {number}",
        "CAMPUS",
        Box(round(middle[0], 3), round(middle[1], 3), 0.0, width, depth, height * scale.storeys),
    )
    for storey in range(1, scale.storeys + 1):
        plan.add(
            f"{building}-L{storey}",
            "Storey",
            f"Storey {storey} of {building}",
            building,
            elevation_m=(storey - 1) * height,
        )
    plan.add(f"{building}-RF", "Storey", f"Roof of {building}", building, elevation_m=scale.storeys * height)
    columns, rows_of_cells = _arrangement(scale)
    cell_width, cell_depth = _cell_size(scale, parameters)
    trains = TINY_TRAINS if scale.name == "tiny" else TRAINS
    every = parameters.whole("liquid_every")
    cells: list[Cell] = []
    for index in range(scale.modules_per_building):
        storey, place = divmod(index, columns * rows_of_cells)
        row, column = divmod(place, columns)
        cells.append(
            Cell(
                plan=plan,
                building=building,
                id=f"{building}-M{index + 1:02d}",
                train=trains[index % len(trains)],
                liquid=every > 0 and index % every == 0,
                cabinets=scale.cabinets_per_module,
                storey=f"{building}-L{storey + 1}",
                origin=(
                    round(x0 + 1.0 + column * (cell_width + 1.0), 3),
                    round(y0 + STRIP_M + row * (cell_depth + CORRIDOR_M), 3),
                    storey * height,
                ),
            )
        )
    room_width = (width - 2.0) / len(_ROOMS)
    for index, (room, name, use) in enumerate(_ROOMS):
        box = Box(round(x0 + 1.0 + (index + 0.5) * room_width, 3), y0 + 6.5, 0.0, round(room_width - 0.3, 3), 11.0, 4.5)
        plan.add(f"{building}-{room}", "Room", f"{name} of {building}", f"{building}-L1", box, use=use)
    return cells


def generator_block(blocks: int, building_number: int, side: str) -> int:
    """Which generator block (from 1) backs a building's 10 kV side: the sides of one building differ if they can."""
    return ((building_number - 1) * 2 + "AB".index(side)) % blocks + 1


def _medium_voltage(plan: Plan, number: int, blocks: int, design_kw: float) -> None:
    """Two 10 kV boards with a bus tie, each behind its incomer and on a generator board."""
    parameters, building = plan.parameters, f"B{number}"
    rated = standard(design_kw * (1.0 + parameters.number("mechanical_share")))
    tie = f"{building}-MVT"
    floors = {side: Floor(parameters, _box(plan, f"{building}-MVR-{side}")) for side in "AB"}
    voltage = parameters.number("mv_voltage_v")
    for side in "AB":
        room = f"{building}-MVR-{side}"
        incomer = plan.add(
            f"{building}-MVQ-{side}",
            "Breaker",
            f"10 kV incomer {side} of {building}",
            room,
            floors[side].place("Breaker"),
            rated_kw=rated,
            normal_position="closed",
            rated_voltage_v=voltage,
            side=side,
        )
        plan.supply(incomer, [f"CBL-{building}-{side}"], carrier="cables")
        board = plan.add(
            f"{building}-MV-{side}",
            "Switchboard",
            f"10 kV board {side} of {building}",
            room,
            floors[side].place("Switchboard"),
            rated_kw=rated,
            rated_voltage_v=voltage,
            side=side,
            transfer_s=parameters.number("bus_transfer_s"),
        )
        plan.supply(board, [incomer, tie], transfer=True)
        generators = f"GEN-SWB-{generator_block(blocks, number, side)}"
        plan.supply(board, [generators], transfer=True, first_priority=2, carrier="cables")
        plan.system(
            f"{building}-MVS-{side}",
            f"10 kV side {side} of {building}",
            "ELECTRICAL",
            [incomer, board],
            within=building,
            side=side,
        )
    plan.add(
        tie,
        "Breaker",
        f"10 kV bus tie of {building}",
        f"{building}-MVR-A",
        floors["A"].place("Breaker"),
        rated_kw=rated,
        normal_position="open",
        rated_voltage_v=voltage,
    )
    plan.supply(tie, [f"{building}-MV-A", f"{building}-MV-B"])


def _box(plan: Plan, id: str) -> Box:  # noqa: A002
    box = plan.assets[id].box
    if box is None:
        raise ValueError(f"{id} has no box")
    return box


def _back(box: Box) -> Box:
    """The back half of a room, behind what stands there already."""
    return Box(box.x, box.y + box.width / 4, box.z, box.length, box.width / 2, box.height)


def _water_headers(plan: Plan, building: str) -> None:
    for side in "AB":
        room = f"{building}-SR-{side}"
        floor = Floor(plan.parameters, _box(plan, room))
        header = plan.add(
            f"{building}-WH-{side}",
            "Manifold",
            f"Make-up water header {side} of {building}",
            room,
            floor.place("Manifold"),
            medium="water",
            side=side,
        )
        plan.supply(header, [f"PIPE-{building}-{side}"], "WATERSUPPLY", carrier="cables")
        plan.system(f"{building}-WS-{side}", f"Make-up water {side} of {building}", "WATERSUPPLY", [header], side=side)


def _meters(cell: Cell) -> None:
    """An energy meter for each PDU, a temperature sensor for the hall."""
    plan = cell.plan
    for pdu in sorted(cell.path_of_pdu):
        add_meter(plan, pdu, "IT")
    hall, size = _box(plan, cell.hall), plan.parameters.size_m("Sensor")
    plan.add(
        f"{cell.id}-TS",
        "Sensor",
        cell.name("Supply air sensor"),
        cell.hall,
        Box(hall.x, hall.y, round(hall.z + 2.4, 3), *size),
        quantity="temperature",
    )


def house_supplies(cells: list[Cell]) -> tuple[str, str]:
    """Two supplies for the building's controllers and network rooms, from two cells, one of them without UPS."""
    return cells[0].restartable[0], cells[1].motor_boards[1]


def _house(plan: Plan, building: str, cells: list[Cell]) -> None:
    """Controllers, network rooms' cooling, house boards and the cooling plant."""
    supplies = house_supplies(cells)
    controllers: list[str] = []
    for index, side in enumerate("AB", 1):
        room = f"{building}-SR-{side}"
        floor = Floor(plan.parameters, _back(_box(plan, room)))
        controller = plan.add(
            f"{building}-PLC-{index}",
            "Controller",
            f"Plant controller {index} of {building}",
            room,
            floor.place("Controller"),
            draw_kw=plan.parameters.number("controller_draw_kw"),
        )
        plan.supply(controller, supplies)
        controllers.append(controller)
    _network_rooms(plan, building, supplies, controllers)
    liquid_kw = sum(cooling_heat_kw(cell)[1] for cell in cells)
    if liquid_kw > 0.0:
        build_plant(plan, building, liquid_kw, controllers)
    build_house_power(plan, building)
    for side in "AB":
        add_meter(plan, f"{building}-MV-{side}", "building total")
    add_meter(plan, f"{building}-HT-A", "building total")  # comes by the ring, past the 10 kV boards


def _network_rooms(plan: Plan, building: str, supplies: tuple[str, str], controllers: list[str]) -> None:
    parameters, rated = plan.parameters, plan.parameters.number("network_room_air_kw")
    for side in "AB":
        room = f"{building}-NR-{side}"
        floor = Floor(parameters, _box(plan, room))
        handlers: list[str] = []
        for index in (1, 2):
            handler = plan.add(
                f"{room}-AH-{index}",
                "AirHandler",
                f"Air handler {index} of {room}",
                room,
                floor.place("AirHandler"),
                rated_cooling_kw=rated,
                draw_kw=round(rated * parameters.number("air_handler_draw_share"), 3),
                restart_s=parameters.number("pump_restart_s"),
                supply_hold_s=parameters.number("air_handler_sump_s"),
                transfer_s=parameters.number("ats_transfer_s"),
                medium="air",
            )
            plan.supply(handler, supplies if index == 1 else supplies[::-1], transfer=True)
            plan.supply(handler, [f"{building}-WH-A", f"{building}-WH-B"], "WATERSUPPLY")
            plan.supply(handler, controllers, "CONTROL")
            handlers.append(handler)
        plan.supply(room, handlers, "AIRCONDITIONING", carrier="zones")
