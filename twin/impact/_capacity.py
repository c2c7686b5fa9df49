"""The kernels of capacity questions: one scenario after the other, and what is counted of it."""

from __future__ import annotations

from twin.impact._bundle import Rows
from twin.impact._cascade import back, simulate
from twin.impact._case import Case
from twin.impact._fits import quietly
from twin.impact._jit import lean_kernel
from twin.impact.spread import FALLEN, TOUCHED, note_degraded
from twin.topology.model import Floats


@lean_kernel
def scan(case: Case, sets: Rows, exact: bool, rows: Rows, draw_kw: Floats) -> int:
    """Every set of failures in `sets` (k × size) by itself; how many needed load to be moved.

    rows: k × 5, lost, tripped, rounds, lost servers, degraded. draw_kw: k, what the lost drew. Both begin at 0.
    """
    work, counted, single = case.work, case.counted, case.single
    moved = 0
    for number in range(len(sets)):
        if not exact and sets.shape[1] == 1 and single[sets[number, 0]]:
            degraded = quietly(case, sets[number, 0])
            if degraded >= 0:
                rows[number, 4] = degraded
                continue
        tripped, rounds, own = simulate(case, sets[number], exact)
        moved += rounds >= 0
        rows[number, 0] = -own
        rows[number, 1] = tripped
        rows[number, 2] = max(rounds, 0)
        for place in range(work.counts[FALLEN]):
            fallen = work.queue[place]
            rows[number, 0] += counted.assets[fallen]
            rows[number, 3] += counted.servers[fallen]
            draw_kw[number] += counted.draw_kw[fallen]
        for asset in sets[number]:
            if single[asset] and work.fell[asset] > 0:
                rows[number, 3] -= counted.servers[asset]
                draw_kw[number] -= counted.draw_kw[asset]
        note_degraded(case.net, work, case.available)
        for place in range(work.counts[TOUCHED]):
            if work.fell[work.touched[place]] == 0:
                rows[number, 4] += counted.assets[work.touched[place]]
        back(case)
    return moved
