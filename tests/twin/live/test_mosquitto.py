"""Points through a real Mosquitto: counts, passwords, a broker that is killed and comes back, one that is not there."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from live_campus import keeper
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from schema.errors import BadInput, Unreachable
from twin.live.feeds.mqtt import MqttFeed, broker
from twin.live.keeper import Keeper

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto: apt-get install mosquitto")
PATIENCE_S = 30.0


class Mosquitto:
    """A broker of the test's own, on loopback."""

    def __init__(self, folder: Path, *lines: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        rules = lines or ("allow_anonymous true",)
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "max_queued_messages 100000", *rules]))
        self.start()

    def start(self) -> None:
        assert MOSQUITTO
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.config)], stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("mosquitto does not listen")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"


@pytest.fixture
def mosquitto(tmp_path) -> Iterator[Mosquitto]:
    started = Mosquitto(tmp_path)
    yield started
    started.kill()


class Live:
    """A live process of the test's own, in a thread."""

    def __init__(self, home: Path, url: str, **more) -> None:
        self.keeper: Keeper = keeper(home)
        self.stop, self.ready = Event(), Event()
        where = broker(url, **more)
        self.feed = MqttFeed(where, self.keeper.directory, self.keeper.mark_stale, home, PATIENCE_S)
        self.thread = Thread(target=self.keeper.run, args=(self.feed, self.stop, self.ready.set))
        self.thread.start()
        assert self.ready.wait(PATIENCE_S)

    def end(self) -> None:
        self.stop.set()
        self.thread.join()


def publisher(port: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def column(seq: int, *ids: str, value: float = 1.0) -> str:
    return json.dumps({"t": time.time(), "seq": seq, "ids": ids, "values": [value] * len(ids)})


def until(condition) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def test_points_arrive_and_gaps_unknown_and_malformed_are_counted(tmp_path, mosquitto):
    live = Live(tmp_path, mosquitto.url)
    client = publisher(mosquitto.port)
    try:
        for seq in range(50):
            if seq != 20:
                client.publish("twin/points/bms/power_kw", column(seq, "S0", "S1", "nobody"), qos=1)
        client.publish("twin/points/bms/power_kw", b"{oops", qos=1)
        client.publish("twin/points/bms/mood", column(0, "S0"), qos=1)
        client.publish("spBv1.0/g/NDATA/n", b"\xff\xff", qos=0)
        until(lambda: live.keeper.status()["malformed"] == 2)
        status = live.keeper.status()
        assert list(status) == [
            "points", "points_per_s", "unknown", "malformed", "gaps", "stale", "alarms", "sources"
        ]  # fmt: skip
        assert (status["points"], status["unknown"], status["gaps"]) == (98, 50, 1)
        assert {"nobody", "metric mood"} <= set(status["sources"][0]["unknown_names"])
    finally:
        client.loop_stop()
        live.end()


def test_from_a_point_received_to_its_alarm_with_the_consequence(tmp_path, mosquitto):
    live = Live(tmp_path, mosquitto.url)
    client = publisher(mosquitto.port)
    try:
        message = json.dumps({"t": time.time(), "seq": 0, "ids": ["UPS-A"], "values": ["down"]})
        client.publish("twin/points/bms/condition", message, qos=1)
        until(lambda: any("if UPS-B fails" in alarm.text for alarm in live.keeper.alarms.open))
    finally:
        client.loop_stop()
        live.end()


def test_a_broker_that_is_killed_and_comes_back_is_found_again(tmp_path, mosquitto):
    live = Live(tmp_path, mosquitto.url)
    try:
        mosquitto.kill()
        until(lambda: not live.feed.connected)
        mosquitto.start()
        until(lambda: live.feed.connections == 2)
        client = publisher(mosquitto.port)
        client.publish("twin/points/bms/power_kw", column(0, "S0"), qos=1)
        until(lambda: live.keeper.status()["points"] == 1)
        client.loop_stop()
    finally:
        live.end()


def test_a_broker_that_is_not_there_is_told_in_one_line(tmp_path):
    kept = keeper(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = broker(f"mqtt://127.0.0.1:{free.getsockname()[1]}")
    feed = MqttFeed(where, kept.directory, kept.mark_stale, tmp_path, 0.3)
    with pytest.raises(Unreachable, match="does not answer"):
        kept.run(feed, Event())


def test_a_password_opens_and_a_wrong_one_is_refused_at_once_and_shown_nowhere(tmp_path):
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("needs mosquitto_passwd")
    known = tmp_path / "passwords"
    subprocess.run([tool, "-c", "-b", str(known), "twin", "sesame"], check=True, capture_output=True)
    started = Mosquitto(tmp_path, "allow_anonymous false", "user root", f"password_file {known}")
    try:
        Live(tmp_path / "home", started.url, user="twin", password="sesame").end()
        kept = keeper(tmp_path / "home")
        where = broker(started.url, user="twin", password="barley")
        assert "barley" not in repr(where)
        feed = MqttFeed(where, kept.directory, kept.mark_stale, tmp_path, PATIENCE_S)
        with pytest.raises(Unreachable, match="refuses us") as told:
            kept.run(feed, Event())
        assert "barley" not in str(told.value)
    finally:
        started.kill()


@pytest.mark.parametrize(
    ("url", "more", "told"),
    [
        ("http://x", {}, "no address of a broker"),
        ("mqtt://", {}, "no address of a broker"),
        ("mqtt://x:99999", {}, "no address of a broker"),
        ("mqtt://me:secret@x", {}, "TWIN_MQTT_PASSWORD"),
        ("mqtt://x", {"ca": Path("ca.pem")}, "mqtts://"),
        ("mqtts://x", {"certificate": Path("c.pem")}, "needs its key"),
        ("mqtt://x", {"password": "p"}, "needs a user"),
    ],
)
def test_a_wrong_address_is_told_and_no_password_repeated(url, more, told):
    with pytest.raises(BadInput, match=told) as error:
        broker(url, **more)
    assert "secret" not in str(error.value)
