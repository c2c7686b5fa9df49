"""The engine's timeline is that of the literal simulation."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.timeline import timeline
from strategies import campuses, meshes, plants, questions

from twin.impact.along import taken_by
from twin.impact.impact import impact
from twin.impact.timeline import first_loss

SHAPES = {
    "random": campuses(time=True, ties=False),
    "loops": campuses(time=True, space=True),
    "slow transfer in loops": campuses(time=True, slow_transfer_in_loops=True),
    "mesh": meshes(time=True),
    "plant": plants(),
    "plant with slow transfer in loops": plants(slow_transfer_in_loops=True),
}
UNTIL_S = 600.0


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_timelines_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    utilities = [i for i in asked.records.ids if i in ("u1", "u2")]
    failed = utilities if utilities and data.draw(st.booleans()) else question.failed
    expected = timeline(asked.campus, failed, question.out, UNTIL_S)

    answer = impact(asked.question(failed, question.out, timeline=True, until_s=UNTIL_S), asked.base(question.out))
    rows = answer.to_dict()["timeline"]
    times = [row["at_s"] for row in rows]
    assert times == sorted(times)
    # the text leaves open in which order the changes of one instant are told; those of one asset are in order
    got = sorted(((row["at_s"], row["id"], row["state"]) for row in rows), key=lambda c: c[:2])
    assert got == sorted(((float(c.at_s), c.id, c.state) for c in expected), key=lambda c: c[:2])


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_the_first_loss_of_some_is_that_of_the_literal_simulation(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    question = data.draw(questions(asked.records))
    watched = data.draw(st.sets(st.sampled_from(asked.records.ids)))
    expected = timeline(asked.campus, question.failed, question.out, UNTIL_S)
    losses = [float(c.at_s) for c in expected if c.state == "lost" and c.id in watched]

    base, index = asked.base(question.out), asked.topology.ids.index
    failed = [place for name in question.failed if (place := index(name)) is not None]
    along = taken_by(asked.topology, failed, base.gone)
    places = {place for name in watched if (place := index(name)) is not None}
    assert first_loss(asked.topology, base.fell == 0, failed, along, places, UNTIL_S) == min(losses, default=None)
