"""PUE and powers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from twin.cli.render.tables import print_rows
from twin.energy.answer import Energy, Share, shares_by_size
from twin.energy.readings import LEAST_COVERED
from twin.live.history.spans import iso
from twin.words import names, plural

if TYPE_CHECKING:
    from rich.console import Console

_COLUMNS = {
    "name": "Where",
    "pue": "PUE",
    "category": "Measured",
    "total": "Total kW",
    "it": "IT kW",
    "cooling": "Cooling kW",
    "losses": "Losses, rest kW",
}


def print_energy(console: Console, answer: Energy, *, modules: bool = False) -> None:
    """Print the figures of the campus, then its buildings, and its modules where asked for."""
    if answer.campus.pue is None:
        title = "PUE: cannot be told, because meters are missing" if answer.missing else "PUE: no IT is running"
    else:
        title = f"PUE {answer.campus.pue:.3f}  {answer.category}"
    console.print(Text(f"{title}{_window(answer)}", style="bold"))
    if answer.wue is not None:
        console.print(Text(f"WUE {answer.wue:.3f} L/kWh", style="bold"))
    rows = [_row("campus", answer.campus)]
    rows += [_row(name, share) for name, share in shares_by_size(answer.by_building)]
    if modules:
        rows += [_row(name, share) for name, share in shares_by_size(answer.by_module)]
    print_rows(console, "", rows, _COLUMNS)
    if answer.missing:
        enough = "" if answer.since_s is None else f" that cover {LEAST_COVERED * 100:.0f} % of the window"
        console.print(Text(f"missing: {plural(len(answer.missing), 'reading')}{enough}: {names(answer.missing)}"))
    if answer.by_building:
        console.print(Text("PUE of a building or module is partial (pPUE): within its walls alone.", style="dim"))


def _window(answer: Energy) -> str:
    if answer.since_s is None or answer.until_s is None:
        return "  (power now)"
    return f"  {iso(round(answer.since_s))} – {iso(round(answer.until_s))}"


def _row(name: str, share: Share) -> dict[str, Any]:
    return {
        "name": name,
        "pue": None if share.pue is None else f"{share.pue:.3f}",
        "category": share.category if share.it_kw is not None else None,
        "total": _kw(share.total_kw),
        "it": _kw(share.it_kw),
        "cooling": _kw(share.cooling_kw),
        "losses": _kw(share.losses_kw),
    }


def _kw(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"
