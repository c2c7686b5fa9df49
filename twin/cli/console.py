"""Where output goes: answers to standard output, all else to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all (0: not known)."""

ITEMS_AT_ONCE = 1_000
"""Items of a list that are put into words before they are written."""


@cache
def out() -> Console:
    """The console of answers."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """The console of progress and notes."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console  # noqa: PLC0415 - a question with --json does not draw

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # Rich would end with 1, which means "no"

    return Plain(stderr=stderr, highlight=False, emoji=False)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document to standard output, and nothing else."""
    click.echo("{")
    for number, (key, value) in enumerate(document.items()):
        click.echo(f" {json.dumps(key)}: ", nl=False)
        for text in _json(value):
            click.echo(text, nl=False)
        click.echo("," if number + 1 < len(document) else "")
    click.echo("}")


def _json(value: Any) -> Iterator[str]:
    """A value on one line, a list of objects with a line for each: json's own `indent` takes ten times as long.

    Long lists come in parts: as one text, and that once more for the pipe, an answer of 80 MB would take 240. An
    iterator is a list of objects that is made as it is written.
    """
    if not (isinstance(value, Iterator) or (isinstance(value, list) and value and isinstance(value[0], dict))):
        yield json.dumps(value, ensure_ascii=False)
        return
    items = iter(cast("Iterable[Any]", value))
    begin = "["
    while lines := ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in islice(items, ITEMS_AT_ONCE)):
        yield f"{begin}\n  {lines}"
        begin = ","
    yield "\n ]" if begin == "," else "[]"


@contextmanager
def progress() -> Generator[Progress]:
    """Show progress on standard error; one bar for each different "what", and nothing where nothing takes long.

    The bars are made by the first report, so that a command that has nothing to report pays nothing for them.
    """
    with ExitStack() as stack:
        bars: list[Bars] = []
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(_bars()))
            if what not in tasks:
                tasks[what] = bars[0].add_task(what, total=total or None)
            bars[0].update(tasks[what], completed=done, total=total or None)

        yield report


def _bars() -> Bars:
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Bars(*columns, console=err(), transient=not err().is_terminal)
