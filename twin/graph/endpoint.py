"""Where a Neo4j is: address, user, password and database."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from schema.errors import BadInput

DEFAULT_HOME = ".twin"
DEFAULT_USER = "neo4j"
SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


@dataclass(frozen=True)
class Endpoint:
    """A Neo4j that answers, or should.

    `http_uri` and `home`, the twin home that it lies in, are known for the local Neo4j alone. `database` None means the
    user's default one. `password` None means that the server asks for none; it never shows in a representation. `ca` is
    a file of certificates (PEM) that vouch for the server's, where the machine's own do not.
    """

    uri: str
    user: str = DEFAULT_USER
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    http_uri: str | None = None
    home: Path | None = None
    ca: Path | None = None

    @property
    def local(self) -> bool:
        """Whether it is the twin's own."""
        return self.http_uri is not None


def twin_home(home: str | Path | None = None) -> Path:
    """Return the folder of the twin's own data: the argument, else TWIN_HOME, else .twin in the current folder."""
    return Path(home or os.environ.get("TWIN_HOME") or DEFAULT_HOME).expanduser().absolute()


def named(uri: str | None = None, auth: tuple[str, str] | None = None, database: str | None = None) -> Endpoint | None:
    """Return the Neo4j that the arguments or the variables TWIN_URI, TWIN_USER, … name; None where they name none.

    TWIN_CA names the certificates that vouch for it. Raises BadInput for an address that no driver understands, and for
    certificates that cannot be used.
    """
    address = uri or os.environ.get("TWIN_URI")
    if not address:
        return None
    _check(address)
    user, password = auth or (os.environ.get("TWIN_USER") or DEFAULT_USER, os.environ.get("TWIN_PASSWORD"))
    chosen = database or os.environ.get("TWIN_DATABASE") or None
    return Endpoint(address, user, password, chosen, ca=_certificates(address, os.environ.get("TWIN_CA")))


def _certificates(address: str, named: str | None) -> Path | None:
    if not named:
        return None
    import ssl  # noqa: PLC0415 - only where there are certificates of the user's own

    file = Path(named).expanduser()
    if not urlsplit(address).scheme.endswith("+s"):
        raise BadInput(f"TWIN_CA needs an address that asks for TLS, such as neo4j+s://…, not {address!r}")
    try:
        ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror if type(error) is FileNotFoundError or type(error) is PermissionError else "no certificate"
        raise BadInput(f"TWIN_CA {named}: {why}") from None
    return file


def _check(address: str) -> None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), -1
    if parts.password is not None or parts.username is not None:
        # The address is not repeated: it holds a password.
        raise BadInput("TWIN_URI holds a user or password; give them as TWIN_USER and TWIN_PASSWORD")
    if parts.scheme not in SCHEMES or not parts.hostname or port == -1:
        raise BadInput(f"TWIN_URI {address!r} is no address of a Neo4j, such as neo4j://localhost:7687")
