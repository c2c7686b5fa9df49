"""The engine's timeline is that of the literal simulation."""

from fractions import Fraction

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.timeline import Simulation, timeline
from sketch import campus
from strategies import campuses, meshes, plants, questions

from twin.impact.along import taken_by
from twin.impact.impact import impact
from twin.impact.timeline import Play, Stopped, first_loss, simulate

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


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_later_failures_agree_worked_out_at_once_and_in_parts(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    moments = st.tuples(st.sampled_from(asked.records.ids), st.integers(0, 60))
    later: dict[Fraction, set[str]] = {}
    for name, at_s in data.draw(st.lists(moments, min_size=1, max_size=3)):
        later.setdefault(Fraction(at_s), set()).update(asked.campus.taken_along([name]))
    simulation = Simulation(asked.campus, [], later=later)
    expected = sorted((float(c.at_s), c.id, c.state) for c in simulation.run(UNTIL_S))

    topology, up = asked.topology, asked.base().fell == 0
    failures = [(float(at_s), asked.index(names)) for at_s, names in later.items()]
    whole = [(e.at_s, e.id, e.state) for e in simulate(topology, up, (), {}, UNTIL_S, later=failures)]
    assert sorted(whole) == expected
    play = Play(topology, up, failures, UNTIL_S, lambda: False)
    parts: list[tuple[float, str, str]] = []
    for to_s in [*sorted(data.draw(st.lists(st.floats(0, UNTIL_S), max_size=5))), 2 * UNTIL_S]:
        fresh = [(at_s, topology.ids[asset], state) for at_s, asset, state in play.up_to(to_s)]
        assert all(at_s <= to_s + 1e-6 for at_s, _, _ in fresh)
        parts += fresh
    assert parts == whole


def test_a_timeline_that_nobody_wants_any_more_ends():
    asked = campus("a UPS\nb UPS")
    wanted = [True, False]
    failures = [(1.0, asked.index("a")), (2.0, asked.index("b"))]
    play = Play(asked.topology, asked.base().fell == 0, failures, 10.0, lambda: not wanted.pop(0))
    assert [(at_s, asked.topology.ids[asset]) for at_s, asset, _ in play.up_to(1.5)] == [(1.0, "a")]
    with pytest.raises(Stopped):
        play.up_to(5.0)
