"""A cluster on loopback in front of one Neo4j: members that pass Bolt on, know their part, and fail when told to.

Each member listens on a port of its own. It answers ROUTE itself, with the table of the cluster; all else goes to the
one Neo4j behind, so that what is written at the leader is read at a reader. A reader refuses transactions that write,
as a member that is not the leader does. What every member was asked is kept.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

GOODBYE, RESET, RUN, BEGIN, COMMIT, ROLLBACK, ROUTE = 0x02, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x66
SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F
NOT_LEADER = "Neo.ClientError.Cluster.NotALeader", "No write operations are allowed directly on this database."
TOO_NEW = "Neo.TransientError.Transaction.BookmarkTimeout", "Database 'neo4j' not up to the requested version: 46."
FORBIDDEN = (
    "Neo.ClientError.Security.Forbidden",
    "Create node with labels 'Asset' on database 'neo4j' is not allowed for user 'reader' with roles [PUBLIC, reader].",
)
MANIFEST = b"\x00\x00\x01\xff"


def pack(value: Any) -> bytes:
    """A value as PackStream has it; of each kind the form for large ones, which always fits."""
    match value:
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return b"\xcb" + struct.pack(">q", value)
        case str():
            text = value.encode()
            return b"\xd2" + struct.pack(">I", len(text)) + text
        case list():
            return b"\xd6" + struct.pack(">I", len(value)) + b"".join(map(pack, value))
        case dict():
            return b"\xda" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
        case _:
            raise TypeError(value)


def message(signature: int, *fields: Any) -> bytes:
    """A message of Bolt, chunked."""
    body = bytes([0xB0 | len(fields), signature]) + b"".join(map(pack, fields))
    return struct.pack(">H", len(body)) + body + b"\x00\x00"


def exactly(stream: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = stream.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found


def messages(stream: socket.socket):
    """(signature, raw bytes with their chunks, body) of each message."""
    while True:
        raw = body = b""
        while True:
            head = exactly(stream, 2)
            size = struct.unpack(">H", head)[0]
            chunk = exactly(stream, size)
            raw, body = raw + head + chunk, body + chunk
            if not size and body:
                break
        yield body[1], raw, body


@dataclass
class Member:
    """One server of the cluster: `leads` says whether it takes writes."""

    cluster: Cluster
    leads: bool = False
    asked: list[str] = field(default_factory=list)
    """One word for each transaction: r or w."""
    bookmarks: list[bool] = field(default_factory=list)
    """Whether each transaction brought bookmarks along."""
    forbids: tuple[str, str] | None = None
    """Code and text with which transactions that write are refused."""
    unknown: str = ""
    """The bookmark with which transactions are refused, as one of a database that had more in it."""
    drop: int = 0
    """So many connections are cut when the next transactions begin."""

    def __post_init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def refused(self, mode: str, body: bytes) -> tuple[str, str] | None:
        """Code and text with which a transaction is refused, if it is."""
        if self.unknown and self.unknown.encode() in body:
            return TOO_NEW
        if mode == "r":
            return None
        return self.forbids if self.leads else NOT_LEADER

    def stop(self) -> None:
        """Answer nobody any more, and cut who is there."""
        for one in (self.listening, *self._open):
            with contextlib.suppress(OSError):  # the other side has cut it
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            server = socket.create_connection(self.cluster.behind)
            self._open += [client, server]
            Relay(self, client, server)


class Relay:
    """One connection. Answers of our own are told in the order of the requests, as Bolt has it."""

    def __init__(self, member: Member, client: socket.socket, server: socket.socket) -> None:
        self.member, self.client, self.server = member, client, server
        self.waiting: deque[bytes | None] = deque()
        """For each request on its way our own answer; None where the server's is awaited."""
        self.order = threading.Lock()
        self.inside = self.failed = False
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            # The plain handshake: the newer one goes to and fro once more.
            self.server.sendall(exactly(self.client, 20).replace(MANIFEST, bytes(4)))
            self.client.sendall(exactly(self.server, 4))
            threading.Thread(target=self._back, daemon=True).start()
            for signature, raw, body in messages(self.client):
                if not self._request(signature, raw, body):
                    break
        except (EOFError, OSError):
            pass  # one side has gone
        finally:
            self._cut()

    def _request(self, signature: int, raw: bytes, body: bytes) -> bool:
        """Pass a request on, or answer it; False ends the connection."""
        own = None
        if signature == RESET:
            self.failed = self.inside = False
        elif self.failed:
            own = message(IGNORED)
        elif signature == ROUTE:
            self.member.cluster.routed += 1
            own = message(SUCCESS, {"rt": self.member.cluster.table()})
        elif signature == BEGIN or (signature == RUN and not self.inside):
            mode = "r" if b"\x84mode\x81r" in body else "w"
            if self.member.drop:
                self.member.drop -= 1
                return False
            self.member.asked.append(mode)
            self.member.bookmarks.append(b"\x89bookmarks" in body)
            self.inside = signature == BEGIN
            refused = self.member.refused(mode, body)
            if refused:
                code, text = refused
                told = {"code": code, "neo4j_code": code, "message": text, "description": text, "gql_status": "50N42"}
                own = message(FAILURE, told)
                self.failed = True
        elif signature in {COMMIT, ROLLBACK}:
            self.inside = False
        with self.order:
            if signature != GOODBYE:
                self.waiting.append(own)
            if own is None:
                self.server.sendall(raw)
            self._tell()
        return True

    def _tell(self) -> None:
        while self.waiting and self.waiting[0] is not None:
            self.client.sendall(self.waiting.popleft() or b"")

    def _back(self) -> None:
        try:
            for signature, raw, _ in messages(self.server):
                with self.order:
                    self.client.sendall(raw)
                    if signature != RECORD:
                        self.waiting.popleft()
                        self._tell()
        except (EOFError, OSError):
            pass  # one side has gone
        finally:
            self._cut()

    def _cut(self) -> None:
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):  # the other side has cut it
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class Cluster:
    """Members in front of the Neo4j at `behind` (host, port)."""

    def __init__(self, behind: tuple[str, int], readers: int = 2) -> None:
        self.behind = behind
        self.routed = 0
        self.members = [Member(self, leads=True), *(Member(self) for _ in range(readers))]
        self.gone: set[str] = set()

    @property
    def leader(self) -> Member:
        return next(member for member in self.members if member.leads)

    @property
    def readers(self) -> list[Member]:
        return [member for member in self.members if not member.leads]

    def elect(self, member: Member) -> None:
        """Let another member lead."""
        self.leader.leads = False
        member.leads = True

    def table(self) -> dict[str, Any]:
        """What ROUTE is answered with."""
        everybody = [member.address for member in self.members if member.address not in self.gone]
        reading = [member.address for member in self.readers if member.address not in self.gone]
        return {
            "ttl": 300,
            "db": "neo4j",
            "servers": [
                {"addresses": [self.leader.address], "role": "WRITE"},
                {"addresses": reading, "role": "READ"},
                {"addresses": everybody, "role": "ROUTE"},
            ],
        }

    def close(self) -> None:
        for member in self.members:
            member.stop()
