"""A real Mosquitto for tests, one for the session or one of a test's own; and a live process in a thread."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from live_campus import keeper
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from twin.live.feeds.mqtt import MqttFeed, broker
from twin.live.keeper import Keeper

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto: apt-get install mosquitto")
PATIENCE_S = 60.0


class Mosquitto:
    """A broker on loopback; `lines` replace the rules that let anybody in."""

    def __init__(self, folder: Path, *lines: str, scheme: str = "mqtt") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        rules = lines or ("max_queued_messages 100000", "allow_anonymous true")
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", *rules]))
        self.start()

    def start(self) -> None:
        assert MOSQUITTO
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.config)], stderr=subprocess.DEVNULL)
        until(self._listens)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Live:
    """A live process of the test's own, in a thread."""

    def __init__(self, home: Path, url: str, *, keeps: bool = False, **more: Any) -> None:
        self.keeper: Keeper = keeper(home, keeps=keeps)
        self.stop, self.ready = Event(), Event()
        self.feed = MqttFeed(broker(url, **more), self.keeper.directory, self.keeper.mark_stale, home, PATIENCE_S)
        self.thread = Thread(target=self.keeper.run, args=(self.feed, self.stop, self.ready.set))
        self.thread.start()
        assert self.ready.wait(PATIENCE_S)

    def source(self, name: str = "bms") -> dict[str, Any]:
        """What the status tells of a source."""
        return next((row for row in self.keeper.status()["sources"] if row["source"] == name), {"points": 0})

    def end(self) -> None:
        self.stop.set()
        self.thread.join()


def publisher(port: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def column(seq: int, *ids: str, value: float = 1.0) -> str:
    return json.dumps({"t": time.time(), "seq": seq, "ids": ids, "values": [value] * len(ids)})


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
