"""Start, stop and find the local Neo4j of a twin home.

Only one process at a time starts or stops; the others wait for its file lock and find what it did.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schema.errors import Unreachable
from twin.graph.endpoint import Endpoint, twin_home
from twin.graph.local import bulk, jars, process
from twin.graph.local.files import disk_errors, locked
from twin.graph.local.home import DATABASE, LOOPBACK, Home, Started, choose_ports

Progress = Callable[[str, int, int], None]

START_WAIT_S = 300.0
PORT_ATTEMPTS = 5


@dataclass(frozen=True)
class Status:
    """Whether the local Neo4j runs, as which process, and where it answers."""

    folder: Path
    running: bool
    pid: int | None = None
    endpoint: Endpoint | None = None


def home_of(home: str | Path | None = None) -> Home:
    """Return the folder of the local Neo4j in a twin home."""
    return Home(twin_home(home) / "neo4j")


def running(home: str | Path | None = None) -> Endpoint | None:
    """Return where the local Neo4j answers, if it runs: two small files and one look at a process."""
    place = home_of(home)
    started = place.started()
    if started is None or not process.alive(place, started.pid) or not _listens(started.bolt):
        return None
    return place.endpoint(started)


def start(home: str | Path | None = None, progress: Progress | None = None) -> Endpoint:
    """Return where the local Neo4j answers, starting it (and fetching it) where it does not run.

    Raises Unreachable where it cannot start, BadInput where the home cannot be used; each with one line.
    """
    place = home_of(home)
    if place.initialised:
        place.settle_release()
    found = running(home)
    if found:
        return found
    with disk_errors(place.folder):
        place.make()
        with locked(place.lock, lambda: _tell(progress, "waiting for another twin that makes or starts the database")):
            pid = _process(place)
            if pid:
                started = _adopt(place, pid)
                if started:
                    return place.endpoint(started)
            place.settle_release()
            jar_folder = jars.ensure(place.release, progress)
            _set_password(place, jar_folder)
            bulk.finish(place)
            return place.endpoint(_start(place, jar_folder, progress))


def unmade(home: str | Path | None = None) -> bool:
    """Whether a home has no database yet, so that nobody need start its Neo4j to know that it is empty."""
    place = home_of(home)
    return not place.made and not bulk.sealed(place)


def nowhere(home: str | Path | None = None) -> Endpoint:
    """The endpoint of a home whose Neo4j has never been started: it belongs to us, and nothing answers there."""
    place = home_of(home)
    return Endpoint(uri="", database=DATABASE, http_uri="", home=place.folder.parent)


@contextmanager
def making(home: str | Path | None = None, progress: Progress | None = None) -> Generator[Home | None]:
    """Hold a home that has no database, so that nobody else makes one meanwhile; None where there is one by now."""
    place = home_of(home)
    with disk_errors(place.folder):
        place.make()
    with locked(place.lock, lambda: _tell(progress, "waiting for another twin that makes or starts the database")):
        if unmade(home) and _process(place) is None:
            place.settle_release()
            yield place
        else:
            yield None


@contextmanager
def initialising(place: Home, progress: Progress | None = None) -> Generator[None]:
    """Set the password of a home where Neo4j has not run yet, beside what the caller does; nothing where it has."""
    jar_folder = jars.ensure(place.release, progress)
    with ThreadPoolExecutor(1, "password") as threads:
        setting = threads.submit(_set_password, place, jar_folder)
        yield
        setting.result()


def begin(place: Home, progress: Progress | None = None) -> Endpoint:
    """Put the database that was built in the staging home into one that has none, and start it.

    Inside `making`, after `initialising`.
    """
    jar_folder = jars.ensure(place.release, progress)
    bulk.seal(place)
    bulk.finish(place)
    return place.endpoint(_start(place, jar_folder, progress))


def replace(home: str | Path | None = None, progress: Progress | None = None) -> Endpoint:
    """Put the database that was built in the staging home (`bulk.build`) into the place of the present one.

    The Neo4j is stopped and started for it, so that every other connection ends.
    """
    place = home_of(home)
    with disk_errors(place.folder), locked(place.lock):
        pid = _process(place)
        if pid:
            process.stop(place, pid)
        bulk.seal(place)
        bulk.finish(place)
        return place.endpoint(_start(place, jars.ensure(place.release, progress), progress))


@contextmanager
def stopped(home: str | Path | None = None, progress: Progress | None = None) -> Generator[tuple[Home, Path]]:
    """Hold the Neo4j of a home stopped; gives its folder and the jars. Where it ran, it is started again afterwards."""
    place = home_of(home)
    with disk_errors(place.folder), locked(place.lock):
        jar_folder = jars.ensure(place.release, progress)
        pid = _process(place)
        if pid:
            process.stop(place, pid)
        place.forget_started()
        try:
            yield place, jar_folder
        finally:
            if pid:
                _start(place, jar_folder, progress)


def recover(place: Home, jar_folder: Path, progress: Progress | None = None) -> None:
    """Start and stop the Neo4j of a stopped folder, so that it puts right what a kill left. Inside `stopped`."""
    process.stop(place, _start(place, jar_folder, progress).pid)
    place.forget_started()


def stop(home: str | Path | None = None) -> bool:
    """Stop the local Neo4j; False where none ran."""
    place = home_of(home)
    if not place.folder.exists():
        return False
    with disk_errors(place.folder), locked(place.lock):
        pid = _process(place)
        if pid:
            process.stop(place, pid)
        place.forget_started()
        return pid is not None


def status(home: str | Path | None = None) -> Status:
    """Tell whether the local Neo4j runs; start nothing."""
    place = home_of(home)
    started = place.started()
    if started and process.alive(place, started.pid):
        return Status(place.folder, running=True, pid=started.pid, endpoint=place.endpoint(started))
    return Status(place.folder, running=False)


def _tell(progress: Progress | None, what: str, done: int = 0, total: int = 0) -> None:
    if progress:
        progress(what, done, total)


def _process(place: Home) -> int | None:
    """Return the process of this folder, the one written down or one that no file names."""
    started = place.started()
    if started and process.alive(place, started.pid):
        return started.pid
    return process.find(place)


def _adopt(place: Home, pid: int) -> Started | None:
    """Return the start of a process that runs already, once it answers; None where it ended meanwhile.

    Its ports are those of neo4j.conf, written before it was started.
    """
    bolt, http = _configured_ports(place)
    started = Started(pid, bolt, http)
    if not _wait(place, started):
        return None
    place.write_started(started)
    return started


def _configured_ports(place: Home) -> tuple[int, int]:
    ports: dict[str, int] = {}
    for line in (place.conf / "neo4j.conf").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        if key.endswith(".listen_address"):
            ports[key] = int(value.rpartition(":")[2])
    return ports["server.bolt.listen_address"], ports["server.http.listen_address"]


def _set_password(place: Home, jar_folder: Path) -> None:
    """Set the password before the first start, so that there is no moment with a default one."""
    password = place.password()
    if place.initialised:
        return
    place.write_configuration(*choose_ports(place.started()))
    # The tool reads arguments from a file, which nobody else can read, unlike a command line.
    with tempfile.NamedTemporaryFile("w", dir=place.folder, prefix=".initial", encoding="utf-8") as arguments:
        arguments.write(password + "\n")
        arguments.flush()
        process.admin(place, jar_folder, ("dbms", "set-initial-password", f"@{arguments.name}"), short=True)


def _start(place: Home, jar_folder: Path, progress: Progress | None) -> Started:
    """Start Neo4j; where another program takes a port between choice and use, with other ports."""
    taken: frozenset[int] = frozenset()
    for _ in range(PORT_ATTEMPTS):
        bolt, http = choose_ports(place.started(), taken)
        place.write_configuration(bolt, http)
        place.log.unlink(missing_ok=True)
        _tell(progress, "starting Neo4j", 0, 1)
        started = Started(process.spawn(place, jar_folder), bolt, http)
        place.write_started(started)
        if _wait(place, started):
            _tell(progress, "starting Neo4j", 1, 1)
            return started
        place.forget_started()
        said = _said(place)
        if not process.port_taken(said):
            raise process.failure(place, said)
        taken |= {bolt, http}
    raise Unreachable(f"the local Neo4j in {place.folder} did not start: its ports are taken again and again")


def _said(place: Home) -> str:
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in (place.log, place.console) if file.exists()]
    return "\n".join(texts)


def _wait(place: Home, started: Started) -> bool:
    """Wait until the database answers; False where the process ended before that.

    Raises Unreachable, and stops the process, where it takes too long.
    """
    endpoint = place.endpoint(started)
    end = time.monotonic() + START_WAIT_S
    while time.monotonic() < end:
        if not process.alive(place, started.pid):
            return False
        if _listens(started.http) and _answers(endpoint):
            return True
        time.sleep(0.05)
    process.stop(place, started.pid)
    raise Unreachable(f"the local Neo4j in {place.folder} does not answer after {START_WAIT_S:.0f} s (see {place.log})")


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _answers(endpoint: Endpoint) -> bool:
    try:
        return query(endpoint, "RETURN 1") is not None
    except (OSError, http.client.HTTPException, ValueError):
        return False


def query(endpoint: Endpoint, statement: str, *, timeout_s: float = 30.0) -> dict[str, object] | None:
    """Run one read statement over HTTP, which needs no driver; None where Neo4j refuses.

    The answer holds `data` ({fields, values}) and `bookmarks`. Raises OSError or HTTPException where nothing answers.
    """
    host = (endpoint.http_uri or "").removeprefix("http://")
    token = base64.b64encode(f"{endpoint.user}:{endpoint.password}".encode()).decode()
    connection = http.client.HTTPConnection(host, timeout=timeout_s)
    try:
        body = json.dumps({"statement": statement, "accessMode": "READ"})
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json", "Accept": "application/json"}
        connection.request("POST", f"/db/{endpoint.database}/query/v2", body, headers)
        response = connection.getresponse()
        document: dict[str, object] = json.loads(response.read())
    finally:
        connection.close()
    return document if response.status < 300 else None
