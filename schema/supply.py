"""The types of supply, in the order of their codes in the compiled topology."""

from __future__ import annotations

from typing import Final

SUPPLY_TYPES: Final = ("FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS")
"""Electric power, cooling, water · fuel · air, control signals, network, compute."""
