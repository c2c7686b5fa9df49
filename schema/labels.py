"""Every label of the campus, and the look-ups that the other rooms use."""

from __future__ import annotations

from functools import cache
from typing import Final

from schema.label_groups.compute import COMPUTE_LABELS
from schema.label_groups.cooling import COOLING_LABELS
from schema.label_groups.power import POWER_LABELS
from schema.label_groups.space import SPACE_LABELS
from schema.model import Label, Property
from schema.properties import ANALYSIS_PROPERTIES, ASSET_PROPERTIES

__all__ = ["ANALYSIS_PROPERTIES", "LABELS", "expects", "is_load", "properties_of"]

LABELS: Final[dict[str, Label]] = {
    label.name: label for label in (*SPACE_LABELS, *COMPUTE_LABELS, *POWER_LABELS, *COOLING_LABELS)
}
"""Asset labels by name. Scenario and Source are no assets: see `schema.relationships`."""


@cache
def properties_of(label: str) -> dict[str, Property]:
    """All properties that an asset of this label may have, by name: those of every asset first.

    Raises KeyError where there is no such label.
    """
    return {p.name: p for p in (*ASSET_PROPERTIES, *LABELS[label].properties)}


def is_load(label: str) -> bool:
    """Whether the audits and the maintenance check ask for this label."""
    return LABELS[label].load


def expects(label: str) -> tuple[str, ...]:
    """Supply types whose absence at an asset of this label is counted as unknown."""
    return LABELS[label].expects
