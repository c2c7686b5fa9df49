"""What a person does with the view itself: walk, cut, take storeys apart, colour, keep and come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from schema.errors import BadInput
from viz import saved
from viz.colour import Colour

if TYPE_CHECKING:
    from viz.browser.session import Session
    from viz.viewpoints import Shelf


def listed(shelf: Shelf) -> list[dict[str, str]]:
    """The kept views for the page, the last first: name, and the time of the state that it was kept in."""
    shelf.refresh()
    return [{"name": name, "told": shelf.points[name].told()} for name in shelf.names]


def storeys(session: Session) -> None:
    """Storeys apart, or together again."""
    session.area.walking = None
    session.stage.explode()
    session.area.rebuild()


def walk(session: Session) -> None:
    """Walk, from beside the selected asset; on foot already: no longer."""
    session.area.walk()
    if session.area.walking is not None:
        session.tell({"message": "on foot: W A S D or arrows, Q E turn, drag looks around; G ends"})
    session.area.rebuild()


def section(session: Session, axis: str | None = None) -> None:
    """A section across the next axis, or across this one (x, y, z; empty: none)."""
    stage = session.stage
    stage.next_section() if axis is None else stage.cut(str(axis))
    session.area.rebuild()


def move_section(session: Session, steps: int) -> None:
    """Move the section by so many steps."""
    session.stage.move_section(max(-50, min(int(steps), 50)))
    session.area.rebuild()


def trace(session: Session) -> None:
    """Show the supply of what is selected back to its sources, or do not."""
    session.stage.tracing = not session.stage.traces
    session.area.rebuild()


def step_on(session: Session) -> None:
    """Go on to the next of those that the last step could have gone to."""
    session.tell({"message": session.stage.another()})
    session.area.rebuild()


def fly(session: Session) -> None:
    """Fly to the selected asset."""
    session.area.walking = None
    session.stage.fly_to(session.stage.chosen())
    session.area.rebuild()


def colour(session: Session, by: str) -> None:
    """Colour by state, by power against rating, or by temperature."""
    if by not in {one.value for one in Colour}:
        raise BadInput(f"there is no colour by {by!r}")
    session.stage.colour_by(Colour(by))
    _coloured(session)


def next_colour(session: Session) -> None:
    """Colour by the next of these."""
    session.stage.next_colour()
    _coloured(session)


def _coloured(session: Session) -> None:
    session.area.rebuild()
    if session.stage.colour is Colour.TEMPERATURE and session.stage.quantities.inlet_c is None:
        session.tell({"message": "temperatures come with live state, and there is none here"})


def keep(session: Session, name: str = "") -> None:
    """Keep camera, question, scenario, what is hidden and the time of the state, to come back to."""
    kept = session.stage.save(str(name))
    session.tell({"message": f"kept as {kept!r}", "naming": ""})


def back(session: Session, name: str) -> None:
    """Come back to what was kept."""
    session.asker.forget()
    session.area.walking = None
    session.stage.shelf.refresh()
    point = session.stage.shelf.get(str(name))
    session.stage.back_to(point.name)
    session.tell({"message": point.told()})
    session.area.rebuild()


def scenario(session: Session, name: str) -> None:
    """Ask the question of a saved scenario."""
    session.asker.forget()
    session.area.walking = None
    session.tell({"message": saved.ask(session.stage, str(name))})
    session.area.rebuild()


def next_kept(session: Session) -> None:
    """Come back to the next of the kept views, the last first."""
    shelf = session.stage.shelf
    shelf.refresh()
    if not shelf.names:
        raise BadInput("no view is kept yet: V keeps one")
    session.kept = (session.kept + 1) % len(shelf.names)
    back(session, shelf.names[session.kept])


def forget(session: Session, name: str) -> None:
    """Forget a kept view."""
    session.stage.shelf.drop(str(name))


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "storeys": storeys,
    "walk": walk,
    "section": section,
    "move_section": move_section,
    "trace": trace,
    "next": step_on,
    "fly": fly,
    "colour": colour,
    "next_colour": next_colour,
    "keep": keep,
    "back": back,
    "next_kept": next_kept,
    "forget": forget,
    "scenario": scenario,
}
