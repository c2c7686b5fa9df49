"""The errors that a person may see.

TwinError (exit status 2)
├── BadInput (also ValueError)      a file, row, column, option or message is wrong
│   ├── UnknownAsset                no asset has that id, global_id, serial or name
│   └── AmbiguousAsset              several assets have that name
├── BadModel                        the graph contradicts itself; the question refuses rather than guesses
├── Interrupted                     the user stopped long work
└── Unreachable (exit status 3)     the database or the feed cannot be reached

The text of each is the one line that the command prints.
"""

from __future__ import annotations

from collections.abc import Sequence


class TwinError(Exception):
    """What a person can do something about; its text is one line."""

    exit_status = 2


class BadInput(TwinError, ValueError):
    """A file, row, column, option or message is wrong."""


class UnknownAsset(BadInput):
    """No asset has that id, global_id, serial or name."""


class AmbiguousAsset(BadInput):
    """Several assets have that global_id, serial or name."""


class BadModel(TwinError):
    """The graph contradicts itself, so that an answer would be a guess.

    `problems` holds one line for each contradiction, with the ids.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        more = f" (and {len(self.problems) - 1} more; `twin doctor` lists all)" if len(self.problems) > 1 else ""
        super().__init__(f"the model contradicts itself: {self.problems[0]}{more}")


class Interrupted(TwinError):
    """The user stopped long work; it can be run again."""

    exit_status = 130


class Unreachable(TwinError):
    """The database or the feed cannot be reached."""

    exit_status = 3
