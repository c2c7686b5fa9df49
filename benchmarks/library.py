"""The Cypher library on the database beside the engine, for the questions that both answer."""

from __future__ import annotations

from typing import Any

from benchmarks.clock import Bench, timed
from twin import queries
from twin.campus import Campus

MOST_LOST = 2_000
"""The settled impact in Cypher is meant for answers up to some thousand assets."""


def bench_library(campus: Campus) -> Bench:
    """Time the settled impact of one failure in Cypher and in the engine, on failures of several sizes."""
    bench = Bench("Impact: the engine beside the Cypher library on the database")
    rows = [row for row in campus.sweep().to_dict()["rows"] if 0 < row["lost"] <= MOST_LOST]
    for row in {row["id"]: row for row in (rows[0], rows[len(rows) // 2], rows[-1])}.values():
        asset = row["id"]

        def ask(asset: str = asset) -> Any:
            return campus.impact(asset).to_dict()

        def in_cypher(asset: str = asset) -> Any:
            return queries.run(campus.store, "settled-impact", {"failed": [asset]})

        same = sorted(found["id"] for found in in_cypher() if found["verdict"] == "lost") == ask()["lost"]
        what = f"{asset}, {row['lost']:,} lost, whole document{'' if same else ' (answers differ!)'}"
        bench.add(what, timed(ask, runs=10), peer="Cypher library", peer_s=timed(in_cypher, runs=3))
    return bench
