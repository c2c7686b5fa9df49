"""What the join of pairs works on (`twin.impact._join`)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import bundle
from twin.impact._records import Keys, Masks, Records, Singles, Touching
from twin.impact.classes import Weights
from twin.impact.net import Net
from twin.impact.spread import Work
from twin.topology.model import Bools, Codes, Ints

LISTED = 1 << 20
"""Owners that break with the partners of one single and are looked at one by one; with more, pairs are settled."""
KEPT = 1 << 22
"""Numbers that tell what falls with the sets that break most often."""
COUNT = 24
"""Bits that count the suppliers of one group."""


@bundle
class Met(NamedTuple):
    """The partners of one single, by place in the scope.

    by: the single that met it last; why: what for (SOFT, LOOP, SURE together; 0: terminal owners alone); broken: what
    stands for the terminal owners that break; head: the first of all owners that break in the lists `owners` and
    `after`, -1 ends a list; partners: those met, in order.
    """

    by: Ints
    why: Ints
    broken: Ints
    head: Ints
    owners: Ints
    after: Ints
    partners: Ints


@bundle
class Sizes(NamedTuple):
    """Of each single: what it takes down (alone), where (areas, 64 parts of the index), how much of one group (most).

    most: 6 × place + type, the most suppliers that it takes of any group of that type.
    """

    alone: Ints
    areas: Masks
    most: Ints


@bundle
class Marks(NamedTuple):
    """Working arrays.

    Of the single at work: left, n, weights but for what it takes down; hurting, g, how many suppliers it takes of each
    group; touched, L, the last single that touched a loop. Of one pair: taking, g, how many suppliers what breaks
    takes, on top of tick[0] << COUNT; stamp, n, tick[0] for what is known to fall beside the larger; queue, n, what
    breaks, and from its end on whose groups are in doubt; through, n, the loop by which
    it broke. inside: n, what the single at held[0] takes down.
    """

    left: Ints
    hurting: Ints
    touched: Ints
    taking: NDArray[np.int64]
    stamp: Ints
    tick: NDArray[np.int64]
    queue: Ints
    through: Ints


@bundle
class Closed(NamedTuple):
    """What falls if just some assets break: pieces of `pool`, as `twin.impact._closed` writes them.

    work: one of its own, at rest. table: where the piece of a set of assets begins, by its hash, -1: free. used: how
    much of the pool, and how many pieces. spot: n, where an asset stands among those that break.
    """

    work: Work
    table: Ints
    pool: Ints
    used: NDArray[np.int64]
    spot: Ints


@bundle
class Joining(NamedTuple):
    """All that the join works on.

    By place in the scope: assets; known, two of these make no row. counted: what each asset stands for. group_type: g.
    taken: n, working array.
    """

    net: Net
    work: Work
    keys: Keys
    singles: Singles
    records: Records
    touching: Touching
    met: Met
    sizes: Sizes
    marks: Marks
    closed: Closed
    counted: Weights
    assets: Ints
    known: Bools
    group_type: Codes
    taken: Ints


def joining(  # noqa: PLR0913 - what is known of the singles
    net: Net,
    work: Work,
    singles: Singles,
    records: Records,
    touching: Touching,
    *,
    spare: Work,
    keys: Keys,
    counted: Weights,
    assets: Ints,
    known: Bools,
    group_type: Codes,
    taken: Ints,
) -> Joining:
    """The working arrays of a join, at rest; `work` and `spare`: two of the same net."""
    size, count, groups = len(assets), len(work.fell), len(work.slack)

    def zeros(length: int) -> Ints:
        return np.zeros(length, np.int32)

    none = np.full(size, -1, np.int32)
    met = Met(none, zeros(size), zeros(size), zeros(size), zeros(LISTED), zeros(LISTED), zeros(size))
    sizes = Sizes(zeros(size), np.zeros(size, np.uint64), zeros(6 * size))
    marks = Marks(
        left=counted.assets.copy(),
        hurting=zeros(groups),
        touched=np.full(len(net.loop_start), -1, np.int32),
        taking=np.zeros(len(keys.slack), np.int64),
        stamp=np.full(count, -1, np.int32),
        tick=np.zeros(1, np.int64),
        queue=zeros(count),
        through=np.full(count, -1, np.int32),
    )
    closed = Closed(
        spare, np.full(1 << 14, -1, np.int32), np.empty(KEPT, np.int32), np.zeros(2, np.int64), zeros(count)
    )
    return Joining(
        net, work, keys, singles, records, touching, met, sizes, marks,
        closed, counted, assets, known, group_type, taken,
    )  # fmt: skip
