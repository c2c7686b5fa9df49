"""Saved scenarios (`twin impact … --save NAME`) as questions of the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema.errors import BadInput

if TYPE_CHECKING:
    from twin.campus import Campus
    from viz.stage import Stage


@dataclass(frozen=True)
class Saved:
    """A saved question; assets by id. `remark`: what of it the view does not ask."""

    name: str
    failed: tuple[str, ...]
    out: tuple[str, ...] = ()
    remark: str = ""


Scenarios = Callable[[], Sequence[Saved]]
"""The saved questions as they are now, by name."""


def none() -> Sequence[Saved]:
    """No scenarios: a view without a graph."""
    return ()


def of_campus(campus: Campus) -> Scenarios:
    """The scenarios in the graph of a campus, read each time; none where it stands in no graph."""

    def read() -> Sequence[Saved]:
        if not campus.has_store:
            return ()
        from twin.scenarios import listed  # noqa: PLC0415 - only where somebody looks for one

        return [_saved(row["name"], row["question"]) for row in listed(campus.store)]

    return read


def _saved(name: str, question: dict[str, Any]) -> Saved:
    overload = question.get("overload", "report")
    remark = f"saved with --overload {overload}, which the view does not follow" if overload != "report" else ""
    return Saved(name, tuple(question.get("failed", ())), tuple(question.get("out", ())), remark)


def named(scenarios: Scenarios, name: str) -> Saved:
    """The scenario of a name. Raises BadInput where there is none, or where it fails nothing."""
    every = scenarios()
    found = next((one for one in every if one.name == name), None)
    if found is None:
        there = "; there are: " + ", ".join(one.name for one in every[:8]) if every else ": none is saved"
        raise BadInput(f"there is no scenario {name!r}{there}")
    if not found.failed:
        raise BadInput(f"scenario {name!r} was not saved whole: it fails nothing")
    return found


def ask(stage: Stage, name: str) -> str:
    """Ask the question of a saved scenario; returns what is to be said of it. Raises BadInput."""
    scenario = named(stage.scenarios, name)
    index = stage.model.topology.ids.index
    gone = [one for one in (*scenario.failed, *scenario.out) if index(one) is None]
    if gone:
        raise BadInput(f"scenario {name!r} names {gone[0]}, which this campus does not have")
    failed, out = ([index(one) or 0 for one in some] for some in (scenario.failed, scenario.out))
    stage.question(failed, out)
    stage.scenario = name
    return f"scenario {name!r}" + (f", {scenario.remark}" if scenario.remark else "")
