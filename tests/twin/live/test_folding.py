"""Alarms fold as leaving them out one by one, each tried by brute force, says."""

from __future__ import annotations

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import impact as oracle
from oracles.live import irredundant, left_after_pruning
from sketch import campus
from strategies import campuses, plants

from twin.impact.settle import Scenario, settle_base
from twin.impact.timeline import Stopped
from twin.live.folding import Folding

SHAPES = {"random": campuses(space=True, standby=True), "tied": campuses(most=7, standby=True), "plant": plants()}


def closure_of(asked: Asked):
    """Who is down when a set has failed, by the oracle."""
    known: dict[frozenset[str], set[str]] = {}

    def closure(failed) -> set[str]:
        key = frozenset(failed)
        if key not in known:
            answer = oracle.impact(asked.campus, sorted(key), [])
            known[key] = set(answer.lost) | set(answer.down_before) | key
        return known[key]

    return closure


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_roots_and_what_explains_the_rest_are_those_of_brute_force(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    down = data.draw(st.lists(st.sampled_from(asked.records.ids), unique=True, max_size=7))
    closure = closure_of(asked)
    fallen = sorted(closure(down[:1]))
    down += data.draw(st.lists(st.sampled_from(fallen), unique=True, max_size=5)) if down else []
    down = list(dict.fromkeys(down))
    topology = asked.topology
    folding = Folding(Scenario(settle_base(topology)))
    places = {name: topology.ids.index(name) for name in asked.records.ids}

    roots = folding.roots([places[name] for name in down])
    named = {topology.ids[root] for root in roots}
    assert named == left_after_pruning(down, closure)
    assert irredundant(named, down, closure)

    folded = [name for name in down if name not in named]
    explained = folding.explained(roots, [places[name] for name in folded])
    for name in folded:
        alone = {root for root in named if name in closure({root})}
        needed = {root for root in named if name not in closure(named - {root})}
        assert {topology.ids[root] for root in explained[places[name]]} == (alone or needed or named)


def test_what_hangs_on_two_is_explained_by_both():
    asked = campus(
        """
        a  UPS
        b  UPS
        s  Server | FEEDS 1 of a b
        t  Server | FEEDS 1 of a
        u  Server
        """
    )
    ids = asked.topology.ids
    folding = Folding(Scenario(settle_base(asked.topology)))
    down = [ids.index(name) for name in ("t", "s", "u", "a", "b")]
    roots = folding.roots(down)
    assert [ids[root] for root in roots] == ["u", "a", "b"]
    by = folding.explained(roots, [ids.index("s"), ids.index("t")])
    assert {ids[a]: [ids[r] for r in found] for a, found in by.items()} == {"s": ["a", "b"], "t": ["a"]}


def test_of_a_cycle_the_first_report_stands():
    asked = campus(
        """
        chiller  Chiller | FEEDS board
        board    Switchboard | COOLS chiller
        """
    )
    ids = asked.topology.ids
    folding = Folding(Scenario(settle_base(asked.topology)))
    for first, second in (("chiller", "board"), ("board", "chiller")):
        assert [ids[r] for r in folding.roots([ids.index(first), ids.index(second)])] == [first]


def test_once_it_is_to_stop_nothing_more_is_evaluated_and_the_scenario_is_at_rest():
    asked = campus(
        """
        a  UPS
        b  UPS
        s  Server | FEEDS 1 of a b
        """
    )
    scenario = Scenario(settle_base(asked.topology))
    answers = iter([False, False, True])
    with pytest.raises(Stopped):
        Folding(scenario, lambda: next(answers)).roots([asked.topology.ids.index(name) for name in ("a", "b", "s")])
    assert not scenario.down.any()
    assert next(answers, None) is None
