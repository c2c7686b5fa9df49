"""Assets: lists by page, one in full, search, and the topology up and down from one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated, Final, Literal

import numpy as np
from fastapi import APIRouter, Query

from schema.errors import BadInput
from twin.campus import Campus
from twin.service.api.fresh import Fresh
from twin.service.api.models import Around, Asset, AssetPath, Assets, Cursor, Details, Group, Page, Reached, Supply
from twin.topology.model import TYPES
from twin.topology.search import Search

DEEPEST: Final = 100
MOST_AROUND: Final = 100_000

SupplyType = Literal["FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS"]
Label = Annotated[str | None, Query(min_length=1, max_length=100, description="Only assets of this label")]


def add(router: APIRouter, fresh: Fresh) -> None:
    """Add the routes."""
    searches: dict[str, Search] = {}

    @router.get("/assets", tags=["assets"], summary="All assets, by page, in the order of containment")
    def assets(label: Label = None, limit: Page = 100, cursor: Cursor = 0) -> Assets:  # pyright: ignore[reportUnusedFunction]
        campus = fresh()
        topology = campus.topology
        if label is None:
            chosen = np.arange(len(topology))
        elif label in topology.labels:
            chosen = np.flatnonzero(topology.label == topology.labels.index(label))
        else:
            chosen = np.zeros(0, np.int64)
        shown = chosen[cursor : cursor + limit]
        after = cursor + limit if cursor + limit < len(chosen) else None
        return Assets(rows=[row(campus, one) for one in shown.tolist()], total=len(chosen), next=after)

    @router.get("/assets/{id:path}", tags=["assets"], summary="One asset, with its place, ratings and groups")
    def asset(id: AssetPath) -> Details:  # noqa: A002  # pyright: ignore[reportUnusedFunction]
        campus = fresh()
        return details(campus, campus.find(id))

    @router.get("/search", tags=["assets"], summary="Assets whose id or name holds a text, the likeliest first")
    def search(  # pyright: ignore[reportUnusedFunction]
        q: Annotated[str, Query(min_length=1, max_length=500)], limit: Page = 20
    ) -> Assets:
        campus = fresh()
        version = campus.topology.version
        if version not in searches:
            searches.clear()
            searches[version] = Search(campus.topology.ids, campus.details.name)
        found = searches[version].find(q, limit)
        return Assets(rows=[row(campus, one) for one in found], total=len(found), next=None)

    for name, upstream in (("upstream", True), ("downstream", False)):
        router.get(
            f"/{name}/{{id:path}}",
            tags=["assets"],
            summary=f"What lies {name} of an asset along supply, to a depth",
            operation_id=name,
        )(_around(fresh, upstream=upstream))


def _around(fresh: Fresh, *, upstream: bool) -> Callable[..., Around]:
    def around(
        id: AssetPath,  # noqa: A002
        depth: Annotated[int, Query(ge=1, le=DEEPEST)] = 1,
        type: Annotated[SupplyType | None, Query(description="Along this type alone")] = None,  # noqa: A002
        limit: Annotated[int, Query(ge=1, le=MOST_AROUND, description="Assets at most")] = 10_000,
    ) -> Around:
        campus = fresh()
        start = campus.find(id)
        return walked(campus, start, depth, None if type is None else TYPES.index(type), limit, upstream=upstream)

    return around


def row(campus: Campus, asset: int) -> Asset:
    """An asset as a row of a list."""
    topology = campus.topology
    parent = int(topology.parent[asset])
    return Asset(
        id=topology.ids[asset],
        label=topology.label_of(asset),
        name=campus.details.name[asset],
        parent=topology.ids[parent] if parent >= 0 else None,
    )


def details(campus: Campus, asset: int) -> Details:
    """All that is known of an asset."""
    topology, known = campus.topology, campus.details
    path: list[str] = []
    seen: set[int] = set()
    at = int(topology.parent[asset])
    while at >= 0 and at not in seen:
        seen.add(at)
        path.append(topology.ids[at])
        at = int(topology.parent[at])
    groups: list[Group] = []
    for group in topology.groups(asset):
        type_, name = topology.group_text(group)
        groups.append(
            Group(
                type=type_,
                group=name,
                need=int(topology.group_need[group]),
                inferred=bool(topology.group_inferred[group]),
                suppliers=topology.ids.many(topology.suppliers(group)),
            )
        )
    start, stop = topology.supplied_start[asset : asset + 2].tolist()
    return Details(
        **row(campus, asset).model_dump(),
        path=path[::-1],
        building=_id(campus, int(topology.building[asset])),
        module=_id(campus, int(topology.module[asset])),
        global_id=known.global_id[asset],
        serial=known.serial[asset],
        rated_kw=_finite(float(topology.rated_kw[asset])),
        rated_cooling_kw=_finite(float(topology.rated_cooling_kw[asset])),
        draw_kw=float(topology.draw_kw[asset]),
        groups=groups,
        supplies=len(np.unique(topology.group_owner[topology.supplied_group[start:stop]])),
    )


def walked(  # noqa: PLR0913 - a walk has a start, a depth, a type, a limit and a direction
    campus: Campus, start: int, depth: int, type_: int | None, limit: int, *, upstream: bool
) -> Around:
    """Assets along supply from one, nearest first, with the relationships between them."""
    topology = campus.topology
    if not 0 < limit <= MOST_AROUND:
        raise BadInput(f"limit: 1 to {MOST_AROUND:,}")
    level = {start: 0}
    edges: dict[tuple[int, int], tuple[int, int]] = {}
    frontier, complete = [start], True
    for away in range(1, depth + 1):
        onward: list[int] = []
        for asset in frontier:
            for group, other in _steps(campus, asset, upstream=upstream):
                if type_ is not None and int(topology.group_type[group]) != type_:
                    continue
                if other not in level:
                    if len(level) > limit:
                        complete = False
                        continue
                    level[other] = away
                    onward.append(other)
                supplier, consumer = (other, asset) if upstream else (asset, other)
                edges[group, supplier] = supplier, consumer
        frontier = onward
        if not frontier:
            break
    rows = [
        Reached(id=topology.ids[asset], label=topology.label_of(asset), depth=away)
        for asset, away in level.items()
        if asset != start
    ]
    relationships: list[Supply] = []
    for (group, _), (supplier, consumer) in edges.items():
        kind, name = topology.group_text(group)
        relationships.append(
            Supply(source=topology.ids[supplier], type=kind, group=name, target=topology.ids[consumer])
        )
    return Around(rows=rows, relationships=relationships, complete=complete)


def _steps(campus: Campus, asset: int, *, upstream: bool) -> Iterator[tuple[int, int]]:
    """Group and the asset beyond, for each supply of an asset or by it."""
    topology = campus.topology
    if upstream:
        for group in topology.groups(asset):
            for supplier in topology.suppliers(group).tolist():
                yield group, supplier
        return
    start, stop = topology.supplied_start[asset : asset + 2].tolist()
    for group in topology.supplied_group[start:stop].tolist():
        yield group, int(topology.group_owner[group])


def _id(campus: Campus, asset: int) -> str | None:
    return campus.topology.ids[asset] if asset >= 0 else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
