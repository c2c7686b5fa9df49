"""The plant of the campus, one file of its own: substation SUB, generator yard GEN, water plants WAT-1, WAT-2.

UTIL-1 → SUB-1 ┐ (110 kV tie SUB-HT)      SUB-T-i → SUB-SWB-i, pairs with a bus tie
UTIL-2 → SUB-2 ┘
SUB-SWB → cable → building's 10 kV incomer A, B
SUB-SWB-A → RMU-… ⇄ RMU-… ⇄ … ← SUB-SWB-B          the 10 kV ring of the common services
fuel tanks → GEN-i (n+1 sets) → GEN-SWB (standby)  the common board of a generator block; each set starts by its
                                                   own controller on its starting battery
CITY-1, CITY-2 → tanks → pumps (n+1) → headers A, B → pipes → buildings
"""

from __future__ import annotations

from typing import Final

from ingest.campus.layout import yard_floor
from ingest.campus.loads import SiteLoad
from ingest.campus.meters import add_meter
from ingest.campus.parameters import Parameters
from ingest.campus.plan import Box, Plan
from ingest.campus.scales import Scale
from ingest.campus.site_water import build_water
from ingest.campus.sizing import standard

_LETTERS: Final = "ABCD"
MU_M2: Final = 666.7


def plan_site(scale: Scale, parameters: Parameters, load: SiteLoad) -> Plan:
    """The plan of the site's own plant, south of the IT buildings."""
    plan = Plan("plant", parameters)
    plan.add(
        "CAMPUS",
        "Campus",
        "Greater Bay Area computing centre, Shaoguan (reference)",
        "",
        area_m2=round(parameters.number("site_area_mu") * MU_M2, 1),
        latitude_deg=parameters.number("site_latitude_deg"),
        longitude_deg=parameters.number("site_longitude_deg"),
    )
    _yards(plan)
    _substation(plan, scale, load)
    _ring(plan, scale)
    _generators(plan, load)
    _site_power(plan, load)
    build_water(plan, scale)
    return plan


def _yards(plan: Plan) -> None:
    for building, name, x, width in (
        ("SUB", "Substation", 30.0, 56.0),
        ("GEN", "Generator yard", 160.0, 200.0),
        ("WAT-1", "Water plant 1", 290.0, 42.0),
        ("WAT-2", "Water plant 2", 345.0, 42.0),
    ):
        plan.add(building, "Building", name, "CAMPUS", Box(x, -60.0, 0.0, width, 100.0, 6.0))
        plan.add(f"{building}-L1", "Storey", f"Ground of {name.lower()}", building, elevation_m=0.0)


def _substation(plan: Plan, scale: Scale, load: SiteLoad) -> None:
    parameters = plan.parameters
    high, medium = parameters.number("utility_voltage_v"), parameters.number("mv_voltage_v")
    yard, hall = yard_floor(plan, "SUB", 2.0, 40.0), yard_floor(plan, "SUB", 46.0, 40.0)
    section_kw = load.load_kw / (scale.sections / 2) * parameters.number("sizing_margin")
    kva = standard(section_kw / parameters.number("power_factor"))
    rated = round(kva * parameters.number("power_factor"), 3)
    total = rated * scale.sections
    for index in (1, 2):
        feed = plan.add(
            f"UTIL-{index}",
            "UtilityFeed",
            f"110 kV incomer {index}",
            "SUB-L1",
            yard.place("UtilityFeed"),
            rated_kw=total,
            rated_voltage_v=high,
            operator="public grid",
        )
        add_meter(plan, feed, "facility total")
        bay = plan.add(
            f"SUB-{index}",
            "Substation",
            f"110 kV section {index}",
            "SUB-L1",
            yard.place("Substation"),
            rated_kw=total,
            rated_voltage_v=high,
            transfer_s=parameters.number("bus_transfer_s"),
        )
        plan.supply(bay, [feed, "SUB-HT"], transfer=True)
    plan.add(
        "SUB-HT",
        "Breaker",
        "110 kV bus tie",
        "SUB-L1",
        yard.place("Breaker"),
        rated_kw=total,
        normal_position="open",
        rated_voltage_v=high,
    )
    plan.supply("SUB-HT", ["SUB-1", "SUB-2"])
    for index in range(scale.sections):
        letter = _LETTERS[index]
        tie = f"SUB-BT-{_LETTERS[index // 2 * 2 : index // 2 * 2 + 2]}"
        transformer = plan.add(
            f"SUB-T-{letter}",
            "Transformer",
            f"Main transformer {letter}",
            "SUB-L1",
            yard.place("Transformer"),
            rated_kva=kva,
            rated_kw=rated,
            rated_voltage_v=high,
            secondary_voltage_v=medium,
            side=letter,
        )
        plan.supply(transformer, [f"SUB-{index % 2 + 1}"])
        board = plan.add(
            f"SUB-SWB-{letter}",
            "Switchboard",
            f"10 kV section {letter}",
            "SUB-L1",
            hall.place("Switchboard"),
            rated_kw=rated,
            rated_voltage_v=medium,
            side=letter,
            transfer_s=parameters.number("bus_transfer_s"),
        )
        plan.supply(board, [transformer, tie], transfer=True)
        if index % 2 == 1:
            pair = [f"SUB-SWB-{_LETTERS[index - 1]}", board]
            plan.add(
                tie,
                "Breaker",
                f"10 kV bus tie {pair[0][-1]}-{letter}",
                "SUB-L1",
                hall.place("Breaker"),
                rated_kw=rated,
                normal_position="open",
                rated_voltage_v=medium,
            )
            plan.supply(tie, pair)
        plan.system(
            f"SUB-PATH-{letter}",
            f"Main supply {letter}",
            "ELECTRICAL",
            [f"UTIL-{index % 2 + 1}", f"SUB-{index % 2 + 1}", transformer, board],
            within="SUB",
            side=letter,
        )
    for number in range(1, scale.buildings + 1):
        for side in "AB":
            section = _LETTERS[((number - 1) * 2 + "AB".index(side)) % scale.sections]
            cable = plan.add(
                f"CBL-B{number}-{side}",
                "Segment",
                f"10 kV cable {side} to building {number}",
                "SUB-L1",
                hall.place("Segment"),
                rated_kw=rated,
                medium="power",
                side=side,
            )
            plan.supply(cable, [f"SUB-SWB-{section}"])


def ring_units(scale: Scale) -> list[str]:
    """Ring main units in their order along the ring: one for each IT building, one for the site's own plant."""
    return [*(f"RMU-B{number}" for number in range(1, scale.buildings + 1)), "RMU-SITE"]


def _ring(plan: Plan, scale: Scale) -> None:
    """A closed ring, fed at both ends, whose cables are the realizing elements of the connections."""
    parameters, ring = plan.parameters, ring_units(scale)
    hall = yard_floor(plan, "SUB", 72.0, 26.0)
    rated = parameters.number("ring_rated_kw")
    for unit in ring:
        plan.add(
            unit,
            "Switchboard",
            f"Ring main unit {unit[4:]}",
            "SUB-L1",
            hall.place("Switchboard"),
            rated_kw=rated,
            rated_voltage_v=parameters.number("mv_voltage_v"),
        )
    for index, unit in enumerate(ring):
        suppliers: list[tuple[str, str]] = []
        if index == 0:
            suppliers.append(("SUB-SWB-A", ""))
        else:
            suppliers.append((ring[index - 1], f"RING-C-{index}"))
        if index == len(ring) - 1:
            suppliers.append(("SUB-SWB-B", ""))
        else:
            cable = plan.add(
                f"RING-C-{index + 1}",
                "Segment",
                f"Ring cable {index + 1}",
                "SUB-L1",
                hall.place("Segment"),
                medium="power",
            )
            suppliers.append((ring[index + 1], cable))
        for source, cable in suppliers:
            plan.supply(unit, [source], realized_by=cable)
    plan.system("RING", "10 kV ring of the common services", "ELECTRICAL", ring, within="SUB")


def _generators(plan: Plan, load: SiteLoad) -> None:
    parameters = plan.parameters
    blocks, needed, set_kw = load.blocks, load.needed, load.set_kw
    yard, service = yard_floor(plan, "GEN", 12.0, 60.0), yard_floor(plan, "GEN", 76.0, 22.0)
    number = 0
    for block in range(1, blocks + 1):
        tanks = [f"FUEL-{block}{letter}" for letter in "AB"]
        for tank in tanks:
            plan.add(
                tank,
                "Tank",
                f"Fuel tank {tank[5:]}",
                "GEN-L1",
                service.place("Tank"),
                medium="diesel",
                volume_m3=parameters.number("fuel_tank_m3"),
            )
        sets: list[str] = []
        for _ in range(needed + 1):
            number += 1
            box = yard.place("Generator")
            module = plan.add(
                f"GEN-M{number:02d}", "Module", f"Generator box {number}", "GEN-L1", box, kind="generator"
            )
            generator = plan.add(
                f"GEN-{number}",
                "Generator",
                f"Generator set {number}",
                module,
                box,
                rated_kw=set_kw,
                fuel="diesel",
                rated_voltage_v=parameters.number("mv_voltage_v"),
            )
            plan.supply(generator, tanks, "FUEL")
            sets.append(generator)
        board = plan.add(
            f"GEN-SWB-{block}",
            "Switchboard",
            f"Generator board {block}",
            "GEN-L1",
            service.place("Switchboard"),
            rated_kw=set_kw * needed,
            standby=True,
            start_s=parameters.number("generator_start_s"),
            run_s=parameters.number("generator_run_s"),
            rated_voltage_v=parameters.number("mv_voltage_v"),
        )
        plan.supply(board, sets, need=needed)
        add_meter(plan, board, "facility total")
        plan.system(f"GEN-PATH-{block}", f"Generator block {block}", "ELECTRICAL", [*sets, board], within="GEN")
        plan.system(f"FUEL-{block}", f"Fuel of generator block {block}", "FUEL", tanks)


def _site_power(plan: Plan, load: SiteLoad) -> None:
    """A board in each water plant, from the ring and from section B, each also on a generator board, with a bus tie."""
    parameters = plan.parameters
    pumps_kw = 4 * load.buildings * parameters.number("water_pump_draw_kw")
    kva = standard(max(20.0, pumps_kw) * parameters.number("sizing_margin") / parameters.number("power_factor"))
    rated = round(kva * parameters.number("power_factor"), 3)
    high, low = parameters.number("mv_voltage_v"), parameters.number("lv_voltage_v")
    for index, side in enumerate("AB"):
        plant = f"WAT-{index + 1}"
        floor = yard_floor(plan, plant, 2.0, 14.0)
        switchgear = plan.add(
            f"SITE-MV-{side}",
            "Switchboard",
            f"10 kV board {side} of the site plant",
            f"{plant}-L1",
            floor.place("Switchboard"),
            rated_kw=rated,
            rated_voltage_v=high,
            side=side,
            transfer_s=parameters.number("bus_transfer_s"),
        )
        main = "RMU-SITE" if side == "A" else "SUB-SWB-B"
        plan.supply(switchgear, [main, f"GEN-SWB-{index % load.blocks + 1}"], transfer=True)
        transformer = plan.add(
            f"SITE-T-{side}",
            "Transformer",
            f"Site transformer {side}",
            f"{plant}-L1",
            floor.place("Transformer"),
            rated_kva=kva,
            rated_kw=rated,
            side=side,
            rated_voltage_v=high,
            secondary_voltage_v=low,
        )
        plan.supply(transformer, [switchgear])
        board = plan.add(
            f"SITE-LVB-{side}",
            "Switchboard",
            f"Site board {side}",
            f"{plant}-L1",
            floor.place("Switchboard"),
            rated_kw=rated,
            side=side,
            transfer_s=parameters.number("bus_transfer_s"),
            rated_voltage_v=low,
        )
        plan.supply(board, [transformer, "SITE-LVT"], transfer=True)
        plan.system(
            f"SITE-PATH-{side}",
            f"Site power {side}",
            "ELECTRICAL",
            [switchgear, transformer, board],
            within=plant,
            side=side,
        )
        if side == "A":
            plan.add(
                "SITE-LVT",
                "Breaker",
                "Site bus tie",
                f"{plant}-L1",
                floor.place("Breaker"),
                rated_kw=rated,
                normal_position="open",
            )
    plan.supply("SITE-LVT", ["SITE-LVB-A", "SITE-LVB-B"])
