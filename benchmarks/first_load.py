"""The first load of a graph: Neo4j's bulk import beside batches through Bolt, each into an empty Neo4j of its own."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.clock import Bench
from ingest.run import Options, ingest
from twin.graph import connect, local


def bench_first_load(home: Path, scale: str) -> Bench:
    """Import the reference campus of this scale in both ways; the start of the empty Neo4j does not count."""
    from ingest.campus import write  # noqa: PLC0415 - what a benchmark of the engine alone does not need

    exports = home / f"exports-first-load-{scale}"
    shutil.rmtree(exports, ignore_errors=True)
    write(exports, scale, 1)
    wall: dict[str, float] = {}
    processor: dict[str, float] = {}
    size = 0
    for way in ("bulk", "bolt"):
        own = home / f"first-load-{way}"
        local.stop(own)
        shutil.rmtree(own, ignore_errors=True)
        with connect(home=own) as store:
            began, worked = time.perf_counter(), time.process_time()
            report = ingest([exports], lambda store=store: store, Options(way=way))
            wall[way], processor[way] = time.perf_counter() - began, time.process_time() - worked
            size = sum(report.assets.values()) + sum(report.relationships.values())
        local.stop(own)
        shutil.rmtree(own, ignore_errors=True)
    bench = Bench(f"First load, reference campus, scale {scale}: {size:,} assets and relationships, files to graph")
    bench.add("bulk import, restart of Neo4j included", wall["bulk"], peer="through Bolt", peer_s=wall["bolt"])
    bench.add("Python's part of it, CPU", processor["bulk"], peer="through Bolt", peer_s=processor["bolt"])
    return bench
