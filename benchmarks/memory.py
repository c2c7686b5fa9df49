"""Memory of a process that asks: one question, and all of them one after the other.

Each measurement is a process of its own: `python -m benchmarks.memory HOME QUESTION …` prints its peak in MiB.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from benchmarks.clock import Bench, peak_mib
from benchmarks.engine import infrastructure, of_label
from twin.campus import Campus
from twin.campus import open as open_campus

MOST_MB: Final = 500
MIB: Final = 2**20 / 1e6
QUESTIONS: Final[dict[str, Callable[[Campus], object]]] = {
    "impact of each common cause": lambda campus: _impacts(campus, "CommonCause", "report"),
    "sweep": lambda campus: campus.sweep(),
    "pairs of infrastructure": lambda campus: campus.pairs(infrastructure(campus.topology)),
    "pairs": lambda campus: campus.pairs(),
    "cut sets of all loads": lambda campus: campus.all_cut_sets(),
    "single points": lambda campus: campus.single_points(),
    "capacity-aware sweep": lambda campus: campus.sweep(overload="trip"),
    "capacity-aware pairs of infrastructure": lambda campus: campus.pairs(
        infrastructure(campus.topology), overload="trip"
    ),
    "impact of each transformer, with trips": lambda campus: _impacts(campus, "Transformer", "trip"),
}


def bench_memory(home: Path) -> Bench:
    """The peak of each question, and of all of them, there and back: what one keeps for the next is bounded."""
    bench = Bench("Memory of a process that asks, at most: resident, with programs and the mapped snapshot")
    names = list(QUESTIONS)
    for what, asked in [*((name, [name]) for name in names), ("all, there and back", names + names[::-1])]:
        most = _measured(home, asked) * MIB
        bench.note(what, f"{most:,.0f} MB", f"{'✓' if most <= MOST_MB else '✗'} ≤ {MOST_MB} MB")
    return bench


def _impacts(campus: Campus, label: str, overload: Literal["report", "trip"]) -> None:
    for name in campus.topology.ids.many(of_label(campus.topology, label)):
        campus.impact(name, overload=overload).to_dict()


def _measured(home: Path, asked: list[str]) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", str(home), *asked]
    environment = {**os.environ, "TWIN_HOME": str(home)}
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def main() -> None:
    """Ask, and print the peak."""
    home, *asked = sys.argv[1:]
    with open_campus(home=home) as campus:
        for name in asked:
            QUESTIONS[name](campus)
    print(f"{peak_mib():.1f}")


if __name__ == "__main__":
    main()
