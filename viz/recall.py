"""A stage as a viewpoint, and back: camera, question with its scenario, what is hidden, section, colour, time."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from schema.errors import BadInput
from viz.colour import Colour
from viz.viewpoints import NAME_AT_MOST, Viewpoint

if TYPE_CHECKING:
    from viz.stage import Stage


def captured(stage: Stage, name: str) -> Viewpoint:
    """The stage as it is, under a name, or under the next number where that is empty."""
    stage.shelf.refresh()
    taken = {one.casefold() for one in stage.shelf.points}
    numbered = next(one for one in (f"View {number}" for number in count(1)) if one.casefold() not in taken)
    texts = stage.model.topology.ids
    return Viewpoint(
        name=name.strip()[:NAME_AT_MOST] or numbered,
        view=stage.view,
        failed=tuple(texts[one] for one in stage.failed),
        out=tuple(texts[one] for one in stage.out),
        hidden=tuple(texts[one] for one in stage.hidden_roots),
        isolated=None if stage.isolated is None else texts[stage.isolated],
        selected=None if stage.selected is None else texts[stage.selected],
        colour=stage.colour.value,
        section=stage.section,
        exploded=stage.model is not stage.flat,
        scenario=stage.scenario,
        state_s=None if stage.reading is None else stage.reading.at_s,
    )


def restore(stage: Stage, point: Viewpoint) -> None:
    """Bring a stage back to a viewpoint. Raises BadInput where it names an asset that the campus does not have."""
    index = stage.model.topology.ids.index
    named = [*point.failed, *point.out, *point.hidden, *filter(None, (point.isolated, point.selected))]
    gone = [one for one in named if index(one) is None]
    if gone:
        raise BadInput(f"viewpoint {point.name!r} names {gone[0]}, which this campus does not have")
    at = {one: index(one) or 0 for one in named}
    stage.hidden_roots = [at[one] for one in point.hidden]
    stage.isolated = at.get(point.isolated or "")
    stage.colour, stage.section = Colour(point.colour), point.section
    stage.spread(apart=point.exploded)
    stage.question([at[one] for one in point.failed], [at[one] for one in point.out], look=False)
    stage.scenario = point.scenario
    stage.selected = at.get(point.selected or "")
    stage.look_from(point.view.shaped(stage.aspect))
