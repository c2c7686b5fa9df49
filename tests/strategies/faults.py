"""Campuses with data errors of sections 1 and 3, for tests of refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .campus import Records, campuses

Draw = Callable[[st.SearchStrategy[Any]], Any]
SUPPLY = ("FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS")
FAULTS = ("needs", "low need", "high need", "self", "policies", "transfer", "portions", "sum", "none")
NEEDS_ONLY = ("needs", "none")


@st.composite
def faulty(draw: Draw, faults: tuple[str, ...] = FAULTS) -> Records:
    """A campus with one fault in one group, or with none."""
    found = draw(campuses())
    rows = [r for r in found.relationships if r["type"] in SUPPLY]
    if not rows:
        return found
    row = draw(st.sampled_from(rows))
    names = ("target_id", "type", "group")
    group = [r for r in rows if all(r[n] == row[n] for n in names)]
    fault = draw(st.sampled_from(faults))
    if fault == "needs":
        found.relationships.append({**row, "need": row["need"] + 1})
    elif fault in ("low need", "high need"):
        for r in group:
            r["need"] = 0 if fault == "low need" else 9
    elif fault == "self":
        found.relationships.append({**row, "source_id": row["target_id"]})
    elif fault == "policies":
        group[0]["policy"] = "transfer"
    elif fault == "transfer":
        for r in group:
            r["policy"] = "transfer"
    elif fault == "portions":
        group[0]["portion"] = 0.5
    elif fault == "sum":
        for r in group:
            r["portion"] = 0.6
    return found
