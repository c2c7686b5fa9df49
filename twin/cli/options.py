"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from twin.campus import Campus

Command = TypeVar("Command", bound=Callable[..., Any])

_CONNECTION = (
    click.option("--uri", envvar="TWIN_URI", help="Neo4j to use; without it the twin runs its own local one."),
    click.option("--user", envvar="TWIN_USER", default="neo4j", show_default=True, help="User of that Neo4j."),
    click.option("--password", envvar="TWIN_PASSWORD", help="Its password (better in TWIN_PASSWORD)."),
    click.option("--database", envvar="TWIN_DATABASE", help="Its database, where it is not the default one."),
)

_QUESTION = (
    click.option("--out", "-o", "out", multiple=True, metavar="ID", help="Out already, for maintenance. Repeatable."),
    click.option("--live", is_flag=True, help="Start from live state."),
    click.option("--assume-worst", is_flag=True, help="Where needs contradict, take all suppliers to be needed."),
    click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output."),
)


def _decorate(function: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        function = option(function)
    return function


def connection(function: Command) -> Command:
    """Add the options that name a Neo4j; the command takes them as one argument `where`."""

    @functools.wraps(function)
    def wrapper(*args: Any, uri: str | None, user: str, password: str | None, database: str | None, **kw: Any) -> Any:
        where = {"uri": uri, "auth": (user, password) if uri and password else None, "database": database}
        return function(*args, where=where, **kw)

    return _decorate(wrapper, _CONNECTION)  # pyright: ignore[reportArgumentType, reportReturnType]


def question(function: Command) -> Command:
    """Add the options of every question: out, live, assume_worst, as_json, and those of the connection."""
    return _decorate(connection(function), _QUESTION)


@contextmanager
def campus(where: dict[str, Any]) -> Generator[Campus]:
    """Open the campus that the options name, and close it."""
    import twin  # noqa: PLC0415 - roof over the room

    with twin.open(where["uri"], auth=where["auth"], database=where["database"]) as opened:
        yield opened
