"""Passwords and tokens: what is kept of them, and how they are checked.

A password is kept as Argon2id (RFC 9106, second recommended option, as argon2-cffi has it by default). A token or the
secret of a session has 256 random bits, which nobody guesses however fast the hash is: SHA-256 keeps it, and a
request costs microseconds ([decision 13](../../docs/decisions/0013-users-tokens-sessions.md)).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from schema.errors import BadInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1_024
"""Characters of a password. Long rather than odd: NIST SP 800-63B, 3.1.1.2."""
TOKEN: Final = re.compile(r"twin_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - not for every command

    return PasswordHasher()


@cache
def _nobodys() -> str:
    """The hash that is checked for a user who does not exist, so that the answer takes as long."""
    return _hasher().hash(secrets.token_hex(16))


def hashed(password: str, user: str = "") -> str:
    """What is kept of a password. Raises BadInput for one that is too short, too long, or the user's name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST:,} characters")
    if password.casefold() == user.casefold():
        raise BadInput("the password is the name of the user")
    return _hasher().hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether a password is the one that is kept; takes about as long where none is kept."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    if len(password) > LONGEST:
        return False
    try:
        found = _hasher().verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return found and kept is not None


@dataclass(frozen=True)
class NewToken:
    """A token that was just made; `text` is shown once."""

    id: str
    text: str


def new_token() -> tuple[NewToken, bytes]:
    """A token, and what is kept of its secret."""
    name, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return NewToken(name, f"twin_{name}_{secret}"), digest(secret)


def split_token(text: str) -> tuple[str, bytes] | None:
    """The id of a token and what would be kept of its secret; None for what is no token."""
    found = TOKEN.fullmatch(text)
    return (found[1], digest(found[2])) if found else None


def digest(secret: str) -> bytes:
    """What is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in constant time."""
    return hmac.compare_digest(one, other)
