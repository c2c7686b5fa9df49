"""The independence audit: what the suppliers of a redundant group share (section 5 of the semantics).

    U ─▶ A ─▶ S      the group {A, B} of S has need 1. A and B share U, and U alone takes both down:
    └──▶ B ──▲       `shared` and `breaks` both name U.

Ancestors are traced over supply relationships of every type, as declared, at any depth. A supplier counts as its own
ancestor: where A feeds B, they share A. `breaks` are shared ancestors whose failure alone, without what section 6 would
take along, leaves the group fewer available suppliers than it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from twin.frames import Columns, Row, Tabular
from twin.impact._jit import kernel
from twin.impact._problem import ancestors, pose, runner, settle_families
from twin.impact.gaps import gaps
from twin.impact.question import Question
from twin.impact.settle import Base, Scenario
from twin.impact.spread import count_loops
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Ints, Topology
from twin.words import plural

MOST_FINDINGS = 300_000
MOST_SHARED = 5_000_000
"""Names of shared ancestors in a document that does not hold everything anyway: some 100 MB of JSON."""


@dataclass(frozen=True, eq=False)
class Finding:
    """Two suppliers of one group."""

    group: int
    suppliers: tuple[int, int]
    shared: Ints
    breaks: Ints


@dataclass(frozen=True, eq=False, repr=False)
class Independence(Tabular):
    """The redundant groups of a campus, and what breaks each alone."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the base state."""
    groups: Ints
    """Groups with more suppliers than they need, sorted."""
    start: NDArray[np.int64]
    """Groups + 1: their breakers."""
    breaker: Ints
    """Assets whose failure alone takes the group below its need."""

    @property
    def breaking(self) -> Iterator[Finding]:
        """The findings with something that breaks the group, by group and suppliers."""
        places = np.flatnonzero(np.diff(self.start) > 0)
        return (finding for place in places.tolist() for finding in self._of(place) if len(finding.breaks))

    @property
    def ok(self) -> bool:
        """Nothing that two suppliers share breaks their group."""
        return next(self.breaking, None) is None

    @property
    def count(self) -> int:
        """How many pairs of suppliers there are."""
        sizes = (self.topology.member_start[self.groups + 1] - self.topology.member_start[self.groups]).astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())

    @property
    def breaking_count(self) -> int:
        """How many of them share something that breaks their group.

        What takes down both suppliers of a group of two stands above both, so that nothing needs to be traced.
        """
        topology = self.topology
        first, end = topology.member_start[self.groups], topology.member_start[self.groups + 1]
        broken = np.diff(self.start) > 0
        plain = broken & (end - first == 2) & (topology.loop_of_group[self.groups] < 0)
        plain[plain] = ~(self.down[topology.member[first[plain]]] | self.down[topology.member[first[plain] + 1]])
        others = np.flatnonzero(broken & ~plain).tolist()
        found = sum(1 for place in others for finding in self._of(place) if len(finding.breaks))
        return int(np.count_nonzero(plain)) + found

    def __iter__(self) -> Iterator[Finding]:
        return (finding for place in range(len(self.groups)) for finding in self._of(place))

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, self.topology.group_owner[self.groups[np.diff(self.start) > 0]])

    COLUMNS: ClassVar[Columns] = {
        "id": str,
        "type": str,
        "group": str,
        "suppliers": list,
        "shared": list,
        "breaks": list,
    }

    @property
    def headline(self) -> str:
        """Whether anything that suppliers share breaks their group."""
        groups = plural(len(self.groups), "redundant group")
        return f"{groups}: " + ("nothing shared breaks one" if self.ok else "some hang on what their suppliers share")

    def table(self, most: int | None = None) -> list[Row]:
        """One row a pair of suppliers of a redundant group; the first `most`: of those that something breaks."""
        if most is None:
            return self.to_dict()["findings"]
        texts: dict[bytes, list[str]] = {}
        return [self._document(finding, texts) for finding in islice(self.breaking, most)]

    def to_dict(self, most: int = MOST_FINDINGS) -> dict[str, Any]:
        """The document of `twin audit independence --json`.

        With more than `most` pairs it lists those that break, `most` at most and only as many as name `MOST_SHARED`
        ancestors; `left_out` counts the others, and `breaking` all that break.
        """
        listed = self if self.count <= most else islice(_up_to(self.breaking, MOST_SHARED), most)
        texts: dict[bytes, list[str]] = {}
        findings = [self._document(finding, texts) for finding in listed]
        findings.sort(key=lambda row: (row["id"], row["type"], row["group"], row["suppliers"]))
        question = self.question.document(self.topology)
        document: dict[str, Any] = {"question": question, "ok": self.ok, "findings": findings}
        if self.count > len(findings):
            document["left_out"] = self.count - len(findings)
            document["breaking"] = self.breaking_count
        return document | {"model": self.model}

    def _document(self, finding: Finding, texts: dict[bytes, list[str]]) -> dict[str, Any]:
        topology = self.topology
        kind, name = topology.group_text(finding.group)
        key = finding.shared.tobytes()
        if key not in texts:
            texts[key] = topology.ids.texts(finding.shared)
        return {
            "id": topology.ids[int(topology.group_owner[finding.group])],
            "type": kind,
            "group": name,
            "suppliers": sorted(topology.ids[supplier] for supplier in finding.suppliers),
            "shared": texts[key],
            "breaks": topology.ids.texts(finding.breaks),
        }

    def _of(self, place: int) -> Iterator[Finding]:
        group = int(self.groups[place])
        breaker = self.breaker[self.start[place] : self.start[place + 1]]
        for one, other in combinations(self.topology.suppliers(group).tolist(), 2):
            shared = self._shared(one, other)
            yield Finding(group, (one, other), shared, _in_both(breaker, shared))

    def _shared(self, one: int, other: int) -> Ints:
        if (one, other) not in self._pairs:
            self._pairs[one, other] = np.intersect1d(self._above(one), self._above(other), assume_unique=True)
        return self._pairs[one, other]

    @cached_property
    def _pairs(self) -> dict[tuple[int, int], Ints]:
        return {}

    @cached_property
    def _traced(self) -> dict[int, Ints]:
        return {}

    def _above(self, asset: int) -> Ints:
        """The asset and all its ancestors, sorted."""
        if asset not in self._traced:
            topology = self.topology
            none_down = np.zeros(len(topology), np.bool_)
            found = runner(0)(ancestors)(
                topology.owner_start, topology.member_start, topology.member, none_down, np.array([asset], np.int32)
            )
            self._traced[asset] = np.sort(found)
        return self._traced[asset]


def _up_to(findings: Iterator[Finding], most: int) -> Iterator[Finding]:
    """The first findings, as long as they share no more than that many ancestors together."""
    shared = 0
    for finding in findings:
        shared += len(finding.shared)
        if shared > most:
            return
        yield finding


def _in_both(some: Ints, listed: Ints) -> Ints:
    """Those of `some` that stand in `listed`, which is sorted; much faster than `np.isin` where both are short."""
    if not len(listed):
        return some[:0]
    place = np.minimum(np.searchsorted(listed, some), len(listed) - 1)
    return some[listed[place] == some]


def independence(question: Question, base: Base, *, scenario: Scenario | None = None) -> Independence:
    """Every two suppliers of a group that has more than it needs, in a base state.

    `scenario`: working arrays on that base, at rest, and at rest again afterwards.
    """
    topology = base.topology
    spare = np.diff(topology.member_start) > topology.group_need
    met = base.available >= topology.group_need
    groups = np.flatnonzero(spare).astype(np.int32)
    plain = groups[(topology.loop_of_group[groups] < 0) & met[groups]]
    start, breaker = _breakers(base, plain)
    looped = groups[(topology.loop_of_group[groups] >= 0) & met[groups]]
    more = _breakers_in_loops(base, looped, scenario or Scenario(base))
    sizes = np.zeros(len(groups), np.int64)
    sizes[np.searchsorted(groups, plain)] = np.diff(start)
    for group, found in more.items():
        sizes[np.searchsorted(groups, group)] = len(found)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    every = np.empty(starts[-1], np.int32)
    at = np.repeat(starts[np.searchsorted(groups, plain)], np.diff(start))
    every[at + np.arange(len(breaker)) - np.repeat(start[:-1], np.diff(start))] = breaker
    for group, found in more.items():
        place = int(np.searchsorted(groups, group))
        every[starts[place] : starts[place + 1]] = found
    return Independence(question, topology, base.down, groups, starts, every)


def _breakers(base: Base, groups: Ints) -> tuple[NDArray[np.int64], Ints]:
    """For each of these groups (none in a loop) the assets whose failure alone takes it below its need."""
    topology = base.topology
    listed = np.zeros(topology.group_count, np.bool_)
    listed[groups] = True
    suppliers = topology.member[np.repeat(listed, np.diff(topology.member_start))]
    targets = distinct(suppliers).astype(np.int32)
    problem = pose(topology, base.down, targets, np.ones(len(topology), np.bool_))
    solution = settle_families(problem, targets, 1)
    start, element = runner(len(groups))(count_groups)(
        topology.member_start, topology.member, topology.group_need, problem.asset_node, groups, solution.starts,
        solution.pool, len(problem.element),
    )  # fmt: skip
    return start, problem.node_asset[element - 1]


@kernel
def count_groups(  # noqa: PLR0913, PLR0917 - arrays of the topology and of a solution
    member_start: Ints,
    member: Ints,
    group_need: Ints,
    asset_node: Ints,
    groups: Ints,
    starts: NDArray[np.int64],
    pool: NDArray[np.int64],
    nodes: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Elements that take down so many suppliers of a group that it is broken; where those of each group begin."""
    hit = np.zeros(nodes + 1, np.int32)
    begin = np.zeros(len(groups) + 1, np.int64)
    found = np.empty(1024, np.int64)
    written = 0
    for place in range(len(groups)):
        group = groups[place]
        failures = 1 - group_need[group]
        for at in range(member_start[group], member_start[group + 1]):
            failures += asset_node[member[at]] >= 0
        for clear in range(2):
            for at in range(member_start[group], member_start[group + 1]):
                node = asset_node[member[at]]
                if node < 0:
                    continue
                for element in pool[starts[node] : starts[node + 1]]:
                    if clear:
                        hit[element] = 0
                        continue
                    hit[element] += 1
                    if hit[element] == failures:
                        if written == len(found):
                            found = np.append(found, np.empty(written, np.int64))
                        found[written] = element
                        written += 1
        begin[place + 1] = written
    return begin, found[:written].copy()


def _breakers_in_loops(base: Base, groups: Ints, scenario: Scenario) -> dict[int, Ints]:
    """The same for groups in loops, where what counts is who is reached without the owner: each failure settled."""
    topology = base.topology
    if not len(groups):
        return {}
    none_down = np.zeros(len(topology), np.bool_)
    owners = distinct(topology.group_owner[groups]).astype(np.int32)
    suspects = runner(len(owners))(ancestors)(
        topology.owner_start, topology.member_start, topology.member, none_down, owners
    )
    found: dict[int, list[int]] = {int(group): [] for group in groups}
    for suspect in np.sort(suspects[~base.down[suspects]]).tolist():
        scenario.fail([suspect], along=False)
        scenario.kernel(count_loops)(scenario.net, scenario.work)
        touched = groups[scenario.work.was_dirty[topology.loop_of_group[groups]] != 0]
        short = touched[scenario.work.available[touched] < topology.group_need[touched]]
        scenario.undo()
        for group in short.tolist():
            found[group].append(suspect)
    return {group: np.array(assets, np.int32) for group, assets in found.items()}
