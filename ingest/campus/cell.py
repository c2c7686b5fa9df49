"""One T-Block cell: an IT box with its two power boxes and its cooling box, and what its trains agree on."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Final, Literal

from ingest.campus.layout import Floor
from ingest.campus.plan import Box, Plan

Train = Literal["2N", "N+1", "4N/3", "HVDC"]
TRAINS: Final[tuple[Train, ...]] = ("2N", "N+1", "4N/3", "HVDC")
TINY_TRAINS: Final[tuple[Train, ...]] = ("2N", "HVDC")

AISLE_M: Final = 1.0
POWER_BOX_DEPTH_M: Final = 11.5
COOLING_BOX_DEPTH_M: Final = 7.0
BOX_HEIGHT_M: Final = 4.5


@dataclass(slots=True)
class Cell:
    """A cell while it is being planned.

    `row_pdus` names, for each row, the PDUs of cord A and of cord B. `auxiliary` are two UPS-backed supplies,
    `motor_boards` two without UPS, `restartable` one of each: what the UPS itself depends on must start without it.
    """

    plan: Plan
    building: str
    id: str
    train: Train
    liquid: bool
    cabinets: int
    storey: str
    origin: tuple[float, float, float]
    floors: dict[str, Floor] = field(default_factory=dict[str, Floor])
    auxiliary: tuple[str, str] = ("", "")
    motor_boards: tuple[str, str] = ("", "")
    restartable: tuple[str, str] = ("", "")
    row_pdus: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    path_parts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    path_of_pdu: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def design_kw(self) -> float:
        """IT power that the train and the cooling are sized for."""
        return self.cabinets * self.plan.parameters.number("cabinet_design_kw")

    @property
    def rows(self) -> list[int]:
        """Cabinets of each row."""
        per_row = min(self.plan.parameters.whole("cabinets_per_row"), ceil(self.cabinets / 2))
        full, rest = divmod(self.cabinets, per_row)
        return [per_row] * full + ([rest] if rest else [])

    @property
    def hall(self) -> str:
        """Id of the data hall, the space that the air handlers cool."""
        return f"{self.id}-HALL"

    def name(self, thing: str) -> str:
        """What people call a thing of this cell."""
        building, module = self.id.rsplit("-", 1)
        return f"{thing}, module {int(module[1:])} of {building}"


def width_m(cabinets_per_row: int) -> float:
    """Width of a cell whose rows have so many cabinets."""
    return max(cabinets_per_row * 0.6 + 3.0, 18.0)


def hall_depth_m(rows: int, row_pitch_m: float) -> float:
    """Depth of the IT box."""
    return rows * row_pitch_m + 2.4


def depth_m(rows: int, row_pitch_m: float) -> float:
    """Depth of a whole cell."""
    return hall_depth_m(rows, row_pitch_m) + POWER_BOX_DEPTH_M + COOLING_BOX_DEPTH_M + 2 * AISLE_M


def raise_boxes(cell: Cell) -> None:
    """Add the rooms and the prefabricated modules of the cell."""
    plan, (x, y, z) = cell.plan, cell.origin
    pitch = plan.parameters.number("row_pitch_m")
    width, hall_depth = width_m(cell.rows[0]), hall_depth_m(len(cell.rows), pitch)
    hall = Box(x + width / 2, y + hall_depth / 2, z, width, hall_depth, BOX_HEIGHT_M)
    plan.add(cell.hall, "Room", cell.name("Data hall"), cell.storey, hall, use="IT")
    plan.add(cell.id, "Module", cell.name("IT box"), cell.hall, hall, kind="IT")
    y_power = y + hall_depth + AISLE_M + POWER_BOX_DEPTH_M / 2
    half = width / 2 - 0.25
    for side, x_centre in (("A", x + half / 2), ("B", x + width - half / 2)):
        box = Box(round(x_centre, 3), y_power, z, half, POWER_BOX_DEPTH_M, BOX_HEIGHT_M)
        room = plan.add(f"{cell.id}-PR{side}", "Room", cell.name(f"Power room {side}"), cell.storey, box, use="power")
        plan.add(f"{cell.id}-P{side}", "Module", cell.name(f"Power box {side}"), room, box, kind="power")
        cell.floors[side] = Floor(plan.parameters, box)
    y_cooling = y_power + POWER_BOX_DEPTH_M / 2 + AISLE_M + COOLING_BOX_DEPTH_M / 2
    cooling = Box(x + width / 2, y_cooling, z, width, COOLING_BOX_DEPTH_M, BOX_HEIGHT_M)
    plan.add(f"{cell.id}-CB", "Module", cell.name("Cooling box"), cell.storey, cooling, kind="cooling")
    cell.floors["C"] = Floor(plan.parameters, cooling)
