"""Black start of the engine is the least fixpoint of the oracle: rounds, what never starts, deadlocks."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.design import black_start as oracle
from strategies import campuses, plants, questions

SHAPES = {"random": campuses(space=True, standby=True), "plant": plants()}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_black_starts_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    got = asked.black_start(out)
    assert got["question"]["out"] == out
    assert {k: got[k] for k in ("rounds", "never", "deadlocks")} == oracle(asked.campus, out)
