"""From a file's coordinates to those of the campus: on the map where the file says where it lies, else north upwards.

A map conversion (IFC4 and later, or the property set that stands in for it in IFC2x3) places the file on the map, whose
y axis is the grid's north. Without one the direction of true north, if it is given, turns the file about its origin, so
that models of several buildings, each drawn along its own walls, agree.
"""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any, Final, NamedTuple

from ingest.readers.ifc.draft import Draft
from ingest.readers.ifc.opening import Entity

_STAND_IN: Final = "ePSet_MapConversion"
_NAMES: Final = ("Eastings", "Northings", "OrthogonalHeight", "XAxisAbscissa", "XAxisOrdinate", "Scale")
_MOST_DISTORTED: Final = 0.05  # a grid is no more than some per mille larger or smaller than the ground


class Georeference(NamedTuple):
    """Metres of a file turned, scaled and moved."""

    east: float = 0.0
    north: float = 0.0
    height: float = 0.0
    turn_deg: float = 0.0
    scale: float = 1.0

    def apply(self, x: float, y: float, z: float, turn: float) -> tuple[float, float, float, float]:
        """A place and a rotation, in metres and degrees, in the campus."""
        angle = radians(self.turn_deg)
        return (
            self.east + self.scale * (x * cos(angle) - y * sin(angle)),
            self.north + self.scale * (x * sin(angle) + y * cos(angle)),
            self.height + self.scale * z,
            turn + self.turn_deg,
        )


def georeference(draft: Draft) -> Georeference | None:
    """How a file lies in the campus; None where it says nothing, so that its coordinates are the campus's."""
    found = _map_conversion(draft)
    if found is not None:
        return found
    for context in draft.file.by_type("IfcGeometricRepresentationContext"):
        with draft.guard(context):
            # A sub-context has no true north of its own; there the attribute is derived.
            turn = 0.0 if context.is_a("IfcGeometricRepresentationSubContext") else _to_north(context.get_argument(5))
            if abs(turn) > 1e-9:
                message = (
                    f"true north is not along y; all of it was turned by {turn:g}° about its origin, so that it is"
                )
                draft.find("turned-to-north", "info", message, context)
                return Georeference(turn_deg=turn)
    return None


def _to_north(direction: Entity | None) -> float:
    """What to turn by, in degrees, counter-clockwise, so that a direction in the plane comes to lie along y."""
    if direction is None:
        return 0.0
    x, y = direction.get_argument(0)[:2]
    return 90.0 - degrees(atan2(y, x)) if hypot(x, y) else 0.0


def _map_conversion(draft: Draft) -> Georeference | None:
    found: Georeference | None = None
    if draft.schema == "IFC2X3":
        for relation in draft.file.by_type("IfcRelDefinesByProperties"):
            with draft.guard(relation):
                values = _stand_in(relation)
                if values:
                    found = _placed(draft, [values.get(name) for name in _NAMES], draft.units.metre, relation)
            if found:
                break
        return found
    for entity in draft.file.by_type("IfcMapConversion"):
        with draft.guard(entity):
            target = entity.get_argument(1)
            named = target.get_argument(6) if target is not None and target.is_a("IfcProjectedCRS") else None
            unit = draft.units.scale(named) if named is not None else None
            found = _placed(
                draft, [entity.get_argument(at) for at in range(2, 8)], unit.factor if unit else 1.0, entity
            )
        if found:
            break
    return found


def _placed(draft: Draft, said: list[Any], unit: float, entity: Entity) -> Georeference:
    """`said`: eastings, northings, height, axis x, axis y, scale; `unit`: metres of the map's unit of length."""
    east, north, height, x, y, scale = (float(value) if value is not None else None for value in said)
    metre = draft.units.metre
    # The scale takes the file's unit of length to the map's. Where it is left out, both are meant to be of one length.
    factor = scale * unit / metre if scale else 1.0
    if abs(factor - 1.0) > _MOST_DISTORTED:
        message = f"scale {scale:g} would make a metre of the file {factor:g} m on the map; the scale was not taken"
        draft.find("scale-doubtful", "warning", message, entity)
        factor = 1.0
    turn = degrees(atan2(y or 0.0, x if x is not None else 1.0))
    return Georeference((east or 0.0) * unit, (north or 0.0) * unit, (height or 0.0) * unit, turn, factor)


def _stand_in(relation: Entity) -> dict[str, Any]:
    """Values of the property set that stands in for a map conversion, empty where the relation is of another set."""
    definition = relation.get_argument(5)
    if definition is None or definition.is_a() != "IfcPropertySet":
        return {}
    if (definition.get_argument(2) or "").casefold() != _STAND_IN.casefold():
        return {}
    return {
        prop.get_argument(0): prop.get_argument(2).get_argument(0)
        for prop in definition.get_argument(4) or ()
        if prop.is_a() == "IfcPropertySingleValue" and prop.get_argument(2) is not None
    }
