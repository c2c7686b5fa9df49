"""The Neo4j driver as the store uses it. Importing this module costs half a second, so it is imported late."""

from __future__ import annotations

import logging
from typing import Any

from neo4j import Driver, GraphDatabase, Session, TrustCustomCAs
from neo4j.api import BookmarkManager

from twin.graph.endpoint import Endpoint

FETCH_ROWS = 10_000
CONNECT_WAIT_S = 15.0
RETRY_S = 30.0
"""A cluster that elects another leader is back within this."""

# The driver warns of each attempt that it repeats, which no person needs to see; whoever sets up logging still may.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


def open_driver(endpoint: Endpoint) -> Driver:
    """Connect, and fail at once where nothing answers or the password is wrong, instead of trying again for long."""
    uri, trust = _trust(endpoint)
    driver = GraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType] - its **config has no type
        uri,
        auth=None if endpoint.password is None else (endpoint.user, endpoint.password),
        connection_acquisition_timeout=CONNECT_WAIT_S,
        connection_timeout=CONNECT_WAIT_S,
        max_transaction_retry_time=RETRY_S,
        notifications_min_severity="OFF",
        user_agent="campus-twin",
        **trust,
    )
    try:
        driver.verify_connectivity()  # pyright: ignore[reportUnknownMemberType]
    except BaseException:
        driver.close()
        raise
    return driver


def _trust(endpoint: Endpoint) -> tuple[str, dict[str, Any]]:
    """Address and options for certificates of the user's own, which the driver takes with plain schemes alone."""
    if endpoint.ca is None:
        return endpoint.uri, {}
    scheme, colon, rest = endpoint.uri.partition("://")
    options = {"encrypted": True, "trusted_certificates": TrustCustomCAs(str(endpoint.ca))}
    return f"{scheme.removesuffix('+s')}{colon}{rest}", options


def new_bookmarks() -> BookmarkManager:
    """Return what makes a session see the writes of the sessions before it, in a cluster too."""
    return GraphDatabase.bookmark_manager()


def open_session(driver: Driver, database: str | None, access: str, bookmarks: BookmarkManager | None) -> Session:
    """Open a session on a database that reads ("READ") or writes ("WRITE")."""
    return driver.session(  # pyright: ignore[reportUnknownMemberType]
        database=database, default_access_mode=access, fetch_size=FETCH_ROWS, bookmark_manager=bookmarks
    )


def agent(driver: Driver) -> str:
    """Return the server's product and version, such as Neo4j/5.26.30."""
    return driver.get_server_info().agent  # pyright: ignore[reportUnknownMemberType]
