"""Sweep and pairs equal those of brute force, interpreted and compiled."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import scan
from strategies import campuses, plants, questions

from twin.impact.pairs import pairs
from twin.impact.settle import settle_base
from twin.impact.sweep import sweep

SHAPES = {
    "random": campuses(space=True, standby=True),
    "tied": campuses(most=7, standby=True, space=False),
    "plant": plants(),
}
LABELS = st.one_of(st.none(), st.lists(st.sampled_from(["Server", "UPS", "Cabinet", "PowerPath", "Room"]), max_size=3))


@pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_the_sweep_is_the_oracles(shape, compiled, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    labels = data.draw(LABELS)

    base = settle_base(asked.topology, asked.index(out), compile_kernels=compiled)
    rows = sweep(base, labels, compile_kernels=compiled).to_dict()["rows"]

    expected = scan.sweep(asked.campus, labels, out)
    assert [{**row, "lost_kw": pytest.approx(row["lost_kw"])} for row in expected] == rows


@pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_the_pairs_are_the_oracles(shape, compiled, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    labels = data.draw(LABELS)

    base = settle_base(asked.topology, asked.index(out), compile_kernels=compiled)
    rows = pairs(base, labels, compile_kernels=compiled).to_dict()["rows"]

    assert rows == scan.pairs(asked.campus, labels, out)
