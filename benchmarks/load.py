"""The REST API under load: clients in a process of their own, `twin serve` in another, both on this machine.

Random single failures of all that is not a server, in turn asked for totals, for a page of the lists and for a page of
explanations. Beside it, in the same run: networkx behind the same web server, and a process for each question.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.request import Request, urlopen

import numpy as np

from benchmarks.clock import Bench
from benchmarks.load_client import Load, Result
from twin.campus import Campus
from twin.topology.current import snapshot_folder

RATE_PER_S, CLIENTS, P99_S, MANY = 200.0, 20, 0.050, 100_000
PARTS = (["totals"], ["lost", "degraded", "at_risk"], ["because"])
FLAT_MIB = 32.0
"""What the memory may grow by over 100,000 questions: noise of the allocator, not an answer for each."""


def bench_load(home: Path, campus: Campus, *, seconds: float = 60.0, many: int = MANY) -> Bench:
    """Put the load on a `twin serve` over `home`."""
    bench = Bench(f"REST under load: {RATE_PER_S:g} impact questions a second by {CLIENTS} clients, open loop")
    bodies = questions(campus)
    with serving([sys.executable, "-m", "twin.cli.main", "serve", "--port", "0"], home) as (address, process):
        impact = f"{address}api/v1/impact"
        put(Load(impact, bodies, 2_000, CLIENTS))  # warm
        alone = put(Load(impact, bodies, round(RATE_PER_S * seconds), CLIENTS, RATE_PER_S))
        _percentiles(bench, "single failures", alone)
        with _asking_long(f"{address}api/v1/pairs"):
            beside = put(Load(impact, bodies, round(RATE_PER_S * seconds / 2), CLIENTS, RATE_PER_S))
        _percentiles(bench, "the same while pairs are asked without a pause", beside)
        ours = _memory(bench, process, impact, bodies, many)
    _peers(bench, home, campus, bodies, ours)
    return bench


def questions(campus: Campus, count: int = 20_000) -> list[str]:
    """Bodies of questions about random assets that are no servers."""
    topology = campus.topology
    servers = topology.labels.index("Server") if "Server" in topology.labels else -1
    scope = np.flatnonzero(topology.label != servers)
    chosen = random.Random(1).choices(scope.tolist(), k=count)
    return [
        json.dumps({"ids": [id_], "parts": PARTS[number % len(PARTS)], "page": 100})
        for number, id_ in enumerate(topology.ids.many(np.array(chosen)))
    ]


def put(load: Load) -> Result:
    """Run the clients in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.load_client"]
    done = subprocess.run(command, input=json.dumps(vars(load)), check=True, capture_output=True, text=True)
    result = Result(**json.loads(done.stdout))
    assert not result.wrong, result.wrong
    return result


@contextmanager
def serving(command: Sequence[str], home: Path) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """A server that prints its address, stopped at the end."""
    environment = {**os.environ, "TWIN_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0], process
    finally:
        process.terminate()
        process.wait()


def _percentiles(bench: Bench, what: str, result: Result) -> None:
    times = np.array(result.seconds)
    for name, share in (("p50", 50), ("p90", 90), ("p99", 99)):
        target = P99_S if name == "p99" else None
        bench.add(f"{what}: {name}", float(np.percentile(times, share)), target_s=target)
    bench.add(f"{what}: longest of {len(times):,}", float(times.max()))


@contextmanager
def _asking_long(address: str) -> Generator[None]:
    """One client that asks a long question again and again."""
    over = Event()
    body = json.dumps({"top": 10}).encode()

    def run() -> None:
        while not over.is_set():
            with urlopen(Request(address, body, {"content-type": "application/json"})) as answer:  # noqa: S310 - ours
                answer.read()

    client = Thread(target=run)
    client.start()
    try:
        yield
    finally:
        over.set()
        client.join()


def _memory(bench: Bench, process: subprocess.Popen[str], address: str, bodies: list[str], many: int) -> float:
    """Ask very many questions as fast as they are answered; returns seconds each."""
    tenth = many // 10
    put(Load(address, bodies, tenth, CLIENTS))
    before = _resident_mib(process.pid)
    result = put(Load(address, bodies, many, CLIENTS))
    after = _resident_mib(process.pid)
    bench.note(
        f"resident memory after {tenth:,} questions, and {many:,} more",
        f"{before:,.0f}, {after:,.0f} MiB",
        f"{'✓' if after - before <= FLAT_MIB else '✗'} flat (≤ {FLAT_MIB:.0f} MiB more)",
    )
    return result.took_s / many


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _peers(bench: Bench, home: Path, campus: Campus, bodies: list[str], ours: float) -> None:
    folder = snapshot_folder(campus.store, home)
    peer, peer_s = _networkx(folder, home, bodies)
    bench.add("as fast as they are answered, each", ours, peer=peer, peer_s=peer_s)
    id_ = json.loads(bodies[0])["ids"][0]
    began = time.perf_counter()
    runs = 5
    for _ in range(runs):
        command = [sys.executable, "-m", "twin.cli.main", "impact", id_, "--json"]
        subprocess.run(command, env={**os.environ, "TWIN_HOME": str(home)}, check=True, capture_output=True)
    each = (time.perf_counter() - began) / runs
    bench.add("the same", ours, peer="a process each", peer_s=each)


def _networkx(folder: Path, home: Path, bodies: list[str]) -> tuple[str, float]:
    """The peer behind the same web server, and its seconds a question; it counts the lost and explains nothing."""
    import networkx as nx  # noqa: PLC0415 - half a second

    command = [sys.executable, "-m", "benchmarks.load_peer", str(folder)]
    with serving(command, home) as (address, _):
        result = put(Load(f"{address}impact", bodies, 2_000, CLIENTS))
    return f"networkx {nx.__version__}, lost only", result.took_s / len(result.seconds)
