"""Single failures and pairs with overloads that trip: each as the oracle simulates it alone."""

import numpy as np
import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.impact import impact
from strategies import campuses, plants, questions

from twin.impact import capacity

SHAPES = {
    "loaded": campuses(load=True, ties=False),
    "tied": campuses(most=7, load=True, standby=True, space=True),
    "plant": plants(),
}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_capacity_scans_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    limit = data.draw(st.sampled_from((1.0, 0.8)))
    some = data.draw(st.lists(st.sampled_from(asked.records.ids), min_size=2, max_size=6, unique=True))
    base, scope = asked.base(out), np.array(asked.index(some), np.int32)
    for scan in (capacity.sweep, capacity.pairs):
        got = scan(base, scope, limit=limit)
        for named, *figures in zip(got.sets, got.lost, got.tripped, got.rounds, strict=True):
            right = impact(asked.campus, asked.ids(named), out, trip=True, limit=limit)
            tripped = {o.id for round_ in right.rounds for o in round_}
            assert figures == [len(right.lost), len(tripped), len(right.rounds)], asked.ids(named)
