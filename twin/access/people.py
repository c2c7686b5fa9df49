"""Users, their tokens and their sessions: one SQLite file that its owner alone may read.

Every call is a transaction of its own, so a change by a command holds for the next request of a server that runs.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Final, Self

from schema.errors import BadInput, Unreachable
from twin.access.roles import Role
from twin.access.secrets import NewToken, digest, fits, hashed, new_token, same, split_token

SESSION_S: Final = 12 * 3_600.0
USED_EVERY_S: Final = 60.0
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY COLLATE NOCASE, role INTEGER NOT NULL, password TEXT, made_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
    name TEXT NOT NULL, role INTEGER NOT NULL, digest BLOB NOT NULL, made_s REAL NOT NULL, until_s REAL, used_s REAL);
CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
    made_s REAL NOT NULL, until_s REAL NOT NULL);
"""


@dataclass(frozen=True)
class User:
    """Somebody. `provider`: an OpenID provider vouches for them, and they have no password here."""

    name: str
    role: Role
    provider: bool
    made_s: float


@dataclass(frozen=True)
class Token:
    """A token of a user, without its secret; times in seconds since 1970."""

    id: str
    user: str
    name: str
    role: Role
    made_s: float
    until_s: float | None
    used_s: float | None


class People:
    """The users of a TWIN_HOME. Its file is made when the first of them is."""

    def __init__(self, home: Path) -> None:
        self.file = home / "access" / "people.sqlite"
        self._open: sqlite3.Connection | None = None
        self._lock = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def any(self) -> bool:
        """Whether there are users."""
        return bool(self._rows("SELECT 1 FROM users LIMIT 1"))

    def users(self) -> list[User]:
        """All users, by name."""
        return [_user(row) for row in self._rows("SELECT name, role, password, made_s FROM users ORDER BY name")]

    def user(self, name: str) -> User | None:
        """The user of this name."""
        found = self._rows("SELECT name, role, password, made_s FROM users WHERE name = ?", name)
        return _user(found[0]) if found else None

    def add(self, name: str, role: Role, password: str | None) -> None:
        """Make a user; without a password one for whom a provider vouches. Raises BadInput."""
        if not NAME.fullmatch(name):
            raise BadInput(f"{name!r} is no name for a user: letters, digits and . _ @ + -, 100 at most")
        kept = None if password is None else hashed(password, name)
        with self._writing() as database:
            if self.user(name):
                raise BadInput(f"there is a user {name!r} already")
            database.execute("INSERT INTO users VALUES (?, ?, ?, ?)", (name, role, kept, time.time()))

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password; their sessions end, their tokens stay. Raises BadInput."""
        kept = hashed(password, name)
        with self._writing() as database:
            if self._required(name).provider:
                raise BadInput(f"{name!r} signs in at a provider and has no password here")
            database.execute("UPDATE users SET password = ? WHERE name = ?", (kept, name))
            database.execute("DELETE FROM sessions WHERE user = ?", (name,))

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role, at once. Raises BadInput."""
        with self._writing() as database:
            self._required(name)
            database.execute("UPDATE users SET role = ? WHERE name = ?", (role, name))

    def remove(self, name: str) -> None:
        """Remove a user, with tokens and sessions. Raises BadInput."""
        with self._writing() as database:
            self._required(name)
            database.execute("DELETE FROM users WHERE name = ?", (name,))

    def with_password(self, name: str, password: str) -> User | None:
        """The user whose password this is. Takes some ten milliseconds of computing, and 64 MiB."""
        kept = self.kept_password(name)
        return self.user(name) if fits(kept, password) else None

    def kept_password(self, name: str) -> str | None:
        """The hash of a user's password."""
        found = self._rows("SELECT password FROM users WHERE name = ?", name)
        return found[0][0] if found else None

    def add_token(self, user: str, name: str, role: Role | None = None, lasts_s: float | None = None) -> NewToken:
        """Make a token of a user, which may do at most what `role` and the user may. Raises BadInput."""
        if not 0 < len(name) <= 100 or not name.isprintable():
            raise BadInput("a token needs a name of 1 to 100 characters, to be told apart by")
        made, kept = new_token()
        now_s = time.time()
        with self._writing() as database:
            known = self._required(user)
            row = (made.id, known.name, name, role or known.role, kept, now_s, lasts_s and now_s + lasts_s, None)
            database.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return made

    def tokens(self, user: str | None = None) -> list[Token]:
        """All tokens, or those of a user, oldest first."""
        chosen = "SELECT id, user, name, role, made_s, until_s, used_s FROM tokens"
        order = " ORDER BY made_s"
        rows = self._rows(chosen + order) if user is None else self._rows(chosen + " WHERE user = ?" + order, user)
        return [Token(row[0], row[1], row[2], Role(row[3]), *row[4:]) for row in rows]

    def revoke(self, token: str) -> Token:
        """End a token, named by its id. Raises BadInput."""
        with self._writing() as database:
            found = next((one for one in self.tokens() if one.id == token), None)
            if found is None:
                raise BadInput(f"there is no token {token!r}; `twin tokens list` shows all")
            database.execute("DELETE FROM tokens WHERE id = ?", (token,))
        return found

    def with_token(self, text: str) -> tuple[User, Token] | None:
        """Whose token this is, as what they may be with it."""
        split = split_token(text)
        if split is None:
            return None
        found = self._rows(
            "SELECT u.name, u.role, u.password, u.made_s, t.digest, t.id, t.name, t.role, t.made_s, t.until_s, t.used_s"
            " FROM tokens t JOIN users u ON u.name = t.user WHERE t.id = ?",
            split[0],
        )
        if not found or not same(found[0][4], split[1]):
            return None
        user, now_s = _user(found[0][:4]), time.time()
        token = Token(found[0][5], user.name, found[0][6], Role(found[0][7]), *found[0][8:])
        if token.until_s is not None and token.until_s < now_s:
            return None
        if token.used_s is None or now_s - token.used_s > USED_EVERY_S:
            with self._writing() as database:
                database.execute("UPDATE tokens SET used_s = ? WHERE id = ?", (now_s, token.id))
        return User(user.name, min(user.role, token.role), user.provider, user.made_s), token

    def begin_session(self, user: str) -> str:
        """The secret of a new session of a user."""
        secret, now_s = secrets.token_urlsafe(32), time.time()
        with self._writing() as database:
            database.execute("DELETE FROM sessions WHERE until_s < ?", (now_s,))
            row = (digest(secret), self._required(user).name, now_s, now_s + SESSION_S)
            database.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
        return secret

    def with_session(self, secret: str) -> User | None:
        """Whose session this is."""
        found = self._rows(
            "SELECT u.name, u.role, u.password, u.made_s FROM sessions s JOIN users u ON u.name = s.user"
            " WHERE s.digest = ? AND s.until_s > ?",
            digest(secret), time.time(),
        )  # fmt: skip
        return _user(found[0]) if found else None

    def end_session(self, secret: str) -> None:
        """End a session."""
        with self._writing() as database:
            database.execute("DELETE FROM sessions WHERE digest = ?", (digest(secret),))

    def _required(self, name: str) -> User:
        found = self.user(name)
        if found is None:
            raise BadInput(f"there is no user {name!r}; `twin users list` shows all")
        return found

    def _rows(self, query: str, /, *values: Any) -> list[Any]:
        with self._lock, _told(self.file):
            if self._open is None:
                if not self.file.exists():
                    return []
                self._connect()
            assert self._open is not None  # noqa: S101 - connected above
            return self._open.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._lock, _told(self.file):
            if self._open is None:
                self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                # Made before SQLite does, so that nobody else may read it for an instant.
                os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                self._connect()
            assert self._open is not None  # noqa: S101 - connected above
            self._open.execute("BEGIN IMMEDIATE")
            try:
                yield self._open
            except BaseException:
                self._open.execute("ROLLBACK")
                raise
            self._open.execute("COMMIT")

    def _connect(self) -> None:
        self.file.chmod(0o600)
        self._open = sqlite3.connect(self.file, timeout=10, isolation_level=None, check_same_thread=False)
        self._open.execute("PRAGMA foreign_keys = ON")
        # Readers never wait for a writer; what is committed outlives a killed process.
        self._open.execute("PRAGMA journal_mode = WAL")
        self._open.executescript(_TABLES)


def _user(row: tuple[Any, ...]) -> User:
    return User(row[0], Role(row[1]), row[2] is None, row[3])


@contextmanager
def _told(file: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise Unreachable(f"{file}: {getattr(error, 'strerror', None) or error}") from error
