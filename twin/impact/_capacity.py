"""The kernels of capacity questions: one scenario after the other, and what is counted of it."""

from __future__ import annotations

from twin.impact._bundle import Rows
from twin.impact._cascade import back, simulate
from twin.impact._case import Case
from twin.impact._fits import fits_with_space, quietly
from twin.impact._held import fail_held, restore_held
from twin.impact._jit import lean_kernel
from twin.impact.spread import FALLEN, TOUCHED, note_degraded, spread, unspread
from twin.topology.model import Floats, Ints


@lean_kernel
def scan(case: Case, places: Ints, sets: Rows, exact: bool, rows: Rows, draw_kw: Floats) -> int:  # noqa: PLR0913, PLR0917 - arrays
    """Every set of failures in `sets` (k × size) by itself; how many needed load to be moved.

    places: k, the row of each set in the others. rows: lost, tripped, rounds, lost servers, degraded. draw_kw: what the
    lost drew. Both begin at 0.
    """
    work, counted, single = case.work, case.counted, case.single
    moved = 0
    for number in range(len(sets)):
        place = int(places[number])
        row = rows[place]
        if not exact and sets.shape[1] == 1 and single[sets[number, 0]]:
            degraded = quietly(case, sets[number, 0])
            if degraded >= 0:
                row[4] = degraded
                continue
            if case.spaces.at[sets[number, 0]] >= 0 and _space(case, int(sets[number, 0]), row, draw_kw, place):
                continue
        tripped, rounds, own = simulate(case, sets[number], exact)
        moved += rounds >= 0
        row[0] = -own
        row[1] = tripped
        row[2] = max(rounds, 0)
        _count(case, work.queue[: work.counts[FALLEN]], row, draw_kw, place)
        for asset in sets[number]:
            if single[asset] and work.fell[asset] > 0:
                row[3] -= counted.servers[asset]
                draw_kw[place] -= counted.draw_kw[asset]
        _count_degraded(case, row)
        back(case)
    return moved


@lean_kernel
def _space(case: Case, asset: int, row: Ints, draw_kw: Floats, number: int) -> bool:
    """Write the row of one that takes others along, if its load surely fits; False, and no row, if that is not seen."""
    net, work, spaces, counted = case.net, case.work, case.spaces, case.counted
    place = spaces.at[asset]
    is_up = work.fell[asset] == 0
    fail_held(net, work, spaces.held, place)
    spread(net, work)
    fits = fits_with_space(case, place)
    if fits:
        _count(case, spaces.held.asset[spaces.held.start[place] : spaces.held.start[place + 1]], row, draw_kw, number)
        _count(case, work.queue[: work.counts[FALLEN]], row, draw_kw, number)
        if is_up:
            row[0] -= 1
            row[3] -= counted.servers[asset]
            draw_kw[number] -= counted.draw_kw[asset]
        _count_degraded(case, row)
    unspread(net, work)
    restore_held(work, spaces.held, place)
    return fits


@lean_kernel
def _count(case: Case, fallen: Ints, row: Ints, draw_kw: Floats, number: int) -> None:
    """Add what fell to a row."""
    counted = case.counted
    for asset in fallen:
        row[0] += counted.assets[asset]
        row[3] += counted.servers[asset]
        draw_kw[number] += counted.draw_kw[asset]


@lean_kernel
def _count_degraded(case: Case, row: Ints) -> None:
    """Add what is degraded in the state at work to a row."""
    work = case.work
    note_degraded(case.net, work, case.available)
    for place in range(work.counts[TOUCHED]):
        if work.fell[work.touched[place]] == 0:
            row[4] += case.counted.assets[work.touched[place]]
