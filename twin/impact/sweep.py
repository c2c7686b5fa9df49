"""N-1: the impact of every single asset in scope, ranked (section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from schema.errors import BadInput
from twin.impact._jit import compiled, is_loaded, lean_kernel
from twin.impact.classes import Weights, classes_of, weights
from twin.impact.gaps import gaps
from twin.impact.question import Question
from twin.impact.settle import Base
from twin.impact.spread import (
    FALLEN,
    LOOPS,
    TOUCHED,
    Net,
    Work,
    note_degraded,
    seed,
    seed_all,
    spread,
    take_along,
    unspread,
    work_of,
)
from twin.topology.model import Bools, Floats, Ints, Topology

if TYPE_CHECKING:
    import polars

P = ParamSpec("P")
R = TypeVar("R")

COMPILE_FROM = 2_000
"""Scopes from this size on are worth the compiler."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """What each asset in scope loses alone; all arrays in the order of the answer, most lost first, ties by id."""

    base: Base
    assets: Ints
    lost: Ints
    lost_servers: Ints
    lost_kw: Floats
    """What the lost drew in the base state."""
    degraded: Ints

    def __len__(self) -> int:
        return len(self.assets)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row an asset."""
        topology = self.base.topology
        columns: tuple[list[Any], ...] = (
            topology.ids.many(self.assets),
            [topology.labels[code] for code in topology.label[self.assets].tolist()],
            self.lost.tolist(),
            self.lost_servers.tolist(),
            np.round(self.lost_kw, 9).tolist(),
            self.degraded.tolist(),
        )
        return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]

    @property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.base.topology, self.base.down)

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin sweep --json`."""
        question = Question(out=tuple(self.base.out.tolist()))
        return {"question": question.document(self.base.topology), "rows": self.rows, "model": self.model}

    def to_frame(self) -> polars.DataFrame:
        """One row an asset."""
        from twin.frames import frame  # noqa: PLC0415 - polars is optional

        return frame(self.rows, COLUMNS)


COLUMNS = ("id", "label", "lost", "lost_servers", "lost_kw", "degraded")


def sweep(base: Base, labels: Iterable[str] | None = None, *, compile_kernels: bool | None = None) -> Sweep:
    """The impact of every single asset with one of these labels, else of every asset but servers."""
    topology = base.topology
    classes = classes_of(base)
    counted = weights(base, classes)
    scope = in_scope(topology, labels)
    assets = np.flatnonzero(scope).astype(np.int32)
    found = Found(
        lost=np.zeros(len(assets), np.int32),
        servers=np.zeros(len(assets), np.int32),
        draw_kw=np.zeros(len(assets)),
        degraded=np.zeros(len(assets), np.int32),
    )
    walked = np.flatnonzero(~classes.sink[assets]).astype(np.int32)
    work = work_of(topology, base.fell.copy(), base.slack.copy(), base.gone)
    run = chosen(run_sweep, len(assets), compile_kernels)
    run(classes.net, work, assets, walked, counted, base.available, np.empty(len(topology), np.int32), found)
    order = np.lexsort((topology.ids.rank[assets], -found.lost))
    return Sweep(
        base, assets[order], found.lost[order], found.servers[order], found.draw_kw[order], found.degraded[order]
    )


def in_scope(topology: Topology, labels: Iterable[str] | None, *, without: Iterable[str] = ("Server",)) -> Bools:
    """Which assets (n) have one of these labels; without labels, all but those `without`.

    Raises BadInput for a label that the schema does not know.
    """
    if labels is None:
        return ~np.isin(topology.label, [code for code, name in enumerate(topology.labels) if name in without])
    wanted = {labels} if isinstance(labels, str) else set(labels)
    if unknown := wanted - set(topology.labels):
        from schema import LABELS  # noqa: PLC0415 - pydantic only where a label is not in this campus

        if wrong := sorted(unknown - LABELS.keys()):
            raise BadInput(f"no label {wrong[0]!r}; labels are {', '.join(sorted(LABELS))}")
    return np.isin(topology.label, [code for code, name in enumerate(topology.labels) if name in wanted])


def chosen(function: Callable[P, R], size: int, compile_kernels: bool | None) -> Callable[P, R]:
    """A kernel compiled if asked for, else if numba is loaded anyway or the size is worth the compiler."""
    use = is_loaded() or size >= COMPILE_FROM if compile_kernels is None else compile_kernels
    return compiled(function) if use else function


class Found(NamedTuple):
    """The columns of a sweep, by place in the scope."""

    lost: Ints
    servers: Ints
    draw_kw: Floats
    degraded: Ints


@lean_kernel
def run_sweep(  # noqa: PLR0913, PLR0917 - arrays
    net: Net,
    work: Work,
    assets: Ints,
    walked: Ints,
    counted: Weights,
    available: Ints,
    taken: Ints,
    found: Found,
) -> None:
    """Fail one asset after the other and count; `walked`: places in `assets` that may take something down."""
    for place in walked:
        asset = assets[place]
        start_one(net, work, int(asset), taken)
        spread(net, work)
        if work.counts[LOOPS] > 0:
            note_degraded(net, work, available)
        for at in range(work.counts[FALLEN]):
            fallen = work.queue[at]
            if fallen != asset:
                found.lost[place] += counted.assets[fallen]
                found.servers[place] += counted.servers[fallen]
                found.draw_kw[place] += counted.draw_kw[fallen]
        for at in range(work.counts[TOUCHED]):
            owner = work.touched[at]
            if work.fell[owner] == 0:
                found.degraded[place] += counted.assets[owner]
        unspread(net, work)


@lean_kernel
def start_one(net: Net, work: Work, asset: int, taken: Ints) -> None:
    """Seed one asset and what it takes along."""
    along = net.along_start[asset + 1] - net.along_start[asset]
    parts = net.part_start[asset + 1] - net.part_start[asset]
    if along + parts == 0:
        seed(work, asset)
        return
    taken[len(taken) - 1] = asset
    seed_all(work, taken[: take_along(net, work, taken[len(taken) - 1 :], taken)])
