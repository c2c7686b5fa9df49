"""The jars of the local Neo4j: fetched once, checked against the lock, kept, or carried to where no repository is."""

import http.server
import threading

import pytest

from schema.errors import Unreachable
from twin.graph.local import jars, releases

pytestmark = pytest.mark.neo4j

ANY = releases.asked() or releases.LONG_TERM
"""The release that this run is about."""


@pytest.mark.parametrize("release", releases.RELEASES.values(), ids=lambda release: release.name)
def test_the_lock_names_the_jars_that_are_there(release):
    named = jars.lock(release)
    assert len({jar.file_name for jar in named}) == len(named) > 200
    assert jars.parse("\n".join(jar.line for jar in named)) == named
    assert {f"neo4j-{release.version}.jar", "neo4j-browser-5.24.0.jar"} <= {jar.file_name for jar in named}


@pytest.fixture
def fetched():
    """The folder that the session's own Neo4j runs from."""
    return jars.ensure(ANY)


@pytest.fixture
def one_jar(fetched, monkeypatch, tmp_path):
    """A lock of one small jar, a cache of its own, and no copy in Maven's cache."""
    assert fetched.is_dir()  # before the cache is another
    smallest = min(jars.lock(ANY), key=lambda jar: jar.size)
    monkeypatch.setattr(jars, "lock", lambda _: [smallest])
    monkeypatch.setenv("TWIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "no-maven"))
    return smallest


@pytest.fixture
def repository(monkeypatch):
    """A Maven repository on loopback that gives what the test says; jgo is set to use it alone."""
    given = {"status": 200, "body": b""}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = given["status"] == 200 and self.path.endswith(".jar")
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(given["body"]) if found else 0))
            self.end_headers()
            self.wfile.write(given["body"] if found else b"")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr("jgo.constants.MAVEN_CENTRAL_URL", f"http://127.0.0.1:{running.server_port}")
        yield given
        running.shutdown()


def test_jars_are_fetched_checked_and_kept(fetched, one_jar, repository):
    repository["body"] = (fetched / one_jar.file_name).read_bytes()
    folder = jars.ensure(ANY)
    assert (folder / one_jar.file_name).read_bytes() == repository["body"]
    repository["status"] = 404
    assert jars.ensure(ANY) == folder
    assert not list(folder.glob(".staging*"))


def test_a_jar_with_another_checksum_is_refused(one_jar, repository):
    repository["body"] = b"x" * one_jar.size
    with pytest.raises(Unreachable, match="checksum"):
        jars.ensure(ANY)
    assert not (jars.folder(ANY) / one_jar.file_name).exists()


def test_a_broken_jar_is_fetched_again(fetched, one_jar, repository):
    repository["body"] = (fetched / one_jar.file_name).read_bytes()
    folder = jars.ensure(ANY)
    (folder / one_jar.file_name).write_bytes(b"half")
    jars.ensure(ANY)
    assert (folder / one_jar.file_name).read_bytes() == repository["body"]


def test_a_repository_that_lacks_the_jar_is_told(one_jar, repository):
    repository["status"] = 404
    with pytest.raises(Unreachable, match="TWIN_URI") as caught:
        jars.ensure(ANY)
    assert one_jar.file_name in str(caught.value)


def test_no_way_to_the_repository_is_one_line_with_both_ways_out(one_jar, monkeypatch):
    monkeypatch.setattr("jgo.constants.MAVEN_CENTRAL_URL", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="TWIN_URI") as caught:
        jars.ensure(ANY)
    line = str(caught.value)
    assert str(jars.folder(ANY)) in line
    assert "\n" not in line


def test_carried_jars_need_no_repository(fetched, one_jar, monkeypatch):
    monkeypatch.setattr("jgo.constants.MAVEN_CENTRAL_URL", "http://127.0.0.1:9")
    jars.folder(ANY).mkdir(parents=True)
    (jars.folder(ANY) / one_jar.file_name).write_bytes((fetched / one_jar.file_name).read_bytes())
    assert jars.ensure(ANY) == jars.folder(ANY)
