"""The impact answer, interpreted and compiled, equals the oracle's: verdicts, explanations, totals, the model."""

from unittest.mock import patch

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import explain
from oracles import impact as oracle
from strategies import campuses, plants, questions

import schema
from twin.impact.impact import MANY, impact
from twin.impact.question import Question
from twin.impact.settle import Scenario, settle_base

SHAPES = {
    "random": campuses(space=True, standby=True),
    "tied": campuses(most=7, standby=True, space=False),
    "loaded": campuses(load=True, standby=True),
    "plant": plants(),
}
EXPECTS = {label: schema.expects(label) for label in schema.LABELS}


@pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_the_answer_is_the_oracles(shape, compiled, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    trip = shape in ("loaded", "plant") and data.draw(st.booleans())
    expected = oracle.impact(asked.campus, *question, trip=trip)

    base = settle_base(asked.topology, asked.index(question.out), compile_kernels=compiled)
    scenario = Scenario(base, compile_kernels=compiled)
    words = Question(
        failed=tuple(asked.index(question.failed)),
        out=tuple(asked.index(question.out)),
        overload="trip" if trip else "report",
    )
    with patch(
        "twin.impact.impact.MANY", data.draw(st.sampled_from((0, MANY)))
    ):  # what has no reserve, later or at once
        answer = impact(words, base, scenario=scenario)

    assert (scenario.work.fell == base.fell).all()
    assert not scenario.work.mark.any()
    document = answer.to_dict()
    assert document["lost"] == sorted(expected.lost)
    assert document["degraded"] == sorted(expected.degraded)
    assert document["at_risk"] == sorted(expected.at_risk)
    assert document["down_before"] == sorted(expected.down_before)
    assert document["relies_on"] == sorted(expected.relies_on)
    assert document["question"]["failed"] == sorted(question.failed)
    assert document["model"] == oracle.model(asked.campus, expected, EXPECTS)
    assert document["totals"]["lost"] == oracle.by_label(asked.campus, expected.lost)
    assert document["totals"]["degraded"] == oracle.by_label(asked.campus, expected.degraded)
    assert document["totals"]["by_building"] == oracle.by_place(asked.campus, expected.lost, "Building")
    assert document["totals"]["by_module"] == oracle.by_place(asked.campus, expected.lost, "Module")
    assert document["totals"]["lost_kw"] == pytest.approx(oracle.lost_kw(asked.campus, expected.lost))
    assert all(type(why["available"]) is int for why in document["because"].values() if "available" in why)
    assert explain.wrong(asked.campus, expected, document["because"]) == []
    for asset, group in explain.first_broken(asked.campus, expected).items():
        if asset in document["because"] and document["because"][asset]["type"] != "OVERLOAD":
            assert (document["because"][asset]["type"], document["because"][asset].get("group")) == (
                group.type,
                group.name,
            )
