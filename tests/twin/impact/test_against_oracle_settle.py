"""Settled states of the engine are those of the oracle: who is up, who is degraded, what is available, who calls."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.impact import impact
from oracles.load import loads
from oracles.settle import available_when, base_state
from strategies import campuses, meshes, plants, questions

from twin.impact.load import flows
from twin.impact.settle import Scenario, settle_base

SHAPES = {
    "random": campuses(space=True, standby=True),
    "tied": campuses(most=7, standby=True, space=False),
    "loaded": campuses(load=True, standby=True),
    "mesh": meshes(),
    "plant": plants(),
}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_settled_states_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    expected = impact(asked.campus, *question)

    base = settle_base(asked.topology, asked.index(question.out))
    scenario = Scenario(base)
    for _ in range(2):  # and again, after an undo
        scenario.fail(asked.index(question.failed))

        assert asked.where(~base.down) == expected.base
        assert asked.where(~scenario.down) == expected.final
        assert asked.ids(scenario.degraded()) == expected.degraded
        available = scenario.available()
        for number in range(asked.topology.group_count):
            key = asked.group_key(number)
            group = next(g for g in asked.campus.groups if g.key == key)
            if group.owner in expected.final:
                assert available[number] == len(available_when(asked.campus, group, expected.final)), key

        scenario.undo()
        assert asked.where(~scenario.down) == expected.base


@pytest.mark.parametrize("shape", ["loaded", "mesh", "plant"])
@given(data=st.data())
def test_loads_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(st.lists(st.sampled_from(asked.records.ids), max_size=2))
    up = base_state(asked.campus, out)
    expected = loads(asked.campus, up)
    got = flows(asked.topology, asked.mask(up))
    for number, asset in enumerate(asked.topology.ids.texts(range(len(asked.topology)))):
        assert got.load_kw[number] == pytest.approx(float(expected["power"][asset]), rel=1e-12, abs=1e-12), asset
        assert got.cooling_load_kw[number] == pytest.approx(float(expected["cooling"][asset]), rel=1e-12, abs=1e-12)
