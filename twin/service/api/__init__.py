"""The REST API under /api/v1: assets, topology, every question of the engine, scenarios, read-only Cypher."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request

from twin.service.api import assets, graph, live, people, questions
from twin.service.api import events as api_events
from twin.service.api import jobs as api_jobs
from twin.service.api.fresh import Fresh
from twin.service.api.problems import PROBLEMS, add_problems
from twin.service.api.questions import Asking
from twin.service.askers import Askers
from twin.service.events import Events
from twin.service.jobs.jobs import Jobs
from twin.service.worker import Where

PREFIX = "/api/v1"


def add_api(  # noqa: PLR0913, PLR0917 - what the parts of the API share
    app: FastAPI, fresh: Fresh, askers: Askers, jobs: Jobs, events: Events, where: Where, most_bytes: int
) -> None:
    """Serve the API, `/healthz`, and every error as application/problem+json."""
    add_problems(app)
    router = APIRouter(prefix=PREFIX, responses=PROBLEMS)
    asking = Asking(fresh, askers)
    assets.add(router, fresh)
    questions.add(router, asking)
    graph.add(router, fresh, asking)
    live.add(router, fresh)
    api_jobs.add(router, jobs, where, most_bytes)
    api_events.add(router, events)
    people.add(router)
    app.include_router(router)

    @app.get("/healthz", tags=["service"], summary="Whether the server answers; who is known is told from which graph")
    def healthz(request: Request) -> dict[str, str | int]:  # pyright: ignore[reportUnusedFunction]
        if request.scope["state"]["who"] is None:
            return {"status": "ok"}
        topology = fresh.campus.topology
        return {"status": "ok", "version": topology.version, "assets": len(topology)}
