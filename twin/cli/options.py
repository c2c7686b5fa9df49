"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from twin.campus import Campus

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


@dataclass(frozen=True, slots=True)
class Where:
    """Which Neo4j the command works on; all None: the twin's own local one."""

    uri: str | None
    auth: tuple[str, str] | None
    database: str | None

    @contextmanager
    def campus(self) -> Generator[Campus]:
        """Open the campus, and close it."""
        import twin  # noqa: PLC0415 - `twin --help` opens nothing
        from twin.impact._jit import when_compiling  # noqa: PLC0415

        when_compiling(lambda: click.echo("compiling kernels, once; some tens of seconds …", err=True))
        with twin.open(self.uri, auth=self.auth, database=self.database) as opened:
            yield opened


@dataclass(frozen=True, slots=True)
class Ask:
    """What every question takes: where, from which base state, and in which form the answer goes out."""

    where: Where
    out: tuple[str, ...]
    live: bool
    assume_worst: bool
    as_json: bool

    @property
    def base(self) -> dict[str, Any]:
        """The base state, as keyword arguments of the questions of `Campus`."""
        return {"out": self.out, "live": self.live, "assume_worst": self.assume_worst}

    def campus(self) -> Any:
        """Open the campus, as a context manager."""
        return self.where.campus()


def connection(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a Neo4j; the command takes them as one argument `where`."""

    @functools.wraps(function)
    def wrapper(*args: Any, uri: str | None, user: str, password: str | None, database: str | None, **kw: Any) -> Any:
        source = click.get_current_context().get_parameter_source
        for name in ("password", "database"):
            if uri is None and source(name) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name} needs --uri (or TWIN_URI)")
        auth = (user, password) if uri and password else None
        return function(*args, where=Where(uri, auth, database), **kw)

    return _decorated(wrapper, _CONNECTION)


def question(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every question; the command takes them as one argument `ask`."""

    @functools.wraps(function)
    def wrapper(
        *args: Any, where: Where, out: tuple[str, ...], live: bool, assume_worst: bool, as_json: bool, **kw: Any
    ) -> Any:
        return function(*args, ask=Ask(where, out, live, assume_worst, as_json), **kw)

    return _decorated(connection(wrapper), _QUESTION)


def needs(name: str, other: str, *, given: bool) -> None:
    """Refuse an option (by the name of its argument) that says nothing without another, where that is not given."""
    context = click.get_current_context()
    if not given and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
        option = next(one for one in context.command.params if one.name == name)
        raise click.UsageError(f"{option.opts[0]} needs {other}", context)


def _decorated(function: Callable[..., Any], options: tuple[Any, ...]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function
