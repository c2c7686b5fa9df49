"""Errors as application/problem+json (RFC 9457): one line that a person can act on, and a status."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from schema.errors import AmbiguousAsset, BadInput, BadModel, TwinError, UnknownAsset, Unreachable

MEDIA_TYPE: Final = "application/problem+json"
STATUS: Final[tuple[tuple[type[TwinError], int, str], ...]] = (
    (UnknownAsset, 404, "unknown asset"),
    (AmbiguousAsset, 409, "ambiguous asset"),
    (BadModel, 409, "the model contradicts itself"),
    (Unreachable, 503, "unreachable"),
    (BadInput, 422, "bad input"),
)
"""Exception, status and title; the first that fits."""

log = logging.getLogger("twin.service")


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None


def _described(text: str) -> dict[str, Any]:
    return {"description": text, "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: _described("The request cannot be read."),
    401: _described("Nobody is signed in, or the token or password is wrong."),
    403: _described("The role does not suffice; or the Host or the Origin is not of this server."),
    404: _described("No asset, scenario or page of that name."),
    409: _described("Several assets have that name; the model contradicts itself; a job of this kind runs."),
    413: _described("What is sent is too large."),
    415: _described("What is sent is of another kind."),
    422: _described("A value is wrong; `detail` says which."),
    429: _described("Too often; the header Retry-After says when to try again, in seconds."),
    503: _described(
        "The database, or the live process that `live` asks for, cannot be reached; or too many long questions wait: "
        "the header Retry-After says when to try again, in seconds."
    ),
    504: _described("A long question took too long."),
}


class Busy(BadInput):
    """Another job of this kind is running."""


class NotThere(BadInput):
    """Nothing of that name is kept."""


def refused(error: TwinError) -> Problem:
    """What an error of the program tells: its line, and the status that fits."""
    if isinstance(error, NotThere):
        return Problem(title="not there", status=404, detail=str(error))
    if isinstance(error, Busy):
        return Problem(title="busy", status=409, detail=str(error))
    found = ((status, title) for kind, status, title in STATUS if isinstance(error, kind))
    status, title = next(found, (422, "refused"))
    return Problem(title=title, status=status, detail=str(error))


def defect(error: Exception) -> Problem:
    """What a defect of ours tells: not more than its kind."""
    detail = f"{type(error).__name__}; the server's log shows where"
    return Problem(title="internal error", status=500, detail=detail)


def told(one: Problem) -> JSONResponse:
    """The answer that tells of a problem."""
    return JSONResponse(one.model_dump(exclude_none=True), one.status, media_type=MEDIA_TYPE)


def problem(status: int, title: str, detail: str, errors: list[dict[str, Any]] | None = None) -> JSONResponse:
    """The answer that tells of a problem."""
    return told(Problem(title=title, status=status, detail=detail, errors=errors))


def add_problems(app: FastAPI) -> None:
    """Let the application answer every error so; what is a defect of ours is logged, not shown."""

    @app.exception_handler(TwinError)
    async def ours(_: Request, error: TwinError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return told(refused(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        errors = [{"at": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()]
        first = errors[0] if errors else {"at": "", "problem": "it cannot be read"}
        return problem(422, "bad input", f"{first['at']}: {first['problem']}", errors)

    @app.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        answer = problem(error.status_code, HTTPStatus(error.status_code).phrase.lower(), str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        log.error("internal error at %s %s", request.method, request.url.path, exc_info=error)
        return told(defect(error))
