"""Impact, trips and sweep, compiled, answer small random campuses as the oracles do.

The other comparisons run most kernels as plain Python, because small campuses are not worth the compiler. Few examples
here: what is compiled is the same text, and only what a compiler may do to it (overflow, typing, bounds) is new.
"""

from importlib import import_module

import pytest
from engine_in_words import Asked
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import impact as oracle
from oracles import scan
from strategies import campuses, meshes, plants, questions

from twin.impact._jit import is_loaded
from twin.impact.impact import impact
from twin.impact.sweep import sweep

pytestmark = pytest.mark.slow

SHAPES = st.one_of(
    campuses(space=True, standby=True), campuses(most=7, load=True, standby=True, space=True), meshes(), plants()
)
few = settings(max_examples=20)


@pytest.fixture(autouse=True)
def _compiler():
    """A process in which numba is loaded runs every kernel compiled."""
    import_module("numba")
    assert is_loaded()


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
