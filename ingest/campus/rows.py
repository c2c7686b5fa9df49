"""The IT box of a cell: rows of cabinets, two busways over each row, two rack PDUs in each cabinet."""

from __future__ import annotations

from ingest.campus.cell import Cell
from ingest.campus.plan import Box
from ingest.campus.sizing import standard

_TOP_M = 2.6
_SIDE_MARGIN_M = 1.5


def row_box(cell: Cell, row: int, offset_m: float, z: float, size_m: tuple[float, float, float]) -> Box:
    """A box along a row, `offset_m` off its middle line, `z` above the floor."""
    x, y, floor = cell.origin
    length = cell.rows[row] * 0.6
    pitch = cell.plan.parameters.number("row_pitch_m")
    middle = y + 1.2 + (row + 0.5) * pitch
    return Box(
        round(x + _SIDE_MARGIN_M + length / 2, 3),
        round(middle + offset_m, 3),
        round(floor + z, 3),
        round(length, 3),
        size_m[1],
        size_m[2],
    )


def build_rows(cell: Cell) -> None:
    """Add busways, cabinets and rack PDUs, and name the cell's power paths."""
    number = 0
    for row, count in enumerate(cell.rows):
        busways = _busways(cell, row, count)
        for position in range(1, count + 1):
            number += 1
            _cabinet(cell, row, position, number, busways)
    for side, parts in cell.path_parts.items():
        cell.plan.system(
            f"{cell.id}-PATH-{side}",
            cell.name(f"Power path {side}"),
            "ELECTRICAL",
            parts,
            within=cell.building,
            side=side,
        )


def _busways(cell: Cell, row: int, count: int) -> tuple[str, str]:
    plan, parameters = cell.plan, cell.plan.parameters
    rated = standard(count * parameters.number("cabinet_design_kw") * parameters.number("sizing_margin"))
    made: list[str] = []
    for cord, pdu, offset in zip("AB", cell.row_pdus[row], (0.3, -0.3), strict=True):
        side = cell.path_of_pdu[pdu]
        busway = plan.add(
            f"{cell.id}-BW-{row + 1:02d}{cord}",
            "Busway",
            cell.name(f"Busway {row + 1}{cord}"),
            cell.id,
            row_box(cell, row, offset, _TOP_M, parameters.size_m("Busway")),
            rated_kw=rated,
            side=side,
        )
        plan.supply(busway, [pdu])
        cell.path_parts[side].append(busway)
        made.append(busway)
    return made[0], made[1]


def _cabinet(cell: Cell, row: int, position: int, number: int, busways: tuple[str, str]) -> None:
    plan, parameters = cell.plan, cell.plan.parameters
    length, width, height = parameters.size_m("Cabinet")
    x, y, z = cell.origin
    box = Box(
        round(x + _SIDE_MARGIN_M + (position - 0.5) * length, 3),
        round(y + 1.2 + (row + 0.5) * parameters.number("row_pitch_m"), 3),
        z,
        length,
        width,
        height,
        0.0 if row % 2 == 0 else 180.0,
    )
    cabinet = plan.add(
        f"{cell.id}-C{number:03d}",
        "Cabinet",
        f"Cabinet {row + 1}-{position:02d}",
        cell.id,
        box,
        cooling_hold_s=parameters.number("cabinet_cooling_hold_s"),
        row=str(row + 1),
        position=position,
        height_units_u=parameters.number("cabinet_height_u"),
    )
    rack_length, rack_width, rack_height = parameters.size_m("RackPDU")
    turn = 1.0 if box.rotation == 0.0 else -1.0
    for cord, busway, offset in (("A", busways[0], -0.24), ("B", busways[1], 0.24)):
        strip = plan.add(
            f"{cabinet}-RP{cord}",
            "RackPDU",
            f"Rack PDU {cord} of {cabinet}",
            cabinet,
            Box(
                round(box.x + turn * offset, 3),
                round(box.y + turn * 0.5, 3),
                round(z + 0.2, 3),
                rack_length,
                rack_width,
                rack_height,
                box.rotation,
            ),
            rated_kw=parameters.number("rack_pdu_kw"),
            side=plan.assets[busway].properties["side"],
        )
        plan.supply(strip, [busway], circuits=[f"{cell.id}-PATH-{plan.assets[busway].properties['side']}"])
    _cabinet_cooling(cell, cabinet, row)


def _cabinet_cooling(cell: Cell, cabinet: str, row: int) -> None:
    plan, share = cell.plan, cell.plan.parameters.number("liquid_share")
    if not cell.liquid:
        plan.supply(cabinet, [cell.hall], "AIRCONDITIONING", carrier="zones")
        return
    manifolds = [f"{cell.id}-MAN-{row + 1:02d}{side}" for side in "AB"]
    plan.supply(
        cabinet,
        manifolds,
        "CHILLEDWATER",
        group="liquid",
        portion=share,
        circuits=[f"{cell.id}-TCS-A", f"{cell.id}-TCS-B"],
    )
    plan.supply(cabinet, [cell.hall], "AIRCONDITIONING", group="air", portion=round(1.0 - share, 6), carrier="zones")
