"""Where the power goes, as a picture: a bar for each building, with what is IT, cooling and the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from schema.errors import BadInput
from twin.energy.answer import Energy, Share, shares_by_size
from twin.live.history.spans import iso

# Colours of Okabe and Ito, which the colour-blind can tell apart; the hatching says the same.
_PARTS: Final = (("IT", "#0072B2", ""), ("cooling", "#56B4E9", "//"), ("losses and the rest", "#E69F00", ".."))
_WHOLE: Final = ("not divided: meters are missing", "#BBBBBB", "xx")
_MOST: Final = 30


def draw(answer: Energy, path: Path) -> None:
    """Write the picture. Raises BadInput where there is nothing to draw, or the file cannot be written."""
    shares = [("campus", answer.campus), *list(shares_by_size(answer.by_building))[:_MOST]]
    known = [(name, share) for name, share in shares if share.total_kw is not None]
    if not known:
        raise BadInput(f"--plot {path}: no total power is measured, so that there is nothing to draw")
    mpl.rcParams["hatch.linewidth"] = 0.5
    figure: Any = Figure(figsize=(9.0, 1.7 + 0.5 * len(known)), dpi=120, layout="constrained")
    axes: Any = figure.add_subplot()
    for place, (name, share) in enumerate(reversed(known)):
        left = 0.0
        for kw, (label, colour, hatch) in _parts(share):
            legend = label if label not in axes.get_legend_handles_labels()[1] else None
            axes.barh(place, kw, left=left, color=colour, hatch=hatch, edgecolor="white", label=legend)
            left += kw
        words = "" if share.pue is None else f"  {'PUE' if name == 'campus' else 'pPUE'} {share.pue:.2f}"
        axes.text(left, place, f"  {share.total_kw:,.0f} kW{words}", va="center")
    axes.set_yticks(range(len(known)), [name for name, _ in reversed(known)])
    axes.margins(x=0.35)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("power, kW")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    axes.set_title(_title(answer), loc="left")
    try:
        figure.savefig(path)
    except OSError as error:
        raise BadInput(f"--plot {path}: cannot be written ({error.strerror or error})") from error


def _parts(share: Share) -> list[tuple[float, tuple[str, str, str]]]:
    kws = (share.it_kw, share.cooling_kw, share.losses_kw)
    if any(kw is None for kw in kws):
        return [(share.total_kw or 0.0, _WHOLE)]
    return [(max(kw or 0.0, 0.0), part) for kw, part in zip(kws, _PARTS, strict=True)]


def _title(answer: Energy) -> str:
    when = "now"
    if answer.since_s is not None and answer.until_s is not None:
        when = f"{iso(round(answer.since_s))} – {iso(round(answer.until_s))}"
    pue = "" if answer.campus.pue is None else f"PUE {answer.campus.pue:.3f} ({answer.category}), "
    wue = "" if answer.wue is None else f"WUE {answer.wue:.2f} L/kWh, "
    return f"{pue}{wue}{when}"
