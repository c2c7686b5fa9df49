"""The local Neo4j on the bare machine: one among many starts, kills, taken ports, secrets, what stands in its way."""

import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from schema.errors import BadInput, TwinError, Unreachable
from twin.graph import Store, local
from twin.graph.local import home as homes
from twin.graph.local import jars, process, releases, server

pytestmark = pytest.mark.neo4j

ANY = releases.asked() or releases.LONG_TERM
"""The release that this run is about."""


@pytest.fixture(scope="module", autouse=True)
def any_port():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_ANY_PORT", "1")
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One home for the whole module: a first start takes seconds."""
    folder = tmp_path_factory.mktemp("local")
    yield folder
    local.stop(folder)


def listening(pid):
    """(address, port) of every TCP socket on which a process listens, from the kernel's own tables."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in sockets:
                address, port = columns[1].split(":")
                found.add((address, int(port, 16)))
    return found


def test_two_processes_that_start_at_once_end_with_one_database(home):
    script = (
        "import sys; from twin.graph import local; home = sys.argv[1]; "
        "print(local.start(home).uri, local.status(home).pid)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = {process.communicate(timeout=180)[0].strip() for process in started}
    assert all(process.returncode == 0 for process in started)
    assert len(said) == 1
    assert local.running(home)


def test_it_outlives_its_starter_in_a_session_of_its_own(home):
    local.start(home)
    pid = local.status(home).pid
    assert os.getsid(pid) == pid
    assert os.getsid(pid) != os.getsid(0)


def test_it_holds_no_file_of_its_starter(tmp_path, monkeypatch):
    """A lock that a script holds while it calls us (flock FILE twin …) ends with the script."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nls -l /proc/self/fd\n")
    java.chmod(0o700)
    monkeypatch.setattr(process, "java", lambda: str(java))
    place = homes.Home(tmp_path / "neo4j")
    place.make()
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        os.waitpid(process.spawn(place, tmp_path), 0)
    said = place.console.read_text()
    assert "/dev/null" in said
    assert "lock" not in said


@pytest.mark.parametrize(
    ("options", "collectors"),
    [
        ("", ["-XX:+UseParallelGC"]),
        ("-Xmx4g -XX:ParallelGCThreads=1", ["-XX:+UseParallelGC"]),
        ("-Xmx4g -XX:+UseG1GC", ["-XX:+UseG1GC"]),
    ],
)
def test_java_gets_one_collector_and_the_users_own_counts(tmp_path, monkeypatch, options, collectors):
    """With two of them it does not start."""
    java = tmp_path / "java"
    java.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    java.chmod(0o700)
    monkeypatch.setattr(process, "java", lambda: str(java))
    monkeypatch.setenv("TWIN_JAVA_OPTIONS", options)
    place = homes.Home(tmp_path / "neo4j")
    place.make()
    os.waitpid(process.spawn(place, tmp_path), 0)
    said = place.console.read_text().split()
    assert [option for option in said if option.endswith("GC")] == collectors
    assert [option for option in options.split() if option not in said] == []


def test_a_process_that_does_not_have_its_arguments_yet_is_waited_for(tmp_path, monkeypatch):
    """On a busy machine the system lets the starter go on before `/proc` shows what the new process is."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nexec sleep 60\n")
    java.chmod(0o700)
    monkeypatch.setattr(process, "java", lambda: str(java))
    asked = []

    def late(_pid):
        asked.append(1)
        return ["java", f"--home-dir={tmp_path / 'neo4j'}"] if len(asked) > 3 else []

    monkeypatch.setattr(process, "_arguments", late)
    place = homes.Home(tmp_path / "neo4j")
    place.make()
    pid = process.spawn(place, tmp_path)
    try:
        assert len(asked) == 4
        assert process.alive(place, pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_process_without_arguments_has_none():
    """One that has ended and was not let go of has an empty list of them, as a new one has for a moment."""
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process._arguments(child.pid) == []
    child.wait()
    assert process._arguments(child.pid) == []
    assert process._arguments(os.getpid())[0]


def test_starting_again_finds_what_runs(home):
    first = local.start(home)
    start = time.perf_counter()
    assert local.start(home) == first
    assert time.perf_counter() - start < 0.5


def test_it_listens_on_loopback_alone(home):
    endpoint = local.start(home)
    found = listening(local.status(home).pid)
    assert {address for address, _ in found} == {"0100007F"}
    assert {port for _, port in found} == {int(uri.rpartition(":")[2]) for uri in (endpoint.uri, endpoint.http_uri)}


def test_the_password_is_random_private_and_in_no_log(home):
    endpoint = local.start(home)
    folder = home / "neo4j"
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(endpoint.password) >= 20
    secret = endpoint.password.encode()
    holders = [file.name for file in folder.rglob("*") if file.is_file() and secret in file.read_bytes()]
    assert holders == ["password"]
    assert secret not in Path(f"/proc/{local.status(home).pid}/cmdline").read_bytes()
    assert secret not in Path(f"/proc/{local.status(home).pid}/environ").read_bytes()


def test_a_stranger_with_wrong_passwords_locks_nobody_out(home):
    """Another folder's twin may still knock at a port that was its own before."""
    endpoint = local.start(home)
    for _ in range(6):
        with pytest.raises(TwinError), Store(replace(endpoint, password="not this one")) as stranger:
            stranger.read("RETURN 1 AS one")
    with Store(endpoint) as store:
        assert store.read("RETURN 1 AS one") == [{"one": 1}]


def test_neo4j_browser_is_served(home):
    endpoint = local.start(home)
    host, _, port = endpoint.http_uri.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/browser/")
    assert connection.getresponse().status == 200


def test_nothing_committed_is_lost_by_kill_9(home):
    with Store(local.start(home)) as store:
        store.write("MATCH (n) DETACH DELETE n")
        store.write("UNWIND range(1, 5000) AS i CREATE (:Kept {i: i})")
    pid = local.status(home).pid
    os.kill(pid, signal.SIGKILL)
    while process.alive(server.home_of(home), pid):
        time.sleep(0.05)
    assert local.running(home) is None
    assert not local.status(home).running
    with Store(local.start(home)) as store:
        assert store.read("MATCH (n:Kept) RETURN count(n) AS n") == [{"n": 5000}]


def test_a_process_that_no_file_names_is_found_again(home):
    local.start(home)
    pid = local.status(home).pid
    (home / "neo4j" / "endpoint.json").unlink()
    assert local.running(home) is None
    local.start(home)
    assert local.status(home).pid == pid


def test_it_stops_gracefully_and_takes_other_ports_where_its_own_are_taken(home):
    before = local.start(home)
    held = Store(before)
    assert held.read("RETURN 1 AS one") == [{"one": 1}]
    start = time.perf_counter()
    assert local.stop(home)
    assert time.perf_counter() - start < 10
    assert not local.stop(home)
    port = int(before.uri.rpartition(":")[2])
    with socket.socket() as intruder:
        intruder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        intruder.bind(("127.0.0.1", port))
        intruder.listen()
        after = local.start(home)
        assert after.uri != before.uri
        with Store(after) as store:
            assert store.read("RETURN 1 AS one") == [{"one": 1}]
        # Who held a connection meets the restart once, and is where it answers now from then on.
        with held:
            with pytest.raises(Unreachable):
                held.read("RETURN 1 AS one")
            assert held.read("RETURN 1 AS one") == [{"one": 1}]
            assert held.endpoint == after
    assert after.password == before.password


def test_a_port_taken_between_choice_and_use_is_given_up(home, monkeypatch):
    local.stop(home)
    chosen = []
    true_choice = homes.choose_ports

    with socket.socket() as intruder:
        intruder.bind(("127.0.0.1", 0))
        intruder.listen()
        taken = intruder.getsockname()[1]

        def first_wrong(last, avoid=frozenset()):
            ports = true_choice(last, avoid) if chosen else (taken, true_choice(last, avoid)[1])
            chosen.append(ports)
            return ports

        monkeypatch.setattr(server, "choose_ports", first_wrong)
        endpoint = local.start(home)
    assert len(chosen) == 2
    assert str(taken) not in endpoint.uri


def test_a_stale_process_number_of_another_program_is_not_ours(home):
    place = server.home_of(home)
    assert not process.alive(place, os.getpid())
    assert not process.alive(place, 0)
    assert not process.alive(place, 2**22 - 3)


def test_a_lost_password_file_is_told(home):
    local.stop(home)
    secret = home / "neo4j" / "password"
    kept = secret.read_text()
    secret.unlink()
    try:
        with pytest.raises(BadInput, match="password is missing"):
            local.start(home)
    finally:
        secret.write_text(kept)
        secret.chmod(0o600)


def test_a_home_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file") as caught:
        local.start(tmp_path / "file" / "home")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_rights_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="Permission denied"):
        local.start(tmp_path / "home")


@pytest.mark.parametrize(
    ("said", "kind", "line"),
    [
        ("java.io.IOException: No space left on device", Unreachable, "disk is full"),
        ("java.nio.file.AccessDeniedException: /x", BadInput, "may not write"),
        ("OpenJDK: Could not reserve enough space for object heap", Unreachable, "memory"),
        ("Lock file has been locked by another process", Unreachable, "another Neo4j"),
        ("2026-11-22 ERROR Failed to start: something else", Unreachable, "something else"),
        ("", Unreachable, "says nothing"),
    ],
)
def test_why_a_start_failed_is_one_line(tmp_path, said, kind, line):
    failure = process.failure(server.home_of(tmp_path), said)
    assert isinstance(failure, kind)
    assert line in str(failure)
    assert "\n" not in str(failure)


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(homes.Home, "make", full)
    with pytest.raises(Unreachable, match="the disk is full"):
        local.start(tmp_path)


def test_the_admin_tool_says_what_is_wrong_in_one_line(tmp_path):
    place = server.home_of(tmp_path)
    place.make()
    place.write_configuration(*server.choose_ports(None))
    with pytest.raises(TwinError, match="database check") as caught:
        process.admin(place, jars.ensure(place.release), ("database", "check", "nothere"))
    assert "\n" not in str(caught.value)


def made(tmp_path, name):
    """A home that says it holds data of this release; without a word where `name` is None, as before there were two."""
    place = server.home_of(tmp_path)
    (place.folder / "data" / "databases" / "system").mkdir(parents=True)
    if name:
        place.take_release(releases.RELEASES[name])
    return place


def test_a_home_keeps_the_release_that_made_it(tmp_path, monkeypatch):
    monkeypatch.delenv("TWIN_NEO4J", raising=False)
    for name in releases.RELEASES:
        place = made(tmp_path / name, name)
        place.settle_release()
        assert place.release.name == name
    assert made(tmp_path / "old", None).release == releases.LONG_TERM


def test_a_new_home_is_of_the_release_that_is_asked_for(tmp_path, monkeypatch):
    place = server.home_of(tmp_path)
    place.make()
    for name in releases.RELEASES:
        monkeypatch.setenv("TWIN_NEO4J", name)
        place.settle_release()
        assert place.release.name == name
    monkeypatch.delenv("TWIN_NEO4J")
    place.settle_release()
    assert place.release == releases.LONG_TERM


@pytest.mark.parametrize(("name", "line"), [("2026", "made by Neo4j 5.26.*twin restore"), ("4.4", "5.26 and 2026")])
def test_another_release_than_the_data_is_refused_before_anything_starts(tmp_path, monkeypatch, name, line):
    made(tmp_path, "5.26")
    monkeypatch.setenv("TWIN_NEO4J", name)
    with pytest.raises(BadInput, match=line):
        local.start(tmp_path)
