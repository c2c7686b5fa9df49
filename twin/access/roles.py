"""The roles, each of which may do what those before it may."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from schema.errors import BadInput


class Role(IntEnum):
    """What somebody may do; a higher one may do all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    EDITOR = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The role as people write it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role:
        """The role of this name. Raises BadInput."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise BadInput(f"there is no role {word!r}: {', '.join(WORDS)}") from None


WORDS: Final = tuple(role.word for role in Role)
