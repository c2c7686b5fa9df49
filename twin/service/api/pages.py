"""The document of an impact answer, in whole or in parts, lists by page. Only what is asked for is worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from twin.impact.answer import Impact
from twin.service.api import models
from twin.service.api.models import Document
from twin.topology.model import Ints

_ALL: Final = get_args(models.PARTS)
_BY_INDEX: Final[dict[str, Callable[[Impact], Ints]]] = {
    "lost": lambda answer: answer.lost_assets,
    "degraded": lambda answer: answer.degraded_assets,
    "at_risk": lambda answer: answer.at_risk_assets,
    "down_before": lambda answer: answer.down_before_assets,
    "relies_on": lambda answer: answer.relies_on_assets,
    "because": lambda answer: answer.lost_assets,
}
"""The lists of assets, `because` with one entry for each lost, by asset index."""
_LISTS: Final = ("overloaded", "rounds", "timeline")


@dataclass(frozen=True)
class _Window:
    """So many rows from a place on; `size` None: all."""

    size: int | None
    start: int

    def of(self, rows: Any) -> Any:
        """These rows of a list or an array."""
        return rows if self.size is None else rows[self.start : self.start + self.size]

    def told(self, total: int) -> dict[str, int | None]:
        """How many rows there are in all, and where the next page begins."""
        after = self.start + (self.size or 0)
        return {"total": total, "next": after if after < total else None}


def rows_of(answer: Impact, question: models.Impact) -> int:
    """About how many rows the document would have: what it costs."""
    parts = _ALL if question.parts is None else question.parts
    counts = (len(_BY_INDEX[part](answer)) for part in parts if part in _BY_INDEX)
    return sum(min(count, question.page or count) for count in counts)


def document_of(answer: Impact, question: models.Impact) -> Document:
    """The document of an answer: all of it, or the parts and the page that the question asks for."""
    if question.parts is None and question.page is None:
        return answer.to_dict()
    window = _Window(question.page, question.cursor)
    totals: dict[str, int] = {}
    document: Document = {}
    for part, value, total in _parts(answer, question, window):
        document[part] = value
        if total is not None:
            totals[part] = total
    if question.page is not None:
        document["pages"] = {part: window.told(total) for part, total in totals.items()}
    return document


def _parts(answer: Impact, question: models.Impact, window: _Window) -> Iterator[tuple[str, Any, int | None]]:
    """Each part that is asked for and there: name, value, and of a list how many rows it has in all."""
    ids = answer.topology.ids
    for part in _ALL if question.parts is None else dict.fromkeys(question.parts):
        if part == "question":
            yield part, answer.question.document(answer.topology), None
        elif part == "totals":
            yield part, answer.totals.to_dict(), None
        elif part in _BY_INDEX:
            assets = _BY_INDEX[part](answer)
            shown = window.of(ids.sorted(assets))
            yield part, answer.reasons(shown) if part == "because" else ids.many(shown), len(assets)
        elif part in _LISTS:
            rows: list[Any] | None = getattr(answer, part)
            if rows is not None:
                yield part, window.of(rows), len(rows)
        else:
            yield part, getattr(answer, part), None
