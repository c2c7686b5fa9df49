"""Signing in at an OpenID provider (OpenID Connect Core 1.0, code flow with PKCE), by Authlib.

What is remembered between leaving for the provider and coming back stays here in memory, under a cookie that only the
browser which left has.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from schema.errors import BadInput
from twin.access.people import NAME
from twin.access.roles import Role
from twin.service.access import pages
from twin.service.access.session import let_in, noted, own
from twin.service.access.who import Access, Who, address_of, secured

LEAVING: Final = "twin_leaving"
AWAY_S: Final = 600.0
MOST_AWAY: Final = 1_000


class NotVouched(Exception):
    """The provider vouches for nobody who may come in; its text is one line."""


@dataclass(frozen=True)
class Provider:
    """An OpenID provider. `claim` names the user; `role`: of those whom no `twin users add --oidc` names."""

    issuer: str
    client: str
    secret: str | None = field(default=None, repr=False)
    name: str = ""
    claim: str = "email"
    role: Role | None = None

    @classmethod
    def of(cls, issuer: str, client: str | None, claim: str, role: str | None) -> Provider:
        """As options and environment say it. Raises BadInput."""
        parts = urlsplit(issuer)
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
            raise BadInput(f"--oidc {issuer!r}: expected the https address of an OpenID provider")
        if not client:
            raise BadInput("--oidc needs --oidc-client, the id under which the provider knows this server")
        secret, file = os.environ.get("TWIN_OIDC_SECRET"), os.environ.get("TWIN_OIDC_SECRET_FILE")
        if file:
            try:
                secret = Path(file).read_text("utf-8").strip()
            except OSError as error:
                raise BadInput(f"TWIN_OIDC_SECRET_FILE {file}: {error.strerror}") from None
        return cls(issuer.rstrip("/"), client, secret, parts.hostname, claim, None if role is None else Role.of(role))


class Door:
    """The way to a provider and back."""

    def __init__(self, provider: Provider, access: Access) -> None:
        from authlib.integrations.starlette_client import OAuth  # noqa: PLC0415 - only where a provider is named  # pyright: ignore[reportMissingTypeStubs]

        self.provider, self.access = provider, access
        self._away: dict[str, tuple[float, dict[str, Any]]] = {}
        self._client: Any = cast(Any, OAuth)().register(
            "provider",
            client_id=provider.client,
            client_secret=provider.secret,
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
        )

    def add(self, router: APIRouter) -> None:
        """Add the routes."""

        @router.get("/login/provider")
        async def leave(request: Request, next: str = "/") -> Response:  # noqa: A002  # pyright: ignore[reportUnusedFunction]
            key = secrets.token_urlsafe(32)
            kept: dict[str, Any] = {"onward": own(next)}
            request.scope["session"] = kept
            back = f"{request.url.scheme}://{request.headers['host']}/login/provider/back"
            try:
                response: Response = await self._client.authorize_redirect(request, back)
            except _errors():
                return self._sorry("The provider cannot be reached.", kept["onward"], 503)
            self._keep(key, kept)
            response.set_cookie(
                LEAVING, key, max_age=int(AWAY_S), path="/login/provider", secure=secured(request.scope),
                httponly=True, samesite="lax",
            )  # fmt: skip
            return response

        @router.get("/login/provider/back")
        async def back(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
            address = address_of(request.scope)
            kept = self._taken(request.cookies.get(LEAVING, ""))
            onward: str = kept.get("onward", "/")
            try:
                who = await self._vouched(request, kept, address)
            except NotVouched as error:
                await noted(self.access, "", address, str(error), "provider")
                return self._sorry(f"{error}.", onward, 403)
            response = await let_in(self.access, who, request, onward, "provider")
            response.delete_cookie(LEAVING, path="/login/provider")
            return response

    async def _vouched(self, request: Request, kept: dict[str, Any], address: str) -> Who:
        """Whom the provider vouches for. Raises NotVouched."""
        request.scope["session"] = kept
        try:
            # Checks state, PKCE, nonce, signature, issuer, audience and time.
            token: dict[str, Any] = await self._client.authorize_access_token(request)
        except _errors() as error:
            raise NotVouched(f"the provider's answer was refused ({type(error).__name__})") from None
        claims: dict[str, Any] = dict(token.get("userinfo") or {})
        name = claims.get(self.provider.claim)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise NotVouched(f"the provider does not say {self.provider.claim}")
        if self.provider.claim == "email" and claims.get("email_verified") is not True:
            raise NotVouched("the provider has not verified the email address")
        people = self.access.people
        user = await run_in_threadpool(people.user, name)
        if user is None and self.provider.role is not None:
            await run_in_threadpool(people.add, name, self.provider.role, None)
            user = await run_in_threadpool(people.user, name)
        # A user with a password is somebody else, who happens to have the same name.
        if user is None or not user.provider:
            raise NotVouched(f"{name} is no user here who signs in at the provider")
        return Who(user.name, user.role, "session", address)

    def _keep(self, key: str, kept: dict[str, Any]) -> None:
        now = time.monotonic()
        for old in [name for name, (until, _) in self._away.items() if until < now]:
            del self._away[old]
        while len(self._away) >= MOST_AWAY:
            del self._away[next(iter(self._away))]
        self._away[key] = now + AWAY_S, kept

    def _taken(self, key: str) -> dict[str, Any]:
        """What was kept for who left, once."""
        until, kept = self._away.pop(key, (0.0, {}))
        return kept if until > time.monotonic() else {}

    def _sorry(self, wrong: str, onward: str, status: int) -> Response:
        return pages.sign_in(onward, wrong=wrong, provider=self.provider.name, status=status)


def _errors() -> tuple[type[Exception], ...]:
    """What a provider may do wrong: not answer, refuse, or answer what is not true."""
    import httpx2  # noqa: PLC0415
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
    from joserfc.errors import JoseError  # noqa: PLC0415

    return (AuthlibBaseError, JoseError, httpx2.HTTPError, ValueError, KeyError, TypeError, RuntimeError)
