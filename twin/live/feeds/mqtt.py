"""Points over MQTT: columns on `twin/points/SOURCE/METRIC`, Sparkplug B on `spBv1.0/#`; QoS 1, a thread of its own.

The client keeps its session on the broker for ten minutes, so that what is published while it reconnects, or is started
again after it was killed, is delivered afterwards; it tries again after 1, 2, 4 … 60 seconds. A consumer that is too
slow is slowed down by the broker's window of unacknowledged messages; what the broker then drops shows as gaps in the
message numbers.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from schema.errors import BadInput, Unreachable
from twin.live.directory import Directory
from twin.live.feeds.columns import read_columns
from twin.live.feeds.sparkplug import GATHER_S, PREFIX, Sparkplug, Stale
from twin.live.points import Receive

POINTS: Final = "twin/points/"
TOPICS: Final = (f"{POINTS}+/+", f"{PREFIX}/#")
SESSION_S: Final = 600
KEEPALIVE_S: Final = 30
LONGEST_DELAY_S: Final = 60
REFUSED: Final = {134, 135, 138}
"""Reason codes of MQTT 5 where trying again would not help: bad user or password, not authorised, banned."""
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Broker:
    """Where a broker is, and how to sign on. The password never shows in a representation."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    """Certificates of the authorities that sign the broker's; by default those of the system."""
    certificate: Path | None = None
    key: Path | None = None

    @property
    def name(self) -> str:
        """As people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mqtt{'s' if self.tls else ''}://{host}:{self.port}"


def broker(  # noqa: PLR0913 - what the command takes
    url: str,
    *,
    user: str | None = None,
    password: str | None = None,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Broker:
    """The broker of an address `mqtt://HOST:PORT` or `mqtts://HOST:PORT`. Raises BadInput."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.username is not None or parts.password is not None:
        # The address is not repeated: it holds a password.
        raise BadInput("the address holds a user or password; give them as TWIN_MQTT_USER and TWIN_MQTT_PASSWORD")
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise BadInput(f"{url!r} is no address of a broker, such as mqtt://localhost:1883 or mqtts://broker:8883")
    tls = parts.scheme == "mqtts"
    if not tls and (ca or certificate or key):
        raise BadInput("certificates need TLS: an address that begins mqtts://")
    if bool(certificate) != bool(key):
        raise BadInput("a client certificate needs its key, and the other way round")
    if password is not None and user is None:
        raise BadInput("a password needs a user (TWIN_MQTT_USER)")
    return Broker(parts.hostname, port or _PORTS[parts.scheme], tls, user, password, ca, certificate, key)


class MqttFeed:
    """Subscribes, reads, hands on. A feed as `twin.live.feeds` defines it."""

    def __init__(self, where: Broker, directory: Directory, mark_stale: Stale, home: Path, patience_s: float) -> None:
        """`patience_s`: how long the start waits for the broker; later the client tries for ever."""
        self.where, self.directory, self.patience_s = where, directory, patience_s
        self.connections = 0
        self.error: Exception | None = None
        self._mark_stale = mark_stale
        self._ready, self._failed, self._closed = Event(), Event(), Event()
        self._why = "it does not answer"
        self._client = self._made(home)
        self._flusher = Thread(target=self._flush, name="sparkplug", daemon=True)

    @property
    def name(self) -> str:
        """The address of the broker."""
        return self.where.name

    @property
    def ended(self) -> bool:
        """Whether it was closed."""
        return self._closed.is_set()

    @property
    def connected(self) -> bool:
        """Whether the broker is there now."""
        return self._client.is_connected()

    def start(self, receive: Receive) -> None:
        """Connect and subscribe; returns when points can come.

        Raises Unreachable where the broker refuses us, or does not answer for `patience_s`.
        """
        self._receive = receive
        self._sparkplug = Sparkplug(self.directory, receive, self._mark_stale, self._publish)
        expiry = Properties(PacketTypes.CONNECT)
        expiry.SessionExpiryInterval = SESSION_S
        # Not clean: what was published since an earlier process of this folder was killed is delivered now.
        self._client.connect_async(self.where.host, self.where.port, KEEPALIVE_S, clean_start=False, properties=expiry)
        self._client.loop_start()
        self._flusher.start()
        until = time.monotonic() + self.patience_s
        while not self._ready.wait(0.02):
            if self._failed.is_set() or time.monotonic() > until:
                self.close()
                raise Unreachable(f"the broker at {self.name}: {self._why}")

    def close(self) -> None:
        """Sign off, and let the broker forget the session."""
        if not self._closed.is_set():
            self._closed.set()
            gone = Properties(PacketTypes.DISCONNECT)
            gone.SessionExpiryInterval = 0
            self._client.disconnect(properties=gone)
            self._client.loop_stop()
            if self._flusher.is_alive():
                self._flusher.join()

    def _made(self, home: Path) -> Client:
        # The same folder on the same machine is the same client, so that the broker finds its session again.
        who = hashlib.blake2b(f"{socket.gethostname()} {home}".encode(), digest_size=6).hexdigest()
        client = Client(CallbackAPIVersion.VERSION2, f"campus-twin-{who}", protocol=MQTTProtocolVersion.MQTTv5)
        if self.where.user is not None:
            client.username_pw_set(self.where.user, self.where.password)
        if self.where.tls:
            try:
                context = ssl.create_default_context(cafile=self.where.ca)
                if self.where.certificate:
                    context.load_cert_chain(self.where.certificate, self.where.key)
            except (OSError, ssl.SSLError) as error:
                raise BadInput(f"the certificates cannot be read: {error}") from error
            client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType]
        client.reconnect_delay_set(1, LONGEST_DELAY_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._why = f"it refuses us: {reason}"
            if reason.value in REFUSED and not self.connections:
                self._failed.set()
            return
        self.connections += 1
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in TOPICS])

    def _on_connect_fail(self, _client: Client, _data: Any) -> None:
        self._why = f"it does not answer{_reason(self.where)}"

    def _on_subscribe(self, _client: Client, _data: Any, _number: int, reasons: list[Any], _properties: Any) -> None:
        refused = [topic for topic, reason in zip(TOPICS, reasons, strict=False) if reason.is_failure]
        if refused and not self._ready.is_set():
            self._why = f"it refuses the subscription to {', '.join(refused)}"
            self._failed.set()
        else:
            self._ready.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        with self.directory.lock:
            try:
                self._read(message.topic, bytes(message.payload), time.time())
            except Exception as error:  # noqa: BLE001 - no message may end the thread; this one is told in the status
                self.directory.tally.malformed(message.topic, f"cannot be read: {type(error).__name__}: {error}")

    def _read(self, topic: str, payload: bytes, now_s: float) -> None:
        if not topic.startswith(POINTS):
            self._sparkplug.message(topic, payload, now_s)
        else:
            _, _, source, name = topic.split("/")
            batch = read_columns(source, name, payload, now_s, self.directory)
            if batch is not None:
                self._receive(batch)

    def _flush(self) -> None:
        while not self._closed.wait(GATHER_S):
            with self.directory.lock:
                self._sparkplug.flush(time.time())
        with self.directory.lock:
            self._sparkplug.flush(time.time(), at_once=True)

    def _publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=0)


def _reason(where: Broker) -> str:
    """Why a connection fails, in words: the client does not say."""
    try:
        with socket.create_connection((where.host, where.port), timeout=2) as raw:
            if where.tls:
                context = ssl.create_default_context(cafile=where.ca)
                with context.wrap_socket(raw, server_hostname=where.host):
                    return ""
    except ssl.SSLError as error:
        return f" over TLS ({error.reason or error})"
    except OSError as error:
        return f" ({os.strerror(error.errno) if error.errno and error.errno > 0 else error})"
    return ""
