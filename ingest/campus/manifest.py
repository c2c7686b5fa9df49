"""The manifest: what the exports hold, so that the graph can be compared with it label by label."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from schema.supply import SUPPLY_TYPES


@dataclass(frozen=True, slots=True)
class Defect:
    """A seeded mistake: where it is, what it does, and the failure that shows it.

    `lost_servers` is how many servers that failure loses (settled, overloads as `overload` says).
    """

    id: str
    what: str
    effect: str
    assets: list[str]
    fail: list[str]
    out: list[str] = field(default_factory=list[str])
    overload: str = "report"
    lost_servers: int = 0

    @property
    def question(self) -> str:
        """The command that shows it."""
        out = "".join(f" --out {name}" for name in self.out)
        trip = " --overload trip" if self.overload == "trip" else ""
        return f"twin impact {' '.join(self.fail)}{out}{trip}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `write` wrote. `assets` counts by label and `relationships` by type what the graph holds after ingest."""

    scale: str
    seed: int
    defects: list[Defect]
    assets: dict[str, int]
    relationships: dict[str, int]
    files: dict[str, dict[str, Any]]
    parameters: list[dict[str, Any]]

    @property
    def supply_relationships(self) -> int:
        """Relationships of the six supply types together."""
        return sum(self.relationships.get(supply, 0) for supply in SUPPLY_TYPES)

    def to_dict(self) -> dict[str, Any]:
        """As manifest.json holds it."""
        document = asdict(self)
        document["totals"] = {
            "assets": sum(self.assets.values()),
            "relationships": sum(self.relationships.values()),
            "supply_relationships": self.supply_relationships,
        }
        return document
