"""Who is let in, by what, to which role's routes, how often, and what the audit log says of it."""

from __future__ import annotations

import base64
import contextlib
import time

import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from schema.errors import BadInput
from twin.access.roles import Role
from twin.service.access import gate, throttle
from twin.service.access.rights import HEAVY, needs, note, who_asks
from twin.service.access.routes import add_access
from twin.service.access.who import Access
from twin.service.api import people as people_routes
from twin.service.api.problems import add_problems
from twin.service.guard import Guard

PASSWORD = "correct horse battery"
ORIGIN = {"origin": "http://127.0.0.1:8080"}


def application(access: Access) -> FastAPI:
    app = FastAPI()
    add_problems(app)
    add_access(app, access)
    app.add_middleware(Guard)

    @app.get("/api/v1/me")
    @app.post("/api/v1/ask")
    def me(request: Request) -> dict[str, str]:
        who = who_asks(request)
        return {"name": who.name, "role": who.role.word, "how": who.known_by}

    @app.get("/api/v1/heavy", dependencies=[HEAVY])
    def heavy() -> str:
        return "done"

    for role in Role:

        @app.put(f"/api/v1/{role.word}/{{name}}", dependencies=[needs(role, f"{role.word}.put")])
        def put(name: str, request: Request, fail: bool = False) -> str:
            note(request, name, fail=fail)
            if fail:
                raise BadInput("it cannot be")
            return "done"

    @app.get("/")
    def page() -> str:
        return "page"

    @app.get("/healthz")
    def health() -> str:
        return "ok"

    @app.websocket("/ws")
    async def connection(socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await socket.send_text(await socket.receive_text())

    return app


@pytest.fixture
def access(tmp_path):
    opened = Access(tmp_path)
    yield opened
    opened.people.close()


@pytest.fixture
def client(access):
    return TestClient(application(access), base_url="http://127.0.0.1:8080", follow_redirects=False)


@pytest.fixture
def anna(access):
    access.people.add("anna", Role.EDITOR, PASSWORD)
    return access.people.add_token("anna", "ci").text


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def sign_in(client: TestClient, password: str = PASSWORD, onward: str = "/?fail=UPS"):
    form = {"user": "anna", "password": password, "next": onward}
    return client.post("/login", data=form, headers=ORIGIN)


def test_without_users_who_is_on_this_machine_may_all(client, access):
    assert client.get("/api/v1/me").json() == {"name": "local", "role": "admin", "how": "open"}
    assert client.put("/api/v1/admin/x").status_code == 200
    assert access.audit.lines()[0]["who"] == "local"
    assert client.get("/login").headers["location"] == "/"


def test_with_users_nothing_but_health_and_the_form_is_open(client, anna):
    for path in ("/api/v1/me", "/api/v1/heavy", "/api/v1/nothing", "/", "/openapi.json", "/account"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Bearer" in answer.headers["www-authenticate"]
    assert client.put("/api/v1/viewer/x").status_code == 401
    assert client.get("/healthz").status_code == 200
    assert client.get("/login").status_code == 200


def test_the_first_user_closes_a_server_that_runs_and_the_last_does_not_open_it(client, access):
    assert client.get("/api/v1/me").status_code == 200
    access.people.add("anna", Role.ADMIN, PASSWORD)
    assert client.get("/api/v1/me").status_code == 401
    access.people.remove("anna")
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("path", ["/", "/?fail=UPS&at=1"])
def test_a_browser_is_led_to_the_form_and_back(client, anna, path):
    answer = client.get(path, headers={"accept": "text/html,*/*"})
    assert answer.status_code == 303
    form = client.get(answer.headers["location"])
    assert form.status_code == 200
    assert f'name="next" value="{path.replace("&", "&amp;")}"' in form.text
    assert "script-src" not in form.headers["content-security-policy"]
    assert "default-src 'none'" in form.headers["content-security-policy"]


def test_by_token_by_basic_and_by_session(client, anna):
    assert client.get("/api/v1/me", headers=bearer(anna)).json()["how"] == "token ci"
    assert client.get("/api/v1/me", headers=basic("anna", PASSWORD)).json()["how"] == "basic"
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?fail=UPS")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert client.get("/api/v1/me").json() == {"name": "anna", "role": "editor", "how": "session"}
    assert "Sign out" in client.get("/account").text
    assert client.post("/logout", headers=ORIGIN).status_code == 303
    assert client.get("/api/v1/me").status_code == 401


def test_over_tls_the_cookie_is_secure(access, anna):
    client = TestClient(application(access), base_url="https://127.0.0.1:8080", follow_redirects=False)
    answer = client.post(
        "/login", data={"user": "anna", "password": PASSWORD}, headers={"origin": "https://127.0.0.1:8080"}
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-twin_session=")
    assert "Secure" in cookie
    assert client.get("/api/v1/me").status_code == 200


def test_a_session_that_was_signed_out_cannot_be_used_again(client, anna):
    sign_in(client)
    cookie = client.cookies["twin_session"]
    client.post("/logout", headers=ORIGIN)
    assert client.get("/api/v1/me", headers={"cookie": f"twin_session={cookie}"}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        bearer("twin_000000000000_" + "a" * 43), bearer(""), {"authorization": "Digest x"},
        {"authorization": "Basic !!"}, {"authorization": "Basic " + base64.b64encode(b"anna").decode()},
        basic("anna", "wrong password"), basic("nobody", PASSWORD), {"cookie": "twin_session=x"},
        {"cookie": 'twin_session="'}, {"cookie": "a" * 3000},
    ],
)  # fmt: skip
def test_what_proves_nobody_is_refused(client, anna, headers):
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_another_password_counts_at_once(client, access, anna):
    assert client.get("/api/v1/me", headers=basic("anna", PASSWORD)).status_code == 200
    access.people.set_password("anna", "something else 1")
    assert client.get("/api/v1/me", headers=basic("anna", PASSWORD)).status_code == 401
    assert client.get("/api/v1/me", headers=basic("anna", "something else 1")).status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_those_before_it_may(client, access, role):
    access.people.add("ben", role, PASSWORD)
    token = access.people.add_token("ben", "t").text
    for other in Role:
        answer = client.put(f"/api/v1/{other.word}/x", headers=bearer(token))
        assert answer.status_code == (200 if other <= role else 403), other
        if other > role:
            assert answer.json()["detail"] == f"ben is {role.word}; this takes {other.word}"


def test_the_log_and_the_users_are_for_admins(client, access):
    router = APIRouter(prefix="/api/v1/service")
    people_routes.add(router)
    client.app.include_router(router)
    tokens = {}
    for name, role in (("anna", Role.ADMIN), ("ben", Role.EDITOR)):
        access.people.add(name, role, PASSWORD)
        tokens[name] = bearer(access.people.add_token(name, "t").text)
    for number in range(3):
        client.put(f"/api/v1/editor/{number}", headers=tokens["ben"])
    for path in ("log", "users"):
        assert client.get(f"/api/v1/service/{path}", headers=tokens["ben"]).status_code == 403
    page = client.get("/api/v1/service/log", headers=tokens["anna"], params={"limit": 2, "who": "ben"}).json()
    assert ([row["on"] for row in page["rows"]], page["total"], page["next"]) == (["2", "1"], 3, 2)
    assert [row["name"] for row in client.get("/api/v1/service/users", headers=tokens["anna"]).json()["rows"]] == [
        "anna", "ben",
    ]  # fmt: skip
    assert client.get("/api/v1/service/me", headers=tokens["ben"]).json()["role"] == "editor"


def test_a_page_elsewhere_cannot_write_with_somebodys_cookie(client, anna):
    sign_in(client)
    assert client.put("/api/v1/editor/x").status_code == 403  # no Origin
    assert client.put("/api/v1/editor/x", headers={"origin": "http://evil.example"}).status_code == 403
    assert client.put("/api/v1/editor/x", headers=ORIGIN).status_code == 200
    # Nor sign somebody in as another.
    assert client.post("/login", data={"user": "anna", "password": PASSWORD}).status_code == 403
    assert client.post("/logout").status_code == 403


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/\n/evil"])
def test_signing_in_leads_nowhere_else(client, anna, onward):
    assert sign_in(client, onward=onward).headers["location"] == "/"


def test_what_is_typed_is_shown_as_text(client, anna):
    answer = client.post("/login", data={"user": '"><script>', "password": "x", "next": '/"><script>'}, headers=ORIGIN)
    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert client.post("/login", data={"user": "a" * 9000}, headers=ORIGIN).status_code == 413


def test_guesses_are_slowed_by_address_and_by_user(client, access, anna, monkeypatch):
    monkeypatch.setattr(throttle, "GUESSES_OF_ADDRESS", throttle.parse("3/minute"))
    for _ in range(3):
        assert sign_in(client, "wrong password").status_code == 401
    answer = sign_in(client)
    assert answer.status_code == 429, "even the right one"
    assert "Too many wrong passwords" in answer.text
    answer = client.get("/api/v1/me", headers=basic("anna", PASSWORD))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 60
    assert client.get("/api/v1/me", headers=bearer(anna)).status_code == 200, "nobody guesses a token"
    monkeypatch.setattr(throttle, "GUESSES_OF_ADDRESS", throttle.parse("100/minute"))
    monkeypatch.setattr(throttle, "GUESSES_OF_USER", throttle.parse("2/minute"))
    for name in ("anna", "Anna"):
        assert client.get("/api/v1/me", headers=basic(name, "wrong password")).status_code == 401
    assert client.get("/api/v1/me", headers=basic("ANNA", PASSWORD)).status_code == 429, "one user however written"


def test_wrong_tokens_are_counted_as_requests_of_their_address(tmp_path):
    access = Access(tmp_path, rate="3/hour", always=True)
    client = TestClient(application(access), base_url="http://127.0.0.1:8080")
    wrong = bearer("twin_000000000000_" + "a" * 43)
    assert [client.get("/api/v1/me", headers=wrong).status_code for _ in range(4)] == [401, 401, 401, 429]
    access.people.close()


def test_requests_are_counted_by_user(tmp_path):
    access = Access(tmp_path, rate="3/hour")
    client = TestClient(application(access), base_url="http://127.0.0.1:8080")
    assert all(client.get("/api/v1/me").status_code == 200 for _ in range(5)), "not where nobody signs in"
    for name in ("anna", "ben"):
        access.people.add(name, Role.VIEWER, PASSWORD)
    anna, ben = (bearer(access.people.add_token(name, "t").text) for name in ("anna", "ben"))
    assert [client.get("/api/v1/me", headers=anna).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/api/v1/me", headers=ben).status_code == 200
    assert [client.get("/healthz").status_code for _ in range(4)] == [200, 200, 200, 429]
    access.people.close()


def test_what_takes_long_is_counted_apart(client, anna, monkeypatch):
    monkeypatch.setattr(throttle, "HEAVY", throttle.parse("2/hour"))
    found = [client.get("/api/v1/heavy", headers=bearer(anna)).status_code for _ in range(3)]
    assert found == [200, 200, 429]
    assert client.get("/api/v1/me", headers=bearer(anna)).status_code == 200


@pytest.mark.parametrize("rate", ["x", "0", "-1/second", "10", "10/fortnight"])
def test_a_rate_that_is_none(tmp_path, rate):
    with pytest.raises(BadInput, match="--rate"):
        Access(tmp_path, rate=rate)


def test_every_write_is_noted_done_or_not_and_no_question(client, access, anna):
    client.post("/api/v1/ask", headers=bearer(anna))
    client.put("/api/v1/editor/storm", headers=bearer(anna))
    client.put("/api/v1/editor/storm?fail=true", headers=bearer(anna))
    client.put("/api/v1/admin/storm", headers=bearer(anna))
    client.put("/api/v1/editor/storm?fail=maybe", headers=bearer(anna))
    found = [(line["who"], line["how"], line["what"], line["on"], line["result"]) for line in access.audit.lines()]
    assert found == [
        ("anna", "token ci", "editor.put", "storm", "done (200)"),
        ("anna", "token ci", "editor.put", "storm", "refused (422)"),
        ("anna", "token ci", "admin.put", "/api/v1/admin/storm", "refused (403)"),
        ("anna", "token ci", "editor.put", "/api/v1/editor/storm", "refused (422)"),
    ]
    assert access.audit.lines()[1]["details"] == {"fail": True}


def test_signing_in_is_noted_and_what_may_be_a_password_is_not(client, access, anna):
    sign_in(client)
    sign_in(client, "wrong password")
    client.post("/login", data={"user": "my secret password", "password": "x"}, headers=ORIGIN)
    found = [(line["who"], line["what"], line["result"]) for line in access.audit.lines()]
    assert found == [
        ("anna", "sign-in", "done"),
        ("anna", "sign-in", "refused: user or password is wrong"),
        ("(nobody)", "sign-in", "refused: user or password is wrong"),
    ]
    text = access.audit.file.read_text()
    for secret in (PASSWORD, "wrong password", "my secret password", client.cookies["twin_session"]):
        assert secret not in text


def test_where_nothing_can_be_noted_nothing_is_written(client, access, anna):
    access.audit.file.mkdir()
    answer = client.put("/api/v1/editor/x", headers=bearer(anna))
    assert answer.status_code in {422, 503}
    assert "audit.jsonl" in answer.json()["detail"]


def test_a_websocket_needs_somebody_too_and_ends_when_they_are_gone(client, access, anna, monkeypatch):
    monkeypatch.setattr(gate, "LOOKED_AGAIN_EVERY_S", 0.05)
    headers = {**ORIGIN, "host": "127.0.0.1:8080"}
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/ws", headers=headers):
        pass
    assert refused.value.reason == "sign in first"
    sign_in(client)
    headers["cookie"] = f"twin_session={client.cookies['twin_session']}"
    with client.websocket_connect("/ws", headers=headers) as socket:
        socket.send_text("one")
        assert socket.receive_text() == "one"
        time.sleep(0.1)
        socket.send_text("two")
        assert socket.receive_text() == "two"
        access.people.remove("anna")
        time.sleep(0.1)
        socket.send_text("three")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_answers_say_that_they_are_what_they_say(client, anna):
    for path in ("/login", "/api/v1/me"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
