"""What a person does in the view, apart from any window: pick, ask, isolate, hide, step, search, fly, come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from viz.about import about
from viz.boxes import Doubles
from viz.camera import View, direction, frame
from viz.colour import Colour, Quantities, coloured
from viz.kinds import SPACES, Kind
from viz.lines import NO_LINES
from viz.look import WATCHED, Look, dress, levels, look_at, pickable
from viz.model import Model, States
from viz.pick import Hit, Picker
from viz.picture import ANGLE_DEG, ELEVATION_DEG, view_of
from viz.reading import Reading, states_of
from viz.recall import captured, restore
from viz.saved import Scenarios, none
from viz.section import AXES, Section
from viz.states import State
from viz.storeys import above
from viz.storeys import apart as lifted_apart
from viz.trace import Trace
from viz.verdict import Verdict
from viz.viewpoints import Shelf, Viewpoint
from viz.words import Texts, breakdown, infrastructure, sentence, tally

Ask = Callable[[Sequence[str], Sequence[str]], Verdict]
FOUND_AT_MOST: Final = 12
SECTION_STEP_M: Final = {"x": 2.0, "y": 2.0, "z": 0.5}
"""Along the height a storey is a few metres; along the ground a module is tens of metres."""


@dataclass
class Stage:
    """The state of one person's view of a campus. `ask` answers a question of ids failed and ids out.

    scenarios: the saved questions. scenario: name of the one that is asked, else empty.
    """

    model: Model
    names: Texts | None
    ask: Ask
    height: int = 722
    aspect: float = 1000 / 722
    failed: list[int] = field(default_factory=list[int])
    out: list[int] = field(default_factory=list[int])
    selected: int | None = None
    colour: Colour = Colour.STATE
    shelf: Shelf = field(default_factory=Shelf)
    reading: Reading | None = None
    tracing: bool | None = None
    scenarios: Scenarios = none
    scenario: str = ""

    def __post_init__(self) -> None:
        self.flat = self.model
        self.hidden_roots: list[int] = []
        self.isolated: int | None = None
        self.lifted: frozenset[int] = frozenset()
        self.section: Section | None = None
        self.verdict: Verdict | None = None
        self.quantities = Quantities(self.model.topology)
        self._ways: list[int] = []
        self._trace = Trace(self.model)
        self._settle()
        self._look_again()
        self.view: View = view_of(self.model, self.look, self.aspect)
        self._dress()

    # Questions

    def question(self, failed: Sequence[int], out: Sequence[int] = (), *, look: bool = True) -> None:
        """Ask what fails if these fail while those are out, and `look` at the answer; nothing failed: no question."""
        failed, out = list(dict.fromkeys(failed)), list(dict.fromkeys(out))
        ids = self.model.topology.ids
        asked = self.ask([ids[one] for one in failed], [ids[one] for one in out]) if failed else None
        if (failed, out) != (self.failed, self.out):
            self.scenario = ""
        self.failed, self.out, self.verdict = failed, out, asked
        self._settle()
        self._look_again()
        if look:
            self.lifted = frozenset()
            self.view = view_of(self.model, self.look, self.aspect)
        self._dress()

    def fail_selected(self, *, look: bool = True) -> None:
        """Add the selected asset to the failed ones, or take it back, and `look` at the answer."""
        asset = self.chosen()
        self.question(_toggled(self.failed, asset), [one for one in self.out if one != asset], look=look)

    def take_out_selected(self, *, look: bool = True) -> None:
        """Add the selected asset to those that are out, or take it back, and `look` at the answer if there is one."""
        asset = self.chosen()
        asked = look and bool(self.failed)
        self.question([one for one in self.failed if one != asset], _toggled(self.out, asset), look=asked)

    # What is shown

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Assets that are hidden, or not isolated, bool[n]."""
        if not self.hidden_roots and self.isolated is None:
            return np.zeros(len(self.model), np.bool_)
        hidden = self.model.contents(np.array(self.hidden_roots, np.int64))
        if self.isolated is not None:
            hidden |= ~self.model.contents(np.array([self.isolated]))
        return hidden

    def isolate(self) -> None:
        """Show the space around the selected asset alone."""
        self.isolated = self._space(self.chosen())
        self._look_again()
        self.fly_to(self.isolated, select=False)

    def hide(self) -> None:
        """Hide the selected asset with all that it contains."""
        self.hidden_roots.append(self.chosen())
        self.selected = None
        self._look_again()
        self._dress()

    def reset(self) -> None:
        """Show all again, without a question, as at the beginning."""
        self.hidden_roots.clear()
        self.isolated = self.selected = self.section = None
        self.lifted = frozenset()
        self.model = self.flat
        self.question((), ())

    def explode(self) -> None:
        """Storeys apart, or together again."""
        self.spread(apart=self.model is self.flat)
        self._look_again()
        self.view = view_of(self.model, self.look, self.aspect)
        self._dress()

    def spread(self, *, apart: bool) -> None:
        """Draw storeys apart from now on, or together."""
        self.model = lifted_apart(self.flat, ELEVATION_DEG) if apart else self.flat

    def colour_by(self, colour: Colour) -> None:
        """Colour by state, by power against rating, or by temperature."""
        self.colour = colour
        self._recolour()

    def next_colour(self) -> Colour:
        """Go on to the next of what colours can tell, and return it."""
        every = tuple(Colour)
        self.colour_by(every[(every.index(self.colour) + 1) % len(every)])
        return self.colour

    def next_section(self) -> None:
        """A section across the next axis, through what is selected or looked at: x, y, height, none."""
        axes = (None, *AXES)
        axis = axes[(axes.index(self.section.axis if self.section else None) + 1) % len(axes)]
        self.cut(axis or "")

    def cut(self, axis: str) -> None:
        """A section across an axis, through what is selected or looked at; empty: none. Raises BadInput."""
        if axis and axis not in AXES:
            raise BadInput(f"a section is across {', '.join(AXES)}, not {axis!r}")
        self.section = Section(axis, float(self.middle()[AXES.index(axis)])) if axis else None

    def move_section(self, steps: int) -> None:
        """Move the section along its axis. Raises BadInput where there is none."""
        if self.section is None:
            raise BadInput("X first: it makes a section")
        self.section = self.section.moved(steps * SECTION_STEP_M[self.section.axis])

    def take(self, reading: Reading) -> None:
        """Take over a new reading of live state: colours change, the camera stays."""
        self.reading = reading
        self.quantities.take(reading)
        before = self.state
        if self.failed:
            self.question(self.failed, self.out, look=False)
        else:
            self._settle()
        if (before >= State.DEGRADED).any() or (self.state >= State.DEGRADED).any():
            self._look_again()
            self._dress()
        else:
            self._recolour()

    # Where one looks

    def fly_to(self, asset: int, *, select: bool = True) -> None:
        """Look at an asset, near enough to see what it holds."""
        if not self.model.boxes.known[asset]:
            raise BadInput(f"{self.model.topology.ids[asset]} has no place in the picture")
        if select:
            self.selected = asset
        inside = np.flatnonzero(self.model.contents(np.array([asset])) & self.model.boxes.known)
        corners = self.model.boxes.corners(inside).reshape(-1, 3)
        if len(inside) == 1:
            middle = corners.mean(axis=0)
            corners = middle + (corners - middle) * 5
        self.lifted = above(self.model, asset)
        self.look_from(frame(corners, direction(-120, ELEVATION_DEG), self.aspect, angle_deg=ANGLE_DEG))

    def mark(self) -> None:
        """Mark the selected asset in the look, and its supply unless that is switched off."""
        asset, look, known = self.selected, self.look, self.model.boxes.known
        look.marked = asset if asset is not None and known[asset] else None
        look.traced = self._trace.beside(look, asset) if asset is not None and self.traces else NO_LINES

    @property
    def traces(self) -> bool:
        """Whether the supply of what is selected is shown: as switched, else where no answer brings lines enough."""
        return self.verdict is None if self.tracing is None else self.tracing

    def look_at_all(self) -> None:
        """Look at the whole answer; without a question, at the campus."""
        self.lifted = frozenset()
        self.look_from(view_of(self.model, self.look, self.aspect))

    def middle(self) -> Doubles:
        """Middle of what is selected, else of what is looked at, metres."""
        if self.selected is not None and self.model.boxes.known[self.selected]:
            return self.model.boxes.centre(np.array([self.selected]))[0].astype(np.float64)
        return np.array(self.view.focus, np.float64)

    def look_from(self, view: View, *, moving: bool = False) -> None:
        """Look from here, with the detail that belongs to the distance; `moving`: lines stay until it rests."""
        self.view = view
        if moving:
            levels(self.model, self.look, view, self.height, WATCHED)
            self._picker, self._settled = None, False
        else:
            self._dress()

    def rest(self) -> None:
        """The camera rests: take up the detail that was left out while it moved."""
        if not self._settled:
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
            elif len(inside) < FOUND_AT_MOST and (
                wanted in folded or (self.names is not None and wanted in self.names[asset].casefold())
            ):
                inside.append(asset)
        found.sort(key=lambda asset: len(ids[asset]))
        return [*found, *inside][:FOUND_AT_MOST]

    def step(self, *, upstream: bool) -> int | None:
        """Select the first supplier of the selected asset, or the first that it supplies; None at an end.

        `another` goes on to the next of them.
        """
        asset = self.chosen()
        topology = self.model.topology
        if upstream:
            beyond = [int(one) for group in topology.groups(asset) for one in topology.suppliers(group)]
        else:
            start, stop = topology.supplied_start[asset : asset + 2]
            beyond = topology.group_owner[topology.supplied_group[start:stop]].tolist()
        self._ways = [one for one in dict.fromkeys(beyond) if self.model.boxes.known[one]]
        if not self._ways:
            return None
        self.fly_to(self._ways[0])
        return self._ways[0]

    @property
    def ways(self) -> int:
        """How many assets the last step could have gone to."""
        return len(self._ways)

    def another(self) -> str:
        """Go on to the next asset of the last step; returns which of how many it is."""
        if self.selected not in self._ways:
            raise BadInput("U or J first: N goes on to the next supplier, or the next that is supplied")
        number = (self._ways.index(self.selected) + 1) % len(self._ways)
        self.fly_to(self._ways[number])
        return f"{number + 1} of {len(self._ways)}"

    # Viewpoints

    @property
    def viewpoints(self) -> dict[str, Viewpoint]:
        """The saved viewpoints by name."""
        return self.shelf.points

    def save(self, name: str = "") -> str:
        """Keep camera, question, filters and the time of the state under a name, else a number; returns the name."""
        point = captured(self, name)
        self.shelf.keep(point)
        return point.name

    def back_to(self, name: str) -> None:
        """Return to a saved viewpoint. Raises BadInput where there is none, or where it names what is gone."""
        restore(self, self.shelf.get(name))

    # What is under the cursor

    def pick(self, origin: Doubles, towards: Doubles, point: Doubles | None = None) -> Hit | None:
        """The asset that a ray meets; `point`: what a picture's depth says is drawn there."""
        if self._picker is None:
            self._picker = Picker(self.model, pickable(self.model, self.look) & ~self.hidden)
        if self.section is not None:
            origin = self.section.enter(origin, towards)
        return self._picker.pick(origin, towards) if point is None else self._picker.pick_at(point, origin, towards)

    def panel(self, asset: int) -> list[str]:
        """What is known of an asset, line by line: name, place, state, suppliers, reserve, load."""
        return about(self, asset)

    def words(self) -> tuple[str, str]:
        """Headline and detail of the page."""
        ids = self.model.topology.ids
        tallied = tally(self.model.topology, self.state)
        if not self.failed:
            out = f" Out: {', '.join(ids[one] for one in self.out[:4])}." if self.out else ""
            return "The campus: click an asset, then press F to ask what fails if it fails." + out, ""
        names = [ids[one] for one in self.failed], [ids[one] for one in self.out]
        scenario = f"Scenario {self.scenario}.  " if self.scenario else ""
        return sentence(*names, tallied), scenario + infrastructure(tallied)

    def told(self) -> tuple[str, str]:
        """Headline and detail for a picture that nobody can ask: the answer, or what the campus holds."""
        if self.failed:
            return self.words()
        tallied = tally(self.model.topology, self.state)
        places = self.model.of_kind(Kind.CAMPUS)
        name = (self.names[int(places[0])] if self.names is not None and len(places) else "") or "The campus"
        total = tallied.of(*State)
        now = "No failure asked" + (": everything is drawn as working." if self.reading is None else ".")
        live = f" Live state: {self.reading.told()}." if self.reading is not None else ""
        return f"{name}: {breakdown(total, 3)}", now + live

    # Inside

    def _settle(self) -> None:
        """The state of every asset: of the answer, over what live state says, over working."""
        n = len(self.model)
        self.state: States = states_of(self.reading, n)
        if self.verdict is not None:
            told = self.verdict.states(n)
            self.state = np.where(told == State.WORKING, self.state, told)
        else:
            self.state[self.out] = State.MAINTENANCE

    def _look_again(self) -> None:
        # Live state alone hides nothing: somewhere on a campus something is always down.
        look = look_at(self.model, self.state, self.state, ghosted=self.verdict is not None)
        look.focus &= ~self.hidden
        self.look: Look = look
        self._picker: Picker | None = None
        self._recolour()

    def _recolour(self) -> None:
        self.look.state = self.state
        coloured(self.model, self.look, self.colour, self.quantities)

    def _dress(self) -> None:
        self.look.lifted = self.lifted
        dress(self.model, self.look, self.view, self.height, WATCHED)
        self._picker, self._settled = None, True

    def chosen(self) -> int:
        """The selected asset. Raises BadInput where there is none."""
        if self.selected is None:
            raise BadInput("click an asset first, or search for one with /")
        return self.selected

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
