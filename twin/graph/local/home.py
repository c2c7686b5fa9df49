"""The folder of a local Neo4j: what lies where, its configuration and its password.

TWIN_HOME/neo4j/
    .lock            held while something starts or stops
    release          of Neo4j, such as 5.26, that made the data
    endpoint.json    process id and ports of the last start
    password         readable by its owner alone
    conf/neo4j.conf  written anew at each start
    data/ logs/ …    Neo4j's own
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from schema.errors import BadInput
from twin.graph.endpoint import DEFAULT_USER, Endpoint
from twin.graph.local import releases
from twin.graph.local.files import write_private
from twin.graph.local.releases import Release

DATABASE = "neo4j"
LOOPBACK = "127.0.0.1"
PREFERRED_PORTS = (7687, 7474)
PAGE_CACHE = "256m"

_CONFIGURATION = """\
# Written by `twin up` at each start; changes here are lost.
server.default_listen_address={host}
server.default_advertised_address={host}
server.bolt.listen_address={host}:{bolt}
server.bolt.advertised_address={host}:{bolt}
server.http.listen_address={host}:{http}
server.http.advertised_address={host}:{http}
server.https.enabled=false
server.memory.pagecache.size={page_cache}
# No lockout: another folder's twin that still knocks at a port it had before would shut out our own commands.
# The password is 192 random bits, so that nobody guesses it.
dbms.security.auth_max_failed_attempts=0
# LOAD CSV reads no file of this machine.
dbms.security.allow_csv_import_from_file_urls=false
dbms.usage_report.enabled=false
# The browser page calls no other machine.
client.allow_telemetry=false
# Stop in about 1.5 s; by default it waits 10 s for connections.
internal.server.bolt.thread_pool_shutdown_wait_time=200ms
internal.server.bolt.connection_shutdown_wait_time=200ms
"""


@dataclass(frozen=True)
class Started:
    """What is known of the last start: process id, Bolt port, HTTP port."""

    pid: int
    bolt: int
    http: int


@dataclass(frozen=True)
class Home:
    """The folder of one local Neo4j."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Held while something starts or stops."""
        return self.folder / ".lock"

    @property
    def conf(self) -> Path:
        """Folder of the configuration."""
        return self.folder / "conf"

    @property
    def log(self) -> Path:
        """Neo4j's own log."""
        return self.folder / "logs" / "neo4j.log"

    @property
    def console(self) -> Path:
        """What the Java process says before Neo4j's log begins."""
        return self.folder / "logs" / "console.log"

    @property
    def password_file(self) -> Path:
        """Readable by its owner alone."""
        return self.folder / "password"

    @property
    def initialised(self) -> bool:
        """Whether Neo4j has been started here, so that its password is set."""
        return (self.folder / "data" / "databases" / "system").exists()

    @property
    def made(self) -> bool:
        """Whether there is a database, even one that no Neo4j has opened yet (a bulk import made it)."""
        return (self.folder / "data" / "databases").exists()

    @property
    def release(self) -> Release:
        """The release of Neo4j that this folder is of."""
        try:
            return releases.named((self.folder / "release").read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return releases.LONG_TERM  # from before there was a choice

    def settle_release(self) -> None:
        """Hold the folder to the release that made its data; without data, to what TWIN_NEO4J names, else 5.26.

        Raises BadInput where the data is of another release than TWIN_NEO4J names.
        """
        asked = releases.asked()
        if not self.made:
            self.take_release(asked or releases.LONG_TERM)
        elif asked and asked != self.release:
            raise BadInput(
                f"{self.folder} was made by Neo4j {self.release.name}, and TWIN_NEO4J asks for {asked.name}:"
                " `twin backup`, then `twin restore` into another TWIN_HOME, moves it to a later release"
            )

    def take_release(self, release: Release) -> None:
        """Write down which release the data is made by."""
        write_private(self.folder / "release", release.name)

    @property
    def generation(self) -> str:
        """Which database this is of those that took each other's place here; empty for the first."""
        try:
            return (self.folder / "generation").read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def renew_generation(self) -> None:
        """Write down that another database is here now."""
        write_private(self.folder / "generation", secrets.token_hex(8))

    def make(self) -> None:
        """Make the folders; the owner alone may enter."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.conf.mkdir(exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)

    def started(self) -> Started | None:
        """Return what the last start wrote down; None where there is nothing to be read."""
        try:
            return Started(**json.loads((self.folder / "endpoint.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_started(self, started: Started) -> None:
        """Write down what other processes need to find this Neo4j."""
        write_private(self.folder / "endpoint.json", json.dumps(asdict(started)))

    def forget_started(self) -> None:
        """Nothing runs here any more; the ports stay known as those to prefer."""
        started = self.started()
        if started:
            self.write_started(Started(0, started.bolt, started.http))

    def write_configuration(self, bolt: int, http: int) -> None:
        """Write neo4j.conf for these ports."""
        text = _CONFIGURATION.format(host=LOOPBACK, bolt=bolt, http=http, page_cache=PAGE_CACHE)
        text += self.release.settings
        write_private(self.conf / "neo4j.conf", text)

    def password(self) -> str:
        """Return the password, drawn at random before the first start.

        Raises BadInput where the data is there and the file is not.
        """
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            if self.initialised:
                raise BadInput(
                    f"{self.password_file} is missing, without which {self.folder / 'data'} cannot be opened:"
                    " bring it back, or move that folder away"
                ) from None
        # Hexadecimal: the admin tool takes a word that begins with - for an option, and fails.
        drawn = secrets.token_hex(24)
        write_private(self.password_file, drawn)
        return drawn

    def endpoint(self, started: Started) -> Endpoint:
        """Return where the Neo4j answers that was started so."""
        return Endpoint(
            uri=f"bolt://{LOOPBACK}:{started.bolt}",
            user=DEFAULT_USER,
            password=self.password(),
            database=DATABASE,
            http_uri=f"http://{LOOPBACK}:{started.http}",
            home=self.folder.parent,
        )


def choose_ports(last: Started | None, avoid: frozenset[int] = frozenset()) -> tuple[int, int]:
    """Return a free Bolt and a free HTTP port: those of the last start, else Neo4j's usual ones, else any."""
    wanted = [(last.bolt, last.http)] if last else []
    if not os.environ.get("TWIN_ANY_PORT"):
        wanted.append(PREFERRED_PORTS)
    bolt = _first_free([pair[0] for pair in wanted], avoid)
    return bolt, _first_free([pair[1] for pair in wanted], avoid | {bolt})


def _first_free(wanted: list[int], avoid: frozenset[int]) -> int:
    for port in wanted:
        if port not in avoid and _free(port):
            return port
    while (port := _any_free()) in avoid:
        pass
    return port


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As Java does it, so that a port that has just been closed counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
