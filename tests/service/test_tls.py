"""`twin serve` over TLS with users: the form, its cookie, and the view's websocket, which wants the cookie."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from service.conftest import serving
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from twin.access.people import People
from twin.access.roles import Role

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.neo4j


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "twin")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


async def opened(address: str, **options: Any) -> ClientConnection:
    """Not by the client with threads of websockets 17: over TLS it reads while it writes, and can wait for ever."""
    return await connect(address, **options)


def test_form_cookie_and_websocket_over_tls_and_a_stop_while_the_view_starts(endpoint, tiny, tmp_path):
    cert, key = certificate(tmp_path)
    people = People(tmp_path)
    people.add("anna", Role.VIEWER, PASSWORD)
    people.close()
    trusted = ssl.create_default_context(cafile=str(cert))
    # What is left open is closed after the server has stopped.
    tls = ("--tls-cert", str(cert), "--tls-key", str(key))
    with start_blocking_portal() as loop, ExitStack() as left, serving(endpoint, tmp_path, *tls) as address:
        assert address.startswith("https://")
        origin = address.rstrip("/")
        ws = origin.replace("https", "wss") + "/ws"
        with httpx2.Client(base_url=origin, verify=trusted, timeout=60) as client:
            asked = client.get("/", headers={"accept": "text/html"})
            assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2F")
            form = {"user": "anna", "password": PASSWORD}
            assert client.post("/login", data=form, headers={"origin": origin}).status_code == 303
            cookie = client.cookies["__Host-twin_session"]
            assert 'data-user="anna"' in client.get("/").text
            told = client.post("/session", headers={"origin": origin}).json()
            assert told == {"sessionURL": ws}
        for without in ({}, {"cookie": "__Host-twin_session=x"}, {"cookie": f"twin_session={cookie}"}):
            with pytest.raises(InvalidStatus) as refused:
                loop.call(partial(opened, ws, ssl=trusted, origin=origin, additional_headers=without))
            assert refused.value.response.status_code == 403
        named = {"cookie": f"__Host-twin_session={cookie}"}
        page = loop.call(partial(opened, ws, ssl=trusted, origin=origin, additional_headers=named))
        left.callback(loop.call, page.close)
        began = time.monotonic()
    # `serving` has stopped it and seen no traceback; the page that waited for its process held nothing up.
    assert time.monotonic() - began < 15
