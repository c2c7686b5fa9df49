"""What the join of pairs works on (`twin.impact._join`)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact._alike import Alike
from twin.impact._bundle import bundle
from twin.impact._records import Keys, Records, Singles, Touching
from twin.impact._ties import Ties, ties_of
from twin.impact.classes import Weights
from twin.impact.net import Net
from twin.impact.spread import Work
from twin.topology.model import Bools, Ints

LISTED = 1 << 18
"""Owners that break with the partners of one single and are looked at one by one; with more, pairs are settled."""
FEW = 256
"""A single that takes down and touches no more is gone through for each pair."""
DEAR = 3
"""What to take down and undo one asset or relationship costs, in those gone through."""
STAYS, LOOPED, MOVES = 1, 2, 3
"""See `Joining.strain`."""
WAITING = 1 << 15
"""Pairs that wait to be taken up together, at least."""


@bundle
class Met(NamedTuple):
    """The partners of one single, by place in the scope.

    by: the single that met it last; why: what for (SOFT, SURE together; 0: terminal owners alone); broken: what
    stands for the terminal owners that break; head: the first of all owners that break in the lists `owners` and
    `after`, -1 ends a list; partners: those met, in order. used: how many owners are listed.
    """

    by: Ints
    why: Ints
    broken: Ints
    head: Ints
    owners: Ints
    after: Ints
    partners: Ints
    used: Ints


@bundle
class Sets(NamedTuple):
    """Sets of assets that break together, and the pairs with which they do.

    Set number i: `item[start[i]:start[i + 1]]`, its digest `digest[i]`, the first of its pairs `head[i]`, -1: none;
    `cost[i]`: assets that fall with it and their relationships, 0: not known yet.
    table: numbers of sets by their digest, -1: free. spot: n, where an asset stands in the set that is looked up.
    larger, smaller, after: of each pair its singles, and the next pair of the same set. used: how many sets, and pairs.
    """

    start: Ints
    item: Ints
    digest: Ints
    head: Ints
    cost: Ints
    table: Ints
    spot: Ints
    larger: Ints
    smaller: Ints
    after: Ints
    used: Ints


@bundle
class Marks(NamedTuple):
    """Working arrays of one pair.

    mine, theirs: n, tick[1] and tick[2] where the one single, and the other, takes an asset down; also: n, the same of
    a third list; touched: by key, the record that the one has of it, where that was asked for, else one of others;
    tick[0]: the last tick given out. queue: n.
    """

    mine: Ints
    theirs: Ints
    also: Ints
    touched: Ints
    tick: Ints
    queue: Ints


@bundle
class Joining(NamedTuple):
    """All that the join works on.

    strain: g, whether load moves when a supplier of a group falls: always (MOVES), where its owner (STAYS) or something
    of its loop (LOOPED) stays up, or never (0); empty if that is not asked. By place in the scope: assets; known, two
    of these make no row; alone, how much each takes down. counted: what each asset stands for. taken: n, working array.
    """

    net: Net
    work: Work
    keys: Keys
    singles: Singles
    records: Records
    alike: Alike
    touching: Touching
    met: Met
    sets: Sets
    ties: Ties
    marks: Marks
    counted: Weights
    strain: Ints
    assets: Ints
    known: Bools
    alone: Ints
    taken: Ints


def joining(  # noqa: PLR0913 - what is known of the singles
    net: Net,
    work: Work,
    singles: Singles,
    records: Records,
    alike: Alike,
    *,
    touching: Touching,
    spare: Work,
    keys: Keys,
    counted: Weights,
    strain: Ints,
    assets: Ints,
    known: Bools,
    alone: Ints,
) -> Joining:
    """A join at rest, on working arrays of its own; `work` and `spare`: two of the same net."""
    size, count = len(assets), len(work.fell)

    def zeros(length: int) -> Ints:
        return np.zeros(length, np.int32)

    def no(length: int) -> Ints:
        return np.full(length, -1, np.int32)

    met = Met(no(size), zeros(size), zeros(size), zeros(size), zeros(LISTED), zeros(LISTED), zeros(size), zeros(1))
    waiting = max(WAITING, size)
    sets = Sets(
        start=zeros(waiting + 1),
        item=zeros(2 * LISTED),
        digest=zeros(waiting),
        head=zeros(waiting),
        cost=zeros(waiting),
        table=no(1 << (2 * waiting).bit_length()),
        spot=zeros(count),
        larger=zeros(waiting),
        smaller=zeros(waiting),
        after=zeros(waiting),
        used=zeros(2),
    )
    marks = Marks(zeros(count), zeros(count), zeros(count), no(len(keys.slack)), zeros(3), zeros(count))
    width = int(keys.width[keys.parts :].max(initial=1))
    return Joining(
        net, work, keys, singles, records, alike, touching, met, sets, ties_of(net, spare, width), marks,
        counted, strain, assets, known, alone, zeros(count),
    )  # fmt: skip
