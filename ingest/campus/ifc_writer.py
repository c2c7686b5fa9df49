"""Writes one plan as an IFC4X3 file: a building of the reference campus, or (`ingest.exporters.ifc`) a graph."""

from __future__ import annotations

from collections import defaultdict
from math import cos, radians, sin
from typing import TYPE_CHECKING, Final

from ingest.campus.ifc_classes import GROUPS, MODULE_TYPES, SPATIAL, element_class
from ingest.campus.ifc_properties import PropertyWriter
from ingest.campus.ifc_supply import SupplyWriter
from ingest.campus.spf import SpfWriter, global_id, real, refs, text

if TYPE_CHECKING:
    from io import TextIOWrapper

    from ingest.campus.plan import Asset, Box, Plan, PropertyValue

TIMESTAMP: Final = "2026-01-01T00:00:00"
_ORIGIN: Final = (0.0, 0.0, 0.0, 0.0)
Pose = tuple[float, float, float, float]
"""x, y, z in metres and rotation in degrees, campus coordinates."""


def write_ifc(stream: TextIOWrapper, plan: Plan, seed: int, campus: Asset) -> int:
    """Write the plan to an open text stream and give the number of entities.

    `campus` is the site, which every file of the federation repeats under the same GlobalId.
    """
    writer = PlanWriter(stream, plan, seed, campus)
    writer.write()
    return writer.spf.count


class PlanWriter:
    """One file: spatial structure and elements first, then ports and connections, then properties.

    Every so many connections (`against_every`, 0: none) is written against the flow, as real exports do. `site` is
    written first and is the top of the structure; None where every asset is in the plan.
    """

    against_every = 7

    def __init__(  # noqa: PLR0913, PLR0917 - what the header of a file says
        self, stream: TextIOWrapper, plan: Plan, seed: int, site: Asset | None, written_at: str = TIMESTAMP,
        phase: str = "Reference campus",
    ) -> None:  # fmt: skip
        self.spf = SpfWriter(stream, f"{plan.name}.ifc", written_at)
        self.plan, self.seed, self.site, self.phase = plan, seed, site, phase
        self.entity: dict[str, int] = {}
        self.placement: dict[str, int] = {}
        self.pose: dict[str, Pose] = {}
        self.shapes: dict[tuple[float, float, float], int] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        self.properties = PropertyWriter(self.spf, seed, plan.name)

    def write(self) -> None:
        """Write the whole file; the stream stays open."""
        self._project()
        assets = self.plan.assets if self.site is None else {self.site.id: self.site} | self.plan.assets
        for asset in assets.values():
            self._asset(asset)
            self.children[asset.parent].append(asset.id)
        self._structure({asset.id: asset.label for asset in assets.values()})
        supply = SupplyWriter(self.spf, self.plan, self.seed, self.entity, self.properties, self.against_every)
        self.finish(supply.write())
        self.properties.close()
        self.spf.close()

    def finish(self, systems: dict[str, int]) -> None:
        """Add what else there is to say; `systems` are the entities of the systems by id."""

    def identity(self, asset: Asset) -> str:
        """The GlobalId of an asset, as a literal."""
        return self.guid("asset/" + asset.id)

    def guid(self, key: str) -> str:
        """The GlobalId that always belongs to this key, as a literal."""
        return text(global_id(self.seed, key))

    def _project(self) -> None:
        line = self.spf.line
        origin = line("IFCCARTESIANPOINT((0.,0.,0.))")
        self.axes = line(f"IFCAXIS2PLACEMENT3D(#{origin},$,$)")
        self.up = line("IFCDIRECTION((0.,0.,1.))")
        flat_origin = line("IFCCARTESIANPOINT((0.,0.))")
        self.flat_axes = line(f"IFCAXIS2PLACEMENT2D(#{flat_origin},$)")
        self.directions: dict[float, int] = {}
        model = line(f"IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#{self.axes},$)")
        self.body = line(f"IFCGEOMETRICREPRESENTATIONSUBCONTEXT('Body','Model',*,*,*,*,#{model},$,.MODEL_VIEW.,$)")
        units = [
            line(f"IFCSIUNIT(*,.{kind}.,$,.{name}.)")
            for kind, name in (
                ("LENGTHUNIT", "METRE"),
                ("AREAUNIT", "SQUARE_METRE"),
                ("VOLUMEUNIT", "CUBIC_METRE"),
                ("PLANEANGLEUNIT", "RADIAN"),
                ("TIMEUNIT", "SECOND"),
                ("POWERUNIT", "WATT"),
                ("ELECTRICVOLTAGEUNIT", "VOLT"),
                ("ELECTRICCURRENTUNIT", "AMPERE"),
                ("THERMODYNAMICTEMPERATUREUNIT", "KELVIN"),
            )
        ]
        assignment = line(f"IFCUNITASSIGNMENT({refs(units)})")
        self.project = line(
            f"IFCPROJECT({self.guid('project/' + self.plan.name)},$,{text(self.plan.name)},$,$,"
            f"{text(self.phase)},$,{refs([model])},#{assignment})"
        )

    def _placed(self, asset: Asset) -> int:
        """The asset's local placement, relative to what contains it."""
        pose = self.posed(asset, self.pose.get(asset.parent, _ORIGIN))
        self.pose[asset.id] = pose
        x, y, z, turn = _relative(pose, self.pose.get(asset.parent, _ORIGIN))
        line = self.spf.line
        if (x, y, z, turn) == _ORIGIN:
            axes = self.axes
        else:
            point = line(f"IFCCARTESIANPOINT(({real(x)},{real(y)},{real(z)}))")
            if turn == 0.0:
                axes = line(f"IFCAXIS2PLACEMENT3D(#{point},$,$)")
            else:
                axes = line(f"IFCAXIS2PLACEMENT3D(#{point},#{self.up},#{self._direction(turn)})")
        parent = self.placement.get(asset.parent)
        number = line(f"IFCLOCALPLACEMENT({f'#{parent}' if parent else '$'},#{axes})")
        self.placement[asset.id] = number
        return number

    def posed(self, asset: Asset, parent: Pose) -> Pose:
        """Where an asset stands, in campus coordinates."""
        if asset.box is not None:
            return asset.box.x, asset.box.y, asset.box.z, asset.box.rotation
        if asset.label == "Storey" and "elevation_m" in asset.properties:
            return parent[0], parent[1], float(asset.properties["elevation_m"]), parent[3]
        return parent

    def _direction(self, turn: float) -> int:
        if turn not in self.directions:
            angle = radians(turn)
            self.directions[turn] = self.spf.line(f"IFCDIRECTION(({real(cos(angle))},{real(sin(angle))},0.))")
        return self.directions[turn]

    def _shape(self, box: Box | None) -> str:
        """The shape of a box; equal boxes share it."""
        if box is None:
            return "$"
        key = (box.length, box.width, box.height)
        if key not in self.shapes:
            line = self.spf.line
            profile = line(f"IFCRECTANGLEPROFILEDEF(.AREA.,$,#{self.flat_axes},{real(key[0])},{real(key[1])})")
            solid = line(f"IFCEXTRUDEDAREASOLID(#{profile},#{self.axes},#{self.up},{real(key[2])})")
            representation = line(f"IFCSHAPEREPRESENTATION(#{self.body},'Body','SweptSolid',(#{solid}))")
            self.shapes[key] = line(f"IFCPRODUCTDEFINITIONSHAPE($,$,(#{representation}))")
        return f"#{self.shapes[key]}"

    def _asset(self, asset: Asset) -> None:
        head = self.identity(asset)
        if asset.label in GROUPS:
            self.entity[asset.id] = self.spf.line(
                f"IFCGROUP({head},$,{text(asset.id)},{text(asset.name)},{text(asset.label)})"
            )
            self.properties.asset(self.entity[asset.id], asset)
            return
        placement, shape = self._placed(asset), self._shape(asset.box)
        if asset.label in SPATIAL:
            entity = self._spatial(asset, head, placement, shape)
        elif asset.label == "Module":
            kind = MODULE_TYPES.get(str(asset.properties.get("kind", "")), "Module")
            entity = (
                f"IFCELEMENTASSEMBLY({head},$,{text(asset.name)},$,{text(kind)},#{placement},{shape},"
                f"{text(asset.id)},.FACTORY.,.USERDEFINED.)"
            )
        else:
            of = element_class(asset.label, str(asset.properties.get("medium", "")))
            kind = text(of.object_type) if of.object_type else "$"
            entity = (
                f"{of.name.upper()}({head},$,{text(asset.name)},$,{kind},#{placement},{shape},"
                f"{text(asset.id)},.{of.predefined}.)"
            )
        self.entity[asset.id] = self.spf.line(entity)
        self.properties.asset(self.entity[asset.id], asset)

    def _spatial(self, asset: Asset, head: str, placement: int, shape: str) -> str:
        start = f"({head},$,{text(asset.id)},$,$,#{placement},{shape},{text(asset.name)},.ELEMENT."
        if asset.label == "Campus":
            latitude, longitude = (_degrees(asset.properties.get(f"{name}_deg")) for name in ("latitude", "longitude"))
            return f"IFCSITE{start},{latitude},{longitude},0.,$,$)"
        if asset.label == "Building":
            return f"IFCBUILDING{start},$,$,$)"
        if asset.label == "Storey":
            return f"IFCBUILDINGSTOREY{start},{real(float(asset.properties.get('elevation_m', 0.0)))})"
        return f"IFCSPACE{start},.INTERNAL.,$)"

    def _structure(self, labels: dict[str, str]) -> None:
        """Aggregation of spaces and of assemblies, containment of elements in spaces."""
        line = self.spf.line
        tops = [child for parent in self.children if parent not in self.entity for child in self.children[parent]]
        tops = [child for child in tops if labels[child] in SPATIAL]
        if tops:
            line(
                f"IFCRELAGGREGATES({self.guid('sites/' + self.plan.name)},$,$,$,#{self.project},"
                f"{refs([self.entity[child] for child in tops])})"
            )
        for parent, everything in self.children.items():
            children = [child for child in everything if labels[child] not in GROUPS]
            if parent not in self.entity or labels[parent] in GROUPS:
                continue
            spatial = labels[parent] in SPATIAL
            contained = [c for c in children if spatial and labels[c] not in SPATIAL]
            parts = [c for c in children if c not in set(contained)] if contained else children
            if parts:
                line(
                    f"IFCRELAGGREGATES({self.guid(f'parts/{self.plan.name}/{parent}')},$,$,$,#{self.entity[parent]},"
                    f"{refs([self.entity[c] for c in parts])})"
                )
            if contained:
                line(
                    f"IFCRELCONTAINEDINSPATIALSTRUCTURE({self.guid('contained/' + parent)},$,$,$,"
                    f"{refs([self.entity[c] for c in contained])},#{self.entity[parent]})"
                )


def _relative(pose: Pose, parent: Pose) -> Pose:
    """A pose in its parent's coordinates."""
    x, y, angle = pose[0] - parent[0], pose[1] - parent[1], radians(-parent[3])
    turned = (x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))
    return (
        round(turned[0], 6) + 0.0,
        round(turned[1], 6) + 0.0,
        round(pose[2] - parent[2], 6) + 0.0,
        (pose[3] - parent[3]) % 360.0,
    )


def _degrees(angle: PropertyValue | None) -> str:
    """An angle as degrees, minutes and seconds, as IfcSite wants it."""
    if angle is None:
        return "$"
    value = float(angle)
    seconds = round(abs(value) * 3600)
    sign = -1 if value < 0 else 1
    return f"({sign * (seconds // 3600)},{sign * (seconds // 60 % 60)},{sign * (seconds % 60)})"
