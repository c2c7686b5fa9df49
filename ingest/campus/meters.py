"""Meters: what PUE and WUE are computed from, each above the equipment that it measures."""

from __future__ import annotations

from typing import Final

from ingest.campus.plan import Box, Plan

ENERGY: Final = "electric energy"
WATER: Final = "water"
METRIC: Final = {ENERGY: "power_kw", WATER: "water_m3"}
"""What a meter of a quantity reports of what it measures."""


def add_meter(plan: Plan, measured: str, role: str, quantity: str = ENERGY) -> None:
    """Add the meter of an asset that is in the plan; its id is the asset's with -MTR."""
    asset = plan.assets[measured]
    if asset.box is None:
        raise ValueError(f"{measured} has no box")
    top = Box(asset.box.x, asset.box.y, round(asset.box.z + asset.box.height, 3), *plan.parameters.size_m("Meter"))
    name = "Water" if quantity == WATER else "Energy"
    plan.add(f"{measured}-MTR", "Meter", f"{name} meter of {measured}", asset.parent, top, quantity=quantity, role=role)
