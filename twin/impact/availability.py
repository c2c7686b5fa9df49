"""Availability of loads from their cut sets and the `mtbf_h`, `mttr_h` of the members (section 5 of the semantics).

A component is down with probability mttr_h / (mtbf_h + mttr_h), independently of the others; what the load itself does
is left out, as cut sets leave it out. All values are rigorous bounds:

- `lower`, `upper` of the union of all minimal cut sets up to an order (`_union` names the bounds);
- where larger cut sets may exist, `upper` adds the probability that more components than that order are down at once,
  of all that the load depends on: any larger cut set needs as many;
- a member without `mtbf_h` or `mttr_h` counts as never down for `lower` and as down for `upper`; it then has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from twin.frames import Columns, Tabular
from twin.frames import Row as TableRow
from twin.impact._problem import ancestors, runner
from twin.impact._replicas import replicated
from twin.impact._union import at_least, union_bounds
from twin.impact.cutsets import AllCutSets, all_cut_sets
from twin.impact.gaps import gaps
from twin.impact.question import Question, indices
from twin.impact.replicas import hosts_of
from twin.impact.settle import Base
from twin.topology.distinct import distinct
from twin.topology.model import Bools, Floats, Ints, Topology
from twin.words import plural

MINUTES_PER_YEAR = 365.25 * 24 * 60
MOST_REPLICATED = 20
"""Loads on replicas that one question works out to order 3; of more, each to order 1."""


@dataclass(frozen=True, slots=True)
class Row:
    """The unavailability of one load; `unavailability` None: unknown, for want of data of `missing`."""

    asset: int
    unavailability: float | None
    lower: float
    upper: float
    method: str
    missing: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Availability(Tabular):
    """Unavailabilities by load."""

    question: Question
    topology: Topology
    down: Bools
    """n: in the base state."""
    rows: tuple[Row, ...]
    """By id."""

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.down, about=indices(row.asset for row in self.rows))

    COLUMNS: ClassVar[Columns] = {
        "id": str,
        "unavailability": float,
        "downtime_min_per_year": float,
        "method": str,
        "lower": float,
        "upper": float,
        "missing": list,
    }

    @property
    def noun(self) -> str:
        """What the rows are about: whoever asks may name assets that are no loads."""
        return "load" if all(self.topology.loads[row.asset] for row in self.rows) else "asset"

    @property
    def headline(self) -> str:
        """How many loads, and the worst of them."""
        known = [row for row in self.rows if row.unavailability is not None]
        text = f"availability of {plural(len(self.rows), self.noun)}"
        if len(known) < len(self.rows):
            text += f", of {len(self.rows) - len(known):,} unknown"
        if known:
            worst = max(known, key=lambda row: row.unavailability or 0.0)
            minutes = (worst.unavailability or 0.0) * MINUTES_PER_YEAR
            text += f"; the worst, {self.topology.ids[worst.asset]}, is down {minutes:.3g} min a year"
        return text

    def table(self, most: int | None = None) -> list[TableRow]:
        """One row a load, by id."""
        return [self._document(row) for row in self.rows[:most]]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin availability --json`; `missing` stands only where data are missing."""
        return self.in_parts() | {"rows": self.table()}

    def in_parts(self) -> dict[str, Any]:
        """The same document with an iterator for its rows."""
        rows = (self._document(row) for row in self.rows)
        return {"question": self.question.document(self.topology), "rows": rows, "model": self.model}

    def _document(self, row: Row) -> dict[str, Any]:
        value = row.unavailability
        document: dict[str, Any] = {
            "id": self.topology.ids[row.asset],
            "unavailability": value,
            "downtime_min_per_year": None if value is None else value * MINUTES_PER_YEAR,
            "method": row.method,
            "lower": row.lower,
            "upper": row.upper,
        }
        return document | ({"missing": self.topology.ids.texts(np.array(row.missing, np.int32))} if row.missing else {})


def unavailability_of(topology: Topology) -> Floats:
    """n: mttr_h / (mtbf_h + mttr_h); NaN where one is missing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return topology.mttr_h / (topology.mtbf_h + topology.mttr_h)


def availability(question: Question, base: Base, *, assets: Ints | None = None) -> Availability:
    """The unavailability of these assets (by default of all loads); those down in the base state have 1, exactly."""
    topology = base.topology
    wanted = np.flatnonzero(topology.loads) if assets is None else distinct(assets)
    wanted = wanted.astype(np.int32)
    hosted = replicated(topology, base.down)[wanted]
    thorough = int(hosted.sum()) <= MOST_REPLICATED
    chance = unavailability_of(topology)
    salt = np.where(np.isnan(chance), -1.0, chance).view(np.int64)
    plain = wanted if thorough else wanted[~hosted]
    rows = [Row(int(a), 1.0, 1.0, 1.0, "down in the base state", ()) for a in wanted[base.down[wanted]]]
    rows += _rows(all_cut_sets(question, base, loads=plain, salt=salt, limit=None), chance)
    if not thorough:
        rows += _rows(all_cut_sets(question, base, order=1, loads=wanted[hosted], salt=salt, limit=None), chance)
    place = topology.ids.rank
    return Availability(question, topology, base.down, tuple(sorted(rows, key=lambda row: place[row.asset])))


class _Chances(NamedTuple):
    """Of each asset (n): its unavailability, NaN where data are missing; and that as never down, and as down."""

    known: Floats
    best: Floats
    worst: Floats


def _rows(every: AllCutSets, known_chance: Floats) -> list[Row]:
    """One row a load; loads of one template share the figures, those of one walk the names too."""
    missing = np.isnan(known_chance)
    chance = _Chances(known_chance, np.where(missing, 0.0, known_chance), np.where(missing, 1.0, known_chance))
    known: dict[int, Row] = {}
    rows: list[Row] = []
    for load, replicas in zip(every.loads.tolist(), every.on_replicas.tolist(), strict=True):
        if replicas:
            rows.append(_row(every, load, chance))
            continue
        walk = every.sets.walk_of(load)
        model = int(every.sets.templates.walk_template[walk])
        if model not in known:
            known[model] = _row(every, load, chance)
        row = known[model]
        lacking = _missing(every.of(load).members, known_chance) if row.missing else ()
        rows.append(Row(load, row.unavailability, row.lower, row.upper, row.method, lacking))
    return rows


def _row(every: AllCutSets, load: int, chance: _Chances) -> Row:
    found = every.of(load)
    _, best, worst = chance
    many = len(every.loads)
    bounds = union_bounds(found.members, best, many=many)
    missing = _missing(found.members, chance.known)
    top = union_bounds(found.members, worst, many=many) if missing else bounds
    order = every.order
    tail = 0.0 if found.is_complete else _beyond(every, load, worst)
    upper = min(1.0, top.upper + tail)
    if missing:
        method = f"no value: {len(missing)} members lack mtbf_h or mttr_h; bounds take them as never down and as down"
        return Row(load, None, bounds.lower, upper, method, missing)
    if bounds.is_exact and found.is_complete:
        return Row(
            load, bounds.lower, bounds.lower, bounds.lower, "exact: all states of the members of all cut sets", ()
        )
    what = "exact union" if bounds.is_exact else "upper bound (Esary–Proschan)"
    limits = "" if bounds.is_exact else "; lower: Bonferroni"
    beyond = "" if found.is_complete else f"; upper adds P(more than {order} components down at once)"
    if every.on_replicas[every.place(load)] and not found.is_complete:
        beyond += " or Markov's bound on the hosts down, the lesser"
    method = f"{what} of all minimal cut sets up to order {order}{limits}{beyond}"
    return Row(load, min(bounds.upper, upper), min(bounds.lower, upper), upper, method, ())


def _missing(members: Ints, chance: Floats) -> tuple[int, ...]:
    used = distinct(members[members >= 0])
    return tuple(used[np.isnan(chance[used])].tolist())


def _beyond(every: AllCutSets, load: int, worst: Floats) -> float:
    """At most so likely do sets of more members than `order` take the load down."""
    topology = every.topology
    found = _above(every, load)
    tail = at_least(worst[found], every.order + 1, many=len(every.loads))
    if not every.on_replicas[every.place(load)]:
        return tail
    hosts = hosts_of(topology, every.down, load)
    failures = len(hosts) - int(topology.group_need[topology.owner_start[load]]) + 1
    walks, counts = np.unique([every.sets.walk_of(int(host)) for host in hosts], return_counts=True)
    likely = [_host_down(every, int(walk), worst) * int(count) for walk, count in zip(walks, counts, strict=True)]
    own = np.where(every.counted[hosts], worst[hosts], 0.0).sum()
    return min(tail, float(sum(likely) + own) / failures)


def _host_down(every: AllCutSets, walk: int, worst: Floats) -> float:
    """At most so likely is a host of that walk down for want of supply."""
    members = every.sets.of_walk(walk)
    bounds = union_bounds(members, worst, many=len(every.loads)).upper
    if every.sets.is_complete(walk):
        return bounds
    root = int(every.sets.templates.walk_root[walk])
    return min(1.0, bounds + at_least(worst[_above(every, root)], every.order + 1, many=len(every.loads)))


def _above(every: AllCutSets, load: int) -> Ints:
    """All that may be members of a load's cut sets, of any order."""
    topology = every.topology
    found = runner(len(topology))(ancestors)(
        topology.owner_start, topology.member_start, topology.member, every.down, np.array([load], np.int32)
    )
    return found[every.counted[found] & (found != load)]
