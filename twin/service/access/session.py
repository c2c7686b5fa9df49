"""Sessions: begun for who has proved who they are, and noted."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from twin.access.people import SESSION_S
from twin.service.access.who import COOKIE, SECURE_COOKIE, Access, Who, secured


async def let_in(access: Access, who: Who, request: Request, onward: str, how: str = "password") -> Response:
    """Begin a session of somebody, and lead on."""
    secret = await run_in_threadpool(access.people.begin_session, who.name)
    await run_in_threadpool(access.audit.note, "sign-in", who=who.name, how=how, address=who.address, result="done")
    response = RedirectResponse(onward, 303)
    response.set_cookie(
        cookie(request), secret,
        max_age=int(SESSION_S), path="/", secure=secured(request.scope), httponly=True, samesite="lax",
    )  # fmt: skip
    return response


async def noted(access: Access, name: str, address: str, why: str, how: str = "password") -> None:
    """Note that somebody was not let in. A name of nobody is not kept: it may be a password in the wrong field."""
    known = await run_in_threadpool(access.people.user, name)
    who = known.name if known else "(nobody)"
    await run_in_threadpool(access.audit.note, "sign-in", who=who, how=how, address=address, result=f"refused: {why}")


def own(onward: str) -> str:
    """A page of ours to lead on to; `/` for what would lead elsewhere."""
    ours = onward.startswith("/") and not onward.startswith(("//", "/\\")) and onward.isprintable()
    return onward if ours and "\\" not in onward else "/"


def cookie(request: Request) -> str:
    """The name of the cookie that holds a session."""
    return SECURE_COOKIE if secured(request.scope) else COOKIE
