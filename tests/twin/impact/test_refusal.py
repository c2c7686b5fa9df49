"""Data errors of sections 1 and 3 refuse every question and are named; what is sound is answered."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import impact as oracle
from oracles.model import Campus, problems
from strategies import NEEDS_ONLY, Records, campuses, faulty, questions

from twin import TwinError


@given(data=st.data())
def test_faulty_campuses_are_refused_naming_the_consumer(data):
    asked = Asked(data.draw(faulty()))
    question = data.draw(questions(asked.records))
    bad = problems(asked.records.relationships)
    if not bad:
        asked.engine.impact(*question.failed, out=question.out)
        return
    with pytest.raises(TwinError) as refused:
        asked.engine.impact(*question.failed, out=question.out)
    assert refused.value.exit_status == 2
    for owner, kind, _ in bad:
        assert any(owner in line and kind in line for line in refused.value.problems), (owner, kind)


@given(data=st.data())
def test_assume_worst_answers_where_needs_disagree(data):
    asked = Asked(data.draw(faulty(NEEDS_ONLY)))
    question = data.draw(questions(asked.records))
    campus = Campus(asked.records.assets, asked.records.relationships, assume_worst=True)
    expected = oracle.impact(campus, *question)
    got = asked.engine.impact(*question.failed, out=question.out, assume_worst=True)
    assert got.lost == sorted(expected.lost)
    assert got.degraded == sorted(expected.degraded)
    assert got.down_before == sorted(expected.down_before)


@given(data=st.data())
def test_drawn_campuses_are_sound(data):
    drawn = data.draw(campuses(space=True, load=True, time=True))
    assert problems(drawn.relationships) == set()
    assert Asked(drawn).topology.problems == ()


def test_an_order_that_cut_sets_do_not_have_is_bad_input():
    asked = Asked(Records([{"id": "a", "label": "UPS"}], []))
    with pytest.raises(TwinError, match="cut sets have order 1, 2 or 3, not 4"):
        asked.engine.cut_sets("a", 4)
