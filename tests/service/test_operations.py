"""What operators need of the service: one line a request, ids, no secrets, figures, and a stop that loses nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from service.conftest import environment

pytestmark = pytest.mark.neo4j

ROUTE = "/api/v1/assets/{id:path}"
MANY = 4_000_000
SLOW = f"UNWIND range(1, {MANY}) AS x WITH x WHERE x % 7 = 3 RETURN count(x) AS n"
"""A query that takes long enough to be met while it runs."""


class Running:
    """`twin serve` with its log as JSON."""

    def __init__(self, process, address, log):
        self.process, self.address, self.log = process, address, log

    def lines(self):
        """What has been logged so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def line(self, request_id):
        """The line of a request; it is written right after the answer."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            for one in self.lines():
                if one["logger"] == "twin.service.requests" and one["request_id"] == request_id:
                    return one
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())


@contextmanager
def served(endpoint, home, log):
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "twin.cli.main", "serve", "--port", "0", "--people", "1"],
            env=environment(endpoint, home) | {"TWIN_LOG": "json"}, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, log.read_text()
            yield Running(process, found[0].rstrip("/"), log)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def server(endpoint, tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operations")
    with served(endpoint, folder / "home", folder / "log") as running:
        yield running


def figures(server):
    answer = requests.get(f"{server.address}/metrics", timeout=30)
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_each_request_is_one_line_with_an_id_that_the_answer_carries(server):
    answer = requests.get(
        f"{server.address}/api/v1/assets/B1?x=1", headers={"X-Request-ID": "from-proxy-7"}, timeout=30
    )
    assert answer.headers["x-request-id"] == "from-proxy-7"
    line = server.line("from-proxy-7")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/assets/B1", 200)
    assert 0 < line["ms"] < 30_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line["at"])


@pytest.mark.parametrize("given", [None, "a b", "x" * 65, '{"a":1}'])
def test_an_id_that_is_none_or_no_harmless_one_is_made_anew(server, given):
    headers = {} if given is None else {"X-Request-ID": given}
    own = requests.get(f"{server.address}/healthz", headers=headers, timeout=30).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", own)


def test_secrets_of_headers_queries_and_bodies_are_not_logged(server):
    secret = "hunter2-secret"
    requests.get(
        f"{server.address}/api/v1/search?q={secret}",
        headers={"Authorization": f"Bearer {secret}", "Cookie": f"session={secret}"}, timeout=30,
    )  # fmt: skip
    requests.post(
        f"{server.address}/api/v1/cypher", json={"query": "RETURN $x", "parameters": {"x": secret}}, timeout=30
    )
    requests.post(f"{server.address}/api/v1/cypher", data=secret, timeout=30)
    said = server.log.read_text()
    assert "/api/v1/search" in said
    assert secret not in said
    password = environment_password(server)
    assert password
    assert password not in said


def environment_password(server):
    words = Path(f"/proc/{server.process.pid}/environ").read_bytes().split(b"\0")
    return next(word for word in words if word.startswith(b"TWIN_PASSWORD=")).decode().partition("=")[2]


def test_requests_are_counted_by_route_and_not_by_what_people_make_up(server):
    series = ("twin_requests_total", ("method", "GET"), ("route", ROUTE), ("status", "200"))
    before = figures(server).get(series, 0)
    for name in ("B1", "CAMPUS", "no-such-asset"):
        requests.get(f"{server.address}/api/v1/assets/{name}", timeout=30)
    requests.get(f"{server.address}/made/up/by/a/scanner", timeout=30)
    found = figures(server)
    ok = found[series] - before
    missing = found[("twin_requests_total", ("method", "GET"), ("route", ROUTE), ("status", "404"))]
    assert ok + missing >= 3
    assert not any("scanner" in str(label) or "no-such-asset" in str(label) for label in found)
    assert found[("twin_request_seconds_count", ("method", "GET"), ("route", ROUTE))] >= 3


def test_the_figures_tell_graph_places_and_live_state(server):
    found = figures(server)
    names = {key[0] for key in found}
    health = requests.get(f"{server.address}/healthz", timeout=30).json()
    assert found[("twin_graph", ("version", health["version"]))] == 1
    assert found[("twin_graph_assets",)] == health["assets"]
    assert found[("twin_live_running",)] == 0
    assert {"process_resident_memory_bytes", "twin_requests_running"} <= names


def ask(server, answers):
    answers.append(requests.post(f"{server.address}/api/v1/cypher", json={"query": SLOW}, timeout=120))


@pytest.mark.slow
def test_sigterm_lets_running_requests_finish_takes_no_new_ones_and_leaves_no_process(endpoint, tiny, tmp_path):
    with served(endpoint, tmp_path / "home", tmp_path / "log") as running:
        answers = []
        asking = threading.Thread(target=ask, args=(running, answers))
        asking.start()
        until = time.monotonic() + 60
        while figures(running)[("twin_requests_running",)] < 2:  # the scrape itself is one
            assert time.monotonic() < until
            time.sleep(0.02)
        children = descendants(running.process.pid)
        running.process.send_signal(signal.SIGTERM)
        asking.join()
        assert running.process.wait(timeout=60) == 0
        assert [answer.status_code for answer in answers] == [200]
        assert answers[0].json() == {"rows": [{"n": len(range(3, MANY + 1, 7))}], "complete": True}
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{running.address}/healthz", timeout=5)
    time.sleep(0.5)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists() and not zombie(pid)]


def descendants(pid):
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def zombie(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_the_log_of_a_command_is_json_where_asked_for(tmp_path):
    environment = {**os.environ, "TWIN_LOG": "xml", "TWIN_HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-m", "twin.cli.main", "status"], env=environment, capture_output=True, text=True, check=False
    )
    assert said.returncode == 2
    assert said.stderr.strip() == "twin: TWIN_LOG 'xml': it is text or json"
