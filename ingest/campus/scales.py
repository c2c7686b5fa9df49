"""The four sizes of the reference campus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ScaleName = Literal["tiny", "block", "building", "full"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of the campus is written; servers and cabinets are exact."""

    name: ScaleName
    buildings: int
    modules_per_building: int
    cabinets_per_module: int
    servers: int
    storeys: int
    services: int
    tenants: int
    sections: int
    """10 kV sections of the substation: pairs with a bus tie."""
    spines: int
    """Spine switches of a building."""

    @property
    def modules(self) -> int:
        """IT modules of the campus."""
        return self.buildings * self.modules_per_building

    @property
    def cabinets(self) -> int:
        """Cabinets of the campus."""
        return self.modules * self.cabinets_per_module


SCALES: Final[dict[str, Scale]] = {
    "tiny": Scale("tiny", 1, 2, 20, 260, 1, 10, 2, 2, 2),
    "block": Scale("block", 1, 4, 75, 2_000, 1, 40, 4, 2, 2),
    "building": Scale("building", 1, 20, 250, 33_000, 2, 400, 12, 2, 4),
    "full": Scale("full", 6, 20, 250, 200_000, 2, 2_000, 30, 4, 4),
}


def spread(total: int, parts: int) -> list[int]:
    """`total` in `parts` whole parts that differ by at most one, the larger first."""
    base, rest = divmod(total, parts)
    return [base + 1] * rest + [base] * (parts - rest)
