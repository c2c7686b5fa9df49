"""The maintenance check: may these be taken out now, given what is out (section 5 of the semantics)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from twin.frames import Columns, Row, Tabular
from twin.impact.gaps import gaps
from twin.impact.question import Question, indices
from twin.impact.settle import Base, Scenario
from twin.impact.single_points import SinglePoints, new_points
from twin.topology.model import Bools, Ints, Topology
from twin.words import names, plural


@dataclass(frozen=True, eq=False, repr=False)
class Check(Tabular):
    """Whether a planned removal costs loads, and which single failures would cost more from there."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the base state."""
    lost_assets: Ints
    """The loads that the removal takes down, those named aside."""
    points: SinglePoints
    """Single failures that would then lose loads that they would not lose before; told with "no" too."""

    @property
    def verdict(self) -> str:
        """yes, yes_with_single_points or no."""
        if len(self.lost_assets):
            return "no"
        return "yes_with_single_points" if len(self.points.point) else "yes"

    @property
    def lost(self) -> list[str]:
        """The ids of the loads lost."""
        return self.topology.ids.texts(self.lost_assets)

    @property
    def single_points(self) -> dict[str, list[str]]:
        """Each new single point with the loads that it would then lose, by id."""
        return self.points.single_points

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(
            self.topology,
            self.down,
            np.concatenate([indices(self.question.failed), self.lost_assets, self.points.load]),
        )

    COLUMNS: ClassVar[Columns] = SinglePoints.COLUMNS

    @property
    def headline(self) -> str:
        """The verdict."""
        planned = names(self.topology.ids.texts(indices(self.question.failed)))
        told = {
            "yes": "yes, no load is lost",
            "yes_with_single_points": f"yes, leaving {plural(len(self.points.points), 'single point')} of failure",
            "no": f"no, {plural(len(self.lost_assets), 'load')} would be lost",
        }
        return f"may {planned} be taken out: {told[self.verdict]}"

    def table(self, most: int | None = None) -> list[Row]:
        """One row a single point of failure that the removal leaves, most loads first; the lost are in `lost`."""
        return self.points.table(most)

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin check --json`."""
        return {
            "question": self.question.document(self.topology),
            "verdict": self.verdict,
            "lost": self.lost,
            "single_points": self.single_points,
            "model": self.model,
        }


def check(question: Question, base: Base, *, scenario: Scenario | None = None) -> Check:
    """May `question.failed` be taken out now? They go out with what section 6 takes along.

    `scenario`: working arrays on that base, at rest, and at rest again afterwards.
    """
    topology = base.topology
    work = scenario or Scenario(base)
    work.fail(indices(question.failed))
    try:
        after = work.down
    finally:
        work.undo()
    lost = np.flatnonzero(topology.loads & after & ~base.down)
    lost = np.setdiff1d(lost, indices(question.failed)).astype(np.int32)
    return Check(question, topology, base.down, lost, new_points(question, topology, base.down, after))
