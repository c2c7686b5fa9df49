"""The power train of a cell: transformers and main boards, then one of four ways to the PDUs.

10 kV A → T-A → LVB-A ⇄ LVT ⇄ LVB-B ← T-B ← 10 kV B           (all trains; 4N/3 has two such pairs)

2N     LVB-A → UPS-A → PDU-A                LVB-B → UPS-B → PDU-B
N+1    LVB-A, LVB-B → ATS-i → UPS-i (n+1 of them, n needed) → OUT-A → PDU-A and OUT-B → PDU-B
4N/3   LVB-i → UPS-i → PDU-i, i = 1 … 4; a row is corded to one odd and one even system
HVDC   LVB-A → RECT-i (n+1, n needed) → DCB-A → PDU-A           LVB-B → PDU-B (direct utility)
"""

from __future__ import annotations

from ingest.campus.cell import Cell
from ingest.campus.sizing import standard


def build_power(cell: Cell) -> None:
    """Add the train from the building's 10 kV boards to the PDUs, the motor boards, and the rows' cords."""
    {"2N": _two_n, "N+1": _n_plus_one, "4N/3": _distributed, "HVDC": _hvdc}[cell.train](cell)
    _motor_boards(cell)


def _needed_kw(cell: Cell, it_kw: float, share: float = 1.0) -> float:
    parameters = cell.plan.parameters
    mechanical = cell.design_kw * parameters.number("mechanical_share") * share
    return (it_kw + mechanical) * parameters.number("sizing_margin")


def _main_boards(cell: Cell, sides: tuple[str, str], each_kw: float) -> None:
    """A pair of transformers with their main boards and the bus tie between them; each can carry both."""
    plan, parameters = cell.plan, cell.plan.parameters
    power_factor = parameters.number("power_factor")
    kva = standard(each_kw / power_factor)
    tie = f"{cell.id}-LVT" if sides == ("A", "B") else f"{cell.id}-LVT-{sides[0]}{sides[1]}"
    for position, side in enumerate(sides):
        room = "AB"[position]
        box, floor = f"{cell.id}-P{room}", cell.floors[room]
        transformer = plan.add(
            f"{cell.id}-T-{side}",
            "Transformer",
            cell.name(f"Transformer {side}"),
            box,
            floor.place("Transformer"),
            rated_kva=kva,
            rated_kw=round(kva * power_factor, 3),
            side=side,
            power_factor=power_factor,
            phases=3,
            rated_voltage_v=parameters.number("mv_voltage_v"),
            secondary_voltage_v=parameters.number("lv_voltage_v"),
        )
        board = plan.add(
            f"{cell.id}-LVB-{side}",
            "Switchboard",
            cell.name(f"Main board {side}"),
            box,
            floor.place("Switchboard"),
            rated_kw=round(kva * power_factor, 3),
            side=side,
            phases=3,
            power_factor=power_factor,
            rated_voltage_v=parameters.number("lv_voltage_v"),
            transfer_s=parameters.number("bus_transfer_s"),
        )
        plan.supply(transformer, [f"{cell.building}-MV-{room}"])
        plan.supply(board, [transformer, tie], transfer=True)
        cell.path_parts[side] = [transformer, board]
    boards = [f"{cell.id}-LVB-{side}" for side in sides]
    plan.add(
        tie,
        "Breaker",
        cell.name(f"Bus tie {sides[0]}-{sides[1]}"),
        f"{cell.id}-PA",
        cell.floors["A"].place("Breaker"),
        rated_kw=round(kva * power_factor, 3),
        normal_position="open",
    )
    plan.supply(tie, boards)


def _ups(cell: Cell, side: str, room: str, rated_kw: float, suppliers: list[str]) -> str:
    """A UPS with its battery, in power room `room`; it needs that room's cooling."""
    plan, parameters = cell.plan, cell.plan.parameters
    box, floor = f"{cell.id}-P{room}", cell.floors[room]
    ups = plan.add(
        f"{cell.id}-UPS-{side}",
        "UPS",
        cell.name(f"UPS {side}"),
        box,
        floor.place("UPS"),
        rated_kw=rated_kw,
        side=side,
        power_hold_s=parameters.number("ups_hold_s"),
        cooling_hold_s=parameters.number("room_cooling_hold_s"),
    )
    plan.supply(ups, suppliers)
    plan.supply(ups, [f"{cell.id}-PR{room}"], "AIRCONDITIONING", carrier="zones")
    hold_s = parameters.number("ups_hold_s")
    _battery(cell, f"{cell.id}-BAT-{side}", ups, room=room, rated_kw=rated_kw, hold_s=hold_s)
    return ups


def _battery(cell: Cell, battery: str, of: str, *, room: str, rated_kw: float, hold_s: float) -> None:  # noqa: PLR0913
    plan = cell.plan
    plan.add(
        battery,
        "Battery",
        cell.name(f"Battery of {of}"),
        f"{cell.id}-P{room}",
        cell.floors[room].place("Battery"),
        capacity_kwh=round(rated_kw * hold_s / 3600.0, 1),
        bridges=of,
    )
    plan.assets[battery].battery_of = of


def _board(  # noqa: PLR0913
    cell: Cell, name: str, label: str, thing: str, *, room: str, rated_kw: float, side: str = ""
) -> str:
    return cell.plan.add(
        f"{cell.id}-{name}",
        label,
        cell.name(f"{thing} {side}".strip()),
        f"{cell.id}-P{room}",
        cell.floors[room].place(label),
        rated_kw=rated_kw,
        **({"side": side} if side else {}),
    )


def _ups_kw(cell: Cell, load_kw: float) -> float:
    return standard(load_kw * cell.plan.parameters.number("sizing_margin"))


def _two_n(cell: Cell) -> None:
    _main_boards(cell, ("A", "B"), _needed_kw(cell, cell.design_kw))
    rated = _ups_kw(cell, cell.design_kw)
    for side in "AB":
        ups = _ups(cell, side, side, rated, [f"{cell.id}-LVB-{side}"])
        pdu = _board(cell, f"PDU-{side}", "PDU", "PDU", room=side, rated_kw=rated, side=side)
        cell.plan.supply(pdu, [ups])
        cell.path_parts[side] += [ups, pdu]
        cell.path_of_pdu[pdu] = side
    cell.auxiliary = (f"{cell.id}-PDU-A", f"{cell.id}-PDU-B")
    cell.row_pdus = [cell.auxiliary] * len(cell.rows)


def _n_plus_one(cell: Cell) -> None:
    plan, needed = cell.plan, cell.plan.parameters.whole("ups_modules")
    _main_boards(cell, ("A", "B"), _needed_kw(cell, cell.design_kw))
    rated = _ups_kw(cell, cell.design_kw / needed)
    boards = [f"{cell.id}-LVB-A", f"{cell.id}-LVB-B"]
    plant: list[str] = []
    for index in range(needed + 1):
        room = "AB"[index % 2]
        ats = _board(
            cell, f"ATS-{index + 1}", "TransferSwitch", f"Transfer switch {index + 1}", room=room, rated_kw=rated
        )
        plan.assets[ats].properties["transfer_s"] = plan.parameters.number("ats_transfer_s")
        plan.supply(ats, boards if index % 2 == 0 else boards[::-1], transfer=True)
        plant += [ats, _ups(cell, str(index + 1), room, rated, [ats])]
    for side in "AB":
        out = _board(
            cell,
            f"OUT-{side}",
            "Switchboard",
            "UPS output board",
            room=side,
            rated_kw=_ups_kw(cell, cell.design_kw),
            side=side,
        )
        plan.supply(out, plant[1::2], need=needed)
        pdu = _board(cell, f"PDU-{side}", "PDU", "PDU", room=side, rated_kw=_ups_kw(cell, cell.design_kw), side=side)
        plan.supply(pdu, [out])
        cell.path_parts[side] += [*plant, out, pdu]
        cell.path_of_pdu[pdu] = side
    cell.auxiliary = (f"{cell.id}-PDU-A", f"{cell.id}-PDU-B")
    cell.row_pdus = [cell.auxiliary] * len(cell.rows)


def _distributed(cell: Cell) -> None:
    pairs = [("1", "2"), ("3", "4"), ("1", "4"), ("3", "2")]
    corded = [pairs[row % len(pairs)] for row in range(len(cell.rows))]
    worst_kw = _worst_system_kw(cell, corded)
    _main_boards(cell, ("1", "2"), _needed_kw(cell, 2 * worst_kw))
    _main_boards(cell, ("3", "4"), _needed_kw(cell, 2 * worst_kw))
    rated = _ups_kw(cell, worst_kw)
    for index, side in enumerate("1234"):
        room = "AB"[index % 2]
        ups = _ups(cell, side, room, rated, [f"{cell.id}-LVB-{side}"])
        pdu = _board(cell, f"PDU-{side}", "PDU", "PDU", room=room, rated_kw=rated, side=side)
        cell.plan.supply(pdu, [ups])
        cell.path_parts[side] += [ups, pdu]
        cell.path_of_pdu[pdu] = side
    cell.auxiliary = (f"{cell.id}-PDU-1", f"{cell.id}-PDU-2")
    cell.row_pdus = [(f"{cell.id}-PDU-{odd}", f"{cell.id}-PDU-{even}") for odd, even in corded]


def _worst_system_kw(cell: Cell, corded: list[tuple[str, str]]) -> float:
    """What one of the four systems carries at most after any other is lost."""
    per_cabinet = cell.plan.parameters.number("cabinet_design_kw")
    worst = 0.0
    for lost in "1234":
        for system in "1234":
            if system == lost:
                continue
            rows = [
                count * (1.0 if lost in pair else 0.5)
                for count, pair in zip(cell.rows, corded, strict=True)
                if system in pair
            ]
            worst = max(worst, sum(rows) * per_cabinet)
    return worst


def _hvdc(cell: Cell) -> None:
    plan, parameters = cell.plan, cell.plan.parameters
    needed, hold_s = parameters.whole("rectifier_modules"), parameters.number("rectifier_hold_s")
    _main_boards(cell, ("A", "B"), _needed_kw(cell, cell.design_kw))
    rated = _ups_kw(cell, cell.design_kw / needed)
    rectifiers: list[str] = []
    for index in range(needed + 1):
        rectifier = _board(
            cell, f"RECT-{index + 1}", "Rectifier", f"240 V rectifier {index + 1}", room="A", rated_kw=rated, side="A"
        )
        plan.assets[rectifier].properties |= {
            "power_hold_s": hold_s,
            "cooling_hold_s": parameters.number("room_cooling_hold_s"),
        }
        plan.supply(rectifier, [f"{cell.id}-LVB-A"])
        plan.supply(rectifier, [f"{cell.id}-PRA"], "AIRCONDITIONING", carrier="zones")
        _battery(cell, f"{cell.id}-BAT-{index + 1}", rectifier, room="A", rated_kw=rated, hold_s=hold_s)
        rectifiers.append(rectifier)
    full = _ups_kw(cell, cell.design_kw)
    direct_current = _board(cell, "DCB-A", "Switchboard", "240 V DC board", room="A", rated_kw=full, side="A")
    plan.supply(direct_current, rectifiers, need=needed)
    for side, suppliers in (("A", [direct_current]), ("B", [f"{cell.id}-LVB-B"])):
        pdu = _board(cell, f"PDU-{side}", "PDU", "PDU", room=side, rated_kw=full, side=side)
        plan.supply(pdu, suppliers)
        cell.path_of_pdu[pdu] = side
    cell.path_parts["A"] += [*rectifiers, direct_current, f"{cell.id}-PDU-A"]
    cell.path_parts["B"] += [f"{cell.id}-PDU-B"]
    cell.row_pdus = [(f"{cell.id}-PDU-A", f"{cell.id}-PDU-B")] * len(cell.rows)


def _motor_boards(cell: Cell) -> None:
    """A motor board for the cooling in each power box, without UPS; in HVDC cells they also serve the auxiliaries."""
    mains = ("1", "2") if cell.train == "4N/3" else ("A", "B")
    rated = standard(_needed_kw(cell, 0.0))
    for side, main in zip("AB", mains, strict=True):
        board = cell.plan.add(
            f"{cell.id}-MCC-{side}",
            "Switchboard",
            cell.name(f"Motor board {side}"),
            f"{cell.id}-P{side}",
            cell.floors[side].place("Switchboard"),
            rated_kw=rated,
            side=side,
        )
        cell.plan.supply(board, [f"{cell.id}-LVB-{main}"])
    cell.motor_boards = (f"{cell.id}-MCC-A", f"{cell.id}-MCC-B")
    if cell.train == "HVDC":
        cell.auxiliary = cell.motor_boards
    cell.restartable = (cell.auxiliary[0], cell.motor_boards[1])
