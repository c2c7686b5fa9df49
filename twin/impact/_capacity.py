"""The kernels of capacity questions: one scenario after the other, and what is counted of it."""

from __future__ import annotations

from twin.impact._bundle import Rows
from twin.impact._cascade import back, simulate
from twin.impact._case import Case
from twin.impact._fits import quietly
from twin.impact._jit import lean_kernel
from twin.impact.spread import FALLEN, TOUCHED, Work, note_degraded
from twin.topology.model import Bools, Floats, Ints


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


@lean_kernel
def fallen_of(case: Case, named: Ints) -> int:
    """Write to `case.taken` what a set of failures takes down, itself included; how many."""
    simulate(case, named, False)
    count = 0
    for place in range(case.work.counts[FALLEN]):
        case.taken[count] = case.work.queue[place]
        if case.counted.assets[case.taken[count]] > 0:
            count += 1
    back(case)
    return count


@lean_kernel
def _flip(work: Work, assets: Ints) -> None:
    """Mark what is down of these by a negative level, or take the mark off again."""
    for asset in assets:
        work.fell[asset] = -work.fell[asset]


@lean_kernel
def beside(  # noqa: PLR0913, PLR0917 - what is known of the singles
    case: Case, first: int, seconds: Ints, fallen_start: Ints, fallen: Ints, known: Bools, rows: Rows
) -> None:
    """Each pair of `first` with one of `seconds`: rows (k × 4) of lost, beyond the singles, tripped, rounds.

    `fallen[fallen_start[i]:fallen_start[i + 1]]`: what the i-th of `seconds` takes down alone. known: n, what `first`
    takes down alone.
    """
    work, counted, named = case.work, case.counted, case.named
    for number in range(len(seconds)):
        named[0], named[1] = first, seconds[number]
        tripped, rounds, own = simulate(case, named, False)
        lost, beyond = -own, 0
        _flip(work, fallen[fallen_start[number] : fallen_start[number + 1]])
        for place in range(work.counts[FALLEN]):
            asset = work.queue[place]
            lost += counted.assets[asset]
            if work.fell[asset] > 0 and not known[asset]:
                beyond += counted.assets[asset]
        rows[number, 0], rows[number, 1], rows[number, 2], rows[number, 3] = lost, beyond, tripped, max(rounds, 0)
        _flip(work, fallen[fallen_start[number] : fallen_start[number + 1]])
        back(case)
