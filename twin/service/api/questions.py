"""The questions: single impacts are answered on the event loop, what may take long by a process of its own."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from twin.campus import Campus
from twin.impact.answer import Impact
from twin.service.access.rights import HEAVY
from twin.service.api import models
from twin.service.api.answers import ask_impact
from twin.service.api.encode import encoded, reply
from twin.service.api.fresh import Fresh
from twin.service.api.models import Document
from twin.service.api.pages import document_of, rows_of
from twin.service.askers import Askers

NAMED_MOST: Final = 50
"""Assets that a question on the event loop names."""
ROWS_MOST: Final = 3_000
"""Rows that a document made on the event loop has: milliseconds."""
KEPT: Final = 16


class Asking:
    """Puts questions where they keep nobody else waiting, and keeps the last answers, of which pages are asked for."""

    def __init__(self, fresh: Fresh, askers: Askers) -> None:
        self.fresh, self.askers = fresh, askers
        self._kept: OrderedDict[str, Impact] = OrderedDict()
        self._of: Campus | None = None

    async def impact(self, question: models.Impact, request: Request) -> Response:
        """The answer to an impact question."""
        campus = await self._campus(request)
        if _is_short(question):
            known = campus.topology.ids.index
            if any(known(text) is None for text in (*question.ids, *question.out)):
                # By another name than its id, or unknown: then what is near is looked for, which takes a while.
                for text in (*question.ids, *question.out):
                    await run_in_threadpool(campus.find, text)
            answer = self._answer(campus, question)
            if rows_of(answer, question) <= ROWS_MOST:
                return reply(encoded(document_of(answer, question)), campus.topology.version)
        return await self.askers.ask("impact", question, campus.topology.version, request)

    async def long(self, name: str, question: BaseModel, request: Request) -> Response:
        """The answer to any other question."""
        campus = await self._campus(request)
        return await self.askers.ask(name, question, campus.topology.version, request)

    async def _campus(self, request: Request) -> Campus:
        return await self.fresh.now(certain="no-cache" in request.headers.get("cache-control", ""))

    def _answer(self, campus: Campus, question: models.Impact) -> Impact:
        """The answer, from those that are kept where the same was asked before of the same graph."""
        if campus is not self._of:
            self._of = campus
            self._kept.clear()
        key = question.model_dump_json(exclude={"parts", "page", "cursor"})
        answer = self._kept.pop(key, None)
        if answer is None:
            answer = ask_impact(campus, question)
        self._kept[key] = answer
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return answer


def _is_short(question: models.Impact) -> bool:
    """Whether a question is answered in milliseconds: no load is followed, no clock, no live state read."""
    named = len(question.ids) + len(question.out)
    return not (question.overload == "trip" or question.timeline or question.live or named > NAMED_MOST)


def add(router: APIRouter, asking: Asking) -> None:
    """Add the routes."""
    _failures(router, asking)
    _operations(router, asking)


def _failures(router: APIRouter, asking: Asking) -> None:
    """What fails, and which failures it takes."""

    @router.post("/impact", tags=["questions"], summary="What fails if these fail", response_model=Document)
    async def impact(question: models.Impact, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.impact(question, request)

    @router.post(
        "/sweep",
        tags=["questions"],
        summary="Every single failure, worst first",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def sweep(question: models.Ranking, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("sweep", question, request)

    @router.post(
        "/pairs",
        tags=["questions"],
        summary="Pairs that lose more than their two singles, worst first",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def pairs(question: models.Ranking, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("pairs", question, request)

    @router.post(
        "/cutsets",
        tags=["questions"],
        summary="Minimal cut sets of an asset, or of all loads",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def cutsets(question: models.CutSets, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("cutsets", question, request)

    @router.post(
        "/spof",
        tags=["questions"],
        summary="What takes a load down alone",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def spof(question: models.Points, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("spof", question, request)


def _operations(router: APIRouter, asking: Asking) -> None:
    """What those ask who operate the campus."""

    @router.post("/check", tags=["questions"], summary="May these be taken out now", response_model=Document)
    async def check(question: models.Named, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("check", question, request)

    @router.post(
        "/audit/independence",
        tags=["questions"],
        summary="Declared A/B against traced",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def independence(question: models.Base, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("audit/independence", question, request)

    @router.post(
        "/audit/tier",
        tags=["questions"],
        summary="Concurrently maintainable, fault tolerant",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def tier(question: models.Base, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("audit/tier", question, request)

    @router.post(
        "/availability",
        tags=["questions"],
        summary="From mtbf_h and mttr_h, of these or of all loads",
        response_model=Document,
        dependencies=[HEAVY],
    )
    async def availability(question: models.Maybe, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("availability", question, request)

    @router.post(
        "/blackstart",
        tags=["questions"],
        summary="The order of restart, and what deadlocks",
        response_model=Document,
    )
    async def blackstart(question: models.Restart, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await asking.long("blackstart", question, request)
