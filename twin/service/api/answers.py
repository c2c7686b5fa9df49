"""Every question of the engine: the fields of the command, the document that it prints with --json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from twin.campus import Campus
from twin.impact.answer import Impact
from twin.service.api import models
from twin.service.api.models import Document
from twin.service.api.pages import document_of


@dataclass(frozen=True)
class Answer:
    """How a question is answered: what its request holds, and from that the document."""

    model: type[BaseModel]
    answer: Callable[[Campus, Any], Document]


def ask_impact(campus: Campus, question: models.Impact) -> Impact:
    """Put an impact question."""
    return campus.impact(
        *question.ids,
        **question.base(),
        overload=question.overload,
        limit=question.limit,
        timeline=question.timeline,
        until_s=question.until_s,
    )


def _impact(campus: Campus, question: models.Impact) -> Document:
    return document_of(ask_impact(campus, question), question)


def _sweep(campus: Campus, question: models.Ranking) -> Document:
    answer = campus.sweep(question.labels, **question.base(), overload=question.overload, limit=question.limit)
    return _cut(answer.to_dict(), question.top)


def _pairs(campus: Campus, question: models.Ranking) -> Document:
    answer = campus.pairs(question.labels, **question.base(), overload=question.overload, limit=question.limit)
    return answer.to_dict(top=question.top)


def _cutsets(campus: Campus, question: models.CutSets) -> Document:
    if question.id is None:
        return campus.all_cut_sets(order=question.order, **question.base()).to_dict()
    return campus.cut_sets(question.id, order=question.order, **question.base()).to_dict()


def _spof(campus: Campus, question: models.Points) -> Document:
    return _cut(campus.single_points(**question.base()).to_dict(), question.top)


def _check(campus: Campus, question: models.Named) -> Document:
    return campus.check(*question.ids, **question.base()).to_dict()


def _independence(campus: Campus, question: models.Base) -> Document:
    return campus.audit_independence(**question.base()).to_dict()


def _tier(campus: Campus, question: models.Base) -> Document:
    return campus.audit_tier(**question.base()).to_dict()


def _availability(campus: Campus, question: models.Maybe) -> Document:
    return campus.availability(*question.ids, **question.base()).to_dict()


def _blackstart(campus: Campus, question: models.Restart) -> Document:
    if question.after:
        return campus.restoration(*question.after, **question.base()).to_dict()
    return campus.black_start(**question.base()).to_dict()


def _cut(document: Document, top: int | None) -> Document:
    return document | {"rows": document["rows"][:top]}


ANSWERS: Final = {
    "impact": Answer(models.Impact, _impact),
    "sweep": Answer(models.Ranking, _sweep),
    "pairs": Answer(models.Ranking, _pairs),
    "cutsets": Answer(models.CutSets, _cutsets),
    "spof": Answer(models.Points, _spof),
    "check": Answer(models.Named, _check),
    "audit/independence": Answer(models.Base, _independence),
    "audit/tier": Answer(models.Base, _tier),
    "availability": Answer(models.Maybe, _availability),
    "blackstart": Answer(models.Restart, _blackstart),
}
"""By the end of the address."""
