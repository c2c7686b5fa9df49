"""What the driver's errors mean to a person: each one line, none with a password."""

from __future__ import annotations

import re
import socket
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

from schema.errors import BadInput, TwinError, Unreachable
from twin.graph.endpoint import Endpoint

AUTO_COMMIT_ONLY = "can only be executed in an implicit transaction"
"""What Neo4j says of CALL { } IN TRANSACTIONS and the like inside a managed transaction."""


NOT_ALLOWED = re.compile(
    r"(Write|Create|Delete|Set|Remove|Schema|Constraint|Index|Token|Merge).* not allowed", re.IGNORECASE
)
"""What Neo4j Enterprise and Aura say of what the roles of a user leave out."""


BOLT_PORT = 7687
PROBE_S = 3.0


class NeedsAutoCommit(BadInput):
    """The query has transactions of its own, so that it runs outside ours alone."""


class OldBookmarks(Unreachable):
    """The database is older than what its bookmarks name: it was put back, or another has taken its place."""


class MayOnlyRead(Unreachable):
    """Nothing can be written there: the user, the database or the server's part in a cluster is for reading."""


@contextmanager
def translated(endpoint: Endpoint) -> Generator[None]:
    """Raise the driver's errors as those of the twin."""
    import neo4j.exceptions as theirs  # noqa: PLC0415 - half a second, and only where the driver is in use anyway

    try:
        yield
    except theirs.AuthError as error:
        raise Unreachable(
            f"Neo4j at {endpoint.uri} refuses the user {endpoint.user!r} or its password (TWIN_USER, TWIN_PASSWORD)"
        ) from error
    except theirs.Neo4jError as error:
        raise _of_server(error, endpoint) from error
    except theirs.ConfigurationError as error:
        raise BadInput(f"TWIN_URI {endpoint.uri!r}: {_one_line(error)}") from error
    except (theirs.DriverError, OSError) as error:
        if _untrusted(endpoint):
            raise Unreachable(
                f"the certificate of Neo4j at {endpoint.uri} is not to be trusted: TWIN_CA names a file with that of"
                " the authority that vouches for it"
            ) from error
        raise Unreachable(f"Neo4j at {endpoint.uri} does not answer: {_first_sentence(error)}") from error


def _of_server(error: Exception, endpoint: Endpoint) -> TwinError:
    code = str(getattr(error, "code", "") or "")
    message = _one_line(getattr(error, "message", None) or error)
    if of_database := _of_database(code, message, endpoint):
        return of_database
    if code.endswith("Statement.AccessMode"):
        return BadInput("the query writes, but was asked to read alone (--write lets it)")
    if code.endswith("Security.Forbidden") and NOT_ALLOWED.search(message):
        return MayOnlyRead(
            f"nothing can be written: the user {endpoint.user!r} may only read from Neo4j at {endpoint.uri} ({message})"
        )
    if AUTO_COMMIT_ONLY in message:
        return NeedsAutoCommit(f"Cypher: {message}")
    if "TransactionTimedOut" in code:
        return BadInput("the query took longer than it may, and was ended")
    if "Security" in code:
        return Unreachable(f"Neo4j at {endpoint.uri} refuses: {message}")
    if code.endswith("MemoryPoolOutOfMemoryError") or code.endswith("OutOfMemoryError"):
        return TwinError(f"Neo4j has not enough memory for this query: {message}")
    if "No space left on device" in message or code.endswith("TransactionLogError"):
        return Unreachable(f"Neo4j at {endpoint.uri} cannot write: its disk is full or broken ({message})")
    if code.endswith("ConstraintCreationFailed"):
        return BadInput(f"the data in the graph stands in the way: {message}")
    if code.startswith("Neo.ClientError"):
        return BadInput(f"Cypher: {message}")
    return TwinError(f"Neo4j failed ({code}): {message}")


def _of_database(code: str, message: str, endpoint: Endpoint) -> Unreachable | None:
    """What stands in the way of the database as a whole."""
    name = repr(endpoint.database) if endpoint.database else "the default one"
    if code.endswith(("DatabaseNotFound", "DatabaseUnavailable")):
        return Unreachable(f"Neo4j at {endpoint.uri} has no database {name} at work (TWIN_DATABASE)")
    if code.endswith(("BookmarkTimeout", "InvalidBookmark", "InvalidBookmarkMixture")):
        return OldBookmarks(f"the database {name} of Neo4j at {endpoint.uri} is not the one that it was: {message}")
    if code.endswith(("ForbiddenOnReadOnlyDatabase", "WriteOnReadOnlyAccessDatabase")):
        return MayOnlyRead(f"nothing can be written: the database {name} of Neo4j at {endpoint.uri} is read-only")
    return None


def _untrusted(endpoint: Endpoint) -> bool:
    """Whether it is the server's certificate that keeps us away, which the driver does not tell of a cluster."""
    parts = urlsplit(endpoint.uri)
    if not parts.scheme.endswith("+s"):
        return False
    import ssl  # noqa: PLC0415 - the driver brings it

    context = ssl.create_default_context(cafile=endpoint.ca)
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or BOLT_PORT), PROBE_S) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return False
    except ssl.SSLCertVerificationError:
        return True
    except OSError:
        return False


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _first_sentence(error: BaseException) -> str:
    line = _one_line(error)
    return line.split(" (", 1)[0] or type(error).__name__
