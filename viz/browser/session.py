"""One person's session: what the page's buttons do to the stage, and what the page then says.

Nothing here knows of trame: `tell` is handed what changed, by the names that the page uses, and the area
asks for a new picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from schema.errors import BadInput, TwinError
from viz.browser import facts, link, views
from viz.browser.area import Area
from viz.browser.asker import Asker
from viz.browser.keys import KEYS
from viz.colour import Colour
from viz.reading import Reading, clock
from viz.stage import Stage
from viz.words import singular

if TYPE_CHECKING:
    from twin.topology.search import Search

FOUND_AT_MOST: Final = 12


class Session:
    """The page of one person over a stage."""

    def __init__(self, stage: Stage, asker: Asker, search: Search, tell: Callable[[dict[str, Any]], None]) -> None:
        self.stage, self.asker, self._search, self.tell = stage, asker, search, tell
        self.area = Area(stage, self.clicked)
        self.area.rested = lambda: self.tell({"link": self._link().query()})
        self.later: Callable[[Callable[[], None]], None] = _now
        """Does what an answer's words need not wait for."""
        self.kept = -1
        self.tell(
            {
                "found": [],
                "searched": "",
                "message": "",
                "query": "",
                "live": "",
                "hover": None,
                "naming": "",
                "scenarios": [],
                "user": "",
            }
        )
        self._told_all()

    # What the page calls

    def do(self, action: str, *arguments: Any) -> None:
        """Do what a button says; what cannot be done is said on the page."""
        method = ACTIONS.get(action)
        if method is None:
            raise BadInput(f"the view knows no action {action!r}")
        try:
            signature(method).bind(self, *arguments)
        except TypeError:
            raise BadInput(f"the action {action!r} does not take {len(arguments)} arguments") from None
        self.tell({"message": "", "hover": None})
        try:
            method(self, *arguments)
        except TwinError as error:
            self.tell({"message": str(error)})
        if self.stage.selected is None or self.asker.has_loads:
            self._told_all()
            self.area.redraw()
        else:
            # The words of a new answer go first: the loads of the panel and the picture take longer than it did.
            self.tell(self._answered())
            self.later(self._told_rest)

    def search(self, text: str) -> None:
        """List what has this text in its id or name."""
        topology, names = self.stage.model.topology, self.stage.names
        self.tell(
            {
                "found": [
                    {
                        "id": topology.ids[one],
                        "label": topology.label_of(one),
                        "name": names[one] if names is not None and names[one] != topology.ids[one] else "",
                    }
                    for one in self._search.find(str(text), FOUND_AT_MOST)
                ],
                "searched": str(text).strip(),
            }
        )

    def clicked(self, asset: int | None) -> None:
        """An asset was clicked, or nothing."""
        self.stage.selected = asset
        self.tell({"message": "", **self._about_selected()})
        self.area.redraw()

    def key(self, key: str, shift: bool = False) -> None:
        """A key was pressed over the picture: it moves the camera, or stands for a button."""
        if self.area.key(str(key), shift=bool(shift)):
            self.tell({"link": self._link().query(), "hover": None})
            self.area.redraw()
        elif action := KEYS.get(key if len(key) > 1 else str(key).lower()):
            self.do(*action)

    def hover(self, x: float, y: float) -> None:
        """The pointer rests at this share of the picture's width and height: say what is under it."""
        width, height = self.area.size
        asset = self.area.asset_at(float(x) * width, float(y) * height)
        if asset is None:
            self.tell({"hover": None})
            return
        stage = self.stage
        name = stage.names[asset] if stage.names is not None else ""
        id_ = stage.model.topology.ids[asset]
        told = {"id": id_, "label": singular(stage.model.label_of(asset)), "name": name if name != id_ else ""}
        self.tell({"hover": {**told, **facts.state_of(stage, asset), "x": 100 * float(x), "y": 100 * float(y)}})

    def take(self, reading: Reading) -> None:
        """Take over a new reading of live state; drawn anew where it changes what is seen."""
        before, stage = self.stage.state, self.stage
        stage.take(reading)
        told: dict[str, Any] = {"live": _told(reading)}
        if stage.colour is not Colour.STATE or not np.array_equal(before, stage.state):
            self.asker.forget_loads()
            self.area.rebuild()
            headline, detail = self._words()
            told |= {"legend": facts.legend(stage), "bands": facts.bands(stage), "lines": facts.lines(stage)}
            told |= {"headline": headline, "detail": detail}
            self.area.redraw()
        if stage.selected is not None:
            told |= self._about_selected()
        self.tell(told)

    def without_live(self, why: str) -> None:
        """There is no live state to show at the moment."""
        self.tell({"live": why})

    def open(self, query: str) -> None:
        """Take up the question, asset and camera of a link."""
        wanted = link.read(str(query))
        failed, out = self._indices(wanted.failed), self._indices(wanted.out)
        if failed or out:
            self._ask(failed, out)
            self.stage.scenario = wanted.scenario
        elif wanted.scenario:
            views.scenario(self, wanted.scenario)
        self.tell({"scenarios": [one.name for one in self.stage.scenarios()]})
        if wanted.at:
            self.stage.selected = self._index(wanted.at)
        view = wanted.view(self.stage.view)
        if view is not None:
            self.stage.look_from(view)
            self.area.rebuild()

    # What the buttons do

    def choose(self, id_: str) -> None:
        """Select an asset and fly to it, or, where it has no place, show its panel alone."""
        asset = self._index(id_)
        self.stage.selected = asset
        self.tell({"found": []})
        self.area.walking = None
        if self.stage.model.boxes.known[asset]:
            self.stage.fly_to(asset)
            self.area.rebuild()
        else:
            self.tell({"message": f"{id_} has no place in the picture"})

    def go(self, text: str) -> None:
        """Select the asset that a text names, else the first that the search finds."""
        try:
            asset = self._index(str(text))
        except BadInput:
            found = self._search.find(str(text), 1)
            if not found:
                raise
            asset = found[0]
        self.tell({"query": ""})
        self.choose(self.stage.model.topology.ids[asset])

    def ask_alone(self) -> None:
        """What fails if the selected asset fails, it alone."""
        self._ask([self._selected()], self.stage.out)

    def add(self) -> None:
        """Let the selected asset fail as well, or no longer."""
        self._ask(_toggled(self.stage.failed, self._selected()), self.stage.out)

    def take_out(self) -> None:
        """Take the selected asset out, or back in."""
        self._ask(self.stage.failed, _toggled(self.stage.out, self._selected()))

    def drop(self, id_: str) -> None:
        """Take an asset from the question."""
        asset = self._index(id_)
        self._ask([one for one in self.stage.failed if one != asset], [one for one in self.stage.out if one != asset])

    def _ask(self, failed: Sequence[int], out: Sequence[int]) -> None:
        self.asker.forget()
        # The camera stays where nothing fails, before or now, and with somebody on foot.
        look = self.area.walking is None and bool(failed or self.stage.failed)
        self.stage.question(failed, out, look=look)
        self.area.rebuild()

    def reset(self) -> None:
        """Show all again, without a question."""
        self.asker.forget()
        self.area.walking = None
        self.stage.reset()
        self.area.rebuild()

    def whole(self) -> None:
        """Look at the answer, or at the whole campus, as at first."""
        self.stage.look_at_all()
        self.area.rebuild()

    def deselect(self) -> None:
        """Select nothing."""
        self.stage.selected = None

    def isolate(self) -> None:
        """Show the space around the selected asset alone."""
        self._selected()
        self.stage.isolate()
        self.area.rebuild()

    def hide(self) -> None:
        """Hide the selected asset with what it contains."""
        self._selected()
        self.stage.hide()
        self.area.rebuild()

    def _step(self, *, upstream: bool) -> None:
        self._selected()
        if self.stage.step(upstream=upstream) is None:
            raise BadInput("nothing further " + ("upstream" if upstream else "downstream"))
        if self.stage.ways > 1:
            self.tell({"message": f"1 of {self.stage.ways:,}; N goes on to the next"})
        self.area.rebuild()

    def upstream(self) -> None:
        """Go to the first supplier of the selected asset."""
        self._step(upstream=True)

    def downstream(self) -> None:
        """Go to the first asset that the selected one supplies."""
        self._step(upstream=False)

    def press(self, key: str) -> None:
        """Move the camera as a key does: the buttons of the page."""
        self.area.key(str(key), shift=False)

    # What the page says

    def _told_all(self) -> None:
        self.tell(self._answered() | self._about_selected())

    def _told_rest(self) -> None:
        self.tell(self._about_selected())
        self.area.redraw()

    def _answered(self) -> dict[str, Any]:
        """What the page says of the question and of what is shown."""
        stage, ids = self.stage, self.stage.model.topology.ids
        headline, detail = self._words()
        return {
            "headline": headline,
            "detail": detail,
            "asked": bool(stage.failed),
            "failed": [ids[one] for one in stage.failed],
            "out": [ids[one] for one in stage.out],
            "legend": facts.legend(stage),
            "apart": stage.model is not stage.flat,
            "colour": stage.colour.value,
            "bands": facts.bands(stage),
            "kept": views.listed(stage.shelf),
            "scenario": stage.scenario,
            "walking": self.area.walking is not None,
            "section": stage.section.words if stage.section is not None else "",
            "tracing": stage.traces,
            "hidden": int(stage.hidden.sum()),
        }

    def _words(self) -> tuple[str, str]:
        if not self.stage.failed:
            return "What fails if this fails? Click an asset, or search for one.", ""
        return self.stage.words()

    def _about_selected(self) -> dict[str, Any]:
        stage, at = self.stage, self.stage.selected
        if at is None:
            return {"panel": None, "link": self._link().query(), "lines": facts.lines(stage)}
        id_ = stage.model.topology.ids[at]
        about = facts.panel(stage, at, self.asker.loads(stage.state), self.asker.because(id_))
        about |= {"fails": at in stage.failed, "is_out": at in stage.out}
        return {"panel": about, "link": self._link().query(), "lines": facts.lines(stage)}

    def _link(self) -> link.Link:
        stage, ids = self.stage, self.stage.model.topology.ids
        return link.Link(
            tuple(ids[one] for one in stage.failed),
            tuple(ids[one] for one in stage.out),
            ids[stage.selected] if stage.selected is not None else "",
            link.camera_of(stage.view),
            stage.scenario,
        )

    def _selected(self) -> int:
        if self.stage.selected is None:
            raise BadInput("select an asset first: click it, or search for it")
        return self.stage.selected

    def _index(self, id_: str) -> int:
        return self.asker.campus.find(str(id_))

    def _indices(self, ids: Sequence[str]) -> list[int]:
        return [self._index(one) for one in ids]


def _now(work: Callable[[], None]) -> None:
    work()


def _told(reading: Reading) -> str:
    if reading.ended:
        return f"the live process has ended; this is the state of {clock(reading.at_s)}"
    return f"live, {clock(reading.at_s)}"


def _toggled(chosen: Sequence[int], asset: int) -> list[int]:
    return [one for one in chosen if one != asset] if asset in chosen else [*chosen, asset]


ACTIONS: Final[dict[str, Callable[..., None]]] = {
    "open": Session.open,
    "choose": Session.choose,
    "go": Session.go,
    "ask": Session.ask_alone,
    "add": Session.add,
    "take_out": Session.take_out,
    "drop": Session.drop,
    "reset": Session.reset,
    "whole": Session.whole,
    "deselect": Session.deselect,
    "isolate": Session.isolate,
    "hide": Session.hide,
    "upstream": Session.upstream,
    "downstream": Session.downstream,
    "press": Session.press,
    **views.ACTIONS,
}
