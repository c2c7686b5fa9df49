"""What each key does. The names are those of X11, which VTK uses; a browser's are translated to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from schema.errors import TwinError
from viz import saved
from viz.colour import Colour
from viz.walk import WALKS, stand

if TYPE_CHECKING:
    from viz.viewer import Viewer

HELP: Final = (
    ("click", "show what is known of an asset"),
    ("drag", "turn; with the right button, move"),
    ("wheel", "nearer, farther"),
    ("F", "what fails if it fails; again: take back"),
    ("O", "it is out; again: back in service"),
    ("U, J", "to its supplier, to what it supplies"),
    ("N", "to the next of those"),
    ("C", "colour: state, load, temperature"),
    ("I", "show its module or building alone"),
    ("H", "hide it"),
    ("R", "reset: show all, no question"),
    ("/", "search by id or name, Enter flies there"),
    ("Z", "fly to the selected asset"),
    ("P", "see the whole answer, or the campus"),
    ("T", "its supply back to the source: shown, or not"),
    ("X", "section: off, x, y, height"),
    ("[ ]", "move the section"),
    ("E", "storeys apart, or together"),
    ("V", "keep this view under a name"),
    ("B", "next of the kept views"),
    ("S", "ask a saved scenario by its name"),
    ("G", "walk, or stop walking"),
    ("W A S D", "on foot: ahead, left, back, right"),
    ("Q E", "on foot: turn; the mouse looks around"),
    ("Escape", "leave what you are typing; deselect"),
    ("?", "these keys"),
)
ON_FOOT: Final = {**{letter: letter for letter in WALKS}, "Up": "w", "Down": "s", "Left": "q", "Right": "e"}
ARROWS: Final = {"Left": (-40.0, 0.0), "Right": (40.0, 0.0), "Up": (0.0, -40.0), "Down": (0.0, 40.0)}
TYPED: Final = {"minus": "-", "underscore": "_", "space": " ", "period": ".", "slash": "/", "colon": ":", "plus": "+"}


class Keys:
    """The keys of a viewer; what cannot be done is said in its message."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._typing: Callable[[str], None] = self._search
        self._kept = -1
        self._found: list[int] = []

    def press(self, key: str) -> bool:
        """Do what a key says; returns whether the picture changed by a step on foot or a turn alone."""
        viewer = self.viewer
        letter = ON_FOOT.get(key.replace("KP_", ""))
        if viewer.typed is None and viewer.walking is not None and letter is not None:
            viewer.walk(letter)
            return True
        viewer.message = ""
        try:
            if viewer.typed is not None:
                self._do(lambda: self._type(key))
                return False
            if key in ARROWS:
                viewer.drag(*ARROWS[key])
                return True
            if key in {"plus", "minus", "KP_Add", "KP_Subtract"}:
                viewer.wheel(1.0 if key in {"plus", "KP_Add"} else -1.0)
                return True
            action = self._actions().get(key.lower() if len(key) == 1 else key)
            if action is not None:
                self._do(action)
        except TwinError as error:
            viewer.message = str(error)
        return False

    def _do(self, action: Callable[[], None]) -> None:
        """Do it; who was on foot and was flown away by it is no longer."""
        viewer, view = self.viewer, self.viewer.stage.view
        on_foot = viewer.walking
        action()
        if viewer.walking is on_foot and viewer.stage.view != view:
            viewer.walking = None

    def _actions(self) -> dict[str, Callable[[], None]]:
        stage = self.viewer.stage
        return {
            # Who asks on foot stays there and looks around.
            "f": lambda: stage.fail_selected(look=self.viewer.walking is None),
            "o": lambda: stage.take_out_selected(look=self.viewer.walking is None),
            "u": lambda: self._step(upstream=True),
            "j": lambda: self._step(upstream=False),
            "n": self._next,
            "c": self._colour,
            "i": stage.isolate,
            "h": stage.hide,
            "r": self._reset,
            "z": self._fly,
            "p": stage.look_at_all,
            "x": stage.next_section,
            "t": self._trace,
            "bracketleft": lambda: stage.move_section(-1),
            "bracketright": lambda: stage.move_section(1),
            "[": lambda: stage.move_section(-1),
            "]": lambda: stage.move_section(1),
            "e": stage.explode,
            "v": self._keep,
            "b": self._back,
            "s": lambda: self._ask_for(self._scenario, "ask the scenario: "),
            "g": self._walk,
            "slash": lambda: self._ask_for(self._search, "find: "),
            "/": lambda: self._ask_for(self._search, "find: "),
            "question": self._help,
            "?": self._help,
            "Escape": self._escape,
        }

    def _help(self) -> None:
        self.viewer.help = not self.viewer.help

    def _escape(self) -> None:
        self.viewer.help = False
        self.viewer.stage.selected = None

    def _reset(self) -> None:
        self.viewer.walking = None
        self.viewer.stage.reset()

    def _fly(self) -> None:
        stage = self.viewer.stage
        stage.fly_to(stage.chosen())

    def _step(self, *, upstream: bool) -> None:
        self._found = []
        found = self.viewer.stage.step(upstream=upstream)
        if found is None:
            self.viewer.message = "nothing further " + ("upstream" if upstream else "downstream")
        elif self.viewer.stage.ways > 1:
            self.viewer.message = f"1 of {self.viewer.stage.ways}; N goes on to the next"

    def _next(self) -> None:
        if self._found:
            self._found.append(self._found.pop(0))
            self.viewer.stage.fly_to(self._found[0])
            return
        self.viewer.message = self.viewer.stage.another()

    def _colour(self) -> None:
        stage = self.viewer.stage
        chosen = stage.next_colour()
        self.viewer.message = f"coloured by {chosen.value}"
        if chosen == Colour.TEMPERATURE and stage.quantities.inlet_c is None:
            self.viewer.message += ": temperatures come with live state, and there is none here"

    def _trace(self) -> None:
        stage = self.viewer.stage
        stage.tracing = not stage.traces
        self.viewer.message = f"supply of what is selected: {'shown' if stage.traces else 'not shown'}"

    def _keep(self) -> None:
        self._ask_for(self._keep_as, "keep this view as: ")

    def _keep_as(self, name: str) -> None:
        kept = self.viewer.stage.save(name)
        self.viewer.message = f"kept as {kept!r}; B goes through the kept views"

    def _scenario(self, name: str) -> None:
        stage = self.viewer.stage
        if name:
            self.viewer.walking = None
            self.viewer.message = saved.ask(stage, name)
            return
        there = ", ".join(one.name for one in stage.scenarios())
        self.viewer.message = (
            f"saved scenarios: {there}" if there else "no scenario is saved: twin impact … --save NAME"
        )

    def _back(self) -> None:
        stage = self.viewer.stage
        stage.shelf.refresh()
        names = stage.shelf.names
        if not names:
            self.viewer.message = "no view is kept yet: V keeps one"
            return
        self._kept = (self._kept + 1) % len(names)
        point = stage.shelf.get(names[self._kept])
        stage.back_to(point.name)
        self.viewer.walking = None
        self.viewer.message = point.told()

    def _walk(self) -> None:
        viewer = self.viewer
        if viewer.walking is not None:
            viewer.walking = None
            viewer.message = "no longer walking"
            return
        viewer.walking, view = stand(viewer.stage.model, viewer.stage.selected, viewer.stage.view)
        viewer.stage.look_from(view)
        viewer.message = "on foot: W A S D, Q E or the mouse turn, G ends"

    # Typing

    def _ask_for(self, then: Callable[[str], None], prompt: str) -> None:
        self.viewer.typed, self.viewer.prompt, self._typing = "", prompt, then

    def _type(self, key: str) -> None:
        typed = self.viewer.typed or ""
        if key in {"Return", "KP_Enter", "Enter"}:
            self.viewer.typed = None
            self._typing(typed)
        elif key == "Escape":
            self.viewer.typed = None
        elif key == "BackSpace":
            self.viewer.typed = typed[:-1]
        else:
            letter = TYPED.get(key, key)
            self.viewer.typed = typed + (letter if len(letter) == 1 else "")

    def _search(self, text: str) -> None:
        stage = self.viewer.stage
        found = [one for one in stage.search(text) if stage.model.boxes.known[one]]
        self._found = found
        if not found:
            self.viewer.message = f"nothing is named {text!r}" if text else ""
            return
        stage.fly_to(found[0])
        more = [stage.model.topology.ids[one] for one in found[1:4]]
        self.viewer.message = f"also: {', '.join(more)}; N goes on to the next" if more else ""
