"""N-1: the impact of every single asset in scope, ranked (section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from threading import Lock
from typing import Any, ClassVar, NamedTuple, ParamSpec, TypeVar

import numpy as np

from schema.errors import BadInput
from twin.frames import Columns, Tabular
from twin.impact._bundle import bundle
from twin.impact._crew import crew, share_out
from twin.impact._held import Held, fail_held, held_by, restore_held, touched_by
from twin.impact._jit import compiled, inlined_kernel, is_at_hand, is_loaded, lean_kernel, plain
from twin.impact._keep import keep
from twin.impact.classes import Weights, classes_of, idle
from twin.impact.gaps import gaps
from twin.impact.net import Net
from twin.impact.question import Question
from twin.impact.settle import LARGE, Base
from twin.impact.spread import (
    FALLEN,
    LOOPS,
    TOUCHED,
    Work,
    note_degraded,
    seed,
    seed_all,
    spread,
    take_along,
    takes_along,
    unspread,
)
from twin.topology.model import Bools, Floats, Ints, Topology

P = ParamSpec("P")
R = TypeVar("R")

COMPILE_FROM = 2_000
"""Scopes from this size on are worth the compiler."""
COLUMNS = {"id": str, "label": str, "lost": int, "lost_servers": int, "lost_kw": float, "degraded": int}
COMMON = 4_000
"""Labels that more assets than this have are failed on a class graph of their own."""


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Tabular):
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

    COLUMNS: ClassVar[Columns] = COLUMNS

    @property
    def headline(self) -> str:
        """How many take others down."""
        return f"{len(self):,} single failures, {int((self.lost > 0).sum()):,} of them take others down"

    def table(self, most: int | None = None) -> list[dict[str, Any]]:
        """One row an asset, most lost first."""
        return self.rows[:most]


def sweep(base: Base, labels: Iterable[str] | None = None, *, compile_kernels: bool | None = None) -> Sweep:
    """The impact of every single asset with one of these labels, else of every asset but servers."""
    wanted = None if labels is None else tuple(sorted({labels} if isinstance(labels, str) else set(labels)))
    prepared = _prepared(base, wanted, is_loaded(), compile_kernels)
    assets = prepared.assets
    found = Found(
        lost=np.zeros(len(assets), np.int32),
        servers=np.zeros(len(assets), np.int32),
        draw_kw=np.zeros(len(assets)),
        degraded=np.zeros(len(assets), np.int32),
    )
    with prepared.lock:
        for level in prepared.levels:
            for _, stamp in level.own:
                stamp[:] = -1
            share_out(len(level.named), len(level.own), partial(level.fail, prepared.run, found))
    order = _most_first(found.lost)
    return Sweep(
        base, assets[order], found.lost[order], found.servers[order], found.draw_kw[order], found.degraded[order]
    )


def _most_first(lost: Ints) -> Ints:
    """The places by how much is lost, ties as they stand: one sort of distinct numbers, which is the quicker one."""
    some = np.flatnonzero(lost)
    keys = np.sort((-lost[some].astype(np.int64) << 32) + some)
    return np.concatenate([keys & 0xFFFFFFFF, np.flatnonzero(lost == 0)]).astype(np.int32)


@dataclass(frozen=True, eq=False)
class _Level:
    """A class graph, and the assets to fail on it."""

    net: Net
    own: tuple[tuple[Work, Ints], ...]
    """Of each thread: working arrays, at rest between sweeps, and `stamp` of the kernel."""
    places: Ints
    """Of those to fail, where they stand in the scope."""
    named: Ints
    """Their classes."""
    counted: Weights
    available: Ints
    """Available suppliers of each group in the base state."""
    held: Held

    def fail(self, run: Callable[..., None], found: Found, thread: int, first: int, end: int) -> None:
        """Fail the assets from the first on."""
        work, stamp = self.own[thread]
        run(self.net, work, self.places, self.named, first, end, self.counted, self.available, stamp, self.held, found)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """What a sweep of one scope needs, for one at a time."""

    run: Callable[..., None]
    assets: Ints
    """The scope, by id."""
    levels: tuple[_Level, ...]
    lock: Lock


@keep
def _prepared(base: Base, labels: tuple[str, ...] | None, _loaded: bool, compile_kernels: bool | None) -> _Prepared:
    topology = base.topology
    scope = in_scope(topology, labels)
    assets = topology.ids.sorted(np.flatnonzero(scope)).astype(np.int32)
    use = is_compiled(run_sweep, topology, len(assets), compile_kernels)
    parts = levels(topology, scope & ~idle(topology))
    known = [_level(base, part, alone, assets, use) for part, alone in zip(parts, so_far(parts), strict=True)]
    return _Prepared(compiled(run_sweep) if use else run_sweep, assets, tuple(known), Lock())


def _level(base: Base, part: Bools, alone: Bools, assets: Ints, use: bool) -> _Level:
    classes = classes_of(base, alone, compile_kernels=use)
    own = [(classes.at_rest(base), np.empty(len(classes.assets), np.int32)) for _ in range(crew(compiled=use))]
    places = np.flatnonzero(part[assets]).astype(np.int32)
    named = classes.number[assets[places]]
    run = compiled if use else plain
    start, asset = run(held_by)(classes.net, own[0][0], named)
    held = Held(start, asset, *run(touched_by)(classes.net, start, asset))
    return _Level(
        classes.net,
        tuple(own),
        places,
        named,
        classes.counted,
        base.available[classes.groups],
        held,
    )


def levels(topology: Topology, walked: Bools) -> list[Bools]:
    """The assets to fail (n) in parts: those of rare labels, then those of common ones.

    Where racks need not stand alone, all of a row fold into one; so the losses of a whole building are few. Which part
    an asset stands in makes no difference to its answer.
    """
    often = np.bincount(topology.label[walked], minlength=len(topology.labels)) > COMMON
    common = walked & often[topology.label]
    return [part for part in (walked & ~common, common) if part.any()]


def so_far(parts: Iterable[Bools]) -> Iterator[Bools]:
    """Each of some parts (n each) with all before it: who stands alone for it, in sweeps and pairs of one graph."""
    return accumulate(parts, np.logical_or)


def in_scope(topology: Topology, labels: Iterable[str] | None, *, without: Iterable[str] = ("Server",)) -> Bools:
    """Which assets (n) have one of these labels; without labels, all but those `without`.

    Raises BadInput for a label that the schema does not know.
    """
    if labels is None:
        return ~_of_labels(topology, without)
    wanted = {labels} if isinstance(labels, str) else set(labels)
    if unknown := wanted - set(topology.labels):
        from schema import LABELS  # noqa: PLC0415 - pydantic only where a label is not in this campus

        if wrong := sorted(unknown - LABELS.keys()):
            raise BadInput(f"no label {wrong[0]!r}; labels are {', '.join(sorted(LABELS))}")
    return _of_labels(topology, wanted)


def _of_labels(topology: Topology, names: Iterable[str]) -> Bools:
    """Which assets (n) have one of these labels."""
    wanted = set(names)
    return np.array([name in wanted for name in topology.labels], np.bool_)[topology.label]


def is_compiled(function: Callable[..., object], topology: Topology, size: int, compile_kernels: bool | None) -> bool:
    """Whether kernels are compiled: if asked for, else if `function` is at hand or a scope of `size` is worth it."""
    if compile_kernels is not None:
        return compile_kernels
    return size >= COMPILE_FROM or len(topology) >= LARGE or is_at_hand(function)


def chosen(function: Callable[P, R], size: int, compile_kernels: bool | None) -> Callable[P, R]:
    """A kernel compiled if asked for, else if it is at hand or the size is worth the compiler."""
    use = size >= COMPILE_FROM or is_at_hand(function) if compile_kernels is None else compile_kernels
    return compiled(function) if use else function


@bundle
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
    places: Ints,
    named: Ints,
    first: int,
    end: int,
    counted: Weights,
    available: Ints,
    stamp: Ints,
    held: Held,
    found: Found,
) -> None:
    """Fail one asset after the other and count; `named`: these, from the first on, `places`: where they are in `found`.

    held: what each takes along. stamp: n, a working array, -1 before the first asset.
    """
    start, supplied, owner_of, loop_of = net.supplied_start, net.supplied_group, net.group_owner, net.loop_of_group
    slack, fell = work.slack, work.fell
    for number in range(first, end):
        place, asset = places[number], named[number]
        if held.start[number] == held.start[number + 1]:
            degraded = degraded_alone(
                start, supplied, owner_of, loop_of, slack, fell, counted.assets, stamp, int(asset)
            )
            if degraded >= 0:
                found.degraded[place] = degraded
                continue
            seed(work, int(asset))
        else:
            fail_held(net, work, held, number)
        spread(net, work)
        if work.counts[LOOPS] > 0:
            note_degraded(net, work, available)
        _count(counted, held.asset[held.start[number] : held.start[number + 1]], int(asset), found, int(place))
        _count(counted, work.queue[: work.counts[FALLEN]], int(asset), found, int(place))
        for at in range(work.counts[TOUCHED]):
            owner = work.touched[at]
            if work.fell[owner] == 0:
                found.degraded[place] += counted.assets[owner]
        unspread(net, work)
        restore_held(work, held, number)


@lean_kernel
def _count(counted: Weights, fallen: Ints, named: int, found: Found, place: int) -> None:
    """Add what is lost with the asset named to the figures at this place."""
    for asset in fallen:
        if asset != named:
            found.lost[place] += counted.assets[asset]
            found.servers[place] += counted.servers[asset]
            found.draw_kw[place] += counted.draw_kw[asset]


@inlined_kernel
def degraded_alone(  # noqa: PLR0913, PLR0917 - single arrays cost less to hand over than tuples of them
    start: Ints,
    supplied: Ints,
    owner_of: Ints,
    loop_of: Ints,
    slack: Ints,
    fell: Ints,
    counted: Ints,
    stamp: Ints,
    asset: int,
) -> int:
    """How much is degraded if an asset falls and nothing with it; -1 if more falls or a loop is touched.

    `stamp`: n, no entry the asset itself before.
    """
    count = 0
    if fell[asset] != 0:
        return 0
    for edge in range(start[asset], start[asset + 1]):
        group = supplied[edge]
        owner = owner_of[group]
        if loop_of[group] >= 0:
            return -1
        if fell[owner] == 0:
            if slack[group] <= 0:
                return -1
            if stamp[owner] != asset:
                stamp[owner] = asset
                count += counted[owner]
    return int(count)


@inlined_kernel
def start_one(net: Net, work: Work, asset: int, taken: Ints) -> None:
    """Seed one asset and what it takes along."""
    if not takes_along(net, asset):
        seed(work, asset)
        return
    taken[len(taken) - 1] = asset
    seed_all(work, taken[: take_along(net, work, taken[len(taken) - 1 :], taken)])
