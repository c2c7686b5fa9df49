"""The 3D view's part of the front server: the page, its files, and the connection to a person's own process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from html import escape

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

from twin.service.access.rights import who_asks
from twin.service.places import Full, NotReady, Place, Places
from viz.browser.app import files

TRY_AGAIN_LATER = 1013
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""What the page may load. 'unsafe-eval': Vue compiles the page's template in the browser."""
ASSETS_FOR_S = 31_536_000
HEARD_AT_MOST = 64
"""Messages of a page that wait for its process; more wait in the connection."""

log = logging.getLogger("twin.service")


def add_view(app: FastAPI, places: Places) -> None:
    """Serve the page at `/`, its files, and `/ws`."""
    found = files()
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        places.prepare()
        who = who_asks(request)
        index = found.index.replace("{user}", "" if who.how == "open" else escape(who.name))
        return HTMLResponse(index, headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"})

    @router.post("/session")
    async def session(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Where trame's client is to connect. Its client asks again for a while where all places are taken."""
        if places.free < 1:
            return JSONResponse({"error": found.full.replace("{people}", str(places.people))}, 503)
        scheme = "wss" if request.url.scheme == "https" else "ws"
        return JSONResponse({"sessionURL": f"{scheme}://{request.headers['host']}/ws"})

    @router.websocket("/ws")
    async def connection(socket: WebSocket) -> None:  # pyright: ignore[reportUnusedFunction]
        await socket.accept()
        heard: asyncio.Queue[bytes] = asyncio.Queue(HEARD_AT_MOST)
        # Who leaves while their process starts, or is told to as the server stops, waits for it no longer.
        hearing = asyncio.create_task(_hear(socket, heard))
        showing = asyncio.create_task(_show(socket, places, heard))
        try:
            await asyncio.wait((hearing, showing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
            showing.cancel()
            await asyncio.wait((hearing, showing))
        for task in (hearing, showing):
            if not task.cancelled():
                task.result()

    app.include_router(router)
    for name, folder in found.folders.items():
        app.mount(f"/{name}", _Kept(directory=folder))


class _Kept(StaticFiles):
    """Files whose address changes with their content: a browser may keep them."""

    async def get_response(self, path: str, scope: object) -> Response:
        response = await super().get_response(path, scope)  # pyright: ignore[reportArgumentType]
        response.headers["Cache-Control"] = f"public, max-age={ASSETS_FOR_S}, immutable"
        return response


async def _hear(socket: WebSocket, heard: asyncio.Queue[bytes]) -> None:
    """Keep what the page sends, until it has gone."""
    # KeyError: a text message, which the page never sends.
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            await heard.put(await socket.receive_bytes())


async def _show(socket: WebSocket, places: Places, heard: asyncio.Queue[bytes]) -> None:
    """Give the page a place, and pass messages both ways until its process has gone."""
    # RuntimeError: the browser has gone while this was on its way.
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        try:
            async with places.place() as own:
                await _joined(socket, own, heard)
                await socket.close(TRY_AGAIN_LATER, "the view has ended")
        except Full:
            await socket.close(TRY_AGAIN_LATER, "all places are taken")
        except NotReady:
            await socket.close(TRY_AGAIN_LATER, "the view could not be drawn")


async def _joined(socket: WebSocket, own: Place, heard: asyncio.Queue[bytes]) -> None:
    """Pass messages both ways until the process has gone."""

    async def towards() -> None:
        while await own.wire.send(await heard.get()):
            pass

    passing = asyncio.create_task(towards())
    try:
        while (message := await own.wire.receive()) is not None:
            await socket.send_bytes(message)
    finally:
        passing.cancel()
        await asyncio.wait((passing,))
