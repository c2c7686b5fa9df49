"""The command `twin`: finds the family of a command, runs it, and turns every failure into one line.

A family is imported when one of its commands is called, because some need libraries that take a second to load.
"""

from __future__ import annotations

import errno
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
from twin.cli import interrupts
from twin.words import clipped, is_text

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


class _Full(Exception):
    """What standard output goes to, such as a file, takes no more; its text says why."""


_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def _printing(error: OSError) -> bool:
    """Whether it was raised by what prints: what writes files is called by nobody of these."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and str(at.tb_frame.f_globals.get("__name__")).partition(".")[0] in ("click", "rich")


@contextmanager
def _reader() -> Generator[None]:
    """Around what prints: click would end with 1, which means "no", where the reader of its output has gone."""
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderGone from error
    except OSError as error:
        if error.errno not in _UNWRITABLE or not _printing(error):
            raise
        raise _Full(error.strerror) from error


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
    except _Full as error:
        _drop_output()
        return _fail(f"standard output: {error}", 2)
    except _ReaderGone:
        _drop_output()
        return READER_GONE
    except Exception as error:
        if os.environ.get("TWIN_DEBUG"):
            raise
        return _fail(*_unexpected(error, arguments or sys.argv[1:]))
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception, arguments: list[str]) -> tuple[str, int]:
    """What is said of an error that is none of ours, and the exit status."""
    wrong = next((one for one in arguments if not is_text(one)), None)
    if isinstance(error, UnicodeEncodeError) and wrong is not None:
        return f"{clipped(wrong)} is no text in UTF-8", 2
    told = f"internal error: {type(error).__name__}: {_one_line(str(error))} (TWIN_DEBUG=1 shows where)"
    return told, INTERNAL_ERROR


def _drop_output() -> None:
    """Python would complain once more when it flushes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx is not None else "twin"
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # whose message would be the whole help
        return f"no command is named (see {command} --help)"
    return f"{error.format_message().rstrip('.')} (see {command} --help)"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fail(message: str, status: int) -> int:
    click.echo(f"twin: {_one_line(message)}", err=True)
    return status


def main() -> None:
    """Entry point of the command."""
    interrupts.set_up()
    sys.exit(run())


if __name__ == "__main__":
    main()
