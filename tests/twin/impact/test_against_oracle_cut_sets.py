"""Cut sets of the engine are those of brute force over all singles, pairs and triples."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.scan import cut_sets as oracle
from strategies import campuses, meshes, plants, questions

from twin.impact import _templates

SHAPES = {
    "random": campuses(space=True),
    "tied": campuses(most=8),
    "mesh": meshes(),
    "out": campuses(standby=True),
    "plant": plants(),
}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_cut_sets_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out if shape == "out" else []
    asset = data.draw(st.sampled_from(asked.records.ids[::-1]))
    order = data.draw(st.sampled_from((3, 3, 2, 1) if shape != "plant" else (3, 2, 2, 1)))
    got = asked.cut_sets(asset, order, out)
    assert got["cut_sets"] == oracle(asked.campus, asset, order, out)
    assert (got["id"], got["order"], got["question"]["out"]) == (asset, order, out)


@pytest.mark.parametrize("shape", ["random", "out"])
@given(data=st.data())
def test_cut_sets_of_all_loads_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out if shape == "out" else []
    trunk = data.draw(st.sampled_from((1, 2, 3, 64)))  # of so small campuses nothing would be trunk
    count = len(asked.topology)
    building = np.array(data.draw(st.lists(st.sampled_from((0, 0, 1, -1)), min_size=count, max_size=count)), np.int32)
    topology = replace(asked.topology, building=building)
    own = _templates._of_one_building(topology)
    with (
        patch.object(_templates, "MOST_DEPENDENTS", trunk),
        patch.object(_templates, "_of_one_building", lambda _: own),
    ):
        rows = {row["id"]: row["cut_sets"] for row in asked.all_cut_sets(out)["rows"]}
    up = asked.where(~asked.base(out).down)
    assert rows == {load: oracle(asked.campus, load, 3, out) for load in asked.campus.loads() if load in up}
