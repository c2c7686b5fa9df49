"""Trip rounds as section 3 says: hand-worked cascades, and the oracle on random campuses."""

from typing import Any

import numpy as np
import oracles.load as oracle
from hypothesis import given
from hypothesis import strategies as st
from oracles.model import Campus
from oracles.settle import base_state, scenario_state
from strategies import campuses, questions

from twin.impact.follow import Following
from twin.impact.load import flows
from twin.impact.settle import Scenario, settle_base
from twin.impact.trip import Cascade, cascade
from twin.topology import Topology, from_records

Rows = list[dict[str, Any]]


def cascade_of(topology: Topology, failed: list[str], out: list[str], limit: float = 1.0) -> tuple[Cascade, set[str]]:
    base = settle_base(topology, [topology.ids.index(name) for name in out])
    scenario = Scenario(base)
    scenario.fail([topology.ids.index(name) for name in failed])
    result = cascade(Following(scenario, flows(topology, ~base.down)), limit)
    return result, {topology.ids[i] for i in np.flatnonzero(~scenario.down)}


def two_feeds(rated_kw: float) -> Topology:
    """Two UPSs of `rated_kw` share 100 kW; a third is downstream of B alone."""
    assets: Rows = [
        {"id": "A", "label": "UPS", "rated_kw": rated_kw},
        {"id": "B", "label": "UPS", "rated_kw": rated_kw},
        {"id": "S", "label": "Server", "draw_kw": 100},
    ]
    feeds = [{"source_id": name, "type": "FEEDS", "target_id": "S"} for name in "AB"]
    return from_records(assets, feeds)


def test_the_surviving_feed_trips_and_takes_the_load_with_it():
    result, up = cascade_of(two_feeds(80), ["A"], [])
    assert [[entry.asset for entry in round_] for round_ in result.rounds] == [[1]]
    assert up == set()


def test_nothing_trips_within_the_limit():
    result, up = cascade_of(two_feeds(80), ["A"], [], limit=1.25)
    assert (result.rounds, up) == ((), {"B", "S"})


def test_what_was_overloaded_before_trips_only_when_it_carries_more():
    """Both carry 50 kW of 40; the failure of C moves nothing onto them, that of A everything onto B."""
    topology = two_feeds(40)
    assert cascade_of(topology, ["S"], [])[0].rounds == ()
    assert [[entry.asset for entry in r] for r in cascade_of(topology, ["A"], [])[0].rounds] == [[1]]


@given(st.data())
def test_rounds_equal_the_oracle(data: st.DataObject):
    records = data.draw(campuses(load=True, standby=True, space=data.draw(st.booleans())))
    failed, out = data.draw(questions(records))
    limit = data.draw(st.sampled_from((0.5, 1.0, 1.5)))
    campus = Campus(records.assets, records.relationships)
    base = base_state(campus, out)
    rounds, up = oracle.trips(campus, base, scenario_state(campus, base, failed), limit)
    topology = from_records(records.assets, records.relationships)
    result, engine_up = cascade_of(topology, failed, out, limit)
    assert [[(topology.ids[o.asset], o.kind) for o in r] for r in result.rounds] == [
        [(o.id, o.kind) for o in r] for r in rounds
    ]
    assert engine_up == set(up)
