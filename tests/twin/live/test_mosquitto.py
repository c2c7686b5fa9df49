"""Points through a real Mosquitto: counts, passwords, TLS, slow consumers, a broker or a process that is killed."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import trustme
from brokers import PATIENCE_S, Live, Mosquitto, column, needs_mosquitto, publisher, until
from live_campus import keeper

from schema.errors import BadInput, Unreachable
from twin.live.feeds.mqtt import MqttFeed, broker
from twin.live.place import read_json

pytestmark = needs_mosquitto


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory) -> Iterator[Mosquitto]:
    """One broker for the tests that leave it alone."""
    started = Mosquitto(tmp_path_factory.mktemp("broker"))
    yield started
    started.kill()


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
        # What names the senders chose is told so that it cannot move a terminal's cursor.
        client.publish("twin/points/b\u202ems/power_kw", column(0, "\x1b[2J"), qos=1)
        client.publish("twin/points//power_kw", column(0, "S0"), qos=1)
        until(lambda: live.source("(unnamed)")["points"] == 1)
        assert live.source("b\\u202ems")["unknown_names"] == ["\\x1b[2J"]
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


def test_a_broker_that_is_killed_and_comes_back_is_found_again(tmp_path):
    own = Mosquitto(tmp_path)
    live = Live(tmp_path, own.url)
    try:
        own.kill()
        until(lambda: not live.feed.connected)
        own.start()
        until(lambda: live.feed.connections == 2)
        client = publisher(own.port)
        client.publish("twin/points/bms/power_kw", column(0, "S0"), qos=1)
        until(lambda: live.keeper.status()["points"] == 1)
        client.loop_stop()
    finally:
        live.end()
        own.kill()


def test_what_is_published_while_the_live_process_is_dead_is_delivered_to_the_next(tmp_path, mosquitto):
    client = publisher(mosquitto.port)
    live = Live(tmp_path, mosquitto.url)
    try:
        for name in ("one", "two", "three"):
            client.publish(f"twin/points/{name}/power_kw", column(0, "S0"), qos=1)
        client.publish("twin/points/three/condition", json.dumps({"t": 1, "ids": ["S1"], "values": ["down"]}), qos=1)
        until(lambda: live.keeper.status()["points"] == 4)
        until(lambda: len(read_json(live.keeper.place.sources).get("sources", [])) == 3)
        # As if it were killed: the connection breaks without a word, and what is known stays in the folder.
        live.feed._client.socket().close()
        live.feed._client.loop_stop()
    finally:
        live.end()
    for seq in range(1, 6):
        client.publish("twin/points/one/power_kw", column(seq, "S0"), qos=1).wait_for_publish()
    live = Live(tmp_path, mosquitto.url, keeps=True)
    try:
        until(lambda: live.source("one")["points"] == 5)
        status = live.keeper.status()
        assert [row["source"] for row in status["sources"]] == ["one", "two", "three"]
        assert (status["gaps"], status["alarms"]) == (0, 1), "S1 is still down"
        live.keeper.due.clear()
        until(lambda: live.keeper.due.get("sweep"))
    finally:
        client.loop_stop()
        live.end()


def test_a_slow_consumer_loses_only_what_the_broker_drops_and_counts_it(tmp_path):
    """While nothing is taken in, the broker keeps as much as it is told to, here 100 messages; the rest are gaps."""
    own = Mosquitto(tmp_path, "max_queued_messages 100", "allow_anonymous true")
    live = Live(tmp_path, own.url)
    client = publisher(own.port)
    try:
        with live.keeper.directory.lock:  # whoever reads is stuck here
            sent = [client.publish("twin/points/bms/power_kw", column(seq, "S0"), qos=1) for seq in range(2_000)]
            for message in sent:
                message.wait_for_publish(PATIENCE_S)

        def through() -> bool:
            client.publish("twin/points/end/power_kw", column(0, "S1"), qos=1)
            return live.source("end")["points"] > 0

        until(through)
        client.publish("twin/points/bms/power_kw", column(2_000, "S0"), qos=1)
        until(lambda: live.source()["points"] + live.source().get("gaps", 0) == 2_001)
        found = live.source()
        assert 100 <= found["points"] < 2_000
        assert found["gaps"] == 2_001 - found["points"]
    finally:
        client.loop_stop()
        live.end()
        own.kill()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """An authority, a broker's certificate signed by it for 127.0.0.1, and one for a client; and another authority."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    trustme.CA().cert_pem.write_to_path(str(folder / "stranger.pem"))
    for name in ("127.0.0.1", "client.test"):
        made = authority.issue_cert(name)
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        made.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
    return folder


def test_over_tls_the_broker_must_be_who_it_says_and_we_too_where_it_asks(tmp_path, certificates):
    own = Mosquitto(
        tmp_path,
        "allow_anonymous true",
        f"cafile {certificates}/authority.pem",
        f"certfile {certificates}/127.0.0.1.pem",
        f"keyfile {certificates}/127.0.0.1.key",
        "require_certificate true",
        "user root",
        scheme="mqtts",
    )
    mine = {"certificate": certificates / "client.test.pem", "key": certificates / "client.test.key"}
    try:
        live = Live(tmp_path / "home", own.url, ca=certificates / "authority.pem", **mine)
        assert live.feed.connected
        live.end()
        for wrong, told in (
            ({"ca": certificates / "stranger.pem", **mine}, "TLS"),
            ({"ca": certificates / "authority.pem"}, "does not answer"),
        ):
            kept = keeper(tmp_path / "home")
            feed = MqttFeed(broker(own.url, **wrong), kept.directory, kept.mark_stale, tmp_path, 1.5)
            with pytest.raises(Unreachable, match=told):
                kept.run(feed, Event())
        unreadable = broker(own.url, ca=certificates / "client.test.key")
        with pytest.raises(BadInput, match="certificates cannot be read"):
            MqttFeed(unreadable, kept.directory, kept.mark_stale, tmp_path, 1.0)
    finally:
        own.kill()


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
