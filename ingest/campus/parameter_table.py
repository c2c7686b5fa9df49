"""Declarations of the parameters: name, value, unit, flag, source, description."""

from __future__ import annotations

from typing import Final, Literal

Row = tuple[str, float | int | str, str, Literal["documented", "typical", "derived", "assumed"], str, str]

_SHAOGUAN: Final = "public statements on the Tencent GBA computing centre, Shaoguan"
_TMDC: Final = "public descriptions of Tencent's TMDC generation"
_TONGHU: Final = "public data of the Huizhou Tonghu campus"
_PRACTICE: Final = "engineering practice"
_OURS: Final = "assumed; replace by the owner's figure"
_RELIABILITY: Final = "order of magnitude of published tables (IEEE 493); tables differ widely, replace by your own"
_BOX: Final = "catalogue sizes, rounded"

_SITE: Final[tuple[Row, ...]] = (
    ("site_area_mu", 230.0, "mu", "documented", _SHAOGUAN, "Land of phase 1; 1 mu = 666.7 m²."),
    ("site_latitude_deg", 24.81, "°", "assumed", "Shaoguan, Zhenjiang district, rounded", "Latitude of the origin."),
    ("site_longitude_deg", 113.6, "°", "assumed", "Shaoguan, Zhenjiang district, rounded", "Longitude of the origin."),
    ("building_pitch_x_m", 124.0, "m", "derived", "six buildings on 230 mu", "East–west pitch of the IT buildings."),
    ("building_pitch_y_m", 146.0, "m", "derived", "six buildings on 230 mu", "North–south pitch of the IT buildings."),
    ("storey_height_m", 6.0, "m", "typical", _PRACTICE, "Floor to floor."),
)

_IT: Final[tuple[Row, ...]] = (
    ("cabinet_kw", 2.5, "kW", "documented", _SHAOGUAN, "A standard cabinet, the accounting unit of the agreement."),
    ("cabinet_design_kw", 3.2, "kW", "assumed", _OURS, "What the power train and the cooling are sized for."),
    ("server_draw_kw", 0.4, "kW", "derived", "75–90 MW over 200,000 servers", "Mean draw of a server."),
    ("server_draw_spread", 0.25, "", "assumed", _OURS, "Draws are spread evenly by this share around the mean."),
    ("server_single_corded_share", 0.01, "", "assumed", _OURS, "Share of servers with one cord."),
    ("server_height_u", 2, "U", "typical", _PRACTICE, "Rack units of a server."),
    ("server_power_hold_s", 0.02, "s", "typical", "ITIC curve: 20 ms without voltage", "Hold-up of the power supply."),
    ("server_cooling_hold_s", 180.0, "s", "assumed", _OURS, "Ride-through of a server without cooling."),
    ("server_restart_s", 300.0, "s", "assumed", _OURS, "Boot and checks."),
    ("cabinets_per_row", 25, "", "assumed", _OURS, "Cabinets of one row, on one pair of busways."),
    ("cabinet_height_u", 42, "U", "typical", _PRACTICE, "Usable rack units."),
    ("row_pitch_m", 2.4, "m", "typical", _PRACTICE, "Cabinet depth and half of a hot and a cold aisle."),
    ("servers_per_leaf_pair", 48, "", "typical", "48-port switches", "Servers on one pair of top-of-rack switches."),
    ("server_network_homes", 2, "", "typical", _PRACTICE, "Top-of-rack switches that a server is connected to (1, 2)."),
    ("network_device_draw_kw", 0.25, "kW", "typical", _PRACTICE, "Draw of a top-of-rack switch."),
    ("spine_draw_kw", 2.0, "kW", "typical", _PRACTICE, "Draw of a spine switch or a router."),
    (
        "liquid_every",
        2,
        "",
        "assumed",
        "own liquid cooling is published, its share is not",
        "Each so-manyth IT module is liquid-cooled, the first included; 0: none.",
    ),
    ("liquid_share", 0.75, "", "typical", _PRACTICE, "Share of a liquid-cooled cabinet's heat that goes to liquid."),
)

_POWER: Final[tuple[Row, ...]] = (
    ("power_factor", 0.95, "", "typical", _PRACTICE, "Real over apparent power of transformers and boards."),
    ("sizing_margin", 1.15, "", "assumed", _OURS, "Ratings are the next standard size above this times the load."),
    ("mechanical_share", 0.22, "", "assumed", "PUE target ≤ 1.25", "Cooling and losses, as a share of the IT load."),
    ("chain_efficiency", 0.93, "", "derived", "transformers and UPS in series", "Power used over power drawn."),
    ("generator_margin", 1.05, "", "assumed", _OURS, "Generator blocks over expected load."),
    ("ups_hold_s", 900.0, "s", "typical", _PRACTICE, "Battery at design load."),
    ("rectifier_hold_s", 900.0, "s", "documented", _TMDC, "Battery of the 240 V HVDC system at design load."),
    ("ups_modules", 3, "", "typical", _PRACTICE, "N of an N+1 parallel UPS plant."),
    ("rectifier_modules", 2, "", "typical", _PRACTICE, "N of an N+1 HVDC rectifier plant."),
    ("bus_transfer_s", 0.3, "s", "typical", _PRACTICE, "Automatic bus transfer between two sections."),
    ("ats_transfer_s", 0.1, "s", "typical", _PRACTICE, "Automatic transfer switch."),
    ("generator_set_kw", 2200.0, "kW", "typical", _TONGHU, "Rating of a set; smaller at small scales."),
    ("generator_sets_max", 12, "", "typical", _TONGHU, "N of an N+1 generator block: 12+1 for about 25 MW."),
    ("generator_start_s", 15.0, "s", "typical", _PRACTICE, "From call to power on the common board."),
    ("generator_run_s", 43200.0, "s", "typical", "12 hours of fuel on site", "Fuel of the common board."),
    ("utility_voltage_v", 110000.0, "V", "typical", _PRACTICE, "Incomers of the substation on site."),
    ("mv_voltage_v", 10000.0, "V", "documented", _TMDC, "Medium voltage on the campus."),
    ("lv_voltage_v", 400.0, "V", "typical", _PRACTICE, "Low voltage."),
    ("ring_rated_kw", 10300.0, "kW", "typical", "630 A at 10 kV", "Rating of the 10 kV ring of the common services."),
    ("rack_pdu_kw", 7.3, "kW", "typical", "32 A, 230 V, one phase", "Rating of a rack PDU."),
)

_COOLING: Final[tuple[Row, ...]] = (
    ("air_handler_kw", 220.0, "kW", "typical", _PRACTICE, "Capacity of an indirect evaporative air handler, at most."),
    ("air_handler_draw_share", 0.05, "", "typical", _PRACTICE, "Fan and spray draw over capacity."),
    ("air_handler_sump_s", 1800.0, "s", "typical", _PRACTICE, "Sump: wet operation without make-up water."),
    ("room_cooling_hold_s", 600.0, "s", "typical", _PRACTICE, "Power equipment without room cooling."),
    ("cabinet_cooling_hold_s", 60.0, "s", "assumed", _OURS, "Air and coolant in the cabinet."),
    ("chiller_kw", 1200.0, "kW", "typical", _PRACTICE, "Capacity of a chiller, at most."),
    (
        "chiller_cop",
        6.5,
        "",
        "typical",
        _PRACTICE,
        "Coefficient of performance at rating; loads are stored, not derived.",
    ),
    ("chiller_restart_s", 180.0, "s", "typical", _PRACTICE, "Fast restart of a chiller."),
    ("pump_restart_s", 10.0, "s", "typical", _PRACTICE, "Restart of a pump."),
    ("dry_cooler_kw", 900.0, "kW", "typical", _PRACTICE, "Capacity of a dry cooler, at most."),
    ("pump_draw_share", 0.012, "", "typical", _PRACTICE, "Pump draw over the heat that its loop carries."),
    ("fan_draw_share", 0.015, "", "typical", _PRACTICE, "Fan draw of towers and dry coolers over heat."),
    ("tower_kw", 2500.0, "kW", "typical", _PRACTICE, "Capacity of a cooling tower cell, at most."),
    ("pump_kw", 2500.0, "kW", "typical", _PRACTICE, "Heat that a pump of a water loop carries, at most."),
    ("cdu_kw", 800.0, "kW", "typical", _PRACTICE, "Capacity of a CDU, at most."),
    ("cdu_draw_kw", 0.5, "kW", "assumed", _OURS, "Control and valves of a CDU, pumps apart."),
    ("cdu_pump_draw_share", 0.006, "", "typical", _PRACTICE, "Draw of a CDU pump over the CDU's heat."),
    ("power_room_heat_share", 0.06, "", "derived", "losses of UPS and transformers", "Power room heat over IT load."),
    ("network_room_air_kw", 20.0, "kW", "assumed", _OURS, "Capacity of an air handler of a network room."),
    ("controller_draw_kw", 0.3, "kW", "typical", _PRACTICE, "Draw of a controller cubicle."),
    ("water_pump_draw_kw", 4.0, "kW", "assumed", _OURS, "Draw of a make-up water pump for each IT building."),
    ("cdu_supply_c", 32.0, "°C", "documented", "published range 17–45 °C", "Supply temperature of the CDUs."),
    ("water_tank_hold_s", 43200.0, "s", "typical", "12 hours of make-up water", "Tanks without the public main."),
    ("water_tank_m3", 500.0, "m³", "assumed", _OURS, "Volume of a make-up water tank."),
    ("fuel_tank_m3", 100.0, "m³", "assumed", _OURS, "Volume of a fuel tank."),
)

_EFFICIENCY: Final[tuple[Row, ...]] = (
    ("efficiency.UPS", 0.965, "", "typical", _PRACTICE, "Double conversion at half load."),
    ("efficiency.Rectifier", 0.97, "", "documented", _TMDC, "HVDC and direct utility together above 97 %."),
    ("efficiency.Transformer", 0.99, "", "typical", _PRACTICE, "Dry-type transformer."),
)

_RELIABILITY_H: Final[tuple[tuple[str, float, float], ...]] = (
    ("UtilityFeed", 4500.0, 2.0),
    ("Substation", 500000.0, 48.0),
    ("Transformer", 850000.0, 120.0),
    ("Switchboard", 700000.0, 24.0),
    ("Breaker", 1000000.0, 8.0),
    ("TransferSwitch", 150000.0, 6.0),
    ("UPS", 250000.0, 8.0),
    ("Rectifier", 300000.0, 4.0),
    ("Battery", 400000.0, 8.0),
    ("Generator", 9000.0, 12.0),
    ("Busway", 2000000.0, 8.0),
    ("PDU", 1000000.0, 6.0),
    ("RackPDU", 1000000.0, 2.0),
    ("Chiller", 60000.0, 24.0),
    ("CoolingTower", 90000.0, 16.0),
    ("DryCooler", 120000.0, 12.0),
    ("Pump", 80000.0, 8.0),
    ("HeatExchanger", 900000.0, 24.0),
    ("CDU", 150000.0, 8.0),
    ("Manifold", 3000000.0, 12.0),
    ("AirHandler", 70000.0, 8.0),
    ("Valve", 1500000.0, 8.0),
    ("WaterSupply", 8760.0, 8.0),
    ("Tank", 2000000.0, 48.0),
    ("Controller", 200000.0, 4.0),
    ("Segment", 1500000.0, 24.0),
    ("NetworkDevice", 250000.0, 4.0),
    ("Router", 200000.0, 4.0),
    ("FibreRoute", 17520.0, 12.0),
    ("CoreNode", 500000.0, 2.0),
    ("Server", 100000.0, 24.0),
)

_SIZES: Final[tuple[tuple[str, str], ...]] = (
    ("UtilityFeed", "2x2x8"),
    ("Substation", "20x8x6"),
    ("Transformer", "2.6x1.6x2.4"),
    ("Switchboard", "2.4x0.9x2.2"),
    ("Breaker", "0.8x0.9x2.2"),
    ("TransferSwitch", "0.8x0.8x2"),
    ("UPS", "1.6x0.9x2"),
    ("Rectifier", "0.8x0.8x2"),
    ("Battery", "1.2x0.8x2"),
    ("Generator", "12.2x2.6x3"),
    ("PDU", "1x0.8x2"),
    ("RackPDU", "0.06x0.06x1.8"),
    ("Busway", "1x0.15x0.15"),
    ("Cabinet", "0.6x1.2x2.2"),
    ("Chiller", "4.5x2x2.4"),
    ("CoolingTower", "4x4x4.5"),
    ("DryCooler", "9x2.4x2.4"),
    ("Pump", "1.2x0.6x0.8"),
    ("HeatExchanger", "0.8x0.5x1.4"),
    ("CDU", "1.8x1.2x2.1"),
    ("Manifold", "4x0.3x0.3"),
    ("AirHandler", "3x2.4x3"),
    ("Valve", "0.4x0.3x0.5"),
    ("WaterSupply", "1x1x1"),
    ("Tank", "10x10x5"),
    ("Controller", "0.8x0.4x1.8"),
    ("Segment", "6x0.2x0.2"),
    ("Meter", "0.2x0.1x0.2"),
    ("Sensor", "0.1x0.1x0.1"),
)

TABLE: Final[tuple[Row, ...]] = (
    *_SITE,
    *_IT,
    *_POWER,
    *_COOLING,
    *_EFFICIENCY,
    *(
        (f"mtbf_h.{label}", mtbf, "h", "assumed", _RELIABILITY, "Mean time between failures.")
        for label, mtbf, _ in _RELIABILITY_H
    ),
    *(
        (f"mttr_h.{label}", mttr, "h", "assumed", _RELIABILITY, "Mean time to repair.")
        for label, _, mttr in _RELIABILITY_H
    ),
    *((f"size_m.{label}", size, "m", "typical", _BOX, "Length x width x height.") for label, size in _SIZES),
)
"""Every parameter, in the order in which it is shown."""
