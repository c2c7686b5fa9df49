"""What the campus draws at the substation, summed over a planned building, and the generators that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ingest.campus.building import plan_building
from ingest.campus.parameters import Parameters
from ingest.campus.scales import Scale
from ingest.campus.sizing import standard


@dataclass(frozen=True, slots=True)
class SiteLoad:
    """Load of the campus in kW, and the generator blocks: how many, sets needed in each, rating of a set in kW."""

    buildings: int
    load_kw: float
    blocks: int
    needed: int
    set_kw: float


def site_load(scale: Scale, parameters: Parameters) -> SiteLoad:
    """Plan one building and multiply: buildings differ by a few servers only."""
    plan = plan_building(scale, parameters, 1, 1)
    equipment_kw = sum(float(asset.properties.get("draw_kw", 0.0)) for asset in plan.assets.values())
    network_kw = (scale.spines + 1) * parameters.number("spine_draw_kw")
    leaves = 2 * ceil(scale.servers / parameters.whole("servers_per_leaf_pair") * 1.1)
    water_kw = 4 * parameters.number("water_pump_draw_kw") * scale.buildings + 1.0
    load_kw = (
        scale.buildings * (equipment_kw + network_kw)
        + scale.servers * parameters.number("server_draw_kw")
        + leaves * parameters.number("network_device_draw_kw")
        + water_kw
    ) / parameters.number("chain_efficiency")
    set_kw = parameters.number("generator_set_kw")
    margin = parameters.number("generator_margin")
    most = parameters.whole("generator_sets_max")
    boards = 2 * scale.buildings
    blocks = 1
    while ceil(boards / blocks) * load_kw / boards * margin > most * set_kw:
        blocks += 1  # so that the block with the most 10 kV boards carries them
    needed = most if blocks > 1 else max(2, ceil(load_kw * margin / set_kw))
    rated = set_kw if blocks > 1 else min(set_kw, standard(load_kw * margin / needed))
    return SiteLoad(scale.buildings, load_kw, blocks, needed, rated)
