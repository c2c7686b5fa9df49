"""Sweep and pairs of the engine are those of brute force over every single asset and every pair."""

from contextlib import ExitStack
from unittest.mock import patch

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import scan
from strategies import campuses, meshes, plants, questions

from twin.impact import _alike, _join, _joining, _ties
from twin.impact.pairs import pairs
from twin.impact.sweep import sweep

SHAPES = {
    "random": campuses(space=True, standby=True),
    "loaded": campuses(load=True),
    "mesh": meshes(),
    "plant": plants(),
}
SCOPES = (None, None, ["UPS", "PDU"], ["Server", "NetworkDevice"], ["PowerPath", "Building", "CommonCause", "Pump"])


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_sweeps_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    labels = data.draw(st.sampled_from(SCOPES))
    got = sweep(asked.base(out), labels).to_dict()["rows"]
    expected = scan.sweep(asked.campus, labels, out)
    assert [{**row, "lost_kw": pytest.approx(row["lost_kw"])} for row in expected] == got


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_pairs_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    labels = data.draw(st.sampled_from(SCOPES))
    got = pairs(asked.base(out), labels).to_dict()["rows"]
    assert got == scan.pairs(asked.campus, labels, out)


LIMITS = {
    "each pair at once": [(_join, "FEW", 0), (_join, "DEAR", 0)],
    "each pair at once, few sets kept": [(_join, "FEW", 0), (_join, "DEAR", 0), (_joining, "WAITING", 1)],
    "each pair with others of its set": [(_join, "FEW", 1 << 30)],
    "as few wait as can": [(_join, "FEW", 1 << 30), (_joining, "WAITING", 1)],
    "no room for what is broken": [(_joining, "LISTED", 1)],
    "no loop is kept": [(_ties, "KEPT_TIES", 0)],
    "none stands for another": [(_alike, "TRIED", 0)],
}


@pytest.mark.parametrize("limit", LIMITS)
@given(data=st.data())
def test_pairs_agree_whatever_way_they_take(limit, data):
    asked = Asked(data.draw(st.one_of(SHAPES["random"], SHAPES["mesh"], SHAPES["plant"])))
    out = data.draw(questions(asked.records)).out
    with ExitStack() as patches:
        for one in LIMITS[limit]:
            patches.enter_context(patch.object(*one))
        got = pairs(asked.base(out), compile_kernels=False).to_dict()["rows"]
    assert got == scan.pairs(asked.campus, None, out)
