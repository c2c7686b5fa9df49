"""For those who run the server: who may use it, and what was done."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query, Request

from twin.access.roles import Role
from twin.live.history.spans import iso, moment_s
from twin.service.access.rights import needs, who_asks
from twin.service.api.models import Cursor, Document, Page


def add(router: APIRouter) -> None:
    """Add the routes."""

    @router.get(
        "/users", tags=["service"], summary="The users and their roles", dependencies=[needs(Role.ADMIN, "users")]
    )
    def users(request: Request) -> Document:  # pyright: ignore[reportUnusedFunction]
        found = request.scope["state"]["access"].people.users()
        return {"rows": [{"name": one.name, "role": one.role.word, "provider": one.provider} for one in found]}

    @router.get(
        "/log",
        tags=["service"],
        summary="The audit log, newest first, by page",
        dependencies=[needs(Role.ADMIN, "log")],
    )
    def log(  # noqa: PLR0913 - what lines are chosen by  # pyright: ignore[reportUnusedFunction]
        *,
        request: Request,
        since: Annotated[str, Query(min_length=1, max_length=40, description="How long ago (7d), or a time")] = "30d",
        who: Annotated[str, Query(max_length=100)] = "",
        what: Annotated[str, Query(max_length=100, description="A kind, or its beginning")] = "",
        limit: Page = 100,
        cursor: Cursor = 0,
    ) -> Document:
        begin = iso(round(moment_s(since, time.time(), "since")))
        rows = request.scope["state"]["access"].audit.lines(begin, who=who, what=what)[::-1]
        after = cursor + limit if cursor + limit < len(rows) else None
        return {"rows": rows[cursor : cursor + limit], "total": len(rows), "next": after}

    @router.get("/me", tags=["service"], summary="Who the server takes you for")
    def me(request: Request) -> Document:  # pyright: ignore[reportUnusedFunction]
        who = who_asks(request)
        return {"name": who.name, "role": who.role.word, "known_by": who.known_by}
