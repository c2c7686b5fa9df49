"""Every family of kernels, compiled, answers small random campuses as the oracles do.

The other comparisons run most kernels as plain Python, because small campuses are not worth the compiler. Few examples
here: what is compiled is the same text, and only what a compiler may do to it (overflow, typing, bounds) is new.
"""

import numpy as np
import pytest
from engine_in_words import Asked
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import impact as oracle
from oracles import scan
from strategies import campuses, meshes, plants, questions

from twin.impact import capacity
from twin.impact._jit import making
from twin.impact.impact import impact
from twin.impact.pairs import pairs
from twin.impact.sweep import sweep

pytestmark = pytest.mark.slow

SHAPES = st.one_of(
    campuses(space=True, standby=True), campuses(most=7, load=True, standby=True, space=True), meshes(), plants()
)
few = settings(max_examples=20)


@pytest.fixture(autouse=True)
def _compiler():
    """Every kernel runs compiled, however small the campus."""
    with making():
        yield


@few
@given(data=st.data())
def test_impact_and_trips(data):
    asked = Asked(data.draw(SHAPES))
    question = data.draw(questions(asked.records))
    limit = data.draw(st.sampled_from((1.0, 0.8)))
    right = oracle.impact(asked.campus, *question, trip=True, limit=limit)
    got = impact(asked.question(*question, overload="trip", limit=limit), asked.base(question.out)).to_dict()
    for verdict in ("lost", "degraded", "at_risk", "down_before", "relies_on"):
        assert got[verdict] == sorted(getattr(right, verdict)), verdict
    assert got["rounds"] == [sorted({o.id for o in round_}) for round_ in right.rounds]
    rows = oracle.overload_rows(asked.campus, right, limit, question.out)
    assert [(r["id"], r["kind"]) for r in got["overloaded"]] == [(r["id"], r["kind"]) for r in rows]
    assert [r["load_kw"] for r in got["overloaded"]] == pytest.approx([r["load_kw"] for r in rows])


@few
@given(data=st.data())
def test_sweep(data):
    asked = Asked(data.draw(SHAPES))
    out = data.draw(questions(asked.records)).out
    got = sweep(asked.base(out), compile_kernels=True).to_dict()["rows"]
    assert [{**row, "lost_kw": pytest.approx(row["lost_kw"])} for row in scan.sweep(asked.campus, None, out)] == got


@few
@given(data=st.data())
def test_pairs(data):
    asked = Asked(data.draw(SHAPES))
    out = data.draw(questions(asked.records)).out
    assert pairs(asked.base(out), compile_kernels=True).to_dict()["rows"] == scan.pairs(asked.campus, None, out)


@few
@given(data=st.data())
def test_cut_sets_and_single_points(data):
    asked = Asked(data.draw(SHAPES))
    out = data.draw(questions(asked.records)).out
    up = asked.where(~asked.base(out).down)
    rows = {row["id"]: row["cut_sets"] for row in asked.all_cut_sets(out)["rows"]}
    assert rows == {load: scan.cut_sets(asked.campus, load, 3, out) for load in asked.campus.loads() if load in up}
    points = {row["id"]: row["loads"] for row in asked.single_points(out)["rows"]}
    assert points == scan.single_points(asked.campus, out)


@few
@given(data=st.data())
def test_capacity_of_singles_and_pairs(data):
    asked = Asked(data.draw(SHAPES))
    out = data.draw(questions(asked.records)).out
    some = data.draw(st.lists(st.sampled_from(asked.records.ids), min_size=2, max_size=5, unique=True))
    base, scope = asked.base(out), np.array(asked.index(some), np.int32)
    for ask in (capacity.sweep, capacity.pairs):
        got = ask(base, scope, limit=0.8)
        for named, *figures in zip(got.sets, got.lost, got.tripped, got.rounds, strict=True):
            right = oracle.impact(asked.campus, asked.ids(named), out, trip=True, limit=0.8)
            tripped = {o.id for round_ in right.rounds for o in round_}
            assert figures == [len(right.lost), len(tripped), len(right.rounds)], asked.ids(named)
