"""What commands change is noted in the audit log, under the name that the system knows the person by."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def audited(what: str, on: str = "", **details: Any) -> Generator[dict[str, Any]]:
    """Note what a command does within, with its result; add to what is yielded what becomes known meanwhile."""
    from twin.access.audit import Audit, command_user  # noqa: PLC0415 - not for commands that only ask
    from twin.graph.endpoint import twin_home  # noqa: PLC0415

    told = {name: value for name, value in details.items() if value not in (None, False)}
    with Audit(twin_home()).doing(what, who=command_user(), how="command", on=on, details=told) as known:
        yield known
