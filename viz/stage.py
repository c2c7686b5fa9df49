"""What a person does in the view, apart from any window: pick, ask, isolate, hide, step, search, fly, come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from viz.boxes import Doubles
from viz.camera import View, direction, frame
from viz.kinds import SPACES, Kind
from viz.look import Look, dress, look_at
from viz.model import Model, States
from viz.pick import Hit, Picker
from viz.picture import ANGLE_DEG, ELEVATION_DEG, view_of
from viz.states import STYLES, State
from viz.verdict import Verdict
from viz.words import Texts, infrastructure, sentence, tally

Ask = Callable[[Sequence[str], Sequence[str]], Verdict]
FOUND_AT_MOST = 12


@dataclass(frozen=True)
class Viewpoint:
    """A saved view: camera, question and what was hidden, to come back to."""

    name: str
    view: View
    failed: tuple[int, ...]
    out: tuple[int, ...]
    hidden: NDArray[np.bool_]


@dataclass
class Stage:
    """The state of one person's view of a campus. `ask` answers a question of ids failed and ids out."""

    model: Model
    names: Texts | None
    ask: Ask
    height: int = 722
    aspect: float = 1000 / 722
    failed: list[int] = field(default_factory=list[int])
    out: list[int] = field(default_factory=list[int])
    selected: int | None = None
    viewpoints: dict[str, Viewpoint] = field(default_factory=dict[str, Viewpoint])

    def __post_init__(self) -> None:
        n = len(self.model)
        self.hidden = np.zeros(n, np.bool_)
        self.verdict: Verdict | None = None
        self.state: States = np.full(n, State.WORKING, np.uint8)
        self._look_again()
        self.view: View = view_of(self.model, self.look, self.aspect)
        self._dress()

    # Questions

    def question(self, failed: Sequence[int], out: Sequence[int] = ()) -> None:
        """Ask what fails if these fail while those are out, and look at the answer; nothing failed: no question."""
        self.failed, self.out = list(dict.fromkeys(failed)), list(dict.fromkeys(out))
        ids = self.model.topology.ids
        self.verdict = None
        self.state = np.full(len(self.model), State.WORKING, np.uint8)
        if self.failed:
            self.verdict = self.ask([ids[one] for one in self.failed], [ids[one] for one in self.out])
            self.state = self.verdict.states(len(self.model))
        self._look_again()
        self.view = view_of(self.model, self.look, self.aspect)
        self._dress()

    def fail_selected(self) -> None:
        """Add the selected asset to the failed ones, or take it back."""
        if self.selected is not None:
            self.question(_toggled(self.failed, self.selected), self.out)

    def take_out_selected(self) -> None:
        """Add the selected asset to those that are out, or take it back."""
        if self.selected is not None:
            self.question(self.failed, _toggled(self.out, self.selected))

    # What is shown

    def isolate(self) -> None:
        """Show the space around the selected asset alone."""
        if self.selected is not None:
            self.hidden = ~self.model.contents(np.array([self._space(self.selected)]))
            self._look_again()
            self.fly_to(self._space(self.selected))

    def hide(self) -> None:
        """Hide the selected asset with all that it contains."""
        if self.selected is not None:
            self.hidden |= self.model.contents(np.array([self.selected]))
            self.selected = None
            self._look_again()

    def reset(self) -> None:
        """Show all again, without a question."""
        self.hidden[:] = False
        self.selected = None
        self.question((), ())

    # Where one looks

    def fly_to(self, asset: int) -> None:
        """Look at an asset, near enough to see what it holds."""
        if not self.model.boxes.known[asset]:
            raise BadInput(f"{self.model.topology.ids[asset]} has no place in the picture")
        self.selected = asset
        inside = np.flatnonzero(self.model.contents(np.array([asset])) & self.model.boxes.known)
        corners = self.model.boxes.corners(inside).reshape(-1, 3)
        if len(inside) == 1:
            middle = corners.mean(axis=0)
            corners = middle + (corners - middle) * 5
        self.view = frame(corners, direction(-120, ELEVATION_DEG), self.aspect, angle_deg=ANGLE_DEG)
        self._dress()

    def search(self, text: str) -> list[int]:
        """Assets whose id or name holds this text, ids that begin with it first."""
        wanted = text.casefold()
        if not wanted:
            return []
        ids = self.model.topology.ids
        found: list[int] = []
        inside: list[int] = []
        for asset, one in enumerate(ids):
            folded = one.casefold()
            if folded.startswith(wanted):
                found.append(asset)
            elif wanted in folded or (self.names is not None and wanted in self.names[asset].casefold()):
                inside.append(asset)
            if len(found) >= FOUND_AT_MOST:
                break
        return [*sorted(found, key=lambda asset: len(ids[asset])), *inside][:FOUND_AT_MOST]

    def step(self, *, upstream: bool) -> int | None:
        """Select the first supplier of the selected asset, or the first that it supplies; None at an end."""
        if self.selected is None:
            return None
        topology = self.model.topology
        if upstream:
            groups = topology.groups(self.selected)
            beyond = [int(one) for group in groups for one in topology.suppliers(group)]
        else:
            start, stop = topology.supplied_start[self.selected : self.selected + 2]
            beyond = topology.group_owner[topology.supplied_group[start:stop]].tolist()
        drawn = [one for one in beyond if self.model.boxes.known[one]]
        if not drawn:
            return None
        self.fly_to(drawn[0])
        return drawn[0]

    def save(self, name: str) -> None:
        """Keep camera, question and what is hidden under a name."""
        point = Viewpoint(name, self.view, tuple(self.failed), tuple(self.out), self.hidden.copy())
        self.viewpoints[name] = point

    def back_to(self, name: str) -> None:
        """Return to a saved viewpoint."""
        if name not in self.viewpoints:
            raise BadInput(f"there is no viewpoint {name!r}")
        point = self.viewpoints[name]
        self.hidden = point.hidden.copy()
        self.question(point.failed, point.out)
        self.view = point.view
        self._dress()

    # What is under the cursor

    def pick(self, origin: Doubles, towards: Doubles) -> Hit | None:
        """The asset that a ray meets."""
        if self._picker is None:
            self._picker = Picker(self.model, self.look.focus & ~self.hidden & self._bodies())
        return self._picker.pick(origin, towards)

    def panel(self, asset: int) -> list[str]:
        """What is known of an asset, line by line: name, place, state, suppliers, reserve."""
        topology, ids = self.model.topology, self.model.topology.ids
        name = self.names[asset] if self.names is not None else ""
        lines = [ids[asset], f"{self.model.label_of(asset)}" + (f" · {name}" if name and name != ids[asset] else "")]
        place: list[str] = []
        at = int(self.model.parent[asset])
        while at >= 0:
            place.append(ids[at])
            at = int(self.model.parent[at])
        if place:
            lines.append("in " + " › ".join(reversed(place)))
        lines.append(f"state: {STYLES[State(int(self.state[asset]))].word}")
        for group in topology.groups(asset):
            type_, text = topology.group_text(group)
            suppliers = topology.suppliers(group)
            up = int((self.state[suppliers] < State.LOST).sum() - (self.state[suppliers] == State.DOWN_BEFORE).sum())
            need = int(topology.group_need[group])
            label = f"{type_} {text}".strip()
            lines.append(f"{label}: {up} of {len(suppliers)} up, needs {need}, reserve {up - need}")
            lines += [f"   {ids[int(one)]} · {STYLES[State(int(self.state[one]))].word}" for one in suppliers[:4]]
        if np.isfinite(topology.rated_kw[asset]):
            lines.append(f"rated {topology.rated_kw[asset]:,.0f} kW")
        return lines

    def words(self) -> tuple[str, str]:
        """Headline and detail of the page."""
        ids = self.model.topology.ids
        count = tally(self.model.topology, self.state)
        if not self.failed:
            return "The campus: click an asset, then press F to ask what fails if it fails.", ""
        names = [ids[one] for one in self.failed], [ids[one] for one in self.out]
        return sentence(*names, count), infrastructure(count)

    def _bodies(self) -> NDArray[np.bool_]:
        """Bodies as the level of detail has them, bool[n]: what stands in open cabinets, else the cabinet."""
        model, opened = self.model, self.look.opened
        body = model.kind != Kind.IN_RACK
        body[opened] = False
        body[model.racked] = opened[model.parent[model.racked]]
        return body

    def _look_again(self) -> None:
        look = look_at(self.model, self.state)
        look.focus &= ~self.hidden
        self.look: Look = look
        self._picker: Picker | None = None

    def _dress(self) -> None:
        dress(self.model, self.look, self.view, self.height)
        self._picker = None

    def _space(self, asset: int) -> int:
        """The nearest space around an asset, or the asset."""
        at = asset
        while at >= 0:
            if self.model.kind[at] in SPACES and self.model.boxes.known[at]:
                return at
            at = int(self.model.parent[at])
        return asset


def _toggled(chosen: Sequence[int], asset: int) -> list[int]:
    return [one for one in chosen if one != asset] if asset in chosen else [*chosen, asset]
