"""The page of commands in the documentation, written from the commands themselves.

`python -m twin.cli.reference` writes `docs/commands.md`; a test holds it in step.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from twin.cli.main import cli

_WIDTH = 110
_INTRODUCTION: Final = """# Commands

Written by `make docs` from the commands themselves. `twin COMMAND --help` prints the same.

Answers go to standard output, progress and notes to standard error. Every question takes `--json`: then standard output
holds one JSON document and nothing else. An asset is named by its `id`, or by a unique `global_id`, `serial` or `name`.

| exit status | means |
|---|---|
| 0 | answered |
| 1 | the answer is "no" (`check`; `audit independence` not ok; `audit tier` not concurrently maintainable; `doctor`) |
| 2 | bad input or usage; one line on standard error names the file, row, column, asset or option |
| 3 | the database, or the live process, cannot be reached |
| 70 | a defect of the program; `TWIN_DEBUG=1` shows where |
| 130 | interrupted; it can be run again |
| 141 | what read the output has gone before its end (such as `head`), so that it says neither yes nor no |
"""


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context, max_content_width=_WIDTH, terminal_width=_WIDTH)
        yield command, inner
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def page() -> str:
    """The page of commands as Markdown."""
    top = click.Context(cli, info_name="twin", help_option_names=["-h", "--help"])
    parts = [_INTRODUCTION]
    for command, context in _commands(cli, top):
        parts.append(f"## {context.command_path}\n\n```\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page into docs/ of the current folder."""
    Path("docs/commands.md").write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
