"""The campus in memory, before it is written: assets, supply relationships and systems of one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.campus.parameters import Parameters

PropertyValue = float | int | str | bool
Carrier = Literal["ifc", "cables", "zones"]
"""Which export holds a relationship: the building's IFC file, the site's cable and pipe schedule, or the building
management system's list of air zones."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box in campus coordinates, metres: centre of its base, extents along its own axes, rotation in degrees."""

    x: float
    y: float
    z: float
    length: float
    width: float
    height: float
    rotation: float = 0.0


@dataclass(slots=True)
class Asset:
    """One asset; `parent` is the id of the space or equipment that contains it."""

    id: str
    label: str
    name: str
    parent: str
    box: Box | None = None
    properties: dict[str, PropertyValue] = field(default_factory=dict[str, PropertyValue])
    battery_of: str = ""


@dataclass(slots=True)
class Supply:
    """One supply relationship; `medium` is the port's system type in IFC; `need` None is left out of the export."""

    source: str
    type: str
    target: str
    medium: str
    carrier: Carrier = "ifc"
    group: str = ""
    need: int | None = 1
    policy: str = ""
    priority: int | None = None
    portion: float | None = None
    circuit: str = ""
    realized_by: str = ""


@dataclass(slots=True)
class System:
    """A distribution system or circuit; `parts` are in the order of the flow."""

    id: str
    name: str
    kind: str
    parts: list[str] = field(default_factory=list[str])
    within: str = ""
    side: str = ""


_TYPE_OF_MEDIUM = {
    "ELECTRICAL": "FEEDS",
    "CHILLEDWATER": "COOLS",
    "CONDENSERWATER": "COOLS",
    "AIRCONDITIONING": "COOLS",
    "WATERSUPPLY": "SUPPLIES",
    "FUEL": "SUPPLIES",
    "CONTROL": "CONTROLS",
}


class Plan:
    """What one building's file will hold. Equipment properties that are parameters are filled in by label."""

    def __init__(self, name: str, parameters: Parameters) -> None:
        self.name = name
        self.parameters = parameters
        self.assets: dict[str, Asset] = {}
        self.supplies: list[Supply] = []
        self.systems: dict[str, System] = {}

    def add(
        self,
        id: str,  # noqa: A002 - the name that every other part of the program uses
        label: str,
        name: str,
        parent: str,
        box: Box | None = None,
        **properties: PropertyValue,
    ) -> str:
        """Add an asset and give its id back; reliability and efficiency come from the parameters."""
        if id in self.assets:
            raise ValueError(f"the plan has two assets {id}")
        for key in ("mtbf_h", "mttr_h", "efficiency"):
            value = self.parameters.optional(f"{key}.{label}")
            if value is not None:
                properties.setdefault(key, value)
        self.assets[id] = Asset(id, label, name, parent, box, properties)
        return id

    def supply(  # noqa: PLR0913 - a group of suppliers has all these properties
        self,
        target: str,
        suppliers: Sequence[str],
        medium: str = "ELECTRICAL",
        *,
        group: str = "",
        need: int | None = 1,
        transfer: bool = False,
        portion: float | None = None,
        carrier: Carrier = "ifc",
        first_priority: int = 0,
        circuits: Sequence[str] = (),
        realized_by: str = "",
    ) -> None:
        """Let `target` have this group of suppliers; `transfer` prefers them in the order given."""
        for index, source in enumerate(suppliers):
            self.supplies.append(
                Supply(
                    source,
                    _TYPE_OF_MEDIUM[medium],
                    target,
                    medium,
                    carrier,
                    group,
                    need,
                    "transfer" if transfer else "",
                    first_priority + index if transfer else None,
                    portion,
                    circuits[index] if circuits else "",
                    realized_by,
                )
            )

    def system(self, id: str, name: str, kind: str, parts: Sequence[str], *, within: str = "", side: str = "") -> str:  # noqa: A002, PLR0913
        """Add a distribution system (or, `within` another, a circuit) of these parts, and give its id back."""
        self.systems[id] = System(id, name, kind, list(parts), within, side)
        return id

    def of_label(self, label: str, prefix: str = "") -> list[Asset]:
        """Assets of a label whose id begins with a prefix, in the order of the plan."""
        return [a for a in self.assets.values() if a.label == label and a.id.startswith(prefix)]
