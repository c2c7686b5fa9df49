"""What the operators of the service see: a line in the log for each request, with an id, and figures for Prometheus.

The id is that of the request's `X-Request-ID`, where it is a harmless one, else a new one; the answer carries it, and
so does every line that is logged meanwhile. A request is counted under its route (`/api/v1/assets/{id}`), so that
the number of series does not grow with the campus, and no name that somebody made up becomes a label.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twin.campus import Campus
from twin.graph.endpoint import twin_home
from twin.live.place import Place, read_json
from twin.logs import request_id
from twin.service.places import Places

HEADER: Final = "X-Request-ID"
HARMLESS: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNKNOWN: Final = "(none)"
LIVE: Final = {
    "points_per_s": "Points that the live process receives in a second.",
    "stale": "Points past their time to live.",
    "alarms": "Open alarms that no other explains.",
}

log = logging.getLogger("twin.service.requests")


class Figures:
    """The figures of one server, in a registry of its own."""

    def __init__(self, campus: Campus, places: Places | None) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.requests = Counter(
            "twin_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "twin_request_seconds", "From request to the end of the answer.", ["method", "route"],
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.running = Gauge("twin_requests_running", "Requests being answered now.", registry=self.registry)
        self.registry.register(_Now(campus, places))  # pyright: ignore[reportArgumentType]

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self.registry)


class _Now:
    """What is asked at the moment of the scrape: the graph, the places of the 3D view, live state."""

    def __init__(self, campus: Campus, places: Places | None) -> None:
        self._campus, self._places = campus, places

    def collect(self) -> Iterator[Any]:
        topology = self._campus.topology
        graph = GaugeMetricFamily("twin_graph", "The graph that is answered from; 1.", labels=["version"])
        graph.add_metric([topology.version], 1)
        yield graph
        yield GaugeMetricFamily("twin_graph_assets", "Assets in it.", value=len(topology))
        if self._places is not None:
            yield GaugeMetricFamily("twin_view_people", "People who look at the 3D view.", value=self._places.taken)
        place = Place(self._campus.home or twin_home())
        live = read_json(place.status) if place.occupied() else {}
        yield GaugeMetricFamily("twin_live_running", "Whether a live process writes here.", value=bool(live))
        for name, text in LIVE.items():
            if name in live:
                yield GaugeMetricFamily(f"twin_live_{name}", text, value=live[name])


class Watch:
    """ASGI middleware, outermost: counts, times and logs each request."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app, self.figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        own = given if HARMLESS.fullmatch(given) else uuid4().hex
        token = request_id.set(own)
        began, status = perf_counter(), 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = own
            await send(message)

        self.figures.running.inc()
        try:
            await self.app(scope, receive, answered)
        finally:
            self.figures.running.dec()
            self._note(scope, status, perf_counter() - began)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], _route(scope)
        self.figures.requests.labels(method, route, status).inc()
        self.figures.seconds.labels(method, route).observe(seconds)
        about = {"method": method, "path": scope["path"], "status": status, "ms": round(seconds * 1000, 2)}
        log.info("request", extra={"about": about | _who(scope)})


def _route(scope: Scope) -> str:
    """The pattern that the path fitted; what fitted none is one series."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return path or UNKNOWN


def _who(scope: Scope) -> dict[str, str]:
    """The name of who asked, where people sign in (`twin.service.access.gate`)."""
    who = scope.get("state", {}).get("who")
    return {"user": who.name} if who is not None and who.how != "open" else {}


def add_watch(app: FastAPI, campus: Campus, places: Places | None) -> None:
    """Serve `/metrics`, and watch every request. Added last, so that it is outermost."""
    figures = Figures(campus, places)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(figures.text(), media_type=CONTENT_TYPE_LATEST)

    app.add_middleware(Watch, figures=figures)
