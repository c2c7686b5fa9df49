"""What the process for long questions does: it keeps a campus open and answers one question after the other."""

from __future__ import annotations

import logging
from typing import Final

from schema.errors import TwinError
from twin.campus import Campus
from twin.service.api.answers import ANSWERS
from twin.service.api.encode import encoded
from twin.service.api.fresh import warmed
from twin.service.api.problems import defect, refused
from twin.service.worker import Where

log = logging.getLogger("twin.service")

_open: Final[list[Campus]] = []


def begin(where: str) -> None:
    """Open the campus, once for this process; `where`: a `Where` as JSON.

    What cannot be opened now is tried again by the first question.
    """
    _wheres[:] = [Where.model_validate_json(where)]
    try:
        _ = _campus("").topology
    except TwinError as error:
        log.warning("long questions: %s", error)


_wheres: Final[list[Where]] = []


def ready() -> None:
    """Load what the first question would load."""
    if _open:
        warmed(_open[0])


def answer(name: str, question: str, version: str) -> tuple[int, bytes, str]:
    """The status and the document, as JSON, of a question, and the version of the topology that it is about.

    `version`: of the topology that whoever asks has; a process with another looks at the graph first.
    """
    asked = ANSWERS[name]
    try:
        campus = _campus(version)
        version = campus.topology.version
        return 200, encoded(asked.answer(campus, asked.model.model_validate_json(question))), version
    except TwinError as error:
        told = refused(error)
    except Exception as error:  # a defect: logged here, told there
        log.exception("internal error in a long question, %s", name)
        told = defect(error)
    return told.status, encoded(told.model_dump(exclude_none=True)), version


def _campus(version: str) -> Campus:
    if not _open:
        import twin  # noqa: PLC0415 - in the process that needs it

        where = _wheres[0]
        _open.append(twin.open(where.uri, auth=where.auth, database=where.database, home=where.home))
    campus = _open[0]
    if version and campus.topology.version != version:
        campus.refresh()
    return campus
