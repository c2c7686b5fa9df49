"""Where what is measured and what the model computes disagree, so that the model is suspect.

- state: the engine says that an asset is down since longer than anything in the model can hold, and it still draws
  power.
- load: what passes through a piece of the power train differs by more than 20 % from what its consumers take, and
  nearly all of that was measured. Not judged until every hold is over after a condition of the plant changed, because
  holds and starts take their time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twin.impact.load import flows
from twin.live.base import has_own_draw
from twin.live.metrics import POWER, POWER_KW
from twin.live.points import Quality
from twin.live.state import TTL_S

if TYPE_CHECKING:
    from twin.live.state import State
    from twin.live.watch import Watch

TOLERANCE: Final = 0.2
LEAST_KW: Final = 1.0
"""Below this, measured and computed alike, nothing is said about a load."""
DRAWS_KW: Final = 0.01
MEASURED: Final = 0.8
"""Share of a computed load that must rest on measured draws before it is compared."""
SETTLED_S: Final = 60.0
MOST: Final = 1_000


def suspects(watch: Watch, state: State, now_s: float) -> list[dict[str, Any]]:
    """What disagrees now, at most `MOST`: largest difference first. kW."""
    row = state.file.rows[POWER_KW]
    fresh = (row["quality"] >= Quality.UNCERTAIN) & (now_s - row["receive_s"] <= TTL_S[POWER_KW])
    power = np.where(fresh, row["value"].astype(np.float64), np.nan)
    if np.isnan(power).all():
        return []
    topology = watch.topology
    holds = [array[np.isfinite(array)] for array in (topology.power_hold_s, topology.cooling_hold_s)]
    longest_s = max(float(array.max(initial=0.0)) for array in holds) + SETTLED_S
    found: list[tuple[int, str, float, float]] = []
    alive = (now_s - watch.lost_s > longest_s) & (np.nan_to_num(power) > DRAWS_KW) & (topology.draw_kw > 0)
    found += [(asset, "state", float(power[asset]), 0.0) for asset in np.flatnonzero(alive).tolist()]
    if now_s - watch.changed_s > longest_s or not watch.changed_s:
        found += _loads(watch, power)
    found.sort(key=lambda entry: (-abs(entry[2] - entry[3]), entry[0]))
    return [_document(watch, *entry) for entry in found[:MOST]]


def _loads(watch: Watch, power: np.ndarray) -> list[tuple[int, str, float, float]]:
    topology, up = watch.topology, watch.up
    train = np.isin(topology.label, [code for code, label in enumerate(topology.labels) if label in POWER])
    train &= up & ~np.isnan(power)
    if not train.any():
        return []
    measured = has_own_draw(topology) & ~np.isnan(power)
    draw = np.where(measured, np.maximum(power, 0.0), topology.draw_kw)
    computed = flows(replace(topology, draw_kw=draw), up).load_kw
    unmeasured = flows(replace(topology, draw_kw=np.where(measured, 0.0, topology.draw_kw)), up).load_kw
    judged = train & (unmeasured <= (1 - MEASURED) * computed)
    larger = np.fmax(np.nan_to_num(power), computed)
    differs = judged & (larger > LEAST_KW) & (np.abs(np.nan_to_num(power) - computed) > TOLERANCE * larger)
    assets = np.flatnonzero(differs)
    return [(asset, "load", float(power[asset]), float(computed[asset])) for asset in assets.tolist()]


def _document(watch: Watch, asset: int, kind: str, measured: float, computed: float) -> dict[str, Any]:
    name, label = watch.topology.ids[asset], watch.topology.label_of(asset)
    if kind == "state":
        text = f"{label} {name} should be down by what it hangs on, and draws {measured:.3g} kW"
    else:
        text = f"{label} {name} carries {measured:.4g} kW, its consumers take {computed:.4g} kW"
    return {
        "id": name,
        "label": label,
        "kind": kind,
        "measured_kw": round(measured, 6),
        "computed_kw": round(computed, 6),
        "text": text,
    }
