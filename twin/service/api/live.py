"""Live state as the live process keeps it: conditions, values, alarms, energy, and history."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request

from schema.errors import UnknownAsset, Unreachable
from twin.access.roles import Role
from twin.campus import Campus
from twin.graph.endpoint import twin_home
from twin.live.alarms import Alarms
from twin.live.asset import asset_document, of_topology, row
from twin.live.place import Place, read_json
from twin.live.reader import LiveState, Moved, Seen, open_state
from twin.service.access.rights import HEAVY, needs, note
from twin.service.api.fresh import Fresh
from twin.service.api.models import (
    Acknowledge,
    Acknowledged,
    AlarmPage,
    AssetPath,
    Cursor,
    Document,
    LiveAsset,
    LivePage,
    LiveRow,
    Page,
)
from twin.topology.model import Ints

When = Annotated[str, Query(min_length=1, max_length=40, description="How long ago (2h, 7d), now, or an ISO time")]
Severity = Literal["warning", "critical"]


class Now:
    """The live state, mapped once and again when the live process moves; from several threads."""

    def __init__(self, home: Path) -> None:
        self._home, self._lock = home, Lock()
        self._state: LiveState | None = None
        self._places: tuple[str, str, Ints | None] = ("", "", None)

    def __call__(self, campus: Campus) -> tuple[LiveState, Ints | None]:
        """The state, and for each asset of the campus its index there; None: the same. Raises Unreachable."""
        with self._lock:
            try:
                if self._state is None:
                    raise Moved
                self._state.require_alive()
            except Unreachable:
                self._state = None
                self._state = open_state(self._home)
            versions = campus.topology.version, self._state.version
            if self._places[:2] != versions:
                self._places = (*versions, self._state.places(campus.topology))
            return self._state, self._places[2]


def add(router: APIRouter, fresh: Fresh) -> None:
    """Add the routes."""
    home = twin_home(fresh.campus.home)
    _state(router, fresh, Now(home), Place(home))
    _alarms(router, Place(home))
    _recorded(router, fresh, home)


def _state(router: APIRouter, fresh: Fresh, now: Now, place: Place) -> None:
    @router.get("/live/status", tags=["live"], summary="Points per second, gaps and staleness, by source")
    def status() -> Document:  # pyright: ignore[reportUnusedFunction]
        place.require_writer()
        document = read_json(place.status)
        if not document:
            raise Unreachable("the live process is starting; try again")
        return {"feed": read_json(place.current).get("feed"), **document}

    @router.get("/live/conditions", tags=["live"], summary="Assets that are not just up, as live state has them")
    def conditions(  # pyright: ignore[reportUnusedFunction]
        seen: Annotated[
            list[Literal["up", "down", "out", "lost", "at_risk", "degraded"]] | None,
            Query(max_length=6, description="Only in these states; by default all but up"),
        ] = None,
        limit: Page = 100,
        cursor: Cursor = 0,
    ) -> LivePage:
        campus = fresh()
        state, places = now(campus)
        arrays = of_topology(state, places)
        wanted = [Seen[name.upper()] for name in seen] if seen else [one for one in Seen if one is not Seen.UP]
        chosen = np.flatnonzero(np.isin(arrays["seen"], wanted))
        shown = chosen[cursor : cursor + limit].tolist()
        return LivePage(
            rows=[
                LiveRow.model_validate(row(campus.topology, one, {name: a[one].item() for name, a in arrays.items()}))
                for one in shown
            ],
            total=len(chosen),
            next=cursor + limit if cursor + limit < len(chosen) else None,
        )

    @router.get("/live/assets/{id:path}", tags=["live"], summary="Condition and last values of one asset")
    def asset(id: AssetPath) -> LiveAsset:  # noqa: A002  # pyright: ignore[reportUnusedFunction]
        campus = fresh()
        found = campus.find(id)
        state, places = now(campus)
        return LiveAsset.model_validate(asset_document(campus.topology, found, state, places))

    @router.get("/live/suspects", tags=["live"], summary="Where what is measured and what the model computes disagree")
    def suspects(limit: Page = 100, cursor: Cursor = 0) -> Document:  # pyright: ignore[reportUnusedFunction]
        place.require_writer()
        rows: list[Any] = read_json(place.suspects).get("suspects", [])
        return _page(rows, limit, cursor)


def _alarms(router: APIRouter, place: Place) -> None:
    @router.get("/alarms", tags=["live"], summary="What is wrong, and what it means", response_model=AlarmPage)
    def alarms(  # noqa: PLR0913 - what they may be chosen by  # pyright: ignore[reportUnusedFunction]
        *,
        state: Annotated[Literal["open", "all"], Query(description="all: the cleared ones, too")] = "open",
        folded: Annotated[bool, Query(description="Those that another alarm explains, too")] = False,
        severity: Severity | None = None,
        acknowledged: bool | None = None,
        limit: Page = 100,
        cursor: Cursor = 0,
    ) -> Document:
        place.require_writer()
        known = Alarms(place.alarms)
        rows = [
            alarm.to_dict()
            for alarm in (known.all if state == "all" else known.open)
            if (folded or not alarm.explained_by)
            and severity in {None, alarm.severity}
            and acknowledged in {None, alarm.acknowledged_s is not None}
        ]
        return _page(rows, limit, cursor)

    @router.post(
        "/alarms/acknowledge",
        tags=["live"],
        summary="Note that somebody has seen the alarms of these assets",
        dependencies=[needs(Role.OPERATOR, "alarm.acknowledge")],
    )
    def acknowledge(wanted: Acknowledge, request: Request) -> Acknowledged:  # pyright: ignore[reportUnusedFunction]
        note(request, "all" if wanted.ids is None else ", ".join(wanted.ids))
        place.require_writer()
        before = {alarm.key: alarm for alarm in Alarms(place.alarms).all}
        known = {alarm.id for alarm in before.values()}
        for name in wanted.ids or ():
            if name not in known:
                raise UnknownAsset(f"no alarm of {name!r}")
        place.acknowledge(wanted.ids)
        new = [key for key, alarm in before.items() if alarm.acknowledged_s is None]
        return Acknowledged(acknowledged=sum(wanted.ids is None or id_ in wanted.ids for _, id_ in new))


def _recorded(router: APIRouter, fresh: Fresh, home: Path) -> None:
    from twin.live.history.question import History, metric_named  # noqa: PLC0415 - DuckDB takes a while to load
    from twin.live.history.spans import duration_s, moment_s  # noqa: PLC0415

    @router.get("/energy", tags=["live"], summary="PUE, WUE and power by building and module", dependencies=[HEAVY])
    def energy(since: When | None = None, until: When = "now") -> Document:  # pyright: ignore[reportUnusedFunction]
        now_s = time.time()
        begin_s = None if since is None else moment_s(since, now_s, "since")
        return fresh().energy(begin_s, moment_s(until, now_s, "until")).to_dict()

    @router.get("/history/{id:path}", tags=["live"], summary="What a point reported", dependencies=[HEAVY])
    def history(  # pyright: ignore[reportUnusedFunction]
        id: AssetPath,  # noqa: A002
        metric: Annotated[str, Query(min_length=1, max_length=100, description="Such as power_kw")],
        since: When = "2h",
        until: When = "now",
        every: Annotated[
            str | None, Query(min_length=1, max_length=40, description="Width of a row: 10s, 15min, 1d")
        ] = None,
    ) -> Document:
        now_s = time.time()
        asked = metric_named(metric)
        window = moment_s(since, now_s, "since"), moment_s(until, now_s, "until")
        every_s = duration_s(every, "every") if every else None
        campus = fresh()
        recorded = History(home, now_s)
        name = id if recorded.knows(id) else campus.topology.ids[campus.find(id)]
        return recorded.series(name, asked, *window, every_s).to_dict()


def _page(rows: list[Any], limit: int, cursor: int) -> Document:
    after = cursor + limit if cursor + limit < len(rows) else None
    return {"rows": rows[cursor : cursor + limit], "total": len(rows), "next": after}
