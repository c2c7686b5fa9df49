"""Where things of an IFC file stand: placement, true north and the map, in campus coordinates."""

from pathlib import Path

import pytest
from ingest_ifc_builder import SCHEMAS, Builder, board, properties, read


@pytest.mark.parametrize(("prefix", "scale"), [(None, 1.0), ("MILLI", 1000.0)])
def test_placement_and_box_are_metres_in_campus_coordinates(tmp_path: Path, prefix: str | None, scale: float) -> None:
    b = Builder(length_prefix=prefix)
    b.building.ObjectPlacement = b.placement(100 * scale, 0, 0, b.site, turn=(0, 1, 0))
    placement = b.placement(10 * scale, 2 * scale, 3 * scale, b.building)
    b.box(board(b, "L", ObjectPlacement=placement), 0.6 * scale, 1.2 * scale, 2.2 * scale)
    values = properties(read(b, tmp_path), "L")
    assert (values["x_m"], values["y_m"], values["z_m"]) == (98.0, 10.0, 3.0)
    assert (values["length_m"], values["width_m"], values["height_m"]) == (0.6, 1.2, 2.2)
    assert values["rotation_deg"] == 90.0
    assert values["placement"] == "source"


def placed_at(b: Builder, tmp_path: Path, x: float, y: float) -> tuple[float, float, float, float]:
    """Place and rotation of a board that stands at (x, y, 0) of the file."""
    board(b, "L", ObjectPlacement=b.placement(x, y, 0))
    values = properties(read(b, tmp_path), "L")
    return values["x_m"], values["y_m"], values["z_m"], values["rotation_deg"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_true_north_turns_the_file_so_that_it_is_along_y(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    b.context.TrueNorth = b.file.create_entity("IfcDirection", (1.0, 0.0))  # north is along x
    assert placed_at(b, tmp_path, 10.0, 2.0) == (-2.0, 10.0, 0.0, 90.0)


@pytest.mark.parametrize(
    ("prefix", "scale", "map_unit", "expected"),
    [
        (None, None, False, (100.0 - 2.0, 200.0 + 10.0)),
        ("MILLI", 0.001, False, (100.0 - 2.0, 200.0 + 10.0)),
        ("MILLI", None, False, (100.0 - 2.0, 200.0 + 10.0)),
        ("MILLI", 1.0, False, (100.0 - 2.0, 200.0 + 10.0)),  # which would be a campus of kilometres: doubtful
        (None, 1 / 0.3048, True, (30.48 - 2.0, 60.96 + 10.0)),
        (None, 0.9996, False, (100.0 - 1.9992, 200.0 + 9.996)),
    ],
)
def test_map_conversion_places_the_file_on_the_map(
    tmp_path: Path, prefix: str | None, scale: float | None, map_unit: bool, expected: tuple[float, float]
) -> None:
    b = Builder("IFC4", length_prefix=prefix)
    make = b.file.create_entity
    foot = None
    if map_unit:
        metre = make("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
        size = make("IfcMeasureWithUnit", make("IfcLengthMeasure", 0.3048), metre)
        dimensions = make("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0)
        foot = make("IfcConversionBasedUnit", dimensions, "LENGTHUNIT", "FOOT", size)
    crs = make("IfcProjectedCRS", "EPSG:25832", MapUnit=foot)
    make("IfcMapConversion", b.context, crs, 100.0, 200.0, 5.0, 0.0, 1.0, scale)
    # What the conversion says of the grid counts, and true north says nothing more.
    b.context.TrueNorth = make("IfcDirection", (0.5, 0.5))
    milli = 1000.0 if prefix else 1.0
    x, y, z, turn = placed_at(b, tmp_path, 10.0 * milli, 2.0 * milli)
    assert (x, y) == pytest.approx(expected)
    assert z == pytest.approx(5.0 * (0.3048 if map_unit else 1.0))
    assert turn == 90.0


def test_property_set_stands_in_for_the_map_conversion_in_ifc2x3(tmp_path: Path) -> None:
    b = Builder("IFC2X3")
    numbers = {
        "Eastings": 100.0,
        "Northings": 200.0,
        "OrthogonalHeight": 5.0,
        "XAxisAbscissa": 0.0,
        "XAxisOrdinate": 1.0,
    }
    b.pset(b.site, "ePset_MapConversion", **{name: ("IfcReal", value) for name, value in numbers.items()})
    assert placed_at(b, tmp_path, 10.0, 2.0) == (98.0, 210.0, 5.0, 90.0)
