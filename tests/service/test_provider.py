"""Signing in at an OpenID provider: a provider of our own on loopback, honest and otherwise."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from fastapi import FastAPI, Form
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from schema.errors import BadInput
from twin.access.roles import Role
from twin.service.access.provider import Provider
from twin.service.access.routes import add_access
from twin.service.access.who import Access
from twin.service.api.problems import add_problems

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
SECRET = "a client's secret"


class Fake:
    """A provider. `claims` and `key` are what its next token holds and is signed with."""

    def __init__(self):
        self.app, self.claims, self.key = FastAPI(), {}, KEY
        self.asked: dict[str, str] = {}

        @self.app.get("/.well-known/openid-configuration")
        def configuration():
            return {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }  # fmt: skip

        @self.app.get("/keys")
        def keys():
            return {"keys": [KEY.as_dict(private=False)]}

        @self.app.post("/token")
        def token(code: str = Form(), code_verifier: str = Form(), redirect_uri: str = Form()):
            challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=")
            assert (code, challenge.decode()) == ("the code", self.asked["code_challenge"])
            assert redirect_uri == self.asked["redirect_uri"]
            now = int(time.time())
            claims = {
                "iss": self.issuer, "aud": "twin", "sub": "1", "iat": now, "exp": now + 60,
                "nonce": self.asked["nonce"], "email": "anna@example.org", "email_verified": True,
            } | self.claims  # fmt: skip
            signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
            return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(scope="module")
def served():
    fake = Fake()
    server = uvicorn.Server(uvicorn.Config(fake.app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    fake.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield fake
    server.should_exit = True
    thread.join()


@pytest.fixture
def fake(served):
    served.claims, served.key = {}, KEY
    return served


@pytest.fixture
def access(tmp_path):
    opened = Access(tmp_path, always=True)
    yield opened
    opened.people.close()


def client_of(access, fake, **options):
    app = FastAPI()
    add_problems(app)
    add_access(app, access, Provider(fake.issuer, "twin", SECRET, "example.org", **options))

    @app.get("/api/v1/me")
    def me():
        return "in"

    return TestClient(app, base_url="http://127.0.0.1:8080", follow_redirects=False)


def round_trip(client, fake, **changed):
    """Leave for the provider, and come back; the answer."""
    left = client.get("/login/provider", params={"next": "/?fail=UPS"})
    assert left.status_code == 302
    where = urlsplit(left.headers["location"])
    fake.asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert fake.asked["code_challenge_method"] == "S256"
    assert fake.asked["redirect_uri"] == "http://127.0.0.1:8080/login/provider/back"
    assert SECRET not in left.headers["location"]
    back = {"code": "the code", "state": fake.asked["state"]} | changed
    return client.get("/login/provider/back", params=back)


def test_who_is_known_here_comes_in_and_is_led_on(access, fake):
    access.people.add("anna@example.org", Role.OPERATOR, None)
    client = client_of(access, fake)
    assert "Sign in at example.org" in client.get("/login").text
    assert client.get("/api/v1/me").status_code == 401
    answer = round_trip(client, fake)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?fail=UPS")
    assert client.get("/api/v1/me").status_code == 200
    line = access.audit.lines()[-1]
    assert (line["who"], line["how"], line["result"]) == ("anna@example.org", "provider", "done")
    access.people.remove("anna@example.org")
    assert client.get("/api/v1/me").status_code == 401


def test_who_is_not_known_comes_in_only_where_a_role_is_given(access, fake):
    answer = round_trip(client_of(access, fake), fake)
    assert answer.status_code == 403
    assert "no user here" in answer.text
    answer = round_trip(client_of(access, fake, role=Role.VIEWER), fake)
    assert answer.status_code == 303
    user = access.people.user("anna@example.org")
    assert (user.role, user.provider) == (Role.VIEWER, True)


def test_a_local_user_of_that_name_is_somebody_else(access, fake):
    access.people.add("anna@example.org", Role.ADMIN, "correct horse battery")
    assert round_trip(client_of(access, fake, role=Role.VIEWER), fake).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False}, {"email": None}, {"email": "a b <c>"}, {"aud": "another"}, {"iss": "http://evil"},
        {"nonce": "another"}, {"exp": 1}, {"email_verified": "true"},
    ],
)  # fmt: skip
def test_claims_that_prove_nothing(access, fake, claims):
    fake.claims = claims
    assert round_trip(client_of(access, fake, role=Role.VIEWER), fake).status_code == 403
    assert access.people.users() == []
    assert access.audit.lines()[-1]["result"].startswith("refused")


def test_a_token_that_somebody_else_signed(access, fake):
    fake.key = OTHER
    assert round_trip(client_of(access, fake, role=Role.VIEWER), fake).status_code == 403
    assert access.people.users() == []


def test_a_way_back_that_nobody_began(access, fake):
    client = client_of(access, fake, role=Role.VIEWER)
    assert round_trip(client, fake, state="another").status_code == 403
    assert client.get("/login/provider/back").status_code == 403
    assert client.get("/login/provider/back", params={"error": "access_denied"}).status_code == 403
    # The same answer a second time, and in another browser.
    assert round_trip(client, fake).status_code == 303
    again = {"code": "the code", "state": fake.asked["state"]}
    assert client.get("/login/provider/back", params=again).status_code == 403
    assert access.people.users()[0].name == "anna@example.org"


def test_a_provider_that_does_not_answer(access, fake):
    provider = Provider("http://127.0.0.1:9", "twin", SECRET, "example.org")
    app = FastAPI()
    add_access(app, access, provider)
    answer = TestClient(app, base_url="http://127.0.0.1:8080").get("/login/provider")
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    assert SECRET not in repr(provider)


@pytest.mark.parametrize(
    ("issuer", "client", "told"),
    [("http://example.org", "twin", "https"), ("x", "twin", "--oidc"), ("https://example.org", None, "--oidc-client")],
)
def test_options_that_are_wrong(issuer, client, told):
    with pytest.raises(BadInput, match=told):
        Provider.of(issuer, client, "email", None)


def test_the_secret_comes_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv("TWIN_OIDC_SECRET_FILE", str(tmp_path / "secret"))
    assert Provider.of("https://example.org/", "twin", "email", "viewer").secret == SECRET
    monkeypatch.setenv("TWIN_OIDC_SECRET_FILE", str(tmp_path / "none"))
    with pytest.raises(BadInput, match="none"):
        Provider.of("https://example.org/", "twin", "email", None)
