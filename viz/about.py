"""The panel of an asset: name, place, state with its time, suppliers, groups and reserve, load against rating."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from viz.reading import clock
from viz.states import STYLES, State
from viz.words import breakdown, tally_of

if TYPE_CHECKING:
    from viz.stage import Stage

SUPPLIERS_SHOWN: Final = 4
CONSUMERS_SHOWN: Final = 3
SCHEMATIC: Final = "place: drawn schematically, no source gives it"


def about(stage: Stage, asset: int) -> list[str]:
    """What is known of an asset, line by line; the first line is its id."""
    model, ids = stage.model, stage.model.topology.ids
    name = stage.names[asset] if stage.names is not None else ""
    lines = [ids[asset], model.label_of(asset) + (f" · {name}" if name and name != ids[asset] else "")]
    place: list[str] = []
    at = int(model.parent[asset])
    while at >= 0:
        place.append(ids[at])
        at = int(model.parent[at])
    if place:
        lines.append("in " + " › ".join(reversed(place)))
    lines += filter(None, [schematic(stage, asset)])
    return lines + _state(stage, asset) + _values(stage, asset) + _suppliers(stage, asset) + _beyond(stage, asset)


def schematic(stage: Stage, asset: int) -> str:
    """Says of an asset that it is drawn at a place that no source gives; empty for others."""
    boxes = stage.model.boxes
    return SCHEMATIC if boxes.known[asset] and boxes.schematic[asset] else ""


def _state(stage: Stage, asset: int) -> list[str]:
    value = State(int(stage.state[asset]))
    lines = [f"state: {STYLES[value].word} ({STYLES[value].meaning})"]
    when = moment(stage, asset)
    lines += [when] if when else []
    if stage.verdict is not None:
        why = stage.verdict.why(asset)
        lines += [f"because {why}"] if why else []
        lines += [stage.verdict.notes[asset]] if asset in stage.verdict.notes else []
    held = holds(stage, asset)
    return [*lines, f"holds {held}"] if held else lines


def moment(stage: Stage, asset: int) -> str:
    """Since when an asset is in its state and as of when that is known; empty without live state."""
    if stage.reading is None:
        return ""
    began = float(stage.reading.since_s[asset])
    return (f"since {clock(began)}, " if began > 0 else "") + f"as of {stage.reading.told()}"


def holds(stage: Stage, asset: int) -> str:
    """The loads that stand in an asset, counted; empty if none do."""
    held = np.flatnonzero(stage.model.contents(np.array([asset])) & stage.model.topology.loads)
    return breakdown(tally_of(stage.model.topology, held[held != asset]), 2)


def supplies(stage: Stage, asset: int) -> str:
    """What an asset supplies directly, counted; empty if nothing."""
    topology = stage.model.topology
    start, stop = topology.supplied_start[asset : asset + 2]
    beyond = np.unique(topology.group_owner[topology.supplied_group[start:stop]])
    return breakdown(tally_of(topology, beyond), CONSUMERS_SHOWN)


def _values(stage: Stage, asset: int) -> list[str]:
    topology, lines = stage.model.topology, list[str]()
    power = float(stage.quantities.power_kw(stage.state)[asset])
    rated = float(topology.rated_kw[asset])
    measured = stage.quantities.measured_kw
    source = "measured" if measured is not None and np.isfinite(measured[asset]) else "by the model"
    if np.isfinite(rated):
        lines.append(f"load {power:,.1f} of {rated:,.0f} kW rated, {power / max(rated, 1e-9):.0%}, {source}")
    elif power > 0:
        lines.append(f"power {power:,.2f} kW, {source}; no rating known")
    inlet = stage.quantities.inlet_c
    if inlet is not None and np.isfinite(inlet[asset]):
        lines.append(f"inlet {float(inlet[asset]):.1f} °C")
    return lines


def _suppliers(stage: Stage, asset: int) -> list[str]:
    topology, ids, lines = stage.model.topology, stage.model.topology.ids, list[str]()
    down = (stage.state >= State.LOST) | np.isin(stage.state, (State.DOWN_BEFORE, State.MAINTENANCE))
    for group in topology.groups(asset):
        kind, text = topology.group_text(group)
        suppliers = topology.suppliers(group)
        up, need = int((~down[suppliers]).sum()), int(topology.group_need[group])
        reserve = f"reserve {up - need}" if up >= need else f"{need - up} too few"
        lines.append(f"{f'{kind} {text}'.strip()}: {up} of {len(suppliers)} up, needs {need}, {reserve}")
        lines += [
            f"   {ids[int(one)]} · {STYLES[State(int(stage.state[one]))].word}" for one in suppliers[:SUPPLIERS_SHOWN]
        ]
        if len(suppliers) > SUPPLIERS_SHOWN:
            lines.append(f"   and {len(suppliers) - SUPPLIERS_SHOWN} more")
    return lines


def _beyond(stage: Stage, asset: int) -> list[str]:
    beyond = supplies(stage, asset)
    return [f"supplies {beyond}"] if beyond else []
