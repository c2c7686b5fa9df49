"""Capacity-aware pairs found from their singles are those that simulating every pair finds."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from strategies import campuses, plants, questions

from twin.impact.follow import Following
from twin.impact.load import flows
from twin.impact.settle import Base, Scenario, settle_base
from twin.impact.trip import cascade
from twin.impact.worse_pairs import WorsePairs, worse_pairs
from twin.topology import from_records

SHAPES = {
    "loaded": campuses(most=10, load=True, ties=False),
    "tied": campuses(most=9, load=True, standby=True, space=True),
    "plant": plants(),
}


def one_by_one(base: Base, scope: list[int], limit: float) -> dict[tuple[int, int], tuple[int, ...]]:
    """Lost, beyond both singles, tripped and rounds of each pair that is worse, by the cascade that impact uses."""
    scenario = Scenario(base)
    following = Following(scenario, flows(base.topology, ~base.down))

    def down(*named: int) -> tuple[set[int], int, int]:
        scenario.fail(named)
        rounds = cascade(following, limit).rounds
        fallen = set(scenario.fallen().tolist())
        following.undo()
        scenario.undo()
        return fallen, sum(len({entry.asset for entry in round_}) for round_ in rounds), len(rounds)

    singles = {asset: down(asset)[0] for asset in scope}
    rows: dict[tuple[int, int], tuple[int, ...]] = {}
    for one, other in combinations(scope, 2):
        fallen, tripped, rounds = down(one, other)
        if beyond := fallen - singles[one] - singles[other]:
            rows[one, other] = len(fallen - {one, other}), len(beyond), tripped, rounds
    return rows


def found(worse: WorsePairs) -> dict[tuple[int, int], tuple[int, ...]]:
    figures = np.column_stack([worse.lost, worse.beyond, worse.tripped, worse.rounds]).tolist()
    return {(one, other): tuple(row) for (one, other), row in zip(worse.sets.tolist(), figures, strict=True)}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_worse_pairs_equal_one_cascade_after_the_other(shape: str, data: st.DataObject):
    asked = Asked(data.draw(SHAPES[shape]))
    base = asked.base(data.draw(questions(asked.records)).out)
    limit = data.draw(st.sampled_from((0.6, 1.0, 1.0, 1.4, 2.0, 3.0)))
    everything = list(range(len(base.topology)))
    some = data.draw(st.sampled_from((everything[:8], everything[::2], everything[:6])))
    worse = worse_pairs(base, np.array(some, np.int32), limit=limit)
    assert found(worse) == one_by_one(base, some, limit)


def hall(draw: Any, number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Boards A and B, tied or not ─▶ three PDUs ─▶ three servers; both boards ─▶ three chillers ─▶ servers."""
    rating, tied = st.sampled_from((30.0, 36.0, 40.0, 48.0, 60.0, 90.0)), draw(st.booleans())
    policy, need = draw(st.sampled_from(("share", "transfer"))), draw(st.sampled_from((1, 2)))
    sides, places = (f"{number}A", f"{number}B"), range(3)
    assets = [{"id": side, "label": "Switchboard", "rated_kw": draw(rating), "efficiency": 0.9} for side in sides]
    assets += [{"id": f"{number}P{n}", "label": "PDU", "rated_kw": draw(rating), "efficiency": 0.95} for n in places]
    assets += [{"id": f"{number}C{n}", "label": "Chiller", "rated_cooling_kw": draw(rating) / 3} for n in places]
    draws = st.sampled_from((8.0, 10.0, 12.0))
    assets += [{"id": f"{number}S{n}", "label": "Server", "draw_kw": draw(draws)} for n in places]
    feeds = [(main, side) for main, side in zip("UV", sides, strict=True)]
    feeds += [sides, sides[::-1]] if tied else []
    feeds += [(f"{number}P{place % 3}", f"{number}S{n}") for n in places for place in (n, n + 1)]
    fed = [(side, f"{number}{kind}{n}") for n in places for kind in "PC" for side in sides]
    supplies: list[dict[str, Any]] = [{"source_id": one, "type": "FEEDS", "target_id": other} for one, other in feeds]
    supplies += [{"source_id": one, "type": "FEEDS", "target_id": other, "policy": policy} for one, other in fed]
    cooled = [(f"{number}C{chiller}", f"{number}S{n}") for n in places for chiller in places]
    supplies += [{"source_id": one, "type": "COOLS", "target_id": other, "need": need} for one, other in cooled]
    return assets, supplies


@given(data=st.data())
def test_halls_that_share_only_utilities(data: st.DataObject):
    assets: list[dict[str, Any]] = [{"id": name, "label": "UtilityFeed", "rated_kw": 150.0} for name in "UV"]
    supplies: list[dict[str, Any]] = []
    for number in range(2):
        more, feeds = hall(data.draw, number)
        assets, supplies = assets + more, supplies + feeds
    topology = from_records(assets, supplies)
    base, limit = settle_base(topology), data.draw(st.sampled_from((0.8, 1.0, 1.2, 2.0)))
    others = np.flatnonzero(topology.label != topology.labels.index("Server")).astype(np.int32)
    scope = others[data.draw(st.integers(0, 1)) :: 2]
    worse = worse_pairs(base, scope, limit=limit)
    assert found(worse) == one_by_one(base, scope.tolist(), limit)


def test_what_surely_fits_is_not_simulated():
    """Ten UPS with a server each, all with room: no pair is looked at."""
    assets: list[dict[str, Any]] = [{"id": "U", "label": "UtilityFeed", "rated_kw": 100.0}]
    assets += [{"id": f"A{n}", "label": "UPS", "rated_kw": 10.0} for n in range(10)]
    assets += [{"id": f"S{n}", "label": "Server", "draw_kw": 5.0} for n in range(10)]
    ends = [("U", f"A{n}") for n in range(10)] + [(f"A{n}", f"S{n}") for n in range(10)]
    topology = from_records(assets, [{"source_id": one, "type": "FEEDS", "target_id": other} for one, other in ends])
    scope = np.arange(len(topology), dtype=np.int32)
    worse = worse_pairs(settle_base(topology), scope)
    assert (len(worse.sets), worse.looked_at) == (0, 0)
