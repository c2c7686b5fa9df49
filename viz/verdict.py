"""An impact answer as the pictures take it: asset indices, and remarks on single assets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viz.boxes import Indices
from viz.states import of_verdict

if TYPE_CHECKING:
    from twin.impact.answer import Impact


def _none() -> Indices:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Verdict:
    """Who failed, is out, lost, degraded (those at risk may be among them), at risk, down before the question.

    `notes`: a remark for an asset by its index, such as its overload.
    """

    failed: Indices
    out: Indices = field(default_factory=_none)
    lost: Indices = field(default_factory=_none)
    degraded: Indices = field(default_factory=_none)
    at_risk: Indices = field(default_factory=_none)
    down_before: Indices = field(default_factory=_none)
    notes: Mapping[int, str] = field(default_factory=dict[int, str])

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
    find = answer.topology.ids.index
    notes: dict[int, str] = {}
    for asset in answer.relies_on_assets.tolist():
        notes[asset] = "standby, called by this failure"
    for entry in answer.overloaded:
        asset = find(entry["id"])
        if asset is not None and entry["load_kw"] > entry["base_load_kw"]:
            notes[asset] = f"overloaded: {entry['load_kw']:,.0f} of {entry['rated_kw']:,.0f} kW {entry['kind']}"
    return Verdict(
        failed=np.array(answer.question.failed, np.int64),
        out=np.array(answer.question.out, np.int64),
        lost=answer.lost_assets.astype(np.int64),
        degraded=answer.degraded_assets.astype(np.int64),
        at_risk=answer.at_risk_assets.astype(np.int64),
        down_before=np.flatnonzero(answer.base.fell),
        notes=notes,
    )
