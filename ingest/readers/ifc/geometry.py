"""Placement and box of each asset in metres, campus coordinates: from local placements and simple shapes.

Boxes come from bounding boxes, extrusions, mapped items and point lists, without the geometry kernel, and each shape is
read once. What is left is placed without a box.
"""

from __future__ import annotations

from itertools import product
from math import atan2, degrees, inf
from typing import Any, Final

from ingest.readers.ifc.draft import PLACEMENT, REPRESENTATION, Draft, reference
from ingest.readers.ifc.georeference import georeference
from ingest.readers.ifc.opening import Entity
from ingest.readers.ifc.plain import Model

Matrix = tuple[float, float, float, float, float, float, float, float, float, float, float, float]
"""Three rows of four: rotation and translation."""
Frame = Matrix | tuple[float, float, float] | None
"""How something lies in something else: turned and moved, moved only, or as it."""
Box = tuple[float, float, float, float, float, float]
"""Lowest x, y, z, highest x, y, z."""

IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_MOST_POINTS: Final = 20_000  # of one shape: a box of more takes longer than it is worth
_MOST_ROUNDED: Final = 50_000  # values that are remembered
_LONGEST_CHAIN: Final = 200  # placements relative to one another: a longer chain is a ring


class Geometry:
    """Reads the placements and shapes of one file, each once."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._metre = draft.units.metre
        self._placements: dict[int, Matrix] = {}
        self._axes: dict[int, Matrix] = {}
        self._shapes: dict[int, Box | None] = {}
        self._turns: dict[tuple[float, float], float] = {}
        self._rounded = _Rounded()
        self._georeference = georeference(draft)
        self._local = self._read_local(draft.file) if isinstance(draft.file, Model) else None

    def place_all(self) -> None:
        """Give all assets of the draft their placement."""
        unplaced = unboxed = 0
        for thing in self.draft.things.values():
            with self.draft.guard(thing.entity):
                placement = reference(thing.entity, PLACEMENT)
                if placement is None:
                    unplaced += 1
                    continue
                shape = reference(thing.entity, REPRESENTATION)
                box = self.shape(shape) if shape is not None else None
                unboxed += box is None and shape is not None
                thing.record.properties.update(self._properties(self.placement(placement), box))
        if unplaced:
            self.draft.find("no-placement", "info", f"{unplaced} assets have no placement")
        if unboxed:
            self.draft.find(
                "no-box", "info", f"{unboxed} assets have a shape that is no simple box; they are placed without"
            )

    def _properties(self, world: Matrix, box: Box | None) -> dict[str, Any]:
        metre = self._metre
        if box is None:
            x, y, z = world[3], world[7], world[11]
            values: dict[str, Any] = {}
        else:
            x, y, z = _moved(world, (box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[2])
            rounded = self._rounded
            values = {
                "length_m": rounded[(box[3] - box[0]) * metre],
                "width_m": rounded[(box[4] - box[1]) * metre],
                "height_m": rounded[(box[5] - box[2]) * metre],
            }
        along = world[0], world[4]
        turn = self._turns.get(along)
        if turn is None:
            turn = self._turns[along] = degrees(atan2(world[4], world[0]))
        x, y, z = x * metre, y * metre, z * metre
        if self._georeference is not None:
            x, y, z, turn = self._georeference.apply(x, y, z, turn)
        rounded = self._rounded
        return {
            "x_m": rounded[x],
            "y_m": rounded[y],
            "z_m": rounded[z],
            **values,
            "rotation_deg": rounded[turn % 360.0] % 360.0,
            "placement": "source",
        }

    def placement(self, step: int) -> Matrix:
        """From an object's coordinates to the file's, in the file's unit of length; `step`: of its placement."""
        known = self._placements
        if step in known:
            return known[step]
        chain: list[tuple[int, Frame]] = []
        at: int | None = step
        while at is not None and at not in known and len(chain) < _LONGEST_CHAIN:
            above, frame = self._relative(at)
            chain.append((at, frame))
            at = above
        world = known.get(at, IDENTITY) if at is not None else IDENTITY
        for part, frame in reversed(chain):
            world = known[part] = _within(world, frame)
        return world

    def _relative(self, step: int) -> tuple[int | None, Frame]:
        """What a placement is relative to, and how it lies there."""
        if self._local is not None:
            return self._local.get(step, (None, None))
        part = self.draft.file.by_id(step)
        if not part.is_a("IfcLocalPlacement"):
            return None, None
        local = part.get_argument(1)
        return reference(part, 0), self.axes(local) if local is not None else None

    def _read_local(self, model: Model) -> dict[int, tuple[int | None, Frame]]:
        """All local placements of a plain file at once; most axes only move."""
        placements = list(model.rows("IfcLocalPlacement", (0, 1)))
        wanted = [axes for _, _, axes in placements if axes is not None]
        moves = {
            step: origin
            for step, origin, axis, along in model.rows("IfcAxis2Placement3D", (0, 1, 2), wanted)
            if axis is None and along is None and origin is not None
        }
        points = dict(model.rows("IfcCartesianPoint", (0,), list(moves.values())))
        frames: dict[int, Frame] = {
            step: _three(points[origin]) for step, origin in moves.items() if points.get(origin) is not None
        }
        for step in wanted:
            if step not in frames:
                frames[step] = self.axes(model.by_id(step))
        return {step: (above, frames.get(axes)) for step, above, axes in placements}

    def axes(self, entity: Entity) -> Matrix:
        """From the coordinates of an axis placement (2D or 3D) to those it stands in."""
        step: int = entity.id()
        if step not in self._axes:
            self._axes[step] = _axes(entity)
        return self._axes[step]

    def shape(self, step: int) -> Box | None:
        """The box of a product's shape in the product's coordinates, None where it has none that is simple."""
        if step not in self._shapes:
            entity = self.draft.file.by_id(step)
            representations: list[Entity] = list(entity.get_argument(2) or ())
            boxes = [r for r in representations if r.get_argument(1) == "Box"]
            bodies = [r for r in representations if r.get_argument(1) in ("Body", None, "Facetation")]
            self._shapes[step] = self._first(boxes) or self._first(bodies)
        return self._shapes[step]

    def _first(self, representations: list[Entity]) -> Box | None:
        for representation in representations:
            box = self._union(representation.get_argument(3) or ())
            if box is not None:
                return box
        return None

    def _union(self, items: Any, depth: int = 0) -> Box | None:
        found = [box for item in items if (box := self._item(item, depth)) is not None]
        if not found:
            return None
        lows, highs = zip(*((box[:3], box[3:]) for box in found), strict=True)
        x, y, z = (min(values) for values in zip(*lows, strict=True))
        right, back, top = (max(values) for values in zip(*highs, strict=True))
        return x, y, z, right, back, top

    def _item(self, item: Entity, depth: int) -> Box | None:
        kind: str = item.is_a()
        if depth > 8:
            return None
        if kind == "IfcBoundingBox":
            x, y, z = _point(item.get_argument(0))
            return x, y, z, x + item.get_argument(1), y + item.get_argument(2), z + item.get_argument(3)
        if kind == "IfcExtrudedAreaSolid":
            return self._extrusion(item)
        if kind == "IfcMappedItem":
            return self._mapped(item, depth)
        if kind == "IfcBooleanClippingResult":
            return self._item(item.get_argument(1), depth + 1)
        if kind in ("IfcTriangulatedFaceSet", "IfcPolygonalFaceSet"):
            return _around(item.get_argument(0).get_argument(0))
        if kind in ("IfcFacetedBrep", "IfcFaceBasedSurfaceModel", "IfcShellBasedSurfaceModel"):
            return self._faces(item)
        return None

    def _extrusion(self, item: Entity) -> Box | None:
        flat = self._profile(item.get_argument(0))
        if flat is None:
            return None
        position = item.get_argument(1)
        matrix = self.axes(position) if position is not None else IDENTITY
        x, y, z = _direction(item.get_argument(2), (0.0, 0.0, 1.0))
        depth = item.get_argument(3)
        low = (*flat[:2], 0.0, *flat[2:], 0.0)
        corners = [*_corners(low), *((a + x * depth, b + y * depth, c + z * depth) for a, b, c in _corners(low))]
        return _around([_moved(matrix, *corner) for corner in corners])

    def _profile(self, profile: Entity) -> tuple[float, float, float, float] | None:
        kind: str = profile.is_a()
        if kind.startswith("IfcArbitraryClosedProfileDef") or kind == "IfcArbitraryProfileDefWithVoids":
            return _outline(profile.get_argument(2))
        if kind.startswith(("IfcRectangle", "IfcRoundedRectangle")) or kind in (
            "IfcIShapeProfileDef",
            "IfcUShapeProfileDef",
        ):
            x, y = profile.get_argument(3) / 2, profile.get_argument(4) / 2
        elif kind.startswith("IfcCircle"):
            x = y = profile.get_argument(3)
        else:
            return None
        position = profile.get_argument(2)
        matrix = self.axes(position) if position is not None else IDENTITY
        box = _around([_moved(matrix, a, b, 0.0) for a, b in product((-x, x), (-y, y))])
        return None if box is None else (box[0], box[1], box[3], box[4])

    def _mapped(self, item: Entity, depth: int) -> Box | None:
        source = item.get_argument(0)
        inner = self._union(source.get_argument(1).get_argument(3) or (), depth + 1)
        if inner is None:
            return None
        matrix = _times(_operator(item.get_argument(1)), self.axes(source.get_argument(0)))
        return _around([_moved(matrix, *corner) for corner in _corners(inner)])

    def _faces(self, item: Entity) -> Box | None:
        points: list[tuple[float, ...]] = []
        for entity in self.draft.file.traverse(item):
            if entity.is_a("IfcCartesianPoint"):
                points.append(entity.get_argument(0))
                if len(points) > _MOST_POINTS:
                    return None
        return _around(points)


def _corners(box: Box) -> list[tuple[float, float, float]]:
    return list(product((box[0], box[3]), (box[1], box[4]), (box[2], box[5])))


def _around(points: Any) -> Box | None:
    low, high = [inf, inf, inf], [-inf, -inf, -inf]
    for point in points:
        for axis, value in enumerate(point[:3]):
            low[axis] = min(low[axis], value)
            high[axis] = max(high[axis], value)
    if inf in low:
        return None
    return low[0], low[1], low[2], high[0], high[1], high[2]


def _outline(curve: Entity) -> tuple[float, float, float, float] | None:
    kind: str = curve.is_a()
    if kind == "IfcPolyline":
        points: Any = [(*point.get_argument(0)[:2], 0.0) for point in curve.get_argument(0)]
    elif kind == "IfcIndexedPolyCurve":
        points = [(*point[:2], 0.0) for point in curve.get_argument(0).get_argument(0)]
    else:
        return None
    box = _around(points)
    return None if box is None else (box[0], box[1], box[3], box[4])


def _point(entity: Entity) -> tuple[float, float, float]:
    return _three(entity.get_argument(0))


def _three(values: Any) -> tuple[float, float, float]:
    return values[0], values[1], values[2] if len(values) > 2 else 0.0


def _direction(entity: Entity | None, default: tuple[float, float, float]) -> tuple[float, float, float]:
    if entity is None:
        return default
    values = entity.get_argument(0)
    x, y, z = values[0], values[1], values[2] if len(values) > 2 else 0.0
    length = (x * x + y * y + z * z) ** 0.5
    return (x / length, y / length, z / length) if length else default


def _axes(entity: Entity) -> Matrix:
    kind: str = entity.is_a()
    if kind not in ("IfcAxis2Placement3D", "IfcAxis2Placement2D"):
        return IDENTITY
    ox, oy, oz = _point(entity.get_argument(0))
    if kind == "IfcAxis2Placement2D":
        x, y, _ = _direction(entity.get_argument(1), (1.0, 0.0, 0.0))
        return x, -y, 0.0, ox, y, x, 0.0, oy, 0.0, 0.0, 1.0, oz
    axis, reference = entity.get_argument(1), entity.get_argument(2)
    if axis is None and reference is None:
        return 1.0, 0.0, 0.0, ox, 0.0, 1.0, 0.0, oy, 0.0, 0.0, 1.0, oz
    return _frame(_direction(axis, (0.0, 0.0, 1.0)), _direction(reference, (1.0, 0.0, 0.0)), (ox, oy, oz))


def _frame(
    up: tuple[float, float, float], right: tuple[float, float, float], origin: tuple[float, float, float]
) -> Matrix:
    """The matrix of axes z and x (made perpendicular to z) at an origin."""
    along = sum(a * b for a, b in zip(up, right, strict=True))
    x = tuple(r - along * u for r, u in zip(right, up, strict=True))
    length = sum(v * v for v in x) ** 0.5
    if length < 1e-9:  # x lies along z: any perpendicular does
        x = (1.0, 0.0, 0.0) if abs(up[0]) < 0.9 else (0.0, 1.0, 0.0)
        return _frame(up, (x[0], x[1], x[2]), origin)
    a, b, c = (v / length for v in x)
    y = (up[1] * c - up[2] * b, up[2] * a - up[0] * c, up[0] * b - up[1] * a)
    return a, y[0], up[0], origin[0], b, y[1], up[1], origin[1], c, y[2], up[2], origin[2]


def _operator(entity: Entity) -> Matrix:
    """A transformation operator of a mapped item: axes, origin and uniform scale."""
    x = _direction(entity.get_argument(0), (1.0, 0.0, 0.0))
    up = _direction(entity.get_argument(4), (0.0, 0.0, 1.0)) if len(entity) > 4 else (0.0, 0.0, 1.0)
    scale = entity.get_argument(3)
    frame = _frame(up, x, _point(entity.get_argument(2)))
    if scale in (None, 1.0):
        return frame
    scaled = [value if at % 4 == 3 else value * scale for at, value in enumerate(frame)]
    return tuple(scaled)  # pyright: ignore[reportReturnType] - twelve of them


def _within(world: Matrix, frame: Frame) -> Matrix:
    """From the coordinates of a frame to those that the frame's own are given in."""
    if frame is None:
        return world
    if len(frame) == 12:
        return _times(world, frame)
    x, y, z = _moved(world, *frame)
    return (*world[:3], x, *world[4:7], y, *world[8:11], z)


def _times(a: Matrix, b: Matrix) -> Matrix:
    if b == IDENTITY:
        return a
    rows: list[float] = []
    for r in (0, 4, 8):
        x, y, z, t = a[r : r + 4]
        rows += [
            x * b[0] + y * b[4] + z * b[8],
            x * b[1] + y * b[5] + z * b[9],
            x * b[2] + y * b[6] + z * b[10],
            x * b[3] + y * b[7] + z * b[11] + t,
        ]
    return tuple(rows)  # pyright: ignore[reportReturnType] - twelve of them


def _moved(m: Matrix, x: float, y: float, z: float) -> tuple[float, float, float]:
    return (
        m[0] * x + m[1] * y + m[2] * z + m[3],
        m[4] * x + m[5] * y + m[6] * z + m[7],
        m[8] * x + m[9] * y + m[10] * z + m[11],
    )


class _Rounded(dict[float, float]):
    """Values to a tenth of a millimetre; most occur many times, and share one number then."""

    def __missing__(self, value: float) -> float:
        rounded = round(value, 4) + 0.0
        if len(self) < _MOST_ROUNDED:
            self[value] = rounded
        return rounded
