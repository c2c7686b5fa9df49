"""The 3D view's part of the front server: the page, its files, and the connection to a person's own process."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

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

log = logging.getLogger("twin.service")


def add_view(app: FastAPI, places: Places) -> None:
    """Serve the page at `/`, its files, and `/ws`."""
    found = files()
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page() -> Response:  # pyright: ignore[reportUnusedFunction]
        places.prepare()
        return HTMLResponse(found.index, headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"})

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
        try:
            async with places.place() as own:
                await _joined(socket, own)
        except Full:
            await socket.close(TRY_AGAIN_LATER, "all places are taken")
        except NotReady:
            await socket.close(TRY_AGAIN_LATER, "the view could not be drawn")

    app.include_router(router)
    for name, folder in found.folders.items():
        app.mount(f"/{name}", _Kept(directory=folder))


class _Kept(StaticFiles):
    """Files whose address changes with their content: a browser may keep them."""

    async def get_response(self, path: str, scope: object) -> Response:
        response = await super().get_response(path, scope)  # pyright: ignore[reportArgumentType]
        response.headers["Cache-Control"] = f"public, max-age={ASSETS_FOR_S}, immutable"
        return response


async def _joined(socket: WebSocket, own: Place) -> None:
    """Pass messages both ways until either side has gone."""

    async def towards() -> None:
        # KeyError: a text message, which the page never sends.
        with contextlib.suppress(WebSocketDisconnect, KeyError):
            while await own.wire.send(await socket.receive_bytes()):
                pass

    async def back() -> None:
        # RuntimeError: the browser has gone while this was on its way.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while (message := await own.wire.receive()) is not None:
                await socket.send_bytes(message)
            await socket.close(TRY_AGAIN_LATER, "the view has ended")

    tasks = [asyncio.create_task(towards()), asyncio.create_task(back())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
