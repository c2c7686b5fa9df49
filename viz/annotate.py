"""What the labels of a picture say: failed and lost equipment by name, loads by count, places by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from viz.boxes import Indices
from viz.camera import View
from viz.kinds import Kind
from viz.labels import Label
from viz.states import AFFECTED, STYLES, State
from viz.words import breakdown, counted, names_of

if TYPE_CHECKING:
    from viz.model import Model, States

PRIORITY: Final = {State.FAILED: 100.0, State.LOST: 70.0, State.AT_RISK: 45.0, State.DEGRADED: 35.0}
NAMED_AT_MOST: Final = 3


def annotations(
    model: Model, names: Sequence[str] | None, state: States, view: View, size: tuple[int, int]
) -> list[Label]:
    """Labels for an answer, in the pixels of a picture of `size`."""
    width, height = size
    labels = _equipment(model, names, state, view, width, height)
    labels += _loads(model, names, state, view, width, height)
    labels += _places(model, names, state, view, width, height)
    inside = [one for one in labels if 0 <= one.x < width and 0 <= one.y < height]
    return inside


def _at(model: Model, index: Indices, view: View, width: int, height: int) -> tuple[float, float]:
    """Pixel of the member that stands nearest to the middle of a group."""
    top = model.boxes.top(index)
    middle = top.mean(axis=0)
    chosen = int(np.argmin(((top - middle) ** 2).sum(axis=1)))
    x, y, _ = view.project(top[chosen : chosen + 1], width, height)[0]
    return float(x), float(y)


def _equipment(
    model: Model, names: Sequence[str] | None, state: States, view: View, width: int, height: int
) -> list[Label]:
    """Equipment in a state of its own: by name while they are few of a sort in one module, else counted."""
    labels: list[Label] = []
    equipment = model.of_kind(Kind.EQUIPMENT, *([Kind.CABINET, Kind.IN_RACK]))
    racked = np.isin(model.kind[equipment], (Kind.CABINET, Kind.IN_RACK))
    # What stands in racks is named only where the question named it.
    equipment = equipment[~racked | (state[equipment] == State.FAILED)]
    module = model.enclosing(equipment, Kind.MODULE)
    for value in AFFECTED:
        chosen = state[equipment] == value
        groups: dict[tuple[int, int], list[int]] = {}
        for asset, place in zip(equipment[chosen].tolist(), module[chosen].tolist(), strict=True):
            groups.setdefault((place, int(model.topology.label[asset])), []).append(asset)
        for members in groups.values():
            index = np.array(members)
            if len(members) <= NAMED_AT_MOST or value == State.FAILED:
                for asset in members[:12]:
                    x, y = _at(model, np.array([asset]), view, width, height)
                    (name,) = names_of(model.topology, names, [asset])
                    labels.append(
                        Label(x, y, name, value, PRIORITY[value], _what(model, asset, value), value == State.FAILED)
                    )
            else:
                x, y = _at(model, index, view, width, height)
                text = f"{counted(model.label_of(members[0]), len(members))} {STYLES[value].word}"
                labels.append(Label(x, y, text, value, PRIORITY[value] + 5))
    return labels


def _what(model: Model, asset: int, value: State) -> str:
    return f"{model.label_of(asset)} · {STYLES[value].word}"


def _loads(
    model: Model, names: Sequence[str] | None, state: States, view: View, width: int, height: int
) -> list[Label]:
    """Loads in racks, counted for each module (for each building when modules are many)."""
    racked = model.of_kind(Kind.IN_RACK)
    racked = racked[model.topology.loads[racked]]
    labels: list[Label] = []
    module = model.enclosing(racked, Kind.MODULE)
    affected = np.unique(module[state[racked] >= State.DEGRADED])
    if len(affected) > 14:
        module = model.enclosing(racked, Kind.BUILDING)
    for value in (State.LOST, State.AT_RISK, State.DEGRADED):
        chosen = state[racked] == value
        for place in np.unique(module[chosen]).tolist():
            members = racked[chosen & (module == place)]
            x, y = _at(model, members, view, width, height)
            counts = Counter(model.label_of(int(one)) for one in members[:1])
            label = next(iter(counts))
            text = f"{counted(label, len(members))} {STYLES[value].word}"
            detail = ""
            if len(members) <= 2:
                detail = ", ".join(names_of(model.topology, names, members))
            labels.append(Label(x, y, text, value, PRIORITY[value] + 15, detail, bold=value == State.LOST))
    return labels


def _places(
    model: Model, names: Sequence[str] | None, state: States, view: View, width: int, height: int
) -> list[Label]:
    """Names of modules and buildings at the far upper corner of their boxes."""
    labels: list[Label] = []
    worst = model.worst(state)
    for kind, priority in ((Kind.MODULE, 25.0), (Kind.BUILDING, 20.0)):
        for place in model.of_kind(kind).tolist():
            corners = view.project(model.boxes.corners(np.array([place]))[0], width, height)
            if not np.isfinite(corners).all():
                continue
            x, y, _ = corners[int(np.argmin(corners[:, 1]))]
            (name,) = names_of(model.topology, names, [place])
            gain = 5.0 if worst[place] >= State.DEGRADED else 0.0
            detail = ""
            if gain and kind == Kind.BUILDING:
                inside = model.contents(np.array([place])) & model.topology.loads & (state == State.LOST)
                lost = Counter({model.topology.labels[j]: int(c) for j, c in enumerate(np.bincount(model.topology.label[inside])) if c})
                detail = f"lost: {breakdown(lost, 2)}" if lost else ""
            labels.append(Label(float(x), float(y), name, State.GHOST, priority + gain, detail))
    return labels
