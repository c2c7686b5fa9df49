"""The one way to the database: managed transactions, batches, streaming reads, bookmarks.

The driver (half a second to import) is loaded by the first query, so that a command that finds a fresh snapshot of the
topology never pays for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, Self, TypeVar, cast

from schema.errors import Unreachable
from twin.graph.endpoint import Endpoint, named
from twin.graph.failures import OldBookmarks, translated

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Record, Session, SummaryCounters
    from neo4j.api import BookmarkManager

T = TypeVar("T")
Progress = Callable[[str, int, int], None]

BATCH_ROWS = 10_000


@dataclass
class Counts:
    """What writing changed, as Neo4j counts it."""

    nodes_created: int = 0
    nodes_deleted: int = 0
    relationships_created: int = 0
    relationships_deleted: int = 0
    properties_set: int = 0
    labels_added: int = 0
    labels_removed: int = 0
    indexes_added: int = 0
    constraints_added: int = 0

    @classmethod
    def of(cls, counters: SummaryCounters) -> Counts:
        """Take over the counters of one query."""
        return cls(**{field.name: getattr(counters, field.name) for field in fields(cls)})

    def add(self, other: Counts) -> None:
        """Add what another query changed."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


class Store:
    """One Neo4j database. Use it in a `with` statement, or close it.

    Every method raises Unreachable where the database does not answer or refuses, BadInput where the query is wrong.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._driver: Driver | None = None
        self._bookmarks: BookmarkManager | None = None

    @property
    def database(self) -> str | None:
        """The name of the database; None is the user's default one."""
        return self.endpoint.database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def restarted(self, progress: Progress | None = None) -> None:
        """Connect anew to the local Neo4j, started where it does not run: another start of it may have other ports."""
        from twin.graph import local  # noqa: PLC0415 - not where a Neo4j is named

        self.moved(local.start(self.endpoint.home, progress))

    def moved(self, endpoint: Endpoint) -> None:
        """Go on where the database answers now."""
        self.close()
        self.endpoint = endpoint

    def read(self, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Return all rows of a query that reads, in a transaction that cannot write."""

        def work(transaction: ManagedTransaction) -> list[dict[str, Any]]:
            return [_row(record) for record in transaction.run(_trusted(query), parameters)]

        return self._managed("READ", work)

    def stream(self, query: str, /, **parameters: Any) -> Iterator[Record]:
        """Yield the rows of a query that reads as they come, some thousands in memory at a time."""
        with self._session("READ") as session, session.begin_transaction() as transaction:
            yield from transaction.run(_trusted(query), parameters)

    def write(self, query: str, /, **parameters: Any) -> Counts:
        """Run a query that writes, in one transaction that is tried again where it clashed; return what it changed."""

        def work(transaction: ManagedTransaction) -> Counts:
            return Counts.of(transaction.run(_trusted(query), parameters).consume().counters)

        return self._managed("WRITE", work)

    def write_all(self, queries: Iterable[str], /) -> Counts:
        """Run queries that write one after the other in one transaction; return what they changed together."""
        asked = list(queries)

        def work(transaction: ManagedTransaction) -> Counts:
            changed = Counts()
            for query in asked:
                changed.add(Counts.of(transaction.run(_trusted(query)).consume().counters))
            return changed

        return self._managed("WRITE", work)

    def write_rows(self, query: str, /, **parameters: Any) -> tuple[list[dict[str, Any]], Counts]:
        """Run a query that writes and returns rows; return these, and what it changed."""

        def work(transaction: ManagedTransaction) -> tuple[list[dict[str, Any]], Counts]:
            result = transaction.run(_trusted(query), parameters)
            rows = [_row(record) for record in result]
            return rows, Counts.of(result.consume().counters)

        return self._managed("WRITE", work)

    def write_batches(  # noqa: PLR0913 - how, what, and what to say about it
        self,
        query: str,
        rows: Iterable[Mapping[str, Any]],
        size: int = BATCH_ROWS,
        progress: Progress | None = None,
        *,
        what: str = "writing",
        total: int = 0,
        **parameters: Any,
    ) -> Counts:
        """Run a query that begins `UNWIND $rows AS row` over batches, each in a transaction; return what all changed.

        A batch that clashes is tried again, so the query must be idempotent (MERGE, SET).
        """
        changed = Counts()
        done = 0
        for batch in _batches(rows, size):

            def work(transaction: ManagedTransaction, batch: list[Mapping[str, Any]] = batch) -> Counts:
                result = transaction.run(_trusted(query), {**parameters, "rows": batch})
                return Counts.of(result.consume().counters)

            changed.add(self._managed("WRITE", work))
            done += len(batch)
            if progress:
                progress(what, done, max(total, done))
        return changed

    def run(self, query: str, /, **parameters: Any) -> tuple[list[dict[str, Any]], Counts]:
        """Run a query outside our transactions, as `CALL { } IN TRANSACTIONS` asks; it is never repeated."""
        return self.run_alone(query, parameters, access="WRITE")

    def run_alone(
        self, query: str, parameters: Mapping[str, Any], *, access: str
    ) -> tuple[list[dict[str, Any]], Counts]:
        """Run a query outside our transactions, with access "READ" or "WRITE", which the server holds."""
        with self._session(access) as session:
            result = session.run(_trusted(query), dict(parameters))
            rows = [_row(record) for record in result]
            return rows, Counts.of(result.consume().counters)

    def explain(self, query: str, parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
        """Return what a query does (`r` reads, `w` and `rw` write, `s` administers) and its plan; run nothing."""
        with self._session("READ") as session:
            summary = session.run(_trusted(f"EXPLAIN {query}"), dict(parameters)).consume()
            return summary.query_type or "", cast("Mapping[str, Any] | None", summary.plan)  # pyright: ignore[reportUnknownMemberType]

    def read_some(
        self, query: str, parameters: Mapping[str, Any], *, timeout_s: float, most_rows: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the first rows of a query that reads, and whether they are all; the server ends it after `timeout_s`.

        It runs outside our transactions, and is never repeated.
        """
        from neo4j import Query  # noqa: PLC0415 - half a second, and in use by now

        with self._session("READ") as session:
            result = session.run(Query(_trusted(query), timeout=timeout_s), dict(parameters))
            rows = [_row(record) for record in islice(result, most_rows + 1)]
            return rows[:most_rows], len(rows) <= most_rows

    def bookmark(self) -> str:
        """Return the name of the last committed transaction: equal bookmarks, unchanged database.

        The local Neo4j is asked over HTTP, in some 10 ms, without the driver. Its databases come and go with bulk
        imports and count their transactions anew, so that the name says which of them it is, too.
        """
        if not self.endpoint.local:
            return self._last_transaction()
        from twin.graph.local import home_of  # noqa: PLC0415 - only for the local one

        which = home_of(self.endpoint.home).generation
        last = self._bookmark_over_http() if self._driver is None else self._last_transaction()
        return f"{which} {last}".strip()

    def _last_transaction(self) -> str:
        # No bookmark manager: the bookmark must be the server's, not one that we brought.
        with self._session("READ", managed=False) as session:
            session.execute_read(lambda transaction: transaction.run("RETURN 1").consume())
            return ",".join(sorted(session.last_bookmarks().raw_values))

    def _bookmark_over_http(self) -> str:
        from twin.graph.local import query  # noqa: PLC0415 - only for the local one

        try:
            answer = query(self.endpoint, "RETURN 1")
        except OSError as error:
            said = f"the local Neo4j at {self.endpoint.http_uri} does not answer"
            self._follow()
            raise Unreachable(said) from error
        if answer is None:
            raise Unreachable(f"the local Neo4j at {self.endpoint.http_uri} refuses the password of its folder")
        return ",".join(sorted(cast("list[str]", answer["bookmarks"])))

    def verify(self) -> str:
        """Connect, check user, password and database; return the server's product and version."""
        from twin.graph import driver  # noqa: PLC0415 - half a second

        self.read("RETURN 1")
        with translated(self.endpoint):
            return driver.agent(self._connected())

    def try_writing(self) -> None:
        """Write a node and take it back, so that a user who may only read meets the refusal here.

        Raises as every method does, and TwinError where the server holds the write back for another reason.
        """
        with self._session("WRITE") as session, session.begin_transaction() as transaction:
            transaction.run("CREATE (:Asset {id: $id})", {"id": secrets.token_hex(16)}).consume()
            transaction.rollback()

    def _managed(self, access: str, work: Callable[[ManagedTransaction], T]) -> T:
        """Run a transaction that the driver tries again; where the database is older than our bookmarks, without."""

        def run() -> T:
            with self._session(access) as session:
                return session.execute_read(work) if access == "READ" else session.execute_write(work)

        try:
            return run()
        except OldBookmarks:  # met before it began
            return run()

    @contextmanager
    def _session(self, access: str, *, managed: bool = True) -> Generator[Session]:
        from twin.graph import driver  # noqa: PLC0415 - half a second

        try:
            with translated(self.endpoint):
                connected = self._connected()
                bookmarks = self._bookmarks if managed else None
                with driver.open_session(connected, self.database, access, bookmarks) as session:
                    yield session
        except OldBookmarks:
            self._bookmarks = self._new_bookmarks()
            raise
        except Unreachable:
            self._follow()
            raise

    def _follow(self) -> None:
        """Go on at the local Neo4j's other ports, where it was started anew with others meanwhile."""
        if self.endpoint.local:
            from twin.graph import local  # noqa: PLC0415 - not where a Neo4j is named

            found = local.running(self.endpoint.home)
            if found and found != self.endpoint:
                self.moved(found)

    def _new_bookmarks(self) -> BookmarkManager | None:
        """What lets a session see the writes of those before it at every member of a cluster.

        The local Neo4j is one server, where every session sees them anyway, and a bulk import puts a younger database
        in its place, which counts its transactions from the beginning: it would wait for those of the old one.
        """
        from twin.graph import driver  # noqa: PLC0415 - half a second

        return None if self.endpoint.local else driver.new_bookmarks()

    def _connected(self) -> Driver:
        if self._driver is None:
            from twin.graph import driver  # noqa: PLC0415 - half a second

            self._driver = driver.open_driver(self.endpoint)
            self._bookmarks = self._new_bookmarks()
        return self._driver


def connect(
    uri: str | None = None,
    auth: tuple[str, str] | None = None,
    database: str | None = None,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> Store:
    """Return the store that the arguments or TWIN_URI name, else that of the local Neo4j, started where it must be.

    A named Neo4j is not contacted before the first query.
    """
    endpoint = named(uri, auth, database)
    if endpoint is None:
        from twin.graph import local  # noqa: PLC0415 - not where a Neo4j is named

        endpoint = local.start(home, progress)
    return Store(endpoint)


def _batches(rows: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def _row(record: Record) -> dict[str, Any]:
    return cast("dict[str, Any]", dict(record.items()))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _trusted(query: str) -> LiteralString:
    """Say to the type checker that a query's text is ours or the user's own; values always go as parameters."""
    return cast("LiteralString", query)
