"""The first load of a graph: Neo4j's bulk import, batches through Bolt, and MERGE row by row as people write it first.

Each goes into an empty Neo4j of its own.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.clock import Bench
from ingest.read import read_source
from ingest.run import Options, ingest
from ingest.sources import resolve
from schema.cypher import quoted
from twin.graph import connect, local
from twin.graph.prepare import prepare

ROW_BY_ROW = 4_000
"""Rows of either kind that the naive way is timed on; all of them would take it an hour."""


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
    naive = _row_by_row(home / "first-load-rows", exports) * size
    bench = Bench(f"First load, reference campus, scale {scale}: {size:,} assets and relationships, files to graph")
    bench.add("bulk import, restart of Neo4j included", wall["bulk"], peer="through Bolt", peer_s=wall["bolt"])
    bench.add("Python's part of it, CPU", processor["bulk"], peer="through Bolt", peer_s=processor["bolt"])
    bench.add("bulk import", wall["bulk"], peer=f"MERGE row by row (from {2 * ROW_BY_ROW:,} rows)", peer_s=naive)
    bench.add("through Bolt", wall["bolt"], peer=f"MERGE row by row (from {2 * ROW_BY_ROW:,} rows)", peer_s=naive)
    return bench


def _row_by_row(own: Path, exports: Path) -> float:
    """Seconds for one row: MERGE of each asset, then each relationship, in a transaction of its own; reading aside."""
    table = max(exports.glob("*-assets.csv"), key=lambda file: file.stat().st_size)
    sources, _ = resolve([table, table.with_name(table.name.replace("-assets", "-relationships"))])
    (extract,) = (found for source in sources for found in read_source(source))
    assets = extract.assets[:ROW_BY_ROW]
    known = {record.id for record in assets}
    edges = [record for record in extract.relationships if record.target_id in known][:ROW_BY_ROW]
    local.stop(own)
    shutil.rmtree(own, ignore_errors=True)
    with connect(home=own) as store:
        prepare(store)
        began = time.perf_counter()
        for record in assets:
            query = f"MERGE (a:Asset {{id: $id}}) SET a:{quoted(record.label)}, a += $properties"
            store.write(query, id=record.id, properties=record.properties)
        for edge in edges:
            query = (
                "MERGE (s:Asset {id: $source}) MERGE (t:Asset {id: $target}) "
                f"MERGE (s)-[r:{quoted(edge.type)} {{group: $group}}]->(t) SET r += $properties"
            )
            group = edge.properties.get("group", "")
            store.write(query, source=edge.source_id, target=edge.target_id, group=group, properties=edge.properties)
        took = time.perf_counter() - began
    local.stop(own)
    shutil.rmtree(own, ignore_errors=True)
    return took / (len(assets) + len(edges))
