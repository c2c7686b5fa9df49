"""Single points and the maintenance check of the engine are those of brute force over every single failure."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.scan import check as check_oracle
from oracles.scan import single_points as single_points_oracle
from strategies import campuses, meshes, plants, questions

SHAPES = {"random": campuses(space=True, standby=True), "mesh": meshes(), "plant": plants()}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_single_points_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    got = asked.single_points(out)
    assert {row["id"]: row["loads"] for row in got["rows"]} == single_points_oracle(asked.campus, out)
    assert all(row["label"] == asked.campus.label(row["id"]) for row in got["rows"])


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_checks_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    got = asked.check(*question)
    expected = check_oracle(asked.campus, *question)
    assert {k: got[k] for k in ("verdict", "lost", "single_points")} == expected
    assert got["question"]["failed"] == question.failed
