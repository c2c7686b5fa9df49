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


@dataclass(frozen=True, eq=False, repr=False)
class BlackStart(Tabular):
    """The answer; assets by index, sorted by id."""

    topology: Topology
    out: Ints
    """What is out, as the question names it."""
    down: Bools
    """n: what is out, with what it takes along."""
    rounds: tuple[Ints, ...]
    never: Ints
    """What cannot start, what is out (or taken along by it) left aside."""
    deadlocks: tuple[Ints, ...]
    """Cycles of assets that wait for each other."""

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, self.never)

    COLUMNS: ClassVar[Columns] = {"round": int, "id": str, "label": str}

    @property
    def headline(self) -> str:
        """How many start in how many rounds, and how many never do."""
        return _headline("start", self)

    def table(self, most: int | None = None) -> Iterator[Row]:
        """One row an asset: the round in which it starts, none for what never does."""
        return islice(_table(self), most)

    def to_dict(self) -> dict[str, Any]:
        """The document of `--json`."""
        return _document(self, Question(out=tuple(self.out.tolist())))


@dataclass(frozen=True, eq=False, repr=False)
class Restoration(Tabular):
    """In which order comes back what a scenario took down, once what failed is repaired; assets by index."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the base state."""
    rounds: tuple[Ints, ...]
    """Each by id: what is repaired and has its supply first, then what these supply."""
    never: Ints
    """What does not come back by itself, by id."""
    deadlocks: tuple[Ints, ...]
    """Cycles of these that wait for each other."""

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, self.never)

    COLUMNS: ClassVar[Columns] = {"round": int, "id": str, "label": str}

    @property
    def headline(self) -> str:
        """How many start in how many rounds, and how many never do."""
        return _headline("come back", self)

    def table(self, most: int | None = None) -> Iterator[Row]:
        """One row an asset: the round in which it comes back, none for what never does."""
        return islice(_table(self), most)

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin blackstart --after … --json`."""
        return _document(self, self.question)


def _headline(verb: str, answer: BlackStart | Restoration) -> str:
    started = sum(len(round_) for round_ in answer.rounds)
    text = f"{plural(started, 'asset')} {verb} in {plural(len(answer.rounds), 'round')}"
    return text + (f"; {len(answer.never):,} never {verb}" if len(answer.never) else "")


def _table(answer: BlackStart | Restoration) -> Iterator[Row]:
    topology = answer.topology
    for number, assets in (*enumerate(answer.rounds, start=1), (None, answer.never)):
        for id_, asset in zip(topology.ids.many(assets), assets.tolist(), strict=True):
            yield {"round": number, "id": id_, "label": topology.label_of(asset)}


def _document(answer: BlackStart | Restoration, question: Question) -> dict[str, Any]:
    ids = answer.topology.ids
    return {
        "question": question.document(answer.topology),
        "rounds": [ids.many(round_) for round_ in answer.rounds],
        "never": ids.many(answer.never),
        "deadlocks": [ids.many(cycle) for cycle in answer.deadlocks],
        "model": answer.model,
    }


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
    rounds, missing, started = _start(topology, up, base.down)
    never = ~started & ~base.down
    cycles = _deadlocks(topology, never, missing)
    return Restoration(question, topology, base.down, rounds, topology.ids.sorted(np.flatnonzero(never)), cycles)


def black_start(topology: Topology, out: Ints, gone: Ints) -> BlackStart:
    """Start from everything down. `out`: the assets that are out; `gone`: these and what they take along."""
    absent = np.zeros(len(topology), np.bool_)
    absent[gone] = True
    rounds, missing, started = _start(topology, np.zeros(len(topology), np.bool_), absent)
    never = ~started & ~absent
    cycles = _deadlocks(topology, never, missing)
    return BlackStart(topology, out, absent, rounds, topology.ids.sorted(np.flatnonzero(never)), cycles)


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
