"""Every question of the engine: the fields of the command, the document that it prints with --json."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from twin.campus import Campus
from twin.impact.answer import Impact as ImpactAnswer
from twin.service.access.rights import HEAVY
from twin.service.api import models
from twin.service.api.fresh import Fresh
from twin.service.api.models import Document


def ask_impact(campus: Campus, question: models.Impact) -> ImpactAnswer:
    """Put an impact question."""
    return campus.impact(
        *question.ids,
        **question.base(),
        overload=question.overload,
        limit=question.limit,
        timeline=question.timeline,
        until_s=question.until_s,
    )


def document_of(answer: ImpactAnswer, parts: list[models.PARTS] | None) -> Document:
    """The document of an answer, or those parts of it that are asked for: only they are worked out."""
    if parts is None:
        return answer.to_dict()
    document: Document = {}
    for part in dict.fromkeys(parts):
        if part == "question":
            document[part] = answer.question.document(answer.topology)
        elif part == "totals":
            document[part] = answer.totals.to_dict()
        else:
            value: Any = getattr(answer, part)
            if value is not None:
                document[part] = value
    return document


def add(router: APIRouter, fresh: Fresh) -> None:
    """Add the routes."""
    _failures(router, fresh)
    _operations(router, fresh)


def _failures(router: APIRouter, fresh: Fresh) -> None:
    """What fails, and which failures it takes."""

    @router.post("/impact", tags=["questions"], summary="What fails if these fail")
    def impact(question: models.Impact) -> Document:  # pyright: ignore[reportUnusedFunction]
        return document_of(ask_impact(fresh(), question), question.parts)

    @router.post("/sweep", tags=["questions"], summary="Every single failure, worst first", dependencies=[HEAVY])
    def sweep(question: models.Ranking) -> Document:  # pyright: ignore[reportUnusedFunction]
        answer = fresh().sweep(question.labels, **question.base(), overload=question.overload, limit=question.limit)
        return _cut(answer.to_dict(), question.top)

    @router.post(
        "/pairs",
        tags=["questions"],
        summary="Pairs that lose more than their two singles, worst first",
        dependencies=[HEAVY],
    )
    def pairs(question: models.Ranking) -> Document:  # pyright: ignore[reportUnusedFunction]
        answer = fresh().pairs(question.labels, **question.base(), overload=question.overload, limit=question.limit)
        return answer.to_dict(top=question.top)

    @router.post(
        "/cutsets", tags=["questions"], summary="Minimal cut sets of an asset, or of all loads", dependencies=[HEAVY]
    )
    def cutsets(question: models.CutSets) -> Document:  # pyright: ignore[reportUnusedFunction]
        campus = fresh()
        if question.id is None:
            return campus.all_cut_sets(order=question.order, **question.base()).to_dict()
        return campus.cut_sets(question.id, order=question.order, **question.base()).to_dict()

    @router.post("/spof", tags=["questions"], summary="What takes a load down alone", dependencies=[HEAVY])
    def spof(question: models.Points) -> Document:  # pyright: ignore[reportUnusedFunction]
        return _cut(fresh().single_points(**question.base()).to_dict(), question.top)


def _operations(router: APIRouter, fresh: Fresh) -> None:
    """What those ask who operate the campus."""

    @router.post("/check", tags=["questions"], summary="May these be taken out now")
    def check(question: models.Named) -> Document:  # pyright: ignore[reportUnusedFunction]
        return fresh().check(*question.ids, **question.base()).to_dict()

    @router.post("/audit/independence", tags=["questions"], summary="Declared A/B against traced", dependencies=[HEAVY])
    def independence(question: models.Base) -> Document:  # pyright: ignore[reportUnusedFunction]
        return fresh().audit_independence(**question.base()).to_dict()

    @router.post(
        "/audit/tier", tags=["questions"], summary="Concurrently maintainable, fault tolerant", dependencies=[HEAVY]
    )
    def tier(question: models.Base) -> Document:  # pyright: ignore[reportUnusedFunction]
        return fresh().audit_tier(**question.base()).to_dict()

    @router.post(
        "/availability",
        tags=["questions"],
        summary="From mtbf_h and mttr_h, of these or of all loads",
        dependencies=[HEAVY],
    )
    def availability(question: models.Maybe) -> Document:  # pyright: ignore[reportUnusedFunction]
        return fresh().availability(*question.ids, **question.base()).to_dict()

    @router.post("/blackstart", tags=["questions"], summary="The order of restart, and what deadlocks")
    def blackstart(question: models.Restart) -> Document:  # pyright: ignore[reportUnusedFunction]
        campus = fresh()
        if question.after:
            return campus.restoration(*question.after, **question.base()).to_dict()
        return campus.black_start(**question.base()).to_dict()


def _cut(document: Document, top: int | None) -> Document:
    return document | {"rows": document["rows"][:top]}
