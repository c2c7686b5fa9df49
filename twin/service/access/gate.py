"""The gate of the server: every request and every websocket must say who it comes from, where there are users.

It also notes what was written. A route that is not public needs no word of its own to be closed; a route that writes
says what it needs (`rights.needs`), and is noted by that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose, WebSocketDisconnect

from schema.errors import TwinError
from twin.service.access.rights import needed
from twin.service.access.throttle import TooMany, network
from twin.service.access.who import Access, Refused, Who, address_of
from twin.service.api.problems import problem

PUBLIC: Final = frozenset({"/healthz", "/login", "/login/provider", "/login/provider/back"})
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN: Final = {"www-authenticate": 'Bearer realm="campus twin", Basic realm="campus twin", charset="UTF-8"'}
"""For programs; a browser that sees Basic asks by a window of its own, so its pages are not told."""
LOOKED_AGAIN_EVERY_S: Final = 5.0
REFUSED: Final = 1008

log = logging.getLogger("twin.service")


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass who may."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["access"] = self.access
        try:
            who, wrong = await self._who(scope)
            self._moderate(who, scope)
        except TooMany as error:
            await self._answer(too_many(error), scope, receive, send)
            return
        except TwinError as error:
            await self._answer(problem(503, "unreachable", str(error)), scope, receive, send)
            return
        if wrong or (who is None and scope["path"] not in PUBLIC):
            await self._answer(_unknown(scope, wrong or "sign in, or send a token"), scope, receive, send)
        elif who is not None and (forged := _forged(who, scope)):
            await self._answer(problem(403, "forbidden", forged), scope, receive, send)
        else:
            state["who"] = who
            await self._pass(who, scope, receive, send)

    async def _who(self, scope: Scope) -> tuple[Who | None, str]:
        """Who it is, and what is wrong with what they say."""
        try:
            return await self.access.who(scope), ""
        except Refused as error:
            return None, str(error)

    def _moderate(self, who: Who | None, scope: Scope) -> None:
        if who is None:
            self.access.throttle.request(network(address_of(scope)))
        elif who.how != "open":
            self.access.throttle.request(who.name)

    async def _pass(self, who: Who | None, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            watched = _Watched(lambda: who is not None and self.access.still(who, scope), receive, send)
            await self.app(scope, watched.receive, watched.send)
            return
        if scope["method"] in SAFE:
            await self.app(scope, receive, _guarded(send))
            return
        status = 500

        async def noticed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # Before the answer goes out: who was told that it is done finds it in the log.
                await self._note(who, scope, status)
            await send(message)

        await self.app(scope, receive, _guarded(noticed))

    async def _note(self, who: Who | None, scope: Scope, status: int) -> None:
        need = needed(scope)
        if need is None or who is None:
            return
        on, details = scope["state"].get("noted", (scope["path"], {}))
        result = "done" if status < 400 else "refused" if status < 500 else "failed"
        try:
            await run_in_threadpool(
                self.access.audit.note, need.what,
                who=who.name, how=who.known_by, address=who.address, on=on, result=f"{result} ({status})",
                details=details,
            )  # fmt: skip
        except TwinError:
            # `Needs` has seen that it could be written; the disk has filled since.
            log.exception("not in the audit log: %s by %s on %s, %s", need.what, who.name, on, status)

    async def _answer(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose(REFUSED, "sign in first")(scope, receive, send)
        else:
            await response(scope, receive, _guarded(send))


def too_many(error: TooMany) -> Response:
    """The answer to who asks too often."""
    response = problem(429, "too many requests", str(error))
    response.headers["retry-after"] = str(error.after_s)
    return response


def _unknown(scope: Scope, detail: str) -> Response:
    """The way to the page for signing in, for a browser that opens a page; else what is wrong."""
    opens = scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].startswith("/api/")
    if opens and "text/html" in Headers(scope=scope).get("accept", ""):
        query = scope.get("query_string", b"").decode("latin-1")
        back = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(back, safe='')}", 303)
    response = problem(401, "unauthorized", detail)
    told = SIGN_IN["www-authenticate"] if scope["path"].startswith("/api/") else 'Bearer realm="campus twin"'
    response.headers["www-authenticate"] = told
    return response


def _forged(who: Who, scope: Scope) -> str:
    """Why a request that a browser may have been tricked into is refused; empty: it is none.

    The guard has refused what names another Origin. A browser names one with whatever could write.
    """
    unsafe = scope["type"] == "http" and scope["method"] not in SAFE
    if unsafe and who.how == "session" and "origin" not in Headers(scope=scope):
        return "a request by the cookie of a session needs an Origin; programs send a token"
    return ""


def _guarded(send: Send) -> Send:
    """Answers that a browser takes for what they say they are, and tells no other site about."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("referrer-policy", "same-origin")
        await send(message)

    return with_headers


class _Watched:
    """A websocket that ends soon after who opened it is no longer let in."""

    def __init__(self, still: Callable[[], bool], receive: Receive, send: Send) -> None:
        self._still, self._receive, self._send = still, receive, send
        self._looked_s, self._over, self._closed = time.monotonic(), False, False

    async def receive(self) -> Message:
        """The next message, as long as there are to be any."""
        message = await self._receive()
        if not self._ended():
            return message
        await self._close()
        return {"type": "websocket.disconnect", "code": REFUSED}

    async def send(self, message: Message) -> None:
        """Send a message, as long as there are to be any."""
        if not self._ended():
            await self._send(message)
            return
        await self._close()
        raise WebSocketDisconnect(REFUSED)

    async def _close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": REFUSED, "reason": "signed out"})

    def _ended(self) -> bool:
        if not self._over and time.monotonic() - self._looked_s > LOOKED_AGAIN_EVERY_S:
            self._looked_s = time.monotonic()
            self._over = not self._still()
        return self._over
