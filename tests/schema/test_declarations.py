"""One walk over all declarations: what holds for each of them."""

import re

import ifcopenshell
import pytest

import schema
from schema.properties import ANALYSIS_PROPERTIES, ASSET_PROPERTIES
from schema.relationships import RELATIONSHIPS

NEEDED_LABELS = {
    "Campus", "Building", "Module", "Room", "Cabinet", "Server", "NetworkDevice", "Substation", "UtilityFeed",
    "Generator", "Transformer", "Switchboard", "TransferSwitch", "UPS", "Rectifier", "Battery", "Busway", "PDU",
    "RackPDU", "Breaker", "Chiller", "CoolingTower", "DryCooler", "Pump", "HeatExchanger", "CDU", "Manifold",
    "AirHandler", "Valve", "WaterSupply", "Tank", "Controller", "PowerPath", "CoolingLoop", "Service", "Tenant",
    "Storey", "Segment", "Meter", "Sensor", "CoreNode", "EdgeNode", "FibreRoute", "Router", "CommonCause",
}  # fmt: skip

UNITS = {
    "_kw": "kW", "_kwh": "kWh", "_kva": "kVA", "_v": "V", "_a": "A", "_s": "s", "_h": "h", "_m": "m", "_deg": "°",
    "_c": "°C", "_u": "U", "_km": "km", "_ms": "ms", "_kpa": "kPa", "_m2": "m²", "_m3": "m³", "_m3_per_h": "m³/h",
    "_gib": "GiB", "_gbit_per_s": "Gbit/s",
}  # fmt: skip

IFC_SCHEMAS = [ifcopenshell.schema_by_name(name) for name in ("IFC2X3", "IFC4", "IFC4X3_ADD2")]


def every_property():
    for name, label in schema.LABELS.items():
        for declared in label.properties:
            yield pytest.param(declared, id=f"{name}.{declared.name}")
    for declared in ASSET_PROPERTIES:
        yield pytest.param(declared, id=f"Asset.{declared.name}")
    for name, relationship in RELATIONSHIPS.items():
        for declared in relationship.properties:
            yield pytest.param(declared, id=f"{name}.{declared.name}")


def ifc_enumeration(entity, attribute):
    for position in range(entity.attribute_count()):
        if entity.attribute_by_index(position).name() == attribute:
            kind = entity.attribute_by_index(position).type_of_attribute().declared_type()
            return kind.as_enumeration_type().enumeration_items()
    return ()


def ifc_class_exists(text: str) -> bool:
    name, _, predefined = text.partition(".")
    for ifc in IFC_SCHEMAS:
        try:
            entity = ifc.declaration_by_name(name).as_entity()
        except RuntimeError:
            continue
        if not predefined or any(
            predefined in ifc_enumeration(entity, attribute) for attribute in ("PredefinedType", "CompositionType")
        ):
            return True
    return False


@pytest.mark.parametrize("declared", list(every_property()))
def test_a_property_says_what_it_is_and_its_name_ends_in_its_unit(declared):
    assert declared.description.endswith((".", "…"))
    suffix = max((s for s in UNITS if declared.name.endswith(s)), key=len, default=None)
    if declared.kind in {"number", "integer"} and suffix is not None:
        assert declared.unit == UNITS[suffix]
    if declared.unit and declared.unit != "ms":
        assert suffix is not None, f"{declared.name} has the unit {declared.unit}, which its name does not tell"
    if declared.choices:
        assert declared.kind == "text"


@pytest.mark.parametrize("label", schema.LABELS.values(), ids=lambda label: label.name)
def test_a_label_is_complete(label):
    assert label.description.endswith(".")
    assert set(label.expects) <= set(schema.SUPPLY_TYPES)
    names = [p.name for p in (*ASSET_PROPERTIES, *label.properties)]
    assert len(names) == len(set(names)), "a label declares a property that every asset has"
    assert not [text for text in label.ifc if not ifc_class_exists(text)]


@pytest.mark.parametrize("declared", RELATIONSHIPS.values(), ids=lambda declared: declared.name)
def test_a_relationship_type_is_complete(declared):
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", declared.name)
    assert declared.supply == (declared.name in schema.SUPPLY_TYPES)
    for ends in declared.ends:
        assert set(ends.sources) <= set(schema.LABELS)
        assert set(ends.targets) <= set(schema.LABELS)


def test_the_labels_that_the_campus_needs_are_there():
    assert set(schema.LABELS) >= NEEDED_LABELS
    assert {name for name in schema.LABELS if schema.is_load(name)} >= {"Server", "Service"}


def test_every_label_has_the_properties_that_the_analysis_reads():
    for label in schema.LABELS:
        assert {p.name for p in ANALYSIS_PROPERTIES} <= set(schema.properties_of(label))


def test_every_label_can_be_an_end_of_some_supply_but_for_those_that_carry_none():
    carried = {
        label
        for declared in RELATIONSHIPS.values()
        if declared.supply
        for ends in declared.ends
        for label in (*ends.sources, *ends.targets)
    }
    assert set(schema.LABELS) - carried <= {"Campus", "Building", "Storey", "PowerPath", "CommonCause", "Tenant"}
