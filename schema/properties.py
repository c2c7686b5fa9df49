"""Properties that every asset has, and short ways to declare the others."""

from __future__ import annotations

from typing import Final

from schema.model import Property


def text(name: str, description: str, *, indexed: bool = False, choices: tuple[str, ...] = ()) -> Property:
    """A property that holds text."""
    return Property(name=name, kind="text", description=description, indexed=indexed, choices=choices)


def number(
    name: str, unit: str, description: str, *, minimum: float | None = 0.0, maximum: float | None = None
) -> Property:
    """A property that holds a real number, by default not below 0."""
    return Property(name=name, kind="number", unit=unit, description=description, minimum=minimum, maximum=maximum)


def whole(name: str, description: str, *, minimum: float | None = 0, unit: str = "") -> Property:
    """A property that holds a whole number, by default not below 0."""
    return Property(name=name, kind="integer", unit=unit, description=description, minimum=minimum)


def flag(name: str, description: str) -> Property:
    """A property that is true or false."""
    return Property(name=name, kind="boolean", description=description)


IDENTITY_PROPERTIES: Final = (
    Property(
        name="id",
        kind="text",
        required=True,
        indexed=True,
        description="Unique name of the asset in the whole campus.",
    ),
    text("name", "What people call it.", indexed=True),
    text("global_id", "GlobalId of the IFC entity, or the external identifier of another source.", indexed=True),
    text("tag", "Tag on the equipment.", indexed=True),
    text("serial", "Serial number.", indexed=True),
    text("manufacturer", "Who made it."),
    text("model", "The maker's type designation."),
    text("description", "Free text of the source."),
)

PLACEMENT_PROPERTIES: Final = (
    number("x_m", "m", "Centre of the box's base, east, campus coordinates.", minimum=None),
    number("y_m", "m", "Centre of the box's base, north, campus coordinates.", minimum=None),
    number("z_m", "m", "Base of the box, up, campus coordinates.", minimum=None),
    number("length_m", "m", "Extent of the box along its own x axis."),
    number("width_m", "m", "Extent of the box along its own y axis."),
    number("height_m", "m", "Extent of the box upwards."),
    number("rotation_deg", "°", "Rotation of the box about the vertical, counter-clockwise.", minimum=None),
    text("placement", "Where the placement comes from.", choices=("source", "schematic")),
    number("position_u", "U", "Lowest rack unit that it occupies in its cabinet, counted from 1."),
    number("height_u", "U", "Rack units that it occupies."),
)

ANALYSIS_PROPERTIES: Final = (
    number("draw_kw", "kW", "Own electric draw while up."),
    number("heat_kw", "kW", "Own heat while up; by default own draw plus what its conversion loses."),
    Property(
        name="efficiency",
        kind="number",
        above=0.0,
        maximum=1.0,
        description="Power out over power in; default 1.",
    ),
    number("rated_kw", "kW", "Electric power that it may deliver; none means unlimited."),
    number("rated_cooling_kw", "kW", "Heat that it may carry; none means unlimited."),
    number("derated_kw", "kW", "Replaces rated_kw while it is there (live state)."),
    number("power_hold_s", "s", "How long it stays up after its power groups break (battery, PSU hold-up)."),
    number("cooling_hold_s", "s", "How long it stays up after its cooling groups break (thermal ride-through)."),
    number("supply_hold_s", "s", "How long it stays up after its SUPPLIES groups break (tank, basin)."),
    flag("standby", "Supplies only when called, and start_s after that."),
    number("start_s", "s", "Time from call to available, of a standby source."),
    number("run_s", "s", "How long it runs once available, of a standby source; none means for ever."),
    number("transfer_s", "s", "How long its transfer groups are broken while they change source."),
    number("restart_s", "s", "Time from all groups met to up again."),
    Property(
        name="mtbf_h",
        kind="number",
        unit="h",
        above=0.0,
        description="Mean time between failures.",
    ),
    number("mttr_h", "h", "Mean time to repair."),
    text(
        "condition",
        "What live state reports: up, down, or out for maintenance.",
        choices=("up", "down", "out"),
        indexed=True,
    ),
    Property(name="condition_since", kind="time", description="Since when the condition holds."),
)

ASSET_PROPERTIES: Final = IDENTITY_PROPERTIES + PLACEMENT_PROPERTIES + ANALYSIS_PROPERTIES

ELECTRICAL_PROPERTIES: Final = (
    number("rated_voltage_v", "V", "Rated voltage."),
    number("rated_current_a", "A", "Rated current."),
    number("rated_kva", "kVA", "Rated apparent power."),
    whole("phases", "1 or 3; with voltage, current and power factor it gives the rating in kW.", minimum=1),
    number("power_factor", "", "Real over apparent power.", maximum=1.0),
    text("side", "The redundant side that it belongs to: A, B, C …"),
)

FLUID_PROPERTIES: Final = (
    number("rated_flow_m3_per_h", "m³/h", "Rated volume flow."),
    number("rated_head_kpa", "kPa", "Rated pressure head."),
    text("medium", "What flows: chilled water, condenser water, glycol, air, diesel …"),
    text("side", "The redundant side or loop that it belongs to."),
)
