"""The tier audit: what can be removed, and what can fail, without a load being lost (section 5 of the semantics).

Concurrently maintainable: no planned removal of any one component or path (power path, cooling loop, with the parts
that go with it) loses a load. Fault tolerant: no single failure does, cooling included: components, paths and common
causes, over every type of supply. The settled state decides, so standby sources count as available; spaces are not
components, and of a component that contains others its parts go with it. What is removed is itself no loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from twin.frames import Columns, Row, Tabular
from twin.impact.gaps import gaps
from twin.impact.question import Question, indices
from twin.impact.settle import Base, Scenario
from twin.impact.single_points import single_points
from twin.topology.model import Bools, Ints, Topology

SPACES = ("Campus", "Building", "Module", "Storey", "Room", "Cabinet")
PATHS = ("PowerPath", "CoolingLoop")
COMPONENT, PATH, COMMON_CAUSE = "component", "path", "common_cause"


@dataclass(frozen=True, eq=False)
class Finding:
    """A removal or failure that loses loads; `kind` component, path or common_cause."""

    kind: str
    removed: int
    lost: Ints


@dataclass(frozen=True, eq=False, repr=False)
class Tier(Tabular):
    """What speaks against the two properties."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the base state."""
    findings: tuple[Finding, ...]
    """By id of what is removed."""

    @property
    def concurrently_maintainable(self) -> bool:
        """No removal of one component or path loses a load."""
        return all(finding.kind == COMMON_CAUSE for finding in self.findings)

    @property
    def fault_tolerant(self) -> bool:
        """No single failure loses a load."""
        return not self.findings

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(
            self.topology, self.down, np.concatenate([indices(()), *(finding.lost for finding in self.findings)])
        )

    COLUMNS: ClassVar[Columns] = {"kind": str, "removed": str, "count": int, "lost": list}

    @property
    def headline(self) -> str:
        """The two properties."""
        maintainable = "" if self.concurrently_maintainable else "not "
        tolerant = "" if self.fault_tolerant else "not "
        return f"{maintainable}concurrently maintainable, {tolerant}fault tolerant"

    def table(self, most: int | None = None) -> list[Row]:
        """One row a removal or failure that loses loads."""
        ids = self.topology.ids
        return [
            {
                "kind": finding.kind,
                "removed": ids[finding.removed],
                "count": len(finding.lost),
                "lost": ids.texts(finding.lost),
            }
            for finding in self.findings[:most]
        ]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin audit tier --json`."""
        ids = self.topology.ids
        return {
            "question": self.question.document(self.topology),
            "concurrently_maintainable": self.concurrently_maintainable,
            "fault_tolerant": self.fault_tolerant,
            "findings": [
                {"kind": finding.kind, "removed": [ids[finding.removed]], "lost": ids.texts(finding.lost)}
                for finding in self.findings
            ],
            "model": self.model,
        }


def tier(question: Question, base: Base, *, scenario: Scenario | None = None) -> Tier:
    """Both properties in a base state. `scenario`: working arrays on that base, at rest, and so again afterwards."""
    topology = base.topology
    work = scenario or Scenario(base)
    paths, causes = _labelled(topology, PATHS), _labelled(topology, ("CommonCause",))
    spaces = _labelled(topology, SPACES)
    takes_along = (np.diff(topology.along_start) > 0) & ~paths & ~causes & ~spaces
    found: dict[int, Finding] = {}
    points = single_points(question, base)
    for point in points.points.tolist():
        if not (paths[point] or takes_along[point] or spaces[point]):
            found[point] = Finding(COMPONENT, point, points.loads_of(point))
    for kind, assets in ((COMPONENT, takes_along), (PATH, paths), (COMMON_CAUSE, causes)):
        for asset in np.flatnonzero(assets & ~base.down).tolist():
            work.fail([asset])
            fallen = work.fallen()
            lost = np.sort(fallen[topology.loads[fallen] & (fallen != asset)])
            work.undo()
            if len(lost):
                found[asset] = Finding(kind, asset, lost)
    ordered = topology.ids.sorted(np.fromiter(found, np.int32)).tolist()
    return Tier(question, topology, base.down, tuple(found[asset] for asset in ordered))


def _labelled(topology: Topology, labels: tuple[str, ...]) -> Bools:
    return np.array([label in labels for label in topology.labels], np.bool_)[topology.label]
