"""Live state, alarms and events over REST, as the live process keeps them; no database."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from service.conftest import stepped

from twin.access.roles import Role
from twin.campus import Campus
from twin.live.directory import Head
from twin.live.keeper import Keeper
from twin.live.metrics import NUMBER
from twin.service.access import routes
from twin.service.access.who import Access
from twin.service.api import events as api_events
from twin.service.api import live
from twin.service.api.problems import add_problems
from twin.service.events import KEPT, Events, Watcher, watch
from twin.topology import from_records

ASSETS = [
    {"id": "UTIL", "label": "UtilityFeed"},
    {"id": "UPS-A", "label": "UPS", "rated_kw": 100.0},
    {"id": "UPS-B", "label": "UPS", "rated_kw": 100.0},
    *({"id": f"S{i}", "label": "Server", "draw_kw": 1.0} for i in range(4)),
]
FEEDS = [
    ("UTIL", "UPS-A"), ("UTIL", "UPS-B"), ("UPS-A", "S3"),
    *((ups, f"S{i}") for i in range(3) for ups in ("UPS-A", "UPS-B")),
]  # fmt: skip


class Still:
    """Hands out a campus that has no database to follow."""

    def __init__(self, campus):
        self.campus = campus

    def __call__(self):
        return self.campus


@pytest.fixture
def campus(tmp_path):
    relationships = [{"source_id": one, "type": "FEEDS", "target_id": other} for one, other in FEEDS]
    return Campus(None, home=tmp_path, topology=from_records(ASSETS, relationships))


@pytest.fixture
def kept(campus, tmp_path) -> Iterator[Keeper]:
    """A live process in this one, stepped by a thread."""
    with stepped(Keeper(campus, tmp_path, "played")) as keeper:
        yield keeper


def say(keeper, metric, asset, value):
    head = Head("bms", NUMBER[metric], time.time(), -1)
    batch = keeper.directory.batch(head, [asset], [value], time.time())
    with keeper.directory.lock:
        keeper.receive(batch)


@pytest.fixture
def hub():
    return Events()


@pytest.fixture
def app(campus, tmp_path, hub):
    @asynccontextmanager
    async def lifespan(_):
        watching = asyncio.create_task(watch(hub, Watcher(tmp_path, fresh)))
        yield
        watching.cancel()

    fresh, access = Still(campus), Access(tmp_path)
    app = FastAPI(lifespan=lifespan)
    app.state.access = access
    add_problems(app)
    routes.add_access(app, access)
    router = APIRouter(prefix="/api/v1")
    live.add(router, fresh)
    api_events.add(router, hub)
    app.include_router(router)
    yield app
    access.people.close()


@pytest.fixture
def client(app):
    return TestClient(app, base_url="http://127.0.0.1")


def until(ask, found, seconds=20):
    end = time.monotonic() + seconds
    while not found(answer := ask()):
        assert time.monotonic() < end, answer
        time.sleep(0.05)
    return answer


def test_without_a_live_process_it_says_so(client):
    for path in ("live/status", "live/conditions", "live/assets/UPS-A", "live/suspects", "alarms", "energy"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 503, path
        assert "twin live" in answer.json()["detail"]
    assert client.post("/api/v1/alarms/acknowledge", json={"ids": None}).status_code == 503


def test_what_is_down_and_what_follows(client, kept):
    assert client.get("/api/v1/live/conditions").json() == {"rows": [], "total": 0, "next": None}
    say(kept, "condition", "UPS-A", "down")
    answer = until(lambda: client.get("/api/v1/live/conditions").json(), lambda found: found["total"])
    assert {row["id"]: row["seen"] for row in answer["rows"]} == {
        "UPS-A": "down", "S0": "at_risk", "S1": "at_risk", "S2": "at_risk", "S3": "lost",
    }  # fmt: skip
    row = next(row for row in answer["rows"] if row["id"] == "UPS-A")
    assert (row["condition"], row["stale"]) == ("down", "never"), "a condition does not grow stale"
    assert abs(row["condition_since_s"] - time.time()) < 30
    page = client.get("/api/v1/live/conditions", params={"limit": 2, "cursor": 4}).json()
    assert (len(page["rows"]), page["total"], page["next"]) == (1, 5, None)
    lost = client.get("/api/v1/live/conditions", params={"seen": ["lost", "down"]}).json()
    assert {row["id"] for row in lost["rows"]} == {"UPS-A", "S3"}


def test_an_asset_with_its_values(client, kept):
    say(kept, "power_kw", "UPS-A", 41.5)
    say(kept, "condition", "UPS-A", "out")
    answer = until(lambda: client.get("/api/v1/live/assets/UPS-A").json(), lambda found: found["seen"] == "out")
    power = answer["values"]["power_kw"]
    assert (power["value"], power["unit"], power["quality"], power["stale"]) == (41.5, "kW", "good", False)
    assert answer["values"]["condition"]["value"] == "out"
    assert client.get("/api/v1/live/assets/UTIL").json()["values"] == {}
    assert client.get("/api/v1/live/assets/NOTHING").status_code == 404
    until(lambda: client.get("/api/v1/live/status").json(), lambda found: found.get("points") == 2)


def test_alarms_are_listed_chosen_and_acknowledged(client, kept, app):
    say(kept, "condition", "UPS-B", "down")
    say(kept, "condition", "UPS-A", "down")

    def told(**chosen):
        return client.get("/api/v1/alarms", params=chosen).json()

    until(told, lambda found: found["total"] == 2 and all(row["consequence"] for row in found["rows"]))
    assert told(limit=1, cursor=1)["next"] is None
    assert told(severity="critical")["total"] == 2
    assert told(severity="warning")["total"] == 0
    assert client.post("/api/v1/alarms/acknowledge", json={"ids": ["UPS-A"]}).json() == {"acknowledged": 1}
    assert [row["id"] for row in told(acknowledged=True)["rows"]] == ["UPS-A"]
    assert client.post("/api/v1/alarms/acknowledge", json={"ids": ["UTIL"]}).status_code == 404
    assert client.post("/api/v1/alarms/acknowledge", json={"ids": None}).json() == {"acknowledged": 1}
    say(kept, "condition", "UPS-A", "up")
    until(told, lambda found: found["total"] == 1)
    assert told(state="all")["total"] == 2
    noted = app.state.access.audit.lines(what="alarm")
    assert [(line["on"], line["result"]) for line in noted] == [
        ("UPS-A", "done (200)"), ("UTIL", "refused (404)"), ("all", "done (200)"),
    ]  # fmt: skip


def test_history_without_any_and_metrics_that_are_none(client, kept):
    answer = client.get("/api/v1/history/UPS-A", params={"metric": "power_kw"})
    assert answer.status_code == 422
    assert "no history" in answer.json()["detail"]
    assert "near" in client.get("/api/v1/history/UPS-A", params={"metric": "power_kwh"}).json()["detail"]
    answer = client.get("/api/v1/energy", params={"since": "yesterday"})
    assert (answer.status_code, answer.json()["detail"][:5]) == (422, "since")
    assert client.get("/api/v1/energy").json()["pue"] is None


@pytest.fixture
def address(app):
    """The application behind real sockets: a stream of events has no end that a test client could wait for."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


class Listening:
    """Somebody who listens; `take` waits for the next event of a kind, and says what came instead where none does."""

    PATIENCE_S = 30.0

    def __init__(self, address, headers=None, **params):
        self._context = httpx2.stream("GET", f"{address}/api/v1/events", params=params, headers=headers, timeout=30)

    def __enter__(self):
        self.answer = self._context.__enter__()
        assert self.answer.status_code == 200
        assert self.answer.headers["content-type"].startswith("text/event-stream")
        self._lines = self.answer.iter_lines()
        self.last = None
        assert next(self._lines) == ": listening"
        return self

    def __exit__(self, *error):
        return self._context.__exit__(*error)

    def take(self, kind):
        event, heard, until = {}, [], time.monotonic() + self.PATIENCE_S
        # The pings of a stream that is kept open wake this loop, so that it sees its time run out.
        for line in self._lines:
            assert time.monotonic() < until, f"no {kind} within {self.PATIENCE_S:.0f} s, but {heard}"
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
                continue
            self.last = event.get("id", self.last)
            if event.get("event") == kind:
                return json.loads(event["data"])
            heard.append(event)
            event = {}
        raise AssertionError(f"the stream has ended; heard {heard}")


def listening(hub):
    until(lambda: hub.listeners, bool)
    time.sleep(0.6)  # the watcher has looked once


def test_alarms_and_conditions_are_heard_by_all_who_listen(address, kept, hub):
    with Listening(address) as one, Listening(address, type="alarm") as other:
        listening(hub)
        say(kept, "condition", "UPS-A", "down")
        changed = one.take("conditions")
        assert {row["id"]: row["seen"] for row in changed["rows"]}["UPS-A"] == "down"
        assert changed["complete"]
        assert one.take("alarm")["id"] == "UPS-A"
        assert other.take("alarm")["id"] == "UPS-A"
    until(lambda: hub.listeners, lambda count: count == 0)


def test_the_first_alarm_ever_is_told_and_what_nobody_sees_is_not(campus, tmp_path):
    watcher, keeper = Watcher(tmp_path, Still(campus)), Keeper(campus, tmp_path, "played")
    assert watcher.look() == []
    assert not keeper.place.alarms.exists()
    say(keeper, "condition", "UPS-A", "down")
    say(keeper, "power_kw", "UPS-B", 1.0)
    assert watcher.look() == [], "reported, and nothing concluded from it"
    keeper.step(time.time())
    told = watcher.look()
    assert [kind for kind, _ in told] == ["conditions", "alarm"]
    assert {row["id"]: (row["seen"], row["alarm"]) for row in told[0][1]["rows"]}["UPS-A"] == ("down", "critical")
    assert (told[1][1]["id"], told[0][1]["complete"]) == ("UPS-A", True)
    keeper.state.conclude("stale", 1 - keeper.state.file.asset["stale"])
    assert watcher.look() == [], "of a point grown stale these events do not speak"
    keeper.close()


def test_who_comes_back_misses_nothing(address, hub):
    with Listening(address) as one:
        until(lambda: hub.listeners, bool)
        hub.happened("job", {"n": 1})
        assert one.take("job") == {"n": 1}
    for number in (2, 3):
        hub.happened("job", {"n": number})
    with Listening(address, headers={"Last-Event-ID": one.last}) as again:
        assert [again.take("job") for _ in range(2)] == [{"n": 2}, {"n": 3}]
    for last in ("other-1", "", "x" * 99, one.last.partition("-")[0] + "-999999"):
        with Listening(address, headers={"Last-Event-ID": last}) as lost:
            assert "anew" in lost.take("reset")["why"]


def test_who_was_away_for_too_long_is_told_so(address, hub):
    with Listening(address) as one:
        until(lambda: hub.listeners, bool)
        hub.happened("job", {"n": 1})
        one.take("job")
    for number in range(KEPT + 2):
        hub.happened("job", {"n": number})
    with Listening(address, headers={"Last-Event-ID": one.last}) as again:
        assert again.take("reset")


def test_a_live_process_that_ends_and_one_that_starts_are_told(address, campus, tmp_path, hub):
    with Listening(address) as one:
        listening(hub)
        keeper = Keeper(campus, tmp_path, "played")
        assert one.take("live") == {"running": True}
        keeper.close()
        assert one.take("live") == {"running": False}


def test_who_is_signed_out_hears_no_more(address, app, hub, monkeypatch):
    monkeypatch.setattr(api_events, "LOOKED_AGAIN_EVERY_S", 0.1)
    people = app.state.access.people
    people.add("anna", Role.VIEWER, "correct horse battery")
    token = people.add_token("anna", "t")
    assert httpx2.get(f"{address}/api/v1/events").status_code == 401
    with Listening(address, headers={"authorization": f"Bearer {token.text}"}) as one:
        until(lambda: hub.listeners, bool)
        hub.happened("job", {"n": 1})
        assert one.take("job") == {"n": 1}
        people.revoke(token.id)
        with pytest.raises(AssertionError, match="ended"):
            one.take("job")


def test_a_silent_stream_is_kept_open(address, hub, monkeypatch):
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.2)
    with Listening(address) as one:
        assert next(line for line in one._lines if "ping" in line) == ": ping"
