"""What a route asks of who calls it: a role, and, where it takes long, moderation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from twin.access.roles import Role
from twin.service.access.who import Access, Who


class Forbidden(Exception):
    """Somebody who is known asks for what their role may not."""


@dataclass(frozen=True)
class Needs:
    """The dependency of a route that somebody must be `role`, or more, to call.

    What is called so writes, and is noted in the audit log as `what`.
    """

    role: Role
    what: str

    async def __call__(self, request: Request) -> None:
        """Raise Forbidden where the role does not suffice, Unreachable where nothing could be noted."""
        who = who_asks(request)
        if who.role < self.role:
            raise Forbidden(f"{who.name} is {who.role.word}; this takes {self.role.word}")
        await run_in_threadpool(_access(request).audit.require)


def needs(role: Role, what: str) -> Any:
    """Ask a role of who calls a route, and note each call as `what`."""
    return Depends(Needs(role, what))


def needed(scope: Scope) -> Needs | None:
    """What the route that a request went to asks for."""
    for one in getattr(scope.get("route"), "dependencies", ()):
        if isinstance(one.dependency, Needs):
            return one.dependency
    return None


def who_asks(request: Request) -> Who:
    """Who sends a request."""
    who: Who = request.scope["state"]["who"]
    return who


def note(request: Request, on: str = "", **details: Any) -> None:
    """Say what a request is about, for the audit log."""
    request.scope["state"]["noted"] = (on, details)


def _access(request: Request) -> Access:
    found: Access = request.scope["state"]["access"]
    return found


async def _moderate(request: Request) -> None:
    who = who_asks(request)
    if who.how != "open":
        _access(request).throttle.heavy(who.name)


HEAVY: Final[Any] = Depends(_moderate)
"""The route may take seconds: each user may call such so often."""
