"""Signing in and out, and what the gate refuses as problems."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from twin.access.roles import Role
from twin.service.access import pages
from twin.service.access.gate import Gate, too_many
from twin.service.access.provider import Door, Provider
from twin.service.access.rights import Forbidden, who_asks
from twin.service.access.session import cookie, let_in, noted, own
from twin.service.access.throttle import TooMany
from twin.service.access.who import COOKIE, Access, Refused, address_of, secured, session_of
from twin.service.api.problems import problem

MAY: Final = {
    Role.VIEWER: "may look and ask",
    Role.OPERATOR: "may look, ask, acknowledge alarms, save and delete scenarios",
    Role.EDITOR: "may look, ask, acknowledge alarms, save and delete scenarios, import exports",
    Role.ADMIN: "may do everything, and see the audit log",
}
LONGEST_FORM: Final = 8_192


def add_access(app: FastAPI, access: Access, provider: Provider | None = None) -> None:
    """Close the application to those who are not known, where there are users, and serve the pages for signing in."""
    app.add_middleware(Gate, access=access)
    router = APIRouter(include_in_schema=False)
    _signing_in(router, access, provider.name if provider else "")
    if provider is not None:
        Door(provider, access).add(router)
    app.include_router(router)

    @app.exception_handler(Forbidden)
    def forbidden(_: Request, error: Forbidden) -> Response:  # pyright: ignore[reportUnusedFunction]
        return problem(403, "forbidden", str(error))

    @app.exception_handler(TooMany)
    def often(_: Request, error: TooMany) -> Response:  # pyright: ignore[reportUnusedFunction]
        return too_many(error)


def _signing_in(router: APIRouter, access: Access, provider: str) -> None:
    @router.get("/login")
    async def page(request: Request, next: str = "/") -> Response:  # noqa: A002  # pyright: ignore[reportUnusedFunction]
        onward = own(next)
        if not access.required or request.scope["state"]["who"] is not None:
            return RedirectResponse(onward, 303)
        return pages.sign_in(onward, provider=provider)

    @router.post("/login")
    async def sign_in(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        if "origin" not in request.headers:
            return problem(403, "forbidden", "this form is for browsers, which send an Origin; programs send a token")
        if int(request.headers.get("content-length") or LONGEST_FORM + 1) > LONGEST_FORM:
            return problem(413, "content too large", "the form is too long")
        form = await request.form()
        name, password = (str(form.get(field) or "") for field in ("user", "password"))
        onward = own(str(form.get("next") or "/"))
        address = address_of(request.scope)
        try:
            who = await access.password(name, password, address)
        except Refused as error:
            await noted(access, name, address, str(error))
            return pages.sign_in(onward, wrong="User or password is wrong.", user=name, provider=provider, status=401)
        except TooMany as error:
            await noted(access, name, address, str(error))
            said = f"Too many wrong passwords. Try again in {error.after_s} s."
            return pages.sign_in(onward, wrong=said, user=name, provider=provider, status=429)
        return await let_in(access, who, request, onward)

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        secret = session_of(request.scope)
        if secret:
            await run_in_threadpool(access.people.end_session, secret)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(cookie(request), path="/", secure=secured(request.scope), httponly=True)
        return response

    @router.get("/account")
    async def account(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        who = who_asks(request)
        return pages.account(who, MAY[who.role])


def described(access: Access, document: dict[str, Any]) -> dict[str, Any]:
    """The description of the API, with how somebody is known where that is asked for."""
    if not access.required:
        return document
    schemes = {
        "token": {"type": "http", "scheme": "bearer", "description": "`twin tokens add`"},
        "password": {"type": "http", "scheme": "basic"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Signed in at /login"},
    }
    components = {**document.get("components", {}), "securitySchemes": schemes}
    return {**document, "components": components, "security": [{name: []} for name in schemes]}
