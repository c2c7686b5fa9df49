"""The command `twin`: finds the family of a command, runs it, and turns every failure into one line.

A family is imported when one of its commands is called, because some need libraries that take a second to load.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import click

from schema.errors import TwinError
from twin import logs

FAMILIES: Final = {
    "demo": "twin.cli.demo",
    "up": "twin.cli.database",
    "down": "twin.cli.database",
    "status": "twin.cli.database",
    "doctor": "twin.cli.doctor",
    "migrate": "twin.cli.migrate",
    "backup": "twin.cli.backup",
    "restore": "twin.cli.backup",
    "cypher": "twin.cli.database",
    "campus": "twin.cli.campus",
    "ingest": "twin.cli.ingest",
    "export": "twin.cli.export",
    "impact": "twin.cli.impact",
    "sweep": "twin.cli.rankings",
    "pairs": "twin.cli.rankings",
    "cutsets": "twin.cli.reliability",
    "spof": "twin.cli.reliability",
    "availability": "twin.cli.reliability",
    "check": "twin.cli.operations",
    "audit": "twin.cli.operations",
    "blackstart": "twin.cli.operations",
    "queries": "twin.cli.queries",
    "scenarios": "twin.cli.scenarios",
    "history": "twin.cli.history",
    "energy": "twin.cli.energy",
    "view": "twin.cli.view",
    "live": "twin.cli.live",
    "serve": "twin.cli.serve",
    "users": "twin.cli.access",
    "tokens": "twin.cli.access",
}
"""Command → module that declares it in its list COMMANDS. The order is that of `twin --help`."""

INTERRUPTED: Final = 130
INTERNAL_ERROR: Final = 70  # EX_SOFTWARE of sysexits.h
READER_GONE: Final = 128 + signal.SIGPIPE


class _ReaderGone(Exception):
    """What reads standard output (head, less) has ended."""


@contextmanager
def _reader() -> Generator[None]:
    """Around what prints: click would end with 1, which means "no", where the reader of its output has gone."""
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderGone from error


class Families(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which people meet them."""
        return list(FAMILIES)

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Read the arguments, which prints the help where it is asked for."""
        with _reader():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _reader():
            return super().invoke(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the family of a command."""
        module = FAMILIES.get(cmd_name)
        if module is None:
            return None
        commands: list[click.Command] = importlib.import_module(module).COMMANDS
        return next(command for command in commands if command.name == cmd_name)


@click.group(cls=Families, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="campus-twin", prog_name="twin")
def cli() -> None:
    """What fails if this fails? A failure-impact twin of a data-centre campus.

    Every question takes --json. Exit status: 0 answered, 1 the answer is "no", 2 bad input, 3 the database or feed
    cannot be reached.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status. Failures become one line on standard error."""
    try:
        logs.set_up()
        result = cli.main(args=arguments, prog_name="twin", standalone_mode=False)
    except click.UsageError as error:
        return _fail(_usage(error), 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 2)
    except TwinError as error:
        return _fail(str(error), error.exit_status)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; it can be run again", INTERRUPTED)
    except _ReaderGone:
        # Python would complain once more when it flushes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except Exception as error:
        if os.environ.get("TWIN_DEBUG"):
            raise
        return _fail(
            f"internal error: {type(error).__name__}: {_one_line(str(error))} (TWIN_DEBUG=1 shows where)",
            INTERNAL_ERROR,
        )
    return result if isinstance(result, int) else 0


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx is not None else "twin"
    return f"{error.format_message().rstrip('.')} (see {command} --help)"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fail(message: str, status: int) -> int:
    click.echo(f"twin: {_one_line(message)}", err=True)
    return status


def main() -> None:
    """Entry point of the command."""
    sys.exit(run())


if __name__ == "__main__":
    main()
