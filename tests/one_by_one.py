"""Pairs that are worse with overloads, each by the cascade that impact uses; ratings that are just enough."""

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import strategies as st

from twin.impact import capacity
from twin.impact.follow import Following
from twin.impact.load import flows
from twin.impact.settle import Base, Scenario, settle_base
from twin.impact.trip import cascade
from twin.impact.worse_pairs import WorsePairs
from twin.topology import Topology


def one_by_one(base: Base, scope: list[int], limit: float) -> dict[tuple[int, int], tuple[int, ...]]:
    """Lost, beyond both singles, tripped and rounds of each pair that is worse, by the cascade that impact uses.

    The sweep of the same scope has to agree with the singles.
    """
    scenario = Scenario(base)
    following = Following(scenario, flows(base.topology, ~base.down))

    def down(*named: int) -> tuple[set[int], int, int]:
        scenario.fail(named)
        rounds = cascade(following, limit).rounds
        fallen = set(scenario.fallen().tolist())
        following.undo()
        scenario.undo()
        return fallen, sum(len({entry.asset for entry in round_}) for round_ in rounds), len(rounds)

    alone = {asset: down(asset) for asset in scope}
    swept = capacity.sweep(base, np.array(scope, np.int32), limit=limit)
    figures = np.column_stack([swept.lost, swept.tripped, swept.rounds]).tolist()
    assert figures == [[len(down - {asset}), *trips] for asset, (down, *trips) in alone.items()]
    singles = {asset: down for asset, (down, *_) in alone.items()}
    rows: dict[tuple[int, int], tuple[int, ...]] = {}
    for one, other in combinations(scope, 2):
        fallen, tripped, rounds = down(one, other)
        if beyond := fallen - singles[one] - singles[other]:
            rows[one, other] = len(fallen - {one, other}), len(beyond), tripped, rounds
    return rows


def found(worse: WorsePairs) -> dict[tuple[int, int], tuple[int, ...]]:
    figures = np.column_stack([worse.lost, worse.beyond, worse.tripped, worse.rounds]).tolist()
    return {(one, other): tuple(row) for (one, other), row in zip(worse.sets.tolist(), figures, strict=True)}


FEW = st.sampled_from((None, None, 1.0, 1.2, 1.34, 1.5, 1.5, 1.8, 2.0, 2.5, 3.0))
"""Few alone trip what pairs trip."""


def just_enough(
    draw: Any, assets: list[dict[str, Any]], topology: Topology, out: list[int], often: Any = FEW
) -> list[dict[str, Any]]:
    """The assets rated for so many times what they carry in the base state."""
    load = flows(topology, ~settle_base(topology, out).down)
    rated: list[dict[str, Any]] = []
    for asset in assets:
        index = topology.ids.index(asset["id"])
        assert index is not None
        ratings: dict[str, Any] = {"rated_kw": None, "rated_cooling_kw": None}
        for name, kw in (("rated_kw", load.load_kw[index]), ("rated_cooling_kw", load.cooling_load_kw[index])):
            times = draw(often)
            if times is not None and kw > 0.0:
                ratings[name] = float(kw) * times
        rated.append({**asset, **{name: kw for name, kw in ratings.items() if kw is not None}})
    return rated
