"""A campus: every question to it, on the ground of its graph, topology and settled states (`twin.ground`).

Import is light; what a question needs is loaded when it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Literal

from schema.errors import BadInput
from twin.ground import Ground, Progress
from twin.impact.question import Question, indices

if TYPE_CHECKING:
    from twin.energy.answer import Energy
    from twin.frames import Rows
    from twin.impact.answer import Impact
    from twin.impact.availability import Availability
    from twin.impact.blackstart import BlackStart, Restoration
    from twin.impact.check import Check
    from twin.impact.cutsets import AllCutSets, CutSets
    from twin.impact.independence import Independence
    from twin.impact.pairs import Pairs
    from twin.impact.single_points import SinglePoints
    from twin.impact.sweep import Sweep
    from twin.impact.tier import Tier
    from twin.impact.trip_scans import TripPairs, TripSweep


def open(  # noqa: A001 - twin.open is what people write
    uri: str | None = None,
    *,
    auth: tuple[str, str] | None = None,
    database: str | None = None,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> Campus:
    """The campus of the graph that the arguments or TWIN_URI name, else of the twin's own local Neo4j."""
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.graph.store import connect  # noqa: PLC0415

    return Campus(connect(uri, auth, database, home, progress), home=twin_home(home), progress=progress)


class Campus(Ground):
    """A campus; use it in a `with` statement, or close it. Questions may come from several threads.

    Either from a store, or from a topology alone (`Campus.of`), which answers all but what needs the graph.
    """

    def impact(  # noqa: PLR0913 - the options of the question
        self,
        *ids: str,
        out: Iterable[str] = (),
        overload: Literal["report", "trip"] = "report",
        limit: float = 1.0,
        timeline: bool = False,
        until_s: float = 86_400.0,
        live: bool = False,
        assume_worst: bool = False,
    ) -> Impact:
        """What fails if these fail, given what is out."""
        from twin.impact.impact import impact  # noqa: PLC0415

        if not ids:
            raise BadInput("impact needs at least one asset that fails")
        with self._asking(ids, out, live=live, assume_worst=assume_worst) as (question, base, scenario):
            asked = replace(question, overload=overload, limit=limit, timeline=timeline, until_s=until_s)
            return impact(asked, base, scenario=scenario)

    def sweep(  # noqa: PLR0913 - the options of the question
        self,
        labels: Iterable[str] | None = None,
        out: Iterable[str] = (),
        *,
        live: bool = False,
        assume_worst: bool = False,
        overload: Literal["report", "trip"] = "report",
        limit: float = 1.0,
    ) -> Sweep | TripSweep:
        """What each single failure in scope loses, most lost first.

        With `overload="trip"` overloads above `limit` times the rating trip, and the rows tell how many, in how many
        rounds.
        """
        Question(overload=overload, limit=limit)  # refuses what is no mode and no limit
        with self._asking((), out, live=live, assume_worst=assume_worst) as (_, base, _scenario):
            if overload == "trip":
                from twin.impact.trip_scans import trip_sweep  # noqa: PLC0415

                return trip_sweep(base, labels, limit=limit, progress=self._progress)
            from twin.impact.sweep import sweep  # noqa: PLC0415

            return sweep(base, labels)

    def pairs(  # noqa: PLR0913 - the options of the question
        self,
        labels: Iterable[str] | None = None,
        out: Iterable[str] = (),
        *,
        live: bool = False,
        assume_worst: bool = False,
        overload: Literal["report", "trip"] = "report",
        limit: float = 1.0,
    ) -> Pairs | TripPairs:
        """Every pair in scope that takes down more than its two singles.

        With `overload="trip"` overloads above `limit` times the rating trip, and the rows tell how many, in how many
        rounds.
        """
        Question(overload=overload, limit=limit)  # refuses what is no mode and no limit
        with self._asking((), out, live=live, assume_worst=assume_worst) as (_, base, _scenario):
            if overload == "trip":
                from twin.impact.trip_scans import trip_pairs  # noqa: PLC0415

                return trip_pairs(base, labels, limit=limit, progress=self._progress)
            from twin.impact.pairs import pairs  # noqa: PLC0415

            return pairs(base, labels)

    def cut_sets(
        self,
        id: str,  # noqa: A002 - as the surface names it
        order: int = 3,
        *,
        out: Iterable[str] = (),
        live: bool = False,
        assume_worst: bool = False,
    ) -> CutSets:
        """The minimal sets of up to `order` failures that take an asset down."""
        from twin.impact.cutsets import cut_sets  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (question, base, _):
            return cut_sets(question, base, self.find(id), order=order)

    def all_cut_sets(
        self, order: int = 3, *, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False
    ) -> AllCutSets:
        """The same for all loads."""
        from twin.impact.cutsets import all_cut_sets  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (question, base, _):
            return all_cut_sets(question, base, order=order)

    def single_points(self, *, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False) -> SinglePoints:
        """What takes loads down alone, and which."""
        from twin.impact.single_points import single_points  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (question, base, _):
            return single_points(question, base)

    def check(self, *ids: str, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False) -> Check:
        """Whether these may be taken out now, given what is out."""
        from twin.impact.check import check  # noqa: PLC0415

        if not ids:
            raise BadInput("check needs at least one asset that is taken out")
        with self._asking(ids, out, live=live, assume_worst=assume_worst) as (question, base, scenario):
            return check(question, base, scenario=scenario)

    def next_losses(self, answer: Impact) -> dict[str, list[str]]:
        """The single points that the scenario of an answer leaves: component → loads that it would now take down."""
        from twin.impact.single_points import next_losses  # noqa: PLC0415

        with self._lock:
            points = next_losses(answer.question, answer.base, scenario=self._scenario(answer.base))
        return {row["id"]: row["loads"] for row in points.to_dict()["rows"]}

    def audit_independence(
        self, *, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False
    ) -> Independence:
        """Declared redundancy against the traced ancestors."""
        from twin.impact.independence import independence  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (question, base, scenario):
            return independence(question, base, scenario=scenario)

    def audit_tier(self, *, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False) -> Tier:
        """Whether the campus is concurrently maintainable and fault tolerant."""
        from twin.impact.tier import tier  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (question, base, scenario):
            return tier(question, base, scenario=scenario)

    def availability(
        self, *ids: str, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False
    ) -> Availability:
        """Unavailability of these assets, else of all loads, from `mtbf_h` and `mttr_h`."""
        from twin.impact.availability import availability  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (question, base, _):
            assets = indices(sorted({self.find(text) for text in ids})) if ids else None
            return availability(question, base, assets=assets)

    def black_start(self, out: Iterable[str] = (), *, live: bool = False, assume_worst: bool = False) -> BlackStart:
        """The order of restart from everything down, and what deadlocks."""
        from twin.impact.blackstart import black_start  # noqa: PLC0415

        with self._asking((), out, live=live, assume_worst=assume_worst) as (_, base, _scenario):
            return black_start(base.topology, base.out, base.gone)

    def restoration(
        self, *ids: str, out: Iterable[str] = (), live: bool = False, assume_worst: bool = False
    ) -> Restoration:
        """The order in which comes back what these failures take down, once they are repaired."""
        from twin.impact.blackstart import after  # noqa: PLC0415

        if not ids:
            raise BadInput("restoration needs at least one asset that failed")
        with self._asking(ids, out, live=live, assume_worst=assume_worst) as (question, base, scenario):
            return after(question, base, scenario=scenario)

    def energy(self, since_s: float | None = None, until_s: float | None = None) -> Energy:
        """PUE, WUE and powers: now, from live state, or over a window of history (seconds since 1970).

        Raises Unreachable where no live process is, BadInput where there is no history.
        """
        from twin.energy.answer import energy  # noqa: PLC0415
        from twin.energy.readings import live_readings, measures, recorded_readings  # noqa: PLC0415

        with self._lock:
            topology, home = self.topology, self._home()
            meters = measures(self._store, topology) if self._store is not None else []
            if since_s is None:
                readings = live_readings(topology, home, meters)
            else:
                now_s = time()
                readings = recorded_readings(topology, home, meters, since_s, now_s if until_s is None else until_s)
            base = self._base((), live=since_s is None, assume_worst=True)[0]
            return energy(topology, ~base.down, readings)

    def cypher(self, query: str, /, **parameters: Any) -> Rows:
        """The rows of a query that reads; `parameters` are those of the query, by name."""
        from twin.frames import Rows  # noqa: PLC0415 - only where the graph is asked
        from twin.graph.ask import ask  # noqa: PLC0415

        return Rows(ask(self.store, query, parameters)[0])

    def py2neo(self) -> Any:
        """A connected `py2neo.Graph` of the same database; `twin.bridge.object_classes()` are its object classes.

        Raises BadInput where py2neo is not installed (campus-twin[notebook]).
        """
        from twin.bridge import graph_of  # noqa: PLC0415 - an extra, for notebooks

        return graph_of(replace(self.store.endpoint, database=self.store.database))

    def save_scenario(self, name: str, answer: Impact) -> None:
        """Keep question and answer as a Scenario in the graph; one of that name is replaced."""
        from twin.scenarios import save  # noqa: PLC0415 - only where something is saved

        save(self.store, self._home(), name, answer.to_dict())
