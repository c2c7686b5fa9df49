"""The impact document of the engine is that of the oracle, and its explanations are valid."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import explain
from oracles import impact as oracle
from strategies import campuses, meshes, plants, questions

import schema
from twin.impact.impact import impact

SHAPES = {
    "random": campuses(space=True, standby=True),
    "spaces and load": campuses(space=True, load=True, standby=True),
    "tied": campuses(most=7, load=True),
    "mesh": meshes(),
    "plant": plants(),
}
EXPECTS = {label: schema.expects(label) for label in schema.LABELS}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_documents_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    trip = data.draw(st.booleans())
    limit = data.draw(st.sampled_from((1.0, 1.0, 0.8, 1.25)))
    campus = asked.campus
    expected = oracle.impact(campus, *question, trip=trip, limit=limit)

    mode = "trip" if trip else "report"
    got = impact(asked.question(*question, overload=mode, limit=limit), asked.base(question.out)).to_dict()

    asked_for = {"failed": question.failed, "out": question.out, "overload": mode, "limit": limit}
    assert got["question"] == asked_for
    for verdict in ("lost", "degraded", "at_risk", "down_before", "relies_on"):
        assert got[verdict] == sorted(getattr(expected, verdict)), verdict
    totals = got["totals"]
    assert totals["lost"] == oracle.by_label(campus, expected.lost)
    assert totals["degraded"] == oracle.by_label(campus, expected.degraded)
    assert totals["lost_kw"] == pytest.approx(oracle.lost_kw(campus, expected.lost))
    assert totals["services"] == sorted(a for a in expected.lost if campus.label(a) == "Service")
    assert totals["by_building"] == oracle.by_place(campus, expected.lost, "Building")
    assert totals["by_module"] == oracle.by_place(campus, expected.lost, "Module")
    rows = oracle.overload_rows(campus, expected, limit, question.out)
    assert [(r["id"], r["kind"], r["rated_kw"]) for r in got["overloaded"]] == [
        (r["id"], r["kind"], r["rated_kw"]) for r in rows
    ]
    for row, right in zip(got["overloaded"], rows, strict=True):
        assert row.keys() == right.keys()
        assert row["load_kw"] == pytest.approx(right["load_kw"])
        assert row["base_load_kw"] == pytest.approx(right["base_load_kw"])
        assert row["added_kw"] == pytest.approx(right["added_kw"])
        assert row["added_together_kw"] == pytest.approx(right["added_together_kw"], abs=1e-8)
    assert ("rounds" in got) == trip
    if trip:
        assert got["rounds"] == [sorted({o.id for o in round_}) for round_ in expected.rounds]
    assert got["model"] == oracle.model(campus, expected, EXPECTS)
    assert explain.wrong(campus, expected, got["because"]) == []


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_each_loss_names_the_first_group_that_earlier_losses_break(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    trip = data.draw(st.booleans())
    expected = oracle.impact(asked.campus, *question, trip=trip)
    named = explain.first_broken(asked.campus, expected)
    mode = "trip" if trip else "report"
    because = impact(asked.question(*question, overload=mode), asked.base(question.out)).because
    for asset, group in named.items():
        assert because[asset] == explain.group_document(asked.campus, group, expected)
