"""Every answer says what the model does not know, and counts it as the oracle does (section 8)."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import design, scan
from oracles.impact import gaps
from oracles.settle import base_state
from strategies import campuses, plants, questions

import schema

SHAPES = {"random": campuses(space=True, standby=True), "plant": plants()}
EXPECTS = {label: schema.expects(label) for label in schema.LABELS}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_verdicts_leave_out_the_loads_that_they_name(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    failed, out = data.draw(questions(asked.records))
    campus, engine = asked.campus, asked.engine
    loads = set(campus.loads()) & base_state(campus, out)
    points = scan.single_points(campus, out)
    check = scan.check(campus, failed, out)
    checked = set(failed) | set(check["lost"]) | {load for some in check["single_points"].values() for load in some}
    findings = design.independence(campus)
    at_rest = set(campus.loads()) & base_state(campus)

    hanging = {load for some in points.values() for load in some}
    assert engine.single_points(out=out).to_dict()["model"] == gaps(campus, loads - hanging, EXPECTS)
    assert engine.check(*failed, out=out).to_dict()["model"] == gaps(campus, loads - checked, EXPECTS)
    lost = {load for finding in design.tier(campus)["findings"] for load in finding["lost"]}
    assert engine.audit_tier().to_dict()["model"] == gaps(campus, at_rest - lost, EXPECTS)
    broken = {finding["id"] for finding in findings if finding["breaks"]}
    assert engine.audit_independence().to_dict()["model"] == gaps(campus, at_rest - broken, EXPECTS)
    started = {a for round_ in design.black_start(campus, out)["rounds"] for a in round_}
    assert engine.black_start(out).to_dict()["model"] == gaps(campus, started & set(campus.loads()), EXPECTS)


@given(data=st.data())
def test_answers_without_verdicts_count_all_loads_that_they_are_about(data):
    asked = Asked(data.draw(SHAPES["random"]))
    failed, out = data.draw(questions(asked.records))
    campus, engine = asked.campus, asked.engine
    up = base_state(campus, out)
    every = gaps(campus, set(campus.loads()) & up, EXPECTS)
    one = gaps(campus, {failed[0]} & up, EXPECTS)

    answers = [engine.sweep(out=out), engine.pairs(out=out), engine.all_cut_sets(out=out), engine.availability(out=out)]
    answers += [engine.sweep(out=out, overload="trip"), engine.pairs(out=out, overload="trip")]
    assert [answer.to_dict()["model"] for answer in answers] == [every] * 6
    assert engine.cut_sets(failed[0], out=out).to_dict()["model"] == one
    assert engine.availability(failed[0], out=out).to_dict()["model"] == one
