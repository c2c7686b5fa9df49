"""What the page says about an asset, about the legend and about why something is lost, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viz import about
from viz.colour import BANDS, TITLES, Colour
from viz.images import band_url, mark_url, swatch_url
from viz.lines import DEAD, FOLLOWED, TYPE_COLOUR, Fate
from viz.panel import FOLLOWED_WORDS, LINE_WORDS, ORDER
from viz.stage import Stage
from viz.states import BAND, STYLES, SURVIVING, Rgb, State
from viz.words import breakdown, singular, tally

if TYPE_CHECKING:
    from twin.impact.load import Flows

SUPPLIERS_AT_MOST: Final = 12
TYPE_WORDS: Final = {
    "FEEDS": "power",
    "COOLS": "cooling",
    "SUPPLIES": "water, fuel",
    "CONTROLS": "control",
    "CONNECTS": "network",
    "HOSTS": "host",
}


def legend(stage: Stage) -> list[dict[str, Any]]:
    """One entry for each state that occurs: word, meaning, count, most frequent labels, samples of colour and mark."""
    count = tally(stage.model.topology, stage.state)
    out: list[dict[str, Any]] = []
    for state in ORDER:
        counts = count.by_state.get(state)
        if counts:
            out.append(
                {
                    "word": STYLES[state].word,
                    "meaning": STYLES[state].meaning,
                    "count": f"{sum(counts.values()):,}",
                    "detail": breakdown(counts, 3),
                    "swatch": swatch_url(state),
                    "mark": mark_url(state),
                }
            )
    return out


def bands(stage: Stage) -> dict[str, Any] | None:
    """The bands of what colours tell, if that is not the state: title, and text, count and sample of each."""
    look = stage.look
    if stage.colour is Colour.STATE or look.own is None:
        return None
    counts = np.bincount(look.own, minlength=256)
    rows = [
        {"text": band.text, "count": f"{int(counts[BAND + number]):,}", "swatch": band_url(band.fill, band.pattern)}
        for number, band in enumerate(BANDS[stage.colour])
    ]
    unknown = int(counts[State.UNKNOWN])
    rows.append({"text": "no value", "count": f"{unknown:,}", "swatch": swatch_url(State.UNKNOWN)})
    return {"title": TITLES[stage.colour], "rows": rows}


def lines(stage: Stage) -> list[dict[str, str]]:
    """What the lines of the picture mean: colour, stroke and words of each sort that is drawn."""
    stage.mark()
    drawn = stage.look.lines
    fates = set(drawn.fate.tolist())
    out: list[dict[str, str]] = []
    if Fate.DEAD in fates:
        out.append({"colour": _css(DEAD), "stroke": "dashed", "word": "line that no longer supplies"})
    if Fate.SURVIVING in fates:
        out.append({"colour": _css(SURVIVING), "stroke": "thick", "word": "line that still carries them"})
    if len(stage.look.traced):
        out.append({"colour": _css(FOLLOWED), "stroke": "thick", "word": FOLLOWED_WORDS})
    idle = set(drawn.type[drawn.fate == Fate.IDLE].tolist())
    out += [
        {"colour": _css(TYPE_COLOUR[code]), "stroke": "thin", "word": word} for code, word in LINE_WORDS if code in idle
    ]
    return out


def panel(stage: Stage, asset: int, loads: Flows | None, because: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is known of an asset: name, path in the campus, state and why, loads against ratings, suppliers, reserve.

    `loads`: of the state that is shown, kW by asset. `because`: the reason of an answer, where it is lost.
    """
    topology, ids = stage.model.topology, stage.model.topology.ids
    name = stage.names[asset] if stage.names is not None else ""
    path: list[str] = []
    at = int(stage.model.parent[asset])
    while at >= 0:
        path.append(ids[at])
        at = int(stage.model.parent[at])
    return {
        "id": ids[asset],
        "label": singular(topology.label_of(asset)),
        "name": name if name != ids[asset] else "",
        "path": path[::-1],
        **state_of(stage, asset),
        "why": why(because) if because else "",
        "note": stage.verdict.notes.get(asset, "") if stage.verdict else "",
        "loads": [] if loads is None else _loads(stage, asset, loads),
        "groups": [_group(stage, group) for group in topology.groups(asset)],
        "placed": bool(stage.model.boxes.known[asset]),
        "schematic": about.schematic(stage, asset),
        "when": about.moment(stage, asset),
        "holds": about.holds(stage, asset),
        "supplies": about.supplies(stage, asset),
    }


def state_of(stage: Stage, asset: int) -> dict[str, str]:
    """The state of an asset as a word and a mark."""
    state = State(int(stage.state[asset]))
    return {"state": STYLES[state].word, "mark": mark_url(state)}


def why(because: Mapping[str, Any]) -> str:
    """The reason of a loss in words."""
    kind = str(because["type"])
    if kind == "OVERLOAD":
        return f"it tripped at {because['load_kw']:,.0f} kW on a rating of {because['rated_kw']:,.0f} kW"
    causes = _few(list(because.get("lost_suppliers") or because.get("by") or []))
    if kind == "CONTAINS":
        return f"it stands in {causes}, which failed"
    if kind == "AFFECTS":
        return f"the common cause {causes} hits it"
    if kind == "PART_OF":
        return f"it is part of {causes}, which failed"
    what = TYPE_WORDS.get(kind, kind) + (f" ({because['group']})" if because["group"] else "")
    need, left = because["need"], because["available"]
    return f"its {what} needs {need} and has {left}: {causes or 'nothing'} is gone"


def _few(ids: list[str]) -> str:
    more = f" and {len(ids) - 3:,} more" if len(ids) > 3 else ""
    return ", ".join(ids[:3]) + more


def _group(stage: Stage, group: int) -> dict[str, Any]:
    topology = stage.model.topology
    type_, text = topology.group_text(group)
    suppliers = topology.suppliers(group)
    state = stage.state[suppliers]
    up = int((~np.isin(state, (State.LOST, State.FAILED, State.DOWN_BEFORE, State.MAINTENANCE))).sum())
    need = int(topology.group_need[group])
    return {
        "what": TYPE_WORDS.get(type_, type_),
        "name": text,
        "up": up,
        "of": len(suppliers),
        "need": need,
        "reserve": up - need,
        "inferred": bool(topology.group_inferred[group]),
        "suppliers": [
            {"id": topology.ids[one], **state_of(stage, one)} for one in suppliers[:SUPPLIERS_AT_MOST].tolist()
        ],
        "more": max(len(suppliers) - SUPPLIERS_AT_MOST, 0),
    }


def _loads(stage: Stage, asset: int, loads: Flows) -> list[dict[str, Any]]:
    """Load against rating, of power and of cooling, where there is either."""
    topology, measured = stage.model.topology, stage.quantities
    out: list[dict[str, Any]] = []
    for what, values, unit in (("measured power", measured.measured_kw, "kW"), ("inlet", measured.inlet_c, "°C")):
        if values is not None and np.isfinite(values[asset]):
            text = f"{float(values[asset]):,.1f} {unit}"
            out.append({"what": what, "text": text, "share": None, "over": False})
    for what, load, rated in (
        ("power", float(loads.load_kw[asset]), float(topology.rated_kw[asset])),
        ("cooling", float(loads.cooling_load_kw[asset]), float(topology.rated_cooling_kw[asset])),
        ("own draw", float(loads.draw_kw[asset]), float("inf")),
    ):
        known = np.isfinite(rated)
        if not load and not known:
            continue
        share = load / rated if known and rated > 0 else None
        text = f"{load:,.1f} kW" + (f" of {rated:,.0f} kW" if known else "")
        if share is not None:
            text += f", {share:.0%}"
        over = share is not None and share > 1
        out.append({"what": what, "text": text, "share": None if share is None else min(share, 1.0), "over": over})
    return out


def _css(colour: Rgb) -> str:
    return "rgb({} {} {})".format(*colour)
