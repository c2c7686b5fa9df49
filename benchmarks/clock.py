"""Timing, and the tables that a benchmark prints."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


def timed(function: Callable[[], Any], *, runs: int = 5, warm: int = 1, least_s: float = 0.0) -> float:
    """Median seconds of one call, after `warm` calls; repeats until `runs` calls and `least_s` seconds are through."""
    for _ in range(warm):
        function()
    gc.collect()
    gc.disable()
    try:
        times: list[float] = []
        while len(times) < runs or sum(times) < least_s:
            began = time.perf_counter()
            function()
            times.append(time.perf_counter() - began)
    finally:
        gc.enable()
    return median(times)


def peak_mib() -> float:
    """Largest resident memory of this process so far, in MiB (Linux counts it in KiB)."""
    status = Path("/proc/self/status")
    if status.exists():  # `ru_maxrss` begins with the memory of the process that started this one
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(value: float) -> str:
    """A duration in the unit in which it is easy to read."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


@dataclass
class Bench:
    """One table: rows of what was measured, its target, and the peer in the same run."""

    title: str
    targets: bool = True
    """Whether they are meant for what is measured; else they are left out."""
    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str, str]])

    def add(
        self, what: str, took_s: float, *, target_s: float | None = None, peer: str = "", peer_s: float = 0.0
    ) -> None:
        """Add a duration, the target that it should stay below, and the peer's duration for the same."""
        target = ""
        if target_s is not None and self.targets:
            target = f"{'✓' if took_s <= target_s else '✗'} ≤ {seconds(target_s)}"
        ratio = f"{peer_s / took_s:,.3g} ×" if peer_s else ""
        self.rows.append((what, seconds(took_s), target, f"{peer} {seconds(peer_s)}" if peer else "", ratio))

    def note(self, what: str, value: str, target: str = "") -> None:
        """Add a figure that is no duration."""
        self.rows.append((what, value, target, "", ""))

    def show(self, console: Console) -> None:
        """Print the table."""
        table = Table(title=self.title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        table.add_column("What", overflow="fold")
        table.add_column("Median", justify="right")
        table.add_column("Target")
        table.add_column("Peer in this run", justify="right")
        table.add_column("Faster", justify="right")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)
        console.print()
