"""The REST API on the tiny campus: the documents of the commands, pages, problems, and what schemathesis finds."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import Failure, FailureGroup
from service.conftest import stepped

import twin
from twin.campus import Campus
from twin.live.keeper import Keeper
from twin.service.api.models import Named, Ranking
from twin.service.app import Settings, create
from twin.service.askers import Askers
from twin.service.worker import Where

pytestmark = pytest.mark.neo4j
UPS = "B1-M01-UPS-A"


@pytest.fixture(scope="module")
def where(endpoint, tiny, tmp_path_factory):
    auth = (endpoint.user, endpoint.password or "")
    return Where(uri=endpoint.uri, auth=auth, database=endpoint.database, home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def campus(where):
    with twin.open(where.uri, auth=where.auth, database=where.database, home=where.home) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(campus, where):
    return create(campus, Settings(where, names=frozenset({"testserver"}), no_view="not here"))


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert "\n" not in told["detail"]
    return told["detail"]


QUESTIONS = [
    ("impact", {"ids": [UPS]}, lambda c: c.impact(UPS)),
    ("impact", {"ids": [UPS], "out": ["B1-M01-UPS-B"]}, lambda c: c.impact(UPS, out=["B1-M01-UPS-B"])),
    (
        "impact",
        {"ids": [UPS], "overload": "trip", "limit": 0.5, "timeline": True, "until_s": 60},
        lambda c: c.impact(UPS, overload="trip", limit=0.5, timeline=True, until_s=60),
    ),
    ("sweep", {"labels": ["UPS"]}, lambda c: c.sweep(["UPS"])),
    ("pairs", {"labels": ["UPS", "PDU"]}, lambda c: c.pairs(["UPS", "PDU"])),
    ("cutsets", {"id": "B1-M01", "order": 2}, lambda c: c.cut_sets("B1-M01", order=2)),
    ("spof", {}, lambda c: c.single_points()),
    ("check", {"ids": [UPS]}, lambda c: c.check(UPS)),
    ("audit/independence", {}, lambda c: c.audit_independence()),
    ("audit/tier", {}, lambda c: c.audit_tier()),
    ("availability", {"ids": [UPS]}, lambda c: c.availability(UPS)),
    ("blackstart", {}, lambda c: c.black_start()),
    ("blackstart", {"after": [UPS]}, lambda c: c.restoration(UPS)),
]


@pytest.mark.parametrize(("path", "body", "ask"), QUESTIONS, ids=[one[0] for one in QUESTIONS])
def test_a_question_gets_the_document_of_the_command(client, campus, path, body, ask):
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == json.loads(json.dumps(ask(campus).to_dict()))


def test_only_the_parts_that_are_asked_for(client, campus):
    answer = client.post("/api/v1/impact", json={"ids": [UPS], "parts": ["totals", "question", "rounds"]}).json()
    whole = json.loads(json.dumps(campus.impact(UPS).to_dict()))
    assert answer == {"totals": whole["totals"], "question": whole["question"]}


LISTS = ("lost", "degraded", "at_risk", "down_before", "relies_on", "overloaded", "because")


def test_lists_and_explanations_come_by_page(client, campus):
    failed = max(campus.sweep().to_dict()["rows"], key=lambda row: row["lost"] + row["degraded"])["id"]
    whole = json.loads(json.dumps(campus.impact(failed).to_dict()))
    found: dict[str, list] = {name: [] for name in LISTS}
    asked, cursor = list(LISTS), 0
    while asked:
        body = {"ids": [failed], "parts": asked, "page": 7, "cursor": cursor}
        page = client.post("/api/v1/impact", json=body).json()
        assert set(page) == {*asked, "pages"}
        for name in asked:
            rows = page[name]
            assert len(rows) <= 7
            assert page["pages"][name]["total"] == len(whole[name])
            found[name] += rows.items() if isinstance(rows, dict) else rows
        asked = [name for name in asked if page["pages"][name]["next"] is not None]
        cursor += 7
    assert cursor > 14
    assert {**found, "because": dict(found["because"])} == {name: whole[name] for name in LISTS}


def test_every_asset_is_on_one_page_of_all_once(client, campus):
    found: list[str] = []
    cursor: int | None = 0
    while cursor is not None:
        page = client.get("/api/v1/assets", params={"limit": 97, "cursor": cursor}).json()
        assert page["total"] == len(campus.topology)
        found += [row["id"] for row in page["rows"]]
        cursor = page["next"]
    assert found == list(campus.topology.ids)


def test_assets_of_a_label(client):
    page = client.get("/api/v1/assets", params={"label": "UPS"}).json()
    assert {row["label"] for row in page["rows"]} == {"UPS"}
    assert page["total"] == len(page["rows"])
    assert client.get("/api/v1/assets", params={"label": "Nothing"}).json()["rows"] == []


def test_an_asset_in_full_by_id_or_name(client, campus):
    found = client.get(f"/api/v1/assets/{UPS}").json()
    assert (found["id"], found["label"]) == (UPS, "UPS")
    assert found["path"][:2] == ["CAMPUS", "B1"]
    assert {group["type"] for group in found["groups"]} >= {"FEEDS"}
    name = campus.details.name[campus.find(UPS)]
    assert client.get(f"/api/v1/assets/{name}").json() == found


def test_search(client):
    rows = client.get("/api/v1/search", params={"q": "b1-m01-ups", "limit": 3}).json()["rows"]
    assert rows[0]["id"] == UPS
    assert len(rows) == 3


def test_upstream_and_downstream_agree_with_the_graph(client, tiny):
    query = """
    MATCH path = (a:Asset)-[:FEEDS*1..3]->(b:Asset {id: $id})
    RETURN a.id AS id, min(length(path)) AS depth ORDER BY id
    """
    expected = {row["id"]: row["depth"] for row in tiny.read(query, id=UPS)}
    up = client.get(f"/api/v1/upstream/{UPS}", params={"depth": 3, "type": "FEEDS"}).json()
    assert {row["id"]: row["depth"] for row in up["rows"]} == expected
    assert up["complete"]
    down = client.get(f"/api/v1/downstream/{UPS}", params={"depth": 2}).json()
    query = "MATCH (:Asset {id: $id})-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]->(b) RETURN DISTINCT b.id AS id"
    direct = {row["id"] for row in tiny.read(query, id=UPS)}
    assert {row["id"] for row in down["rows"] if row["depth"] == 1} == direct
    cut = client.get(f"/api/v1/downstream/{UPS}", params={"depth": 5, "limit": 2}).json()
    assert len(cut["rows"]) == 2
    assert not cut["complete"]


def test_scenarios_are_saved_listed_shown_compared_and_deleted(client):
    for name, ids in (("one", [UPS]), ("two / three", ["B1-M01-UPS-B"])):
        assert client.put(f"/api/v1/scenarios/{name}", json={"ids": ids}).status_code == 200
    assert {row["name"] for row in client.get("/api/v1/scenarios").json()["rows"]} >= {"one", "two / three"}
    assert client.get("/api/v1/scenarios/two / three").json()["question"]["failed"] == ["B1-M01-UPS-B"]
    compared = client.get("/api/v1/compare", params={"first": "one", "second": "two / three"}).json()
    assert compared["lost"]["only_first"]
    assert client.delete("/api/v1/scenarios/one").status_code == 204
    assert "no scenario 'one'" in problem(client.get("/api/v1/scenarios/one"), 404)
    problem(client.delete("/api/v1/scenarios/one"), 404)
    assert client.delete("/api/v1/scenarios/two / three").status_code == 204


def test_cypher_reads_and_does_not_write(client, campus):
    body = {"query": "MATCH (a:Asset) WHERE a.id = $id RETURN a.id AS id", "parameters": {"id": UPS}}
    assert client.post("/api/v1/cypher", json=body).json() == {"rows": [{"id": UPS}], "complete": True}
    writing = (
        "CREATE (:Asset {id: 'X'})",
        "MATCH (a) DETACH DELETE a",
        "MATCH (a) CALL (a) { SET a.x = 1 } IN TRANSACTIONS",
    )
    for query in writing:
        problem(client.post("/api/v1/cypher", json={"query": query}), 422)
    assert campus.cypher("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": len(campus.topology)}]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "impact", {"ids": ["NO-SUCH"]}, 404, "no asset 'NO-SUCH'"),
        ("POST", "impact", {"ids": []}, 422, "body.ids"),
        ("POST", "impact", {"ids": [UPS], "limit": 0}, 422, "body.limit"),
        ("POST", "impact", {"ids": [UPS], "wrong": 1}, 422, "body.wrong"),
        ("POST", "impact", {"ids": [UPS], "live": True}, 503, "live"),
        ("POST", "sweep", {"labels": ["Nothing"]}, 422, "Nothing"),
        ("POST", "cypher", {"query": "RETURN"}, 422, ""),
        ("POST", "cypher", {"query": "RETURN 1", "parameters": {"x": [2**63]}}, 422, "beyond 64 bits"),
        ("GET", "assets/NO-SUCH", None, 404, "no asset 'NO-SUCH'"),
        ("GET", "assets?limit=0", None, 422, "query.limit"),
        ("GET", "nothing", None, 404, ""),
        ("DELETE", "impact", None, 405, ""),
    ],
)
def test_what_is_wrong_is_a_problem_of_one_line(client, method, path, body, status, told):  # noqa: PLR0917
    assert told in problem(client.request(method, f"/api/v1/{path}", json=body), status)


def test_too_many_long_questions_are_told_to_come_later(client, monkeypatch):
    monkeypatch.setattr("twin.service.askers.WAITING_MOST", -1)
    answer = client.post("/api/v1/sweep", json={})
    problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert client.post("/api/v1/impact", json={"ids": [UPS]}).status_code == 200


def test_who_goes_away_leaves_no_question_behind(where):
    askers = Askers(where)
    try:
        askers.prepare()
        assert askers._pool
        before = askers._pool.schedule(time.sleep, args=[300])  # keeps the process, so that the next one waits
        answer = asyncio.run(askers.ask("sweep", Ranking(), "", _Person(gone=True)))
        assert answer.status_code == 499
        assert askers.asked == 0
        before.cancel()
        again = asyncio.run(askers.ask("check", Named(ids=[UPS]), "", _Person(gone=False)))
        assert json.loads(bytes(again.body))["verdict"]
    finally:
        askers.close()


class _Person:
    def __init__(self, *, gone: bool) -> None:
        self.gone = gone

    async def is_disconnected(self) -> bool:
        return self.gone


def test_a_body_that_is_no_json_is_a_problem(client):
    problem(client.post("/api/v1/impact", content=b"{", headers={"content-type": "application/json"}), 422)


def test_health_and_description(client, campus):
    health = client.get("/healthz").json()
    assert health == {"status": "ok", "version": campus.topology.version, "assets": len(campus.topology)}
    described = client.get("/openapi.json").json()
    assert "/api/v1/impact" in described["paths"]


def test_changes_of_the_graph_are_taken_over(client, campus, tiny, monkeypatch):
    now = {"cache-control": "no-cache"}
    body = {"ids": ["NEW-CABINET"], "parts": ["question"]}
    before = client.post("/api/v1/impact", json={"ids": [UPS]}, headers=now).headers["twin-version"]
    tiny.write("CREATE (:Asset:Cabinet {id: 'NEW-CABINET', name: 'new'})")
    try:
        answer = client.post("/api/v1/impact", json=body, headers=now)
        assert answer.status_code == 200
        assert answer.headers["twin-version"] != before
        assert client.post("/api/v1/check", json={"ids": ["NEW-CABINET"]}).status_code == 200
    finally:
        tiny.write("MATCH (a:Asset {id: 'NEW-CABINET'}) DETACH DELETE a")
    monkeypatch.setattr("twin.service.api.fresh.LOOKED_UP_EVERY_S", 0.0)
    assert client.get("/api/v1/assets/NEW-CABINET").status_code == 404
    assert client.post("/api/v1/impact", json=body).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_schemathesis_finds_nothing(app, mode, live_process):
    """All its checks, on requests that fit the description and on such that do not; but for events, which never end."""
    config = schemathesis.Config.from_dict(
        {
            "request-timeout": 300.0,  # on a new machine the first sweep compiles its kernels
            # What is well formed may still name no asset, or be no Cypher: 404 and 422 are answers to that.
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}},
        }
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    found: list[str] = []
    operations = [one.ok() for one in schema.exclude(path="/api/v1/events").get_all_operations()]
    assert len(operations) == 38
    for operation in operations:
        try:
            # An export is a process of its own.
            _conforms(operation.as_strategy(mode), 3 if operation.path == "/api/v1/export" else 30)
        except Unsatisfiable:
            assert mode is schemathesis.GenerationMode.NEGATIVE, operation.label  # it takes nothing that could be wrong
        except (FailureGroup, Failure, ExceptionGroup) as error:
            found.append(f"{operation.label}: {error!r} {getattr(error, 'exceptions', '')}")
    assert not found, "\n".join(found)


@pytest.fixture
def live_process(campus):
    """Live state is kept; without it 503 is the right answer."""
    keeper = Keeper(Campus(None, home=campus.home, topology=campus.topology), campus.home, "played")
    with stepped(keeper):
        yield


def _conforms(requests, examples):
    @given(requests)
    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def conforms(case):
        case.call_and_validate()

    conforms()
