"""Server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import EventSourceResponse
from fastapi.sse import ServerSentEvent
from starlette.exceptions import HTTPException

from twin.service.access.rights import who_asks
from twin.service.access.who import Access
from twin.service.events import MOST_LISTENERS, Events

Kind = Literal["alarm", "conditions", "live", "graph", "job"]
AGAIN_MS: Final = 2_000
LOOKED_AGAIN_EVERY_S: Final = 5.0


def add(router: APIRouter, events: Events) -> None:
    """Add the route."""

    async def room() -> None:
        if events.listeners >= MOST_LISTENERS:
            raise HTTPException(503, f"{MOST_LISTENERS} listen already")

    @router.get(
        "/events",
        tags=["live"],
        summary="Alarms, changed conditions, jobs and changes of the graph, as they happen",
        response_class=EventSourceResponse,
        dependencies=[Depends(room)],
    )
    async def listen(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        type: Annotated[list[Kind] | None, Query(max_length=5, description="Only such; by default all")] = None,  # noqa: A002
        last_event_id: Annotated[str | None, Header(max_length=100, description="Go on after this one")] = None,
    ) -> AsyncIterable[ServerSentEvent]:
        access: Access = request.scope["state"]["access"]
        who, looked_s = who_asks(request), time.monotonic()
        # Sent at once, so that who listens knows that they are heard.
        yield ServerSentEvent(comment="listening", retry=AGAIN_MS)
        async for event in events.after(last_event_id):
            if time.monotonic() - looked_s > LOOKED_AGAIN_EVERY_S:
                looked_s = time.monotonic()
                if not access.still(who, request.scope):
                    return
            if event is not None and (type is None or event.kind in {*type, "reset"}):
                yield ServerSentEvent(data=event.data, event=event.kind, id=events.name(event))
