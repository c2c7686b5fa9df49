"""Black start: the order in which a campus comes up from nothing, and what waits for itself (section 7).

A least fixpoint, round by round: an asset comes up when enough suppliers of each of its groups came up in earlier
rounds. That is exact in loops of one type too: whoever came up before a consumer came up without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from twin.frames import Columns, Row, Tabular
from twin.impact.gaps import gaps
from twin.impact.question import Question
from twin.impact.reach import places
from twin.topology.distinct import distinct
from twin.words import plural

if TYPE_CHECKING:
    from twin.impact.settle import Base, Scenario
    from twin.topology.model import Bools, Ints, Topology


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Order(Tabular):
    """An order in which assets start; assets by index, sorted by id."""

    topology: Topology
    down: Bools
    """n: what stays down whatever starts."""
    rounds: tuple[Ints, ...]
    """What has its supply first, then what these supply."""
    never: Ints
    """What does not start by itself, what stays down left aside."""
    deadlocks: tuple[Ints, ...]
    """Cycles of these that wait for each other."""

    COLUMNS: ClassVar[Columns] = {"round": int, "id": str, "label": str}
    VERB: ClassVar[str]

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, self.never)

    @property
    def headline(self) -> str:
        """How many start in how many rounds, and how many never do."""
        started = sum(len(round_) for round_ in self.rounds)
        text = f"{plural(started, 'asset')} {self.VERB} in {plural(len(self.rounds), 'round')}"
        return text + (f"; {len(self.never):,} never {self.VERB}" if len(self.never) else "")

    def table(self, most: int | None = None) -> Iterator[Row]:
        """One row an asset: the round in which it starts, none for what never does."""
        return islice(self._rows(), most)

    def _rows(self) -> Iterator[Row]:
        for number, assets in (*enumerate(self.rounds, start=1), (None, self.never)):
            for id_, asset in zip(self.topology.ids.many(assets), assets.tolist(), strict=True):
                yield {"round": number, "id": id_, "label": self.topology.label_of(asset)}

    def _document(self, question: Question) -> dict[str, Any]:
        ids = self.topology.ids
        return {
            "question": question.document(self.topology),
            "rounds": [ids.many(round_) for round_ in self.rounds],
            "never": ids.many(self.never),
            "deadlocks": [ids.many(cycle) for cycle in self.deadlocks],
            "model": self.model,
        }


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BlackStart(_Order):
    """The order in which a campus starts from everything down."""

    out: Ints
    """What is out, as the question names it; `down` is that with what it takes along."""

    VERB: ClassVar[str] = "start"

    def to_dict(self) -> dict[str, Any]:
        """The document of `--json`."""
        return self._document(Question(out=tuple(self.out.tolist())))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Restoration(_Order):
    """The order in which what a scenario took down comes back, once what failed is repaired."""

    question: Question
    """What failed; `down` is what is down in the base state."""

    VERB: ClassVar[str] = "come back"

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin blackstart --after … --json`."""
        return self._document(self.question)


def after(question: Question, base: Base, *, scenario: Scenario) -> Restoration:
    """Repair all that `question` fails and settle by starting: the least fixpoint from what is still up.

    What is out, or live state says is down, stays so. `scenario`: working arrays on the base, at rest, and at rest
    again afterwards.
    """
    topology = base.topology
    try:
        scenario.fail(question.failed)
        up = scenario.work.fell == 0
    finally:
        scenario.undo()
    return Restoration(question=question, **_started(topology, up, base.down))


def black_start(topology: Topology, out: Ints, gone: Ints) -> BlackStart:
    """Start from everything down. `out`: the assets that are out; `gone`: these and what they take along."""
    absent = np.zeros(len(topology), np.bool_)
    absent[gone] = True
    return BlackStart(out=out, **_started(topology, np.zeros(len(topology), np.bool_), absent))


def _started(topology: Topology, up: Bools, absent: Bools) -> dict[str, Any]:
    """What both answers hold of a start from `up` on without `absent` (n)."""
    rounds, missing, started = _start(topology, up, absent)
    never = ~started & ~absent
    return {
        "topology": topology,
        "down": absent,
        "rounds": rounds,
        "never": topology.ids.sorted(np.flatnonzero(never)),
        "deadlocks": _deadlocks(topology, never, missing),
    }


def restoration(topology: Topology, up: Bools, out: Bools) -> tuple[Ints, ...]:
    """The order in which assets come back to a settled state `up` (n) when all but `out` (n) are repaired."""
    return _start(topology, up, out)[0]


def _start(topology: Topology, up: Bools, absent: Bools) -> tuple[tuple[Ints, ...], Ints, Bools]:
    """Rounds from `up` on without `absent` (n); suppliers that each group still misses (g); who is up then (n)."""
    started = up.copy()
    missing = topology.group_need.astype(np.int32)
    _supply(topology, np.flatnonzero(up).astype(np.int32), missing)
    unmet = np.bincount(topology.group_owner[missing > 0], minlength=len(topology))
    frontier = np.flatnonzero((unmet == 0) & ~started & ~absent).astype(np.int32)
    rounds: list[Ints] = []
    while len(frontier):
        rounds.append(topology.ids.sorted(frontier))
        started[frontier] = True
        met = _supply(topology, frontier, missing)
        owners = topology.group_owner[met]
        np.subtract.at(unmet, owners, 1)
        owners = distinct(owners)
        frontier = owners[(unmet[owners] == 0) & ~started[owners] & ~absent[owners]]
    return tuple(rounds), missing, started


def _supply(topology: Topology, suppliers: Ints, missing: Ints) -> Ints:
    """Count these suppliers in `missing`; returns the groups that they complete."""
    groups = topology.supplied_group[places(topology.supplied_start, suppliers)]
    touched = distinct(groups)
    open_before = touched[missing[touched] > 0]
    np.subtract.at(missing, groups, 1)
    return open_before[missing[open_before] <= 0]


def _deadlocks(topology: Topology, never: Bools, missing: Ints) -> tuple[Ints, ...]:
    """Strongly connected components of those that never start, over the groups that they wait for."""
    waits = np.flatnonzero((missing > 0) & never[topology.group_owner]).astype(np.int32)
    supplier = topology.member[places(topology.member_start, waits)]
    consumer = np.repeat(topology.group_owner[waits], topology.member_start[waits + 1] - topology.member_start[waits])
    inside = never[supplier]
    supplier, consumer = supplier[inside], consumer[inside]
    while len(supplier):
        # what waits for nobody left, or is waited for by nobody left, stands in no cycle
        kept = np.isin(supplier, consumer) & np.isin(consumer, supplier)
        if kept.all():
            return _components(topology, supplier, consumer)
        supplier, consumer = supplier[kept], consumer[kept]
    return ()


def _components(topology: Topology, supplier: Ints, consumer: Ints) -> tuple[Ints, ...]:
    from scipy.sparse import coo_array  # noqa: PLC0415 - 0.8 s, wanted only where there is a cycle
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    assets, ends = np.unique(np.concatenate([supplier, consumer]), return_inverse=True)
    edges = (ends[: len(supplier)], ends[len(supplier) :])
    graph = coo_array((np.ones(len(supplier)), edges), shape=(len(assets), len(assets)))
    count, component = connected_components(graph, connection="strong")
    sizes = np.bincount(component, minlength=count)
    cycles = [topology.ids.sorted(assets[component == number]) for number in np.flatnonzero(sizes > 1).tolist()]
    return tuple(sorted(cycles, key=lambda cycle: topology.ids.rank[cycle].tolist()))
