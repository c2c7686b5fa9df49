"""What goes to the graph itself: saved scenarios, and Cypher that reads."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from schema.errors import BadInput
from twin import scenarios
from twin.access.roles import Role
from twin.campus import Campus
from twin.graph.endpoint import twin_home
from twin.graph.guarded import ask_guarded
from twin.service.access.rights import HEAVY, needs, note
from twin.service.api import models
from twin.service.api.encode import encoded, reply
from twin.service.api.fresh import Fresh
from twin.service.api.models import Document
from twin.service.api.problems import NotThere
from twin.service.api.questions import Asking

SPOKEN = r"\S"
ScenarioName = Annotated[str, Path(min_length=1, max_length=200, pattern=SPOKEN, description="Name of the scenario")]
Other = Annotated[str, Query(min_length=1, max_length=200, pattern=SPOKEN)]


def add(router: APIRouter, fresh: Fresh, asking: Asking) -> None:
    """Add the routes."""

    @router.get("/scenarios", tags=["scenarios"], summary="The saved scenarios")
    def listed() -> Document:  # pyright: ignore[reportUnusedFunction]
        return {"rows": scenarios.listed(fresh().store)}

    @router.get("/compare", tags=["scenarios"], summary="What one scenario loses that another does not")
    def compare(first: Other, second: Other) -> Document:  # pyright: ignore[reportUnusedFunction]
        store = fresh().store
        try:
            return scenarios.compare(store, first, second)
        except BadInput as error:
            raise NotThere(str(error)) from None

    @router.get("/scenarios/{name:path}", tags=["scenarios"], summary="One scenario")
    def show(name: ScenarioName) -> Document:  # pyright: ignore[reportUnusedFunction]
        return _shown(fresh(), name)

    @router.put(
        "/scenarios/{name:path}",
        tags=["scenarios"],
        summary="Ask, and keep question and answer",
        response_model=Document,
        dependencies=[needs(Role.OPERATOR, "scenario.save")],
    )
    async def save(name: ScenarioName, question: models.Impact, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        note(request, name, **question.model_dump(exclude_defaults=True))
        whole = question.model_copy(update={"parts": None, "page": None})
        answer = await asking.long("impact", whole, request)
        if answer.status_code != HTTPStatus.OK:
            return answer
        campus = await fresh.now()
        document = msgspec.json.decode(bytes(answer.body))
        await run_in_threadpool(scenarios.save, campus.store, twin_home(campus.home), name, document)
        shown = await run_in_threadpool(_shown, campus, name)
        return reply(encoded(shown), answer.headers["twin-version"])

    @router.delete(
        "/scenarios/{name:path}",
        tags=["scenarios"],
        summary="Delete one scenario",
        status_code=204,
        dependencies=[needs(Role.OPERATOR, "scenario.delete")],
    )
    def delete(name: ScenarioName, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        note(request, name)
        campus = fresh()
        _shown(campus, name)
        scenarios.delete(campus.store, twin_home(campus.home), name)
        return Response(status_code=204)

    @router.post(
        "/cypher",
        tags=["graph"],
        summary="Rows of a query that reads; one that writes is refused",
        dependencies=[HEAVY],
    )
    def cypher(query: models.Cypher) -> models.Rows:  # pyright: ignore[reportUnusedFunction]
        rows, complete = ask_guarded(
            fresh().store, query.query, query.parameters, timeout_s=query.timeout_s, most_rows=query.limit
        )
        return models.Rows(rows=rows, complete=complete)


def _shown(campus: Campus, name: str) -> Document:
    try:
        return scenarios.show(campus.store, name)
    except BadInput as error:
        raise NotThere(str(error)) from None
