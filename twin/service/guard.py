"""Who may speak to the server: addresses that the browser was meant to reach, pages that the server itself sent.

Another web page can make a browser send requests to a server on loopback, and by letting its own name point to
127.0.0.1 (DNS rebinding) even read the answers. Both show in the headers: the Host is then a name that is not ours,
or the Origin is another one than the Host. A Host that is an address in digits cannot be rebound.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

REFUSED = 1008
LOOPBACK_NAMES = frozenset({"localhost"})


class Guard:
    """ASGI middleware. `names` are hosts that the server may be called by, besides localhost and addresses."""

    def __init__(self, app: ASGIApp, names: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.names = LOOPBACK_NAMES | {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self.problem(headers.get("host", ""), headers.get("origin"), scope)
        if problem is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(REFUSED, problem)(scope, receive, send)
        else:
            told = {"type": "about:blank", "title": "forbidden", "status": 403, "detail": problem}
            await JSONResponse(told, 403, media_type="application/problem+json")(scope, receive, send)

    def problem(self, host: str, origin: str | None, scope: Scope) -> str | None:
        """Why a request is refused, or None."""
        name = host_name(host)
        if name is None or not (name in self.names or is_address(name)):
            return "this server is not known by the name in the Host header (see twin serve --name)"
        if origin is None:
            # Browsers send an Origin with every websocket and with every request of another page that could write.
            return "a websocket needs an Origin" if scope["type"] == "websocket" else None
        if origin == "null" or urlsplit(origin).netloc.lower() != host.lower():
            return "the page that asks was not sent by this server (Origin)"
        return None


def host_name(host: str) -> str | None:
    """The name in a Host header, without the port; None where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def is_address(name: str) -> bool:
    """Whether a name is an address in digits."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether what listens on this host is reached from this machine alone."""
    return host in LOOPBACK_NAMES or (is_address(host) and ipaddress.ip_address(host).is_loopback)
