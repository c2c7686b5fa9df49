"""Every metric that the twin knows: name with its unit, kind, time to live, labels, and the limits that raise alarms.

A metric's place in `METRICS` is its number in batches, in the live state and in history; new ones go at the end of
their list. Names end in their unit. Values are float32; metrics with `choices` carry the number of the choice, and
payloads may name it (`condition` is "up", "down" or "out").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from twin.topology.model import CONDITIONS

Kind = Literal["measurement", "counter", "state", "setpoint"]
Severity = Literal["warning", "critical"]
FOR_EVER: Final = float("inf")

POWER: Final = (
    "UtilityFeed",
    "Substation",
    "Generator",
    "Transformer",
    "Switchboard",
    "TransferSwitch",
    "UPS",
    "Rectifier",
    "Busway",
    "PDU",
    "RackPDU",
    "Breaker",
)
STORES: Final = ("UPS", "Rectifier", "Battery")
MOVERS: Final = ("Chiller", "CoolingTower", "DryCooler", "Pump", "CDU", "AirHandler")
"""What draws power to move heat."""
SPACES: Final = ("Building", "Module", "Room", "Cabinet")
NETWORK: Final = ("NetworkDevice", "Router")


@dataclass(frozen=True, slots=True)
class Limit:
    """What raises an alarm on a label: the value is above `above`, or below `below`, while the point is fresh.

    It clears when the value is back by more than `dead_band`, in the metric's unit.
    """

    labels: tuple[str, ...]
    severity: Severity
    above: float | None = None
    below: float | None = None
    dead_band: float = 0.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One quantity that points report.

    `kind`: a measurement is averaged, a counter only grows and is differenced, a state is held until it changes, a
    setpoint is what was asked for and stands apart from what is measured. `ttl_s`: stale when nothing came for longer,
    by the time of receipt; endless for what is only sent when it changes. `labels`: where it is expected, () for every
    asset; elsewhere it is taken all the same. `lowest`, `highest`: what lies outside is malformed.
    """

    name: str
    unit: str
    kind: Kind
    ttl_s: float
    description: str
    labels: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    lowest: float = float("-inf")
    highest: float = float("inf")
    limits: tuple[Limit, ...] = ()


def _percent(  # noqa: PLR0913 - a declaration names all its parts
    name: str,
    ttl_s: float,
    description: str,
    labels: tuple[str, ...],
    limits: tuple[Limit, ...] = (),
    *,
    kind: Kind = "measurement",
) -> Metric:
    return Metric(name, "%", kind, ttl_s, description, labels, lowest=0.0, highest=100.5, limits=limits)


MEASUREMENTS: Final = (
    Metric(
        "power_kw",
        "kW",
        "measurement",
        60.0,
        "Real electric power: what a consumer draws; what passes through a piece of the power train, at its output.",
        (*POWER, *MOVERS, *NETWORK, "Server", "Cabinet", "Meter", "Module", "Building", "Controller"),
        lowest=-1e6,
        highest=1e6,
    ),
    Metric(
        "cooling_kw",
        "kW",
        "measurement",
        60.0,
        "Heat carried away.",
        (*MOVERS, "HeatExchanger"),
        lowest=-1e6,
        highest=1e6,
    ),
    Metric(
        "energy_kwh", "kWh", "counter", 1800.0, "Electric energy since the meter began.", (*POWER, "Meter"), lowest=0.0
    ),
    Metric(
        "water_m3", "m³", "counter", 1800.0, "Water taken since the meter began.", ("WaterSupply", "Meter"), lowest=0.0
    ),
    Metric("voltage_v", "V", "measurement", 60.0, "Line voltage.", POWER, lowest=0.0),
    Metric("current_a", "A", "measurement", 60.0, "Line current.", POWER),
    Metric(
        "frequency_hz", "Hz", "measurement", 60.0, "Mains frequency.", ("UtilityFeed", "Generator", "UPS"), lowest=0.0
    ),
    Metric(
        "inlet_c",
        "°C",
        "measurement",
        60.0,
        "Temperature of the air or water that enters.",
        ("Server", "Cabinet", *MOVERS, "HeatExchanger"),
        lowest=-60.0,
        highest=200.0,
        # ASHRAE TC 9.9, Thermal Guidelines, 5th edition (2021): recommended up to 27 °C, allowable for class A1 up to
        # 32 °C and for class A2 up to 35 °C.
        limits=(
            Limit(("Server", "Cabinet"), "warning", above=32.0, dead_band=1.0),
            Limit(("Server", "Cabinet"), "critical", above=35.0, dead_band=1.0),
        ),
    ),
    Metric(
        "outlet_c",
        "°C",
        "measurement",
        60.0,
        "Temperature of the air or water that leaves.",
        ("Server", "Cabinet", *MOVERS, "HeatExchanger"),
        lowest=-60.0,
        highest=200.0,
        # Facility water of class W45 at most (ASHRAE TC 9.9, water-cooled servers): 45 °C to the secondary side.
        limits=(Limit(("CDU",), "critical", above=45.0, dead_band=1.0),),
    ),
    Metric(
        "humidity_percent",
        "%",
        "measurement",
        300.0,
        "Relative humidity.",
        (*SPACES, "Sensor"),
        lowest=0.0,
        highest=100.5,
    ),
    Metric("flow_m3_per_h", "m³/h", "measurement", 60.0, "Volume flow.", (*MOVERS, "WaterSupply", "Meter", "Valve")),
    Metric(
        "pressure_kpa",
        "kPa",
        "measurement",
        60.0,
        "Pressure, or head of a pump.",
        (*MOVERS, "Manifold", "Valve", "Sensor"),
    ),
    _percent("valve_percent", 60.0, "Opening of a valve.", ("Valve",)),
    _percent(
        "speed_percent",
        60.0,
        "Speed of a pump or fan drive, of its rated speed.",
        ("Pump", "CoolingTower", "DryCooler", "AirHandler"),
    ),
    _percent(
        "charge_percent",
        120.0,
        "Battery charge.",
        STORES,
        (Limit(STORES, "warning", below=90.0, dead_band=2.0), Limit(STORES, "critical", below=50.0, dead_band=2.0)),
    ),
    _percent(
        "fuel_percent",
        900.0,
        "Fuel left.",
        ("Generator", "Tank"),
        (
            Limit(("Generator", "Tank"), "warning", below=50.0, dead_band=2.0),
            Limit(("Generator", "Tank"), "critical", below=20.0, dead_band=2.0),
        ),
    ),
    _percent(
        "level_percent",
        900.0,
        "Level of a tank or basin.",
        ("Tank",),
        (Limit(("Tank",), "warning", below=30.0, dead_band=2.0),),
    ),
    _percent("cpu_percent", 60.0, "Load of the processors.", ("Server",)),
    _percent("fan_percent", 60.0, "Speed of the fans.", ("Server",)),
    Metric(
        "outdoor_c",
        "°C",
        "measurement",
        900.0,
        "Outdoor temperature, dry bulb.",
        ("Campus", "Sensor"),
        lowest=-60.0,
        highest=70.0,
    ),
    Metric(
        "wet_bulb_c",
        "°C",
        "measurement",
        900.0,
        "Outdoor temperature, wet bulb.",
        ("Campus", "Sensor"),
        lowest=-60.0,
        highest=60.0,
    ),
)

STATES: Final = (
    Metric(
        "condition",
        "",
        "state",
        FOR_EVER,
        "Up, down, or out for maintenance. Idle standby is up.",
        choices=CONDITIONS,
    ),
    Metric(
        "derated_kw",
        "kW",
        "state",
        FOR_EVER,
        "Replaces rated_kw while it is there; null withdraws it.",
        POWER,
        lowest=0.0,
    ),
    Metric("running", "", "state", 300.0, "On or off; off is not down.", (*MOVERS, "Generator"), choices=("off", "on")),
    Metric(
        "breaker",
        "",
        "state",
        300.0,
        "Position of a breaker. Open where `normal_position` is closed means down.",
        ("Breaker",),
        choices=("open", "closed"),
    ),
    Metric(
        "generator",
        "",
        "state",
        300.0,
        "State of a generator set; fault means down.",
        ("Generator",),
        choices=("stopped", "starting", "running", "cooling_down", "fault"),
    ),
    Metric(
        "leak",
        "",
        "state",
        300.0,
        "Water where none should be.",
        ("Sensor", "CDU", *SPACES),
        choices=("dry", "leak"),
        limits=(Limit(("Sensor", "CDU", *SPACES), "critical", above=0.5),),
    ),
)

SETPOINTS: Final = (
    Metric("supply_setpoint_c", "°C", "setpoint", FOR_EVER, "Supply temperature asked for.", MOVERS),
    _percent(
        "speed_setpoint_percent",
        FOR_EVER,
        "Speed asked for.",
        ("Pump", "CoolingTower", "DryCooler", "AirHandler"),
        kind="setpoint",
    ),
    _percent("valve_setpoint_percent", FOR_EVER, "Opening asked for.", ("Valve",), kind="setpoint"),
    Metric("power_cap_kw", "kW", "setpoint", FOR_EVER, "Power that it may draw.", ("Server", "Cabinet"), lowest=0.0),
)

METRICS: Final = (*MEASUREMENTS, *STATES, *SETPOINTS)
"""All metrics; a metric's number is its place here."""

NUMBER: Final[dict[str, int]] = {metric.name: number for number, metric in enumerate(METRICS)}
"""The number of a metric, by its name."""

POWER_KW: Final = NUMBER["power_kw"]
CONDITION: Final = NUMBER["condition"]
DERATED_KW: Final = NUMBER["derated_kw"]
CHARGE_PERCENT: Final = NUMBER["charge_percent"]
BREAKER: Final = NUMBER["breaker"]
GENERATOR: Final = NUMBER["generator"]
