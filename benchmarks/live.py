"""Live state: points per second by payload form beside JSON by the point, through Mosquitto, and point to alarm."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.clock import Bench, timed
from twin.campus import Campus
from twin.live.feeds.columns import read_columns
from twin.live.feeds.simulator import Settings, SimulatorFeed
from twin.live.feeds.sparkplug import Sparkplug
from twin.live.feeds.sparkplug_messages import DataType, Payload
from twin.live.keeper import Keeper
from twin.live.metrics import CONDITION
from twin.live.place import Place, read_json
from twin.live.points import Batch, Quality
from twin.topology.model import Topology

AT_ONCE = 500
"""Points in a message, but for those of one."""
MESSAGES = 400
POINTS = 230_000
PERIOD_S = 10.0


def bench_live(topology: Topology, minutes: float = 10.0) -> Bench:
    """Time the ways of a point; `minutes`: how long the run through Mosquitto takes, 0: not at all."""
    bench = Bench(f"Live state, {len(topology):,} assets")
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(Campus.of(topology), Path(folder), "bench")
        try:
            _forms(bench, keeper)
            _simulated(bench, keeper)
            _alarm(bench, keeper)
            bench.add("sweep of staleness", timed(lambda: keeper.state.sweep(time.time())))
        finally:
            keeper.close()
    if minutes:
        _through_mosquitto(bench, topology, minutes)
    return bench


def _ids(topology: Topology) -> list[str]:
    return topology.ids.many(np.arange(min(AT_ONCE * MESSAGES, len(topology) // AT_ONCE * AT_ONCE)))


def _forms(bench: Bench, keeper: Keeper) -> None:
    """Decode and take in, without a broker."""
    ids = _ids(keeper.directory.topology)
    now_s = time.time()
    parts = [ids[begin : begin + AT_ONCE] for begin in range(0, len(ids), AT_ONCE)]
    columns = [
        {"t": now_s, "seq": seq, "ids": part, "values": [1.5 + seq] * len(part)} for seq, part in enumerate(parts)
    ]
    single = [
        json.dumps({"t": now_s, "seq": seq, "ids": [name], "values": [1.5]}).encode()
        for seq, name in enumerate(ids[: 20 * AT_ONCE])
    ]
    peer_s = timed(lambda: _read(keeper, single), runs=3) / len(single)
    forms: dict[str, tuple[Callable[[], None], float]] = {
        "JSON columns": (_reader(keeper, [json.dumps(c).encode() for c in columns]), 1.0),
        "msgpack columns": (_reader(keeper, [msgspec.msgpack.encode(c) for c in columns]), 1.0),
        "Sparkplug B": (_sparkplug(keeper, parts), 0.8),
    }
    for name, (read, least_mega) in forms.items():
        took = timed(read, runs=5)
        what = f"{name}, {AT_ONCE} points a message: {len(ids) / took / 1e6:.2f} M points/s"
        peer = f"JSON by the point {1 / peer_s / 1e3:,.0f} k/s:"
        bench.add(what, took, target_s=len(ids) / least_mega / 1e6, peer=peer, peer_s=peer_s * len(ids))


def _read(keeper: Keeper, payloads: list[bytes]) -> None:
    now_s = time.time()
    for payload in payloads:
        batch = read_columns("bench", "power_kw", payload, now_s, keeper.directory)
        if batch is not None:
            keeper.receive(batch)


def _reader(keeper: Keeper, payloads: list[bytes]) -> Callable[[], None]:
    return lambda: _read(keeper, payloads)


def _sparkplug(keeper: Keeper, parts: list[list[str]]) -> Callable[[], None]:
    sparkplug = Sparkplug(keeper.directory, keeper.receive, keeper.mark_stale, _ignore)
    now_ms = int(time.time() * 1000)
    payloads: list[bytes] = []
    birth = Payload(timestamp=now_ms, seq=0)
    for number, part in enumerate(parts):
        data = Payload(timestamp=now_ms, seq=(number + 1) % 256)
        for place, name in enumerate(part):
            alias = number * AT_ONCE + place
            birth.metrics.add(name=f"{name}/power_kw", alias=alias, datatype=DataType.FLOAT, float_value=1.0)
            data.metrics.add(alias=alias, timestamp=now_ms, float_value=1.5 + number)
        payloads.append(data.SerializeToString())
    sparkplug.message("spBv1.0/g/NBIRTH/bench", birth.SerializeToString(), time.time())

    def read() -> None:
        now_s = time.time()
        for payload in payloads:
            sparkplug.message("spBv1.0/g/NDATA/bench", payload, now_s)
        sparkplug.flush(now_s, at_once=True)

    return read


def _ignore(_topic: str, _payload: bytes) -> None:
    """Requests to be born again go nowhere."""


def _simulated(bench: Bench, keeper: Keeper) -> None:
    feed = SimulatorFeed(keeper.campus, keeper.directory, Settings())
    batches: list[Batch] = []
    feed.report_to(batches.append)
    times = iter(range(10, 10_000, 10))
    took = timed(lambda: feed.report(float(next(times)), time.time(), PERIOD_S), runs=5)
    count = sum(len(batch) for batch in batches) // 6
    bench.add(f"simulator, one period of {count:,} points", took, target_s=0.05 * PERIOD_S)


def _alarm(bench: Bench, keeper: Keeper) -> None:
    topology = keeper.directory.topology
    units = np.flatnonzero(topology.label == topology.labels.index("UPS"))[:1].astype(np.int32)
    good = np.full(1, Quality.GOOD, np.uint8)

    def tell(value: float) -> None:
        now_s = time.time()
        keeper.receive(Batch("bench", CONDITION, units, np.array([value], np.float32), np.array([now_s]), now_s, good))
        keeper.step(now_s)

    def down_and_up() -> None:
        tell(1.0)
        tell(0.0)

    bench.add("point to alarm with its consequence, and back", timed(down_and_up), target_s=0.4)


def _through_mosquitto(bench: Bench, topology: Topology, minutes: float) -> None:
    """230,000 points every 10 s in columns, QoS 1: the processor time of the live process, and what was lost."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        bench.note("through Mosquitto", "not run: apt-get install mosquitto")
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        free.close()
        config = Path(folder) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n")
        running = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            _paced(bench, topology, Path(folder), port, minutes)
        finally:
            running.terminate()
            running.wait()


def _paced(bench: Bench, topology: Topology, folder: Path, port: int, minutes: float) -> None:
    from paho.mqtt.client import Client  # noqa: PLC0415 - for this run alone
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    child = context.Process(target=_keep, args=(topology, folder, port, ready, stop))
    child.start()
    if not ready.wait(300) or child.pid is None:
        raise RuntimeError("the live process of the benchmark did not start")
    ids = topology.ids.many(np.arange(min(POINTS, len(topology))))
    parts = [ids[begin : begin + AT_ONCE] for begin in range(0, len(ids), AT_ONCE)]
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    before, began, sent = _processor_s(child.pid), time.monotonic(), 0
    periods = max(1, round(minutes * 60 / PERIOD_S))
    for turn in range(periods):
        for number, part in enumerate(parts):
            payload = {"t": time.time(), "seq": turn * len(parts) + number, "ids": part, "values": [1.0] * len(part)}
            client.publish("twin/points/bench/power_kw", msgspec.msgpack.encode(payload), qos=1)
            sent += len(part)
            due = began + (turn + number / len(parts)) * PERIOD_S
            time.sleep(max(0.0, due - time.monotonic()))
    time.sleep(2.0)
    used, took = _processor_s(child.pid) - before, time.monotonic() - began
    told = read_json(Place(folder).status)
    stop.set()
    child.join(60)
    client.loop_stop()
    lost = sent - int(told.get("points", 0))
    share = used / took
    bench.note(
        f"through Mosquitto, {len(ids):,} points every {PERIOD_S:g} s for {minutes:g} min: processor",
        f"{share:.1%} of one core",
        f"{'✓' if share <= 0.1 else '✗'} ≤ 10 %",
    )
    bench.note("  lost, gaps", f"{lost:,}, {told.get('gaps')}", f"{'✓' if lost == 0 else '✗'} none")


def _keep(topology: Topology, home: Path, port: int, ready: Any, stop: Any) -> None:
    from twin.live.feeds.mqtt import MqttFeed, broker  # noqa: PLC0415 - in the process of its own

    keeper = Keeper(Campus.of(topology), home, "bench")
    feed = MqttFeed(broker(f"mqtt://127.0.0.1:{port}"), keeper.directory, keeper.mark_stale, home, 30.0)
    ended = threading.Event()
    threading.Thread(target=lambda: (stop.wait(), ended.set()), daemon=True).start()
    keeper.run(feed, ended, ready.set)


def _processor_s(pid: int) -> float:
    """Processor time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
