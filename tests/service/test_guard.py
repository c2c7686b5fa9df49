"""Which requests the server takes: those meant for it, from its own pages."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from schema.errors import BadInput
from twin.service.app import bind
from twin.service.guard import Guard, is_loopback

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is refused


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.add_middleware(Guard, names=frozenset({"Twin.Example"}))

    @app.get("/")
    @app.post("/")
    def page() -> str:
        return "in"

    @app.websocket("/ws")
    async def connection(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("in")
        await socket.close()

    return TestClient(app, base_url="http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:9", "[::1]:8080", "10.1.2.3", "twin.example", "LOCALHOST"]
)
def test_hosts_that_are_ours(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.example", "[bad", "a b"])
def test_a_name_that_is_not_ours_is_refused_as_after_rebinding(client, host):
    assert client.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8080"])
def test_another_page_is_refused(client, origin):
    assert client.post("/", headers={"origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers={"origin": origin}):
        pass


def test_our_own_page_may_and_so_may_programs(client):
    assert client.post("/", headers={"origin": "http://127.0.0.1:8080"}).status_code == 200
    assert client.post("/").status_code == 200
    headers = {"origin": "http://127.0.0.1:8080", "host": "127.0.0.1:8080"}
    with client.websocket_connect("/ws", headers=headers) as socket:
        assert socket.receive_text() == "in"


def test_a_websocket_without_an_origin_is_refused(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws"):
        pass


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), (EVERYWHERE, False), ("example.org", False)],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_beyond_loopback_only_when_told():
    with pytest.raises(BadInput, match="--insecure"):
        bind(EVERYWHERE, 0, insecure=False)
    with bind(EVERYWHERE, 0, insecure=True) as listening:
        assert listening.getsockname()[1] > 0


def test_a_port_that_is_taken_is_one_line():
    with bind("127.0.0.1", 0, insecure=False) as listening:
        listening.listen()
        port = listening.getsockname()[1]
        with pytest.raises(BadInput, match=f"cannot listen on 127.0.0.1:{port}"):
            bind("127.0.0.1", port, insecure=False)
