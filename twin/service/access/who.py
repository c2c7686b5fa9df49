"""Who a request comes from: a session's cookie, a bearer token, HTTP basic, or nobody."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final, Literal

from starlette.datastructures import Headers
from starlette.types import Scope

from twin.access.audit import Audit
from twin.access.people import People
from twin.access.roles import Role
from twin.service.access.throttle import Throttle, TooMany

COOKIE: Final = "twin_session"
SECURE_COOKIE: Final = "__Host-twin_session"
"""Over TLS: the browser itself holds that the cookie is Secure, for this host alone, and not set by a neighbour."""
BASIC_KEPT_S: Final = 60.0
BASIC_KEPT: Final = 256
HASHING_AT_ONCE: Final = 2

How = Literal["open", "session", "token", "basic"]


@dataclass(frozen=True)
class Who:
    """Somebody, as a request knows them. `how` they are known; of a token its name."""

    name: str
    role: Role
    how: How
    address: str
    token: str = ""

    @property
    def known_by(self) -> str:
        """As the audit log has it."""
        return f"{self.how} {self.token}" if self.token else self.how


class Refused(Exception):
    """What a request brought along does not prove anybody; its text is one line."""


class Access:
    """Users, audit log and limits of a server.

    `always`: somebody must be known even where the last user was removed while the server ran.
    """

    def __init__(self, home: Path, *, always: bool = False, rate: str = "") -> None:
        self.people, self.audit, self.throttle = People(home), Audit(home), Throttle(rate)
        self._always = always
        self._key = secrets.token_bytes(32)
        self._basic: dict[bytes, float] = {}
        self._hashing = asyncio.Semaphore(HASHING_AT_ONCE)

    @property
    def required(self) -> bool:
        """Whether a request must say who it comes from."""
        # Once there were users the server stays closed, whatever becomes of them.
        self._always = self._always or self.people.any()
        return self._always

    async def who(self, scope: Scope) -> Who | None:
        """Who sends a request; None: it does not say. Raises Refused where it says so wrongly, TooMany."""
        address = address_of(scope)
        if not self.required:
            return Who("local", Role.ADMIN, "open", address)
        headers = Headers(scope=scope)
        scheme, _, proof = headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return self._by_token(proof.strip(), address)
            case "basic":
                return await self._by_basic(proof.strip(), address)
            case "":
                return self._by_session(scope, address)
            case _:
                raise Refused(f"this server knows no authorization by {scheme[:20]!r}")

    def still(self, who: Who, scope: Scope) -> bool:
        """Whether somebody who was known for a long request would be let in now."""
        if who.how == "open":
            return not self.required
        user = self.people.user(who.name)
        if user is None:
            return False
        if who.how == "session":
            return self._by_session(scope, who.address) is not None
        if who.how == "token":
            _, _, proof = Headers(scope=scope).get("authorization", "").partition(" ")
            return self.people.with_token(proof.strip()) is not None
        return True

    async def password(self, name: str, password: str, address: str) -> Who:
        """Somebody by name and password. Raises Refused, TooMany."""
        async with self._hashing:
            # Looked up in here, so that guesses which come all at once are counted one by one.
            self.throttle.before_guess(name, address)
            user = await asyncio.to_thread(self.people.with_password, name, password)
            if user is None:
                self.throttle.wrong_guess(name, address)
                raise Refused("user or password is wrong")
        return Who(user.name, user.role, "basic", address)

    def _by_token(self, text: str, address: str) -> Who:
        found = self.people.with_token(text)
        if found is None:
            raise Refused("the token is unknown, revoked or has expired")
        user, token = found
        return Who(user.name, user.role, "token", address, token.name)

    def _by_session(self, scope: Scope, address: str) -> Who | None:
        secret = session_of(scope)
        user = self.people.with_session(secret) if secret else None
        return Who(user.name, user.role, "session", address) if user else None

    async def _by_basic(self, proof: str, address: str) -> Who:
        try:
            name, colon, password = base64.b64decode(proof, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("the authorization cannot be read") from None
        if not colon:
            raise Refused("the authorization cannot be read")
        # A password's hash takes tens of milliseconds, so what fitted a moment ago is not computed again. The key is
        # this process's own, and the hash that is kept now is part of it: another password counts at once.
        kept = await asyncio.to_thread(self.people.kept_password, name)
        told = b"\0".join((name.casefold().encode(), password.encode(), (kept or "").encode()))
        mark, now = hmac.digest(self._key, told, hashlib.sha256), time.monotonic()
        user = self.people.user(name) if self._basic.get(mark, 0.0) > now else None
        if user is not None:
            return Who(user.name, user.role, "basic", address)
        who = await self.password(name, password, address)
        while len(self._basic) >= BASIC_KEPT:
            del self._basic[next(iter(self._basic))]
        self._basic[mark] = now + BASIC_KEPT_S
        return who


def address_of(scope: Scope) -> str:
    """The address that a request comes from; behind a proxy on this machine, the one that it names."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def secured(scope: Scope) -> bool:
    """Whether a request came over TLS, to here or to a proxy on this machine."""
    return scope.get("scheme") in {"https", "wss"}


def session_of(scope: Scope) -> str:
    """The secret of the session that a request's cookie names, or nothing."""
    cookies: SimpleCookie = SimpleCookie()
    for line in Headers(scope=scope).getlist("cookie"):
        try:
            cookies.load(line)
        except CookieError:
            return ""
    found = cookies.get(SECURE_COOKIE if secured(scope) else COOKIE)
    return found.value if found else ""


__all__ = ["Access", "Refused", "TooMany", "Who", "address_of", "secured", "session_of"]
