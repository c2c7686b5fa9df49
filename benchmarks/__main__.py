"""`make bench`: the full campus and one of five times its size, beside networkx, rustworkx and Cypher.

Arguments: --scale SCALE (full), --home FOLDER (.bench), --no-database (the engine on made arrays alone).
"""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from rich.console import Console

from benchmarks import synthetic
from benchmarks.clock import Bench, peak_mib
from benchmarks.engine import bench_engine
from benchmarks.history import bench_history
from benchmarks.live import bench_live
from twin.cli.console import progress


def main() -> None:
    """Run all benchmarks and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", default="full", choices=["tiny", "block", "building", "full"])
    parser.add_argument("--home", type=Path, default=Path(".bench"))
    parser.add_argument("--no-database", action="store_true")
    parser.add_argument("--times", type=float, default=5.0, help="size of the made campus, in full campuses")
    parser.add_argument("--live-minutes", type=float, default=10.0, help="how long points run through Mosquitto")
    options = parser.parse_args()
    console = Console(width=160)
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if not options.no_database:
        _with_database(console, options.home.resolve(), options.scale)
    bench_history().show(console)
    # The reference campus is the yardstick; the made one stands in for it without a database, and for larger sizes.
    for times in (1.0, options.times) if options.no_database else (options.times,):
        title = f"Engine, made campus of {times:g} × 300,000 assets"
        bench = bench_engine(synthetic.campus(times), title, larger=times > 1.0)
        bench.show(console)
    bench_live(synthetic.campus(1.0), options.live_minutes).show(console)
    console.print(f"peak memory of this process: {peak_mib():,.0f} MiB")


def _with_database(console: Console, home: Path, scale: str) -> None:
    from benchmarks.browser import bench_browser  # noqa: PLC0415
    from benchmarks.first_load import bench_first_load  # noqa: PLC0415
    from benchmarks.ifc import bench_ifc  # noqa: PLC0415
    from benchmarks.library import bench_library  # noqa: PLC0415 - needs the database
    from benchmarks.load import bench_load  # noqa: PLC0415
    from benchmarks.memory import bench_memory  # noqa: PLC0415
    from benchmarks.view import bench_view  # noqa: PLC0415
    from benchmarks.whole_way import bench_command, bench_whole_way  # noqa: PLC0415

    bench = Bench(f"Reference campus, scale {scale}: exports to question")
    with progress() as report:
        campus = bench_whole_way(home, scale, bench, report)
    with campus:
        bench_command(home, campus, bench)
        bench.show(console)
        bench_engine(campus.topology, f"Engine, reference campus, scale {scale}").show(console)
        bench_memory(home).show(console)
        bench_library(campus).show(console)
        bench_load(home, campus).show(console)
        view = bench_view(campus)
        if view is not None:
            view.show(console)
    bench_first_load(home, "building" if scale == "full" else scale).show(console)
    bench_ifc(home, home / f"exports-{scale}").show(console)
    browser = bench_browser(home)
    if browser is not None:
        browser.show(console)


if __name__ == "__main__":
    main()
