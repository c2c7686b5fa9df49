"""Compile the kernels of the large questions ahead of time: `python -m twin.impact.warm`.

The machine code is kept on disk (`twin.impact._jit`), so that the first sweep after an installation need not wait.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from twin.impact import capacity, pairs, single_points, sweep
from twin.impact._jit import making
from twin.impact.cutsets import all_cut_sets
from twin.impact.follow import following
from twin.impact.impact import impact
from twin.impact.question import Question
from twin.impact.settle import Base, Scenario, settle_base
from twin.impact.worse_pairs import worse_pairs
from twin.topology import Topology, from_records


def tiny() -> Topology:
    """Two sides and a bus tie, a chiller, a host with a service: every kernel has something to do."""
    facts: dict[str, dict[str, Any]] = {
        "U": {"label": "UtilityFeed"},
        "G": {"label": "Generator", "standby": True},
        "A": {"label": "Switchboard", "rated_kw": 10.0},
        "B": {"label": "Switchboard", "rated_kw": 10.0},
        "C": {"label": "Chiller"},
        "S": {"label": "Server", "draw_kw": 4.0},
        "T": {"label": "Server", "draw_kw": 4.0},
        "V": {"label": "Service"},
    }
    ends = [("U", "A"), ("U", "B"), ("G", "A"), ("A", "B"), ("B", "A"), ("A", "C"), ("A", "S"), ("B", "S"), ("B", "T")]
    supplies = [(source, "FEEDS", target) for source, target in ends]
    supplies += [("C", "COOLS", "S"), ("S", "HOSTS", "V"), ("T", "HOSTS", "V")]
    rows = [{"source_id": source, "type": kind, "target_id": target} for source, kind, target in supplies]
    return from_records([{"id": name} | row for name, row in facts.items()], rows)


def warm(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile what is not compiled yet, question by question."""
    with making():
        base = settle_base(tiny(), compile_kernels=True)
        tasks = _tasks(base)
        for number, (what, run) in enumerate(tasks.items()):
            if progress:
                progress(f"compiling {what}", number, len(tasks))
            run()
    if progress:
        progress("compiling", len(tasks), len(tasks))


def _tasks(base: Base) -> dict[str, Callable[[], object]]:
    everything = np.arange(len(base.topology), dtype=np.int32)

    def trip() -> None:
        impact(Question((0,), overload="trip"), base, scenario=Scenario(base, compile_kernels=True)).to_dict()
        with following(base) as loads:
            loads.scenario.fail([0])
            loads.advance()

    return {
        "impact": trip,
        "sweep": lambda: sweep.sweep(base, compile_kernels=True),
        "pairs": lambda: pairs.pairs(base, compile_kernels=True),
        "capacity": lambda: capacity.sweep(base, everything),
        "capacity of pairs": lambda: worse_pairs(base, everything),
        "cut sets": lambda: all_cut_sets(Question(), base),
        "single points": lambda: single_points.single_points(Question(), base),
    }


def main() -> None:
    """Compile, with one line for each question on standard error."""
    began = time.perf_counter()
    warm(lambda what, done, total: print(f"{what} ({done}/{total})", file=sys.stderr))
    print(f"kernels ready after {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
