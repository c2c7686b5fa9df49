"""Writes small IFC files for tests, one line for each thing, and looks into what was read of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

from ingest.readers import ifc
from ingest.records import Extract

SCHEMAS = ("IFC2X3", "IFC4", "IFC4X3")


class Builder:
    """A file with project, units, site and building; elements hang on the building unless told otherwise."""

    def __init__(self, schema: str = "IFC4X3", length_prefix: str | None = None, power: bool = True) -> None:
        self.file = ifcopenshell.file(schema=schema)
        self.schema = schema
        make = self.file.create_entity
        kinds = [("LENGTHUNIT", "METRE", length_prefix), ("PLANEANGLEUNIT", "RADIAN", None)]
        if power:
            kinds += [
                ("POWERUNIT", "WATT", None),
                ("ELECTRICVOLTAGEUNIT", "VOLT", None),
                ("ELECTRICCURRENTUNIT", "AMPERE", None),
            ]
        units = [make("IfcSIUnit", UnitType=kind, Name=name, Prefix=prefix) for kind, name, prefix in kinds]
        self.point = make("IfcCartesianPoint", (0.0, 0.0, 0.0))
        self.axes = make("IfcAxis2Placement3D", self.point)
        self.context = make("IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, self.axes)
        self.project = self.root(
            "IfcProject",
            "P",
            RepresentationContexts=[self.context],
            UnitsInContext=make("IfcUnitAssignment", units),
        )
        self.site = self.root("IfcSite", "Site", ObjectPlacement=self.placement(0, 0, 0))
        self.building = self.root("IfcBuilding", "B", ObjectPlacement=self.placement(100, 0, 0, self.site))
        self.aggregate(self.project, [self.site])
        self.aggregate(self.site, [self.building])

    def root(self, kind: str, name: str | None = None, **attributes: Any) -> Any:
        return self.file.create_entity(kind, GlobalId=ifcopenshell.guid.new(), Name=name, **attributes)

    def placement(self, x: float, y: float, z: float, parent: Any = None, turn: Sequence[float] | None = None) -> Any:
        make = self.file.create_entity
        point = make("IfcCartesianPoint", (float(x), float(y), float(z)))
        up = make("IfcDirection", (0.0, 0.0, 1.0)) if turn else None
        along = make("IfcDirection", tuple(map(float, turn))) if turn else None
        axes = make("IfcAxis2Placement3D", point, up, along)
        return make("IfcLocalPlacement", parent.ObjectPlacement if parent is not None else None, axes)

    def element(self, kind: str, tag: str | None, *, inside: Any = None, **attributes: Any) -> Any:
        entity = self.root(kind, tag, Tag=tag, **attributes)
        space = self.building if inside is None else inside
        if space.is_a("IfcElement"):
            self.aggregate(space, [entity])
        else:
            self.root("IfcRelContainedInSpatialStructure", RelatedElements=[entity], RelatingStructure=space)
        return entity

    def aggregate(self, whole: Any, parts: list[Any]) -> None:
        self.root("IfcRelAggregates", RelatingObject=whole, RelatedObjects=parts)

    def port(self, element: Any, direction: str, medium: str | None = "ELECTRICAL", *, connected: bool = False) -> Any:
        extra = {} if self.schema == "IFC2X3" else {"SystemType": medium}
        port = self.root("IfcDistributionPort", "port", FlowDirection=direction, **extra)
        if connected or self.schema == "IFC2X3":
            self.root("IfcRelConnectsPortToElement", RelatingPort=port, RelatedElement=element)
        else:
            self.root("IfcRelNests", RelatingObject=element, RelatedObjects=[port])
        return port

    def connect(self, source: Any, target: Any, medium: str | None = "ELECTRICAL", **options: Any) -> tuple[Any, Any]:
        """Connect two elements; `against`: RelatingPort is the consumer's; `directions`: other than SOURCE, SINK."""
        directions = options.get("directions", ("SOURCE", "SINK"))
        owned = options.get("connected", False)
        a = self.port(source, directions[0], medium, connected=owned)
        b = self.port(target, directions[1], medium, connected=owned)
        first, second = (b, a) if options.get("against") else (a, b)
        self.root(
            "IfcRelConnectsPorts", RelatingPort=first, RelatedPort=second, RealizingElement=options.get("realizing")
        )
        return a, b

    def pset(self, thing: Any, name: str, **values: Any) -> Any:
        """A property set; a value is (measure, value) or (measure, value, unit)."""
        entity = self.root("IfcPropertySet", name, HasProperties=[self.value(*item) for item in values.items()])
        if thing.is_a("IfcTypeObject"):
            thing.HasPropertySets = [*(thing.HasPropertySets or ()), entity]
        else:
            self.root("IfcRelDefinesByProperties", RelatedObjects=[thing], RelatingPropertyDefinition=entity)
        return entity

    def value(self, name: str, given: tuple[Any, ...]) -> Any:
        nominal = self.file.create_entity(given[0], given[1])
        unit = given[2] if len(given) > 2 else None
        return self.file.create_entity("IfcPropertySingleValue", name, None, nominal, unit)

    def type(self, kind: str, things: list[Any], **attributes: Any) -> Any:
        entity = self.root(kind, "type", **attributes)
        self.root("IfcRelDefinesByType", RelatedObjects=things, RelatingType=entity)
        return entity

    def system(self, kind: str, name: str, members: list[Any], predefined: str | None = None) -> Any:
        extra = {"PredefinedType": predefined} if predefined else {}
        entity = self.root(kind, name, **extra)
        self.root("IfcRelAssignsToGroup", RelatedObjects=members, RelatingGroup=entity)
        return entity

    def box(self, element: Any, length: float, width: float, height: float) -> None:
        make = self.file.create_entity
        flat = make("IfcAxis2Placement2D", make("IfcCartesianPoint", (0.0, 0.0)))
        profile = make("IfcRectangleProfileDef", "AREA", None, flat, length, width)
        solid = make("IfcExtrudedAreaSolid", profile, self.axes, make("IfcDirection", (0.0, 0.0, 1.0)), height)
        shape = make("IfcShapeRepresentation", self.context, "Body", "SweptSolid", [solid])
        element.Representation = make("IfcProductDefinitionShape", None, None, [shape])

    def write(self, path: Path) -> Path:
        self.file.write(str(path))
        return path


def read(builder: Builder, tmp_path: Path, mapping: Path | None = None) -> Extract:
    return ifc.read(builder.write(tmp_path / "model.ifc"), "model", mapping)


def supply(extract: Extract) -> list[tuple[str, str, str]]:
    kinds = ("CONTAINS", "PART_OF")
    return sorted((r.source_id, r.type, r.target_id) for r in extract.relationships if r.type not in kinds)


def parts(extract: Extract, path: str) -> list[str]:
    found = [
        (r.properties["position"], r.source_id)
        for r in extract.relationships
        if r.target_id == path and r.type == "PART_OF"
    ]
    return [part for _, part in sorted(found)]


def properties(extract: Extract, identity: str) -> dict[str, Any]:
    return next(a.properties for a in extract.assets if a.id == identity)


def codes(extract: Extract) -> list[str]:
    return [f.code for f in extract.findings]


def ups(builder: Builder, tag: str, **attributes: Any) -> Any:
    if builder.schema == "IFC2X3":
        entity = builder.element("IfcEnergyConversionDevice", tag, **attributes)
        builder.type("IfcTransformerType", [entity], PredefinedType="NOTDEFINED")
        return entity
    return builder.element("IfcElectricFlowStorageDevice", tag, PredefinedType="UPS", **attributes)


def board(builder: Builder, tag: str, **attributes: Any) -> Any:
    if builder.schema == "IFC2X3":
        return builder.element(
            "IfcElectricDistributionPoint", tag, DistributionPointFunction="SWITCHBOARD", **attributes
        )
    kind = "IfcElectricDistributionBoard" if builder.schema == "IFC4" else "IfcDistributionBoard"
    return builder.element(kind, tag, PredefinedType="SWITCHBOARD", **attributes)
