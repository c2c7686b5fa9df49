"""The front server: what is served where, and how it starts and stops."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from schema.errors import BadInput
from twin.campus import Campus
from twin.graph.endpoint import twin_home
from twin.service.access.provider import Provider
from twin.service.access.routes import add_access, described
from twin.service.access.who import Access
from twin.service.api import add_api
from twin.service.api.fresh import Fresh, warmed
from twin.service.askers import Askers
from twin.service.events import Events, Watcher, watch
from twin.service.guard import Guard, is_loopback
from twin.service.jobs.jobs import Jobs, note_job
from twin.service.places import Places
from twin.service.watch import add_watch
from twin.service.worker import Where

STOPS_WITHIN_S = 20
"""A request that runs when the server is told to stop has so long; who looks at the 3D view is told at once."""


@dataclass(frozen=True)
class Settings:
    """How the server is run. `no_view`: why there is no 3D view, if there is none."""

    where: Where
    people: int = 4
    names: frozenset[str] = frozenset()
    no_view: str | None = None
    signed_in: bool = False
    """People must sign in, even where no users are left."""
    rate: str = ""
    """How often one of them may ask, such as 400/second."""
    long: int = 1
    """Processes that answer what may take long."""
    provider: Provider | None = None
    """Where people may sign in, too."""
    most_bytes: int = 2_000_000_000
    """Of an upload."""


@dataclass(frozen=True)
class Tls:
    """Certificate (with its chain) and key, PEM."""

    cert: Path
    key: Path

    def check(self) -> None:
        """Raise BadInput where they cannot be used together."""
        for file in (self.cert, self.key):
            if not file.is_file():
                raise BadInput(f"{file}: there is no such file")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.cert, self.key, _no_password)
        except (ssl.SSLError, OSError) as error:
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise BadInput(f"--tls-cert {self.cert} with --tls-key {self.key}: {why}") from None


def _no_password() -> str:
    raise BadInput("the key of --tls-key is encrypted; give one that is not, readable by its owner alone")


def create(campus: Campus, settings: Settings) -> FastAPI:
    """The application over an open campus."""
    home = twin_home(campus.home)
    fresh = Fresh(campus, settings.where)
    askers = Askers(settings.where, settings.long)
    access = Access(home, always=settings.signed_in, rate=settings.rate)
    events = Events()
    jobs = Jobs(home, lambda job: events.happened("job", job.to_dict()), lambda job: note_job(access.audit, job))
    places = Places(settings.where, settings.people, lambda: fresh().topology.version)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        jobs.clear()
        watching = asyncio.create_task(watch(events, Watcher(home, fresh)))
        if settings.no_view is None:
            places.prepare()
        askers.prepare()
        await asyncio.to_thread(warmed, campus)
        yield
        watching.cancel()
        await jobs.close()
        fresh.close()
        await places.close()
        access.people.close()
        await asyncio.to_thread(askers.close)

    app = _Described(
        title="campus twin", version=version("campus-twin"), lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.access = access
    add_access(app, access, settings.provider)
    app.add_middleware(Guard, names=settings.names)
    # A job has another current folder, which must not become its home.
    add_api(app, fresh, askers, jobs, events, settings.where.model_copy(update={"home": home}), settings.most_bytes)
    if settings.no_view is None:
        from twin.service.view import add_view  # noqa: PLC0415 - needs trame

        add_view(app, places)
    else:

        @app.get("/", include_in_schema=False)
        async def without() -> PlainTextResponse:  # pyright: ignore[reportUnusedFunction]
            return PlainTextResponse(f"there is no 3D view here: {settings.no_view}\n", 503)

    add_watch(app, campus, places if settings.no_view is None else None)
    return app


class _Described(FastAPI):
    """Its description tells how somebody is known, where there are users."""

    access: Access

    def openapi(self) -> dict[str, Any]:
        return described(self.access, super().openapi())


def bind(host: str, port: int, *, users: bool = False, tls: bool = False, insecure: bool = False) -> socket.socket:
    """A listening socket.

    Raises BadInput beyond loopback without `users` or without `tls`, unless `insecure`, and where the port cannot be
    had.
    """
    if not is_loopback(host) and not insecure and not (users and tls):
        wants = [
            *([] if users else ["nobody would have to sign in (twin users add NAME --role admin)"]),
            *([] if tls else ["passwords would go over the network in clear (--tls-cert, --tls-key)"]),
        ]
        raise BadInput(f"--host {host}: {' and '.join(wants)}; stay on 127.0.0.1, or say --insecure")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise BadInput(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return listening


def run(app: FastAPI, listening: socket.socket, started: Callable[[str], None], tls: Tls | None = None) -> None:
    """Serve until a signal ends it. `started` is told the address once the server answers."""
    config = uvicorn.Config(
        app,
        log_config=None,  # twin.logs has set it up
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOPS_WITHIN_S,
        ws="websockets-sansio",
        ws_max_size=4 * 1024 * 1024,
        ws_per_message_deflate=False,
        ssl_certfile=str(tls.cert) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
    )
    server = _Server(config, lambda: started(address_of(listening, tls=tls is not None)))
    # uvicorn sends the signal that ended it once more, to whom it was for before: that is nobody, we end in good order.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, _told_once_more)
    server.run(sockets=[listening])


def _told_once_more(_number: int, _frame: object) -> None:
    """A signal that has been obeyed already."""


def address_of(listening: socket.socket, *, tls: bool = False) -> str:
    """The address for a browser."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{'https' if tls else 'http'}://{shown}:{port}/"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._told()
