"""From exports to a question, on the database: writing, reading, compiling, and the command as a user starts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.clock import Bench, peak_mib, timed
from twin.campus import Campus
from twin.campus import open as open_campus
from twin.topology import store as snapshots
from twin.topology.read import read_graph
from twin.topology.store import load

Progress = Callable[[str, int, int], None]


def bench_whole_way(home: Path, scale: str, bench: Bench, progress: Progress) -> Campus:
    """Write and ingest the reference campus if the home does not hold it yet; time each step. Returns it, opened."""
    os.environ["TWIN_HOME"] = str(home)
    exports = home / f"exports-{scale}"
    _write(exports, scale, bench, progress)
    campus = open_campus(home=home, progress=progress)
    _ingest(campus, exports, scale, bench, progress)
    _compile(campus, home, bench)
    return campus


def _write(exports: Path, scale: str, bench: Bench, progress: Progress) -> None:
    from ingest.campus import write  # noqa: PLC0415 - what a benchmark of the engine alone does not need

    shutil.rmtree(exports, ignore_errors=True)
    began = time.perf_counter()
    write(exports, scale, 1, progress=progress)
    bench.add(f"twin campus --scale {scale}", time.perf_counter() - began, target_s=600.0)


def _ingest(campus: Campus, exports: Path, scale: str, bench: Bench, progress: Progress) -> None:
    from ingest.run import Options, ingest  # noqa: PLC0415

    for what, target in ((f"ingest of {scale}, files to graph", 60.0), ("unchanged again", 30.0)):
        report = ingest([exports], lambda: campus.store, Options(), progress)
        name = what if report.changed else f"ingest of {scale}, unchanged"
        bench.add(name, report.seconds, target_s=target)
    bench.note("peak memory of the ingest's process", f"{peak_mib():,.0f} MiB", "≤ 2,000 MiB")


def _compile(campus: Campus, home: Path, bench: Bench) -> None:
    topology, details = read_graph(campus.store)
    bench.add("topology from the database", timed(lambda: read_graph(campus.store), runs=3, warm=0), target_s=8.0)
    folder = home / "bench-snapshot"
    snapshots.save(topology, folder, details)
    bench.add("topology from its snapshot", timed(lambda: load(folder), runs=5), target_s=0.3)


def bench_command(home: Path, campus: Campus, bench: Bench) -> None:
    """Time `twin impact` as a process, from start to end."""
    asset = campus.sweep().to_dict()["rows"][50]["id"]
    command = [sys.executable, "-m", "twin.cli.main", "impact", asset, "--json"]
    environment = {**os.environ, "TWIN_HOME": str(home)}

    def run() -> Any:
        return subprocess.run(command, env=environment, check=True, capture_output=True)

    bench.add(f"twin impact {asset} --json, as a command", timed(run, runs=5), target_s=1.0)
