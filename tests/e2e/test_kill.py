"""kill -9 of the program, of the database, of both, while something is written: run again, all is as if undisturbed.

Every kind of writing is killed once by each; TWIN_KILLS=20 does so twenty times, at other moments, and
TWIN_KILL_SCALE=block on a larger campus. The seed is told when a test fails: TWIN_KILL_SEED repeats it.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from plugins.neo4j_fixture import empty

from ingest.campus import write
from schema.errors import Unreachable
from twin.graph import Store, local
from twin.live.graph import GraphConditions

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]

ROUNDS = range(int(os.environ.get("TWIN_KILLS", "1")))
SCALE = os.environ.get("TWIN_KILL_SCALE", "tiny")
SEED = int(os.environ.get("TWIN_KILL_SEED", "20261128"))
VICTIMS = ["program", "database", "both"]
OFTEN = "TWIN_KILLS" in os.environ
SOME = VICTIMS if OFTEN else ["program", "both"]
"""By default fewer restarts of the database; it dies alone under an import and under the conditions."""
FAILED = "B1-M01-UPS-A"
MOMENTS = {"imported_at", "saved_at", "_run", "condition_since", "asked_at", "until", "owner"}
"""Properties that tell when, or how often, something was written."""


class Place:
    """A home with a Neo4j of its own, and the exports that go into it."""

    def __init__(self, home, exports):
        self.home, self.exports = home, exports
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TWIN_") or name == "TWIN_NEO4J"
        } | {"TWIN_HOME": str(home), "TWIN_ANY_PORT": "1", "TWIN_JAVA_OPTIONS": os.environ["TWIN_JAVA_OPTIONS"]}

    def begin(self, *words):
        """Start a command of the twin."""
        return self.python("-m", "twin.cli.main", *words)

    def python(self, *words):
        return subprocess.Popen(
            [sys.executable, *words], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def twin(self, *words):
        """Run a command to its end; what it prints."""
        process = self.begin(*words)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return out

    def store(self):
        return Store(local.start(self.home))

    def kill(self, victim, process):
        """SIGKILL; then wait until the database, where it was hit, is gone."""
        pid = local.status(self.home).pid
        if victim in {"program", "both"}:
            process.kill()
        if victim in {"database", "both"}:
            os.kill(pid, signal.SIGKILL)
            until = time.monotonic() + 30
            while local.status(self.home).running:
                assert time.monotonic() < until
                time.sleep(0.01)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors
        if victim == "database":
            # It may have been through just before; else it says in one line that the database has gone.
            assert process.returncode in {0, 3}, errors

    def nothing(self):
        with self.store() as store:
            empty(store)

    def graph(self):
        """All nodes and relationships, but for moments."""
        with self.store() as store:
            nodes = store.read("MATCH (n) WHERE NOT n:_Lock RETURN labels(n) AS labels, properties(n) AS p")
            links = store.read(
                "MATCH (a)-[r]->(b) RETURN coalesce(a.id, a.name) AS a, type(r) AS type, "
                "coalesce(b.id, b.name) AS b, properties(r) AS p"
            )
        return sorted(map(_plain, nodes)), sorted(map(_plain, links))


def _plain(row):
    told = {name: value for name, value in row.items() if name != "p"}
    kept = {name: value for name, value in row["p"].items() if name not in MOMENTS}
    return json.dumps([told, kept], sort_keys=True, default=str)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    exports = tmp_path_factory.mktemp("exports")
    write(exports, SCALE, 1, False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_ANY_PORT", "1")
        made = Place(tmp_path_factory.mktemp("home"), exports)
        yield made
        local.stop(made.home)


@pytest.fixture(scope="module")
def undisturbed(place):
    """The graph after an import that nobody disturbs, the answer to a question, and how long it writes."""
    with place.store() as store:
        empty(store)
    process = place.begin("ingest", str(place.exports), "--load", "bolt")
    writes_s = writing(place, process)
    assert process.wait() == 0
    return place.graph(), answer(place), writes_s


def answer(place):
    return json.loads(place.twin("impact", FAILED, "--json"))


def seen(place, query):
    """Whether a query that reads finds something; a database that is gone shows nothing."""
    with contextlib.suppress(Unreachable), Store(local.running(place.home)) as store:
        return bool(store.read(query))
    return False


BEGUN = "MATCH (s:Source) WHERE s._complete = false RETURN 1 LIMIT 1"


def until(place, process, query):
    """Wait until a query finds something, or the process has ended."""
    with Store(local.running(place.home)) as store:
        while process.poll() is None and not store.read(query):
            time.sleep(0.005)


def writing(place, process):
    """Seconds from the first write of an import to its end."""
    until(place, process, BEGUN)
    began = time.monotonic()
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, out + errors
    return time.monotonic() - began


def chance(*parts):
    return random.Random(f"{SEED} {parts}").random()


@pytest.mark.parametrize("number", ROUNDS)
@pytest.mark.parametrize("victim", VICTIMS)
def test_an_import_that_was_killed_is_run_again_and_equals_one_that_was_not(place, undisturbed, victim, number):
    graph, asked, writes_s = undisturbed
    place.nothing()
    process = place.begin("ingest", str(place.exports), "--load", "bolt")
    until(place, process, BEGUN)
    time.sleep(writes_s * chance("import", victim, number))
    place.kill(victim, process)
    place.twin("ingest", str(place.exports), "--load", "bolt")
    assert place.graph() == graph
    assert answer(place) == asked


@pytest.fixture(scope="module")
def saved(place, undisturbed):
    """The graph with a scenario, saved by nobody disturbed, and without it."""
    before = place.graph()
    if before != undisturbed[0]:
        place.nothing()
        place.twin("ingest", str(place.exports), "--load", "bolt")
    began = time.monotonic()
    place.twin("impact", FAILED, "--overload", "trip", "--save", "S", "--json")
    lasted = time.monotonic() - began
    with_it = place.graph()
    place.twin("scenarios", "delete", "S")
    return with_it, lasted


@pytest.mark.parametrize("number", ROUNDS)
@pytest.mark.parametrize("victim", SOME)
def test_a_scenario_whose_saving_was_killed_is_saved_again(place, saved, victim, number):
    with_it, lasted = saved
    process = place.begin("impact", FAILED, "--overload", "trip", "--save", "S", "--json")
    moment = chance("scenario", victim, number)
    # Its node is there for a moment only: half of the times from then on, else at any time since the start.
    if moment < 0.5:
        until(place, process, "MATCH (s:Scenario {name: 'S'}) RETURN 1")
        time.sleep(moment * 0.1)
    else:
        time.sleep(lasted * (moment - 0.5) * 2)
    place.kill(victim, process)
    place.twin("impact", FAILED, "--overload", "trip", "--save", "S", "--json")
    assert place.graph() == with_it
    shown = json.loads(place.twin("scenarios", "list", "--json"))
    assert [(row["name"], row["saved_at"] is not None) for row in shown["rows"]] == [("S", True)]
    place.twin("scenarios", "delete", "S")


WRITER = """
import sys, time
from pathlib import Path
from twin.graph import Store, local
from twin.live.graph import GraphConditions
home = Path(sys.argv[1])
with Store(local.running(home)) as store:
    ids = [row["id"] for row in store.read("MATCH (a:Server) RETURN a.id AS id ORDER BY id")]
    conditions = GraphConditions(store, home)
    for turn in range(10**6):
        for number, id_ in enumerate(ids):
            conditions.want(id_, "down" if (number + turn) % 3 == 0 else "up", 1000.0 + turn)
        conditions.write()
        print(turn, conditions.trouble, flush=True)
"""


@pytest.mark.parametrize("number", ROUNDS)
@pytest.mark.parametrize("victim", VICTIMS if OFTEN else ["program", "database"])
def test_conditions_whose_writer_was_killed_are_those_of_the_next_one(place, saved, victim, number):
    process = place.python("-c", WRITER, str(place.home))
    first = process.stdout.readline()
    assert first.startswith("0"), process.communicate()[1]
    time.sleep(0.5 * chance("conditions", victim, number))
    pid = local.status(place.home).pid
    if victim in {"database", "both"}:
        os.kill(pid, signal.SIGKILL)
    if victim == "database":
        # The writer lives on, says what is the matter, and raises nothing.
        while not (line := process.stdout.readline()).partition(" ")[2].strip():
            assert line
    process.kill()
    _, errors = process.communicate()
    assert not errors
    with place.store() as store:
        ids = [row["id"] for row in store.read("MATCH (a:Server) RETURN a.id AS id ORDER BY id")]
        down = set(ids[::5])
        conditions = GraphConditions(store, place.home)
        conditions.begin(dict.fromkeys(down, "down"), 5000.0)
        conditions.write()
        assert conditions.trouble == ""
        found = store.read("MATCH (a:Asset) WHERE coalesce(a.condition, 'up') <> 'up' RETURN a.id AS id")
        assert {row["id"] for row in found} == down
        conditions.begin({}, 6000.0)
        conditions.write()
        store.write("MATCH (a:Asset) REMOVE a.condition, a.condition_since")
    assert place.graph() == plain_graph(saved)


def plain_graph(saved):
    """The graph with the scenario, without it."""
    nodes, links = saved[0]
    return (
        [node for node in nodes if '"Scenario"' not in node],
        [link for link in links if '"a": "S"' not in link],
    )


def test_a_service_lives_through_the_death_of_its_database_and_its_own(place, saved):
    import re  # noqa: PLC0415 - beside what uses it

    import requests  # noqa: PLC0415

    def served():
        process = place.begin("serve", "--port", "0", "--people", "1")
        found = re.search(r"http://\S+?(?=/\s)", process.stdout.readline())
        assert found, process.stderr.read()
        return process, f"{found[0]}/api/v1"

    body = {"ids": [FAILED], "overload": "trip"}
    process, api = served()
    try:
        first = requests.put(f"{api}/scenarios/S", json=body, timeout=120)
        assert first.status_code == 200, first.text
        os.kill(local.status(place.home).pid, signal.SIGKILL)
        time.sleep(0.3)
        gone = requests.put(f"{api}/scenarios/S", json=body, timeout=120)
        assert gone.status_code == 503
        assert gone.headers["content-type"].startswith("application/problem+json")
        local.start(place.home)
        again = requests.put(f"{api}/scenarios/S", json=body, timeout=120)
        assert again.status_code == 200, again.text
        process.kill()
        process.communicate(timeout=60)
        process, api = served()
        assert requests.put(f"{api}/scenarios/S", json=body, timeout=120).status_code == 200
        assert place.graph() == saved[0]
    finally:
        process.kill()
        process.communicate()
        with contextlib.suppress(AssertionError):
            place.twin("scenarios", "delete", "S")
