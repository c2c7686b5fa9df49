"""What the model does not know, as one line under every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from twin.words import plural

if TYPE_CHECKING:
    from rich.console import Console

    from twin.topology.model import Bools, Topology


def print_gaps(console: Console, model: Mapping[str, int], loads: str = "unaffected loads") -> None:
    """Print the counts of `model`, if any; `loads`: what the answer calls those that it does not name as affected."""
    unknown, inferred = model["unknown"], model["inferred_needs"]
    parts: list[str] = []
    if unknown:
        lack = "lacks" if unknown == 1 else "lack"
        count = model["unknown_unaffected_loads"]
        parts.append(f"{plural(unknown, 'asset')} {lack} an expected supply ({count:,} of the {loads})")
    if inferred:
        count = model["inferred_unaffected_loads"]
        parts.append(f"{plural(inferred, 'need')} inferred ({count:,} of the {loads})")
    if parts:
        console.print(Text(f"Model: {'; '.join(parts)}", style="dim"))


def print_down(console: Console, topology: Topology, down: Bools) -> None:
    """Tell how many loads an answer is not about, because they are down in the base state; `down`: n, those there."""
    already = int((topology.loads & down).sum())
    if already:
        text = f"{plural(already, 'load')} {'is' if already == 1 else 'are'} down in the base state: not counted here"
        console.print(Text(text, style="bold"))
