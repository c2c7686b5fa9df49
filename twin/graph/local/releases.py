"""The releases of Neo4j that the twin can run by itself, and which of them a folder is of.

TWIN_NEO4J names one for a new folder; a folder that holds data keeps the release that made it, because Neo4j upgrades
its files by itself and never takes that back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from schema.errors import BadInput

BROWSER = "org.neo4j.client:neo4j-browser:5.24.0"


@dataclass(frozen=True)
class Release:
    """One release: the name that people call it by, its exact version, and the file that locks its jars."""

    name: str
    version: str
    entry: str
    """The Java class that runs it."""

    settings: str = ""
    """Lines of neo4j.conf that this release has beside the common ones."""

    @property
    def lock_name(self) -> str:
        """The lock of its jars, beside this module."""
        return f"jars-{self.name}.lock"

    @property
    def roots(self) -> tuple[str, ...]:
        """The Maven artefacts that bring all others along: kernel, Bolt, HTTP, Browser."""
        return (
            f"org.neo4j:neo4j:{self.version}",
            f"org.neo4j:neo4j-bolt:{self.version}",
            f"org.neo4j.app:neo4j-server:{self.version}",
            BROWSER,
        )


LONG_TERM = Release("5.26", "5.26.30", "org.neo4j.server.CommunityEntryPoint")
"""Long-term support; what a new folder gets."""

NEWEST = Release(
    "2026",
    "2026.08.1",
    "org.neo4j.server.Neo4jCommunity",
    """\
# It makes itself known to no other machine, and believes no header about one.
dbms.fleet_manager.enabled=false
server.fleet_discovery.enabled=false
server.http.x_forward.enabled=false
""",
)

RELEASES = {release.name: release for release in (LONG_TERM, NEWEST)}
"""All run on Java 21."""


def named(name: str) -> Release:
    """Return the release of this name. Raises BadInput where there is none."""
    try:
        return RELEASES[name]
    except KeyError:
        raise BadInput(f"TWIN_NEO4J {name!r}: the twin runs {' and '.join(RELEASES)} by itself") from None


def asked() -> Release | None:
    """Return the release that TWIN_NEO4J names, if it names one."""
    name = os.environ.get("TWIN_NEO4J")
    return named(name) if name else None
