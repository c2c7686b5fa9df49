"""Black start as section 7 says: rounds, what never starts, deadlocked cycles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from oracles.design import black_start as oracle
from oracles.model import Campus
from strategies import campuses, questions

from twin.impact.blackstart import black_start, restoration
from twin.impact.settle import Scenario, settle_base
from twin.topology import from_records

NONE = np.empty(0, np.int32)


def topology_of(*relationships: tuple[str, str, str]):
    names = sorted({end for source, _, target in relationships for end in (source, target)})
    assets = [{"id": name, "label": "Switchboard"} for name in names]
    return from_records(assets, [{"source_id": s, "type": t, "target_id": c} for s, t, c in relationships])


def test_a_pump_and_its_controller_wait_for_each_other():
    """U ─▶ board ─▶ pump ─▶ UPS room …, and the pump's controller is fed by the UPS that the pump cools."""
    topology = topology_of(
        ("U", "FEEDS", "board"),
        ("board", "FEEDS", "pump"),
        ("pump", "COOLS", "UPS"),
        ("board", "FEEDS", "UPS"),
        ("UPS", "FEEDS", "PLC"),
        ("PLC", "CONTROLS", "pump"),
        ("UPS", "FEEDS", "server"),
    )
    answer = black_start(topology, NONE, NONE).to_dict()
    assert answer["rounds"] == [["U"], ["board"]]
    assert answer["never"] == ["PLC", "UPS", "pump", "server"]
    assert answer["deadlocks"] == [["PLC", "UPS", "pump"]]


def test_a_ring_starts_from_its_source():
    topology = topology_of(("U", "FEEDS", "A"), ("A", "FEEDS", "B"), ("B", "FEEDS", "A"))
    assert black_start(topology, NONE, NONE).to_dict()["rounds"] == [["U"], ["A"], ["B"]]


def test_restoration_goes_round_by_round_from_what_is_still_up():
    topology = topology_of(("U", "FEEDS", "A"), ("A", "FEEDS", "B"), ("U", "FEEDS", "C"))
    scenario = Scenario(settle_base(topology))
    scenario.fail([topology.ids.index("A")])
    rounds = restoration(topology, ~scenario.down, np.zeros(4, np.bool_))
    assert [topology.ids.many(r) for r in rounds] == [["A"], ["B"]]


@given(st.data())
def test_rounds_and_deadlocks_equal_the_oracle(data: st.DataObject):
    records = data.draw(campuses(space=data.draw(st.booleans())))
    _, out = data.draw(questions(records))
    topology = from_records(records.assets, records.relationships)
    named = np.array([topology.ids.index(name) for name in out], np.int32)
    gone = Scenario(settle_base(topology)).expand(named)
    found = black_start(topology, named, gone).to_dict()
    wanted = oracle(Campus(records.assets, records.relationships), out)
    assert {name: found[name] for name in wanted} == wanted
