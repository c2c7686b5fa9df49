"""An impact answer as the pictures take it: asset indices, and remarks on single assets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Indices
from viz.states import of_verdict
from viz.words import named

if TYPE_CHECKING:
    from twin.impact.answer import Impact


def _none() -> Indices:
    return np.zeros(0, np.int64)


def _unexplained(_: int) -> str:
    return ""


class Late(Mapping[int, str]):
    """Remarks that are worked out when the first is asked for: overloads cost more than the answer itself."""

    def __init__(self, work_out: Callable[[], dict[int, str]]) -> None:
        self._work_out = work_out

    @cached_property
    def _notes(self) -> dict[int, str]:
        return self._work_out()

    def __getitem__(self, asset: int) -> str:
        return self._notes[asset]

    def __iter__(self) -> Iterator[int]:
        return iter(self._notes)

    def __len__(self) -> int:
        return len(self._notes)


@dataclass(frozen=True)
class Verdict:
    """Who failed, is out, lost, degraded (those at risk may be among them), at risk, down before the question.

    `notes`: a remark for an asset by its index, such as its overload. `why`: why a lost asset is lost, in words.
    """

    failed: Indices
    out: Indices = field(default_factory=_none)
    lost: Indices = field(default_factory=_none)
    degraded: Indices = field(default_factory=_none)
    at_risk: Indices = field(default_factory=_none)
    down_before: Indices = field(default_factory=_none)
    notes: Mapping[int, str] = field(default_factory=dict[int, str])
    why: Callable[[int], str] = _unexplained

    def states(self, n: int) -> NDArray[np.uint8]:
        """State of each of n assets."""
        return of_verdict(
            n,
            failed=self.failed,
            out=self.out,
            lost=self.lost,
            degraded=self.degraded,
            at_risk=self.at_risk,
            down_before=self.down_before,
        )


def of_answer(answer: Impact) -> Verdict:
    """The verdict of an answer, with its overloads and the standby sources that it relies on as notes."""
    return Verdict(
        failed=np.array(answer.question.failed, np.int64),
        out=np.array(answer.question.out, np.int64),
        lost=answer.lost_assets.astype(np.int64),
        degraded=answer.degraded_assets.astype(np.int64),
        at_risk=answer.at_risk_assets.astype(np.int64),
        down_before=np.flatnonzero(answer.base.fell),
        notes=Late(lambda: _notes(answer)),
        why=lambda asset: _why(answer, asset),
    )


def _notes(answer: Impact) -> dict[int, str]:
    find = answer.topology.ids.index
    notes = dict.fromkeys(answer.relies_on_assets.tolist(), "standby, called by this failure")
    for entry in answer.overloaded:
        asset = find(entry["id"])
        if asset is not None and entry["load_kw"] > entry["base_load_kw"]:
            notes[asset] = f"overloaded: {entry['load_kw']:,.0f} of {entry['rated_kw']:,.0f} kW {entry['kind']}"
    return notes


def _why(answer: Impact, asset: int) -> str:
    """Why an asset is lost, in one line; empty for what is not lost."""
    told = answer.why(asset)
    if told is None:
        return ""
    match told["type"]:
        case "OVERLOAD":
            return f"overloaded: {told['load_kw']:,.0f} of {told['rated_kw']:,.0f} kW"
        case "CONTAINS" | "AFFECTS" | "PART_OF":
            return f"goes down with {named(told['by'])}"
        case supply:
            group = f"{supply} {told['group']}".strip()
            down = named(told["lost_suppliers"])
            return f"{group}: {told['available']} of {told['need']} needed are left; down: {down}"
