"""What is asked, and the state it is asked in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal

import numpy as np

from schema.errors import BadInput, BadModel
from twin.topology.model import Floats, Ints, Topology

OVERLOADS = ("report", "trip")


@dataclass(frozen=True)
class Question:
    """A scenario in terms of indices; `failed` and `out` each once, ascending."""

    failed: tuple[int, ...] = ()
    out: tuple[int, ...] = ()
    overload: Literal["report", "trip"] = "report"
    limit: float = 1.0
    timeline: bool = False
    until_s: float = 86_400.0

    def __post_init__(self) -> None:
        if self.overload not in OVERLOADS:
            raise BadInput(f"overload {self.overload!r}: it is report or trip")
        if not 0 < self.limit < inf:
            raise BadInput(f"limit {self.limit:g}: it must be a number above 0")
        if not 0 <= self.until_s < inf:
            raise BadInput(f"until {self.until_s:g} s: it must be a number of seconds, 0 or more")

    def document(self, topology: Topology) -> dict[str, Any]:
        """The question as every answer begins with it."""
        return {
            "failed": topology.ids.texts(indices(self.failed)),
            "out": topology.ids.texts(indices(self.out)),
            "overload": self.overload,
            "limit": self.limit,
        }


@dataclass(frozen=True, eq=False)
class Live:
    """What live state says, as arrays by asset index (n).

    `down`: not up, for whatever reason. `draw_kw` and `derated_kw`: NaN where nothing is measured or derated.
    `hold_share`: what is left of `power_hold_s`, 0 to 1 (the charge of the battery).
    """

    down: Ints
    draw_kw: Floats | None = None
    derated_kw: Floats | None = None
    hold_share: Floats | None = None

    def applied(self, topology: Topology) -> Topology:
        """The topology with what is measured in the place of what is stored."""
        changes: dict[str, Any] = {}
        if self.draw_kw is not None:
            changes["draw_kw"] = np.where(np.isnan(self.draw_kw), topology.draw_kw, self.draw_kw)
        if self.derated_kw is not None:
            changes["rated_kw"] = np.where(np.isnan(self.derated_kw), topology.rated_kw, self.derated_kw)
        if self.hold_share is not None:
            changes["power_hold_s"] = topology.power_hold_s * self.hold_share
        return replace(topology, **changes) if changes else topology


def indices(assets: Iterable[int]) -> Ints:
    """An array of indices."""
    return np.fromiter(assets, np.int32)


def require_sound(topology: Topology, *, assume_worst: bool = False) -> None:
    """Raise BadModel, naming the ids, where the model contradicts itself.

    With `assume_worst` groups whose needs contradict each other need all their suppliers instead.
    """
    problems = topology.problems if assume_worst else (*topology.problems, *topology.need_problems)
    if problems:
        raise BadModel(problems)
