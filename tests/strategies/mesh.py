"""Random meshes of one type: where counting suppliers alone keeps dead rings alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .campus import Records

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def meshes(draw: Draw, *, time: bool = False) -> Records:
    """Sources, four to eight members that supply each other in one or two groups each, two loads behind them."""
    kind = draw(st.sampled_from(("FEEDS", "CONNECTS", "COOLS")))
    found = Records()
    sources = [f"u{n}" for n in range(draw(st.integers(1, 3)))]
    members = [f"m{n}" for n in range(draw(st.integers(4, 8)))]
    for asset in sources:
        found.assets.append({"id": asset, "label": "UtilityFeed", **_standby(draw, time=time, one_in=3)})
    for asset in members:
        found.assets.append({"id": asset, "label": "Substation", **_standby(draw, time=time, one_in=8)})
        if draw(st.integers(0, 3)) == 0:
            found.assets[-1]["draw_kw"] = draw(st.integers(1, 5))
        for name in ("", "b")[: draw(st.sampled_from((1, 1, 2)))]:
            others = [m for m in members if m != asset]
            suppliers = _some(draw, others, 4) + (_some(draw, sources, 2) if draw(st.integers(0, 2)) == 0 else [])
            need = max(1, len(suppliers) - draw(st.integers(0, 4)))
            _group(found, asset, kind, suppliers, need=need, group=name)
    for n in (1, 2):
        found.assets.append({"id": f"s{n}", "label": "Server", "draw_kw": n, "power_hold_s": 4 if time else None})
        suppliers = _some(draw, members, 3)
        _group(found, f"s{n}", kind, suppliers, need=draw(st.integers(1, len(suppliers))))
    _group(found, "s1", "HOSTS" if kind != "HOSTS" else "CONTROLS", [members[0]], need=1)
    if draw(st.booleans()):  # a cycle across types through the mesh
        _group(found, members[-1], "CONTROLS", ["s2"], need=1)
    return found


def _standby(draw: Draw, *, time: bool, one_in: int) -> dict[str, Any]:
    if draw(st.integers(1, one_in)) > 1:
        return {}
    if not time:
        return {"standby": True}
    return {"standby": True, "start_s": draw(st.sampled_from((0, 5))), "run_s": draw(st.sampled_from((None, 10, 20)))}


def _some(draw: Draw, candidates: list[str], most: int) -> list[str]:
    count = draw(st.integers(1, min(most, len(candidates))))
    return draw(st.lists(st.sampled_from(candidates), min_size=count, max_size=count, unique=True))


def _group(found: Records, owner: str, kind: str, suppliers: list[str], **stated: Any) -> None:
    for supplier in suppliers:
        found.relationships.append({"source_id": supplier, "type": kind, "target_id": owner, **stated})
